//! The run loop: due events, then a slice of the cores' turns, then virtual time advances.

use super::{Machine, RunExit, Slice};
use crate::bus::TimeBase;
use esplens_core::debug::Stop;
use esplens_core::engine::{Engine, Exit};
use esplens_core::memory::CORES;
use esplens_core::time::Ticks;

/// Longest slice in cycles. Events run and inputs take effect between two slices.
const SLICE: u64 = 4096;
/// Host work of a slice, in addition to that of its instructions and devices.
const SLICE_WORK: u64 = 500;
/// Host work of an engine's run, and of each of its cycles.
const RUN_WORK: u64 = 100;
const CYCLE_WORK: u64 = 5;
/// Cycles of a core's turn while both cores are busy. Small, because firmware polls flags that the other core sets for
/// only a few dozen cycles (docs/decisions/turns.md).
pub(super) const TURN: u64 = 32;

impl Machine {
    /// Runs until a core reaches virtual time `until`, or until the first event that is reported to the caller.
    ///
    /// `until` does not shorten a slice: it stops inside the slice, and the next run finishes it. The division of time
    /// into calls therefore makes no difference to the machine. If both cores wait inside a slice, the run may
    /// overshoot `until` by less than that slice.
    pub fn run(&mut self, until: Ticks) -> RunExit {
        self.sync_trace();
        loop {
            if let Some(exit) = self.run_slice(until) {
                return exit;
            }
        }
    }

    fn run_slice(&mut self, until: Ticks) -> Option<RunExit> {
        if self.mem.work.is_over() {
            return Some(RunExit::WorkExhausted);
        }
        if self.slice.is_none() {
            self.mem.work.charge(SLICE_WORK);
            // After a stop of the ULP among the events of this boundary, new inputs wait for the next one, so that a
            // replay applies them in the same order.
            if !std::mem::take(&mut self.resumes_events) {
                self.poll_host();
                self.apply_inputs();
            }
            self.soc.run_events(&mut self.mem, self.now);
            self.resumes_events = self.soc.sys.ulp.debug.hit.is_some();
            self.run_network();
            // A frame stop comes after the interrupt lines are updated, so that a replayed run stops at the same
            // position.
            if let Some(exit) = self.service_requests().or_else(|| self.frame_stop()) {
                return Some(exit);
            }
            if self.replay_actions() {
                return None;
            }
            if self.due_position().is_some() {
                return self.stepped();
            }
            if self.now >= until {
                return Some(RunExit::Until);
            }
            if self.skip_idle(until) {
                return None;
            }
            self.begin_slice();
        }
        let exit = self.run_cores(until);
        if exit.is_none() {
            self.end_slice();
        }
        exit
    }

    /// Carries out requests and updates the cores' interrupt inputs.
    fn service_requests(&mut self) -> Option<RunExit> {
        let exit = self.carry_out_requests();
        if self.soc.sys.irq.changed {
            self.soc.sys.irq.changed = false;
            for core in 0..CORES {
                self.cpus[core].set_external(self.soc.sys.irq.inputs(core));
            }
        }
        exit
    }

    /// Returns true for a core that executes nothing until an interrupt or another core changes that.
    pub(super) fn idle(&self, core: usize) -> bool {
        self.held(core)
            || self.debug.frozen[core]
            || self.cpus[core].waiting && self.cpus[core].deliverable() == 0
    }

    pub(super) fn held(&self, core: usize) -> bool {
        self.sleep.is_some() || self.soc.sys.cores[core].held()
    }

    /// Returns the cycles until an idle core's timer may wake it.
    fn cycles_to_timer(&self, core: usize) -> u64 {
        if self.held(core) { u64::MAX } else { self.cpus[core].cycles_to_timer() }
    }

    /// Advances time to the next event if every core is idle. Returns true if it did.
    fn skip_idle(&mut self, until: Ticks) -> bool {
        if !(0..CORES).all(|c| self.idle(c)) {
            return false;
        }
        let tick = self.soc.sys.clocks.cpu_ticks();
        let next = self.next_event().min(self.next_replay()).min(self.goal_time()).min(until);
        let gap = next.saturating_sub(self.now);
        let timers = (0..CORES).map(|c| self.cycles_to_timer(c)).min().unwrap_or(u64::MAX);
        let cycles = gap.div_ceil(tick).min(timers).max(1);
        for core in 0..CORES {
            self.pass(core, cycles);
        }
        self.now += cycles * tick;
        true
    }

    /// Begins a slice. Its length depends on the machine's state alone.
    fn begin_slice(&mut self) {
        let tick = self.soc.sys.clocks.cpu_ticks();
        let gap = self.next_event().saturating_sub(self.now);
        let mut cycles = gap.div_ceil(tick).clamp(1, SLICE);
        for core in 0..CORES {
            if self.idle(core) {
                cycles = cycles.min(self.cycles_to_timer(core));
            }
        }
        self.soc.base = TimeBase {
            start: self.now,
            cycles: [self.cpus[0].cycles, self.cpus[1].cycles],
            cpu_ticks: tick,
            end: self.now + cycles * tick,
        };
        self.slice = Some(Slice { cycles, turn_end: 0, core: 0 });
    }

    /// Advances virtual time to the end of the slice.
    pub(super) fn end_slice(&mut self) {
        if let Some(slice) = self.slice.take() {
            self.now = self.soc.base.start + slice.cycles * self.soc.base.cpu_ticks;
        }
    }

    /// Returns the cycles that `core` has executed in the slice.
    pub(super) fn done(&self, core: usize) -> u64 {
        self.cpus[core].cycles - self.soc.base.cycles[core]
    }

