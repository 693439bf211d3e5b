//! Host work for the guest, counted in units of work and never by a clock.
//!
//! Most instructions cost the host about the same. Some guest operations cost thousands of times more (a long
//! SPI transfer, enabling a cache, overwriting code again and again), and a guest may do nothing else. Costly
//! operations are charged here, and a run returns once its allowance is used up. The count is not part of a
//! machine's state and does not affect it: it decides only when a run is interrupted, never what happens
//! next.

use std::cell::Cell;

/// Work done and work allowed. A unit is about a nanosecond of an optimised build.
#[derive(Clone, Debug)]
pub struct Work {
    done: Cell<u64>,
    allowed: u64,
}

impl Default for Work {
    /// Creates a counter without a limit.
    fn default() -> Self {
        Self { done: Cell::new(0), allowed: u64::MAX }
    }
}

impl Work {
    /// Restarts the count, with an allowance in units; `None` for no limit.
    pub fn allow(&mut self, units: Option<u64>) {
        self.done.set(0);
        self.allowed = units.unwrap_or(u64::MAX);
    }

    /// Counts `units`.
    #[inline]
    pub fn charge(&self, units: u64) {
        self.done.set(self.done.get().saturating_add(units));
    }

    /// Returns true once the allowance is used up.
    #[inline]
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.done.get() >= self.allowed
    }

    /// Returns the units since the last [`Work::allow`].
    #[must_use]
    pub fn done(&self) -> u64 {
        self.done.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allowance_is_used_up_and_renewed() {
        let mut work = Work::default();
        work.charge(u64::MAX);
        work.allow(Some(10));
        work.charge(9);
        assert!(!work.is_over());
        work.charge(1);
        assert!(work.is_over() && work.done() == 10);
        work.allow(None);
        work.charge(1 << 60);
        assert!(!work.is_over());
    }
}
