//! Reverse execution. Checkpoints are taken while a debugger is attached; an earlier position is reached by restoring a
//! checkpoint and replaying (`docs/decisions/going-back.md`).
//!
//! A reverse operation runs in pieces. Requests are served in between, so that it can be stopped at any time.

mod back;
mod history;
mod search;

pub(crate) use history::History;

use crate::event::{Client, Why};
use crate::session::{RunState, Session};
use esplens_core::debug::Stop;
use esplens_core::time::{TICKS_PER_US, Ticks};
use esplens_soc::machine::{ExecPosition, Goal, Machine, RunExit};

/// Virtual time of one piece, if its core is busy: some milliseconds of host time.
const PIECE: Ticks = 2000 * TICKS_PER_US;
/// Maximum host work of one piece.
const WORK: u64 = 10_000_000;

/// A reverse operation requested by a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReverseKind {
    /// To the last point that was hit (`reverse-continue`).
    Continue,
    /// To before a core's last instruction (`reverse-stepi`).
    Step(usize),
}

/// A reverse operation in progress.
pub(crate) enum ReverseOp {
    /// Searching for the last point that was hit.
    Search(Box<search::Search>),
    /// Searching for a core's last instruction.
    Step(Box<back::ReverseStep>),
    /// Replaying to a position from which a reverse step of this core continues.
    Before(ExecPosition, usize),
    /// Replaying to the final position; the core and the reason of the stop to report.
    GoTo(ExecPosition, usize, Why),
}

/// Progress of a reverse operation after one piece.
pub(crate) enum Progress {
    /// The piece found no result yet.
    Pending,
    /// The rest of the operation is known.
    Continue(ReverseOp),
    /// The beginning of the recording was reached; the machine is at the oldest checkpoint.
    AtOldest,
}

/// Replays one piece. Returns true if the goal or the end of the recording was reached.
fn replay_piece(m: &mut Machine, goal: Goal, on_hit: &mut dyn FnMut(&Machine, usize, Stop)) -> bool {
    m.allow_work(Some(WORK));
    let exit = m.run_goal(goal, m.now() + PIECE, &mut |m, core, stop| {
        on_hit(m, core, stop);
        false
    });
    // Runs of the machine outside of the reverse operation are not limited.
    m.allow_work(None);
    // Discard: this output was already delivered.
    m.take_output();
    match exit {
        RunExit::Stopped { .. } | RunExit::ReplayFinished => true,
        RunExit::Until | RunExit::WorkExhausted | RunExit::Reset(..) | RunExit::Exit(_) => false,
    }
}

/// Same as [`replay_piece`], ignoring hits.
fn replay_towards(m: &mut Machine, goal: Goal) -> bool {
    replay_piece(m, goal, &mut |_, _, _| ())
}

impl Session {
    /// Starts a reverse operation, as far back as checkpoints were taken ([`Session::set_recording`]). The stop is
    /// published like any other, with [`Why::Oldest`] if there is no earlier checkpoint.
    pub fn start_reverse_op(&mut self, how: ReverseKind, by: &Client) {
        self.machine.abandon_plan();
        if !self.machine.is_replaying() {
            self.undrained_output.extend(self.machine.take_output());
            self.live_edge_core = self.last_core();
            self.live_edge_instructions = self.machine.instructions();
        }
        self.history.maybe_checkpoint(&mut self.machine);
        self.history.trim(&self.machine);
        let reverse_op = match how {
            ReverseKind::Continue => {
                search::start(&mut self.machine, &self.history, search::SearchTarget::Points)
            }
            ReverseKind::Step(core) => {
                let irq = self.step_irq();
                back::start(&mut self.machine, &self.history, core & 1, irq)
            }
        };
        let Some(reverse_op) = reverse_op else {
            let core = if let ReverseKind::Step(core) = how { core & 1 } else { self.last_core() };
            self.stopped(core, Why::Oldest);
            return;
        };
        self.debuggers.resumed(by, self.stop_number());
        self.state = RunState::Running;
        self.reverse_op = Some(reverse_op);
    }

    /// Returns true while a reverse operation is in progress.
    #[must_use]
    pub fn is_reversing(&self) -> bool {
        self.reverse_op.is_some()
    }

