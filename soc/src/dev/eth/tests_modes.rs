//! open_eth's modes, control frames, management interface and link; the switch to the EMAC.

use super::spec::*;
use super::tests::*;
use super::*;
use crate::dev::DevId;
use crate::dev::testing::Bench;
use crate::irq::IrqSource;
use crate::system::Output;

const ON: u32 = 0xA000 | moder::TXEN | moder::RXEN | moder::PRO;

fn frames(b: &mut Bench<Eth>) -> Vec<Vec<u8>> {
    let out = std::mem::take(&mut b.sys.out);
    out.into_iter().filter_map(|o| if let Output::NetFrame(f) = o { Some(f.bytes) } else { None }).collect()
}

fn send(b: &mut Bench<Eth>, len: u32) {
    b.write(tx(0), len << 16 | tx_bd::RD | tx_bd::WR | tx_bd::IRQ);
}

fn put(b: &mut Bench<Eth>, bytes: &[u8]) {
    let region = b.sys.banks.sram2.unwrap();
    b.mem.write_region(region, (TX_BUF - 0x3FFA_E000) as usize, bytes);
}

#[test]
fn every_register_has_its_reset_value_and_interrupts_clear_by_ones() {
    let mut b = Bench::new(DevId::Eth, Eth::default());
    let values = [
        (MODER, 0xA000),
        (INT_SOURCE, 0),
        (INT_MASK, 0),
        (IPGT, 0x12),
        (IPGR1, 0xC),
        (IPGR2, 0x12),
        (PACKETLEN, 0x0040_0600),
        (COLLCONF, 0x000F_003F),
        (TX_BD_NUM, 0x40),
        (CTRLMODER, 0),
        (MIIMODER, 0x64),
        (MIICOMMAND, 0),
        (MIIADDRESS, 0),
        (MIITX_DATA, 0),
        (MIIRX_DATA, 0),
        (MIISTATUS, 0),
        (MAC_ADDR0, 0),
        (MAC_ADDR1, 0),
        (HASH0_ADR, 0),
        (HASH1_ADR, 0),
        (TXCTRL, 0),
    ];
    for (offset, value) in values {
        assert_eq!(b.read(offset), value, "{offset:#x}");
        assert_eq!(spec::SPEC.at(offset).unwrap().reset, value, "{offset:#x}");
    }
    for (offset, _) in values {
        b.write(offset, u32::MAX);
    }
    b.reset();
    for (offset, value) in values {
        assert_eq!(b.read(offset), value, "{offset:#x} after a reset");
    }
    let mut b = openeth();
    b.write(INT_MASK, int::ALL);
    send(&mut b, 64);
    b.message(&DevMsg::Frame(frame_to(MAC, 64)));
    assert_eq!(b.read(INT_SOURCE), int::TXB | int::RXB);
    b.write(INT_SOURCE, int::TXB);
    assert_eq!((b.read(INT_SOURCE), b.irq(IrqSource::EthMac)), (int::RXB, true));
    b.write(INT_SOURCE, int::ALL);
    assert_eq!((b.read(INT_SOURCE), b.irq(IrqSource::EthMac)), (0, false));
}

#[test]
fn lengths_follow_packetlen_hugen_and_recsmall() {
    let mut b = openeth();
    b.write(PACKETLEN, 0x0064_0100);
    b.message(&DevMsg::Frame(frame_to(MAC, 64)));
    assert_ne!(b.read(tx(1)) & rx_bd::E, 0, "shorter than 100 bytes: not received");
    b.write(MODER, ON | moder::RECSMALL);
    b.message(&DevMsg::Frame(frame_to(MAC, 64)));
    assert_eq!(b.read(tx(1)) & 0xFFFF_00FF, 68 << 16 | rx_bd::SF);
    assert_eq!(b.read(INT_SOURCE), int::RXE);
    b.message(&DevMsg::Frame(frame_to(MAC, 600)));
    assert_eq!(b.read(tx(2)) & 0xFFFF_00FF, 256 << 16 | rx_bd::TL, "cut");
    put(&mut b, &[1; 600]);
    send(&mut b, 600);
    assert_eq!(frames(&mut b)[0].len(), 256);
    b.write(MODER, ON | moder::HUGEN);
    b.write(tx(1), rx_bd::E);
    b.write(tx(2), rx_bd::E | rx_bd::WR);
    b.message(&DevMsg::Frame(frame_to(MAC, 600)));
    assert_eq!(b.read(tx(1)) & 0xFFFF_00FF, 604 << 16);
    send(&mut b, 600);
    assert_eq!(frames(&mut b)[0].len(), 600);
    // Without PAD a short frame is sent unpadded, unless its descriptor requests padding.
    b.write(MODER, ON & !moder::PAD);
    send(&mut b, 42);
    b.write(tx(0), 42 << 16 | tx_bd::RD | tx_bd::WR | tx_bd::PAD);
    assert_eq!(frames(&mut b).iter().map(Vec::len).collect::<Vec<_>>(), [42, 60]);
    let counters = b.dev.openeth().unwrap().counters;
    assert_eq!((counters.received, counters.short, counters.long), (3, 1, 1));
    assert_eq!((counters.sent, counters.sent_bytes), (4, 256 + 600 + 42 + 60));
}

