//! Builders of Ethernet frames.

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::*;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// An Ethernet address.
pub type EthMac = [u8; 6];
/// The broadcast address.
pub const BROADCAST: EthMac = [0xFF; 6];
/// Time to live of the packets that the network sends.
const TTL: u8 = 64;
const ETHERNET: usize = 14;
/// Length reserved for an ARP packet: QEMU's Ethernet frames are 64 bytes long.
const ARP_ROOM: usize = 50;

/// Returns the Ethernet address of one of the network's own addresses, as in QEMU's user network.
pub fn mac_of(address: Ipv4Addr) -> EthMac {
    let [a, b, c, d] = address.octets();
    [0x52, 0x55, a, b, c, d]
}

/// Returns the same for an IPv6 address, from its last four bytes as in QEMU.
pub fn mac_of6(address: Ipv6Addr) -> EthMac {
    let [.., a, b, c, d] = address.octets();
    [0x52, 0x56, a, b, c, d]
}

/// Builds an Ethernet frame around a payload of `len` bytes.
pub fn ethernet(
    from: EthMac,
    to: EthMac,
    kind: EthernetProtocol,
    len: usize,
    fill: impl FnOnce(&mut [u8]),
) -> Vec<u8> {
    let mut bytes = vec![0; ETHERNET + len];
    let repr =
        EthernetRepr { src_addr: EthernetAddress(from), dst_addr: EthernetAddress(to), ethertype: kind };
    let mut frame = EthernetFrame::new_unchecked(&mut bytes[..]);
    repr.emit(&mut frame);
    fill(frame.payload_mut());
    bytes
}

/// Builds an IPv4 packet in an Ethernet frame.
pub fn ipv4(
    (mac, from): (EthMac, Ipv4Addr),
    to: (EthMac, Ipv4Addr),
    protocol: IpProtocol,
    len: usize,
    fill: impl FnOnce(&mut [u8]),
) -> Vec<u8> {
    let repr =
        Ipv4Repr { src_addr: from, dst_addr: to.1, next_header: protocol, payload_len: len, hop_limit: TTL };
    ethernet(mac, to.0, EthernetProtocol::Ipv4, repr.buffer_len() + len, |bytes| {
        let mut packet = Ipv4Packet::new_unchecked(bytes);
        repr.emit(&mut packet, &ChecksumCapabilities::default());
        fill(packet.payload_mut());
    })
}

/// Builds an IPv6 packet in an Ethernet frame.
pub fn ipv6(
    (mac, from): (EthMac, Ipv6Addr),
    to: (EthMac, Ipv6Addr),
    next_header: IpProtocol,
    hop_limit: u8,
    len: usize,
    fill: impl FnOnce(&mut [u8]),
) -> Vec<u8> {
    let repr = Ipv6Repr { src_addr: from, dst_addr: to.1, next_header, payload_len: len, hop_limit };
    ethernet(mac, to.0, EthernetProtocol::Ipv6, repr.buffer_len() + len, |bytes| {
        let mut packet = Ipv6Packet::new_unchecked(bytes);
        repr.emit(&mut packet);
        fill(packet.payload_mut());
    })
}

/// Builds an IP packet of either version in an Ethernet frame; both addresses must be of the same version.
fn ip(
    (mac, from): (EthMac, IpAddr),
    to: (EthMac, IpAddr),
    protocol: IpProtocol,
    len: usize,
    fill: impl FnOnce(&mut [u8]),
) -> Vec<u8> {
    match (from, to.1) {
        (IpAddr::V4(from), IpAddr::V4(at)) => ipv4((mac, from), (to.0, at), protocol, len, fill),
        (IpAddr::V6(from), IpAddr::V6(at)) => ipv6((mac, from), (to.0, at), protocol, TTL, len, fill),
        // Both ends of a flow are of the same version.
        _ => Vec::new(),
    }
}

/// Builds a UDP datagram in an Ethernet frame.
pub fn udp((mac, from): (EthMac, SocketAddr), to: (EthMac, SocketAddr), payload: &[u8]) -> Vec<u8> {
    let repr = UdpRepr { src_port: from.port(), dst_port: to.1.port() };
    let ips = (IpAddress::from(from.ip()), IpAddress::from(to.1.ip()));
    ip((mac, from.ip()), (to.0, to.1.ip()), IpProtocol::Udp, repr.header_len() + payload.len(), |bytes| {
        let mut packet = UdpPacket::new_unchecked(bytes);
        let fill = |to: &mut [u8]| to.copy_from_slice(payload);
        repr.emit(&mut packet, &ips.0, &ips.1, payload.len(), fill, &ChecksumCapabilities::default());
    })
}

/// Builds a TCP segment in an Ethernet frame.
pub fn tcp((mac, from): (EthMac, IpAddr), to: (EthMac, IpAddr), repr: &TcpRepr) -> Vec<u8> {
    ip((mac, from), to, IpProtocol::Tcp, repr.buffer_len(), |bytes| {
        let mut packet = TcpPacket::new_unchecked(bytes);
        repr.emit(&mut packet, &from.into(), &to.1.into(), &ChecksumCapabilities::default());
    })
}

/// Builds an ARP packet in an Ethernet frame.
pub fn arp(operation: ArpOperation, from: (EthMac, Ipv4Addr), to: (EthMac, Ipv4Addr)) -> Vec<u8> {
    let request = operation == ArpOperation::Request;
    let repr = ArpRepr::EthernetIpv4 {
        operation,
        source_hardware_addr: EthernetAddress(from.0),
        source_protocol_addr: from.1,
        target_hardware_addr: EthernetAddress(if request { [0; 6] } else { to.0 }),
        target_protocol_addr: to.1,
    };
    ethernet(from.0, to.0, EthernetProtocol::Arp, ARP_ROOM, |bytes| {
        repr.emit(&mut ArpPacket::new_unchecked(bytes));
    })
}
