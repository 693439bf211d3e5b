//! Backwards: moments of the run are kept while debuggers are there, and what was before one is found by repeating the
//! run from it (`docs/decisions/going-back.md`).
//!
//! A journey is made in pieces between which requests are served, so that it can be stopped anywhere.

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

/// Virtual time of a piece of a journey, if its core is busy: some milliseconds of the host's.
const PIECE: Ticks = 2000 * TICKS_PER_US;
/// Host work of a piece of the way at the most.
const WORK: u64 = 10_000_000;

/// A way back that a client asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Back {
    /// To the last point that was hit.
    Continue,
    /// To before a core's last instruction.
    Step(usize),
}

/// A journey under way.
pub(super) enum Journey {
    /// Looking for the last point that was hit.
    Search(Box<search::Search>),
    /// Looking for a core's last instruction.
    Step(Box<back::StepBack>),
    /// On the way to a place where a step back of a core goes on.
    Before(Place, usize),
    /// On the way to a place that is known: the core that the stop is about, and why.
    Go(Place, usize, Why),
}

/// What a piece of a journey came to.
pub(super) enum Found {
    /// It goes on.
    Nothing,
    /// The rest of the way is known.
    Way(Journey),
    /// There is nothing before the oldest moment, where the machine is now.
    Begin,
}

/// Runs a piece of the way; true once the goal is reached, or the present, which is no earlier.
fn run_piece(m: &mut Machine, goal: Goal, judge: &mut dyn FnMut(&Machine, usize, Stop)) -> bool {
    m.allow_work(Some(WORK));
    let exit = m.run_goal(goal, m.now() + PIECE, &mut |m, core, stop| {
        judge(m, core, stop);
        false
    });
    // What others have the machine do is not part of the way.
    m.allow_work(None);
    // It has all been said.
    m.take_output();
    match exit {
        RunExit::Stopped { .. } | RunExit::Repeated => true,
        RunExit::Until | RunExit::Look | RunExit::Reset(..) | RunExit::Exit(_) => false,
    }
}

/// As [`run_piece`], whatever is hit.
fn go_on(m: &mut Machine, goal: Goal) -> bool {
    run_piece(m, goal, &mut |_, _, _| ())
}

impl Session {
    /// Goes back, as far as moments were kept ([`Session::set_recording`]); the stop is published like any other, with
    /// [`Why::Oldest`] where nothing earlier is kept.
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

    /// True while a way back is looked for.
    #[must_use]
    pub fn is_travelling(&self) -> bool {
        self.journey.is_some()
    }

    /// A piece of the journey.
    pub(super) fn travel(&mut self) {
        if !self.machine.repeats() {
            // Another client changed the past, or went elsewhere: there is no way back any more.
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

    /// The machine is somewhere else in time, for good or until somebody goes on.
    pub(super) fn end_journey(&mut self) {
        if self.journey.take().is_some() {
            self.tasks_restored();
            self.traces.forget_seen();
        }
    }

    /// Keeps moments to go back to, or does not, until a client says otherwise.
    pub fn set_recording(&mut self, on: bool) {
        self.history.set_on(on, true);
        self.history.look(&mut self.machine);
    }

    /// Keeps moments from the first stop or breakpoint on, whoever's it is, unless a client said not to.
    pub(super) fn record_by_itself(&mut self) {
        if !self.history.is_wished() {
            self.history.set_on(true, false);
            self.history.look(&mut self.machine);
        }
    }

    /// Keeps no moments any more, unless a client said to: nobody is there to go back.
    pub(super) fn record_no_more(&mut self) {
        if !self.history.is_wished() {
            self.history.set_on(false, false);
        }
    }

    /// What is kept, in words.
    #[must_use]
    pub fn recording(&self) -> String {
        self.history.describe(&self.machine)
    }

    /// Virtual time of the oldest moment that is kept, if one is.
    #[must_use]
    pub fn oldest(&self) -> Option<Ticks> {
        self.history.oldest()
    }

    /// How many instructions of both cores before the present the machine is; `None`: it is live.
    #[must_use]
    pub fn instructions_past(&self) -> Option<u64> {
        self.machine.present()?;
        Some(self.present_instructions.saturating_sub(self.machine.instructions()))
    }

    /// How long before the present the machine is, in ticks of virtual time; `None`: it is live.
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
