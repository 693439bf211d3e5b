//! Tests of both sides of the handshakes against each other, and of CCMP in both directions.

use super::vectors::hex;
use super::*;
use crate::net::air::frame::{self, Cipher, Ds, Flags, Mac, Mpdu, Rsn};
use proptest::prelude::*;

const AP: Mac = [0x24, 0x6F, 0x28, 0xAA, 0xBB, 0xCC];
const STATION: Mac = [0x24, 0x0A, 0xC4, 0x00, 0x32, 0x01];

fn pmk() -> Pmk {
    Pmk::new([7; 32])
}

fn group(byte: u8, id: u8) -> GroupKey {
    GroupKey::ccmp([byte; 16], id, 0x1234)
}

fn authenticator(pmk: Option<Pmk>) -> Authenticator {
    let rsn = Rsn::wpa2_psk().to_element();
    Authenticator::new(AuthenticatorConfig {
        ap: AP,
        station: STATION,
        rsn: rsn.clone(),
        station_rsn: rsn,
        pmk,
        anonce: [1; 32],
        group: group(0xA1, 1),
    })
}

fn supplicant(pmk: Pmk) -> Supplicant {
    let rsn = Rsn::wpa2_psk().to_element();
    let (ap_rsn, snonce) = (rsn.clone(), [2; 32]);
    Supplicant::new(SupplicantConfig { ap: AP, station: STATION, rsn, ap_rsn, pmk, snonce })
}

/// Returns the frame of the only action, which must be a `Send`.
fn sent(actions: Vec<HandshakeAction>) -> Vec<u8> {
    match &actions[..] {
        [HandshakeAction::Send(frame)] => frame.clone(),
        other => panic!("{other:?}"),
    }
}

/// Exchanges messages 1 and 2. Returns the access point's actions.
fn begin(ap: &mut Authenticator, station: &mut Supplicant) -> Vec<HandshakeAction> {
    let m2 = sent(station.receive(&ap.start()));
    ap.receive(&m2)
}

/// Returns both sides after a complete handshake.
fn joined() -> (Authenticator, Supplicant) {
    let (mut ap, mut station) = (authenticator(Some(pmk())), supplicant(pmk()));
    let m3 = sent(begin(&mut ap, &mut station));
    let [HandshakeAction::Send(m4), HandshakeAction::Installed { .. }] = &station.receive(&m3)[..] else {
        panic!()
    };
    assert!(matches!(ap.receive(m4)[..], [HandshakeAction::Installed { .. }]));
    (ap, station)
}

fn info(eapol: &[u8]) -> KeyInfo {
    EapolKey::parse(eapol).unwrap().info
}

#[test]
fn the_four_way_handshake_installs_the_same_keys() {
    let (mut ap, mut station) = (authenticator(Some(pmk())), supplicant(pmk()));
    let m1 = ap.start();
    assert_eq!((info(&m1), m1.len()), (KeyInfo::M1, 99));
    assert_eq!(m1[..9], hex("0203005f 02 008a 0010"));
    let m2 = sent(station.receive(&m1));
    assert_eq!(info(&m2), KeyInfo::M2);
    assert_eq!(EapolKey::parse(&m2).unwrap().data, Rsn::wpa2_psk().to_element());
    let m3 = sent(ap.receive(&m2));
    assert_eq!(info(&m3), KeyInfo::M3);
    // RSN element 22, group key 24, padding 2, key wrap 8.
    assert_eq!(m3.len(), 99 + 56);
    assert!(!ap.is_done() && !station.is_done() && ap.tk().is_none());
    let actions = station.receive(&m3);
    let [HandshakeAction::Send(m4), HandshakeAction::Installed { tk, group: theirs }] = &actions[..] else {
        panic!("{actions:?}")
    };
    assert_eq!(info(m4), KeyInfo::M4);
    assert_eq!((theirs, theirs.cipher()), (&group(0xA1, 1), Cipher::Ccmp));
    assert_eq!(ap.receive(m4), [HandshakeAction::Installed { tk: tk.clone(), group: group(0xA1, 1) }]);
    assert!(ap.is_done() && station.is_done() && !ap.awaits());
    assert_eq!((ap.tk(), station.tk()), (Some(tk), Some(tk)));
    assert_eq!(ap.resend(), None);
}

