//! Packets with correct checksums that are malformed at a higher layer: DHCP, DNS and TCP options with wrong lengths,
//! fragments, ARP of other sizes, frames longer than any link's maximum.

use super::super::{Net, Ready};
use super::wire::EthMac;
use super::*;
use proptest::prelude::*;

const MAC: EthMac = [2, 0, 0, 0, 0, 3];
const GATEWAY: EthMac = [0x52, 0x55, 10, 0, 2, 2];
const GUEST: Ipv4Address = Ipv4Address::new(10, 0, 2, 15);

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..most)
}

/// Builds an IPv4 packet in an Ethernet frame; `fragment`: flags and offset as in the header.
pub fn packet(protocol: u8, to: Ipv4Address, fragment: u16, payload: &[u8]) -> Vec<u8> {
    let length = (20 + payload.len()) as u16;
    let mut ip = vec![0x45, 0];
    ip.extend(length.to_be_bytes());
    ip.extend([0, 7]);
    ip.extend(fragment.to_be_bytes());
    ip.extend([64, protocol, 0, 0]);
    ip.extend(GUEST.octets());
    ip.extend(to.octets());
    ip.extend(payload);
    Ipv4Packet::new_unchecked(&mut ip[..]).fill_checksum();
    [&GATEWAY[..], &MAC, &[8, 0], &ip].concat()
}

/// Builds a datagram with a correct checksum.
fn datagram(to: Ipv4Address, ports: (u16, u16), payload: &[u8]) -> Vec<u8> {
    let mut udp = Vec::new();
    udp.extend(ports.0.to_be_bytes());
    udp.extend(ports.1.to_be_bytes());
    udp.extend(((8 + payload.len()) as u16).to_be_bytes());
    udp.extend([0, 0]);
    udp.extend(payload);
    UdpPacket::new_unchecked(&mut udp[..]).fill_checksum(&GUEST.into(), &to.into());
    packet(17, to, 0, &udp)
}

/// Generates a request with these options, complete or truncated.
fn dhcp() -> impl Strategy<Value = Vec<u8>> {
    let option = (prop_oneof![Just(53_u8), Just(50), Just(54), Just(0), Just(255), any::<u8>()], any::<u8>());
    let option = (option, bytes(20)).prop_map(|((code, len), value)| {
        // Every other length is correct.
        let len = if len & 1 == 0 { value.len() as u8 } else { len };
        [&[code, len][..], &value].concat()
    });
    (proptest::collection::vec(option, 0..8), any::<u16>(), any::<u8>()).prop_map(|(options, cut, op)| {
        let mut request = vec![0; 236];
        request[..3].copy_from_slice(&[1, 1, 6]);
        request[28..34].copy_from_slice(&MAC);
        request[0] = if op < 16 { op } else { 1 };
        request.extend([0x63, 0x82, 0x53, 0x63, 53, 1, 1 + op % 8]);
        request.extend(options.concat());
        if cut & 7 == 0 {
            request.truncate(usize::from(cut) % request.len());
        }
        datagram(Ipv4Address::BROADCAST, (68, 67), &request)
    })
}

/// Generates a query with arbitrary counts and labels.
fn dns() -> impl Strategy<Value = Vec<u8>> {
    (bytes(600), any::<bool>()).prop_map(|(query, own)| {
        let to = if own { Ipv4Address::new(10, 0, 2, 3) } else { Ipv4Address::new(8, 8, 8, 8) };
        datagram(to, (5353, 53), &query)
    })
}

/// Generates a segment with arbitrary options and data offset.
fn tcp() -> impl Strategy<Value = Vec<u8>> {
    (bytes(60), any::<[u8; 4]>(), any::<u32>()).prop_map(|(options, [flags, offset, window, port], seq)| {
        let mut tcp = vec![0xC0, port & 3, 0, 80];
        tcp.extend(seq.to_be_bytes());
        tcp.extend(seq.rotate_left(7).to_be_bytes());
        tcp.extend([offset & 0xF0, flags & 0x3F, window, 0, 0, 0, 0, 0]);
        tcp.extend(options);
        let to = Ipv4Address::new(10, 0, 2, 2);
        TcpPacket::new_unchecked(&mut tcp[..]).fill_checksum(&GUEST.into(), &to.into());
        packet(6, to, 0, &tcp)
    })
}

fn fragment() -> impl Strategy<Value = Vec<u8>> {
    let protocol = prop_oneof![Just(1_u8), Just(6), Just(17), any::<u8>()];
    (protocol, any::<u16>(), bytes(600)).prop_map(|(protocol, fragment, payload)| {
        packet(protocol, Ipv4Address::new(10, 0, 2, 2), fragment, &payload)
    })
}

fn arp() -> impl Strategy<Value = Vec<u8>> {
    (any::<[u8; 8]>(), bytes(60))
        .prop_map(|(head, rest)| [&GATEWAY[..], &MAC, &[8, 6], &head, &rest].concat())
}

/// Generates a frame longer than a link's maximum and than the header's length field can express.
fn oversized() -> impl Strategy<Value = Vec<u8>> {
    (1515_usize..70_000, prop_oneof![Just(1_u8), Just(6), Just(17)])
        .prop_map(|(n, protocol)| packet(protocol, Ipv4Address::new(10, 0, 2, 2), 0, &vec![8; n]))
}

/// Generates any of the above.
pub fn malformed() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![3 => dhcp(), 2 => dns(), 3 => tcp(), 2 => fragment(), 1 => arp(), 1 => oversized()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// After any such frames, the network still leases an address and answers an echo request.
    #[test]
    fn a_network_that_was_lied_to_still_serves(frames in proptest::collection::vec(malformed(), 1..60)) {
        let mut net = Net::new(UserNetConfig::default());
        for frame in &frames {
            net.from_guest(0, frame);
        }
        net.commands();
        while net.pop_due(Ticks::MAX, |_| Ready::Yes).is_some() {}
        let echo = Icmpv4Repr::EchoRequest { ident: 1, seq_no: 2, data: b"still there" };
        let mut icmp = vec![0; echo.buffer_len()];
        echo.emit(&mut Icmpv4Packet::new_unchecked(&mut icmp[..]), &ChecksumCapabilities::default());
        net.from_guest(0, &packet(1, Ipv4Address::new(10, 0, 2, 2), 0, &icmp));
        let answer = net.pop_due(Ticks::MAX, |_| Ready::Yes).expect("an echo");
        prop_assert_eq!(&answer[..6], &MAC);
        prop_assert!(answer.windows(11).any(|w| w == b"still there"));
    }
}

/// Fragments are dropped completely: none are reassembled, forwarded or kept.
#[test]
fn fragments_come_to_nothing() {
    let mut user = UserNet::new(UserNetConfig::default());
    let whole = datagram(Ipv4Address::new(10, 0, 2, 2), (9, 9), &[1; 64]);
    user.frame(0, &whole);
    assert_eq!(user.outbox.commands.len(), 1, "a whole one leaves");
    let empty = postcard::to_stdvec(&UserNet::new(UserNetConfig::default())).unwrap().len();
    let mut user = UserNet::new(UserNetConfig::default());
    for fragment in [0x2000, 0x2001, 0x0001, 0x1FFF, 0x3FFF] {
        for _ in 0..1000 {
            user.frame(0, &packet(17, Ipv4Address::new(10, 0, 2, 2), fragment, &whole[34..]));
        }
    }
    assert_eq!((user.outbox.commands.len(), user.outbox.frames.len()), (0, 0));
    assert_eq!(postcard::to_stdvec(&user).unwrap().len(), empty, "nothing is kept");
}
