//! The register sequences of IDF's driver `esp_eth_mac_openeth.c`.

use super::spec::*;
use super::*;
use crate::dev::DevId;
use crate::dev::testing::Bench;
use crate::irq::IrqSource;
use crate::system::Output;

pub const TX_BUF: u32 = 0x3FFB_0000;
pub const RX_BUF: u32 = 0x3FFB_2000;
pub const MAC: [u8; 6] = [0x02, 0x11, 0x22, 0x33, 0x44, 0x55];

pub fn tx(i: u32) -> u32 {
    DESC + 8 * i
}

/// Returns a bench with one transmit and two receive descriptors, and everything enabled as `openeth_enable` does.
pub fn openeth() -> Bench<Eth> {
    let mut b = Bench::new(DevId::Eth, Eth::default());
    for i in 0..2 {
        b.write(tx(1 + i) + 4, RX_BUF + 1600 * i);
        b.write(tx(1 + i), rx_bd::E | rx_bd::IRQ | if i == 1 { rx_bd::WR } else { 0 });
    }
    b.write(tx(0) + 4, TX_BUF);
    b.write(tx(0), tx_bd::WR);
    assert_eq!(b.read(MODER), 0xA000, "the driver's check that it does not run on a chip");
    b.write(MODER, 0xA000 | moder::RST);
    b.write(MODER, 0xA000);
    b.write(TX_BD_NUM, 1);
    b.write(MAC_ADDR0, 0x2233_4455);
    b.write(MAC_ADDR1, 0x0211);
    b.write(MODER, 0xA000 | moder::TXEN | moder::RXEN | moder::PRO);
    b.write(INT_MASK, int::RXB);
    b
}

pub fn memory(b: &Bench<Eth>, at: u32, n: usize) -> Vec<u8> {
    let mut out = vec![0; n];
    b.mem.read_region(b.sys.banks.sram2.unwrap(), (at - 0x3FFA_E000) as usize, &mut out);
    out
}

pub fn frame_to(to: [u8; 6], n: usize) -> Vec<u8> {
    let mut f = to.to_vec();
    f.resize(n, 0x5A);
    f
}

#[test]
fn a_ready_descriptor_leaves_padded() {
    let mut b = openeth();
    let region = b.sys.banks.sram2.unwrap();
    b.mem.write_region(region, (TX_BUF - 0x3FFA_E000) as usize, &[7; 42]);
    for round in 0..2 {
        b.write(tx(0), 42 << 16 | tx_bd::RD | tx_bd::WR);
        assert_eq!(b.read(tx(0)), 42 << 16 | tx_bd::WR, "round {round}");
        let mut want = vec![7; 42];
        want.resize(60, 0);
        assert!(matches!(&b.sys.out[..], [Output::NetFrame(f)] if f.bytes == want && !f.to_guest));
        b.sys.out.clear();
    }
    assert_eq!(b.read(INT_SOURCE), 0, "no interrupt without the IRQ bit");
}

#[test]
fn the_irq_bit_reports_sending_and_a_wild_buffer() {
    let mut b = openeth();
    b.write(INT_MASK, int::TXB | int::TXE);
    b.write(tx(0), 64 << 16 | tx_bd::RD | tx_bd::WR | tx_bd::IRQ);
    assert!(b.irq(IrqSource::EthMac));
    assert_eq!(b.read(INT_SOURCE), int::TXB);
    b.write(INT_SOURCE, int::TXB);
    assert!(!b.irq(IrqSource::EthMac));
    b.write(tx(0) + 4, 0x4000_0000);
    b.write(tx(0), 64 << 16 | tx_bd::RD | tx_bd::WR | tx_bd::IRQ);
    assert_eq!(b.read(INT_SOURCE), int::TXE);
    assert_eq!(b.read(tx(0)) & tx_bd::UR, tx_bd::UR);
}

#[test]
fn a_frame_fills_the_next_empty_descriptor_until_none_is_left() {
    let mut b = openeth();
    let frame = frame_to(MAC, 100);
    b.message(&DevMsg::Frame(frame.clone()));
    assert!(b.irq(IrqSource::EthMac));
    assert_eq!(b.read(INT_SOURCE), int::RXB);
    assert_eq!(b.read(tx(1)), 104 << 16 | rx_bd::IRQ);
    assert_eq!(memory(&b, RX_BUF, 100), frame);
    assert_eq!(memory(&b, RX_BUF + 100, 4), rx::crc32(&frame).to_le_bytes());
    b.write(INT_SOURCE, int::RXB);
    b.message(&DevMsg::Frame(frame_to([0xFF; 6], 42)));
    assert_eq!(b.read(tx(2)), 64 << 16 | rx_bd::IRQ | rx_bd::WR, "padded to the shortest frame");
    b.write(INT_SOURCE, int::RXB);
    b.message(&DevMsg::Frame(frame.clone()));
    assert_eq!(b.read(INT_SOURCE), int::BUSY);
    b.write(INT_SOURCE, int::BUSY);
    b.write(tx(1), rx_bd::E | rx_bd::IRQ);
    b.message(&DevMsg::Frame(frame));
    assert_eq!(b.read(INT_SOURCE), int::RXB);
    let counters = b.dev.openeth().unwrap().counters;
    assert_eq!((counters.received, counters.received_bytes), (3, 104 + 64 + 104));
    assert_eq!((counters.no_descriptor, counters.dropped()), (1, 1));
    assert!(counters.to_string().contains("dropped 1 (no descriptor 1"), "{counters}");
}

