//! Address filter, control frames and pauses, loopback, wake-up.

use super::*;

/// Sends frames to the given addresses and returns which were received.
fn taken(b: &mut Bench<Eth>, to: &[[u8; 6]]) -> Vec<bool> {
    let count = |b: &Bench<Eth>| b.dev.emac().unwrap().counters.received;
    let one = |b: &mut Bench<Eth>, to: &[u8; 6]| {
        let before = count(b);
        arrive(b, &frame_to(*to, 60));
        reset_rings(b);
        count(b) > before
    };
    to.iter().map(|to| one(b, to)).collect()
}

fn reset_rings(b: &mut Bench<Eth>) {
    for i in 0..RX_NUM {
        put(b, RX_DESC + 32 * i, &[OWN]);
    }
}

const BROADCAST: [u8; 6] = [0xFF; 6];
const GROUP: [u8; 6] = [1, 0, 0x5E, 0, 0, 0xFB];
const OTHER: [u8; 6] = [0x24, 0x0A, 0xC4, 0x11, 0x22, 0x34];

#[test]
fn the_address_filter() {
    let mut b = running();
    let all = [MAC, BROADCAST, GROUP, OTHER];
    assert_eq!(taken(&mut b, &all), [true, true, false, false]);
    b.write(GMACFF, gmacff::PAM);
    assert_eq!(taken(&mut b, &all), [true, true, true, false]);
    b.write(GMACFF, gmacff::PMODE);
    assert_eq!(taken(&mut b, &all), [true, true, true, true]);
    b.write(GMACFF, gmacff::DBF);
    assert_eq!(taken(&mut b, &all), [true, false, false, false]);
    b.write(GMACFF, gmacff::DAIF);
    assert_eq!(taken(&mut b, &all), [false, true, true, true]);
    b.write(GMACFF, 0);
    // emac_hal_add_addr_da_filter, for a multicast address.
    b.write(EMACADDRHIGH + 8, 0x0000_FB00 | 1 << 31);
    b.write(EMACADDRLOW + 8, 0x005E_0001);
    assert_eq!(taken(&mut b, &all), [true, true, true, false]);
    // The last byte of the third further address is not compared.
    b.write(EMACADDRHIGH + 16, 0x0000_0022 | 1 << 29 | 1 << 31);
    b.write(EMACADDRLOW + 16, 0x11C4_0A24);
    assert_eq!(taken(&mut b, &all), [true, true, true, true]);
    b.write(EMACADDRHIGH + 16, 0x0000_0022 | 1 << 29);
    assert_eq!(taken(&mut b, &all), [true, true, true, false], "not enabled");
}

/// ESP-IDF's hardware test `internal emac address filter`: eight further addresses keep their value, a ninth does not.
#[test]
fn there_are_eight_further_addresses() {
    let mut b = running();
    for n in 0..9 {
        let high = EMACADDRHIGH + 8 * n;
        set(&mut b, high, 0xFFFF, n << 8 | 5);
        set(&mut b, high, 0, emacaddrhigh::ADDRESS_ENABLE);
        b.write(high + 4, 0x0403_0201);
        let enabled = b.read(high) & emacaddrhigh::ADDRESS_ENABLE != 0;
        assert_eq!(enabled, n < 8, "address {}", n + 1);
        assert_eq!(taken(&mut b, &[[1, 2, 3, 4, 5, n as u8]]), [n < 8]);
    }
}

#[test]
fn the_hash_filter() {
    let mut b = running();
    let all = [MAC, BROADCAST, GROUP, OTHER];
    b.write(GMACFF, gmacff::HMC);
    assert_eq!(taken(&mut b, &all), [true, true, false, false]);
    // The table's bit, computed from the definition of the CRC, bit by bit.
    let mut crc = u32::MAX;
    for byte in GROUP {
        for n in 0..8 {
            let top = crc >> 31 ^ u32::from(byte >> n & 1);
            crc = crc << 1 ^ if top == 1 { 0x04C1_1DB7 } else { 0 };
        }
    }
    let bit = crc >> 26;
    b.write(if bit < 32 { GMACHASHL } else { GMACHASHH }, 1 << (bit % 32));
    assert_eq!(taken(&mut b, &all), [true, true, true, false]);
    b.write(GMACFF, gmacff::HUC);
    assert_eq!(taken(&mut b, &all), [false, true, false, false]);
    b.write(GMACFF, gmacff::HUC | gmacff::HPF);
    assert_eq!(taken(&mut b, &all), [true, true, false, false]);
}

