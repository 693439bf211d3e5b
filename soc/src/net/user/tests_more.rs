//! Tests of IPv6, `guestfwd`, DHCP's options and resets.

use super::super::host::{Destination, HOST_IDS, HostCommand, HostEvent};
use super::tests::{Bench, MAC, MS};
use super::wire::{EthMac, mac_of6};
use super::*;
use smoltcp::socket::tcp::Socket;
use std::net::{Ipv4Addr, Ipv6Addr};

const GUEST: Ipv6Addr = Ipv6Addr::new(0xFEC0, 0, 0, 0, 0, 0, 0, 0x15);
const HOST: Ipv6Addr = Ipv6Addr::new(0xFEC0, 0, 0, 0, 0, 0, 0, 2);

fn config(keys: &[(&str, &str)]) -> UserNetConfig {
    let mut config = UserNetConfig::default();
    for (key, value) in keys {
        config.set(key, value).unwrap().unwrap();
    }
    config.check().unwrap();
    config
}

/// Builds an ICMPv6 message of the guest.
fn icmp6(to: (EthMac, Ipv6Addr), repr: &Icmpv6Repr) -> Vec<u8> {
    wire::ipv6((MAC, GUEST), to, IpProtocol::Icmpv6, 255, repr.buffer_len(), |bytes| {
        let mut packet = Icmpv6Packet::new_unchecked(bytes);
        repr.emit(&GUEST, &to.1, &mut packet, &ChecksumCapabilities::default());
    })
}

/// Returns sender and ICMPv6 type of the only frame that the network sends in answer.
fn answer(user: &mut UserNet, frame: &[u8]) -> Option<(Ipv6Addr, u8)> {
    user.frame(0, frame);
    let frames = std::mem::take(&mut user.outbox.frames);
    assert!(frames.len() <= 1);
    let packet = Ipv6Packet::new_checked(frames.first()?.get(14..)?).unwrap();
    let icmp = Icmpv6Packet::new_checked(packet.payload()).unwrap();
    assert!(Icmpv6Repr::parse(&packet.src_addr(), &packet.dst_addr(), &icmp, &Default::default()).is_ok());
    Some((packet.src_addr(), icmp.msg_type().into()))
}

#[test]
fn ipv6_announces_itself_and_answers_neighbours_and_echo() {
    let mut user = UserNet::new(UserNetConfig::default());
    let all = ([0x33, 0x33, 0, 0, 0, 2], Ipv6Addr::new(0xFF02, 0, 0, 0, 0, 0, 0, 2));
    let solicit = Icmpv6Repr::Ndisc(NdiscRepr::RouterSolicit { lladdr: None });
    let router = Ipv6Addr::new(0xFE80, 0, 0, 0, 0, 0, 0, 2);
    assert_eq!(answer(&mut user, &icmp6(all, &solicit)), Some((router, 134)));
    for own in [router, HOST, Ipv6Addr::new(0xFEC0, 0, 0, 0, 0, 0, 0, 3)] {
        let ask = NdiscRepr::NeighborSolicit { target_addr: own, lladdr: None };
        let group = ([0x33, 0x33, 0xFF, 0, 0, 2], own);
        assert_eq!(answer(&mut user, &icmp6(group, &Icmpv6Repr::Ndisc(ask))), Some((own, 136)));
        let echo = Icmpv6Repr::EchoRequest { ident: 1, seq_no: 2, data: b"hello" };
        assert_eq!(answer(&mut user, &icmp6((mac_of6(own), own), &echo)), Some((own, 129)));
    }
    let other = Ipv6Addr::new(0x2001, 0xDB8, 0, 0, 0, 0, 0, 1);
    let echo = Icmpv6Repr::EchoRequest { ident: 1, seq_no: 2, data: b"hello" };
    assert_eq!(answer(&mut user, &icmp6((mac_of6(HOST), other), &echo)), None);
    let mut off = UserNet::new(config(&[("ipv6", "off")]));
    assert_eq!(answer(&mut off, &icmp6(all, &solicit)), None);
}

#[test]
fn udp_over_ipv6_reaches_the_host_the_resolver_and_outside() {
    let mut user = UserNet::new(UserNetConfig::default());
    let guest: SocketAddr = (GUEST, 5000).into();
    let destinations = [
        ("[fec0::2]:7", Some(Destination::Loopback6(7))),
        ("[fec0::3]:53", Some(Destination::Resolver(53))),
        ("[2001:db8::1]:9", Some(Destination::Address("[2001:db8::1]:9".parse().unwrap()))),
        ("[fec0::99]:9", None),
        ("[fe80::2]:9", None),
        ("[::1]:9", None),
        ("[::ffff:127.0.0.1]:9", None),
        ("[ff02::1]:9", None),
    ];
    for (to, destination) in destinations {
        let to: SocketAddr = to.parse().unwrap();
        user.frame(0, &wire::udp((MAC, guest), (mac_of6(HOST), to), b"ask"));
        let told = std::mem::take(&mut user.outbox.commands);
        let destination =
            destination.map(|p| HostCommand::Datagram { flow: 1, to: Some(p), bytes: b"ask".to_vec() });
        assert_eq!(told, Vec::from_iter(destination), "{to}");
        user.host(
            0,
            HostEvent::Datagram { flow: 1, from: Destination::Resolver(53), bytes: b"say".to_vec() },
        );
    }
    let dns: SocketAddr = "[fec0::3]:53".parse().unwrap();
    let want = wire::udp((ipv6::ROUTER_MAC, dns), (MAC, guest), b"say");
    assert!(user.outbox.frames.iter().all(|f| *f == want) && user.outbox.frames.len() == 8);
}

