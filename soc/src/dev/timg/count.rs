//! Counting in virtual time without ticking: a base value, the time it was true, and a rate.

use crate::clocks::Clocks;
use esplens_core::time::{TICKS_PER_SEC, Ticks};
use serde::{Deserialize, Serialize};

/// A clock that makes `num` counts in `den` ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    num: u64,
    den: u64,
}

impl Default for Rate {
    fn default() -> Self {
        Self { num: 1, den: 1 }
    }
}

impl Rate {
    /// A clock of `hz`.
    #[must_use]
    pub fn hz(hz: u32) -> Self {
        Self { num: u64::from(hz.max(1)), den: TICKS_PER_SEC }
    }

    /// The APB clock, divided; exact where the APB clock divides 480 MHz.
    #[must_use]
    pub fn apb(clocks: &Clocks, divider: u32) -> Self {
        Self { num: 1, den: apb_ticks(clocks) * u64::from(divider.max(1)) }
    }

    /// Whole counts in `ticks`.
    #[must_use]
    pub fn counts(self, ticks: Ticks) -> u64 {
        (u128::from(ticks) * u128::from(self.num) / u128::from(self.den)) as u64
    }

    /// Ticks until `counts` are complete, rounded up; [`Ticks::MAX`] when that is beyond the end of time.
    #[must_use]
    pub fn ticks(self, counts: u64) -> Ticks {
        let ticks = (u128::from(counts) * u128::from(self.den)).div_ceil(u128::from(self.num));
        Ticks::try_from(ticks).unwrap_or(Ticks::MAX)
    }
}

/// Ticks of virtual time in one APB cycle.
#[must_use]
pub fn apb_ticks(clocks: &Clocks) -> u64 {
    TICKS_PER_SEC / u64::from(clocks.apb_hz().max(1))
}

/// A counter that may run up or down, modulo 2^64.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    base: u64,
    since: Ticks,
    rate: Rate,
    run: bool,
    down: bool,
}

impl Count {
    /// Counts made since the base was set.
    fn elapsed(&self, now: Ticks) -> u64 {
        if self.run { self.rate.counts(now.saturating_sub(self.since)) } else { 0 }
    }

    /// The value at `now`.
    #[must_use]
    pub fn at(&self, now: Ticks) -> u64 {
        let n = self.elapsed(now);
        if self.down { self.base.wrapping_sub(n) } else { self.base.wrapping_add(n) }
    }

    /// Sets the value.
    pub fn set(&mut self, value: u64, now: Ticks) {
        self.base = value;
        self.since = now;
    }

    /// Changes how it runs; the value stays. Part of a count is lost where something changes.
    pub fn retime(&mut self, now: Ticks, rate: Rate, run: bool, down: bool) {
        if (self.rate, self.run, self.down) != (rate, run, down) {
            self.set(self.at(now), now);
            (self.rate, self.run, self.down) = (rate, run, down);
        }
    }

    /// When it will have made `more` counts after `now`; `None` while it stands.
    #[must_use]
    pub fn when(&self, more: u64, now: Ticks) -> Option<Ticks> {
        let total = self.elapsed(now).saturating_add(more);
        self.run.then(|| self.since.saturating_add(self.rate.ticks(total)))
    }

    /// Whether it runs.
    #[must_use]
    pub fn runs(&self) -> bool {
        self.run
    }
}
