//! The language, and frames against it.

use super::*;
use proptest::prelude::*;

fn filter(text: &str) -> Filter {
    text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// TCP from 10.0.2.2 port 40000 to 10.0.2.15 port 80.
fn tcp() -> Vec<u8> {
    let mut f = vec![2, 0, 0, 0, 0, 15, 2, 0, 0, 0, 0, 2, 8, 0];
    f.extend([0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 2, 2, 10, 0, 2, 15]);
    f.extend(40000u16.to_be_bytes());
    f.extend(80u16.to_be_bytes());
    f.resize(60, 0);
    f
}

fn arp() -> Vec<u8> {
    let mut f = vec![0xFF; 6];
    f.extend([
        2, 0, 0, 0, 0, 2, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 2, 10, 0, 2, 2, 0, 0, 0, 0, 0, 0,
    ]);
    f.extend([10, 0, 2, 15]);
    f
}

#[test]
fn frames_pass_as_pcap_filter_says() {
    let (tcp, arp) = (tcp(), arp());
    let table = [
        ("tcp port 80", true, false),
        ("udp port 80", false, false),
        ("port 80", true, false),
        ("tcp src port 80", false, false),
        ("tcp dst port http", true, false),
        ("dst port 79 or 80", true, false),
        ("portrange 70-90", true, false),
        ("arp", false, true),
        ("ip", true, false),
        ("host 10.0.2.15", true, true),
        ("src host 10.0.2.15", false, false),
        ("dst 10.0.2.15 and not arp", true, false),
        ("src or dst net 10.0.2.0/24", true, true),
        ("net 10.0.3.0/24", false, false),
        ("net 0.0.0.0/0", true, true),
        ("ether host 02:00:00:00:00:02", true, true),
        ("ether dst 02:00:00:00:00:0f", true, false),
        ("ether proto 0x806", false, true),
        ("ether proto ip || ether broadcast", true, true),
        ("broadcast", false, true),
        ("multicast", false, true),
        ("greater 60", true, false),
        ("less 59", false, true),
        ("! ( tcp or arp )", false, false),
        ("ip6 or icmp6 or icmp", false, false),
        ("host 2001:db8::1", false, false),
        ("arp or tcp and port 22", false, false),
    ];
    for (text, a, b) in table {
        assert_eq!((filter(text).matches(&tcp), filter(text).matches(&arp)), (a, b), "{text}");
    }
    let mut later = tcp.clone();
    later[20] = 0x01; // fragment offset
    assert!(!filter("port 80").matches(&later) && filter("tcp").matches(&later));
}

#[test]
fn errors_name_the_word() {
    for (text, says) in [
        ("", "ends"),
        ("tcp prot 80", "prot"),
        ("port", "ends"),
        ("port 65536", "65536"),
        ("host example.org", "example.org"),
        ("tcp and", "ends"),
        ("(tcp", "ends"),
        ("tcp)", ")"),
        ("net 1.2.3.4/33", "33"),
        ("ether src 1:2:3", "1:2:3"),
        ("vlan 3", "vlan"),
        ("portrange 80", "80"),
    ] {
        let error = text.parse::<Filter>().unwrap_err().to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
    let deep = "not ".repeat(1000) + "tcp";
    assert_eq!(deep.parse::<Filter>(), Err(FilterError::Size));
}

fn tests() -> impl Strategy<Value = Test> {
    let dir = || prop_oneof![Just(Dir::Src), Just(Dir::Dst), Just(Dir::Either)];
    let proto = prop_oneof![Just(None), Just(Some(Proto::Udp)), Just(Some(Proto::Tcp))];
    prop_oneof![
        (1..Proto::ALL.len()).prop_map(|n| Test::Proto(Proto::ALL[n])),
        any::<u16>().prop_map(Test::EtherType),
        (dir(), any::<[u8; 6]>()).prop_map(|(d, m)| Test::Mac(d, m)),
        Just(Test::Broadcast),
        Just(Test::Multicast),
        (dir(), any::<IpAddr>()).prop_map(|(d, a)| Test::Host(d, a)),
        (dir(), any::<IpAddr>(), 0..=32u8).prop_map(|(d, a, n)| Test::Net(d, a, n)),
        (proto, dir(), any::<u16>(), any::<u16>()).prop_map(|(p, d, a, b)| Test::Port(p, d, a, b)),
        any::<u16>().prop_map(Test::Less),
        any::<u16>().prop_map(Test::Greater),
    ]
}

fn filters() -> impl Strategy<Value = Filter> {
    tests().prop_map(Filter::Is).prop_recursive(4, 20, 2, |inner| {
        let both = (inner.clone(), inner.clone());
        prop_oneof![
            inner.prop_map(|a| Filter::Not(Box::new(a))),
            both.clone().prop_map(|(a, b)| Filter::And(Box::new(a), Box::new(b))),
            both.prop_map(|(a, b)| Filter::Or(Box::new(a), Box::new(b))),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(f in filters()) {
        prop_assert_eq!(f.to_string().parse::<Filter>(), Ok(f));
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,80}", words in proptest::collection::vec(
        prop_oneof![Just("not"), Just("("), Just(")"), Just("and"), Just("src"), Just("host"), Just("ether"), Just("1")], 0..30)) {
        // Reading either gives a filter or an error that says something.
        for t in [text, words.join(" ")] {
            if let Err(e) = t.parse::<Filter>() {
                prop_assert!(!e.to_string().is_empty());
            }
        }
    }

    #[test]
    fn a_filter_and_its_opposite_disagree_on_every_frame(f in filters(), frame in proptest::collection::vec(any::<u8>(), 0..80)) {
        prop_assert_ne!(f.matches(&frame), Filter::Not(Box::new(f.clone())).matches(&frame));
    }
}
