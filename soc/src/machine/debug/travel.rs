//! Going to another moment of a run that has been: back to a saved state, from there on the same run again, and to a
//! stop at an exact place of it.
//!
//! While a run is repeated, nothing goes to the host or comes from it, and input waits. A deed of a debugger makes it
//! another run: what was still to be repeated is dropped, and the machine is live again.

use super::super::{Machine, MachineState, RunExit};
use super::{Deed, Judge, Place};
use esplens_core::debug::Stop;
use esplens_core::memory::CORES;
use esplens_core::time::Ticks;

/// Where a run is to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// As soon as a core has passed so many cycles.
    Cycles(usize, u64),
    /// At a place that the run comes to.
    Place(Place),
}

/// The end of the run that is repeated.
#[derive(Clone, Copy)]
pub(in super::super) struct End {
    place: Place,
    now: Ticks,
    /// The host's connections were of another time there as well.
    stale: bool,
}

impl Machine {
    /// Number of the oldest input that the log still has.
    #[must_use]
    pub fn log_begin(&self) -> u64 {
        self.applied - self.log.len() as u64
    }

    /// Cores that a debugger holds; no part of a saved state.
    #[must_use]
    pub fn frozen(&self) -> [bool; CORES] {
        self.debug.frozen
    }

    /// Virtual time at the end of what is repeated.
    #[must_use]
    pub fn present(&self) -> Option<Ticks> {
        self.debug.end.map(|end| end.now)
    }

    /// True while a run is repeated, up to where [`Machine::rewind`] was called first.
    #[must_use]
    pub fn repeats(&self) -> bool {
        self.debug.end.is_some()
    }

    /// Goes to a saved state, with the cores that stood still there, and repeats the run from there, up to where it has
    /// come so far: that place makes [`Machine::run`] return with [`RunExit::Repeated`]. False, and nothing happens, when
    /// the input log does not reach back to the state ([`Machine::trim_log`]).
    pub fn rewind(&mut self, state: &MachineState, frozen: [bool; CORES]) -> bool {
        let past = state.applied().checked_sub(self.log_begin()).and_then(|n| usize::try_from(n).ok());
        let Some(past) = past.filter(|n| *n <= self.log.len() + self.replay.len()) else { return false };
        let end = self.debug.end.unwrap_or(End { place: self.place(), now: self.now(), stale: self.stale });
        // The log of what has been and what is still to come are one.
        let mut all = std::mem::take(&mut self.log);
        all.extend(std::mem::take(&mut self.replay));
        let waiting = std::mem::take(&mut self.inputs);
        self.restore(state);
        // What waited then has come since, or waits still.
        self.inputs = waiting;
        self.replay = all.split_off(past).into();
        self.log_bytes = all.iter().map(|(_, input)| input.bytes()).sum();
        self.log = all;
        self.applied = state.applied();
        self.debug.end = Some(end);
        (self.debug.reported, self.debug.frozen) = ([None; CORES], frozen);
        true
    }

    /// Makes what was to be repeated another run from here on.
    pub(super) fn fork(&mut self) {
        if self.debug.end.take().is_none() {
            return;
        }
        self.replay.clear();
        self.debug.parted = Some(self.cpus.iter().map(|cpu| cpu.cycles).sum());
        // Whoever held cores or interrupts there is gone.
        self.freeze([false; CORES]);
        for core in 0..CORES {
            if self.cpus[core].irq_held {
                self.note(Deed::Hold(core as u8, false));
                self.cpus[core].irq_held = false;
            }
        }
    }

    /// Cycles of both cores where the run became another one than that which was repeated, once.
    pub fn take_parted(&mut self) -> Option<u64> {
        self.debug.parted.take()
    }

    /// Runs on as [`Machine::run_judged`] does without a plan, to `goal` or virtual time `until`. The goal is a
    /// [`Stop::Step`].
    pub fn run_goal(&mut self, goal: Goal, until: Ticks, judge: &mut Judge) -> RunExit {
        self.sync_points();
        self.sync_breaks();
        self.soc.sys.tap.seen.clear();
        self.debug.goal = Some(goal);
        let exit = self.run_wanted(until, judge);
        self.debug.goal = None;
        exit
    }

    /// The break- or watchpoint at a core's PC is known already: it goes on from there without stopping again.
    pub fn reported(&mut self, core: usize) {
        self.debug.reported[core] = Some(self.cpus[core].pc);
    }

    /// True when both cores have come to a place.
    pub(super) fn reached(&self, place: &Place) -> bool {
        let there = (0..CORES).all(|c| self.cpus[c].cycles >= place.cycles[c]);
        there && place.inside == self.slice.is_some()
    }

    fn is_at(&self, place: &Place) -> bool {
        self.reached(place) && self.applied >= place.applied
    }

    /// True when the instructions asked for are done, or all is repeated.
    pub(in super::super) fn goal_reached(&self) -> bool {
        let goal = match &self.debug.goal {
            None => false,
            Some(Goal::Cycles(core, cycles)) => self.cpus[*core].cycles >= *cycles,
            Some(Goal::Place(place)) => self.is_at(place),
        };
        goal || self.debug.end.as_ref().is_some_and(|end| self.is_at(&end.place))
    }

    /// The place that is to be stopped at and is reached.
    pub(in super::super) fn due_place(&self) -> Option<Place> {
        self.places().find(|p| self.is_at(p))
    }

    /// The exit for [`Machine::goal_reached`].
    pub(in super::super) fn stepped(&mut self) -> Option<RunExit> {
        if let Some(place) = self.due_place() {
            self.take_interrupts_of(&place);
        }
        match self.debug.goal {
            Some(Goal::Cycles(core, cycles)) if self.cpus[core].cycles >= cycles => {
                self.debug.goal = None;
                return Some(RunExit::Stopped { core, stop: Stop::Step });
            }
            Some(Goal::Place(place)) if self.is_at(&place) => {
                self.debug.goal = None;
                return Some(RunExit::Stopped { core: 0, stop: Stop::Step });
            }
            _ => {}
        }
        let end = self.debug.end.take()?;
        self.stale = end.stale;
        Some(RunExit::Repeated)
    }

    /// An interrupt takes no cycle: the PCs of a place tell whether it was taken there already.
    pub(super) fn take_interrupts_of(&mut self, place: &Place) {
        for core in 0..CORES {
            if self.cpus[core].pc != place.pc[core] {
                self.cpus[core].take_interrupt();
            }
        }
    }

    /// A core's budget, cut to the next deed and to what a debugger asked for.
    pub(in super::super) fn goal_budget(&self, core: usize, budget: u64) -> u64 {
        let cycles = match &self.debug.goal {
            Some(Goal::Cycles(c, cycles)) if *c == core => Some(*cycles),
            _ => None,
        };
        let places = self.places().chain(self.next_place()).filter(|p| p.inside).map(|p| p.cycles[core]);
        let left = places.chain(cycles).map(|cycles| cycles.saturating_sub(self.cpus[core].cycles));
        // What a core has passed already does not hold it up: the other one has to come there.
        left.filter(|n| *n > 0).fold(budget, u64::min)
    }

    /// The time at which idle cores must not be asleep.
    pub(in super::super) fn goal_time(&self) -> Ticks {
        self.places().map(|place| place.at).filter(|at| *at > self.now).min().unwrap_or(Ticks::MAX)
    }

    /// The places that are to be stopped at.
    fn places(&self) -> impl Iterator<Item = Place> {
        let goal = match self.debug.goal {
            Some(Goal::Place(place)) => Some(place),
            _ => None,
        };
        [goal, self.debug.end.map(|end| end.place)].into_iter().flatten()
    }
}
