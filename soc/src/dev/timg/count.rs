//! Free-running counters in virtual time, computed from a base value, the time it was set, and a rate.

use crate::clocks::Clocks;
use esplens_core::time::{TICKS_PER_SEC, Ticks};
use serde::{Deserialize, Serialize};

/// A clock rate: `num` counts in `den` ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountRate {
    num: u64,
    den: u64,
}

impl Default for CountRate {
    fn default() -> Self {
        Self { num: 1, den: 1 }
    }
}

impl CountRate {
    /// Returns the rate of a clock of `hz`.
    #[must_use]
    pub fn hz(hz: u32) -> Self {
        Self { num: u64::from(hz.max(1)), den: TICKS_PER_SEC }
    }

    /// Returns the rate of the APB clock, divided; exact if the APB frequency divides 480 MHz.
    #[must_use]
    pub fn apb(clocks: &Clocks, divider: u32) -> Self {
        Self { num: 1, den: apb_ticks(clocks) * u64::from(divider.max(1)) }
    }

    /// Returns the number of complete counts in `ticks`.
    #[must_use]
    pub fn counts(self, ticks: Ticks) -> u64 {
        (u128::from(ticks) * u128::from(self.num) / u128::from(self.den)) as u64
    }

    /// Returns the ticks until `counts` are complete, rounded up; [`Ticks::MAX`] if that exceeds the range of virtual
    /// time.
    #[must_use]
    pub fn ticks(self, counts: u64) -> Ticks {
        let ticks = (u128::from(counts) * u128::from(self.den)).div_ceil(u128::from(self.num));
        Ticks::try_from(ticks).unwrap_or(Ticks::MAX)
    }
}

/// Returns the ticks of virtual time in one APB cycle.
#[must_use]
pub fn apb_ticks(clocks: &Clocks) -> u64 {
    TICKS_PER_SEC / u64::from(clocks.apb_hz().max(1))
}

/// A counter that counts up or down, modulo 2^64.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    base: u64,
    since: Ticks,
    rate: CountRate,
    run: bool,
    down: bool,
}

impl Count {
    /// Returns the counts since the base was set.
    fn elapsed(&self, now: Ticks) -> u64 {
        if self.run { self.rate.counts(now.saturating_sub(self.since)) } else { 0 }
    }

    /// Returns the value at `now`.
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

    /// Changes rate, run state and direction, keeping the value. A change discards the fraction of the current count.
    pub fn retime(&mut self, now: Ticks, rate: CountRate, run: bool, down: bool) {
        if (self.rate, self.run, self.down) != (rate, run, down) {
            self.set(self.at(now), now);
            (self.rate, self.run, self.down) = (rate, run, down);
        }
    }

    /// Returns the time at which the counter will have made `more` counts after `now`; `None` while it is stopped.
    #[must_use]
    pub fn when(&self, more: u64, now: Ticks) -> Option<Ticks> {
        let total = self.elapsed(now).saturating_add(more);
        self.run.then(|| self.since.saturating_add(self.rate.ticks(total)))
    }

    /// Returns true if the counter is running.
    #[must_use]
    pub fn runs(&self) -> bool {
        self.run
    }
}
