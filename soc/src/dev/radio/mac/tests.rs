//! The MAC, driven as by IDF's libpp.

use super::rx::{HEADER, desc};
use super::*;
use crate::dev::DevId;
use crate::dev::testing::Bench;
use crate::net::air::frame;
use crate::net::air::wpa::{Tk, ccmp};
use crate::net::air::{OnAir, SentFrame};
use proptest::prelude::*;

const STATION: [u8; 6] = [0x24, 0x0A, 0xC4, 0, 0x32, 1];
const AP: [u8; 6] = [2, 0x1A, 0, 0, 0, 1];
/// Descriptors and buffers of the receive list, in SRAM2.
const LIST: u32 = 0x3FFB_1000;
const BUFFERS: u32 = 0x3FFB_2000;
const SIZE: u32 = 1600;
/// Descriptor and buffer of a transmission.
const TX_DESC: u32 = 0x3FFB_8000;
const TX_BUFFER: u32 = 0x3FFB_8100;

type Mac = Bench<WifiMac>;

fn store(b: &mut Mac, at: u32, words: &[u32]) {
    let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    assert!(cx(b, |cx| cx.dma_write(at, &bytes)));
}

fn load(b: &mut Mac, at: u32, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    assert!(cx(b, |cx| cx.dma_read(at, &mut bytes)));
    bytes
}

fn word(b: &mut Mac, at: u32) -> u32 {
    u32::from_le_bytes(load(b, at, 4).try_into().unwrap())
}

fn cx<R>(b: &mut Mac, f: impl FnOnce(&mut Cx) -> R) -> R {
    f(&mut Cx { now: b.now, dev: b.id, core: 0, pc: 0, sys: &mut b.sys, mem: &mut b.mem })
}

/// Writes `n` descriptors from number `first` on; the last one has no successor.
fn descriptors(b: &mut Mac, first: u32, n: u32) {
    for i in first..first + n {
        let next = if i + 1 < first + n { LIST + 12 * (i + 1) } else { 0 };
        store(b, LIST + 12 * i, &[desc::OWNER | SIZE << 12 | SIZE, BUFFERS + 0x648 * i, next]);
    }
}

/// Creates a MAC in the state after `hal_init` and `esp_wifi_start` of a station.
fn station(descriptors_at_first: u32) -> Mac {
    let mut b = Bench::new(DevId::WifiMac, WifiMac::default());
    b.sys.radio.frequency = 2437;
    descriptors(&mut b, 0, descriptors_at_first);
    b.write(RX_DESCR_BASE, LIST);
    b.write(INT_CLEAR, u32::MAX);
    b.write(INT_ENABLE, 0x01E8_39E0);
    let [a, c, d, e, f, g] = STATION;
    b.write(RA_FILTER, u32::from_le_bytes([a, c, d, e]));
    b.write(RA_FILTER + 4, u32::from_le_bytes([f, g, 0, 0]));
    b.write(RA_MASK, u32::MAX);
    b.write(RA_MASK + 4, 0x1_FFFF);
    b.write(RX_CTRL, rx_ctrl::ENABLE);
    b
}

fn on_air(mpdu: Vec<u8>) -> OnAir {
    OnAir { frequency: 2437, wide: false, rate: 0xB, rssi: -40, clear: false, mpdu }
}

fn receive(b: &mut Mac, mpdu: Vec<u8>) {
    b.message(&DevMsg::AirFrame(on_air(mpdu)));
}

fn deauth(to: [u8; 6]) -> Vec<u8> {
    frame::deauthentication(to, AP, AP, 1)
}

#[test]
fn a_frame_goes_to_the_next_descriptor_with_its_header() {
    let mut b = station(2);
    b.advance(1000);
    receive(&mut b, deauth(STATION));
    assert!(b.irq(IrqSource::WifiMac));
    assert_eq!(b.read(INT_STATUS), int::RX);
    assert_eq!((b.read(RX_DESCR_LAST), b.read(RX_DESCR_NEXT)), (LIST, LIST + 12));
    // 26 bytes of MPDU are stored as 28; sig_len includes the FCS.
    let flags = word(&mut b, LIST);
    assert_eq!((flags >> 12 & 0xFFF, flags & desc::EOF), (HEADER as u32 + 28, desc::EOF));
    let header: Vec<u32> = (0..7).map(|i| word(&mut b, BUFFERS + 4 * i)).collect();
    assert_eq!(header[0], 56 | 0xB << 8 | 30 << 16 | 1 << 28);
    assert_eq!((header[2] >> 16 & 0xF, header[3], header[6]), (6, 1000, 30 | 30 << 12));
    assert_eq!(load(&mut b, BUFFERS + HEADER as u32, 26), deauth(STATION));
    b.write(INT_CLEAR, int::RX);
    assert!(!b.irq(IrqSource::WifiMac));
    assert_eq!((b.read(INT_STATUS), b.read(INT_CLEAR)), (0, 0));
}

