//! I2C controller as a master on a bus without slaves: command list, FIFOs and RAM windows, with SCL timing.

pub mod spec;
#[cfg(test)]
mod tests;

use super::spec::Spec;
use super::{Cx, DevId, DevView, Device, RegFile, STEADY};
use crate::irq::IrqSource;
use esplens_core::time::{Ticks, periods_to_ticks};
use serde::{Deserialize, Serialize};
use spec::*;
use std::collections::VecDeque;

/// Event tag: the current command ends.
const STEP: u8 = 0;
/// Capacity of each FIFO, in bytes.
const FIFO: usize = 32;

/// State of the command list's execution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Run {
    #[default]
    Idle,
    /// Executing command `n`.
    Command(u8),
    /// Releasing the bus after a missing acknowledge.
    Release,
}

/// An I2C controller's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct I2c {
    regs: RegFile,
    commands: [u32; 16],
    tx: VecDeque<u8>,
    rx: VecDeque<u8>,
    /// The RAM windows for access without FIFO, and the list's positions in them.
    tx_ram: [u8; FIFO],
    rx_ram: [u8; FIFO],
    tx_at: u8,
    rx_at: u8,
    raw: u32,
    ena: u32,
    nack: bool,
    run: Run,
}

impl I2c {
    fn reg(&self, offset: u32) -> u32 {
        self.regs.get(&SPEC, offset)
    }

    fn non_fifo(&self) -> bool {
        self.reg(FIFO_CONF) & fifo_conf::NONFIFO_EN != 0
    }

    /// Returns the raw interrupts: the latched ones, and those derived from the FIFOs' fill levels.
    fn raw(&self) -> u32 {
        let conf = self.reg(FIFO_CONF);
        let full = (conf & fifo_conf::RXFIFO_FULL_THRHD) as usize;
        let empty = (conf >> fifo_conf::TXFIFO_EMPTY_THRHD_S & 0x1F) as usize;
        let mut raw = self.raw;
        if self.rx.len() >= full.max(1) {
            raw |= int::RXFIFO_FULL;
        }
        if self.tx.len() <= empty {
            raw |= int::TXFIFO_EMPTY;
        }
        raw
    }

    fn status(&self) -> u32 {
        let mut v = (self.rx.len() as u32) << sr::RXFIFO_CNT_S | (self.tx.len() as u32) << sr::TXFIFO_CNT_S;
        if self.nack {
            v |= sr::ACK_REC;
        }
        if self.run != Run::Idle {
            v |= sr::BUS_BUSY;
        }
        v
    }

    /// Returns the duration of `n` SCL periods in ticks.
    fn scl(&self, n: u64, cx: &Cx) -> Ticks {
        let period =
            u64::from(self.reg(SCL_LOW_PERIOD) & 0x3FFF) + u64::from(self.reg(SCL_HIGH_PERIOD) & 0x3FFF);
        periods_to_ticks(n * period.max(8), cx.sys.clocks.apb_hz().into())
    }

    fn start(&mut self, cx: &mut Cx) {
        if self.reg(CTR) & ctr::MS_MODE == 0 {
            return cx.warn_reg(&SPEC, CTR, "slave mode is not modelled, the transfer does not start");
        }
        self.raw |= int::TRANS_START;
        (self.tx_at, self.rx_at) = (0, 0);
        self.begin(0, cx);
    }

    /// Starts command `n`. Past the end of the list, execution stops.
    fn begin(&mut self, n: u8, cx: &mut Cx) {
        let Some(&command) = self.commands.get(usize::from(n)) else {
            self.run = Run::Idle;
            return;
        };
        self.run = Run::Command(n);
        let bytes = u64::from(command & comd::BYTE_NUM);
        let periods = match command >> comd::OP_S & 7 {
            comd::WRITE if self.refused(command) => 9,
            comd::WRITE | comd::READ => 9 * bytes.max(1),
            _ => 1,
        };
        cx.schedule(STEP, cx.now.saturating_add(self.scl(periods, cx)));
    }

    /// Returns true if a WRITE fails at its first byte: SDA stays high, so every acknowledge bit reads 1.
    fn refused(&self, command: u32) -> bool {
        command & comd::ACK_CHECK_EN != 0 && command & comd::ACK_EXP == 0
    }

    /// Completes command `n` and starts the next one, or ends the list.
    fn end(&mut self, n: u8, cx: &mut Cx) {
        let command = self.commands[usize::from(n & 15)];
        self.commands[usize::from(n & 15)] |= comd::DONE;
        let bytes = (command & comd::BYTE_NUM) as usize;
        match command >> comd::OP_S & 7 {
            comd::WRITE => {
                let refused = self.refused(command);
                self.send(if refused { 1 } else { bytes });
                self.nack = true;
                if refused {
                    self.raw |= int::ACK_ERR;
                    self.run = Run::Release;
                    cx.schedule(STEP, cx.now.saturating_add(self.scl(1, cx)));
                    return;
                }
                self.raw |= int::MASTER_TRAN_COMP;
            }
            comd::READ => {
                self.receive(bytes);
                self.raw |= int::MASTER_TRAN_COMP;
            }
            comd::STOP => return self.rest(int::TRANS_COMPLETE),
            comd::END => return self.rest(int::END_DETECT),
            _ => {}
        }
        self.begin(n + 1, cx);
    }

