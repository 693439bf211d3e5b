//! IPv4: ARP, DHCP, ICMP echo.

use super::UserNet;
use super::wire::{self, EthMac, mac_of};
use esplens_core::time::Ticks;
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::*;
use std::net::{Ipv4Addr, SocketAddr};

impl UserNet {
    pub(super) fn arp(&mut self, now: Ticks, from: EthMac, bytes: &[u8]) {
        let Ok(packet) = ArpPacket::new_checked(bytes) else { return };
        let Ok(ArpRepr::EthernetIpv4 { operation, source_protocol_addr, target_protocol_addr, .. }) =
            ArpRepr::parse(&packet)
        else {
            return;
        };
        self.learn(now, source_protocol_addr.into(), from);
        let own = self.config.is_own(target_protocol_addr);
        if operation == ArpOperation::Request && own {
            let me = (mac_of(target_protocol_addr), target_protocol_addr);
            self.outbox.frames.push(wire::arp(ArpOperation::Reply, me, (from, source_protocol_addr)));
        }
    }

    pub(super) fn ipv4(&mut self, now: Ticks, mac: EthMac, bytes: &[u8]) {
        let Ok(packet) = Ipv4Packet::new_checked(bytes) else { return };
        let Ok(ip) = Ipv4Repr::parse(&packet, &ChecksumCapabilities::default()) else { return };
        // Fragments are not reassembled: no link here has a smaller MTU than the guest's own.
        if packet.more_frags() || packet.frag_offset() != 0 {
            return;
        }
        let payload = packet.payload();
        if ip.next_header == IpProtocol::Udp && self.dhcp(payload, &ip) {
            return;
        }
        if !self.config.contains(ip.src_addr) {
            return;
        }
        self.learn(now, ip.src_addr.into(), mac);
        if ip.next_header == IpProtocol::Icmp {
            self.icmp(mac, &ip, payload);
        } else {
            self.transport(now, (ip.src_addr.into(), ip.dst_addr.into()), ip.next_header, payload);
        }
    }

    /// Handles a message to the DHCP server. Returns true if it was one.
    fn dhcp(&mut self, payload: &[u8], ip: &Ipv4Repr) -> bool {
        let Ok(packet) = UdpPacket::new_checked(payload) else { return false };
        let here = ip.dst_addr == Ipv4Addr::BROADCAST || ip.dst_addr == self.config.host;
        if packet.dst_port() != 67 || !here {
            return false;
        }
        let request = packet.payload();
        if let Some(answer) = self.dhcp.answer(&self.config, request)
            && let Some(mac) = request.get(28..34).and_then(|m| EthMac::try_from(m).ok())
        {
            let from = SocketAddr::new(self.config.host.into(), 67);
            let to = SocketAddr::new(Ipv4Addr::BROADCAST.into(), 68);
            self.outbox.frames.push(wire::udp((self.outbox.gateway, from), (mac, to), &answer));
        }
        true
    }

    /// Answers an ICMP echo request to one of the network's own addresses.
    fn icmp(&mut self, mac: EthMac, ip: &Ipv4Repr, payload: &[u8]) {
        let Ok(packet) = Icmpv4Packet::new_checked(payload) else { return };
        let caps = ChecksumCapabilities::default();
        let Ok(Icmpv4Repr::EchoRequest { ident, seq_no, data }) = Icmpv4Repr::parse(&packet, &caps) else {
            return;
        };
        if !self.config.is_own(ip.dst_addr) {
            return;
        }
        let reply = Icmpv4Repr::EchoReply { ident, seq_no, data };
        let to = (mac, ip.src_addr);
        let frame = wire::ipv4(
            (self.outbox.gateway, ip.dst_addr),
            to,
            IpProtocol::Icmp,
            reply.buffer_len(),
            |bytes| {
                reply.emit(&mut Icmpv4Packet::new_unchecked(bytes), &caps);
            },
        );
        self.outbox.frames.push(frame);
    }
}
