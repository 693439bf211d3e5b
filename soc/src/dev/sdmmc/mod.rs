//! The SD/MMC host controller (TRM chapter 9) with its two card slots. The cards are in `System::sd`.
//!
//! A command is carried out by the card when it is started. Its response follows after the time that command and
//! response take on the bus. A command that no card answers ends with a response time-out, so that drivers report "no
//! card". Data moves block by block (`transfer.rs`) through the FIFO, which the internal DMA (`idmac.rs`) or the CPU
//! fills and empties.
//!
//! SDIO cards, the second half of UHS-I and eMMC boot modes are not modelled.

mod bits;
mod idmac;
pub mod spec;
#[cfg(test)]
mod tests;
mod transfer;

pub use bits::{cmd, ctrl, int};

use super::regfile::RegFile;
use super::spec::Spec;
use super::{Cx, DevMsg, DevView, Device};
use crate::card::{self, CardReply};
use crate::irq::IrqSource;
use esplens_core::time::{Ticks, periods_to_ticks};
use idmac::Idmac;
use serde::{Deserialize, Serialize};
use spec::*;
use std::collections::VecDeque;
use transfer::Transfer;

/// BMOD's software reset, and the DMA's enable.
const BMOD_RESET: u32 = 1;
const BMOD_ENABLE: u32 = 1 << 7;
/// First byte of the FIFO window.
const FIFO: u32 = 0x200;
/// Size of the FIFO in bytes.
const FIFO_BYTES: usize = 512;
/// Frequency of the clock that feeds the block, before its own dividers (TRM 9.11: PLL / 2 / 2).
const SOURCE_HZ: u64 = 160_000_000;
/// First input signal: card detect of slot 0 and 1, then their write protect (IDF `HOST_CARD_DETECT_N_1_IDX`, ...).
const SIGNALS: u16 = 97;
/// Limit of steps between two accesses.
const MAX_STEPS: usize = 1_000;

/// Card clocks from the response time-out to the command's end (N_CC of the SD specification). On silicon the two
/// events are separate as well. ESP-IDF up to 4.4 handles one event at a time and would wait a second for a CMD_DONE
/// that is raised together with RTO.
const GAP: u64 = 8;
/// Card clocks of a command, of its long response, and between a command and its response (N_CR).
const SHORT: u64 = 48;
const LONG: u64 = 136;

/// A command in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Running {
    /// Value written to CMD.
    value: u32,
    /// The card's response.
    reply: Option<CardReply>,
    /// Time of the response time-out; `None` if it has passed or there is none.
    timeout: Option<Ticks>,
    /// Time at which the command is done.
    end: Ticks,
}

/// The host controller.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sdmmc {
    regs: RegFile,
    /// Value of RINTSTS.
    raw: u32,
    /// The command in progress, if any.
    running: Option<Running>,
    /// A command that waits for the end of the data transfer or of the card's busy state.
    waiting: Option<u32>,
    transfer: Option<Transfer>,
    fifo: VecDeque<u8>,
    /// The last transfer was a read: the FIFO's content goes to memory.
    reads: bool,
    dma: Idmac,
    /// Slot of the last command.
    slot: u8,
    /// Values of TCBCNT and TBBCNT.
    counts: [u32; 2],
    /// Levels of the input signals from [`SIGNALS`] on.
    lines: u8,
}

impl Sdmmc {
    fn reg(&self, offset: u32) -> u32 {
        self.regs.get(&SPEC, offset)
    }

    /// Returns the clock of a card in Hz.
    fn card_hz(&self, card: u32) -> u64 {
        let divider = self.reg(CLKSRC) >> ((card & 15) * 2) & 3;
        let half = u64::from(self.reg(CLKDIV) >> (divider * 8) & 0xFF);
        let feed = SOURCE_HZ / (u64::from(self.reg(CLOCK) >> 13 & 0xF) + 1);
        (feed / (half * 2).max(1)).max(1)
    }

    /// Returns the ticks that some clocks of the selected card take.
    fn clocks(&self, n: u64) -> Ticks {
        periods_to_ticks(n, self.card_hz(self.slot.into()))
    }

    fn sync_irq(&self, cx: &mut Cx) {
        let events = self.raw & self.reg(INTMASK) != 0 || self.dma.status & self.reg(IDINTEN) != 0;
        cx.irq(IrqSource::SdioHost, events && self.reg(CTRL) & ctrl::INT_ENABLE != 0);
    }

    /// Carries out everything that is due, in the order of time.
    fn run_due(&mut self, cx: &mut Cx) {
        for _ in 0..MAX_STEPS {
            match self.next_step(cx) {
                Some(at) if at <= cx.now => self.step(at, cx),
                _ => break,
            }
        }
        self.sync_fifo();
        match self.next_step(cx) {
            Some(at) if at < Ticks::MAX => cx.schedule(0, at.max(cx.now)),
            _ => cx.cancel(0),
        }
        self.sync_irq(cx);
    }

