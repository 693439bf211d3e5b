//! A DHCP client (RFC 2131), limited to what the virtual station needs.

use crate::net::air::frame::Mac;
use crate::net::user::UserNetConfig;
use esplens_core::time::{TICKS_PER_SEC, Ticks};
use serde::{Deserialize, Serialize};
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::*;
use std::net::Ipv4Addr;

/// Shortest time until a renewal.
const MIN_RENEWAL: Ticks = 30 * TICKS_PER_SEC;
/// Lease time in seconds if the server gives none.
const DEFAULT_LEASE: u32 = 7200;

/// A leased address with the server's parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Lease {
    address: Ipv4Addr,
    server: Ipv4Addr,
    router: Ipv4Addr,
    prefix: u8,
    seconds: u32,
    acknowledged: bool,
}

/// The client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DhcpClient {
    transaction: u32,
    lease: Option<Lease>,
    since: Ticks,
}

impl DhcpClient {
    /// Returns the leased address, once the lease is acknowledged.
    #[must_use]
    pub fn address(&self) -> Option<Ipv4Addr> {
        self.lease.filter(|l| l.acknowledged).map(|l| l.address)
    }

    /// Forgets the lease.
    pub fn stop(&mut self) {
        self.lease = None;
    }

    /// Returns when the lease is to be renewed.
    #[must_use]
    pub fn renew_at(&self) -> Ticks {
        let seconds = self.lease.map_or(DEFAULT_LEASE, |l| l.seconds);
        self.since + (u64::from(seconds) / 2 * TICKS_PER_SEC).max(MIN_RENEWAL)
    }

    /// Returns the configuration of the leased network, once the lease is acknowledged: the station is its `host`, and
    /// the access point is the machine to which forwards connect.
    #[must_use]
    pub fn network(&self) -> Option<UserNetConfig> {
        let lease = self.lease.filter(|l| l.acknowledged)?;
        let mask = u32::MAX.checked_shl(32 - u32::from(lease.prefix)).unwrap_or(0);
        Some(UserNetConfig {
            net: Ipv4Addr::from(u32::from(lease.address) & mask),
            prefix: lease.prefix,
            host: lease.address,
            dns: lease.address,
            dhcp_start: lease.router,
            ipv6: false,
            restrict: true,
            forwards: Vec::new(),
            ..UserNetConfig::default()
        })
    }

    /// Returns an Ethernet frame with a DHCPDISCOVER.
    pub fn discover(&mut self, now: Ticks, mac: Mac) -> Vec<u8> {
        self.lease = None;
        self.since = now;
        self.transaction = self.transaction.wrapping_add(0x1A57_A710);
        self.message(mac, DhcpMessageType::Discover, None, None)
    }

    /// Returns an Ethernet frame that requests the leased address again.
    pub fn renew(&mut self, now: Ticks, mac: Mac) -> Vec<u8> {
        self.since = now;
        let (address, server) = (self.lease.map(|l| l.address), self.lease.map(|l| l.server));
        self.message(mac, DhcpMessageType::Request, address, server)
    }

    fn message(
        &self,
        mac: Mac,
        kind: DhcpMessageType,
        address: Option<Ipv4Addr>,
        server: Option<Ipv4Addr>,
    ) -> Vec<u8> {
        let repr = DhcpRepr {
            message_type: kind,
            transaction_id: self.transaction,
            secs: 0,
            client_hardware_address: EthernetAddress(mac),
            client_ip: Ipv4Addr::UNSPECIFIED,
            your_ip: Ipv4Addr::UNSPECIFIED,
            server_ip: Ipv4Addr::UNSPECIFIED,
            router: None,
            subnet_mask: None,
            relay_agent_ip: Ipv4Addr::UNSPECIFIED,
            broadcast: false,
            requested_ip: address,
            client_identifier: Some(EthernetAddress(mac)),
            server_identifier: server,
            parameter_request_list: Some(&[1, 3, 6, 51]),
            dns_servers: None,
            max_size: Some(1432),
            renew_duration: None,
            rebind_duration: None,
            lease_duration: None,
            additional_options: &[],
        };
        wrap(mac, &repr)
    }

    /// Returns true if an Ethernet frame is from a DHCP server.
    #[must_use]
    pub fn is_answer(&self, ethernet: &[u8]) -> bool {
        payload(ethernet).is_some()
    }