#[test]
fn at_the_lists_end_the_receiver_waits_for_a_reload() {
    let mut b = station(1);
    receive(&mut b, deauth(STATION));
    assert_eq!(b.read(RX_DESCR_NEXT), LIST_END);
    receive(&mut b, deauth(STATION));
    assert_eq!((b.read(RX_DESCR_LAST), b.read(HW_STAT_FULL2)), (LIST, 1), "the frame is lost");
    // wDev_AppendRxBlocks links descriptors to its tail and requests a reload.
    descriptors(&mut b, 1, 1);
    store(&mut b, LIST + 8, &[LIST + 12]);
    b.write(RX_CTRL, rx_ctrl::ENABLE | rx_ctrl::RELOAD);
    assert_eq!(b.read(RX_CTRL), rx_ctrl::ENABLE);
    receive(&mut b, deauth(STATION));
    assert_eq!(b.read(RX_DESCR_LAST), LIST + 12);
}

#[test]
fn a_long_frame_takes_several_descriptors() {
    let mut b = station(2);
    store(&mut b, LIST, &[desc::OWNER | 64, BUFFERS, LIST + 12]);
    let payload = frame::data(frame::Ds::From { bssid: AP }, STATION, AP, 0x0800, &[7; 100]);
    receive(&mut b, payload.clone());
    assert_eq!((word(&mut b, LIST) & desc::EOF, word(&mut b, LIST) >> 12 & 0xFFF), (0, 64));
    assert_ne!(word(&mut b, LIST + 12) & desc::EOF, 0);
    let mut stored = load(&mut b, BUFFERS + HEADER as u32, 36);
    stored.extend(load(&mut b, BUFFERS + 0x648, payload.len() - 36));
    assert_eq!(stored, payload);
}

#[test]
fn what_is_not_for_the_station_is_refused_but_for_a_sniffer() {
    let mut b = station(8);
    let other = [0x24, 0x0A, 0xC4, 0, 0x32, 9];
    receive(&mut b, deauth(other));
    b.sys.radio.frequency = 2462;
    receive(&mut b, deauth(STATION));
    b.sys.radio.frequency = 2437;
    b.write(CTRL, CTRL_STOP);
    receive(&mut b, deauth(STATION));
    b.write(CTRL, 0);
    assert_eq!((b.read(INT_STATUS), b.read(RX_DESCR_LAST)), (0, 0));
    receive(&mut b, deauth(frame::BROADCAST));
    assert_eq!(b.read(RX_DESCR_LAST), LIST);
    assert!(!b.sys.radio.answered, "no ACK for a group");
    // As in wdev_set_promis.
    b.write(FILTER_CONTROL + 4 * SNIFFER, 0x80E0);
    receive(&mut b, deauth(other));
    assert_eq!(b.read(RX_DESCR_LAST), LIST + 12);
    assert_eq!(word(&mut b, BUFFERS + 0x648) >> 28, 0, "no filter matched");
    receive(&mut b, frame::ack(STATION));
    assert_eq!(b.read(RX_DESCR_LAST), LIST + 12, "control frames have a filter of their own");
    b.write(RX_CTRL_FILTER + 4 * SNIFFER, 1 << 29);
    receive(&mut b, frame::ack(STATION));
    assert_eq!(b.read(RX_DESCR_LAST), LIST + 24);
}

#[test]
fn an_associated_station_hears_the_beacons_of_its_own_network_only() {
    let mut b = station(4);
    let [a, c, d, e, f, g] = AP;
    b.write(BSSID_FILTER, u32::from_le_bytes([a, c, d, e]));
    b.write(BSSID_FILTER + 4, u32::from_le_bytes([f, g, 0, 0]));
    b.write(BSSID_MASK, u32::MAX);
    b.write(BSSID_MASK + 4, 0x1_FFFF);
    let group = |bssid| frame::deauthentication(frame::BROADCAST, bssid, bssid, 1);
    // hal_mac_rx_set_policy: 0x155 while scanning, 0x47 once associated.
    b.write(FILTER_CONTROL, 0x155);
    receive(&mut b, group([2, 9, 9, 9, 9, 9]));
    assert_eq!(b.read(RX_DESCR_LAST), LIST);
    b.write(FILTER_CONTROL, 0x47);
    receive(&mut b, group([2, 9, 9, 9, 9, 9]));
    assert_eq!(b.read(RX_DESCR_LAST), LIST);
    receive(&mut b, group(AP));
    assert_eq!(b.read(RX_DESCR_LAST), LIST + 12);
    assert_eq!(word(&mut b, BUFFERS + 0x648) >> 28, 0b101, "receiver and BSSID of interface 0");
    // ESP-NOW broadcasts have the wildcard BSSID.
    receive(&mut b, frame::action(frame::BROADCAST, AP, frame::BROADCAST, &[127, 0x18, 0xFE, 0x34]));
    assert_eq!(b.read(RX_DESCR_LAST), LIST + 24);
}

