//! Speed of the machine, from the samples of the last seconds.

use std::collections::VecDeque;

/// Interval in milliseconds over which the figures are averaged.
const WINDOW_MS: u64 = 1500;
/// Maximum number of samples kept.
const MAX: usize = 128;
/// Ticks of virtual time in a millisecond.
const TICKS_PER_MS: f64 = 480_000.0;

/// Samples of the last seconds.
#[derive(Clone, Debug, Default)]
pub struct SpeedRate {
    /// Host milliseconds, virtual ticks, instructions.
    seen: VecDeque<(u64, u64, u64)>,
}

impl SpeedRate {
    /// Adds a sample. While the machine is stopped, no figures are available.
    pub fn note(&mut self, clock: u64, now: u64, instructions: u64, running: bool) {
        // Time or instructions went backwards: a snapshot was loaded or the counters were reset.
        if !running || self.seen.back().is_some_and(|&(_, n, i)| now < n || instructions < i) {
            self.seen.clear();
        }
        self.seen.push_back((clock, now, instructions));
        while self.seen.len() > MAX
            || self.seen.front().is_some_and(|&(c, ..)| clock.saturating_sub(c) > WINDOW_MS)
        {
            self.seen.pop_front();
        }
    }

    /// Discards the samples after a change of the speed setting.
    pub fn forget(&mut self) {
        self.seen.clear();
    }

    fn ends(&self) -> Option<((u64, u64, u64), f64)> {
        let (a, b) = (self.seen.front()?, self.seen.back()?);
        let ms = b.0.checked_sub(a.0).filter(|ms| *ms > 0)?;
        Some(((ms, b.1 - a.1, b.2 - a.2), ms as f64))
    }

    /// Returns the speed in million instructions per second of host time.
    #[must_use]
    pub fn mips(&self) -> Option<f64> {
        self.ends().map(|((_, _, instructions), ms)| instructions as f64 / ms / 1e3)
    }

    /// Returns virtual time as a share of host time: 1.0 is real time.
    #[must_use]
    pub fn of_real(&self) -> Option<f64> {
        self.ends().map(|((_, ticks, _), ms)| ticks as f64 / TICKS_PER_MS / ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_speed_begins_without_figures() {
        let mut rate = SpeedRate::default();
        (0..10).for_each(|n| rate.note(n * 33, n * 33 * 2_400_000, n, true));
        rate.forget();
        rate.note(330, 10 * 33 * 2_400_000, 10, true);
        assert_eq!(rate.of_real(), None);
        rate.note(363, 10 * 33 * 2_400_000 + 33 * 480_000, 11, true);
        assert_eq!(rate.of_real(), Some(1.0));
    }

    #[test]
    fn figures_come_from_the_recent_past() {
        let mut rate = SpeedRate::default();
        assert_eq!(rate.mips(), None);
        for n in 0..100 {
            rate.note(n * 33, n * 33 * 240_000, n * 33 * 50_000, true);
        }
        assert_eq!((rate.mips(), rate.of_real()), (Some(50.0), Some(0.5)));
        assert!(rate.seen.len() < 50);
        rate.note(4000, 5, 5, true);
        assert_eq!(rate.mips(), None, "a snapshot was loaded");
    }
}