#[test]
fn receive_all_and_the_source_filter_mark_the_descriptor() {
    let mut b = running();
    b.write(GMACFF, gmacff::RECEIVE_ALL);
    arrive(&mut b, &frame_to(OTHER, 60));
    assert_ne!(word(&b, RX_DESC) & rdes0::DESTINATION_ADDR_FILTER_FAIL, 0);
    // The sender of the test's frames is 02:00:00:00:00:09.
    b.write(EMACADDRHIGH, 0x0900 | 3 << 30);
    b.write(EMACADDRLOW, 2);
    arrive(&mut b, &frame_to(MAC, 60));
    assert_eq!(word(&b, RX_DESC + 32) & rdes0::SOURCE_ADDR_FILTER_FAIL, 0);
    b.write(EMACADDRLOW, 3);
    arrive(&mut b, &frame_to(MAC, 60));
    assert_ne!(word(&b, RX_DESC + 64) & rdes0::SOURCE_ADDR_FILTER_FAIL, 0);
    b.write(GMACFF, gmacff::SAFE);
    assert_eq!(taken(&mut b, &[MAC]), [false]);
    b.write(GMACFF, gmacff::SAFE | gmacff::SAIF);
    assert_eq!(taken(&mut b, &[MAC]), [true]);
}

fn pause(to: [u8; 6], quanta: u16) -> Vec<u8> {
    let mut f = [&to[..], &[2, 0, 0, 0, 0, 9], &[0x88, 8, 0, 1], &quanta.to_be_bytes()].concat();
    f.resize(60, 0);
    f
}

const PAUSE_TO: [u8; 6] = [1, 0x80, 0xC2, 0, 0, 1];

/// `emac_hal_enable_flow_ctrl`.
fn flow_control(b: &mut Bench<Eth>) {
    b.write(GMACFC, 0x1648 << 16 | 1 << 4 | gmacfc::RFCE | gmacfc::TFCE);
}

#[test]
fn received_pauses_hold_transmission() {
    let mut b = running();
    let mut driver = Driver::default();
    arrive(&mut b, &pause(PAUSE_TO, 100));
    driver.send(&mut b, &frame_to(BROADCAST, 60), 0);
    b.advance(20);
    assert_eq!(frames(&mut b).len(), 1, "not enabled");
    flow_control(&mut b);
    arrive(&mut b, &pause(MAC, 1000));
    driver.send(&mut b, &frame_to(BROADCAST, 60), 0);
    b.advance(20);
    assert_eq!(frames(&mut b).len(), 1, "to the own address only with UPFD");
    arrive(&mut b, &pause(PAUSE_TO, 100));
    driver.send(&mut b, &frame_to(BROADCAST, 60), 0);
    b.advance(511);
    assert!(frames(&mut b).is_empty());
    assert_ne!(b.read(EMACDEBUG) & emacdebug::MACTP, 0);
    b.advance(9);
    assert_eq!(frames(&mut b).len(), 1, "after 512 µs and the frame's own time");
    assert_ne!(word(&b, TX_DESC + 64) & tdes0::DEFERRED, 0);
    assert_eq!(b.dev.emac().unwrap().counters.received, 0, "control frames are filtered");
    arrive(&mut b, &pause(PAUSE_TO, 0xFFFF));
    arrive(&mut b, &pause(PAUSE_TO, 0));
    driver.send(&mut b, &frame_to(BROADCAST, 60), 0);
    b.advance(20);
    assert_eq!(frames(&mut b).len(), 1, "a pause of 0 ends a pause");
    b.write(GMACFF, 2 << 6);
    arrive(&mut b, &pause(PAUSE_TO, 0));
    assert_eq!(b.dev.emac().unwrap().counters.received, 1, "PCF 2 forwards all");
}