/// ESP-IDF's supplicant produces the same messages: a message 2 recorded from the prototype.
#[test]
fn text_of_the_messages_names_them() {
    let (mut ap, mut station) = (authenticator(Some(pmk())), supplicant(pmk()));
    let m1 = ap.start();
    let m2 = sent(station.receive(&m1));
    let text = |eapol: &[u8]| {
        frame::describe(&frame::data(Ds::From { bssid: AP }, STATION, AP, frame::ETHERTYPE_EAPOL, eapol))
    };
    assert_eq!(text(&m1), "EAPOL key (3) v2, len 95: message 1 of 4");
    assert_eq!(text(&m2), "EAPOL key (3) v1, len 117: message 2 of 4");
}

#[test]
fn the_passphrase_is_found_among_candidates() {
    let (mut ap, mut station) = (authenticator(None), supplicant(pmk()));
    let m2 = sent(station.receive(&ap.start()));
    assert!(!ap.m2_fits(&pmk()) && !ap.needs_pmk());
    assert_eq!(ap.receive(&m2), [HandshakeAction::NeedPmk]);
    assert!(ap.needs_pmk());
    let wrong = Pmk::new([8; 32]);
    assert!(!ap.m2_fits(&wrong) && ap.m2_fits(&pmk()));
    assert_eq!(ap.accept(wrong), [HandshakeAction::BadMic]);
    assert!(ap.needs_pmk(), "a wrong one is not kept");
    let m3 = sent(ap.accept(pmk()));
    let [HandshakeAction::Send(m4), _] = &station.receive(&m3)[..] else { panic!() };
    assert!(matches!(ap.receive(m4)[..], [HandshakeAction::Installed { .. }]));
}

/// While the passphrase is being searched, message 1 is sent again; a PMK may also be given before message 2.
#[test]
fn a_search_may_take_its_time() {
    let (mut ap, mut station) = (authenticator(None), supplicant(pmk()));
    begin(&mut ap, &mut station);
    let m1 = ap.resend().unwrap();
    assert_eq!(info(&m1), KeyInfo::M1);
    assert_eq!(ap.receive(&sent(station.receive(&m1))), [HandshakeAction::NeedPmk]);
    assert_eq!(info(&sent(ap.accept(pmk()))), KeyInfo::M3);

    let (mut ap, mut station) = (authenticator(None), supplicant(pmk()));
    let m1 = ap.start();
    assert_eq!(ap.accept(pmk()), []);
    assert_eq!(info(&sent(ap.receive(&sent(station.receive(&m1))))), KeyInfo::M3);
}

#[test]
fn another_passphrase_gives_a_bad_mic_and_message_1_again() {
    let (mut ap, mut station) = (authenticator(Some(pmk())), supplicant(Pmk::new([9; 32])));
    let m2 = sent(station.receive(&ap.start()));
    assert_eq!(ap.receive(&m2), [HandshakeAction::BadMic]);
    assert!(ap.m2_fits(&Pmk::new([9; 32])), "the owner can tell which one it was");
    assert_eq!(info(&ap.resend().unwrap()), KeyInfo::M1);
    assert!(!ap.is_done());
}

/// Each message is lost once; the retransmission has a new replay counter, and the answer to it is accepted.
#[test]
fn lost_messages_are_sent_again() {
    let (mut ap, mut station) = (authenticator(Some(pmk())), supplicant(pmk()));
    let lost = ap.start();
    let m1 = ap.resend().unwrap();
    let replay = |eapol: &[u8]| EapolKey::parse(eapol).unwrap().replay;
    assert_eq!((replay(&lost), replay(&m1)), (1, 2));
    let _lost = station.receive(&m1);
    let m2 = sent(station.receive(&ap.resend().unwrap()));
    let _lost = sent(ap.receive(&m2));
    let m3 = ap.resend().unwrap();
    assert_eq!((info(&m3), replay(&m3)), (KeyInfo::M3, 5));
    let [HandshakeAction::Send(_lost), HandshakeAction::Installed { .. }] = &station.receive(&m3)[..] else {
        panic!()
    };
    // The station has its keys. A repeated message 3 is answered, and nothing is installed again.
    assert_eq!(station.receive(&m3), [], "the same counter");
    let m4 = sent(station.receive(&ap.resend().unwrap()));
    assert!(matches!(ap.receive(&m4)[..], [HandshakeAction::Installed { .. }]));
    assert_eq!(ap.receive(&m4), [], "again");
}