    /// Returns the cycles that the core that is ahead has executed in the slice.
    pub(super) fn progress(&self) -> u64 {
        (0..CORES).map(|core| self.done(core)).max().unwrap_or(0)
    }

    /// Runs the cores in turns. `Some`: stopped inside the slice; it stays open if the run can be continued.
    fn run_cores(&mut self, until: Ticks) -> Option<RunExit> {
        let stop = until.saturating_sub(self.soc.base.start).div_ceil(self.soc.base.cpu_ticks.max(1));
        while let Some(slice) = self.slice {
            if self.replay_actions() {
                continue;
            }
            if self.progress() >= stop {
                return Some(RunExit::Until);
            }
            if slice.core == CORES {
                self.end_turn(slice.turn_end);
                if slice.turn_end >= slice.cycles {
                    return None;
                }
                self.slice = Some(Slice { core: 0, ..slice });
                continue;
            }
            if slice.core == 0 && self.done(0) >= slice.turn_end {
                self.begin_turn();
            }
            if let Some(exit) = self.run_core(slice.core, stop) {
                return Some(exit);
            }
            if let Some(slice) = &mut self.slice {
                slice.core += 1;
            }
            if self.goal_reached() {
                return self.stepped();
            }
        }
        None
    }

    /// Begins a turn. If one core is idle, the turn lasts to the end of the slice.
    fn begin_turn(&mut self) {
        let both = !self.idle(0) && !self.idle(1);
        if let Some(slice) = &mut self.slice {
            slice.turn_end = if both { (slice.turn_end + TURN).min(slice.cycles) } else { slice.cycles };
        }
    }

    /// Ends a turn: idles the cores that did not run to its end.
    fn end_turn(&mut self, turn_end: u64) {
        for core in 0..CORES {
            let rest = turn_end.saturating_sub(self.done(core));
            if rest > 0 {
                self.pass(core, rest);
            }
        }
    }

    /// Advances an idle core by `cycles`, from one CCOMPARE match to the next. CCOUNT stops while the clock is gated. A
    /// stalled core keeps its clock: its timer interrupts stay pending until it runs again.
    fn pass(&mut self, core: usize, cycles: u64) {
        let lines = &self.soc.sys.cores[core];
        if self.sleep.is_some() || lines.gated || lines.in_reset {
            return self.cpus[core].clock_off(cycles);
        }
        let mut left = cycles;
        while left > 0 {
            let step = left.min(self.cpus[core].cycles_to_timer());
            self.cpus[core].idle(step);
            left -= step;
        }
    }

    /// Runs one core's part of the turn, at most to cycle `stop` of the slice.
    fn run_core(&mut self, core: usize, stop: u64) -> Option<RunExit> {
        loop {
            self.replay_actions();
            let slice = self.slice?;
            let done = self.done(core);
            if done >= slice.turn_end || self.idle(core) {
                return None;
            }
            if done >= stop {
                return Some(RunExit::Until);
            }
            if self.mem.work.is_over() {
                return Some(RunExit::WorkExhausted);
            }
            if self.goal_reached() {
                return self.stepped();
            }
            let long = self.long_turn(core, stop);
            let turn_end = long.as_ref().map_or(slice.turn_end, |turn| turn.end);
            let budget = self.goal_budget(core, turn_end.min(stop) - done);
            let exit =
                self.engines[core].run(&mut self.cpus[core], core, &mut self.mem, &mut self.soc, budget);
            if let Some(turn) = long {
                self.end_long_turn(core, &turn);
            }
            let cycles = self.done(core) - done;
            self.mem.work.charge(RUN_WORK + CYCLE_WORK * cycles);
            match exit {
                Exit::Budget => {}
                Exit::Waiting => self.wait_in_turn(core),
                Exit::Service => {
                    if let Some(exit) = self.service_in_turn(core).or_else(|| self.frame_stop()) {
                        return Some(exit);
                    }
                }
                Exit::Pause => {
                    if let Some(exit) = self.frame_stop() {
                        return Some(exit);
                    }
                }
                Exit::Stop(Stop::Simcall) => {
                    if let Some(code) = self.simcall(core) {
                        return Some(RunExit::Exit(code));
                    }
                }
                Exit::Stop(Stop::Break) if self.is_semihost_call(core) => {
                    if let Some(code) = self.semihost(core) {
                        return Some(RunExit::Exit(code));
                    }
                }
                Exit::Stop(Stop::Break) if !self.stops_at_breaks() => self.engines[core].raise_break(),
                Exit::Stop(stop) => return Some(RunExit::Stopped { core, stop }),
            }
        }
    }

    /// Advances a core that has just begun to wait to its next timer match or the end of the turn.
    fn wait_in_turn(&mut self, core: usize) {
        let Some(slice) = self.slice else { return };
        let rest = slice.turn_end.saturating_sub(self.done(core));
        let cycles = rest.min(self.cpus[core].cycles_to_timer());
        if cycles > 0 {
            self.pass(core, cycles);
        }
    }

    /// Handles a device access of `core` that changed interrupt lines, requests, the clock or the next event. The slice
    /// ends with the turn. If no other core has run in this turn yet, the turn ends here.
    fn service_in_turn(&mut self, core: usize) -> Option<RunExit> {
        let done = self.done(core);
        let alone = core == 0 || self.idle(0) && self.done(0) <= done;
        if let Some(slice) = &mut self.slice {
            if alone {
                slice.turn_end = slice.turn_end.min(done);
            }
            slice.cycles = slice.turn_end;
            self.soc.base.end = self.soc.base.start + slice.cycles * self.soc.base.cpu_ticks;
        }
        self.service_requests()
    }
}
