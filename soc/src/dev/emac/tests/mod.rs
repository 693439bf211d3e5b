//! The EMAC, driven as ESP-IDF's drivers do. This file has the driver of ESP-IDF 4.1 to 6 (`esp_eth_mac_esp.c`,
//! `emac_hal.c`, `esp_eth_phy_802_3.c`); the one of ESP-IDF 3 is in `idf3.rs`.

mod bad;
mod hostile;
mod idf3;
mod link;
mod modes;
mod receive;
mod transmit;

use super::desc::{OWN, rdes0, rdes1, tdes0};
use super::phy::{PhyChip, PhyConfig};
use super::spec::*;
use crate::dev::eth::{Eth, EthModel};
use crate::dev::testing::Bench;
use crate::dev::{DevId, DevMsg, DevView};
use crate::irq::IrqSource;
use crate::system::Output;
use esplens_core::time::{TICKS_PER_US, Ticks};

/// Start of SRAM2 on the data bus.
const SRAM2: u32 = 0x3FFA_E000;
/// Receive descriptors, transmit descriptors, receive buffers, transmit buffers.
const RX_DESC: u32 = 0x3FFB_0000;
const TX_DESC: u32 = RX_DESC + 32 * RX_NUM;
const RX_BUF: u32 = 0x3FFB_1000;
const TX_BUF: u32 = 0x3FFB_4000;
/// `CONFIG_ETH_DMA_BUFFER_SIZE` and the numbers of buffers.
const SIZE: u32 = 512;
const RX_NUM: u32 = 10;
const TX_NUM: u32 = 10;
const MAC: [u8; 6] = [0x24, 0x0A, 0xC4, 0x11, 0x22, 0x33];

fn bench(phy: PhyConfig) -> Bench<Eth> {
    let mut b = Bench::new(DevId::Eth, Eth::default());
    b.dev.set_model(EthModel::Emac, phy);
    b
}

fn poke(b: &mut Bench<Eth>, at: u32, bytes: &[u8]) {
    let region = b.sys.banks.sram2.unwrap();
    b.mem.write_region(region, (at - SRAM2) as usize, bytes);
}

fn peek(b: &Bench<Eth>, at: u32, n: usize) -> Vec<u8> {
    let mut out = vec![0; n];
    b.mem.read_region(b.sys.banks.sram2.unwrap(), (at - SRAM2) as usize, &mut out);
    out
}

fn put(b: &mut Bench<Eth>, at: u32, words: &[u32]) {
    for (n, word) in words.iter().enumerate() {
        poke(b, at + 4 * n as u32, &word.to_le_bytes());
    }
}

fn word(b: &Bench<Eth>, at: u32) -> u32 {
    u32::from_le_bytes(peek(b, at, 4).try_into().unwrap())
}

fn set(b: &mut Bench<Eth>, offset: u32, mask: u32, value: u32) {
    let old = b.read(offset);
    b.write(offset, old & !mask | value);
}

fn frames(b: &mut Bench<Eth>) -> Vec<Vec<u8>> {
    let out = std::mem::take(&mut b.sys.out);
    out.into_iter().filter_map(|o| if let Output::NetFrame(f) = o { Some(f.bytes) } else { None }).collect()
}

/// Returns a frame of `n` bytes to `to`, of an EtherType that is no IP.
fn frame_to(to: [u8; 6], n: usize) -> Vec<u8> {
    let mut f = [&to[..], &[2, 0, 0, 0, 0, 9], &[0x88, 0xB5]].concat();
    f.extend((f.len()..n).map(|i| i as u8));
    f
}

fn arrive(b: &mut Bench<Eth>, frame: &[u8]) {
    b.message(&DevMsg::Frame(frame.to_vec()));
}