#[test]
fn an_answer_to_an_earlier_copy_counts_but_not_to_a_much_earlier_one() {
    let (mut ap, mut station) = (authenticator(Some(pmk())), supplicant(pmk()));
    let first = ap.start();
    let copies: Vec<_> = (0..4).map(|_| ap.resend().unwrap()).collect();
    assert_eq!(ap.receive(&sent(station.receive(&first))), []);
    assert_eq!(info(&sent(ap.receive(&sent(station.receive(&copies[0]))))), KeyInfo::M3);
    // Message 2 again, for another copy of message 1: message 3 again. The answer to the first message 3 is still
    // accepted.
    let m3 = ap.resend().unwrap();
    let m2 = sent(station.receive(&copies[1]));
    assert_eq!(info(&sent(ap.receive(&m2))), KeyInfo::M3);
    let [HandshakeAction::Send(m4), _] = &station.receive(&m3)[..] else { panic!() };
    assert!(matches!(ap.receive(m4)[..], [HandshakeAction::Installed { .. }]));
}

/// A station that restarted with another nonce answers a copy of message 1: the handshake continues with the new nonce.
#[test]
fn message_2_with_another_nonce_counts() {
    let (mut ap, mut station) = (authenticator(Some(pmk())), supplicant(pmk()));
    let (m1, copy) = (ap.start(), ap.resend().unwrap());
    let stale = sent(ap.receive(&sent(station.receive(&m1))));
    let [HandshakeAction::Send(stale), _] = &station.receive(&stale)[..] else { panic!() };
    let mut anew = supplicant(pmk());
    anew.config.snonce = [3; 32];
    let m3 = sent(ap.receive(&sent(anew.receive(&copy))));
    assert_eq!(ap.receive(stale), []);
    let [HandshakeAction::Send(m4), _] = &anew.receive(&m3)[..] else { panic!() };
    assert!(matches!(ap.receive(m4)[..], [HandshakeAction::Installed { .. }]));
    assert_eq!(ap.tk(), anew.tk());
}

#[test]
fn a_rekey_gives_the_station_a_new_group_key() {
    let (mut ap, mut station) = joined();
    let message = ap.rekey(group(0xB2, 2)).unwrap();
    assert_eq!(info(&message), KeyInfo::GROUP1);
    let _lost = message;
    let again = ap.resend().unwrap();
    let actions = station.receive(&again);
    let [HandshakeAction::Send(answer), HandshakeAction::GroupInstalled(key)] = &actions[..] else {
        panic!("{actions:?}")
    };
    assert_eq!((key, key.id(), key.rsc()), (&group(0xB2, 2), 2, 0x1234));
    assert_eq!(info(answer), KeyInfo::GROUP2);
    assert_eq!(ap.receive(answer), [HandshakeAction::GroupInstalled(group(0xB2, 2))]);
    assert!(ap.is_done() && !ap.awaits() && station.is_done());
    assert_eq!(ap.tk(), station.tk());
    // Before the handshake is complete, a new key only replaces the old one.
    let mut early = authenticator(Some(pmk()));
    let _m1 = early.start();
    assert_eq!(early.rekey(group(0xC3, 2)), None);
}

#[test]
fn joining_again_begins_anew() {
    let (mut ap, mut station) = joined();
    let m1 = ap.start();
    assert!(!ap.is_done() && ap.tk().is_none());
    let m3 = sent(ap.receive(&sent(station.receive(&m1))));
    // Both nonces are the same here, and so are the keys: nothing to install.
    let m4 = sent(station.receive(&m3));
    assert!(matches!(ap.receive(&m4)[..], [HandshakeAction::Installed { .. }]));
}

#[test]
fn a_changed_rsn_element_ends_the_handshake() {
    let other = Rsn { capabilities: 0x80, ..Rsn::wpa2_psk() }.to_element();
    let mut station = supplicant(pmk());
    station.config.rsn.clone_from(&other);
    let mut ap = authenticator(Some(pmk()));
    let m2 = sent(station.receive(&ap.start()));
    assert_eq!(ap.receive(&m2), [HandshakeAction::Failed(Failure::RsnMismatch)]);
    assert_eq!(Failure::RsnMismatch.reason(), 17);

    let (mut ap, mut station) = (authenticator(Some(pmk())), supplicant(pmk()));
    station.config.ap_rsn = other;
    let m3 = sent(begin(&mut ap, &mut station));
    assert_eq!(station.receive(&m3), [HandshakeAction::Failed(Failure::RsnMismatch)]);
    assert!(!station.is_done());
}

