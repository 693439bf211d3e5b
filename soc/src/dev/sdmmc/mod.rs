//! The SD/MMC host controller with no card in its slot. Commands that expect a response end with a response time-out,
//! so that drivers report "no card" instead of waiting forever.

pub mod spec;

use super::regfile::RegFile;
use super::spec::Spec;
use super::{Cx, DevView, Device};
use crate::irq::IrqSource;
use esplens_core::time::{Ticks, periods_to_ticks};
use serde::{Deserialize, Serialize};
use spec::*;

/// Bits of CTRL.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod ctrl {
    pub const RESETS: u32 = 0b111;
    pub const INT_ENABLE: u32 = 1 << 4;
}

/// Bits of CMD.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod cmd {
    pub const RESPONSE_EXPECT: u32 = 1 << 6;
    pub const DATA_EXPECTED: u32 = 1 << 9;
    pub const SEND_INIT: u32 = 1 << 15;
    pub const UPDATE_CLK_REG: u32 = 1 << 21;
    pub const START_COMMAND: u32 = 1 << 31;
}

/// Bits of RINTSTS, MINTSTS and INTMASK.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod int {
    pub const CMD_DONE: u32 = 1 << 2;
    pub const RTO: u32 = 1 << 8;
    pub const HLE: u32 = 1 << 12;
}

/// BMOD's software reset.
const BMOD_RESET: u32 = 1;
/// First byte of the FIFO window.
const FIFO: u32 = 0x200;
/// Frequency of the clock that feeds the block, before its own dividers (TRM 9.11: PLL / 2 / 2).
const SOURCE_HZ: u64 = 160_000_000;

/// Card clocks from the response time-out to the command's end (N_CC of the SD specification). On silicon the two
/// events are separate as well. ESP-IDF up to 4.4 handles one event at a time and would wait a second for a CMD_DONE
/// that is raised together with RTO.
const GAP: u64 = 8;