    fn rest(&mut self, interrupt: u32) {
        self.raw |= interrupt;
        self.run = Run::Idle;
    }

    /// Takes `n` bytes to send from the FIFO or RAM; they are discarded.
    fn send(&mut self, n: usize) {
        if self.non_fifo() {
            self.tx_at = (usize::from(self.tx_at) + n).min(FIFO) as u8;
        } else if n > self.tx.len() {
            self.tx.clear();
            self.raw |= int::TX_SEND_EMPTY;
        } else {
            self.tx.drain(..n);
        }
    }

    /// Receives `n` bytes from the idle bus: all ones.
    fn receive(&mut self, n: usize) {
        for _ in 0..n {
            if self.non_fifo() {
                if let Some(byte) = self.rx_ram.get_mut(usize::from(self.rx_at)) {
                    *byte = 0xFF;
                    self.rx_at += 1;
                }
            } else if self.rx.len() < FIFO {
                self.rx.push_back(0xFF);
            } else {
                self.raw |= int::RXFIFO_OVF;
            }
        }
    }

    fn write_fifo_conf(&mut self, value: u32) {
        if value & fifo_conf::TX_FIFO_RST != 0 {
            self.tx.clear();
        }
        if value & fifo_conf::RX_FIFO_RST != 0 {
            self.rx.clear();
        }
        self.regs.set(FIFO_CONF, value);
    }

    fn sync_irq(&self, cx: &mut Cx) {
        let source = if cx.dev == DevId::I2c1 { IrqSource::I2cExt1 } else { IrqSource::I2cExt0 };
        cx.irq(source, self.raw() & self.ena != 0);
    }
}

impl Device for I2c {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn peek(&self, offset: u32, _v: &DevView) -> u32 {
        match offset {
            SR => self.status(),
            RXFIFO_ST => (self.rx.len() as u32 & 31) << 5 | (self.tx.len() as u32 & 31) << 15,
            DATA => self.rx.front().copied().unwrap_or(0).into(),
            INT_RAW => self.raw(),
            INT_ENA => self.ena,
            INT_STATUS => self.raw() & self.ena,
            INT_CLR => 0,
            COMD..0x98 => self.commands[((offset - COMD) / 4) as usize],
            TX_RAM..RX_RAM => self.tx_ram[((offset - TX_RAM) / 4) as usize].into(),
            RX_RAM..0x200 => self.rx_ram[((offset - RX_RAM) / 4) as usize].into(),
            _ => self.reg(offset),
        }
    }

    fn read(&mut self, offset: u32, cx: &mut Cx) -> u32 {
        let value = self.peek(offset, &cx.view());
        if offset == DATA {
            self.rx.pop_front();
            self.sync_irq(cx);
        }
        value
    }

    fn steady_until(&self, offset: u32, v: &DevView) -> Ticks {
        match offset {
            DATA => v.now,
            _ => STEADY,
        }
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        match offset {
            CTR => {
                self.regs.set(CTR, value & 0x1FF & !ctr::TRANS_START);
                if value & ctr::TRANS_START != 0 {
                    self.start(cx);
                }
            }
            FIFO_CONF => self.write_fifo_conf(value),
            DATA if self.tx.len() < FIFO => self.tx.push_back(value as u8),
            INT_CLR => self.raw &= !value,
            INT_ENA => self.ena = value & int::ALL,
            COMD..0x98 => self.commands[((offset - COMD) / 4) as usize] = value & 0x8000_3FFF,
            TX_RAM..RX_RAM => self.tx_ram[((offset - TX_RAM) / 4) as usize] = value as u8,
            RX_RAM..0x200 => self.rx_ram[((offset - RX_RAM) / 4) as usize] = value as u8,
            SR | RXFIFO_ST | DATA | INT_RAW | INT_STATUS => {}
            _ => self.regs.write(&SPEC, offset, value, cx),
        }
        self.sync_irq(cx);
    }

    fn event(&mut self, _tag: u8, cx: &mut Cx) {
        match self.run {
            Run::Command(n) => self.end(n, cx),
            Run::Release | Run::Idle => self.run = Run::Idle,
        }
        self.sync_irq(cx);
    }

    fn reset(&mut self, cx: &mut Cx) {
        *self = Self::default();
        cx.cancel(STEP);
        self.sync_irq(cx);
    }
}
