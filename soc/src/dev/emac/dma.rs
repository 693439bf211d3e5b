//! The DMA's registers: both engines' states, interrupts with their summaries, bus errors, missed frames.

use super::desc::DescLayout;
use super::spec::*;
use super::{Emac, RX_LATE, TX_DONE};
use crate::dev::Cx;
use crate::irq::IrqSource;
use crate::trace::TraceEvent;
use esplens_core::time::{TICKS_PER_US, Ticks};
use serde::{Deserialize, Serialize};

/// State of one of the DMA's two engines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DmaState {
    /// Stopped by its start bit, a reset or an error.
    #[default]
    Stopped,
    /// Working, or waiting for a frame.
    Running,
    /// The current descriptor belongs to the CPU.
    Suspended,
}

/// Registers and position of one of the DMA's two engines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DmaEngine {
    /// State.
    pub state: DmaState,
    /// Address of the first descriptor.
    pub base: u32,
    /// Address of the current descriptor.
    pub current: u32,
    /// Address of the current buffer.
    pub buffer: u32,
}

impl DmaEngine {
    /// Writes the base register. Its value takes effect while the engine is stopped. Returns false otherwise.
    pub fn set_base(&mut self, value: u32) -> bool {
        self.base = value & !3;
        if self.state == DmaState::Stopped {
            self.current = self.base;
        }
        self.state == DmaState::Stopped
    }
}

/// Access at which a bus error occurred; the value is that of `DMASTATUS.ERROR_BITS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BusError {
    /// Writing received data.
    RxData = 0,
    /// Reading data to send.
    TxData = 3,
    /// Writing a receive descriptor.
    RxDescWrite = 4,
    /// Writing a transmit descriptor.
    TxDescWrite = 5,
    /// Reading a receive descriptor.
    RxDescRead = 6,
    /// Reading a transmit descriptor.
    TxDescRead = 7,
}

/// The DMA.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmacDma {
    /// `DMABUSMODE` without `SW_RST`.
    pub bus_mode: u32,
    /// `DMASTATUS` without the states of the engines.
    pub status: u32,
    /// `DMAOPERATION_MODE`.
    pub op_mode: u32,
    /// `DMAIN_EN`.
    pub enable: u32,
    /// `DMAMISSEDFR`.
    pub missed: u32,
    /// `DMARINTWDTIMER`.
    pub late: u32,
    /// The transmit engine.
    pub tx: DmaEngine,
    /// The receive engine.
    pub rx: DmaEngine,
    /// The interrupt line's level.
    pub(super) raised: bool,
}

impl EmacDma {
    /// Returns the geometry of the descriptors.
    #[must_use]
    pub fn layout(&self) -> DescLayout {
        DescLayout {
            wide: self.bus_mode & dmabusmode::ALT_DESC_SIZE != 0,
            skip: 4 * ((self.bus_mode & dmabusmode::DESC_SKIP_LEN) >> 2),
        }
    }

    /// Returns whether a bit of `DMAOPERATION_MODE` is set.
    #[must_use]
    pub fn mode(&self, bit: u32) -> bool {
        self.op_mode & bit != 0
    }

    /// Sets status bits and the summaries of those that are enabled.
    pub fn raise(&mut self, bits: u32) {
        self.status |= bits;
        self.summarize();
    }

    fn summarize(&mut self) {
        let pending = self.status & self.enable;
        if pending & dmastatus::NORMAL != 0 {
            self.status |= dmastatus::NORM_INT_SUMM;
        }
        if pending & dmastatus::ABNORMAL != 0 {
            self.status |= dmastatus::ABN_INT_SUMM;
        }
    }

    /// Clears status bits by ones. A summary stays while a cause of it is pending.
    pub fn clear(&mut self, bits: u32) {
        self.status &= !(bits & dmastatus::CLEARABLE);
        if self.status & dmastatus::FATAL_BUS_ERR_INT == 0 {
            self.status &= !dmastatus::ERROR_BITS;
        }
        self.summarize();
    }

    /// Writes `DMAIN_EN`.
    pub fn set_enable(&mut self, value: u32) {
        self.enable = value & dmain_en::ALL;
        self.summarize();
    }

    /// Counts a received frame that found no descriptor.
    pub fn count_missed(&mut self) {
        let n = self.missed & dmamissedfr::MISSED_FC;
        let full = n == dmamissedfr::MISSED_FC;
        self.missed = self.missed & !dmamissedfr::MISSED_FC | if full { 0 } else { n + 1 };
        self.missed |= if full { dmamissedfr::OVERFLOW_BMFC } else { 0 };
    }

    /// Counts a received frame that found the FIFO full.
    pub fn count_overflow(&mut self) {
        let n = (self.missed & dmamissedfr::OVERFLOW_FC) >> 17;
        let full = n == 0x7FF;
        self.missed = self.missed & !dmamissedfr::OVERFLOW_FC | if full { 0 } else { n + 1 } << 17;
        self.missed |= if full { dmamissedfr::OVERFLOW_BFOC } else { 0 };
    }