    /// Handles a server's answer. Returns the Ethernet frame of the next request, if there is one.
    pub fn answer(&mut self, now: Ticks, mac: Mac, ethernet: &[u8]) -> Option<Vec<u8>> {
        let packet = DhcpPacket::new_checked(payload(ethernet)?).ok()?;
        let repr = DhcpRepr::parse(&packet).ok()?;
        if repr.transaction_id != self.transaction || repr.client_hardware_address.0 != mac {
            return None;
        }
        match repr.message_type {
            DhcpMessageType::Offer if self.lease.is_none() => {
                let server = repr.server_identifier?;
                self.lease = Some(lease(&repr, server, false)?);
                Some(self.message(mac, DhcpMessageType::Request, Some(repr.your_ip), Some(server)))
            }
            DhcpMessageType::Ack => {
                let server = repr.server_identifier.or(self.lease.map(|l| l.server))?;
                self.lease = Some(lease(&repr, server, true)?);
                self.since = now;
                None
            }
            DhcpMessageType::Nak => {
                self.lease = None;
                None
            }
            _ => None,
        }
    }
}

fn lease(repr: &DhcpRepr, server: Ipv4Addr, acknowledged: bool) -> Option<Lease> {
    let mask = repr.subnet_mask.map_or(0xFFFF_FF00, u32::from);
    let odd = repr.your_ip.is_unspecified() || repr.your_ip.is_multicast();
    (!odd).then(|| Lease {
        address: repr.your_ip,
        server,
        router: repr.router.unwrap_or(server),
        prefix: (mask.leading_ones() as u8).clamp(8, 30),
        seconds: repr.lease_duration.unwrap_or(DEFAULT_LEASE),
        acknowledged,
    })
}

/// Returns the DHCP message in an Ethernet frame from a server to a client.
fn payload(ethernet: &[u8]) -> Option<&[u8]> {
    let frame = EthernetFrame::new_checked(ethernet).ok()?;
    if frame.ethertype() != EthernetProtocol::Ipv4 {
        return None;
    }
    let at = ethernet.get(14..)?;
    let ip = Ipv4Packet::new_checked(at).ok()?;
    let (header, total) = (usize::from(ip.header_len()), usize::from(ip.total_len()));
    if ip.next_header() != IpProtocol::Udp {
        return None;
    }
    let udp = at.get(header..total)?;
    let packet = UdpPacket::new_checked(udp).ok()?;
    let ports = (packet.src_port(), packet.dst_port());
    let length = usize::from(packet.len());
    (ports == (67, 68)).then(|| udp.get(8..length))?
}

/// Wraps a client's message in a broadcast Ethernet frame.
fn wrap(mac: Mac, dhcp: &DhcpRepr) -> Vec<u8> {
    let caps = ChecksumCapabilities::default();
    let udp = UdpRepr { src_port: 68, dst_port: 67 };
    let ip = Ipv4Repr {
        src_addr: Ipv4Addr::UNSPECIFIED,
        dst_addr: Ipv4Addr::BROADCAST,
        next_header: IpProtocol::Udp,
        payload_len: udp.header_len() + dhcp.buffer_len(),
        hop_limit: 64,
    };
    let ethernet = EthernetRepr {
        src_addr: EthernetAddress(mac),
        dst_addr: EthernetAddress::BROADCAST,
        ethertype: EthernetProtocol::Ipv4,
    };
    let (head, ip_head) = (ethernet.buffer_len(), ip.buffer_len());
    let mut out = vec![0; head + ip_head + ip.payload_len];
    ethernet.emit(&mut EthernetFrame::new_unchecked(&mut out));
    ip.emit(&mut Ipv4Packet::new_unchecked(&mut out[head..]), &caps);
    let mut packet = UdpPacket::new_unchecked(&mut out[head + ip_head..]);
    let emit = |bytes: &mut [u8]| {
        // Cannot fail: the buffer has the length that the message reports.
        let _ = dhcp.emit(&mut DhcpPacket::new_unchecked(bytes));
    };
    udp.emit(&mut packet, &ip.src_addr.into(), &ip.dst_addr.into(), dhcp.buffer_len(), emit, &caps);
    out
}
