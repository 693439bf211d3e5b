//! Reverse execution: restores a checkpoint and replays the run from there to an exact position.
//!
//! In a replay nothing is exchanged with the host, and input is queued. A debugger's action makes the run diverge: the
//! rest of the replay is dropped, and the machine is live again.

use super::super::{Machine, MachineState, RunExit};
use super::{DebugAction, ExecPosition, StopFilter};
use esplens_core::debug::Stop;
use esplens_core::memory::CORES;
use esplens_core::time::Ticks;

/// Position at which a run is to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// As soon as a core has reached this cycle count.
    Cycles(usize, u64),
    /// At a position of the run.
    Position(ExecPosition),
}

/// End of a replay.
#[derive(Clone, Copy)]
pub(in super::super) struct End {
    position: ExecPosition,
    now: Ticks,
    /// Value of `Machine::stale` there: the host's connections predate a restore.
    stale: bool,
}

impl Machine {
    /// Returns the number of inputs that took effect before the oldest one still in the log.
    #[must_use]
    pub fn log_begin(&self) -> u64 {
        self.applied - self.log.len() as u64
    }

    /// Returns the cores held by a debugger; not part of a saved state.
    #[must_use]
    pub fn frozen(&self) -> [bool; CORES] {
        self.debug.frozen
    }

    /// Returns the virtual time at the end of the replay.
    #[must_use]
    pub fn live_edge(&self) -> Option<Ticks> {
        self.debug.end.map(|end| end.now)
    }

    /// Returns true during a replay, up to the position at which [`Machine::rewind`] was first called.
    #[must_use]
    pub fn is_replaying(&self) -> bool {
        self.debug.end.is_some()
    }

    /// Restores a saved state, with the cores held there, and replays the run up to the latest position it has reached.
    /// At that position [`Machine::run`] returns [`RunExit::ReplayFinished`]. Returns false without any effect if the
    /// input log does not reach back to the state ([`Machine::trim_log`]).
    pub fn rewind(&mut self, state: &MachineState, frozen: [bool; CORES]) -> bool {
        let past = state.applied().checked_sub(self.log_begin()).and_then(|n| usize::try_from(n).ok());
        let Some(past) = past.filter(|n| *n <= self.log.len() + self.replay.len()) else { return false };
        let end =
            self.debug.end.unwrap_or(End { position: self.position(), now: self.now(), stale: self.stale });
        // The applied and the remaining inputs form one log.
        let mut all = std::mem::take(&mut self.log);
        all.extend(std::mem::take(&mut self.replay));
        let waiting = std::mem::take(&mut self.inputs);
        self.restore(state);
        // Inputs queued in the saved state have been logged since or are still queued.
        self.inputs = waiting;
        self.replay = all.split_off(past).into();
        self.log_bytes = all.iter().map(|(_, input)| input.bytes()).sum();
        self.log = all;
        self.applied = state.applied();
        self.debug.end = Some(end);
        (self.debug.reported, self.debug.frozen) = ([None; CORES], frozen);
        true
    }

    /// Makes the run diverge here: drops the rest of the replay.
    pub(super) fn diverge(&mut self) {
        if self.debug.end.take().is_none() {
            return;
        }
        self.replay.clear();
        self.debug.diverged_at = Some(self.cpus.iter().map(|cpu| cpu.cycles).sum());
        // The debuggers that held cores or interrupts at this position are not attached any more.
        self.freeze([false; CORES]);
        for core in 0..CORES {
            if self.cpus[core].irq_held {
                self.note(DebugAction::Hold(core as u8, false));
                self.cpus[core].irq_held = false;
            }
        }
    }

    /// Takes the position at which the run diverged from the replay, in cycles of both cores.
    pub fn take_divergence(&mut self) -> Option<u64> {
        self.debug.diverged_at.take()
    }