/// `esp_emac_config_data_interface` and `emac_esp32_init`: RMII clock input, software reset, defaults, address.
fn init(b: &mut Bench<Eth>) {
    set(b, EX_PHYINF_CONF, ex_phyinf_conf::PHY_INTF_SEL, 4 << 13);
    set(b, EX_CLK_CTRL, 3, ex_clk_ctrl::EXT_EN);
    set(b, EX_OSCCLK_CONF, 0, ex_oscclk_conf::CLK_SEL);
    set(b, DMABUSMODE, 0, dmabusmode::SW_RST);
    let mut waited = 0;
    while b.read(DMABUSMODE) & dmabusmode::SW_RST != 0 {
        b.advance(10_000);
        waited += 10;
        assert!(waited < 100, "reset timeout");
    }
    set(b, EMACGMIIADDR, emacgmiiaddr::MIICSRCLK, 0);
    reset_desc_chain(b);
    set(b, EMACINTMASK, 0, u32::MAX);
    set(
        b,
        GMACCONFIG,
        0,
        gmacconfig::MII | gmacconfig::FESPEED | gmacconfig::DUPLEX | gmacconfig::RXIPCOFFLOAD,
    );
    b.write(GMACFF, 0);
    set(b, DMAOPERATION_MODE, 0, dmaoperation_mode::RX_STORE_FORWARD);
    set(b, DMAOPERATION_MODE, 0, dmaoperation_mode::FLUSH_TX_FIFO);
    assert_eq!(b.read(DMAOPERATION_MODE) & dmaoperation_mode::FLUSH_TX_FIFO, 0);
    set(b, DMAOPERATION_MODE, 0, dmaoperation_mode::OPT_SECOND_FRAME);
    set(b, DMABUSMODE, dmabusmode::PROG_BURST_LEN, 32 << 8 | dmabusmode::ALT_DESC_SIZE | 3 << 25);
    let m = MAC.map(u32::from);
    set(b, EMACADDR0HIGH, 0xFFFF, m[5] << 8 | m[4]);
    b.write(EMACADDR0LOW, m[3] << 24 | m[2] << 16 | m[1] << 8 | m[0]);
}

/// `emac_hal_reset_desc_chain`: both chains, closed to rings.
fn reset_desc_chain(b: &mut Bench<Eth>) {
    for i in 0..RX_NUM {
        let next = RX_DESC + 32 * ((i + 1) % RX_NUM);
        let size = rdes1::SECOND_ADDRESS_CHAINED | SIZE;
        put(b, RX_DESC + 32 * i, &[OWN, size, RX_BUF + SIZE * i, next, 0, 0, 0, 0]);
    }
    for i in 0..TX_NUM {
        let next = TX_DESC + 32 * ((i + 1) % TX_NUM);
        put(b, TX_DESC + 32 * i, &[tdes0::SECOND_ADDRESS_CHAINED, SIZE, TX_BUF + SIZE * i, next, 0, 0, 0, 0]);
    }
    b.write(DMARXBASEADDR, RX_DESC);
    b.write(DMATXBASEADDR, TX_DESC);
}

/// `emac_hal_start`.
fn start(b: &mut Bench<Eth>) {
    reset_desc_chain(b);
    set(b, DMAIN_EN, 0, dmain_en::DMAIN_RIE | dmain_en::DMAIN_NISE);
    b.write(DMASTATUS, u32::MAX);
    set(b, GMACCONFIG, 0, gmacconfig::TX);
    set(b, DMAOPERATION_MODE, 0, dmaoperation_mode::START_STOP_TRANSMISSION_COMMAND);
    set(b, DMAOPERATION_MODE, 0, dmaoperation_mode::START_STOP_RX);
    set(b, GMACCONFIG, 0, gmacconfig::RX);
}