#[test]
fn a_damaged_message_changes_nothing() {
    let (mut ap, mut station) = (authenticator(Some(pmk())), supplicant(pmk()));
    let m2 = sent(station.receive(&ap.start()));
    let m3 = sent(ap.receive(&m2));
    for at in 99..m3.len() {
        let mut damaged = m3.clone();
        damaged[at] ^= 1;
        assert_eq!(station.receive(&damaged), [HandshakeAction::BadMic]);
    }
    let mut other = m3.clone();
    other[17] ^= 1;
    assert_eq!(station.receive(&other), [], "another nonce than message 1's");
    let [HandshakeAction::Send(m4), _] = &station.receive(&m3)[..] else { panic!() };
    let mut damaged = m4.clone();
    damaged[81] ^= 1;
    assert_eq!(ap.receive(&damaged), [HandshakeAction::BadMic]);
    assert!(!ap.is_done());
    assert!(matches!(ap.receive(m4)[..], [HandshakeAction::Installed { .. }]));
}

/// The softAP of ESP-IDF 3.3 in mixed mode distributes a group key of TKIP's length.
#[test]
fn a_tkip_group_key_is_taken() {
    let key = GroupKey::new(vec![0x5A; 32], 1, 0, Cipher::Tkip);
    let mut ap = authenticator(Some(pmk()));
    let _ = ap.rekey(key.clone());
    let mut station = supplicant(pmk());
    let m3 = sent(begin(&mut ap, &mut station));
    let actions = station.receive(&m3);
    let [_, HandshakeAction::Installed { group, .. }] = &actions[..] else { panic!("{actions:?}") };
    assert_eq!((group, group.tk()), (&key, None));
}

#[test]
fn no_key_is_in_a_debug_text() {
    let (ap, station) = joined();
    let key = GroupKey::ccmp([0xA1; 16], 1, 0);
    let text = format!("{ap:?} {station:?} {key:?} {:?} {:?}", pmk(), Tk::new([0xA1; 16]));
    // 0xA1 is 161 and the PMK is all sevens.
    assert!(!text.contains("161, 161") && !text.contains("7, 7, 7"), "{text}");
    assert!(text.contains("Pmk(..)") && text.contains("Ptk(..)"));
}

#[test]
fn state_survives_saving() {
    let (mut ap, mut station) = (authenticator(None), supplicant(pmk()));
    begin(&mut ap, &mut station);
    let bytes = postcard::to_allocvec(&(&ap, &station)).unwrap();
    let (mut ap, mut station): (Authenticator, Supplicant) = postcard::from_bytes(&bytes).unwrap();
    let m3 = sent(ap.accept(pmk()));
    assert!(matches!(
        station.receive(&m3)[..],
        [HandshakeAction::Send(_), HandshakeAction::Installed { .. }]
    ));
}

/// Returns a frame with each kind of header.
fn frames() -> Vec<Vec<u8>> {
    let data = frame::data(Ds::To { bssid: AP }, [3; 6], STATION, 0x0800, b"some payload");
    let qos = [&[0x88, 0x01][..], &data[2..24], &[0x05, 0], &data[24..]].concat();
    let four = [&[0x08, 0x03][..], &data[2..24], &[4; 6], &data[24..]].concat();
    let empty = data[..24].to_vec();
    let management = frame::deauthentication(STATION, AP, AP, 3);
    vec![data, qos, four, empty, management]
}

