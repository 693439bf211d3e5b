//! RMT: eight channels that output levels from memory, or record the levels of their input signal there.
//!
//! A transmitter uses one event per level, at the virtual time at which the level begins; a receiver is driven by the
//! edges of its input. The carrier is not modelled (it would need an event every few periods). TX_START acts when it is
//! written and reads 0: drivers write it back with every other bit of CONF1. The duration of a level is determined by
//! the clock at its beginning.

pub mod spec;
#[cfg(test)]
mod tests;

use super::regfile::RegFile;
use super::spec::Spec;
use super::{Cx, DevId, DevMsg, DevView, Device};
use crate::irq::IrqSource;
use esplens_core::time::{TICKS_PER_SEC, TICKS_PER_US, Ticks};
use serde::{Deserialize, Serialize};
use spec::*;

/// Output signal of channel 0 (IDF `RMT_SIG_OUT0_IDX`).
const SIGNAL_OUT: u16 = 87;
/// Input signal of channel 0 (IDF `RMT_SIG_IN0_IDX`).
const SIGNAL_IN: u16 = 83;
/// Words in a memory block.
const BLOCK: usize = 64;
/// Words in the whole memory.
const WORDS: usize = 8 * BLOCK;
/// First event tag for a receiver's idle time (plus the channel number). Lower tags: a transmitter's next level, by
/// channel number.
const TAG_RX: u8 = 8;
/// Bits of CONF1 that act when written and always read 0.
const ACTIONS: u32 =
    conf1::TX_START | conf1::MEM_WR_RST | conf1::MEM_RD_RST | conf1::APB_MEM_RST | conf1::REF_CNT_RST;

/// One channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Channel {
    /// A transmission is in progress.
    sending: bool,
    /// Position of the transmitter, in levels (half words) from the start of its memory.
    tx: usize,
    /// Complete items sent since the last threshold event.
    sent: u32,
    output: bool,
    /// True once an edge was seen since the receiver was enabled.
    receiving: bool,
    /// Position of the receiver, in levels.
    rx: usize,
    /// Start time of the level being received.
    since: Ticks,
    /// Position and start time before the last edge, to undo that edge if it turns out to be a glitch.
    undo: Option<(usize, Ticks)>,
    input: bool,
    /// Position of FIFO access, in words.
    fifo: usize,
    /// Error bits of the status register.
    errors: u32,
}

/// The remote control peripheral.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rmt {
    regs: RegFile,
    channels: [Channel; 8],
    mem: Vec<u32>,
    raw: u32,
}

impl Default for Rmt {
    fn default() -> Self {
        Self { regs: RegFile::default(), channels: Default::default(), mem: vec![0; WORDS], raw: 0 }
    }
}

impl Rmt {
    fn get(&self, offset: u32) -> u32 {
        self.regs.get(&SPEC, offset)
    }

    fn conf0(&self, c: usize) -> u32 {
        self.get(CHCONF0 + 8 * c as u32)
    }

    fn conf1(&self, c: usize) -> u32 {
        self.get(CHCONF1 + 8 * c as u32)
    }

    /// Returns the number of levels that fit into a channel's memory.
    fn capacity(&self, c: usize) -> usize {
        let blocks = (self.conf0(c) >> conf0::MEM_SIZE_S & 0xF).clamp(1, 8);
        blocks as usize * BLOCK * 2
    }

    /// Returns the word index and bit shift of a level.
    fn place(c: usize, level: usize) -> (usize, u32) {
        ((c * BLOCK + level / 2) % WORDS, if level.is_multiple_of(2) { 0 } else { 16 })
    }

    /// Returns the virtual time of one period of a channel's divided clock.
    fn period(&self, c: usize, cx: &Cx) -> Ticks {
        let clocks = &cx.sys.clocks;
        let always = self.conf1(c) & conf1::REF_ALWAYS_ON != 0;
        let hz = if always { clocks.apb_hz() } else { clocks.ref_tick_hz() };
        let div = match self.conf0(c) & conf0::DIV_CNT {
            0 => 256,
            n => u64::from(n),
        };
        (TICKS_PER_SEC / u64::from(hz.max(1))).max(1) * div
    }

    fn raise(&mut self, bit: usize) {
        self.raw |= 1 << bit;
    }

    fn drive(&mut self, c: usize, level: bool, cx: &mut Cx) {
        if self.channels[c].output != level {
            self.channels[c].output = level;
            cx.send(DevId::Gpio, DevMsg::SignalOut(SIGNAL_OUT + c as u16, level));
        }
    }

    fn start_tx(&mut self, c: usize, cx: &mut Cx) {
        if !self.channels[c].sending {
            self.channels[c].sending = true;
            self.channels[c].errors &= !status::EMPTY;
            self.step_tx(c, cx);
        }
    }

