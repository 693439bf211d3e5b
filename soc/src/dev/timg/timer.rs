//! One 64-bit timer of a group: T0, T1 or LACT (TRM 18.2.1 to 18.2.5).

use super::count::{Count, CountRate};
use super::spec::t0config as cfg;
use crate::clocks::Clocks;
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};

/// A timer's registers and counter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupTimer {
    /// T*x*CONFIG.
    pub config: u32,
    latched: u64,
    alarm: u64,
    load: u64,
    count: Count,
}

/// Time of the next alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// No alarm in the present state.
    Never,
    /// The counter is at or past the alarm value.
    Now,
    /// The alarm occurs at this time.
    At(Ticks),
}

fn low(word: &mut u64, value: u32) {
    *word = *word & !0xFFFF_FFFF | u64::from(value);
}

fn high(word: &mut u64, value: u32) {
    *word = *word & 0xFFFF_FFFF | u64::from(value) << 32;
}

impl GroupTimer {
    /// Creates a timer with its reset configuration.
    #[must_use]
    pub fn new(config: u32) -> Self {
        Self { config, ..Self::default() }
    }

    /// Applies configuration and clock. `gated` is set while the chip sleeps.
    pub fn retime(&mut self, now: Ticks, clocks: &Clocks, gated: bool) {
        let divider = match (self.config & cfg::DIVIDER) >> 13 {
            0 => 65536,
            1 => 2,
            n => n,
        };
        let run = self.config & cfg::EN != 0 && !gated;
        let down = self.config & cfg::INCREASE == 0;
        self.count.retime(now, CountRate::apb(clocks, divider), run, down);
    }

    /// Reads the register at `offset` from T*x*CONFIG (in T0's layout).
    #[must_use]
    pub fn read(&self, offset: u32) -> u32 {
        match offset {
            0x00 => self.config,
            0x04 => self.latched as u32,
            0x08 => (self.latched >> 32) as u32,
            0x10 => self.alarm as u32,
            0x14 => (self.alarm >> 32) as u32,
            0x18 => self.load as u32,
            0x1C => (self.load >> 32) as u32,
            _ => 0, // UPDATE and LOAD take effect immediately
        }
    }

    /// Writes the register at `offset` from T*x*CONFIG (in T0's layout).
    pub fn write(&mut self, offset: u32, value: u32, now: Ticks) {
        match offset {
            0x00 => self.config = value,
            0x0C => self.latched = self.count.at(now),
            0x10 => low(&mut self.alarm, value),
            0x14 => high(&mut self.alarm, value),
            0x18 => low(&mut self.load, value),
            0x1C => high(&mut self.load, value),
            0x20 => self.count.set(self.load, now),
            _ => {}
        }
    }

    /// Returns the time of the next alarm. A value that the counter has passed by less than half its range alarms
    /// immediately.
    #[must_use]
    pub fn alarm(&self, now: Ticks) -> Alarm {
        if self.config & cfg::ALARM_EN == 0 || !self.count.runs() {
            return Alarm::Never;
        }
        let value = self.count.at(now);
        let up = self.config & cfg::INCREASE != 0;
        let ahead = if up { self.alarm.wrapping_sub(value) } else { value.wrapping_sub(self.alarm) };
        if ahead as i64 <= 0 {
            return Alarm::Now;
        }
        self.count.when(ahead, now).map_or(Alarm::Never, Alarm::At)
    }

    /// Handles an alarm: disarms it and reloads the counter if configured.
    pub fn alarmed(&mut self, now: Ticks) {
        self.config &= !cfg::ALARM_EN;
        if self.config & cfg::AUTORELOAD != 0 {
            self.count.set(self.load, now);
        }
    }
}