/// Starts slot `slot` with a frame, as `lmacTxFrame` does: the length includes the FCS, whose bytes are arbitrary.
fn transmit(b: &mut Mac, slot: u32, mpdu: &[u8], key: u32) -> Option<SentFrame> {
    let mut bytes = mpdu.to_vec();
    bytes.extend([0xEF, 0xBE, 0xAD, 0xDE]);
    let length = bytes.len() as u32;
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    assert!(cx(b, |cx| cx.dma_write(TX_BUFFER, &bytes)));
    store(b, TX_DESC, &[desc::OWNER | desc::EOF | length << 12 | 0x40, TX_BUFFER, 0]);
    b.write(of_slot(PLCP1, slot, 0x3C), length | 0xB << 12 | key << 17);
    let answer = if mpdu[4] & 1 == 0 { 1 << 24 } else { 0 };
    b.write(of_slot(PLCP0, slot, 8), TX_DESC & plcp0::DESCRIPTOR | 0x60_0000 | answer | plcp0::START);
    assert!(b.sys.radio.sent.is_empty(), "a frame takes its time on the air");
    b.advance(400);
    b.sys.radio.sent.pop()
}

#[test]
fn every_slot_sends_and_ends_once() {
    for slot in 0..SLOTS {
        let mut b = station(1);
        let mpdu = frame::probe_request(STATION, b"net", 6);
        let sent = transmit(&mut b, slot, &mpdu, 0).unwrap();
        assert_eq!((sent.slot, sent.answer, sent.frame.mpdu), (slot as u8, false, mpdu));
        assert_eq!((b.read(TXQ_COMPLETE), b.read(INT_STATUS)), (1 << slot, int::TX_DONE));
        assert_eq!(b.read(of_slot(PMD, slot, 0x3C)) >> 12 & 0xF, pmd::SUCCESS);
        assert_eq!(b.read(of_slot(PLCP0, slot, 8)) >> 30, 0);
        b.write(INT_CLEAR, int::TX_DONE);
        b.write(TXQ_COMPLETE_CLEAR, 1 << slot);
        b.advance(100_000);
        assert_eq!((b.read(TXQ_COMPLETE), b.irq(IrqSource::WifiMac)), (0, false));
    }
}

#[test]
fn a_unicast_frame_waits_for_its_answer() {
    let mpdu = frame::authentication(AP, STATION, AP, 1, 0);
    for (answer, code) in [(Some(-50), pmd::SUCCESS), (None, pmd::ACK_TIMEOUT)] {
        let mut b = station(1);
        assert!(transmit(&mut b, 0, &mpdu, 0).unwrap().answer);
        assert_eq!(b.read(TXQ_COMPLETE), 0);
        b.message(&DevMsg::AirAnswer(0, answer));
        b.advance(200);
        assert_eq!(b.read(TXQ_COMPLETE), 1);
        assert_eq!(b.read(of_slot(PMD, 0, 0x3C)) >> 12 & 0xF, code);
    }
}

#[test]
fn a_withdrawn_frame_is_not_sent() {
    let mut b = station(1);
    let mpdu = frame::probe_request(STATION, b"net", 6);
    b.sys.radio.busy_until = 10_000 * 480;
    assert!(transmit(&mut b, 0, &mpdu, 0).is_none());
    let plcp0 = b.read(of_slot(PLCP0, 0, 8));
    b.write(of_slot(PLCP0, 0, 8), plcp0 & !plcp0::START);
    assert_eq!(b.sys.radio.busy_until, 10_000 * 480, "the air is free again");
    b.advance(50_000);
    assert!(b.sys.radio.sent.is_empty() && b.read(TXQ_COMPLETE) == 0);
}

/// Writes a key slot as in `wDev_Insert_KeyEntry`.
fn insert_key(b: &mut Mac, slot: u32, control: u32, key: [u8; 16]) {
    let at = CRYPTO_KEY_SLOT + 40 * slot;
    let [a, c, d, e, f, g] = AP;
    b.write(at, u32::from_le_bytes([a, c, d, e]));
    b.write(at + 4, u32::from(u16::from_le_bytes([f, g])) | control);
    for (i, word) in key.chunks_exact(4).enumerate() {
        b.write(at + 8 + 4 * i as u32, u32::from_le_bytes(word.try_into().unwrap()));
    }
    let enabled = b.read(CRYPTO_KEY_SLOT_ENABLE);
    b.write(CRYPTO_KEY_SLOT_ENABLE, enabled | 1 << slot);
}

