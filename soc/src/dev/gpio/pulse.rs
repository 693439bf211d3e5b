//! Pulses from outside the chip: a pad is driven to a level for a time, once or periodically.

use super::Gpio;
use crate::dev::Cx;
use esplens_core::time::{TICKS_PER_US, Ticks};
use serde::{Deserialize, Serialize};

/// Shortest pulse and shortest pause between two pulses. It bounds the host work of a pulse train.
const SHORTEST: Ticks = TICKS_PER_US;
/// Event tag: the next edge of a pulse train.
const TAG: u8 = 0;

/// A train of pulses, as requested. Between the pulses and after the last, the pad has the external driver that it had
/// before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pulse {
    /// Level during a pulse.
    pub level: bool,
    /// Length of a pulse, at least one microsecond.
    pub length: Ticks,
    /// Number of pulses.
    pub count: u32,
    /// Time from the beginning of a pulse to that of the next, at least one microsecond more than `length`.
    pub period: Ticks,
}

/// A running train of pulses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Train {
    pulse: Pulse,
    /// Pulses still to begin.
    left: u32,
    /// Time of the next edge.
    next: Ticks,
    /// A pulse is being output.
    high: bool,
    /// The external driver before the train.
    before: Option<bool>,
}

impl Gpio {
    /// Begins a train of pulses, in place of a running one.
    pub(super) fn start_pulses(&mut self, n: u8, pulse: Pulse, cx: &mut Cx) {
        if let Some(old) = self.pulses.remove(&n) {
            self.outside(n, old.before, cx);
        }
        let length = pulse.length.max(SHORTEST);
        let period = pulse.period.max(length.saturating_add(SHORTEST));
        let pulse = Pulse { length, period, ..pulse };
        let before = (self.outside_on >> n & 1 != 0).then_some(self.outside_level >> n & 1 != 0);
        if pulse.count > 0 {
            self.pulses.insert(n, Train { pulse, left: pulse.count, next: cx.now, high: false, before });
        }
        self.run_pulses(cx);
    }

    /// Ends a pad's pulses, without a change of its level.
    pub(super) fn end_pulses(&mut self, n: u8, cx: &mut Cx) {
        if self.pulses.remove(&n).is_some() {
            self.schedule_pulses(cx);
        }
    }

    /// Outputs the edges that are due and schedules the next one.
    pub(super) fn run_pulses(&mut self, cx: &mut Cx) {
        let due: Vec<u8> = self.pulses.iter().filter(|(_, t)| t.next <= cx.now).map(|(n, _)| *n).collect();
        for n in due {
            self.edge(n, cx);
        }
        self.schedule_pulses(cx);
    }

    fn edge(&mut self, n: u8, cx: &mut Cx) {
        let Some(train) = self.pulses.get_mut(&n) else { return };
        let (pulse, before) = (train.pulse, train.before);
        train.high = !train.high;
        let level = if train.high {
            train.left -= 1;
            train.next = train.next.saturating_add(pulse.length);
            Some(pulse.level)
        } else {
            train.next = train.next.saturating_add(pulse.period - pulse.length);
            before
        };
        if !train.high && train.left == 0 {
            self.pulses.remove(&n);
        }
        self.outside(n, level, cx);
    }

    fn schedule_pulses(&self, cx: &mut Cx) {
        match self.pulses.values().map(|t| t.next).min() {
            Some(at) => cx.schedule(TAG, at),
            None => cx.cancel(TAG),
        }
    }

    /// Returns the pulses that a pad will still get from outside.
    pub(super) fn pulses_left(&self, n: u8) -> u32 {
        self.pulses.get(&n).map_or(0, |t| t.left)
    }
}
