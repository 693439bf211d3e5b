//! The ESP32's own Ethernet MAC (EMAC), a Synopsys DWC GMAC for 10 and 100 Mbit/s, with a PHY on RMII or MII. It shares
//! its address with open_eth; [`crate::dev::eth::Eth`] chooses between them.
//!
//! | block | file |
//! |---|---|
//! | DMA registers, interrupts, bus errors | [`dma`] |
//! | descriptors in memory | [`desc`] |
//! | transmitter, receiver | [`tx`], [`rx`] |
//! | address filter | [`filter`] |
//! | checksums of IP packets | [`checksum`] |
//! | pause frames | [`flow`] |
//! | wake-up by magic packets | `pmt` |
//! | management interface, PHY | [`mdio`], [`phy`] |

pub mod checksum;
pub mod counters;
pub mod desc;
pub mod dma;
pub mod filter;
pub mod flow;
pub mod mdio;
pub mod phy;
mod pmt;
pub mod rx;
pub mod spec;
#[cfg(test)]
mod tests;
pub mod tx;

use super::eth::rx::crc32;
use super::{Cx, DevView, RegFile, STEADY};
use crate::trace::TraceEvent;
use counters::EmacCounters;
use dma::EmacDma;
use esplens_core::time::{TICKS_PER_US, Ticks};
use filter::AddressFilter;
use flow::FlowControl;
use mdio::Mdio;
use phy::{PhyConfig, RmiiPhy};
use rx::EmacRx;
use serde::{Deserialize, Serialize};
use spec::*;
use tx::EmacTx;

// Event tags; open_eth uses 0.
/// A management command is complete.
const MDIO_DONE: u8 = 1;
/// The frame on the line ends.
const TX_DONE: u8 = 2;
/// Descriptors are skipped further.
const TX_AGAIN: u8 = 3;
/// The software reset is complete.
const RESET_DONE: u8 = 4;
/// A delayed receive interrupt.
const RX_LATE: u8 = 5;
/// The peer's pause ends.
const PAUSE_END: u8 = 6;
/// The next pause frame is due.
const PAUSE_AGAIN: u8 = 7;
/// All tags.
const TAGS: std::ops::RangeInclusive<u8> = MDIO_DONE..=PAUSE_AGAIN;

/// Duration of a software reset, once there is a clock.
const RESET_TIME: Ticks = 2 * TICKS_PER_US;

/// The EMAC's state, with its PHY.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emac {
    /// The DMA.
    pub dma: EmacDma,
    /// The transmitter.
    pub tx: EmacTx,
    /// The receiver.
    pub rx: EmacRx,
    /// The address filter.
    pub filter: AddressFilter,
    /// Flow control.
    pub flow: FlowControl,
    /// The management interface.
    pub mdio: Mdio,
    /// The PHY.
    pub phy: RmiiPhy,
    /// Statistics.
    pub counters: EmacCounters,
    /// `GMACCONFIG`.
    gmacconfig: u32,
    gmacvlan: u32,
    pmt_csr: u32,
    intmask: u32,
    wdogto: u32,
    /// `EX_PHYINF_CONF`.
    phyinf: u32,
    /// `EX_CLK_CTRL`.
    clocks: u32,
    /// A reset is in progress; it waits for a clock.
    resetting: bool,
    stored: RegFile,
}

impl Default for Emac {
    fn default() -> Self {
        Self {
            dma: EmacDma { bus_mode: DMABUSMODE_RESET, ..EmacDma::default() },
            tx: EmacTx::default(),
            rx: EmacRx::default(),
            filter: AddressFilter::default(),
            flow: FlowControl::default(),
            mdio: Mdio::default(),
            phy: RmiiPhy::default(),
            counters: EmacCounters::default(),
            gmacconfig: 0,
            gmacvlan: 0,
            pmt_csr: 0,
            intmask: 0,
            wdogto: 0,
            phyinf: 0,
            clocks: 0,
            resetting: true,
            stored: RegFile::default(),
        }
    }
}

/// `DMABUSMODE` after a reset, without `SW_RST`.
const DMABUSMODE_RESET: u32 = 0x0002_0100;

impl Emac {
    /// Creates an EMAC at power-on.
    #[must_use]
    pub fn new(phy: PhyConfig) -> Self {
        Self { phy: RmiiPhy::new(phy), ..Self::default() }
    }

    /// Returns whether a bit of `GMACCONFIG` is set.
    fn config(&self, bit: u32) -> bool {
        self.gmacconfig & bit != 0
    }

    /// Returns true if frames pass between MAC and line. Warns if MAC and PHY have different speeds.
    fn line_up(&self, cx: &mut Cx) -> bool {
        let fast = self.config(gmacconfig::FESPEED);
        let mode = self.phy.mode().filter(|_| self.phy.carries(cx.now));
        if mode.is_some_and(|m| m.fast != fast) {
            cx.warn_reg(
                &SPEC,
                GMACCONFIG,
                "FESPEED does not match the speed of the PHY's link: frames are lost",
            );
        }
        mode.is_some_and(|m| m.fast == fast)
    }

