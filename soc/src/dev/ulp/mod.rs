//! The ULP coprocessor (FSM): its registers, timer, start and end (TRM 30, "ULP Coprocessor").
//!
//! The ULP executes instructions from RTC slow memory and accesses the registers of RTC_CNTL, RTCIO, SENS and RTC_I2C,
//! so [`crate::bus::Soc`] runs it (`exec.rs`). Its state is in [`crate::system::System::ulp`]. RTC_CNTL starts and stops
//! its timer, and SENS starts it by software. A program runs in events: one event for each instruction that accesses
//! memory or registers, and for the first instruction of each stretch of others. A stopped ULP has no event.

mod exec;
pub mod isa;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_run;

use super::{Cx, DevId};
use crate::clocks::{RTC_FAST_HZ, XTAL_HZ};
use esplens_core::time::{Ticks, periods_to_ticks};
use serde::{Deserialize, Serialize};

/// Words of RTC slow memory, the ULP's address space.
pub const WORDS: u16 = 2048;
/// The ULP's event, a tag of SENS.
pub(super) const TAG: u8 = 1;
/// Periods of the slow clock from HALT to sleep and from the timer's end to the start (ESP-IDF
/// `ULP_FSM_PREPARE_SLEEP_CYCLES` plus `ULP_FSM_WAKEUP_SLEEP_CYCLES`).
const SWITCH_PERIODS: u64 = 4;

/// State of the ULP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum UlpState {
    /// Stopped; only a start by software or the timer's enable starts it.
    #[default]
    Off,
    /// The timer runs and will start it.
    Sleeping,
    /// A program runs.
    Running,
}

/// The ULP coprocessor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ulp {
    /// State.
    pub state: UlpState,
    /// Address of the next instruction, in words.
    pub pc: u16,
    /// R0..R3.
    pub r: [u16; 4],
    /// Stage counter.
    pub stage: u8,
    /// The last ALU result was zero.
    pub zero: bool,
    /// The last addition or subtraction overflowed.
    pub overflow: bool,
    /// Number of the sleep time that the timer uses (instruction SLEEP).
    pub sleep_time: u8,
    /// Time at which the program was started or its clock changed, its cycles since then up to the next instruction,
    /// and the clock in Hz.
    began: Ticks,
    cycles: u64,
    hz: u64,
    /// Instructions executed since power-on.
    pub instructions: u64,
    /// Breakpoints and steps of a debugger.
    #[serde(skip)]
    pub debug: UlpDebug,
}

/// A debugger's settings for the ULP. Not part of the machine's state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UlpDebug {
    /// Breakpoints, in words.
    pub breaks: std::collections::BTreeSet<u16>,
    /// The machine stops before the next instruction.
    pub step: bool,
    /// The ULP stopped before this instruction (its number and address), and the stop is not reported yet.
    pub hit: Option<u16>,
    /// Number of the instruction ([`Ulp::instructions`]) at which the ULP last stopped. It runs without a stop.
    passed: Option<u64>,
}

impl UlpDebug {
    /// Returns true if nothing can stop the ULP.
    fn is_idle(&self) -> bool {
        !self.step && self.breaks.is_empty()
    }
}

impl Ulp {
    /// Returns the time at which the next instruction begins.
    fn next_at(&self) -> Ticks {
        self.began.saturating_add(periods_to_ticks(self.cycles, self.hz))
    }

    /// Continues with a clock of `hz` from the next instruction on.
    fn set_clock(&mut self, hz: u64) {
        if self.hz != hz {
            (self.began, self.cycles, self.hz) = (self.next_at(), 0, hz);
        }
    }

    /// Prepares a start at `pc`. The ULP has no power between its runs, so the registers are lost.
    fn start(&mut self, pc: u16, now: Ticks) {
        *self = Self {
            state: UlpState::Running,
            pc,
            began: now,
            sleep_time: self.sleep_time,
            instructions: self.instructions,
            debug: std::mem::take(&mut self.debug),
            ..Self::default()
        };
    }
}

/// Returns the event slot of the ULP.
pub(crate) fn slot() -> u32 {
    DevId::Sens.slot(TAG)
}

/// Returns the ULP's clock, RTC_FAST_CLK, in Hz: the 8 MHz oscillator, or a quarter of the crystal's frequency.
fn fast_hz(crystal: bool) -> u64 {
    u64::from(if crystal { XTAL_HZ / 4 } else { RTC_FAST_HZ })
}

/// Handles a rising edge of `ULP_CP_SLP_TIMER_EN`. `start_wait` is `ULPCP_TOUCH_START_WAIT`.
///
/// The first run begins at once, after the power-up time: ESP-IDF's test "ULP FSM addition test" expects a result 1 ms
/// after `ulp_run`, when the timer still has its reset value of 200 periods (1.3 ms).
pub(super) fn timer_on(start_wait: u64, cx: &mut Cx) {
    if cx.sys.ulp.state != UlpState::Off {
        return;
    }
    cx.sys.ulp.state = UlpState::Sleeping;
    cx.sys.ulp.sleep_time = 0;
    let periods = periods_to_ticks(SWITCH_PERIODS + start_wait, u64::from(cx.sys.clocks.rtc_slow_hz()));
    cx.sys.events.schedule(slot(), cx.now + periods);
}

/// Handles a falling edge of `ULP_CP_SLP_TIMER_EN`. A running program runs to its HALT.
pub(super) fn timer_off(cx: &mut Cx) {
    if cx.sys.ulp.state == UlpState::Sleeping {
        cx.sys.ulp.state = UlpState::Off;
        cx.sys.events.cancel(slot());
    }
}

/// Starts the ULP by software at word `pc`. Has no effect while a program runs.
pub(super) fn start_top(pc: u16, cx: &mut Cx) {
    if cx.sys.ulp.state != UlpState::Running {
        cx.sys.ulp.start(pc, cx.now);
        cx.sys.events.schedule(slot(), cx.now);
    }
}

/// Stops the ULP and clears its registers, as a reset of the RTC does.
pub(super) fn reset(cx: &mut Cx) {
    let debug = std::mem::take(&mut cx.sys.ulp.debug);
    cx.sys.ulp = Ulp { instructions: cx.sys.ulp.instructions, debug, ..Ulp::default() };
    cx.sys.events.cancel(slot());
}