/// `emac_hal_stop`. Returns false while a transfer is in progress, as the driver then tries again.
fn stop(b: &mut Bench<Eth>) -> bool {
    set(b, DMAOPERATION_MODE, dmaoperation_mode::START_STOP_TRANSMISSION_COMMAND, 0);
    if b.read(EMACDEBUG) & emacdebug::MACTFCS != 0 {
        return false;
    }
    set(b, GMACCONFIG, gmacconfig::RX | gmacconfig::TX, 0);
    if b.read(EMACDEBUG) & emacdebug::MTLRFRCS != 0 {
        return false;
    }
    set(b, DMAOPERATION_MODE, dmaoperation_mode::START_STOP_RX, 0);
    set(b, DMAOPERATION_MODE, 0, dmaoperation_mode::FLUSH_TX_FIFO);
    b.write(DMAIN_EN, 0);
    true
}

/// A machine whose driver is started, with link.
fn running() -> Bench<Eth> {
    let mut b = bench(PhyConfig::default());
    init(&mut b);
    b.advance(2_000_000);
    start(&mut b);
    b
}

/// `emac_esp32_read_phy_reg` and `emac_esp32_write_phy_reg`: the busy bit is polled every 100 µs.
fn mdio(b: &mut Bench<Eth>, phy: u32, reg: u32, write: Option<u16>) -> u16 {
    assert_eq!(b.read(EMACGMIIADDR) & emacgmiiaddr::MIIBUSY, 0);
    if let Some(value) = write {
        set(b, EMACMIIDATA, 0xFFFF, value.into());
    }
    set(b, EMACGMIIADDR, emacgmiiaddr::MIIDEV, phy << 11);
    set(b, EMACGMIIADDR, emacgmiiaddr::MIIREG, reg << 6);
    set(b, EMACGMIIADDR, emacgmiiaddr::MIIWRITE, if write.is_some() { 2 } else { 0 });
    set(b, EMACGMIIADDR, 0, emacgmiiaddr::MIIBUSY);
    assert_eq!(b.read(EMACGMIIADDR) & emacgmiiaddr::MIIBUSY, 1);
    b.advance(100);
    assert_eq!(b.read(EMACGMIIADDR) & emacgmiiaddr::MIIBUSY, 0, "phy is busy");
    b.read(EMACMIIDATA) as u16
}

fn phy_read(b: &mut Bench<Eth>, reg: u32) -> u16 {
    mdio(b, 1, reg, None)
}

fn phy_write(b: &mut Bench<Eth>, reg: u32, value: u16) {
    mdio(b, 1, reg, Some(value));
}

/// The driver's view of its rings.
#[derive(Default)]
struct Driver {
    rx: u32,
    tx: u32,
}

impl Driver {
    /// `emac_hal_transmit_frame`. Returns false if there is no free descriptor.
    fn send(&mut self, b: &mut Bench<Eth>, frame: &[u8], flags: u32) -> bool {
        let parts: Vec<&[u8]> = frame.chunks(SIZE as usize).collect();
        let first = self.tx;
        for (n, part) in parts.iter().enumerate() {
            let at = TX_DESC + 32 * ((first + n as u32) % TX_NUM);
            if word(b, at) & OWN != 0 {
                return false;
            }
            let mut word0 = tdes0::SECOND_ADDRESS_CHAINED;
            word0 |= if n == 0 { tdes0::FIRST_SEGMENT | flags & !tdes0::INTERRUPT_ON_COMPLETE } else { 0 };
            let last = n + 1 == parts.len();
            word0 |= if last { tdes0::LAST_SEGMENT | flags & tdes0::INTERRUPT_ON_COMPLETE } else { 0 };
            put(b, at, &[word0, part.len() as u32]);
            let buffer = word(b, at + 8);
            poke(b, buffer, part);
        }
        for _ in &parts {
            let at = TX_DESC + 32 * self.tx;
            let word0 = word(b, at);
            put(b, at, &[word0 | OWN]);
            self.tx = (self.tx + 1) % TX_NUM;
        }
        b.write(DMATXPOLLDEMAND, 0);
        true
    }

