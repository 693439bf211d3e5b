//! Watchdog of four stages that time out one after the other, shared by TIMG and RTC_CNTL (TRM 18.2.6).

use super::count::{Count, CountRate};
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};

/// Key that unlocks a watchdog's registers.
pub const KEY: u32 = 0x50D8_3AA1;

/// A watchdog's counter and stage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watchdog {
    stage: usize,
    on: bool,
    count: Count,
}

impl Watchdog {
    /// Applies enable bit, pause and clock. Enabling starts stage 0.
    pub fn set(&mut self, now: Ticks, rate: CountRate, on: bool, paused: bool) {
        if on && !self.on {
            self.feed(now);
        }
        self.on = on;
        self.count.retime(now, rate, on && !paused, false);
    }

    /// Restarts stage 0.
    pub fn feed(&mut self, now: Ticks) {
        self.stage = 0;
        self.count.set(0, now);
    }

    /// Returns the stage that times out next, 0..3.
    #[must_use]
    pub fn stage(&self) -> usize {
        self.stage
    }

    /// Returns the time at which the current stage times out. `holds` is the length of each stage in counts.
    #[must_use]
    pub fn due(&self, holds: [u32; 4], now: Ticks) -> Option<Ticks> {
        let left = u64::from(holds[self.stage].max(1)).saturating_sub(self.count.at(now));
        self.count.when(left, now)
    }

    /// Continues with the next stage; the last one is followed by the first.
    pub fn advance(&mut self, now: Ticks) {
        self.stage = (self.stage + 1) % 4;
        self.count.set(0, now);
    }
}