#[test]
fn tcp_over_ipv6_connects_and_carries() {
    let mut b = Bench::new(UserNetConfig::default(), 0);
    b.iface.update_ip_addrs(|a| a.push(IpCidr::new(GUEST.into(), 64)).unwrap());
    let h = b.tcp(4096);
    let to = (IpAddress::Ipv6(HOST), 8080);
    b.sockets.get_mut::<Socket>(h).connect(b.iface.context(), to, 50_000).unwrap();
    (0..20).for_each(|_| b.step());
    assert_eq!(
        std::mem::take(&mut b.commands),
        [HostCommand::Connect { conn: 1, to: Destination::Loopback6(8080) }]
    );
    b.net.from_host(b.now, HostEvent::Connected { conn: 1 });
    (0..20).for_each(|_| b.step());
    b.net.from_host(b.now, HostEvent::Data { conn: 1, bytes: vec![7; 3000] });
    b.sockets.get_mut::<Socket>(h).send_slice(b"up").unwrap();
    (0..40).for_each(|_| b.step());
    let mut got = [0; 4000];
    assert_eq!(b.sockets.get_mut::<Socket>(h).recv_slice(&mut got), Ok(3000));
    assert!(b.commands.contains(&HostCommand::Send { conn: 1, bytes: b"up".to_vec() }), "{:?}", b.commands);
    // A host connection that breaks resets the guest's: it is not taken for the end of the data.
    b.net.from_host(b.now, HostEvent::Broken { conn: 1 });
    (0..20).for_each(|_| b.step());
    assert!(!b.sockets.get_mut::<Socket>(h).is_open());
    assert_eq!(
        b.sockets.get_mut::<Socket>(h).recv(|_| (0, ())),
        Err(smoltcp::socket::tcp::RecvError::InvalidState)
    );
}

#[test]
fn guestfwd_reaches_its_device_even_with_restrict() {
    let keys = [
        ("restrict", "on"),
        ("guestfwd", "tcp:10.0.2.100:7-tcp:localhost:1"),
        ("guestfwd", ":10.0.2.100:8-cmd:cat"),
    ];
    let c = config(&keys);
    assert_eq!(c.guest_forwards[1].device, GuestfwdDevice::Command("cat".into()));
    for bad in [
        "10.0.2.1:7-cmd:x",
        "tcp:10.0.2.1:0-cmd:x",
        "udp:10.0.2.1:1-cmd:x",
        "tcp:1.2.3.4:5-cmd:",
        "tcp:1.2.3.4:5-tcp:x",
    ] {
        assert!(bad.parse::<GuestForward>().is_err(), "{bad}");
    }
    let mut b = Bench::new(c, 0);
    for port in [7, 8, 9] {
        let h = b.tcp(1024);
        let to = (IpAddress::v4(10, 0, 2, 100), port);
        b.sockets.get_mut::<Socket>(h).connect(b.iface.context(), to, 50_000 + port).unwrap();
    }
    // No guest has this address: the network itself must answer ARP requests for it.
    (0..200).for_each(|_| b.step());
    let connects: Vec<_> = b.commands.iter().collect();
    assert!(
        connects.contains(&&HostCommand::Connect { conn: 1, to: Destination::Device(0) }),
        "{connects:?}"
    );
    assert!(connects.contains(&&HostCommand::Connect { conn: 2, to: Destination::Device(1) }));
    assert_eq!(connects.len(), 2);
}

#[test]
fn dhcp_tells_names() {
    let c = config(&[
        ("hostname", "lens"),
        ("domainname", "example.org"),
        ("dnssearch", "a.bc"),
        ("dnssearch", "d"),
    ]);
    let mut request = vec![0; 240];
    request[..3].copy_from_slice(&[1, 1, 6]);
    request[236..].copy_from_slice(&[0x63, 0x82, 0x53, 0x63]);
    request.extend([53, 1, 1, 255]);
    let answer = Dhcp::default().answer(&c, &request).unwrap();
    for option in [&b"\x0C\x04lens"[..], b"\x0F\x0Bexample.org", b"\x77\x09\x01a\x02bc\x00\x01d\x00"] {
        assert!(answer.windows(option.len()).any(|w| w == option), "{option:?}");
    }
    assert!(UserNetConfig::default().set("dnssearch", "a..b").unwrap().is_err());
}

#[test]
fn datagrams_do_not_pile_up_for_a_guest_that_is_not_there() {
    let mut user = UserNet::new(UserNetConfig::default());
    let to: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 7);
    for n in 0..5_000 {
        user.host(0, HostEvent::Arrived { flow: HOST_IDS + 1 + n, to, bytes: vec![0; 1400] });
        user.outbox.frames.clear();
    }
    let size = postcard::to_stdvec(&user).unwrap().len();
    assert!(size < 200_000, "{size} bytes are kept");
    user.tick(1_000_000 * MS);
    assert!(!user.busy());
}