#[test]
fn frames_go_through_ccmp_and_back() {
    let tk = Tk::new([0x11; 16]);
    for plain in frames() {
        let sealed = ccmp::seal(&plain, &tk, 0x0102_0304_0506, 2).unwrap();
        assert_eq!(sealed.len(), plain.len() + 16);
        assert_eq!(ccmp::packet_number(&sealed), Some((0x0102_0304_0506, 2)));
        let opened = ccmp::open(&sealed, &tk).unwrap();
        assert_eq!((&opened.mpdu, opened.pn, opened.key_id), (&plain, 0x0102_0304_0506, 2));
        assert_eq!(ccmp::open(&sealed, &Tk::new([0x12; 16])), None);
        // Retry, power management and sequence number may change; an address may not.
        let mut again = sealed.clone();
        frame::set_flag(&mut again, Flags::RETRY | Flags::POWER_MANAGEMENT | Flags::MORE_DATA, true);
        frame::set_sequence(&mut again, 99);
        assert!(ccmp::open(&again, &tk).is_some());
        again[5] ^= 1;
        assert_eq!(ccmp::open(&again, &tk), None);
        let mut damaged = sealed.clone();
        *damaged.last_mut().unwrap() ^= 1;
        let before = damaged.clone();
        assert!(!ccmp::open_in_place(&mut damaged, &tk));
        assert_eq!(damaged, before);
    }
}

/// In place, as the hardware does it: the driver has built the CCMP header and reserved the MIC.
#[test]
fn frames_are_sealed_in_the_driver_s_buffer() {
    let tk = Tk::new([0x11; 16]);
    for plain in frames() {
        let dressed = ccmp::add_ccmp_framing(&plain, 5, 1).unwrap();
        let header = Mpdu::parse(&plain).unwrap().header_len();
        assert_eq!(dressed[header..header + 8], [5, 0, 0, 0x60, 0, 0, 0, 0]);
        assert_eq!(
            ccmp::strip_ccmp_framing(&dressed).map(|o| (o.mpdu, o.pn, o.key_id)),
            Some((plain.clone(), 5, 1))
        );
        let mut buffer = dressed.clone();
        assert!(ccmp::seal_in_place(&mut buffer, &tk));
        assert_eq!(Some(&buffer), ccmp::seal(&plain, &tk, 5, 1).as_ref());
        assert!(ccmp::open_in_place(&mut buffer, &tk));
        assert_eq!(buffer[..buffer.len() - 8], dressed[..dressed.len() - 8]);
        assert_eq!(ccmp::add_ccmp_framing(&dressed, 6, 1), None, "protected already");
    }
    assert_eq!(ccmp::add_ccmp_framing(&frame::ack(AP), 1, 0), None);
    assert_eq!(ccmp::add_ccmp_framing(&frame::null(STATION, AP, true), 1, 0), None);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..300), keep in 0_usize..12) {
        // Most inputs pass the first checks.
        for (byte, fixed) in bytes.iter_mut().zip(hex("0203 0060 02 008a 0010")).take(keep) {
            *byte = fixed;
        }
        let _ = EapolKey::parse(&bytes);
        let (mut ap, mut station) = (authenticator(None), supplicant(pmk()));
        let m2 = sent(station.receive(&ap.start()));
        let _ = (ap.receive(&bytes), station.receive(&bytes));
        ap.receive(&m2);
        let _ = (ap.receive(&bytes), ap.m2_fits(&pmk()), ap.accept(pmk()), ap.receive(&bytes));
        let tk = Tk::new([1; 16]);
        let _ = (ccmp::open(&bytes, &tk), ccmp::strip_ccmp_framing(&bytes), ccmp::seal(&bytes, &tk, 1, 0));
        frame::set_flag(&mut bytes, Flags::PROTECTED, true);
        let _ = (ccmp::open(&bytes, &tk), ccmp::seal_in_place(&mut bytes, &tk));
    }

    /// Messages with a correct MIC and arbitrary key data.
    #[test]
    fn arbitrary_key_data_never_panic(data in proptest::collection::vec(any::<u8>(), 0..200), bits: u16, replay: u64) {
        let ptk = Ptk::derive(&pmk(), AP, STATION, &[1; 32], &[2; 32]);
        let info = KeyInfo(bits & !7 | 2);
        let message = eapol::Outgoing { version: 2, info, key_len: 0, replay, nonce: [1; 32], rsc: replay, data: &data };
        let message = message.build(Some(&ptk));
        let (mut ap, mut station) = joined();
        let _ = (ap.receive(&message), station.receive(&message));
        let wrapped = eapol::wrap_key(ptk.kek(), &data[..data.len() & !7]);
        let message = eapol::Outgoing { version: 2, info: KeyInfo::GROUP1, key_len: 0, replay: 99, nonce: [0; 32], rsc: 0, data: &wrapped };
        let actions = station.receive(&message.build(Some(&ptk)));
        prop_assert!(!actions.is_empty());
    }
}
