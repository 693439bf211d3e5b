//! Tests of the parser and of matching.

use super::*;
use esplens_soc::net::air::frame::{self as ieee, BssInfo, Ds, Security};
use esplens_soc::system::{AirInfo, NetFrame};
use proptest::prelude::*;

const AP: [u8; 6] = [2, 0, 0, 0, 0, 0xA];
const STATION: [u8; 6] = [2, 0, 0, 0, 0, 0xB];
const FAR: [u8; 6] = [2, 0, 0, 0, 0, 0xC];

/// Returns an Ethernet frame.
fn cable(bytes: Vec<u8>) -> NetFrame {
    NetFrame { at: 0, to_guest: true, core: 0, pc: 0, bytes, air: None }
}

/// Returns an 802.11 frame.
fn air(bytes: Vec<u8>) -> NetFrame {
    let air = Some(AirInfo { frequency: 2412, rate: 0xB, rssi: -40, clear: false });
    NetFrame { air, ..cable(bytes) }
}

fn beacon() -> Vec<u8> {
    let (ssid, security) = (b"net".to_vec(), Security::Open);
    let bss = BssInfo { bssid: AP, ssid, channel: 6, interval: 100, security, hidden: false };
    ieee::beacon(&bss, 0, &ieee::Tim::default())
}

