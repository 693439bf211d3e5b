//! Hostile input from the guest and the host's side. Nothing panics, all state stays bounded, and with `restrict=on` no
//! frame of the guest has an effect outside.

use super::super::host::{Destination, HOST_IDS, HostCommand, HostEvent};
use super::super::{Net, Ready};
use super::malformed::malformed;
use super::wire::mac_of;
use super::*;
use proptest::prelude::*;

const MAC: EthMac = [2, 0, 0, 0, 0, 3];
const MS: Ticks = 1000 * esplens_core::time::TICKS_PER_US;
/// Limit for the serialised size of a network: the line's queue and a margin.
const MOST: usize = 6 << 20;

/// Bytes at given offsets of a frame.
type Pokes = Vec<(u16, u8)>;

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..most)
}

fn address() -> BoxedStrategy<IpAddr> {
    prop_oneof![
        prop_oneof![Just(2_u8), Just(3), Just(15), Just(99)].prop_map(|n| IpAddr::from([10, 0, 2, n])),
        any::<[u8; 4]>().prop_map(IpAddr::from),
        prop_oneof![
            Just("fec0::2"),
            Just("fec0::3"),
            Just("fec0::15"),
            Just("fe80::15"),
            Just("2001:db8::1")
        ]
        .prop_map(|a| a.parse().unwrap()),
        any::<[u8; 16]>().prop_map(IpAddr::from),
    ]
    .boxed()
}

/// Generates a valid frame: UDP (including DHCP and DNS), TCP with any flags and options, ARP, ICMP.
fn right() -> impl Strategy<Value = Vec<u8>> {
    let port = prop_oneof![Just(53_u16), Just(67), Just(68), Just(80), any::<u16>()];
    let ends = (address(), address(), port.clone(), port);
    let udp = (ends.clone(), bytes(600)).prop_map(|((from, to, a, b), payload)| {
        wire::udp(
            (MAC, SocketAddr::new(from, a)),
            ([0x52, 0x55, 10, 0, 2, 2], SocketAddr::new(to, b)),
            &payload,
        )
    });
    let tcp =
        (ends, any::<[u32; 3]>(), bytes(200)).prop_map(|((from, to, a, b), [seq, ack, how], payload)| {
            let control =
                [TcpControl::None, TcpControl::Psh, TcpControl::Fin, TcpControl::Syn, TcpControl::Rst];
            let repr = TcpRepr {
                src_port: a.max(1),
                dst_port: b.max(1),
                control: control[how as usize % 5],
                seq_number: TcpSeqNumber(seq as i32),
                ack_number: (how & 8 != 0).then_some(TcpSeqNumber(ack as i32)),
                window_len: how as u16,
                window_scale: (how & 16 != 0).then_some(how as u8),
                max_seg_size: (how & 32 != 0).then_some(ack as u16),
                sack_permitted: how & 64 != 0,
                sack_ranges: [None; 3],
                timestamp: None,
                payload: &payload,
            };
            wire::tcp((MAC, from), ([0x52, 0x55, 10, 0, 2, 2], to), &repr)
        });
    let arp = (any::<[u8; 4]>(), any::<[u8; 4]>(), any::<bool>()).prop_map(|(from, to, ask)| {
        let operation = if ask { ArpOperation::Request } else { ArpOperation::Reply };
        wire::arp(operation, (MAC, from.into()), (mac_of(to.into()), to.into()))
    });
    prop_oneof![4 => udp, 4 => tcp, 1 => arp]
}

/// Generates a frame of the guest: valid, damaged, truncated, malformed at a higher layer, or noise after an Ethertype.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    let poke = proptest::collection::vec((any::<u16>(), any::<u8>()), 0..4);
    let damaged = (right(), poke, any::<u16>()).prop_map(|(mut f, pokes, cut): (Vec<u8>, Pokes, u16)| {
        for (at, byte) in pokes {
            let n = f.len().max(1);
            if let Some(b) = f.get_mut(usize::from(at) % n) {
                *b = byte;
            }
        }
        if cut & 3 == 0 {
            f.truncate(usize::from(cut) % (f.len() + 1));
        }
        f
    });
    let kinds = prop_oneof![Just([8_u8, 0]), Just([8, 6]), Just([0x86, 0xDD]), any::<[u8; 2]>()];
    let noise = (kinds, bytes(3000)).prop_map(|(kind, body)| [&[0xFF; 6][..], &MAC, &kind, &body].concat());
    prop_oneof![3 => right(), 3 => damaged, 3 => malformed(), 1 => noise]
}