    /// Runs as [`Machine::run_filtered`] does without a plan, to `goal` or virtual time `until`. Reaching the goal is a
    /// [`Stop::Step`].
    pub fn run_goal(&mut self, goal: Goal, until: Ticks, filter: &mut StopFilter) -> RunExit {
        self.sync_points();
        self.sync_breaks();
        self.soc.sys.tap.seen.clear();
        self.debug.goal = Some(goal);
        let exit = self.run_to_stop(until, filter);
        self.debug.goal = None;
        exit
    }

    /// Marks the breakpoint or watchpoint at a core's PC as reported: the core continues without stopping there again.
    pub fn reported(&mut self, core: usize) {
        self.debug.reported[core] = Some(self.cpus[core].pc);
    }

    /// Returns true if both cores have reached a position.
    pub(super) fn reached(&self, position: &ExecPosition) -> bool {
        let there = (0..CORES).all(|c| self.cpus[c].cycles >= position.cycles[c]);
        there && position.inside == self.slice.is_some()
    }

    fn is_at(&self, position: &ExecPosition) -> bool {
        self.reached(position) && self.applied >= position.applied
    }

    /// Returns true if the goal or the end of the replay is reached.
    pub(in super::super) fn goal_reached(&self) -> bool {
        let goal = match &self.debug.goal {
            None => false,
            Some(Goal::Cycles(core, cycles)) => self.cpus[*core].cycles >= *cycles,
            Some(Goal::Position(position)) => self.is_at(position),
        };
        goal || self.debug.end.as_ref().is_some_and(|end| self.is_at(&end.position))
    }

    /// Returns the goal's position or the replay's end if it is reached.
    pub(in super::super) fn due_position(&self) -> Option<ExecPosition> {
        self.stop_positions().find(|p| self.is_at(p))
    }

    /// Returns the exit after [`Machine::goal_reached`].
    pub(in super::super) fn stepped(&mut self) -> Option<RunExit> {
        if let Some(position) = self.due_position() {
            self.take_interrupts_of(&position);
        }
        match self.debug.goal {
            Some(Goal::Cycles(core, cycles)) if self.cpus[core].cycles >= cycles => {
                self.debug.goal = None;
                return Some(RunExit::Stopped { core, stop: Stop::Step });
            }
            Some(Goal::Position(position)) if self.is_at(&position) => {
                self.debug.goal = None;
                return Some(RunExit::Stopped { core: 0, stop: Stop::Step });
            }
            _ => {}
        }
        let end = self.debug.end.take()?;
        self.stale = end.stale;
        Some(RunExit::ReplayFinished)
    }

    /// Takes the interrupts that were already taken at a position, as its PCs show: taking an interrupt takes no cycle.
    pub(super) fn take_interrupts_of(&mut self, position: &ExecPosition) {
        for core in 0..CORES {
            if self.cpus[core].pc != position.pc[core] {
                self.cpus[core].take_interrupt();
            }
        }
    }

    /// Limits a core's budget to the next replayed action and the goal.
    pub(in super::super) fn goal_budget(&self, core: usize, budget: u64) -> u64 {
        let cycles = match &self.debug.goal {
            Some(Goal::Cycles(c, cycles)) if *c == core => Some(*cycles),
            _ => None,
        };
        let stop_positions = self
            .stop_positions()
            .chain(self.next_action_position())
            .filter(|p| p.inside)
            .map(|p| p.cycles[core]);
        let left = stop_positions.chain(cycles).map(|cycles| cycles.saturating_sub(self.cpus[core].cycles));
        // A count that this core has passed is no limit: only the other core still has to reach it.
        left.filter(|n| *n > 0).fold(budget, u64::min)
    }

    /// Returns the next time at which a stop is due, past which idle time must not be skipped.
    pub(in super::super) fn goal_time(&self) -> Ticks {
        self.stop_positions()
            .map(|position| position.at)
            .filter(|at| *at > self.now)
            .min()
            .unwrap_or(Ticks::MAX)
    }

    /// Returns the positions at which to stop.
    fn stop_positions(&self) -> impl Iterator<Item = ExecPosition> {
        let goal = match self.debug.goal {
            Some(Goal::Position(position)) => Some(position),
            _ => None,
        };
        [goal, self.debug.end.map(|end| end.position)].into_iter().flatten()
    }
}
