//! The waves of the generators: levels as a function of virtual time, without events.

use super::timer::PwmTimer;
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};

/// PwmAction of a generator at an event of its timer (`GENx_y_UTEZ` and the like).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PwmAction {
    /// Output low.
    Low,
    /// Output high.
    High,
    /// The other level.
    Toggle,
}

impl PwmAction {
    /// Returns the action of a field of GEN_A or GEN_B; `None` for no change.
    #[must_use]
    pub fn of(field: u32) -> Option<Self> {
        [None, Some(Self::Low), Some(Self::High), Some(Self::Toggle)][field as usize & 3]
    }

    fn apply(self, level: bool) -> bool {
        match self {
            Self::Low => false,
            Self::High => true,
            Self::Toggle => !level,
        }
    }
}

/// Output of a generator from a point in time on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PwmWave {
    timer: PwmTimer,
    /// Position of the timer up to which `level` is computed, counted over all cycles.
    done: u64,
    level: bool,
    /// Actions by position in the cycle, in ascending order. At most six.
    actions: Vec<(u64, PwmAction)>,
}

impl PwmWave {
    /// Creates a wave with the level that it has at `now`. With `first`, the action at the present position is still to
    /// come.
    #[must_use]
    pub fn new(
        timer: PwmTimer,
        actions: Vec<(u64, PwmAction)>,
        level: bool,
        now: Ticks,
        first: bool,
    ) -> Self {
        let done = timer.counts(now);
        let mut wave = Self { timer, done, level, actions };
        if first {
            wave.level = wave.acted(done % wave.timer.cycle(), done % wave.timer.cycle(), level);
        }
        wave
    }

    /// Returns the level after the actions at the positions `from` to `to` of a cycle, both included.
    fn acted(&self, from: u64, to: u64, level: bool) -> bool {
        let due = self.actions.iter().filter(|(at, _)| (from..=to).contains(at));
        due.fold(level, |level, (_, action)| action.apply(level))
    }

    /// Returns the level at `now`.
    #[must_use]
    pub fn level(&self, now: Ticks) -> bool {
        let (cycle, end) = (self.timer.cycle(), self.timer.counts(now));
        if end <= self.done {
            return self.level;
        }
        let (last, first) = (cycle - 1, self.done % cycle + 1);
        let cycles = end / cycle - self.done / cycle;
        if cycles == 0 {
            return self.acted(first, end % cycle, self.level);
        }
        let mut level = if first > last { self.level } else { self.acted(first, last, self.level) };
        // The whole cycles in between: after two of them, only their parity matters.
        for _ in 0..(cycles - 1).min(2 + (cycles - 1) % 2) {
            level = self.acted(0, last, level);
        }
        self.acted(0, end % cycle, level)
    }

    /// Returns the time of the next action after `now`; `None` if the timer reaches none.
    #[must_use]
    pub fn next(&self, now: Ticks) -> Option<Ticks> {
        self.actions.iter().filter_map(|(at, _)| self.timer.next_place(*at, now)).min()
    }

    /// Returns the length of a cycle in ticks.
    #[must_use]
    pub fn length(&self) -> Ticks {
        self.timer.length()
    }
}

#[cfg(test)]
mod tests {
    use super::super::timer::{CLOCK_TICKS, Shape};
    use super::*;

    /// An up-counting timer of ten counts, started at time 0.
    fn timer(mode: u32) -> PwmTimer {
        let mut timer = PwmTimer::default();
        timer.configure(Shape { tick: CLOCK_TICKS, period: 9, mode, command: 2 }, 0);
        timer
    }

    fn levels(wave: &PwmWave, range: std::ops::Range<u64>) -> String {
        range.map(|n| if wave.level(n * CLOCK_TICKS) { '#' } else { '.' }).collect()
    }

    #[test]
    fn active_high_waves_are_the_same_in_every_cycle() {
        let actions = vec![(0, PwmAction::High), (3, PwmAction::Low)];
        let wave = PwmWave::new(timer(1), actions, false, 0, true);
        assert_eq!(levels(&wave, 0..23), "###.......###.......###");
        let far = 1_000_000_000_000;
        assert_eq!(levels(&wave, far..far + 10), "###.......");
        assert_eq!(wave.next(0), Some(3 * CLOCK_TICKS));
        assert_eq!(wave.next(3 * CLOCK_TICKS), Some(10 * CLOCK_TICKS));
    }

    #[test]
    fn toggles_halve_the_frequency() {
        let wave = PwmWave::new(timer(1), vec![(0, PwmAction::Toggle)], false, 0, true);
        assert_eq!(levels(&wave, 0..40), "##########..........##########..........");
        for cycles in [10, 11, 1000, 1001] {
            assert_eq!(wave.level(cycles * 10 * CLOCK_TICKS), cycles % 2 == 0);
        }
    }

    #[test]
    fn a_wave_continues_from_any_point() {
        let actions = vec![(0, PwmAction::High), (3, PwmAction::Low), (6, PwmAction::Toggle)];
        let wave = PwmWave::new(timer(1), actions.clone(), false, 0, true);
        for at in 0..25 {
            let level = wave.level(at * CLOCK_TICKS);
            let again = PwmWave::new(timer(1), actions.clone(), level, at * CLOCK_TICKS, false);
            assert_eq!(levels(&again, at..at + 40), levels(&wave, at..at + 40));
        }
    }
}
