//! TWAI controller, alone on its bus. No other node acknowledges, so a normal transmission fails and repeats until the
//! controller is error passive. Self-test mode works and receives its own frames.

mod frame;
pub mod spec;
#[cfg(test)]
mod tests;

use super::spec::Spec;
use super::{Cx, DevView, Device};
use crate::irq::IrqSource;
use esplens_core::time::{Ticks, periods_to_ticks};
use frame::CanFrame;
use serde::{Deserialize, Serialize};
use spec::*;
use std::collections::VecDeque;

/// Event tag: end of a transmission attempt.
const SENT: u8 = 0;
/// Event tag: the bus-off recovery has counted below the warning limit.
const BELOW_LIMIT: u8 = 1;
/// Event tag: the bus-off recovery is complete.
const RECOVERED: u8 = 2;
/// Size of the receive FIFO in bytes.
const FIFO: usize = 64;
/// Length of error flag, delimiter and intermission, in bits.
const ERROR_FRAME: u64 = 17;
/// Error code of a missing acknowledge: "other" error, transmitting, acknowledge slot (SJA1000 ECC).
const ECC_NO_ACK: u32 = 0xC0 | 0x19;

/// A transmission in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Sending {
    own: bool,
    once: bool,
}

/// The TWAI controller's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Twai {
    mode: u32,
    ena: u32,
    /// Latched interrupts except RI, which follows the FIFO.
    latched: u32,
    timing: [u32; 2],
    clock_divider: u32,
    /// Error code, kept until it is read.
    ecc: Option<u32>,
    warning_limit: u32,
    rec: u32,
    tec: u32,
    code: [u8; 4],
    mask: [u8; 4],
    tx: CanFrame,
    rx: VecDeque<CanFrame>,
    overrun: bool,
    complete: bool,
    sending: Option<Sending>,
    bus_off: bool,
    /// Start of the bus-off recovery.
    recovering: Option<Ticks>,
}

impl Default for Twai {
    fn default() -> Self {
        Self {
            mode: mode::RM,
            ena: 0,
            latched: 0,
            timing: [0; 2],
            clock_divider: 0,
            ecc: None,
            warning_limit: 96,
            rec: 0,
            tec: 0,
            code: [0; 4],
            mask: [0; 4],
            tx: CanFrame::default(),
            rx: VecDeque::new(),
            overrun: false,
            complete: true,
            sending: None,
            bus_off: false,
            recovering: None,
        }
    }
}

impl Twai {
    fn in_reset(&self) -> bool {
        self.mode & mode::RM != 0
    }

    /// Returns the ticks of `n` bits.
    fn bits(&self, n: u64, cx: &Cx) -> Ticks {
        let halved = if self.ena & int::BRP_DIV != 0 { 2 } else { 1 };
        let quantum = 2 * halved * u64::from((self.timing[0] & 63) + 1);
        let quanta = u64::from(3 + (self.timing[1] & 15) + (self.timing[1] >> 4 & 7));
        periods_to_ticks(n * quantum * quanta, cx.sys.clocks.apb_hz().into())
    }

    /// Returns the transmit error counter, which counts down while recovering from bus-off.
    fn tec(&self, now: Ticks, until: Option<Ticks>) -> u32 {
        match (self.recovering, until) {
            (Some(start), Some(total)) => {
                let done = u128::from(now.saturating_sub(start)) * 128 / u128::from(total.max(1));
                127 - done.min(127) as u32
            }
            _ => self.tec,
        }
    }

    fn error_state(&self) -> bool {
        self.tec >= self.warning_limit || self.rec >= self.warning_limit
    }

    fn status(&self) -> u32 {
        let bits = [
            (status::RBS, !self.rx.is_empty()),
            (status::DOS, self.overrun),
            (status::TBS, self.sending.is_none()),
            (status::TCS, self.complete),
            (status::TS, self.sending.is_some()),
            (status::ES, self.error_state()),
            (status::BS, self.bus_off),
        ];
        bits.iter().filter(|b| b.1).map(|b| b.0).sum()
    }

    fn interrupts(&self) -> u32 {
        let waiting = if self.rx.is_empty() { 0 } else { int::RI };
        self.latched | waiting & self.ena
    }

