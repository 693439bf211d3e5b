//! Virtual time and its event queue.

use serde::{Deserialize, Serialize};

/// Virtual time since power-on, in ticks of 1/480 µs: 480 MHz is a multiple of every CPU and APB clock.
pub type Ticks = u64;

/// Ticks in a microsecond of virtual time.
pub const TICKS_PER_US: Ticks = 480;
/// Ticks in a second of virtual time.
pub const TICKS_PER_SEC: Ticks = TICKS_PER_US * 1_000_000;

/// Returns the ticks of `n` periods of a clock of `hz`, rounded up.
#[must_use]
pub fn periods_to_ticks(n: u64, hz: u64) -> Ticks {
    let ticks = (u128::from(n) * u128::from(TICKS_PER_SEC)).div_ceil(u128::from(hz.max(1)));
    Ticks::try_from(ticks).unwrap_or(Ticks::MAX)
}

/// Returns the whole periods of a clock of `hz` in `ticks`.
#[must_use]
pub fn ticks_to_periods(ticks: Ticks, hz: u64) -> u64 {
    (u128::from(ticks) * u128::from(hz) / u128::from(TICKS_PER_SEC)) as u64
}

/// List of (due time, slot), with one entry per slot. Equal times are ordered by slot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventQueue {
    due: Vec<(Ticks, u32)>,
}

impl EventQueue {
    /// Schedules `slot` for time `at`. Replaces its previous entry.
    pub fn schedule(&mut self, slot: u32, at: Ticks) {
        self.cancel(slot);
        let pos = self.due.partition_point(|&e| e < (at, slot));
        self.due.insert(pos, (at, slot));
    }

    /// Cancels the event of `slot`.
    pub fn cancel(&mut self, slot: u32) {
        self.due.retain(|&(_, s)| s != slot);
    }

    /// Returns the time of the next event; [`Ticks::MAX`] if there is none.
    #[must_use]
    pub fn next(&self) -> Ticks {
        self.due.first().map_or(Ticks::MAX, |e| e.0)
    }

    /// Returns the time at which `slot` is due.
    #[must_use]
    pub fn when(&self, slot: u32) -> Option<Ticks> {
        self.due.iter().find(|e| e.1 == slot).map(|e| e.0)
    }

    /// Removes and returns the first event due at or before `now`: (slot, due time).
    pub fn pop(&mut self, now: Ticks) -> Option<(u32, Ticks)> {
        let &(at, slot) = self.due.first()?;
        (at <= now).then(|| {
            self.due.remove(0);
            (slot, at)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_in_time_then_slot_order() {
        let mut q = EventQueue::default();
        q.schedule(7, 20);
        q.schedule(3, 20);
        q.schedule(5, 10);
        q.schedule(5, 30);
        assert_eq!(q.pop(19), None);
        assert_eq!(q.pop(30), Some((3, 20)));
        assert_eq!(q.pop(30), Some((7, 20)));
        assert_eq!(q.pop(30), Some((5, 30)));
        assert_eq!(q.next(), Ticks::MAX);
    }

    #[test]
    fn rtc_slow_clock_periods_round_trip() {
        assert_eq!(periods_to_ticks(150_000, 150_000), TICKS_PER_SEC);
        assert_eq!(ticks_to_periods(TICKS_PER_SEC, 32_768), 32_768);
        assert_eq!(ticks_to_periods(periods_to_ticks(1, 32_768), 32_768), 1);
    }
}
