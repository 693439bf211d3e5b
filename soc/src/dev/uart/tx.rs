//! The transmitter: FIFO, shift register, break.

use super::spec::{self, SPEC, conf0, idle_conf};
use super::{TX_TAG, Uart, int};
use crate::dev::{Cx, DevId, DevMsg};
use crate::system::Output;
use crate::trace::TraceEvent;
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// The UARTs and their data signal numbers, which are the same for transmitter and receiver (IDF `UnTXD_OUT_IDX`,
/// `UnRXD_IN_IDX`).
const LINES: [(DevId, u8); 3] = [(DevId::Uart0, 14), (DevId::Uart1, 17), (DevId::Uart2, 198)];

/// State of the transmit line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Shift {
    #[default]
    Idle,
    Byte(u8),
    Break,
    /// Idle time after a break, until TX_BRK_IDLE_DONE.
    AfterBreak,
}

/// State of the transmitter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tx {
    pub fifo: VecDeque<u8>,
    shift: Shift,
    began: Ticks,
    ends: Ticks,
    /// The break requested by TXD_BRK has been sent since the last data.
    break_sent: bool,
    /// Bytes ever put into the FIFO (write pointer).
    pub written: u32,
    /// Bytes ever taken from the FIFO (read pointer).
    pub taken: u32,
}

impl Tx {
    /// Returns ST_UTX_OUT: 0 idle, 2 sending data.
    pub fn state(&self) -> u32 {
        if self.shift == Shift::Idle { 0 } else { 2 }
    }
}

impl Uart {
    pub(super) fn tx_size(&self) -> usize {
        let blocks = (self.regs.get(&SPEC, spec::MEM_CONF) & spec::mem_conf::TX_SIZE) >> 7;
        128 * blocks.clamp(1, 8) as usize
    }

    /// Handles a guest's write to the FIFO.
    pub(super) fn tx_push(&mut self, byte: u8, cx: &mut Cx) {
        if self.tx.fifo.len() >= self.tx_size() {
            cx.warn_reg(&SPEC, spec::FIFO, "write to a full transmit FIFO, byte lost");
            return;
        }
        cx.trace(TraceEvent::UartWrite, || super::describe(self.n, byte));
        self.tx.fifo.push_back(byte);
        self.tx.written = self.tx.written.wrapping_add(1);
        self.tx.break_sent = false;
        self.tx_next(cx);
    }

    /// If the line is free, starts sending the next byte or break.
    pub(super) fn tx_next(&mut self, cx: &mut Cx) {
        if self.tx.shift != Shift::Idle {
            return;
        }
        let conf = self.regs.get(&SPEC, spec::CONF0);
        if let Some(byte) = self.tx.fifo.pop_front() {
            self.tx.taken = self.tx.taken.wrapping_add(1);
            let time = self.tx_time(cx);
            self.tx_shift(Shift::Byte(byte), time, cx);
        } else if conf & conf0::TXD_BRK != 0 && !self.tx.break_sent {
            let bits = (self.regs.get(&SPEC, spec::IDLE_CONF) & idle_conf::TX_BRK_NUM) >> 20;
            self.tx.break_sent = true;
            self.tx_shift(Shift::Break, self.half_bits(2 * bits.max(1), &cx.sys.clocks), cx);
        } else {
            cx.cancel(TX_TAG);
        }
    }

    fn tx_shift(&mut self, what: Shift, duration: Ticks, cx: &mut Cx) {
        self.tx.shift = what;
        self.tx.began = cx.now;
        self.tx.ends = cx.now.saturating_add(duration.max(1));
        cx.schedule(TX_TAG, self.tx.ends);
    }

    /// Handles the end of a byte, a break or an idle time on the line.
    pub(super) fn tx_done(&mut self, cx: &mut Cx) {
        let loopback = self.regs.get(&SPEC, spec::CONF0) & conf0::LOOPBACK != 0;
        match std::mem::take(&mut self.tx.shift) {
            Shift::Byte(byte) => {
                cx.output(Output::Uart { n: self.n, byte });
                cx.trace(TraceEvent::UartTx, || super::describe(self.n, byte));
                if loopback {
                    self.receive(byte, cx);
                }
                self.wired(byte, cx);
                if self.tx.fifo.is_empty() {
                    self.raw |= int::TX_DONE;
                }
            }
            Shift::Break => {
                self.raw |= int::TX_BRK_DONE | if loopback { int::BRK_DET } else { 0 };
                let bits = (self.regs.get(&SPEC, spec::IDLE_CONF) & idle_conf::TX_IDLE_NUM) >> 10;
                self.tx_shift(Shift::AfterBreak, self.half_bits(2 * bits, &cx.sys.clocks), cx);
            }
            Shift::AfterBreak => self.raw |= int::TX_BRK_IDLE_DONE,
            Shift::Idle => {}
        }
        self.tx_next(cx);
    }

    /// Passes a byte to the receivers that the GPIO matrix connects to this transmitter. They are assumed to have the
    /// same line settings.
    fn wired(&self, byte: u8, cx: &mut Cx) {
        let own = LINES[usize::from(self.n)].1;
        for (to, signal) in LINES {
            if cx.sys.matrix_loopbacks.get(&signal) == Some(&own) {
                cx.send(to, DevMsg::UartByte(byte));
            }
        }
    }

    /// Handles a write of TXD_BRK.
    pub(super) fn tx_break(&mut self, on: bool, cx: &mut Cx) {
        self.tx.break_sent &= on;
        self.tx_next(cx);
    }

    /// Resets the FIFO (TXFIFO_RST). The byte in the shift register is still sent.
    pub(super) fn tx_reset(&mut self) {
        self.tx.fifo.clear();
        self.tx.taken = 0;
        self.tx.written = 0;
    }

    /// Adapts a byte on the line to a changed clock: the remaining fraction of the byte takes that fraction of the new
    /// time.
    pub(super) fn tx_retime(&mut self, cx: &mut Cx) {
        if let Shift::Byte(_) = self.tx.shift {
            let (left, whole) = (self.tx.ends.saturating_sub(cx.now), self.tx.ends - self.tx.began);
            let frame = self.frame(&cx.sys.clocks);
            let left = (u128::from(left) * u128::from(frame) / u128::from(whole.max(1))) as Ticks;
            self.tx.ends = cx.now.saturating_add(left);
            self.tx.began = self.tx.ends.saturating_sub(frame);
            cx.schedule(TX_TAG, self.tx.ends);
        }
    }
}