    fn latch(&mut self, bits: u32) {
        self.latched |= bits & self.ena;
    }

    fn write_mode(&mut self, value: u32, cx: &mut Cx) {
        let was = self.in_reset();
        let free = mode::LOM | mode::STM | mode::AFM;
        if was {
            self.mode = self.mode & !free | value & free;
        }
        self.mode = self.mode & !mode::RM | value & mode::RM;
        if self.in_reset() && !was {
            self.sending = None;
            self.rx.clear();
            self.overrun = false;
            self.recovering = None;
            (SENT..=RECOVERED).for_each(|tag| cx.cancel(tag));
        } else if was && !self.in_reset() && self.bus_off {
            self.recover(cx);
        }
    }

    /// Starts the bus-off recovery, which takes 128 times 11 free bits (ISO 11898-1, 12.1.4.4).
    fn recover(&mut self, cx: &mut Cx) {
        self.tec = 127;
        self.rec = 0;
        self.recovering = Some(cx.now);
        let step = self.bits(11, cx);
        let above = 128u64.saturating_sub(u64::from(self.warning_limit.min(127)));
        cx.schedule(BELOW_LIMIT, cx.now.saturating_add(step.saturating_mul(above)));
        cx.schedule(RECOVERED, cx.now.saturating_add(step.saturating_mul(128)));
    }

    fn command(&mut self, value: u32, cx: &mut Cx) {
        if value & command::RRB != 0 {
            self.rx.pop_front();
        }
        if value & command::CDO != 0 {
            self.overrun = false;
        }
        if self.in_reset() {
            return;
        }
        let own = value & command::SRR != 0;
        let request = value & (command::TR | command::SRR) != 0;
        if request && self.sending.is_none() && !self.bus_off && self.mode & mode::LOM == 0 {
            self.sending = Some(Sending { own, once: value & command::AT != 0 });
            self.complete = false;
            self.attempt(cx);
        } else if value & command::AT != 0
            && let Some(sending) = &mut self.sending
        {
            sending.once = true;
        }
    }

    fn attempt(&mut self, cx: &mut Cx) {
        let extra = if self.mode & mode::STM == 0 { ERROR_FRAME } else { 0 };
        let ticks = self.bits(self.tx.bits() + extra, cx).max(480);
        cx.schedule(SENT, cx.now.saturating_add(ticks));
    }

    /// Handles the end of an attempt. In self-test mode it needs no acknowledge; otherwise there is no acknowledge.
    fn sent(&mut self, cx: &mut Cx) {
        let Some(sending) = self.sending else { return };
        if self.mode & mode::STM != 0 {
            self.count(self.tec.saturating_sub(1));
            if sending.own {
                self.receive();
            }
            self.complete = true;
        } else {
            self.no_acknowledge();
            if !sending.once && !self.bus_off {
                return self.attempt(cx);
            }
        }
        self.sending = None;
        self.latch(int::TI);
    }

    /// Counts a missing acknowledge. An error-passive sender with no other error counts no further (ISO 11898-1,
    /// 12.1.4.2 c).
    fn no_acknowledge(&mut self) {
        if self.tec < 128 {
            self.count(self.tec + 8);
        }
        if self.ecc.is_none() {
            self.ecc = Some(ECC_NO_ACK);
            self.latch(int::BEI);
        }
    }

    /// Sets the transmit error counter and latches the interrupts of the limits it crosses.
    fn count(&mut self, tec: u32) {
        let (warned, passive) = (self.error_state(), self.tec > 127);
        self.tec = tec;
        if self.error_state() != warned {
            self.latch(int::EI);
        }
        if (self.tec > 127) != passive {
            self.latch(int::EPI);
        }
    }

    /// Receives the controller's own frame.
    fn receive(&mut self) {
        let frame = self.tx.as_received();
        if !frame.accepted(self.code, self.mask, self.mode & mode::AFM != 0) {
            return;
        }
        let used: usize = self.rx.iter().map(CanFrame::fifo_bytes).sum();
        if used + frame.fifo_bytes() <= FIFO {
            self.rx.push_back(frame);
        } else {
            self.overrun = true;
            self.latch(int::DOI);
        }
    }

