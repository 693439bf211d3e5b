//! The debug interface of a machine: registers by number, memory with and without side effects, breakpoints, single
//! steps.
//!
//! Debuggers' settings are not part of the machine's state: as long as a debugger writes nothing, a run under it is
//! identical to a run without it, bit by bit.

mod breaks;
mod journal;
mod memory;
mod points;
pub mod reg;
mod step;
mod travel;

use super::{Machine, RunExit, Sleep};
use esplens_core::debug::Stop;
use esplens_core::engine::Engine;
use esplens_core::memory::CORES;
use esplens_core::time::Ticks;
use std::collections::{BTreeMap, BTreeSet};

pub use journal::{DebugAction, ExecPosition};
pub use step::{Plan, Step};
pub use travel::Goal;

/// Debuggers' settings for the run.
#[derive(Default)]
pub(super) struct Debug {
    /// Cores held by a debugger: time passes, but they execute nothing.
    pub frozen: [bool; CORES],
    /// Position at which the run stops.
    goal: Option<Goal>,
    /// Position at which the replay ends.
    pub end: Option<travel::End>,
    /// Position at which the run diverged from the replayed one, in cycles of both cores.
    diverged_at: Option<u64>,
    /// Breakpoints, with the number of clients that set each.
    breaks: BTreeMap<u32, u32>,
    /// Breakpoints set in the engines. May include more than `breaks`; a hit of such a one is checked and ignored.
    in_engine: BTreeSet<u32>,
    /// `breaks` changed since the engines were updated.
    changed: bool,
    /// A debugger handles BREAK instructions.
    take_breaks: bool,
    /// Address of the BREAK at which a core's stop was reported.
    broke: [Option<u32>; CORES],
    /// Address at which a core's last stop was reported: it continues from there without stopping again.
    reported: [Option<u32>; CORES],
    /// The plan being carried out.
    plan: Option<step::Running>,
}

/// Decides whether a breakpoint or watchpoint that a core hit is a stop, given the machine, the core and the point. It
/// must depend on nothing but the machine, so that runs are reproducible.
pub type StopFilter<'a> = dyn FnMut(&Machine, usize, Stop) -> bool + 'a;

/// Host work charged for deciding whether a point is a stop.
const FILTER_WORK: u64 = 5_000;

impl Machine {
    /// Starts a plan; [`Machine::run_debug`] then carries it out.
    pub fn begin(&mut self, plan: &Plan) {
        self.freeze(plan.frozen);
        self.debug.plan = Some(step::Running::new(plan));
    }

    /// Ends the current plan: all cores run freely again.
    pub fn abandon_plan(&mut self) {
        self.debug.plan = None;
        self.freeze([false; CORES]);
        if !self.is_replaying() {
            self.cpus.iter_mut().for_each(|cpu| cpu.irq_held = false);
        }
    }

    /// Runs as [`Machine::run`] does, with breakpoints and the plan. A stop ends the plan.
    pub fn run_debug(&mut self, until: Ticks) -> RunExit {
        self.run_filtered(until, &mut |_, _, _| true)
    }

    /// As [`Machine::run_debug`], but calls `filter` at each breakpoint and watchpoint. If it returns false, the plan
    /// continues, and the run is identical to one without the point, bit by bit.
    pub fn run_filtered(&mut self, until: Ticks, filter: &mut StopFilter) -> RunExit {
        self.sync_points();
        self.sync_breaks();
        self.soc.sys.tap.seen.clear();
        self.soc.sys.ulp.debug.hit = None;
        let exit = self.run_plan(until, filter);
        if let RunExit::Stopped { core, stop } = exit {
            self.abandon_plan();
            let before = matches!(stop, Stop::Breakpoint | Stop::Watchpoint { .. });
            self.debug.reported[core] = before.then_some(self.cpus[core].pc);
            self.debug.broke[core] = (stop == Stop::Break).then_some(self.cpus[core].pc);
        }
        exit
    }

    fn run_plan(&mut self, until: Ticks, filter: &mut StopFilter) -> RunExit {
        if let Some(exit) = self.step_off(until, filter) {
            return exit;
        }
        match self.debug.plan.take() {
            Some(mut plan) if plan.is_step() => {
                let exit = self.run_step(&mut plan, until, filter);
                self.debug.plan = Some(plan);
                exit
            }
            plan => {
                self.debug.plan = plan;
                self.run_to_stop(until, filter)
            }
        }
    }

    /// Steps cores off the breakpoint or watchpoint that was already reported for them.
    fn step_off(&mut self, until: Ticks, filter: &mut StopFilter) -> Option<RunExit> {
        for core in 0..CORES {
            let here = self.cpus[core].pc;
            if self.debug.reported[core] != Some(here) || self.debug.frozen[core] {
                continue;
            }
            if self.debug.plan.as_ref().is_some_and(|p| p.steps(core)) || self.held(core) {
                continue;
            }
            if !self.debug.in_engine.contains(&here) && self.mem.watches().next().is_none() {
                self.debug.reported[core] = None;
                continue;
            }
            let mut plan = step::Running::over(core);
            let exit = self.run_step(&mut plan, until, filter);
            match exit {
                RunExit::Stopped { stop: Stop::Step, .. } => self.debug.reported[core] = None,
                other => return Some(other),
            }
        }
        None
    }

    /// Runs, ignoring points that are not a stop.
    fn run_to_stop(&mut self, until: Ticks, filter: &mut StopFilter) -> RunExit {
        loop {
            let exit = self.run(until);
            let RunExit::Stopped { core, stop } = exit else { return exit };
            self.mem.work.charge(FILTER_WORK);
            if self.is_stop(core, stop, filter) {
                return exit;
            }
            match stop {
                Stop::Breakpoint | Stop::Watchpoint { .. } => self.engines[core].step_over(),
                Stop::NetFrame => self.soc.sys.tap.seen.clear(),
                Stop::Coprocessor { .. } => self.soc.sys.ulp.debug.hit = None,
                Stop::Break => self.engines[core].raise_break(),
                Stop::Interrupt { .. } | Stop::Simcall | Stop::Step => {}
            }
        }
    }

    fn is_stop(&self, core: usize, stop: Stop, filter: &mut StopFilter) -> bool {
        match stop {
            Stop::Breakpoint => self.wanted(self.cpus[core].pc) && filter(self, core, stop),
            Stop::Watchpoint { .. } | Stop::Interrupt { .. } | Stop::NetFrame => filter(self, core, stop),
            Stop::Break | Stop::Simcall | Stop::Step | Stop::Coprocessor { .. } => true,
        }
    }

    /// Returns a core's name and the reason why it executes nothing, for a thread list.
    #[must_use]
    pub fn core_status(&self, core: usize) -> String {
        let name = if core == 0 { "PRO_CPU" } else { "APP_CPU" };
        let lines = &self.soc.sys.cores[core];
        let what = match self.sleep {
            Some(Sleep::Off) => "EN is low",
            Some(_) => "chip sleeps",
            None if lines.in_reset => "in reset",
            None if lines.gated => "clock off",
            None if lines.dport_stall || lines.rtc_stall => "stalled",
            None if self.cpus[core].waiting => "waiting for interrupt",
            None => return name.into(),
        };
        format!("{name} ({what})")
    }
}

#[cfg(test)]
mod tests;