    /// Returns a register's value without side effects.
    #[must_use]
    pub fn peek(&self, offset: u32, v: &DevView) -> u32 {
        if let Some((n, part)) = AddressFilter::register(offset) {
            return self.filter.addr[n][part];
        }
        match offset {
            DMABUSMODE => self.dma.bus_mode | u32::from(self.resetting),
            DMATXPOLLDEMAND | DMARXPOLLDEMAND => 0,
            DMARXBASEADDR => self.dma.rx.base,
            DMATXBASEADDR => self.dma.tx.base,
            DMASTATUS => self.dma.status_value(self.tx.sending(), self.pmt_interrupt()),
            DMAOPERATION_MODE => self.dma.op_mode,
            DMAIN_EN => self.dma.enable,
            DMAMISSEDFR => self.dma.missed,
            DMARINTWDTIMER => self.dma.late,
            DMATXCURRDESC => self.dma.tx.current,
            DMARXCURRDESC => self.dma.rx.current,
            DMATXCURRADDR_BUF => self.dma.tx.buffer,
            DMARXCURRADDR_BUF => self.dma.rx.buffer,
            EX_CLK_CTRL => self.clocks,
            EX_PHYINF_CONF => self.phyinf,
            GMACCONFIG => self.gmacconfig,
            GMACFF => self.filter.gmacff,
            GMACHASHL => self.filter.hash[0],
            GMACHASHH => self.filter.hash[1],
            EMACGMIIADDR => self.mdio.address,
            EMACMIIDATA => self.mdio.data.into(),
            GMACFC => self.flow.gmacfc,
            GMACVLAN => self.gmacvlan,
            EMACDEBUG => self.debug(v.now),
            PMT_CSR => self.pmt_csr,
            EMACINTS => {
                if self.pmt_cause() {
                    emacints::PMTINTS
                } else {
                    0
                }
            }
            EMACINTMASK => self.intmask,
            EMACWDOGTO => self.wdogto,
            _ => self.stored.get(&SPEC, offset),
        }
    }

    fn debug(&self, now: Ticks) -> u32 {
        let sending = emacdebug::MACTPES | emacdebug::MACTFCS | 1 << 20 | emacdebug::MTLTFNES;
        let flag = |on, bits| if on { bits } else { 0 };
        let fill = self.rx.fill().div_ceil(1024).min(3) as u32;
        flag(self.tx.sending(), sending) | flag(self.flow.paused(now), emacdebug::MACTP) | fill << 8
    }

    /// Handles a guest's read.
    pub fn read(&mut self, offset: u32, cx: &mut Cx) -> u32 {
        if SPEC.at(offset).is_none() {
            cx.warn_reg(&SPEC, offset, "read of an unknown register, reads 0");
        }
        let value = self.peek(offset, &cx.view());
        cx.trace(TraceEvent::EmacRegRead, || trace_text(offset, "->", value));
        match offset {
            DMAMISSEDFR => self.dma.missed = 0,
            PMT_CSR => self.pmt_csr &= !(pmt_csr::MGKPRCVD | pmt_csr::RWKPRCVD),
            _ => {}
        }
        self.sync_irq(cx);
        value
    }

    /// Returns until when reads of a register return the same value and change nothing.
    #[must_use]
    pub fn steady_until(&self, offset: u32, v: &DevView) -> Ticks {
        match offset {
            // An event ends what the driver waits for.
            DMABUSMODE | DMASTATUS | EMACGMIIADDR | EMACMIIDATA => STEADY,
            EMACDEBUG if !self.flow.paused(v.now) => STEADY,
            _ => v.now,
        }
    }