    /// Returns `DMASTATUS`; `sending`: a frame is on the line; `pmt`: the power management's interrupt.
    #[must_use]
    pub fn status_value(&self, sending: bool, pmt: bool) -> u32 {
        let rx = match self.rx.state {
            DmaState::Stopped => 0,
            DmaState::Running => 3,
            DmaState::Suspended => 4,
        };
        let tx = match self.tx.state {
            DmaState::Running if sending => 3,
            DmaState::Running => 1,
            DmaState::Suspended => 4,
            DmaState::Stopped if sending => 3,
            DmaState::Stopped => 0,
        };
        self.status | rx << 17 | tx << 20 | if pmt { dmastatus::PMT_INT } else { 0 }
    }
}

impl Emac {
    /// Writes `DMAOPERATION_MODE`: starts and stops the engines, flushes the transmit FIFO.
    pub(super) fn write_op_mode(&mut self, value: u32, cx: &mut Cx) {
        let was = self.dma.op_mode;
        self.dma.op_mode = value & dmaoperation_mode::KEPT;
        if value & dmaoperation_mode::FLUSH_TX_FIFO != 0 {
            self.flush_tx(cx);
        }
        let changed = was ^ self.dma.op_mode;
        if changed & dmaoperation_mode::START_STOP_TRANSMISSION_COMMAND != 0 {
            if was & dmaoperation_mode::START_STOP_TRANSMISSION_COMMAND == 0 {
                self.dma.tx.state = DmaState::Running;
            } else {
                self.stop_tx();
            }
        }
        if changed & dmaoperation_mode::START_STOP_RX != 0 {
            if was & dmaoperation_mode::START_STOP_RX == 0 {
                self.dma.rx.state = DmaState::Running;
                self.poll_rx(cx);
            } else {
                self.dma.rx.state = DmaState::Stopped;
                self.dma.raise(dmastatus::RECV_PROC_STOP);
            }
        }
        self.transmit(cx);
    }

    /// Writes a base register.
    pub(super) fn write_base(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        let engine = if offset == DMATXBASEADDR { &mut self.dma.tx } else { &mut self.dma.rx };
        if !engine.set_base(value) {
            cx.warn_reg(&SPEC, offset, "written while its engine is not stopped: takes effect after a stop");
        }
    }

    /// Stops an engine because an access of it failed.
    pub(super) fn bus_error(&mut self, error: BusError, at: u32, cx: &mut Cx) {
        let rx = matches!(error, BusError::RxData | BusError::RxDescWrite | BusError::RxDescRead);
        let engine = if rx { &mut self.dma.rx } else { &mut self.dma.tx };
        engine.state = DmaState::Stopped;
        self.dma.status = self.dma.status & !dmastatus::ERROR_BITS | (error as u32) << 23;
        self.dma.raise(dmastatus::FATAL_BUS_ERR_INT);
        let what = if rx { "reception" } else { "transmission" };
        cx.sys.warn(format!(
            "EMAC: bus error ({error:?}) at {at:#010x}, no memory that the DMA can use: {what} stops"
        ));
    }

    /// Delays the receive interrupt of a frame whose descriptor disables it.
    pub(super) fn raise_late(&mut self, cx: &mut Cx) {
        if self.dma.late != 0 {
            let cycles = 256 * Ticks::from(self.dma.late);
            let hz = Ticks::from(cx.sys.clocks.apb_hz().max(1));
            cx.schedule(RX_LATE, cx.now + cycles * 1_000_000 * TICKS_PER_US / hz);
        }
    }

    /// Drives the interrupt line.
    pub(super) fn sync_irq(&mut self, cx: &mut Cx) {
        let status = self.dma.status_value(self.tx.sending(), self.pmt_interrupt());
        let normal = status & self.dma.enable & dmastatus::NORM_INT_SUMM != 0;
        let abnormal = status & dmastatus::ABN_INT_SUMM != 0 && self.dma.enable & dmain_en::DMAIN_AISE != 0;
        let level = normal || abnormal || status & dmastatus::PMT_INT != 0;
        if level != self.dma.raised {
            self.dma.raised = level;
            cx.trace(TraceEvent::EmacUpdateIrq, || {
                format!("IRQ <- {}, DMASTATUS {status:#010x}", u8::from(level))
            });
        }
        cx.irq(IrqSource::EthMac, level);
    }

    /// Ends transmission now, and reports that.
    pub(super) fn tx_stopped(&mut self) {
        self.dma.tx.state = DmaState::Stopped;
        self.dma.raise(dmastatus::TRANS_PROC_STOP);
    }

    fn stop_tx(&mut self) {
        // With a frame on the line, the end of the frame stops the engine.
        if !self.tx.sending() {
            self.tx_stopped();
        }
    }

    fn flush_tx(&mut self, cx: &mut Cx) {
        if self.tx.sending() {
            cx.cancel(TX_DONE);
            self.end_frame(super::desc::tdes0::FRAME_FLUSHED, cx);
        }
    }
}