    /// `emac_esp_dma_receive_frame`: the next frame without its checksum; empty if it has an error.
    fn receive(&mut self, b: &mut Bench<Eth>) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        for n in 0..RX_NUM {
            let at = RX_DESC + 32 * ((self.rx + n) % RX_NUM);
            let word0 = word(b, at);
            if word0 & OWN != 0 {
                return None;
            }
            assert_eq!(word0 & rdes0::FIRST_DESCRIPTOR != 0, n == 0);
            let buffer = word(b, at + 8);
            bytes.extend(peek(b, buffer, SIZE as usize));
            if word0 & rdes0::LAST_DESCRIPTOR != 0 {
                let bad = word0 & rdes0::ERR_SUMMARY != 0;
                bytes.truncate(if bad { 0 } else { (word0 >> 16 & 0x3FFF) as usize - 4 });
                for _ in 0..=n {
                    let at = RX_DESC + 32 * self.rx;
                    let word0 = word(b, at);
                    put(b, at, &[word0 | OWN]);
                    self.rx = (self.rx + 1) % RX_NUM;
                }
                b.write(DMARXPOLLDEMAND, 0);
                return Some(bytes);
            }
        }
        None
    }
}

/// `emac_isr_default_handler`. Returns the causes.
fn isr(b: &mut Bench<Eth>) -> u32 {
    let status = b.read(DMASTATUS);
    b.write(DMASTATUS, status);
    status
}

#[test]
fn idf5_initialises_negotiates_and_exchanges_frames() {
    let mut b = bench(PhyConfig::default());
    init(&mut b);
    // lan87xx_init: power up, reset, identity.
    let bmcr = phy_read(&mut b, 0);
    phy_write(&mut b, 0, bmcr & !0x0800);
    assert_eq!(phy_read(&mut b, 0) & 0x0800, 0, "power up");
    phy_write(&mut b, 0, 0x8000);
    b.advance(10_000);
    assert_eq!(phy_read(&mut b, 0) & 0x8000, 0, "the reset ends");
    assert_eq!((phy_read(&mut b, 2), phy_read(&mut b, 3)), (7, 0xC0F1));
    // esp_eth_start: auto-negotiation, polled every 100 ms for 4 s.
    let bmcr = phy_read(&mut b, 0);
    phy_write(&mut b, 0, bmcr | 0x1200);
    let polls = (0..40).position(|_| {
        b.advance(100_000);
        phy_read(&mut b, 1) & 0x20 != 0
    });
    assert!((5..30).contains(&polls.unwrap()), "auto-negotiation takes its time: {polls:?}");
    phy_read(&mut b, 1);
    assert_eq!(phy_read(&mut b, 1) & 4, 4, "link");
    assert_eq!(phy_read(&mut b, 31) >> 2 & 7, 6, "100 Mbit/s, full duplex");
    set(&mut b, GMACCONFIG, 0, gmacconfig::FESPEED | gmacconfig::DUPLEX);
    start(&mut b);
    let mut driver = Driver::default();
    let out = frame_to([0xFF; 6], 1514);
    assert!(driver.send(&mut b, &out, 0));
    b.advance(200);
    assert_eq!(frames(&mut b), [out]);
    assert!(!b.irq(IrqSource::EthMac), "the driver asks for no transmit interrupt");
    arrive(&mut b, &frame_to(MAC, 1514));
    assert!(b.irq(IrqSource::EthMac));
    assert_eq!(isr(&mut b) & (dmastatus::RECV_INT | dmastatus::NORM_INT_SUMM), 0x1_0040);
    assert!(!b.irq(IrqSource::EthMac));
    assert_eq!(driver.receive(&mut b).unwrap(), frame_to(MAC, 1514));
    assert_eq!(driver.receive(&mut b), None);
    let view = DevView { now: b.now, sys: &b.sys, mem: &b.mem };
    let ring = |tx| b.dev.emac().unwrap().ring(tx, &view).iter().map(|d| d.at).collect::<Vec<_>>();
    assert_eq!(ring(true), (0..TX_NUM).map(|i| TX_DESC + 32 * i).collect::<Vec<_>>());
    assert_eq!(ring(false), (0..RX_NUM).map(|i| RX_DESC + 32 * i).collect::<Vec<_>>());
    assert_eq!(b.warnings(), Vec::<&String>::new());
    assert!(stop(&mut b));
    arrive(&mut b, &frame_to(MAC, 60));
    assert_eq!(driver.receive(&mut b), None, "stopped");
}