    /// Writes the counter in reset mode. 255 forces bus-off, as on the SJA1000 (where 256 and more would be bus-off).
    fn write_tec(&mut self, value: u32) {
        self.tec = value & 0xFF;
        if self.tec == 255 {
            self.bus_off = true;
            self.latch(int::EI);
        }
    }

    fn write_buffer(&mut self, i: usize, value: u8) {
        match (self.in_reset(), i) {
            (true, 0..4) => self.code[i] = value,
            (true, 4..8) => self.mask[i - 4] = value,
            (true, _) => {}
            (false, _) => self.tx.0[i] = value,
        }
    }

    fn buffer(&self, i: usize) -> u8 {
        match (self.in_reset(), i) {
            (true, 0..4) => self.code[i],
            (true, 4..8) => self.mask[i - 4],
            (true, _) => 0,
            (false, _) => self.rx.front().map_or(0, |f| f.0[i]),
        }
    }

    fn sync_irq(&self, cx: &mut Cx) {
        cx.irq(IrqSource::Twai, self.interrupts() != 0);
    }
}

impl Device for Twai {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn peek(&self, offset: u32, v: &DevView) -> u32 {
        match offset {
            MODE => self.mode,
            STATUS => self.status(),
            INTERRUPT => self.interrupts(),
            INTERRUPT_ENABLE => self.ena,
            BUS_TIMING_0 => self.timing[0],
            BUS_TIMING_1 => self.timing[1],
            ERROR_CODE_CAPTURE => self.ecc.unwrap_or(0),
            ERROR_WARNING_LIMIT => self.warning_limit,
            RX_ERROR_COUNTER => self.rec,
            TX_ERROR_COUNTER => {
                let due = v.sys.events.when(super::DevId::Twai.slot(RECOVERED));
                self.tec(v.now, due.zip(self.recovering).map(|(end, start)| end.saturating_sub(start)))
            }
            TX_RX_BUFFER..RX_MESSAGE_COUNTER => self.buffer(((offset - TX_RX_BUFFER) / 4) as usize).into(),
            RX_MESSAGE_COUNTER => self.rx.len() as u32,
            CLOCK_DIVIDER => self.clock_divider,
            _ => 0,
        }
    }

    fn read(&mut self, offset: u32, cx: &mut Cx) -> u32 {
        let value = self.peek(offset, &cx.view());
        match offset {
            INTERRUPT => self.latched = 0,
            ERROR_CODE_CAPTURE => self.ecc = None,
            _ => {}
        }
        self.sync_irq(cx);
        value
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        let reset = self.in_reset();
        match offset {
            MODE => self.write_mode(value, cx),
            COMMAND => self.command(value, cx),
            INTERRUPT_ENABLE => self.ena = value & 0xFF,
            BUS_TIMING_0 if reset => self.timing[0] = value & 0xFF,
            BUS_TIMING_1 if reset => self.timing[1] = value & 0xFF,
            ERROR_WARNING_LIMIT if reset => self.warning_limit = value & 0xFF,
            RX_ERROR_COUNTER if reset => self.rec = value & 0xFF,
            TX_ERROR_COUNTER if reset => self.write_tec(value),
            TX_RX_BUFFER..RX_MESSAGE_COUNTER => {
                self.write_buffer(((offset - TX_RX_BUFFER) / 4) as usize, value as u8);
            }
            CLOCK_DIVIDER => self.clock_divider = value & 0xFF,
            _ if SPEC.at(offset).is_none() => {
                cx.warn_reg(&SPEC, offset, "write to an unknown register, ignored")
            }
            _ => {}
        }
        self.sync_irq(cx);
    }

    fn event(&mut self, tag: u8, cx: &mut Cx) {
        match tag {
            SENT => self.sent(cx),
            BELOW_LIMIT => {
                self.tec = self.warning_limit.saturating_sub(1).min(127);
                self.latch(int::EI);
            }
            _ => {
                self.recovering = None;
                self.bus_off = false;
                self.tec = 0;
                self.latch(int::EI);
            }
        }
        self.sync_irq(cx);
    }

    fn reset(&mut self, cx: &mut Cx) {
        *self = Self::default();
        (SENT..=RECOVERED).for_each(|tag| cx.cancel(tag));
        self.sync_irq(cx);
    }
}