    /// Returns the time at which a waiting command may start; `None` while a transfer runs.
    fn wait_ends(&self, cx: &Cx) -> Option<Ticks> {
        self.waiting?;
        if self.transfer.is_some() || self.running.is_some() {
            return None;
        }
        Some(cx.sys.sd.in_slot(self.slot).map_or(0, |card| card.busy_until()))
    }

    fn next_step(&self, cx: &Cx) -> Option<Ticks> {
        let command = self.running.map(|r| r.timeout.unwrap_or(r.end));
        let data = self.transfer.as_ref().map(|t| t.at);
        command.into_iter().chain(data).chain(self.wait_ends(cx)).min()
    }

    /// Carries out the next step, which is due at `at`.
    fn step(&mut self, at: Ticks, cx: &mut Cx) {
        cx.charge(300);
        if let Some(running) = &mut self.running {
            if running.timeout.is_some_and(|t| t <= at) {
                running.timeout = None;
                self.raw |= int::RTO;
                return;
            }
            if running.timeout.is_none() && running.end <= at {
                return self.command_done(at, cx);
            }
        }
        if self.transfer.as_ref().is_some_and(|t| t.at <= at) {
            return self.data_step(at, cx);
        }
        if let Some(value) = self.waiting.take() {
            self.start(value, at.max(cx.now), cx);
        }
    }

    /// Ends the command in progress: stores the response, starts the data transfer.
    fn command_done(&mut self, at: Ticks, cx: &mut Cx) {
        let Some(running) = self.running.take() else { return };
        self.raw |= int::CMD_DONE;
        let value = running.value;
        if value & cmd::STOP_ABORT_CMD != 0 && self.transfer.take().is_some() {
            self.raw |= int::DTO;
        }
        let wants = |bit: u32| value & bit != 0;
        let Some(reply) = running.reply.filter(|_| wants(cmd::RESPONSE_EXPECT)) else { return };
        let long = matches!(reply, CardReply::Long(_));
        match reply {
            CardReply::Short(word) | CardReply::Ocr(word) => self.regs.set(RESP0, word),
            CardReply::Long(bytes) => {
                let raw = u128::from_be_bytes(bytes);
                for (n, offset) in [RESP0, RESP1, RESP2, RESP3].into_iter().enumerate() {
                    self.regs.set(offset, (raw >> (32 * n)) as u32);
                }
            }
        }
        if long != wants(cmd::RESPONSE_LENGTH) {
            self.raw |= int::RE | int::RCRC;
        } else if wants(cmd::CHECK_RESPONSE_CRC) && matches!(reply, CardReply::Ocr(_)) {
            self.raw |= int::RCRC; // R3 has ones in place of the CRC
        }
        if wants(cmd::DATA_EXPECTED) {
            self.begin_transfer(value, at, cx);
        }
    }

    /// Handles a write of CMD.
    fn command(&mut self, value: u32, cx: &mut Cx) {
        self.regs.set(CMD, value & !cmd::START_COMMAND);
        if value & cmd::START_COMMAND == 0 || value & cmd::UPDATE_CLK_REG != 0 {
            return; // a clock update is done immediately
        }
        let collides = value & cmd::DATA_EXPECTED != 0
            && value & cmd::WAIT_PRVDATA_COMPLETE == 0
            && self.transfer.is_some();
        if self.running.is_some() || self.waiting.is_some() || collides {
            self.raw |= int::HLE;
            return;
        }
        self.slot = (value >> 16 & 0x1F) as u8;
        let waits = value & (cmd::WAIT_PRVDATA_COMPLETE | cmd::STOP_ABORT_CMD) == cmd::WAIT_PRVDATA_COMPLETE;
        self.waiting = Some(value).filter(|_| waits);
        if self.waiting.is_none() || self.wait_ends(cx).is_some_and(|at| at <= cx.now) {
            self.waiting = None;
            self.start(value, cx.now, cx);
        }
    }

    /// Sends a command to the card.
    fn start(&mut self, value: u32, now: Ticks, cx: &mut Cx) {
        let slot = self.slot;
        let sent = SHORT + if value & cmd::SEND_INIT != 0 { 80 } else { 0 };
        let arg = self.reg(CMDARG);
        let received = now.saturating_add(self.clocks(sent));
        let on_card = |card: &mut card::SdCard, m: &mut card::CardMedia| {
            card.command((value & 0x3F) as u8, arg, received, m)
        };
        let answer = cx.sys.sd.on_slot(slot, on_card);
        card::trace(cx);
        if answer.is_none() && value & cmd::DATA_EXPECTED != 0 {
            cx.warn_reg(&SPEC, CMD, "data transfer without a card, ends with a response time-out");
        }
        let reply = answer.flatten();
        let after = |clocks| now.saturating_add(self.clocks(sent + clocks));
        let limit = u64::from(self.reg(TMOUT) & 0xFF);
        let (timeout, end) = match (value & cmd::RESPONSE_EXPECT != 0, reply) {
            (false, _) => (None, after(0)),
            (true, Some(CardReply::Long(_))) => (None, after(GAP + LONG)),
            (true, Some(_)) => (None, after(GAP + SHORT)),
            (true, None) => (Some(after(limit)), after(limit + GAP)),
        };
        self.running = Some(Running { value, reply, timeout, end });
    }

