//! Reverse execution. Checkpoints are taken while a debugger is attached; an earlier position is reached by restoring a
//! checkpoint and replaying (`docs/decisions/going-back.md`).
//!
//! A reverse operation runs in pieces. Requests are served in between, so that it can be stopped at any time.

mod back;
mod history;
mod search;

pub(super) use history::History;

use super::event::Why;
use super::handle::Client;
use super::session::{RunState, Session};
use esplens_core::debug::Stop;
use esplens_core::time::{TICKS_PER_US, Ticks};
use esplens_soc::machine::{Goal, Machine, Place, RunExit};

/// Virtual time of one piece, if its core is busy: some milliseconds of host time.
const PIECE: Ticks = 2000 * TICKS_PER_US;
/// Maximum host work of one piece.
const WORK: u64 = 10_000_000;

/// A reverse operation requested by a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Back {
    /// To the last point that was hit (`reverse-continue`).
    Continue,
    /// To before a core's last instruction (`reverse-stepi`).
    Step(usize),
}

/// A reverse operation in progress.
pub(super) enum Journey {
    /// Searching for the last point that was hit.
    Search(Box<search::Search>),
    /// Searching for a core's last instruction.
    Step(Box<back::StepBack>),
    /// Replaying to a position from which a reverse step of this core continues.
    Before(Place, usize),
    /// Replaying to the final position; the core and the reason of the stop to report.
    Go(Place, usize, Why),
}

/// Progress of a reverse operation after one piece.
pub(super) enum Found {
    /// The piece found no result yet.
    Nothing,
    /// The rest of the operation is known.
    Way(Journey),
    /// The beginning of the recording was reached; the machine is at the oldest checkpoint.
    Begin,
}

/// Replays one piece. Returns true if the goal or the end of the recording was reached.
fn run_piece(m: &mut Machine, goal: Goal, judge: &mut dyn FnMut(&Machine, usize, Stop)) -> bool {
    m.allow_work(Some(WORK));
    let exit = m.run_goal(goal, m.now() + PIECE, &mut |m, core, stop| {
        judge(m, core, stop);
        false
    });
    // Runs of the machine outside of the reverse operation are not limited.
    m.allow_work(None);
    // Discard: this output was already delivered.
    m.take_output();
    match exit {
        RunExit::Stopped { .. } | RunExit::Repeated => true,
        RunExit::Until | RunExit::Look | RunExit::Reset(..) | RunExit::Exit(_) => false,
    }
}

/// Same as [`run_piece`], ignoring hits.
fn go_on(m: &mut Machine, goal: Goal) -> bool {
    run_piece(m, goal, &mut |_, _, _| ())
}

impl Session {
    /// Starts a reverse operation, as far back as checkpoints were taken ([`Session::set_recording`]). The stop is
    /// published like any other, with [`Why::Oldest`] if there is no earlier checkpoint.
    pub fn go_back(&mut self, how: Back, by: &Client) {
        self.machine.abandon_plan();
        if !self.machine.repeats() {
            self.unsaid.extend(self.machine.take_output());
            self.present_core = self.last_core();
            self.present_instructions = self.machine.instructions();
        }
        self.history.look(&mut self.machine);
        self.history.trim(&self.machine);
        let journey = match how {
            Back::Continue => search::begin(&mut self.machine, &self.history, search::Wanted::Points),
            Back::Step(core) => {
                let irq = self.step_irq();
                back::begin(&mut self.machine, &self.history, core & 1, irq)
            }
        };
        let Some(journey) = journey else {
            let core = if let Back::Step(core) = how { core & 1 } else { self.last_core() };
            self.stopped(core, Why::Oldest);
            return;
        };
        self.debuggers.resumed(by, self.stop_number());
        self.state = RunState::Running;
        self.journey = Some(journey);
    }

    /// Returns true while a reverse operation is in progress.
    #[must_use]
    pub fn is_travelling(&self) -> bool {
        self.journey.is_some()
    }

    /// Runs one piece of the reverse operation.
    pub(super) fn travel(&mut self) {
        if !self.machine.repeats() {
            // Another client changed the past or restored a snapshot: the recorded future no longer exists.
            self.arrive(0, Why::Newest);
            return;
        }
        let Some(journey) = &mut self.journey else { return };
        let (m, history) = (&mut self.machine, &mut self.history);
        let found = match journey {
            Journey::Search(search) => search.piece(m, history, &self.points),
            Journey::Step(step) => step.piece(m, history),
            Journey::Before(place, core) => {
                let core = *core;
                if !go_on(m, Goal::Place(*place)) {
                    return;
                }
                back::begin(m, history, core, false).map_or(Found::Begin, Found::Way)
            }
            Journey::Go(place, core, why) => {
                let (core, why) = (*core, why.clone());
                if go_on(m, Goal::Place(*place)) {
                    self.arrive(core, why);
                }
                return;
            }
        };
        match found {
            Found::Nothing => {}
            Found::Way(way) => self.journey = Some(way),
            Found::Begin => self.arrive(0, Why::Oldest),
        }
    }

    fn arrive(&mut self, core: usize, why: Why) {
        self.end_journey();
        if matches!(why, Why::Breakpoint | Why::Watchpoint { .. } | Why::Panic(_)) {
            self.machine.reported(core);
        }
        self.points.panicked = matches!(why, Why::Panic(_));
        self.stopped(core, why);
    }

    /// Ends the reverse operation and drops state that depends on the current time.
    pub(super) fn end_journey(&mut self) {
        if self.journey.take().is_some() {
            self.tasks_restored();
            self.traces.forget_seen();
        }
    }

    /// Enables or disables checkpoints until a client changes it.
    pub fn set_recording(&mut self, on: bool) {
        self.history.set_on(on, true);
        self.history.look(&mut self.machine);
    }

    /// Enables checkpoints at the first stop or breakpoint of any client, unless a client set this explicitly.
    pub(super) fn record_by_itself(&mut self) {
        if !self.history.is_wished() {
            self.history.set_on(true, false);
            self.history.look(&mut self.machine);
        }
    }

    /// Disables checkpoints when no debugger is attached, unless a client set this explicitly.
    pub(super) fn record_no_more(&mut self) {
        if !self.history.is_wished() {
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
        self.machine.present()?;
        Some(self.present_instructions.saturating_sub(self.machine.instructions()))
    }

    /// Returns the distance to the end of the recording, in ticks of virtual time, or `None` if the machine is not in
    /// the past.
    #[must_use]
    pub fn past(&self) -> Option<Ticks> {
        self.machine.present().map(|present| present.saturating_sub(self.machine.now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supervisor::testing::machine;
    use esplens_core::time::TICKS_PER_US;

    #[test]
    fn a_piece_of_the_way_leaves_no_limit_of_work_behind() {
        let mut m = machine();
        let goal = Goal::Cycles(0, 1000);
        while !go_on(&mut m, goal) {}
        let until = m.now() + 200_000 * TICKS_PER_US;
        assert_eq!(m.run(until), RunExit::Until);
        assert!(m.memory().work.done() > WORK, "the run was long enough to tell");
    }
}