#[test]
fn the_address_filter() {
    let mut b = openeth();
    b.message(&DevMsg::Frame(frame_to([2, 0, 0, 0, 0, 9], 64)));
    assert_ne!(b.read(tx(1)) & rx_bd::M, 0, "promiscuous: taken and marked");
    b.write(MODER, 0xA000 | moder::RXEN | moder::BRO);
    b.message(&DevMsg::Frame(frame_to([2, 0, 0, 0, 0, 9], 64)));
    b.message(&DevMsg::Frame(frame_to([0xFF; 6], 64)));
    b.message(&DevMsg::Frame(frame_to([1, 0, 0x5E, 0, 0, 1], 64)));
    assert_ne!(b.read(tx(2)) & rx_bd::E, 0);
    b.write(HASH0_ADR, u32::MAX);
    b.write(HASH1_ADR, u32::MAX);
    b.write(MODER, 0xA000 | moder::RXEN | moder::IAM);
    b.message(&DevMsg::Frame(frame_to([1, 0, 0x5E, 0, 0, 1], 64)));
    assert_eq!(b.read(tx(2)) & rx_bd::E, 0);
    b.message(&DevMsg::Frame(vec![1, 2, 3]));
}

#[test]
fn nothing_is_received_while_disabled() {
    let mut b = openeth();
    b.write(MODER, 0xA000);
    b.message(&DevMsg::Frame(frame_to(MAC, 64)));
    assert_ne!(b.read(tx(1)) & rx_bd::E, 0);
    assert_eq!(b.read(INT_SOURCE), 0);
}

#[test]
fn loopback_receives_what_is_sent() {
    let mut b = openeth();
    b.write(MODER, 0xA000 | moder::TXEN | moder::RXEN | moder::PRO | moder::LOOPBCK);
    b.write(tx(0), 64 << 16 | tx_bd::RD | tx_bd::WR);
    assert!(b.sys.out.is_empty());
    assert_eq!(b.read(tx(1)) >> 16, 68);
}

pub fn phy_read(b: &mut Bench<Eth>, addr: u32, reg: u32) -> u32 {
    b.write(MIIADDRESS, reg << 8 | addr);
    let command = b.read(MIICOMMAND);
    b.write(MIICOMMAND, command | miicommand::RSTAT);
    b.read(MIIRX_DATA)
}

#[test]
fn the_phy_is_a_dp83848_with_link() {
    let mut b = openeth();
    assert_eq!(phy_read(&mut b, 0, 2), 0xFFFF);
    assert_eq!((phy_read(&mut b, 1, 2), phy_read(&mut b, 1, 3)), (0x2000, 0x5C90));
    assert_eq!(phy_read(&mut b, 1, 1) & 0x24, 0x24, "negotiated, link up");
    assert_eq!(phy_read(&mut b, 1, 0x10) & 5, 5, "link, full duplex");
    // Reset, then restart of auto-negotiation: both bits are self-clearing.
    for value in [0x8000, 0x1200] {
        b.write(MIIADDRESS, 1);
        b.write(MIITX_DATA, value);
        b.write(MIICOMMAND, miicommand::WCTRLDATA);
        assert_eq!(phy_read(&mut b, 1, 0) & 0x8200, 0);
    }
    assert_eq!(phy_read(&mut b, 1, 0), 0x1000);
}

#[test]
fn the_model_can_be_fixed_and_the_other_driver_is_told() {
    let mut b = Bench::new(DevId::Eth, Eth::default());
    b.dev.set_model(EthModel::OpenEth, PhyConfig::default());
    for _ in 0..2 {
        b.write(emac::spec::EX_CLK_CTRL, 1);
        b.write(emac::spec::EX_PHYINF_CONF, 4 << 13);
    }
    assert_eq!(b.read(MODER), 0xA000);
    let named = |b: &Bench<Eth>, option| b.warnings().iter().filter(|w| w.contains(option)).count();
    assert_eq!(named(&b, "--nic user,model=emac"), 1);
    let mut b = Bench::new(DevId::Eth, Eth::default());
    b.dev.set_model(EthModel::Emac, PhyConfig::default());
    assert_eq!(b.read(emac::spec::DMABUSMODE), 0x0002_0101);
    assert_eq!(b.warnings().len(), 0);
    b.write(tx(0) + 4, TX_BUF);
    b.write(tx(0), tx_bd::WR);
    assert_eq!(named(&b, "--nic user,model=open_eth"), 1);
    assert_eq!(b.dev.model(), EthModel::Emac);
}

#[test]
fn any_descriptor_and_count_is_survived() {
    let mut b = openeth();
    for n in [0, 128, 255] {
        b.write(MODER, 0);
        b.write(TX_BD_NUM, n);
        for i in 0..128 {
            b.write(tx(i), 0xFFFF_DFFF);
        }
        b.write(MODER, 0x1_FFFF);
        b.message(&DevMsg::Frame(vec![0xFF; 100_000]));
        b.message(&DevMsg::Frame(frame_to(MAC, 2000)));
    }
}