    fn control(&mut self, value: u32, cx: &mut Cx) {
        if value & ctrl::CONTROLLER_RESET != 0 {
            (self.running, self.waiting, self.transfer) = (None, None, None);
        }
        if value & ctrl::FIFO_RESET != 0 {
            self.fifo.clear();
        }
        if value & ctrl::DMA_RESET != 0 {
            self.dma.reset(self.reg(DBADDR));
        }
        self.regs.set(CTRL, value & !ctrl::RESETS);
        self.feed(cx);
    }

    fn status(&self, v: &DevView) -> u32 {
        let words = (self.fifo.len() / 4) as u32;
        let [rx, tx] = self.watermarks();
        let card = v.sys.sd.in_slot(self.slot);
        let bits = [
            (words > rx, 1 << 0),
            (words <= tx, 1 << 1),
            (self.fifo.is_empty(), 1 << 2),
            (self.fifo.len() >= FIFO_BYTES, 1 << 3),
            // State of the command machine: not idle.
            (self.running.is_some_and(|r| v.now < r.end) || self.waiting.is_some(), 5 << 4),
            (true, 1 << 8), // DAT3 is high
            (card.is_some_and(|card| card.is_busy(v.now)), 1 << 9),
            (self.transfer.is_some(), 1 << 10),
        ];
        let flags = bits.iter().filter(|(set, _)| *set).fold(0, |all, (_, bit)| all | bit);
        flags | (self.reg(CMD) & 0x3F) << 11 | words << 17
    }

    /// Returns the thresholds of RXDR and TXDR in words.
    fn watermarks(&self) -> [u32; 2] {
        let value = self.reg(FIFOTH);
        [value >> 16 & 0xFFF, value & 0xFFF]
    }

    /// Returns the word that the next read of the FIFO returns.
    fn fifo_word(&self) -> u32 {
        self.fifo.iter().take(4).rev().fold(0, |word, byte| word << 8 | u32::from(*byte))
    }
}

impl Device for Sdmmc {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn peek(&self, offset: u32, v: &DevView) -> u32 {
        match offset {
            RINTSTS => self.raw,
            MINTSTS => self.raw & self.reg(INTMASK),
            IDSTS => self.dma.status,
            STATUS => self.status(v),
            CDETECT => u32::from(self.lines & 3),
            WRTPRT => u32::from(self.lines >> 2 & 3),
            TCBCNT => self.counts[0],
            TBBCNT => self.counts[1],
            DSCADDR => self.dma.current(),
            DSCADDRL => self.dma.buffer,
            FIFO..CLOCK => self.fifo_word(),
            _ => self.reg(offset),
        }
    }

    fn read(&mut self, offset: u32, cx: &mut Cx) -> u32 {
        self.run_due(cx);
        if (FIFO..CLOCK).contains(&offset) {
            let word = self.fifo_word();
            self.pop_word(cx);
            self.run_due(cx);
            return word;
        }
        if SPEC.at(offset).is_none() {
            return self.regs.read(&SPEC, offset, cx);
        }
        self.peek(offset, &cx.view())
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        self.run_due(cx);
        match offset {
            CTRL => self.control(value, cx),
            CMD => self.command(value, cx),
            RINTSTS => self.raw &= !value,
            IDSTS => self.dma.status &= !value,
            INTMASK => {
                if value & int::SDIO != 0 {
                    cx.warn_reg(&SPEC, INTMASK, "SDIO interrupts are not modelled, they will not occur");
                }
                self.regs.set(INTMASK, value);
            }
            BMOD => {
                if value & BMOD_RESET != 0 {
                    self.dma.reset(self.reg(DBADDR));
                }
                self.regs.set(BMOD, value & !BMOD_RESET);
                self.feed(cx);
            }
            DBADDR => {
                self.regs.set(DBADDR, value & !3);
                self.dma.reset(value & !3);
            }
            PLDMND => {
                self.dma.resume();
                self.feed(cx);
            }
            RESP0 | RESP1 | RESP2 | RESP3 | MINTSTS | STATUS | CDETECT | WRTPRT | TCBCNT | TBBCNT | VERID
            | HCON | DSCADDR | DSCADDRL => {} // read-only
            FIFO..CLOCK => self.push_word(value, cx),
            _ => self.regs.write(&SPEC, offset, value, cx),
        }
        self.run_due(cx);
    }

    fn event(&mut self, _tag: u8, cx: &mut Cx) {
        self.run_due(cx);
    }

    fn message(&mut self, msg: &DevMsg, cx: &mut Cx) {
        let DevMsg::SignalIn(signal, level) = *msg else { return };
        let Some(n) = signal.checked_sub(SIGNALS).filter(|n| *n < 4) else { return };
        self.lines = self.lines & !(1 << n) | u8::from(level) << n;
        if n < 2 {
            self.raw |= int::CD;
            self.sync_irq(cx);
        }
    }

    fn reset(&mut self, cx: &mut Cx) {
        *self = Self { lines: self.lines, ..Self::default() };
        cx.cancel(0);
        self.sync_irq(cx);
    }
}