#[test]
fn a_checksum_of_the_guests_own_is_looked_at() {
    let mut b = openeth();
    b.write(MODER, ON & !moder::CRCEN);
    let frame = frame_to(MAC, 60);
    put(&mut b, &[&frame[..], &rx::crc32(&frame).to_le_bytes()].concat());
    send(&mut b, 64);
    assert_eq!(frames(&mut b), std::slice::from_ref(&frame), "on the line without it");
    put(&mut b, &[&frame[..], &[1, 2, 3, 4]].concat());
    send(&mut b, 64);
    assert_eq!((frames(&mut b).len(), b.warnings().len()), (0, 1), "nobody takes it");
    b.write(MODER, (ON | moder::LOOPBCK) & !moder::CRCEN);
    b.write(INT_SOURCE, int::ALL);
    send(&mut b, 64);
    assert_eq!(b.read(tx(1)) & 0xFFFF_00FF, 64 << 16 | rx_bd::CRC);
    assert_eq!(b.read(INT_SOURCE), int::TXB | int::RXE);
    b.write(tx(0), 64 << 16 | tx_bd::RD | tx_bd::WR | tx_bd::CRC);
    assert_eq!(b.read(tx(2)) & 0xFFFF_00FF, 68 << 16, "the descriptor asks for the checksum");
}

fn pause(quanta: u16) -> Vec<u8> {
    let head = [0x01, 0x80, 0xC2, 0, 0, 1, 2, 0, 0, 0, 0, 9, 0x88, 0x08, 0, 1];
    let mut frame = [&head[..], &quanta.to_be_bytes()].concat();
    frame.resize(60, 0);
    frame
}

#[test]
fn pauses_are_obeyed_passed_on_and_asked_for() {
    let mut b = openeth();
    b.message(&DevMsg::Frame(pause(100)));
    assert_ne!(b.read(tx(1)) & rx_bd::E, 0, "control frames stay in the MAC");
    assert_eq!(b.read(INT_SOURCE), 0);
    b.write(CTRLMODER, ctrlmoder::RXFLOW | ctrlmoder::TXFLOW | ctrlmoder::PASSALL);
    b.message(&DevMsg::Frame(pause(100)));
    assert_eq!(b.read(tx(1)) & rx_bd::CF, rx_bd::CF);
    assert_eq!(b.read(INT_SOURCE) & int::RXC, int::RXC);
    put(&mut b, &[7; 60]);
    send(&mut b, 60);
    assert_ne!(b.read(tx(0)) & tx_bd::RD, 0);
    b.advance(511);
    assert_ne!(b.read(tx(0)) & tx_bd::RD, 0, "100 times 5.12 µs");
    b.advance(2);
    assert_eq!((b.read(tx(0)) & tx_bd::RD, frames(&mut b).len()), (0, 1));
    b.write(INT_SOURCE, int::ALL);
    b.write(TXCTRL, txctrl::TXPAUSERQ | 0x1234);
    assert_eq!((b.read(TXCTRL), b.read(INT_SOURCE)), (0x1234, int::TXC));
    let sent = frames(&mut b);
    assert_eq!(sent[0][..6], pause(0)[..6]);
    assert_eq!(sent[0][6..12], MAC);
    assert_eq!(sent[0][12..18], [0x88, 0x08, 0, 1, 0x12, 0x34]);
    b.write(CTRLMODER, 0);
    b.write(TXCTRL, txctrl::TXPAUSERQ | 1);
    assert!(frames(&mut b).is_empty(), "not without TXFLOW");
}