    /// Outputs the next level, or ends the transmission.
    fn step_tx(&mut self, c: usize, cx: &mut Cx) {
        if self.channels[c].tx >= self.capacity(c) {
            if self.get(APB_CONF) & apb_conf::MEM_TX_WRAP_EN == 0 {
                self.channels[c].errors |= status::EMPTY;
                self.raise(3 * c + 2);
                return self.end_tx(c, self.channels[c].output, cx);
            }
            self.channels[c].tx = 0;
        }
        let (word, shift) = Self::place(c, self.channels[c].tx);
        let item = self.mem[word] >> shift & 0xFFFF;
        let (duration, level) = (u64::from(item & 0x7FFF), item & 0x8000 != 0);
        let period = self.period(c, cx);
        if duration == 0 {
            if self.conf1(c) & conf1::TX_CONTI == 0 {
                return self.end_tx(c, level, cx);
            }
            // An endless loop without any level must not cause an event every few ticks.
            let pause = if self.channels[c].tx == 0 { TICKS_PER_US } else { 0 };
            self.channels[c].tx = 0;
            return cx.schedule(c as u8, cx.now + period.max(pause));
        }
        self.drive(c, level, cx);
        self.channels[c].tx += 1;
        cx.schedule(c as u8, cx.now + duration * period);
    }

    /// Handles the end of a level.
    fn tx_event(&mut self, c: usize, cx: &mut Cx) {
        if !self.channels[c].sending {
            return;
        }
        let ch = &mut self.channels[c];
        if ch.tx != 0 && ch.tx.is_multiple_of(2) {
            ch.sent += 1;
            let limit = self.get(CH_TX_LIM + 4 * c as u32) & 0x1FF;
            if limit != 0 && self.channels[c].sent >= limit {
                self.channels[c].sent = 0;
                self.raise(24 + c);
            }
        }
        self.step_tx(c, cx);
    }

    /// Handles the end mark: outputs the idle level and raises the interrupt.
    fn end_tx(&mut self, c: usize, level: bool, cx: &mut Cx) {
        let conf = self.conf1(c);
        let idle = if conf & conf1::IDLE_OUT_EN == 0 { level } else { conf & conf1::IDLE_OUT_LV != 0 };
        self.drive(c, idle, cx);
        self.channels[c].sending = false;
        self.raise(3 * c);
        cx.cancel(c as u8);
    }

    /// Handles an edge at a channel's input.
    fn edge(&mut self, c: usize, level: bool, cx: &mut Cx) {
        let conf = self.conf1(c);
        self.channels[c].input = level;
        if conf & conf1::RX_EN == 0 {
            return;
        }
        let ch = self.channels[c];
        let apb = TICKS_PER_SEC / u64::from(cx.sys.clocks.apb_hz().max(1));
        let filter = u64::from(conf >> conf1::RX_FILTER_THRES_S & 0xFF) * apb;
        let glitch = conf & conf1::RX_FILTER_EN != 0 && ch.receiving && cx.now - ch.since < filter;
        if glitch {
            let (rx, since) = ch.undo.unwrap_or((ch.rx, ch.since));
            let receiving = ch.undo.is_some();
            self.channels[c] = Channel { rx, since, receiving, undo: None, ..self.channels[c] };
        } else {
            if ch.receiving {
                let ticks = ((cx.now - ch.since) / self.period(c, cx)).clamp(1, 0x7FFF);
                self.record(c, ticks as u32 | u32::from(!level) << 15);
            }
            let undo = ch.receiving.then_some((ch.rx, ch.since));
            self.channels[c] = Channel { since: cx.now, receiving: true, undo, ..self.channels[c] };
        }
        self.wait_idle(c, cx);
    }

    /// Schedules an event for the time at which the input will have been idle for the threshold time.
    fn wait_idle(&self, c: usize, cx: &mut Cx) {
        if self.channels[c].receiving {
            let idle = u64::from(self.conf0(c) >> conf0::IDLE_THRES_S & 0xFFFF).max(1);
            let at = self.channels[c].since + idle * self.period(c, cx);
            cx.schedule(TAG_RX + c as u8, at.max(cx.now));
        } else {
            cx.cancel(TAG_RX + c as u8);
        }
    }

    /// Writes a level to the receiver's memory.
    fn record(&mut self, c: usize, item: u32) {
        let ch = &mut self.channels[c];
        if self.regs.get(&SPEC, CHCONF1 + 8 * c as u32) & conf1::MEM_OWNER == 0 {
            ch.errors |= status::OWNER_ERR;
            return self.raise(3 * c + 2);
        }
        if ch.rx >= self.capacity(c) {
            self.channels[c].errors |= status::FULL;
            return self.raise(3 * c + 2);
        }
        let (word, shift) = Self::place(c, self.channels[c].rx);
        self.mem[word] = self.mem[word] & !(0xFFFF << shift) | item << shift;
        self.channels[c].rx += 1;
    }

    /// Handles the idle time-out of an input: writes the end mark and raises the interrupt.
    fn rx_event(&mut self, c: usize) {
        if self.channels[c].receiving {
            self.record(c, u32::from(self.channels[c].input) << 15);
            self.channels[c].receiving = false;
            self.channels[c].undo = None;
            self.raise(3 * c + 1);
        }
    }