fn filter(text: &str) -> Filter {
    text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// Returns a TCP packet from 10.0.2.2 port 40000 to 10.0.2.15 port 80.
fn tcp() -> NetFrame {
    let mut f = vec![2, 0, 0, 0, 0, 15, 2, 0, 0, 0, 0, 2, 8, 0];
    f.extend([0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 2, 2, 10, 0, 2, 15]);
    f.extend(40000u16.to_be_bytes());
    f.extend(80u16.to_be_bytes());
    f.resize(60, 0);
    cable(f)
}

fn arp() -> NetFrame {
    let mut f = vec![0xFF; 6];
    f.extend([
        2, 0, 0, 0, 0, 2, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 2, 10, 0, 2, 2, 0, 0, 0, 0, 0, 0,
    ]);
    f.extend([10, 0, 2, 15]);
    cable(f)
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
    later.bytes[20] = 0x01; // fragment offset
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
        ("wlan host 1:2:3", "1:2:3"),
        ("wlan addr5 02:00:00:00:00:01", "addr5"),
        ("wlan ra", "ends"),
        ("type mgmt", "mgmt"),
        ("type", "ends"),
        ("subtype becon", "becon"),
        ("type ctl subtype beacon", "beacon"),
        ("dir up", "up"),
    ] {
        let error = text.parse::<Filter>().unwrap_err().to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
    let deep = "not ".repeat(1000) + "tcp";
    assert_eq!(deep.parse::<Filter>(), Err(FilterError::Size));
}

/// Returns a protected data frame from the station to the access point; a filter does not read its body.
fn protected() -> Vec<u8> {
    let mut mpdu = ieee::data(Ds::To { bssid: AP }, FAR, STATION, 0x0800, &[0x45; 40]);
    ieee::set_flag(&mut mpdu, ieee::Flags::PROTECTED, true);
    mpdu
}

#[test]
fn frames_of_the_air_pass_as_pcap_filter_says() {
    let (tcp, beacon, data) = (tcp(), air(beacon()), air(protected()));
    let ack = air(ieee::ack(STATION));
    let table = [
        ("wlan", [false, true, true, true]),
        ("ether", [true, false, false, false]),
        ("not wlan", [true, false, false, false]),
        ("type mgt", [false, true, false, false]),
        ("type management subtype beacon", [false, true, false, false]),
        ("wlan type mgt subtype beacon", [false, true, false, false]),
        ("subtype beacon or subtype data", [false, true, true, false]),
        ("subtype probe-resp", [false; 4]),
        ("type ctl", [false, false, false, true]),
        ("type ctl subtype ack", [false, false, false, true]),
        ("type data and wlan src 02:00:00:00:00:0b", [false, false, true, false]),
        ("wlan host 02:00:00:00:00:0a", [false, true, false, false]),
        ("wlan host 02:00:00:00:00:0c or 02:00:00:00:00:0a", [false, true, true, false]),
        ("wlan dst 02:00:00:00:00:0c", [false, false, true, false]),
        ("wlan src or dst host 02:00:00:00:00:0c", [false, false, true, false]),
        ("wlan addr1 02:00:00:00:00:0a", [false, false, true, false]),
        ("wlan addr2 02:00:00:00:00:0a", [false, true, false, false]),
        ("wlan addr3 02:00:00:00:00:0c", [false, false, true, false]),
        ("wlan addr4 02:00:00:00:00:0c", [false; 4]),
        ("wlan ra 02:00:00:00:00:0b", [false, false, false, true]),
        ("wlan ta 02:00:00:00:00:0b", [false, false, true, false]),
        ("wlan ta 02:00:00:00:00:0a", [false; 4]),
        ("wlan broadcast", [false, true, false, false]),
        ("wlan multicast", [false, true, false, false]),
        ("dir tods", [false, false, true, false]),
        ("wlan dir nods", [false, true, false, true]),
        ("broadcast or multicast", [false; 4]),
        ("ether host 02:00:00:00:00:0b", [false; 4]),
        ("ip or arp or port 80 and type data", [false; 4]),
        ("less 20", [false, false, false, true]),
        ("greater 60", [true, true, true, false]),
    ];
    let lengths = [&tcp, &beacon, &data, &ack].map(|f| f.bytes.len());
    assert!(lengths[0] == 60 && lengths[1] < 90 && lengths[2] > 60 && lengths[3] == 10, "{lengths:?}");
    for (text, want) in table {
        let passes = [&tcp, &beacon, &data, &ack].map(|f| filter(text).matches(f));
        assert_eq!(passes, want, "{text}");
    }
    let cut = air(vec![0x80]);
    assert!(filter("wlan").matches(&cut) && !filter("type mgt").matches(&cut));
}

#[test]
fn a_stop_names_the_frame() {
    assert_eq!(
        summary(&air(protected())),
        "wlan 02:00:00:00:00:0b > 02:00:00:00:00:0a Protected Data, length 48, 72 bytes"
    );
    assert_eq!(summary(&air(ieee::ack(STATION))), "wlan Acknowledgment RA:02:00:00:00:00:0b, 10 bytes");
    assert!(summary(&air(beacon())).starts_with("wlan 02:00:00:00:00:0a > ff:ff:ff:ff:ff:ff Beacon (net)"));
    assert_eq!(summary(&tcp()), "tcp 10.0.2.2 port 40000 > 10.0.2.15 port 80, 60 bytes");
    for n in 0..40 {
        let _ = summary(&air(protected()[..n].to_vec()));
    }
}

/// Generates tests of 802.11 frames.
fn wlan() -> impl Strategy<Value = Wlan> {
    let dir = prop_oneof![Just(Dir::Src), Just(Dir::Dst), Just(Dir::Either)];
    let field = prop_oneof![
        dir.prop_map(AddressField::End),
        (1..=4u8).prop_map(AddressField::Number),
        Just(AddressField::Ra),
        Just(AddressField::Ta),
    ];
    let subtypes =
        ["beacon", "probe-req", "action", "ps-poll", "ack", "data", "null", "qos-data", "qos-null"];
    prop_oneof![
        Just(Wlan::Any),
        (0..=2u8).prop_map(Wlan::Type),
        proptest::sample::select(subtypes.to_vec()).prop_map(|name| Wlan::subtype_named(name).unwrap()),
        (0..=3u8).prop_map(Wlan::Ds),
        (field, any::<[u8; 6]>()).prop_map(|(f, m)| Wlan::Address(f, m)),
        Just(Wlan::Broadcast),
        Just(Wlan::Multicast),
    ]
}

fn tests() -> impl Strategy<Value = Test> {
    let dir = || prop_oneof![Just(Dir::Src), Just(Dir::Dst), Just(Dir::Either)];
    let proto = prop_oneof![Just(None), Just(Some(Proto::Udp)), Just(Some(Proto::Tcp))];
    prop_oneof![
        (0..Proto::ALL.len()).prop_map(|n| Test::Proto(Proto::ALL[n])),
        any::<u16>().prop_map(Test::EtherType),
        (dir(), any::<[u8; 6]>()).prop_map(|(d, m)| Test::Mac(d, m)),
        Just(Test::Broadcast),
        Just(Test::Multicast),
        (dir(), any::<IpAddr>()).prop_map(|(d, a)| Test::Host(d, a)),
        (dir(), any::<IpAddr>(), 0..=32u8).prop_map(|(d, a, n)| Test::Net(d, a, n)),
        (proto, dir(), any::<u16>(), any::<u16>()).prop_map(|(p, d, a, b)| Test::Port(p, d, a, b)),
        wlan().prop_map(Test::Wlan),
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
        prop_oneof![Just("not"), Just("("), Just(")"), Just("and"), Just("src"), Just("host"), Just("ether"), Just("wlan"),
            Just("type"), Just("subtype"), Just("beacon"), Just("1")], 0..30)) {
        // Parsing either gives a filter or an error with a message.
        for t in [text, words.join(" ")] {
            if let Err(e) = t.parse::<Filter>() {
                prop_assert!(!e.to_string().is_empty());
            }
        }
    }

    #[test]
    fn a_filter_and_its_opposite_disagree_on_every_frame(
        f in filters(), bytes in proptest::collection::vec(any::<u8>(), 0..80), by_air in any::<bool>()
    ) {
        let frame = if by_air { air(bytes) } else { cable(bytes) };
        prop_assert_ne!(f.matches(&frame), Filter::Not(Box::new(f.clone())).matches(&frame));
    }
}