#[test]
fn a_link_goes_down_and_comes_back() {
    let mut b = openeth();
    assert_eq!(phy_read(&mut b, 1, 1), 0x786C);
    b.message(&DevMsg::Link(false));
    assert_eq!((phy_read(&mut b, 1, 1), phy_read(&mut b, 1, 5), phy_read(&mut b, 1, 0x10)), (0x7848, 0, 0));
    assert_eq!(b.read(MIISTATUS), miistatus::LINKFAIL);
    b.message(&DevMsg::Frame(frame_to(MAC, 64)));
    assert_ne!(b.read(tx(1)) & rx_bd::E, 0, "nothing arrives");
    assert_eq!(b.dev.ready(&DevView { now: b.now, sys: &b.sys, mem: &b.mem }), Ready::Off);
    send(&mut b, 64);
    assert_eq!((frames(&mut b).len(), b.read(tx(0)) & tx_bd::CS), (0, tx_bd::CS));
    assert_eq!(b.read(INT_SOURCE), int::TXE);
    b.write(INT_SOURCE, int::ALL);
    b.write(MODER, ON | moder::FULLD);
    send(&mut b, 64);
    assert_eq!((frames(&mut b).len(), b.read(INT_SOURCE)), (0, int::TXB), "full duplex looks at no carrier");
    b.reset();
    assert!(!b.dev.link(), "the cable stays where it is over a reset");
    b.message(&DevMsg::Link(true));
    assert_eq!(phy_read(&mut b, 1, 1) & 4, 0, "a lost link shows once");
    assert_eq!(phy_read(&mut b, 1, 1), 0x786C);
    assert_eq!(b.read(MIISTATUS), 0);
}

#[test]
fn scanning_follows_the_phy_until_the_next_command() {
    let mut b = openeth();
    b.write(MIIADDRESS, 1 << 8 | 1);
    b.write(MIICOMMAND, miicommand::SCANSTAT);
    assert_eq!(b.read(MIICOMMAND), miicommand::SCANSTAT);
    assert_eq!((b.read(MIIRX_DATA), b.read(MIISTATUS)), (0x786C, miistatus::BUSY));
    b.message(&DevMsg::Link(false));
    assert_eq!((b.read(MIIRX_DATA), b.read(MIISTATUS)), (0x7848, miistatus::BUSY | miistatus::LINKFAIL));
    b.write(MIICOMMAND, 0);
    assert_eq!((b.read(MIICOMMAND), b.read(MIISTATUS)), (0, miistatus::LINKFAIL));
    assert_eq!(b.read(MIIRX_DATA), 0x7848, "the last that was read stays");
    // A PHY in power-down has no link; a reset ends the power-down.
    b.message(&DevMsg::Link(true));
    for (bmcr, up) in [(0x1800, false), (0x9000, true)] {
        b.write(MIIADDRESS, 1);
        b.write(MIITX_DATA, bmcr);
        b.write(MIICOMMAND, miicommand::WCTRLDATA);
        assert_eq!(b.dev.link(), up, "{bmcr:#x}");
    }
}

fn set_bits(b: &mut Bench<Eth>, offset: u32, bits: u32) {
    let value = b.read(offset);
    b.write(offset, value | bits);
}

/// Some drivers read MODER and the EMAC's version date to detect an emulator before they choose a MAC; that does not
/// switch to the EMAC. The first access of ESP-IDF's `esp_eth_mac_new_esp32` to the clocks does.
#[test]
fn idfs_emac_initialisation_switches_to_the_emac() {
    let mut b = Bench::new(DevId::Eth, Eth::default());
    assert_eq!(b.read(MODER), 0xA000);
    b.read(emac::spec::EX_DATE);
    assert_eq!((b.read(MODER), b.warnings().len()), (0xA000, 0));
    set_bits(&mut b, emac::spec::EX_PHYINF_CONF, 4 << 13);
    assert!(b.warnings()[0].contains("model=emac"), "the switch is said, with the option");
    set_bits(&mut b, emac::spec::EX_CLK_CTRL, 1);
    b.write(emac::spec::EMACADDR0LOW, 0x3322_1102);
    assert_eq!(b.read(emac::spec::EMACADDR0LOW), 0x3322_1102, "not a hash register of open_eth");
    // A reset of the peripheral does not switch back to open_eth; a new machine starts with open_eth.
    b.reset();
    assert_eq!(b.read(emac::spec::DMABUSMODE), 0x0002_0101);
    assert_eq!(b.warnings().len(), 1);
}