    fn write_conf1(&mut self, c: usize, value: u32, cx: &mut Cx) {
        let old = self.conf1(c);
        self.regs.set(CHCONF1 + 8 * c as u32, value & !ACTIONS & 0xF_FFFF);
        let ch = &mut self.channels[c];
        if value & conf1::MEM_WR_RST != 0 {
            ch.rx = 0;
            ch.undo = None;
            ch.errors &= !(status::FULL | status::OWNER_ERR);
        }
        if value & conf1::MEM_RD_RST != 0 {
            ch.tx = 0;
            ch.sent = 0;
        }
        if value & conf1::APB_MEM_RST != 0 {
            ch.fifo = 0;
        }
        if (old ^ value) & conf1::RX_EN != 0 {
            ch.receiving = false;
            ch.undo = None;
            cx.cancel(TAG_RX + c as u8);
        }
        if !ch.sending && value & conf1::IDLE_OUT_EN != 0 {
            self.drive(c, value & conf1::IDLE_OUT_LV != 0, cx);
        }
        if value & conf1::TX_START != 0 {
            self.start_tx(c, cx);
        }
    }

    fn status(&self, c: usize) -> u32 {
        let ch = self.channels[c];
        let state = match (ch.sending, ch.receiving) {
            (true, _) => 1,
            (_, true) => 3,
            _ => 0,
        };
        let at = |levels: usize| (c * BLOCK + levels.div_ceil(2)) as u32 & 0x3FF;
        ch.errors | state << status::STATE_S | at(ch.tx) << status::RADDR_S | at(ch.rx)
    }

    /// Returns the index of the word that FIFO access reaches next.
    fn fifo(&self, c: usize) -> usize {
        (c * BLOCK + self.channels[c].fifo % (self.capacity(c) / 2)) % WORDS
    }

    /// Advances the position of FIFO access.
    fn fifo_next(&mut self, c: usize) {
        self.channels[c].fifo = (self.channels[c].fifo + 1) % (self.capacity(c) / 2);
    }

    fn sync_irq(&self, cx: &mut Cx) {
        cx.irq(IrqSource::Rmt, self.raw & self.get(INT_ENA) != 0);
    }
}

impl Device for Rmt {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn peek(&self, offset: u32, _v: &DevView) -> u32 {
        let word = offset as usize / 4;
        match offset {
            CHDATA..CHCONF0 => self.mem[self.fifo(word)],
            CHSTATUS..CHADDR => self.status(word % 8),
            CHADDR..INT_RAW => self.fifo(word % 8) as u32,
            INT_RAW => self.raw,
            INT_ST => self.raw & self.get(INT_ENA),
            INT_CLR => 0,
            MEM.. => self.mem.get((offset - MEM) as usize / 4).copied().unwrap_or(0),
            _ => self.get(offset),
        }
    }

    fn read(&mut self, offset: u32, cx: &mut Cx) -> u32 {
        if offset < MEM && SPEC.at(offset).is_none() {
            return self.regs.read(&SPEC, offset, cx);
        }
        let value = self.peek(offset, &cx.view());
        if offset < CHCONF0 {
            self.fifo_next(offset as usize / 4);
        }
        value
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        let word = offset as usize / 4;
        match offset {
            CHDATA..CHCONF0 => {
                let at = self.fifo(word);
                self.mem[at] = value;
                self.fifo_next(word);
            }
            CHCONF0..CHSTATUS if offset & 4 != 0 => {
                self.write_conf1(((offset - CHCONF1) / 8) as usize, value, cx);
            }
            CHSTATUS..INT_RAW | INT_RAW | INT_ST => {}
            INT_CLR => self.raw &= !value,
            MEM.. => {
                if let Some(at) = self.mem.get_mut((offset - MEM) as usize / 4) {
                    *at = value;
                }
            }
            _ => self.regs.write(&SPEC, offset, value, cx),
        }
        self.sync_irq(cx);
    }

    fn event(&mut self, tag: u8, cx: &mut Cx) {
        if tag < TAG_RX {
            self.tx_event(usize::from(tag), cx);
        } else {
            self.rx_event(usize::from(tag - TAG_RX) & 7);
        }
        self.sync_irq(cx);
    }

    fn message(&mut self, msg: &DevMsg, cx: &mut Cx) {
        let DevMsg::SignalIn(signal, level) = *msg else { return };
        let c = usize::from(signal.wrapping_sub(SIGNAL_IN));
        if c < 8 && self.channels[c].input != level {
            self.edge(c, level, cx);
            self.sync_irq(cx);
        }
    }

    /// Resets the registers. Keeps the input levels, which the GPIO matrix determines, and the memory's contents.
    fn reset(&mut self, cx: &mut Cx) {
        for c in 0..8 {
            self.drive(c, false, cx);
            let input = self.channels[c].input;
            self.channels[c] = Channel { input, ..Channel::default() };
            cx.cancel(c as u8);
            cx.cancel(TAG_RX + c as u8);
        }
        self.regs = RegFile::default();
        self.raw = 0;
        self.sync_irq(cx);
    }
}