    /// Runs one piece of the reverse operation.
    pub(crate) fn poll_reverse_op(&mut self) {
        if !self.machine.is_replaying() {
            // Another client changed the past or restored a snapshot: the recorded future no longer exists.
            self.finish_reverse_op(0, Why::Newest);
            return;
        }
        let Some(reverse_op) = &mut self.reverse_op else { return };
        let (m, history) = (&mut self.machine, &mut self.history);
        let found = match reverse_op {
            ReverseOp::Search(search) => search.poll(m, history, &self.points),
            ReverseOp::Step(step) => step.poll(m, history),
            ReverseOp::Before(position, core) => {
                let core = *core;
                if !replay_towards(m, Goal::Position(*position)) {
                    return;
                }
                back::start(m, history, core, false).map_or(Progress::AtOldest, Progress::Continue)
            }
            ReverseOp::GoTo(position, core, why) => {
                let (core, why) = (*core, why.clone());
                if replay_towards(m, Goal::Position(*position)) {
                    self.finish_reverse_op(core, why);
                }
                return;
            }
        };
        match found {
            Progress::Pending => {}
            Progress::Continue(way) => self.reverse_op = Some(way),
            Progress::AtOldest => self.finish_reverse_op(0, Why::Oldest),
        }
    }

    fn finish_reverse_op(&mut self, core: usize, why: Why) {
        self.end_reverse_op();
        if matches!(why, Why::Breakpoint | Why::Watchpoint { .. } | Why::Panic(_)) {
            self.machine.reported(core);
        }
        self.points.panicked = matches!(why, Why::Panic(_));
        self.stopped(core, why);
    }

    /// Ends the reverse operation and drops state that depends on the current time.
    pub(crate) fn end_reverse_op(&mut self) {
        if self.reverse_op.take().is_some() {
            self.tasks_restored();
            self.traces.forget_seen();
        }
    }

    /// Enables or disables checkpoints until a client changes it.
    pub fn set_recording(&mut self, on: bool) {
        self.history.set_on(on, true);
        self.history.maybe_checkpoint(&mut self.machine);
    }

    /// Enables checkpoints at the first stop or breakpoint of any client, unless a client set this explicitly.
    pub(crate) fn enable_recording_by_default(&mut self) {
        if !self.history.is_explicit() {
            self.history.set_on(true, false);
            self.history.maybe_checkpoint(&mut self.machine);
        }
    }

    /// Disables checkpoints when no debugger is attached, unless a client set this explicitly.
    pub(crate) fn disable_default_recording(&mut self) {
        if !self.history.is_explicit() {
            self.history.set_on(false, false);
        }
    }

    /// Describes the recording state for the user.
    #[must_use]
    pub fn recording(&self) -> String {
        self.history.describe(&self.machine)
    }

    /// Returns the virtual time of the oldest checkpoint, if there is one.
    #[must_use]
    pub fn oldest(&self) -> Option<Ticks> {
        self.history.oldest()
    }

    /// Returns the distance to the end of the recording, in instructions of both cores, or `None` if the machine is not
    /// in the past.
    #[must_use]
    pub fn instructions_past(&self) -> Option<u64> {
        self.machine.live_edge()?;
        Some(self.live_edge_instructions.saturating_sub(self.machine.instructions()))
    }

    /// Returns the distance to the end of the recording, in ticks of virtual time, or `None` if the machine is not in
    /// the past.
    #[must_use]
    pub fn past(&self) -> Option<Ticks> {
        self.machine.live_edge().map(|live_edge| live_edge.saturating_sub(self.machine.now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::machine;
    use esplens_core::time::TICKS_PER_US;

    #[test]
    fn a_piece_of_the_way_leaves_no_limit_of_work_behind() {
        let mut m = machine();
        let goal = Goal::Cycles(0, 1000);
        while !replay_towards(&mut m, goal) {}
        let until = m.now() + 200_000 * TICKS_PER_US;
        assert_eq!(m.run(until), RunExit::Until);
        assert!(m.memory().work.done() > WORK, "the run was long enough to tell");
    }
}
