//! IPv6 as in QEMU's user network: a router advertises a prefix (fec0::/64), from which guests configure their
//! addresses. The host is ::2 and the name server ::3 of the prefix. ICMP echo is answered; TCP and UDP are translated
//! as for IPv4.

use super::wire::{self, EthMac, mac_of6};
use super::{Outbox, UserNet};
use esplens_core::time::Ticks;
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::*;
use std::net::Ipv6Addr;

/// The router's address.
const ROUTER: Ipv6Addr = Ipv6Addr::new(0xFE80, 0, 0, 0, 0, 0, 0, 2);
/// The router's Ethernet address.
pub const ROUTER_MAC: EthMac = [0x52, 0x56, 0, 0, 0, 2];
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xFF02, 0, 0, 0, 0, 0, 0, 1);
const ALL_NODES_MAC: EthMac = [0x33, 0x33, 0, 0, 0, 1];
/// Hop limit required of neighbour discovery messages: no router has forwarded them.
const UNROUTED: u8 = 255;
const HOPS: u8 = 64;
/// Lifetimes in seconds: the router's, the prefix's, the preferred one.
const ROUTER_LIFETIME: u64 = 1800;
const VALID: u64 = 86_400;
const PREFERRED: u64 = 14_400;

impl UserNet {
    /// Handles an IPv6 packet of the guest.
    pub(super) fn ipv6(&mut self, now: Ticks, mac: EthMac, bytes: &[u8]) {
        let Ok(packet) = Ipv6Packet::new_checked(bytes) else { return };
        let (from, to) = (packet.src_addr(), packet.dst_addr());
        self.learn(now, from.into(), mac);
        // Packets with extension headers, fragments among them, are dropped.
        match packet.next_header() {
            IpProtocol::Icmpv6 => self.icmpv6(now, mac, &packet),
            protocol if self.config.guests6(from) => {
                self.transport(now, (from.into(), to.into()), protocol, packet.payload());
            }
            _ => {}
        }
    }

    fn is_own6(&self, address: Ipv6Addr) -> bool {
        [ROUTER, self.config.host6, self.config.dns6].contains(&address)
    }

    fn icmpv6(&mut self, now: Ticks, mac: EthMac, packet: &Ipv6Packet<&[u8]>) {
        let (from, to) = (packet.src_addr(), packet.dst_addr());
        let Ok(icmp) = Icmpv6Packet::new_checked(packet.payload()) else { return };
        let caps = ChecksumCapabilities::default();
        let unrouted = packet.hop_limit() == UNROUTED;
        match Icmpv6Repr::parse(&from, &to, &icmp, &caps) {
            Ok(Icmpv6Repr::EchoRequest { ident, seq_no, data }) if self.is_own6(to) => {
                let reply = Icmpv6Repr::EchoReply { ident, seq_no, data };
                send(to, (mac, from), HOPS, &reply, &mut self.outbox);
            }
            Ok(Icmpv6Repr::Ndisc(NdiscRepr::RouterSolicit { .. })) if unrouted => {
                let repr = Icmpv6Repr::Ndisc(self.advertisement());
                send(ROUTER, (ALL_NODES_MAC, ALL_NODES), UNROUTED, &repr, &mut self.outbox);
            }
            Ok(Icmpv6Repr::Ndisc(NdiscRepr::NeighborSolicit { target_addr, .. }))
                if unrouted && self.is_own6(target_addr) && !from.is_unspecified() =>
            {
                let reply = Icmpv6Repr::Ndisc(advert(target_addr));
                send(target_addr, (mac, from), UNROUTED, &reply, &mut self.outbox);
            }
            Ok(Icmpv6Repr::Ndisc(NdiscRepr::NeighborAdvert { target_addr, .. })) if unrouted => {
                self.learn(now, target_addr.into(), mac);
            }
            _ => {}
        }
    }

    fn advertisement(&self) -> NdiscRepr<'static> {
        let seconds = smoltcp::time::Duration::from_secs;
        NdiscRepr::RouterAdvert {
            hop_limit: HOPS,
            flags: NdiscRouterFlags::empty(),
            router_lifetime: seconds(ROUTER_LIFETIME),
            reachable_time: smoltcp::time::Duration::ZERO,
            retrans_time: smoltcp::time::Duration::ZERO,
            lladdr: Some(EthernetAddress(ROUTER_MAC).into()),
            mtu: None,
            prefix_info: Some(NdiscPrefixInformation {
                prefix_len: self.config.prefix6,
                flags: NdiscPrefixInfoFlags::ON_LINK | NdiscPrefixInfoFlags::ADDRCONF,
                valid_lifetime: seconds(VALID),
                preferred_lifetime: seconds(PREFERRED),
                prefix: self.config.net6,
            }),
        }
    }
}

fn advert(target: Ipv6Addr) -> NdiscRepr<'static> {
    let router = if target == ROUTER { NdiscNeighborFlags::ROUTER } else { NdiscNeighborFlags::empty() };
    NdiscRepr::NeighborAdvert {
        flags: router | NdiscNeighborFlags::SOLICITED | NdiscNeighborFlags::OVERRIDE,
        target_addr: target,
        lladdr: Some(EthernetAddress(mac_of6(target)).into()),
    }
}

fn send(from: Ipv6Addr, to: (EthMac, Ipv6Addr), hops: u8, repr: &Icmpv6Repr, outbox: &mut Outbox) {
    let sender = (mac_of6(from), from);
    let frame = wire::ipv6(sender, to, IpProtocol::Icmpv6, hops, repr.buffer_len(), |bytes| {
        let mut packet = Icmpv6Packet::new_unchecked(bytes);
        repr.emit(&from, &to.1, &mut packet, &ChecksumCapabilities::default());
    });
    outbox.frames.push(frame);
}