#[test]
fn the_flow_control_request_sends_pauses_until_it_ends() {
    let mut b = running();
    set(&mut b, EX_PHYINF_CONF, 0, ex_phyinf_conf::SBD_FLOWCTRL);
    assert!(frames(&mut b).is_empty(), "TFCE is clear");
    set(&mut b, EX_PHYINF_CONF, ex_phyinf_conf::SBD_FLOWCTRL, 0);
    flow_control(&mut b);
    set(&mut b, EX_PHYINF_CONF, 0, ex_phyinf_conf::SBD_FLOWCTRL);
    let sent = frames(&mut b);
    assert_eq!(
        (&sent[0][..6], &sent[0][6..12], &sent[0][16..18]),
        (&PAUSE_TO[..], &MAC[..], &[0x16, 0x48][..])
    );
    b.advance((0x1648 - 28) * 512 / 100 + 1);
    assert_eq!(frames(&mut b).len(), 1, "repeated 28 quanta before its end");
    set(&mut b, EX_PHYINF_CONF, ex_phyinf_conf::SBD_FLOWCTRL, 0);
    assert_eq!(frames(&mut b)[0][16..18], [0, 0], "the end of the pause");
    b.advance(1_000_000);
    assert!(frames(&mut b).is_empty());
    b.write(GMACFC, 5 << 16 | gmacfc::TFCE | gmacfc::FCBBA);
    assert_eq!((frames(&mut b)[0][17], b.read(GMACFC) & 1), (5, 0), "one frame on demand");
}

#[test]
fn loopback_in_the_mac_and_in_the_phy() {
    for phy in [false, true] {
        let mut b = running();
        if phy {
            phy_write(&mut b, 0, 0x6100);
        } else {
            set(&mut b, GMACCONFIG, 0, gmacconfig::LOOPBACK);
        }
        let mut driver = Driver::default();
        let frame = frame_to(MAC, 900);
        driver.send(&mut b, &frame, 0);
        b.advance(200);
        assert!(frames(&mut b).is_empty());
        assert_eq!(driver.receive(&mut b).unwrap(), frame, "phy {phy}");
        driver.send(&mut b, &frame_to(MAC, 20), tdes0::DISABLE_PAD);
        b.advance(200);
        assert_eq!(driver.receive(&mut b), None, "too short");
        set(&mut b, DMAOPERATION_MODE, 0, dmaoperation_mode::FWD_UNDER_GF);
        driver.send(&mut b, &frame_to(MAC, 20), tdes0::DISABLE_PAD);
        b.advance(200);
        assert_eq!(driver.receive(&mut b).unwrap().len(), 20);
        arrive(&mut b, &frame);
        assert_eq!(driver.receive(&mut b), None, "the line is cut off");
    }
}

#[test]
fn a_magic_packet_wakes() {
    let mut b = running();
    b.write(EMACINTMASK, 0);
    b.write(PMT_CSR, pmt_csr::PWRDWN | pmt_csr::MGKPKTEN);
    arrive(&mut b, &frame_to(MAC, 200));
    assert!(!b.irq(IrqSource::EthMac));
    let magic = [&frame_to(BROADCAST, 20)[..], &[0xFF; 6], &MAC.repeat(16)].concat();
    arrive(&mut b, &magic);
    assert!(b.irq(IrqSource::EthMac));
    assert_ne!(b.read(DMASTATUS) & dmastatus::PMT_INT, 0);
    assert_eq!(b.read(EMACINTS), emacints::PMTINTS);
    assert_eq!(b.read(PMT_CSR), pmt_csr::MGKPKTEN | pmt_csr::MGKPRCVD);
    assert_eq!((b.read(PMT_CSR), b.irq(IrqSource::EthMac)), (pmt_csr::MGKPKTEN, false));
    assert_eq!(b.dev.emac().unwrap().counters.received, 0);
    arrive(&mut b, &frame_to(MAC, 200));
    assert_eq!(b.dev.emac().unwrap().counters.received, 1);
}
