//! The three timers of a unit, computed from virtual time.

use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};

/// Ticks of virtual time in one period of the 160 MHz clock.
pub const CLOCK_TICKS: Ticks = 3;

/// A timer's settings, from its configuration registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Virtual time per count.
    pub tick: Ticks,
    /// Maximum value.
    pub period: u64,
    /// Counting mode: 0 stopped, 1 up, 2 down, 3 up and down.
    pub mode: u32,
    /// Start and stop command (`TIMERx_START`).
    pub command: u32,
}

impl Shape {
    /// Returns the number of counts in a full cycle.
    fn cycle(&self) -> u64 {
        if self.mode == 3 { (2 * self.period).max(1) } else { self.period + 1 }
    }

    /// Returns the position in the cycle that has the given value (at most the period) and direction.
    fn place(&self, value: u64, down: bool) -> u64 {
        let value = value.min(self.period);
        match self.mode {
            2 => self.period - value,
            3 if down => (2 * self.period - value) % self.cycle(),
            _ => value,
        }
    }
}

/// One timer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PwmTimer {
    shape: Shape,
    /// Position in the cycle at time `since`.
    place: u64,
    since: Ticks,
    running: bool,
    /// Time at which the timer will stop, if any.
    stop: Option<Ticks>,
}

impl PwmTimer {
    /// Returns the number of counts in a full cycle.
    #[must_use]
    pub fn cycle(&self) -> u64 {
        self.shape.cycle()
    }

    /// Returns the length of a full cycle.
    #[must_use]
    pub fn length(&self) -> Ticks {
        self.shape.cycle().saturating_mul(self.shape.tick)
    }

    /// Returns the positions in the cycle at which the timer has the given value, counting up and counting down; `None`
    /// where it never does.
    #[must_use]
    pub fn places(&self, value: u64) -> [Option<u64>; 2] {
        let period = self.shape.period;
        if value > period {
            return [None; 2];
        }
        match self.shape.mode {
            1 => [Some(value), None],
            2 => [None, Some(period - value)],
            // At zero it counts up, at the period down.
            3 => [(value < period || period == 0).then_some(value), (value > 0).then(|| 2 * period - value)],
            _ => [None; 2],
        }
    }

    /// Returns the next time after `after` at which the timer is at a position of its cycle; `None` if it never is.
    #[must_use]
    pub fn next_place(&self, place: u64, after: Ticks) -> Option<Ticks> {
        let cycle = self.shape.cycle();
        if place >= cycle || !self.counting() {
            return None;
        }
        let first = self.counts(after).saturating_add(1);
        let counts = first.saturating_add((place + cycle - first % cycle) % cycle) - self.place;
        let at = self.since.saturating_add(counts.saturating_mul(self.shape.tick));
        self.stop.is_none_or(|stop| at <= stop).then_some(at)
    }

    /// Returns true if the timer counts.
    #[must_use]
    pub fn counting(&self) -> bool {
        self.running && self.shape.mode != 0 && self.shape.tick != 0
    }

    /// Returns the counts since the beginning of the cycle in which the timer was last loaded.
    #[must_use]
    pub fn counts(&self, now: Ticks) -> u64 {
        if !self.counting() {
            return self.place;
        }
        let until = self.stop.map_or(now, |stop| stop.min(now));
        self.place.saturating_add(until.saturating_sub(self.since) / self.shape.tick)
    }

    /// Returns value and direction (true: down).
    #[must_use]
    pub fn value(&self, now: Ticks) -> (u32, bool) {
        let (s, place) = (self.shape, self.counts(now) % self.shape.cycle());
        let (value, down) = match s.mode {
            2 => (s.period - place, true),
            3 if place >= s.period && s.period != 0 => (2 * s.period - place, true),
            _ => (place, false),
        };
        (value as u32 & 0xFFFF, down)
    }

    /// Returns the next time after `after` at which the timer has the given value; `None` if it never has.
    #[must_use]
    pub fn next(&self, value: u64, after: Ticks) -> Option<Ticks> {
        if value > self.shape.period || !self.counting() {
            return None;
        }
        let cycle = self.shape.cycle();
        let first = self.counts(after).saturating_add(1);
        let wait = |place: u64| (place + cycle - first % cycle) % cycle;
        let (up, down) = (self.shape.place(value, false), self.shape.place(value, true));
        let counts = first.saturating_add(wait(up).min(wait(down))) - self.place;
        let at = self.since.saturating_add(counts.saturating_mul(self.shape.tick));
        self.stop.is_none_or(|stop| at <= stop).then_some(at)
    }

    /// Returns the period, which is the value at event TEP.
    #[must_use]
    pub fn period(&self) -> u64 {
        self.shape.period
    }

    /// Returns the time at which the timer will stop, if any.
    #[must_use]
    pub fn stop_time(&self) -> Option<Ticks> {
        self.stop
    }

    /// Stops the timer at its value at `now`.
    pub fn halt(&mut self, now: Ticks) {
        self.place = self.counts(now) % self.shape.cycle();
        self.running = false;
        self.stop = None;
        self.since = now;
    }

    /// Applies new settings at `now`. Keeps the value unless the new period is smaller.
    pub fn configure(&mut self, shape: Shape, now: Ticks) {
        let (value, down) = self.value(now);
        if shape.command >= 2 && shape.command != self.shape.command {
            self.running = true;
        }
        self.shape = shape;
        self.load(u64::from(value), down, now);
    }

    /// Sets the value at `now` (synchronisation).
    pub fn load(&mut self, value: u64, down: bool, now: Ticks) {
        self.place = self.shape.place(value, down);
        self.since = now;
        self.stop = None;
        let target = match self.shape.command {
            0 | 3 => 0,
            1 | 4 => self.shape.period,
            _ => return,
        };
        if self.counting() {
            self.stop = self.next(target, now);
        } else if self.shape.command < 2 {
            self.running = false;
        }
    }
}