#[test]
fn ccmp_frames_are_encrypted_and_decrypted_in_flight() {
    // IDF 3.1 to 4.0 leave bit 21 of pairwise keys clear; IDF 5 sets it.
    for pairwise in [0x4C_0000, 0x6C_0000] {
        let mut b = station(4);
        let (key, group) = ([0x11; 16], [0x22; 16]);
        insert_key(&mut b, 6, pairwise, key);
        insert_key(&mut b, 2, 0x40CC_0000, group);
        let plain = frame::data(frame::Ds::To { bssid: AP }, AP, STATION, 0x0800, b"up");
        let dressed = ccmp::add_ccmp_framing(&plain, 1, 0).unwrap();
        let sent = transmit(&mut b, 0, &dressed, 6).unwrap();
        assert!(!sent.frame.clear);
        assert_eq!(ccmp::open(&sent.frame.mpdu, &Tk::new(key)).unwrap().mpdu, plain);
        for (to, key, id) in [(STATION, key, 0), (frame::BROADCAST, group, 1)] {
            let plain = frame::data(frame::Ds::From { bssid: AP }, to, AP, 0x0800, b"down");
            let sealed = ccmp::seal(&plain, &Tk::new(key), 7, id).unwrap();
            receive(&mut b, sealed.clone());
            let at = (b.read(RX_DESCR_LAST) - LIST) / 12 * 0x648 + BUFFERS;
            // The CCMP header is kept; the MIC is included in the length but not stored.
            assert_eq!(word(&mut b, at + 24) & 0xFFF, sealed.len() as u32 + 4);
            let dressed = ccmp::add_ccmp_framing(&plain, 7, id).unwrap();
            assert_eq!(load(&mut b, at + HEADER as u32, dressed.len() - 8), dressed[..dressed.len() - 8]);
        }
        let last = b.read(RX_DESCR_LAST);
        let down = frame::data(frame::Ds::From { bssid: AP }, STATION, AP, 0x0800, b"down");
        receive(&mut b, ccmp::seal(&down, &Tk::new([3; 16]), 8, 0).unwrap());
        assert_eq!(b.read(RX_DESCR_LAST), last, "a wrong check value is no frame");
    }
}

#[test]
fn a_protected_frame_without_a_key_is_a_key_error() {
    let mut b = station(1);
    let plain = frame::data(frame::Ds::To { bssid: AP }, AP, STATION, 0x0800, b"up");
    assert!(transmit(&mut b, 0, &ccmp::add_ccmp_framing(&plain, 1, 0).unwrap(), 9).is_none());
    b.advance(400);
    assert_eq!(b.read(of_slot(PMD, 0, 0x3C)) >> 12 & 0xF, pmd::KEY_ERROR);
}

#[test]
fn a_beacon_carries_the_access_points_tsf() {
    let mut b = station(1);
    b.sys.radio.tsf[1].set(0, 5_000_000);
    let bss = frame::BssInfo {
        bssid: STATION,
        ssid: b"own".to_vec(),
        channel: 6,
        interval: 100,
        security: frame::Security::Open,
        hidden: false,
    };
    let sent = transmit(&mut b, 0, &frame::beacon(&bss, 0, &Default::default()), 0).unwrap();
    let stamp = Mpdu::parse(&sent.frame.mpdu).unwrap().beacon().unwrap().timestamp;
    assert!((5_000_000..5_001_000).contains(&stamp), "{stamp}");
}

#[test]
fn the_drivers_loops_end() {
    let mut b = station(1);
    b.write(MAC_READY, 2);
    assert_eq!(b.read(MAC_READY) & 1, 1);
    b.write(CTRL, u32::MAX);
    assert_eq!(b.read(CTRL) & CTRL_BUSY, 0);
    b.advance(1234);
    assert_eq!(b.read(MAC_TIME), 1234);
    b.reset();
    b.advance(1);
    assert_eq!((b.read(MAC_TIME), b.read(INT_ENABLE)), (1, 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Arbitrary register writes and arbitrary frames cause no panic and only bounded work.
    #[test]
    fn nothing_from_guest_or_air_does_harm(
        writes in proptest::collection::vec((0_u32..0x800, any::<u32>()), 0..60),
        words in proptest::collection::vec(any::<u32>(), 0..40),
        mpdus in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 0..6),
    ) {
        let mut b = station(3);
        for (i, w) in words.iter().enumerate() {
            store(&mut b, LIST + 4 * (i as u32 % 9), &[*w]);
        }
        for (register, value) in writes {
            b.write(4 * register, value);
            b.read(4 * register);
        }
        for mut mpdu in mpdus {
            receive(&mut b, mpdu.clone());
            mpdu.splice(..0, deauth(STATION));
            receive(&mut b, mpdu);
        }
        b.advance(20_000);
    }
}