/// A command in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Running {
    /// Time of the response time-out; `None` if it has passed or no response is expected.
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
    /// Value of IDSTS.
    dma: u32,
    /// The command in progress, if any.
    running: Option<Running>,
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

    fn sync_irq(&self, cx: &mut Cx) {
        let events = self.raw & self.reg(INTMASK) != 0 || self.dma & self.reg(IDINTEN) != 0;
        cx.irq(IrqSource::SdioHost, events && self.reg(CTRL) & ctrl::INT_ENABLE != 0);
    }

    fn complete_if_due(&mut self, cx: &mut Cx) {
        let Some(running) = &mut self.running else { return };
        if running.timeout.is_some_and(|at| at <= cx.now) {
            running.timeout = None;
            self.raw |= int::RTO;
        }
        if running.end <= cx.now {
            self.running = None;
            self.raw |= int::CMD_DONE;
        }
        self.await_next(cx);
        self.sync_irq(cx);
    }

    /// Schedules an event for the next interrupt of the command in progress.
    fn await_next(&self, cx: &mut Cx) {
        match self.running {
            Some(running) => cx.schedule(0, running.timeout.unwrap_or(running.end)),
            None => cx.cancel(0),
        }
    }

    fn command(&mut self, value: u32, cx: &mut Cx) {
        self.regs.set(CMD, value & !cmd::START_COMMAND);
        if value & cmd::START_COMMAND == 0 || value & cmd::UPDATE_CLK_REG != 0 {
            return; // a clock update is done immediately
        }
        if self.running.is_some() {
            self.raw |= int::HLE;
            return self.sync_irq(cx);
        }
        if value & cmd::DATA_EXPECTED != 0 {
            cx.warn_reg(&SPEC, CMD, "data transfer without a card, ends with a response time-out");
        }
        let waits = value & cmd::RESPONSE_EXPECT != 0;
        let mut clocks = 48 + if value & cmd::SEND_INIT != 0 { 80 } else { 0 };
        clocks += if waits { u64::from(self.reg(TMOUT) & 0xFF) } else { 0 };
        let hz = self.card_hz(value >> 16 & 0x1F);
        let after = |clocks| cx.now.saturating_add(periods_to_ticks(clocks, hz));
        self.running = Some(Running {
            timeout: waits.then(|| after(clocks)),
            end: after(clocks + if waits { GAP } else { 0 }),
        });
        self.await_next(cx);
    }

    fn control(&mut self, value: u32, cx: &mut Cx) {
        if value & 1 != 0 {
            self.running = None;
            cx.cancel(0);
        }
        self.regs.set(CTRL, value & !ctrl::RESETS);
        self.sync_irq(cx);
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
            IDSTS => self.dma,
            // Bits 7:4: state of the command machine, not idle.
            STATUS if self.running.is_some_and(|r| v.now < r.end) => self.reg(STATUS) | 5 << 4,
            FIFO..CLOCK => 0,
            _ => self.reg(offset),
        }
    }

    fn read(&mut self, offset: u32, cx: &mut Cx) -> u32 {
        self.complete_if_due(cx);
        if SPEC.at(offset).is_none() && !(FIFO..CLOCK).contains(&offset) {
            return self.regs.read(&SPEC, offset, cx);
        }
        self.peek(offset, &cx.view())
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        self.complete_if_due(cx);
        match offset {
            CTRL => self.control(value, cx),
            CMD => self.command(value, cx),
            RINTSTS => self.raw &= !value,
            IDSTS => self.dma &= !value,
            BMOD => self.regs.set(BMOD, value & !BMOD_RESET),
            RESP0 | RESP1 | RESP2 | RESP3 | MINTSTS | STATUS | CDETECT | WRTPRT | TCBCNT | TBBCNT | VERID
            | HCON => {} // read-only
            FIFO..CLOCK => cx.sys.warn("SDMMC FIFO: written without a card, ignored".into()),
            _ => self.regs.write(&SPEC, offset, value, cx),
        }
        self.sync_irq(cx);
    }

    fn event(&mut self, _tag: u8, cx: &mut Cx) {
        self.complete_if_due(cx);
    }

    fn reset(&mut self, cx: &mut Cx) {
        *self = Self::default();
        cx.cancel(0);
        self.sync_irq(cx);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dev::DevId;
    use crate::dev::testing::Bench;
    use proptest::prelude::*;

    fn bench() -> Bench<Sdmmc> {
        let mut b = Bench::new(DevId::Sdmmc, Sdmmc::default());
        b.write(CTRL, ctrl::RESETS);
        assert_eq!(b.read(CTRL), 0, "the resets clear themselves");
        b.write(CLOCK, 3 << 13 | 3 << 9 | 1 << 5); // 40 MHz
        b.write(CLKDIV, 50); // 400 kHz
        b.write(CMD, cmd::START_COMMAND | cmd::UPDATE_CLK_REG);
        assert_eq!(b.read(CMD) & cmd::START_COMMAND, 0);
        b.write(TMOUT, 0xFFFF_FFFF);
        b.write(INTMASK, int::CMD_DONE | int::RTO);
        b.write(CTRL, ctrl::INT_ENABLE);
        b
    }

    #[test]
    fn a_command_without_a_card_times_out() {
        let mut b = bench();
        b.write(CMD, cmd::START_COMMAND | cmd::RESPONSE_EXPECT | 8);
        assert_eq!(b.read(CMD) & cmd::START_COMMAND, 0);
        b.advance(757);
        assert_eq!((b.read(RINTSTS), b.irq(IrqSource::SdioHost)), (0, false));
        b.advance(1); // (48 + 255) / 400 kHz
        assert_eq!((b.read(MINTSTS), b.irq(IrqSource::SdioHost)), (int::RTO, true));
        b.write(RINTSTS, !0);
        assert!(!b.irq(IrqSource::SdioHost));
        b.advance(19);
        assert_eq!(b.read(RINTSTS), 0);
        b.advance(1); // 8 / 400 kHz
        assert_eq!((b.read(MINTSTS), b.irq(IrqSource::SdioHost)), (int::CMD_DONE, true));
        b.write(RINTSTS, !0);
        assert!(!b.irq(IrqSource::SdioHost));
        assert_eq!(b.read(CDETECT), 0);
        assert_eq!(b.read(STATUS) & 1 << 9, 0, "the card is not busy");
    }

    #[test]
    fn go_idle_expects_nothing_and_succeeds() {
        let mut b = bench();
        b.write(CMD, cmd::START_COMMAND | cmd::SEND_INIT);
        b.advance(320);
        assert_eq!(b.read(RINTSTS), int::CMD_DONE);
    }

    #[test]
    fn a_command_too_early_is_a_hardware_locked_write() {
        let mut b = bench();
        b.write(CMD, cmd::START_COMMAND);
        b.write(CMD, cmd::START_COMMAND);
        assert_eq!(b.read(RINTSTS), int::HLE);
    }

    proptest! {
        #[test]
        fn no_register_write_can_hurt(
            writes in proptest::collection::vec((0u32..0x204, any::<u32>(), 0u64..2000), 1..100)
        ) {
            let mut b = Bench::new(DevId::Sdmmc, Sdmmc::default());
            for (n, value, us) in writes {
                b.write(n * 4, value);
                b.advance(us);
                b.read(n * 4);
            }
            b.advance(1_000_000_000);
            prop_assert!(b.dev.running.is_none());
        }
    }
}