#[test]
fn registers_have_their_reset_values_and_keep_only_what_they_should() {
    let mut b = bench(PhyConfig::default());
    for reg in SPEC.regs {
        for n in 0..reg.count {
            assert_eq!(b.peek(reg.offset + n * reg.stride), reg.reset, "{}({n})", reg.name);
        }
    }
    init(&mut b);
    for reg in SPEC.regs {
        b.write(reg.offset, u32::MAX);
    }
    b.advance(1000);
    b.reset();
    for reg in SPEC.regs {
        assert_eq!(b.peek(reg.offset), reg.reset, "{} after a reset", reg.name);
    }
    assert!(b.warnings().iter().any(|w| w.contains("HWFEAT")));
    b.read(0x60);
    assert!(b.warnings().iter().any(|w| w.contains("unknown register")));
}

#[test]
fn the_software_reset_waits_for_a_clock_and_spares_clocks_and_phy() {
    let mut b = bench(PhyConfig::default());
    b.advance(1_000_000);
    assert_eq!(b.read(DMABUSMODE) & 1, 1, "after power-on, too");
    b.write(EX_PHYINF_CONF, 4 << 13);
    b.write(EX_CLK_CTRL, ex_clk_ctrl::INT_EN);
    b.advance(10);
    assert_eq!(b.read(DMABUSMODE), 0x0002_0100);
    phy_write(&mut b, 4, 0x0DE1);
    b.write(GMACFF, 1);
    b.write(DMABUSMODE, 0x0002_0101);
    assert_eq!(b.read(DMABUSMODE) & 1, 1);
    b.advance(10);
    assert_eq!((b.read(DMABUSMODE) & 1, b.read(GMACFF)), (0, 0));
    assert_eq!((b.read(EX_CLK_CTRL), b.read(EX_PHYINF_CONF)), (ex_clk_ctrl::INT_EN, 4 << 13));
    assert_eq!(phy_read(&mut b, 4), 0x0DE1);
    b.write(EX_CLK_CTRL, 0);
    b.write(DMABUSMODE, 0x0002_0101);
    b.advance(1_000_000);
    assert_eq!(b.read(DMABUSMODE) & 1, 1, "reset timeout");
    b.write(EX_CLK_CTRL, ex_clk_ctrl::MII_CLK_TX_EN | ex_clk_ctrl::MII_CLK_RX_EN);
    b.advance(10);
    assert_eq!(b.read(DMABUSMODE) & 1, 0, "MII has two clocks");
}

#[test]
fn a_management_command_takes_64_cycles_of_mdc() {
    let mut b = bench(PhyConfig::default());
    for (range, divider) in [(0, 42), (1, 62), (2, 16), (3, 26), (4, 102), (5, 124)] {
        let hz = Ticks::from(b.sys.clocks.apb_hz());
        let ticks = 64 * divider * 1_000_000 * TICKS_PER_US / hz;
        b.write(EMACGMIIADDR, 1 << 11 | 2 << 6 | range << 2 | 1);
        b.advance_ticks(ticks - 1);
        assert_eq!(b.read(EMACGMIIADDR) & 1, 1, "range {range}");
        b.write(EMACGMIIADDR, 3 << 6 | 1);
        b.advance_ticks(1);
        assert_eq!((b.read(EMACGMIIADDR) & 1, b.read(EMACMIIDATA)), (0, 7), "range {range}");
    }
    assert_eq!(b.warnings().len(), 1, "a command during a command");
}