/// Generates an event of the host, in or out of order.
fn event() -> impl Strategy<Value = HostEvent> {
    let id = prop_oneof![1_u32..20, (HOST_IDS + 1)..(HOST_IDS + 20)];
    let to = (any::<[u8; 4]>(), any::<u16>(), any::<bool>())
        .prop_map(|(ip, port, any)| SocketAddrV4::new(if any { ANY } else { ip.into() }, port));
    let destination = prop_oneof![
        any::<u16>().prop_map(Destination::Loopback),
        any::<u16>().prop_map(Destination::Loopback6),
        any::<u16>().prop_map(Destination::Resolver),
        (address(), any::<u16>()).prop_map(|(a, p)| Destination::Address(SocketAddr::new(a, p))),
    ];
    prop_oneof![
        (id.clone(), to.clone()).prop_map(|(conn, to)| HostEvent::Accepted { conn, to }),
        id.clone().prop_map(|conn| HostEvent::Connected { conn }),
        id.clone().prop_map(|conn| HostEvent::Refused { conn }),
        (id.clone(), bytes(3000)).prop_map(|(conn, bytes)| HostEvent::Data { conn, bytes }),
        (id.clone(), any::<u32>()).prop_map(|(conn, bytes)| HostEvent::Sent { conn, bytes }),
        id.clone().prop_map(|conn| HostEvent::Eof { conn }),
        id.clone().prop_map(|conn| HostEvent::Broken { conn }),
        (id.clone(), destination, bytes(3000)).prop_map(|(flow, from, bytes)| HostEvent::Datagram {
            flow,
            from,
            bytes
        }),
        (id, to, bytes(3000)).prop_map(|(flow, to, bytes)| HostEvent::Arrived { flow, to, bytes }),
        bytes(3000).prop_map(HostEvent::Frame),
        Just(HostEvent::Lost),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    Guest(Vec<u8>),
    Host(HostEvent),
    Wait(u16),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => frame().prop_map(Step::Guest),
        2 => event().prop_map(Step::Host),
        1 => any::<u16>().prop_map(Step::Wait),
    ]
}

fn size(net: &Net) -> usize {
    postcard::to_stdvec(net).unwrap().len()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Nothing is requested from the host: no connection, no datagram, no flow.
    #[test]
    fn restrict_lets_nothing_out_whatever_the_guest_sends(frames in proptest::collection::vec(frame(), 1..60)) {
        let mut net = Net::new(UserNetConfig { restrict: true, ..UserNetConfig::default() });
        for (n, frame) in frames.iter().enumerate() {
            net.from_guest(n as Ticks * MS, frame);
            net.tick(n as Ticks * MS);
            prop_assert_eq!(net.commands(), Vec::<HostCommand>::new());
        }
        prop_assert!(!net.busy());
    }

    /// Frames, events and time in any order.
    #[test]
    fn nothing_panics_and_memory_is_bounded(steps in proptest::collection::vec(step(), 1..80)) {
        let mut net = Net::new(UserNetConfig::default());
        let mut now = 0;
        for step in steps {
            match step {
                Step::Guest(frame) => net.from_guest(now, &frame),
                Step::Host(event) => net.from_host(now, event),
                Step::Wait(ms) => now += Ticks::from(ms) * MS,
            }
            net.tick(now);
            net.commands();
        }
        prop_assert!(size(&net) < MOST);
        while net.pop_due(Ticks::MAX, |_| Ready::Yes).is_some() {}
        prop_assert!(size(&net) < MOST);
    }
}

/// Unlimited numbers of ports and addresses leave a state of bounded size.
#[test]
fn floods_are_bounded() {
    let mut net = Net::new(UserNetConfig::default());
    let host = [0x52, 0x55, 10, 0, 2, 2];
    for n in 0..40_000_u32 {
        let [_, _, a, b] = n.to_be_bytes();
        let guest = SocketAddr::from(([10, 0, 2, 5 + a % 200], 1000 + (n % 60_000) as u16));
        let to = SocketAddr::from(([93, a, b, 1], 80));
        net.from_guest(u64::from(n), &wire::udp((MAC, guest), (host, to), &[0; 100]));
        let syn = TcpRepr {
            src_port: guest.port(),
            dst_port: 80,
            control: TcpControl::Syn,
            seq_number: TcpSeqNumber(n as i32),
            ack_number: None,
            window_len: 1000,
            window_scale: None,
            max_seg_size: None,
            sack_permitted: false,
            sack_ranges: [None; 3],
            timestamp: None,
            payload: &[],
        };
        net.from_guest(u64::from(n), &wire::tcp((MAC, guest.ip()), (host, to.ip()), &syn));
        net.commands();
    }
    assert!(size(&net) < MOST, "{}", size(&net));
    let mut segment = Net::segment();
    for _ in 0..10_000 {
        segment.from_host(0, HostEvent::Frame(vec![0; 1500]));
        segment.from_host(0, HostEvent::Frame(vec![0; 100_000]));
    }
    assert!(size(&segment) < MOST, "{}", size(&segment));
}