    /// Handles a guest's write.
    pub fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        cx.trace(TraceEvent::EmacRegWrite, || trace_text(offset, "<-", value));
        if let Some(register) = AddressFilter::register(offset) {
            self.filter.write(register, value);
            return;
        }
        match offset {
            DMABUSMODE..=DMARXCURRADDR_BUF => self.write_dma(offset, value, cx),
            EX_CLK_CTRL => {
                self.clocks = value & 0x3F;
                self.finish_reset(cx);
            }
            EX_PHYINF_CONF => self.write_phyinf(value, cx),
            GMACCONFIG => self.write_config(value, cx),
            GMACFF => self.filter.gmacff = value & 0x8000_07FF,
            GMACHASHL => self.filter.hash[0] = value,
            GMACHASHH => self.filter.hash[1] = value,
            EMACGMIIADDR => self.write_mii_address(value, cx),
            EMACMIIDATA => self.mdio.data = value as u16,
            GMACFC => self.write_flow(value, cx),
            GMACVLAN => self.gmacvlan = value & 0x1_FFFF,
            PMT_CSR => self.write_pmt(value),
            EMACINTMASK => self.intmask = value & (emacints::PMTINTS | emacints::LPIIS),
            EMACWDOGTO => self.wdogto = value & (emacwdogto::WDOGTO | emacwdogto::PWDOGEN),
            EMACDEBUG | EMACINTS => {}
            _ => self.stored.write(&SPEC, offset, value, cx),
        }
        self.sync_irq(cx);
    }

    /// Handles a guest's write to the DMA's registers.
    fn write_dma(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        match offset {
            DMABUSMODE => {
                self.dma.bus_mode = value & dmabusmode::KEPT;
                if value & dmabusmode::SW_RST != 0 {
                    self.software_reset(cx);
                }
            }
            DMATXPOLLDEMAND => self.poll_tx(cx),
            DMARXPOLLDEMAND => self.poll_rx(cx),
            DMATXBASEADDR | DMARXBASEADDR => self.write_base(offset, value, cx),
            DMASTATUS => self.dma.clear(value),
            DMAOPERATION_MODE => self.write_op_mode(value, cx),
            DMAIN_EN => self.dma.set_enable(value),
            DMARINTWDTIMER => self.dma.late = value & 0xFF,
            DMAMISSEDFR | DMATXCURRDESC..=DMARXCURRADDR_BUF => {}
            _ => self.stored.write(&SPEC, offset, value, cx),
        }
    }

    fn write_config(&mut self, value: u32, cx: &mut Cx) {
        let bits = 0x789F_FEFF | gmacconfig::JABBER | gmacconfig::WATCHDOG;
        self.gmacconfig = value & bits;
        self.transmit(cx);
    }

    /// Handles an event.
    pub fn event(&mut self, tag: u8, cx: &mut Cx) {
        match tag {
            MDIO_DONE => self.mdio_done(cx),
            TX_DONE => self.end_frame(0, cx),
            TX_AGAIN | PAUSE_END => self.transmit(cx),
            RESET_DONE => self.resetting = false,
            RX_LATE => self.dma.raise(dmastatus::RECV_INT),
            PAUSE_AGAIN => self.pause_again(cx),
            _ => {}
        }
        self.sync_irq(cx);
    }

    /// Resets DMA and MAC. The clock configuration registers are not affected, nor is the PHY.
    fn software_reset(&mut self, cx: &mut Cx) {
        let mut stored = RegFile::default();
        for offset in [EX_CLKOUT_CONF, EX_OSCCLK_CONF, EX_PD_SEL] {
            stored.set(offset, self.stored.get(&SPEC, offset));
        }
        self.restart(cx);
        *self = Self { clocks: self.clocks, phyinf: self.phyinf, stored, ..self.reset_state() };
        self.finish_reset(cx);
    }

    /// Ends a reset in progress soon, if the MAC has a clock.
    fn finish_reset(&mut self, cx: &mut Cx) {
        if !self.resetting {
            return;
        }
        if self.clocked() {
            cx.schedule(RESET_DONE, cx.now + RESET_TIME);
        } else {
            cx.cancel(RESET_DONE);
        }
    }

    /// Returns true if a clock of the MAC is enabled: RMII's, or both of MII.
    fn clocked(&self) -> bool {
        let mii = ex_clk_ctrl::MII_CLK_TX_EN | ex_clk_ctrl::MII_CLK_RX_EN;
        self.clocks & (ex_clk_ctrl::EXT_EN | ex_clk_ctrl::INT_EN) != 0 || self.clocks & mii == mii
    }

    /// Returns the state after a reset; the PHY is not part of the chip, and the statistics continue.
    fn reset_state(&self) -> Self {
        let dma = EmacDma { bus_mode: DMABUSMODE_RESET, raised: self.dma.raised, ..EmacDma::default() };
        Self { phy: self.phy.clone(), counters: self.counters, dma, ..Self::default() }
    }

    fn restart(&self, cx: &mut Cx) {
        TAGS.for_each(|tag| cx.cancel(tag));
    }

    /// Resets the EMAC with the chip or by DPORT.
    pub fn reset(&mut self, cx: &mut Cx) {
        self.restart(cx);
        self.offer_other_phy(2, cx);
        *self = self.reset_state();
        self.sync_irq(cx);
    }
}

fn trace_text(offset: u32, arrow: &str, value: u32) -> String {
    match (SPEC.at(offset), AddressFilter::register(offset)) {
        (Some(reg), Some((n, _))) => format!("{}({n}) {arrow} {value:#010x}", reg.name),
        (Some(reg), None) => format!("{} {arrow} {value:#010x}", reg.name),
        (None, _) => format!("[{offset:#06x}] {arrow} {value:#010x}"),
    }
}
