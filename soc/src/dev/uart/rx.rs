//! The receiver: input queue, FIFO, time-out, AT_CMD detection, autobaud.

use super::spec::{self, SPEC, at_cmd_char, mem_conf};
use super::{AT_TAG, RX_QUEUE, RX_TAG, TOUT_TAG, Uart, int};
use crate::dev::{Cx, DevId, DevMsg};
use crate::trace::TraceEvent;
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// State of the receiver.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rx {
    /// Bytes from the peer that have not crossed the line yet.
    pub queue: VecDeque<u8>,
    pub fifo: VecDeque<u8>,
    /// Arrival time of the last byte.
    last: Ticks,
    /// Number of consecutive AT_CMD characters.
    at_seen: u32,
    /// Edges counted while measuring the baud rate.
    pub edges: u32,
    /// Bytes ever put into the FIFO (write pointer).
    pub written: u32,
    /// Bytes ever taken from the FIFO (read pointer).
    pub taken: u32,
}

/// Returns the number of level changes in a UART frame of `byte`, with 8 data bits and no parity.
fn edges(byte: u8) -> u32 {
    let line = u32::from(byte) << 1 | 1 << 9; // start 0, data, stop 1
    1 + (line ^ line >> 1 & 0x3FF).count_ones() - (line >> 9 & 1)
}

impl Uart {
    pub(super) fn rx_size(&self) -> usize {
        let blocks = (self.regs.get(&SPEC, spec::MEM_CONF) & mem_conf::RX_SIZE) >> 3;
        128 * blocks.clamp(1, 8) as usize
    }

    /// Returns the number of bytes that [`DevMsg::UartRx`] can still deliver without loss.
    #[must_use]
    pub fn rx_room(&self) -> usize {
        RX_QUEUE - self.rx.queue.len().min(RX_QUEUE)
    }

    /// Queues bytes from the peer.
    pub(super) fn rx_bytes(&mut self, bytes: &[u8], cx: &mut Cx) {
        let n = bytes.len().min(self.rx_room());
        if n < bytes.len() {
            cx.sys.warn(format!("UART{}: input arrived faster than the line rate, bytes lost", self.n));
        }
        let idle = self.rx.queue.is_empty();
        self.rx.queue.extend(&bytes[..n]);
        if idle && n > 0 {
            self.rx_next(cx);
        }
        if n > 0 && self.n < 2 {
            cx.send(DevId::RtcCntl, DevMsg::WakeCause(1 << (6 + self.n))); // RTC_UART0/1_TRIG_EN
        }
    }

    pub(super) fn rx_next(&self, cx: &mut Cx) {
        if !self.rx.queue.is_empty() {
            cx.schedule(RX_TAG, cx.now.saturating_add(self.rx_time(cx)));
        }
    }

    /// Receives the next queued byte, which has crossed the line. In download mode it waits while the FIFO is full.
    pub(super) fn rx_event(&mut self, cx: &mut Cx) {
        if cx.sys.download_boot() && self.rx.fifo.len() >= self.rx_size() {
            return;
        }
        if let Some(byte) = self.rx.queue.pop_front() {
            self.receive(byte, cx);
        }
        self.rx_next(cx);
    }

    /// Resumes input that was waiting for the FIFO in download mode.
    pub(super) fn rx_refill(&self, cx: &mut Cx) {
        if cx.sys.download_boot() && cx.sys.events.when(cx.dev.slot(RX_TAG)).is_none() {
            self.rx_next(cx);
        }
    }

    /// Receives a break, which the receiver treats as a zero byte without a stop bit.
    pub(super) fn receive_break(&mut self, cx: &mut Cx) {
        self.raw |= int::BRK_DET | int::FRM_ERR;
        self.receive(0, cx);
    }

    /// Discards the queued input because no receiver will read it.
    pub fn drop_input(&mut self) {
        self.rx.queue.clear();
    }

    /// Handles a byte that the receiver has received.
    pub(super) fn receive(&mut self, byte: u8, cx: &mut Cx) {
        cx.trace(TraceEvent::UartRx, || super::describe(self.n, byte));
        if self.regs.get(&SPEC, spec::AUTOBAUD) & spec::autobaud::AUTOBAUD_EN != 0 {
            self.rx.edges = (self.rx.edges + edges(byte)).min(0x3FF);
        }
        if self.rx.fifo.len() < self.rx_size() {
            self.rx.fifo.push_back(byte);
            self.rx.written = self.rx.written.wrapping_add(1);
        } else {
            self.raw |= int::RXFIFO_OVF;
        }
        self.at_cmd(byte, cx);
        self.rx.last = cx.now;
        self.rx_arm_timeout(cx);
    }

    /// Counts AT_CMD characters and measures the gaps between them.
    fn at_cmd(&mut self, byte: u8, cx: &mut Cx) {
        let conf = self.regs.get(&SPEC, spec::AT_CMD_CHAR);
        cx.cancel(AT_TAG);
        if u32::from(byte) != conf & at_cmd_char::AT_CMD_CHAR {
            self.rx.at_seen = 0;
            return;
        }
        let clocks = &cx.sys.clocks;
        let quiet = cx.now.saturating_sub(self.rx.last).saturating_sub(self.frame(clocks));
        let time = |offset| self.clock_periods(self.regs.get(&SPEC, offset) & 0xFF_FFFF, clocks);
        let (pre, post, gap) =
            (time(spec::AT_CMD_PRECNT), time(spec::AT_CMD_POSTCNT), time(spec::AT_CMD_GAPTOUT));
        self.rx.at_seen = match self.rx.at_seen {
            seen @ 1.. if quiet <= gap => seen.saturating_add(1),
            _ => u32::from(quiet >= pre || self.rx.written <= 1),
        };
        if self.rx.at_seen == ((conf & at_cmd_char::CHAR_NUM) >> 8).max(1) {
            cx.schedule(AT_TAG, cx.now.saturating_add(post));
        }
    }

    /// Completes an AT_CMD sequence after its post-idle time.
    pub(super) fn at_event(&mut self) {
        self.rx.at_seen = 0;
        self.raw |= int::AT_CMD_CHAR_DET;
    }

    /// Schedules or cancels the receive time-out.
    pub(super) fn rx_arm_timeout(&self, cx: &mut Cx) {
        match self.rx_timeout(&cx.sys.clocks) {
            Some(time) if !self.rx.fifo.is_empty() && self.raw & int::RXFIFO_TOUT == 0 => {
                cx.schedule(TOUT_TAG, cx.now.saturating_add(time));
            }
            _ => cx.cancel(TOUT_TAG),
        }
    }

    /// Handles a guest's read of the FIFO.
    pub(super) fn rx_pop(&mut self, cx: &mut Cx) -> u32 {
        let Some(byte) = self.rx.fifo.pop_front() else { return 0 };
        cx.trace(TraceEvent::UartRead, || super::describe(self.n, byte));
        self.rx.taken = self.rx.taken.wrapping_add(1);
        self.rx_refill(cx);
        u32::from(byte)
    }

    /// Resets the FIFO (RXFIFO_RST).
    pub(super) fn rx_reset(&mut self) {
        self.rx.fifo.clear();
        self.rx.taken = 0;
        self.rx.written = 0;
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn edges_of_frames() {
        assert_eq!(super::edges(0x55), 10); // 0 1 0 1 0 1 0 1 0 1 after idle 1
        assert_eq!(super::edges(0xFF), 2);
        assert_eq!(super::edges(0x00), 2);
        assert_eq!(super::edges(0x0F), 4);
    }
}
