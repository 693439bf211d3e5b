//! IEEE 802.11 frames and EAPOL messages from the air: view, elements, text, conversion to and from Ethernet,
//! handshakes, CCMP.
#![no_main]

use esplens_soc::net::air::frame::{self, Ds, Flags, Mpdu, Rsn, Tim};
use esplens_soc::net::air::wpa::{
    Authenticator, AuthenticatorConfig, GroupKey, HandshakeAction, Pmk, Supplicant, SupplicantConfig, Tk,
    ccmp,
};
use libfuzzer_sys::fuzz_target;

const AP: frame::Mac = [2, 0, 0, 0, 0, 1];
const STATION: frame::Mac = [2, 0, 0, 0, 0, 2];

fuzz_target!(|data: &[u8]| {
    let text = frame::describe(data);
    assert!(!text.contains('\n') && text.len() < 8 * data.len() + 200, "{text}");
    if let Some(view) = Mpdu::parse(data) {
        let elements = view.elements();
        let _ = (elements.ssid(), elements.rates(), elements.channel(), elements.wpa());
        if let Some(tim) = elements.tim() {
            assert_eq!(Tim::parse(&tim.to_element()[2..]), Some(tim));
        }
        if let Some(rsn) = elements.rsn() {
            assert_eq!(Rsn::parse(&rsn.to_element()[2..]), Some(rsn));
        }
        if let Some(eth) = frame::data_to_ethernet(&view) {
            let again = frame::ethernet_to_80211(&eth, Ds::To { bssid: AP }).unwrap();
            assert_eq!(frame::data_to_ethernet(&Mpdu::parse(&again).unwrap()), Some(eth));
        }
    }
    crypt(data);
    handshakes(data);
});

/// Checks that an encrypted frame decrypts to the original.
fn crypt(data: &[u8]) {
    let tk = Tk::new([1; 16]);
    let _ = (ccmp::open(data, &tk), ccmp::strip_ccmp_framing(data));
    let mut plain = data.to_vec();
    frame::set_flag(&mut plain, Flags::PROTECTED, false);
    if let Some(sealed) = ccmp::seal(&plain, &tk, 7, 1) {
        assert_eq!(ccmp::open(&sealed, &tk).map(|o| o.mpdu), Some(plain));
    }
}

/// Passes the bytes to both sides in each of their states, and checks that the handshake still completes.
fn handshakes(eapol: &[u8]) {
    let (rsn, pmk) = (Rsn::wpa2_psk().to_element(), Pmk::new([3; 32]));
    let mut ap = Authenticator::new(AuthenticatorConfig {
        ap: AP,
        station: STATION,
        rsn: rsn.clone(),
        station_rsn: rsn.clone(),
        pmk: None,
        anonce: [1; 32],
        group: GroupKey::ccmp([4; 16], 1, 0),
    });
    let ap_rsn = rsn.clone();
    let config =
        SupplicantConfig { ap: AP, station: STATION, rsn, ap_rsn, pmk: pmk.clone(), snonce: [2; 32] };
    let mut station = Supplicant::new(config);
    let m1 = ap.start();
    let _ = (ap.receive(eapol), station.receive(eapol));
    let [HandshakeAction::Send(m2)] = &station.receive(&m1)[..] else { panic!("message 1 is not answered") };
    let _ = (station.clone().receive(eapol), ap.receive(m2), ap.clone().receive(eapol));
    let Some(HandshakeAction::Send(m3)) = ap.accept(pmk).into_iter().next() else {
        panic!("message 2 does not fit")
    };
    let _ = ap.receive(eapol);
    let Some(HandshakeAction::Send(m4)) = station.receive(&m3).into_iter().next() else {
        panic!("message 3 is not answered")
    };
    ap.receive(&m4);
    assert!(ap.is_done() && station.is_done());
    let _ = (ap.receive(eapol), station.receive(eapol));
}
