//! The little of IPv6 that guests see: a router that announces QEMU's prefix fec0::/64, so that they give themselves
//! addresses, and answers who it is. It routes nothing yet and says so (lifetime 0).

use super::Io;
use super::wire::{Mac, ethernet};
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::*;
use std::net::Ipv6Addr;

const ROUTER: Ipv6Addr = Ipv6Addr::new(0xFE80, 0, 0, 0, 0, 0, 0, 2);
const ROUTER_MAC: Mac = [0x52, 0x56, 0, 0, 0, 2];
const PREFIX: Ipv6Addr = Ipv6Addr::new(0xFEC0, 0, 0, 0, 0, 0, 0, 0);
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xFF02, 0, 0, 0, 0, 0, 0, 1);
/// The prefix's lifetimes in seconds.
const VALID: u64 = 86_400;
const PREFERRED: u64 = 14_400;

/// Answers a guest's packet, where it asks something.
pub fn answer(mac: Mac, bytes: &[u8], io: &mut Io) {
    let Ok(packet) = Ipv6Packet::new_checked(bytes) else { return };
    let (from, to) = (packet.src_addr(), packet.dst_addr());
    if packet.next_header() != IpProtocol::Icmpv6 || packet.hop_limit() != 255 {
        return;
    }
    let Ok(icmp) = Icmpv6Packet::new_checked(packet.payload()) else { return };
    let Ok(Icmpv6Repr::Ndisc(asked)) = Icmpv6Repr::parse(&from, &to, &icmp, &ChecksumCapabilities::default())
    else {
        return;
    };
    match asked {
        NdiscRepr::RouterSolicit { .. } => {
            io.frames.push(frame([0x33, 0x33, 0, 0, 0, 1], ALL_NODES, advertisement()));
        }
        NdiscRepr::NeighborSolicit { target_addr: ROUTER, .. } if !from.is_unspecified() => {
            let reply = NdiscRepr::NeighborAdvert {
                flags: NdiscNeighborFlags::ROUTER
                    | NdiscNeighborFlags::SOLICITED
                    | NdiscNeighborFlags::OVERRIDE,
                target_addr: ROUTER,
                lladdr: Some(EthernetAddress(ROUTER_MAC).into()),
            };
            io.frames.push(frame(mac, from, reply));
        }
        _ => {}
    }
}

fn advertisement() -> NdiscRepr<'static> {
    NdiscRepr::RouterAdvert {
        hop_limit: 64,
        flags: NdiscRouterFlags::empty(),
        router_lifetime: smoltcp::time::Duration::ZERO,
        reachable_time: smoltcp::time::Duration::ZERO,
        retrans_time: smoltcp::time::Duration::ZERO,
        lladdr: Some(EthernetAddress(ROUTER_MAC).into()),
        mtu: None,
        prefix_info: Some(NdiscPrefixInformation {
            prefix_len: 64,
            flags: NdiscPrefixInfoFlags::ON_LINK | NdiscPrefixInfoFlags::ADDRCONF,
            valid_lifetime: smoltcp::time::Duration::from_secs(VALID),
            preferred_lifetime: smoltcp::time::Duration::from_secs(PREFERRED),
            prefix: PREFIX,
        }),
    }
}

fn frame(mac: Mac, to: Ipv6Addr, repr: NdiscRepr) -> Vec<u8> {
    let icmp = Icmpv6Repr::Ndisc(repr);
    let ip = Ipv6Repr {
        src_addr: ROUTER,
        dst_addr: to,
        next_header: IpProtocol::Icmpv6,
        payload_len: icmp.buffer_len(),
        hop_limit: 255,
    };
    ethernet(ROUTER_MAC, mac, EthernetProtocol::Ipv6, ip.buffer_len() + icmp.buffer_len(), |bytes| {
        let mut packet = Ipv6Packet::new_unchecked(bytes);
        ip.emit(&mut packet);
        let mut icmp_packet = Icmpv6Packet::new_unchecked(packet.payload_mut());
        icmp.emit(&ROUTER, &to, &mut icmp_packet, &ChecksumCapabilities::default());
    })
}
