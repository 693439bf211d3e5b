//! The order of things: events, then a slice for each core, then time moves on.

use super::{Machine, RunExit, Slice};
use crate::bus::TimeBase;
use esplens_core::debug::Stop;
use esplens_core::engine::{Engine, Exit};
use esplens_core::memory::CORES;
use esplens_core::time::Ticks;

/// Longest slice in cycles. The cores see each other's writes and interrupts at slice boundaries.
pub const QUANTUM: u64 = 256;

impl Machine {
    /// Runs to virtual time `until` (it may be passed by less than a slice), or to the first event that the caller
    /// should know of.
    pub fn run(&mut self, until: Ticks) -> RunExit {
        loop {
            if let Some(exit) = self.run_slice(until) {
                return exit;
            }
        }
    }

    fn run_slice(&mut self, until: Ticks) -> Option<RunExit> {
        if self.slice.is_none() {
            self.apply_inputs();
            self.soc.run_events(&mut self.mem, self.now);
            if let Some(exit) = self.attend() {
                return Some(exit);
            }
            if self.now >= until {
                return Some(RunExit::Until);
            }
            if self.skip_idle(until) {
                return None;
            }
            self.begin_slice(until);
        }
        let exit = self.run_cores();
        if exit.is_none() {
            self.end_slice();
        }
        exit
    }

    /// Passes on interrupt lines and carries out requests.
    fn attend(&mut self) -> Option<RunExit> {
        let exit = self.carry_out_requests();
        if self.soc.sys.irq.changed {
            self.soc.sys.irq.changed = false;
            for core in 0..CORES {
                self.cpus[core].set_external(self.soc.sys.irq.inputs(core));
            }
        }
        exit
    }

    /// True for a core that executes nothing until an interrupt or another core changes that.
    fn idle(&self, core: usize) -> bool {
        self.held(core) || self.cpus[core].waiting && self.cpus[core].deliverable() == 0
    }

    fn held(&self, core: usize) -> bool {
        self.sleep.is_some() || self.soc.sys.cores[core].held()
    }

    /// Cycles until something may wake an idle core by itself.
    fn cycles_to_timer(&self, core: usize) -> u64 {
        if self.held(core) { u64::MAX } else { self.cpus[core].cycles_to_timer() }
    }

    /// With every core idle, moves time to the next event. True when it did.
    fn skip_idle(&mut self, until: Ticks) -> bool {
        if !(0..CORES).all(|c| self.idle(c)) {
            return false;
        }
        let tick = self.soc.sys.clocks.cpu_ticks();
        let gap = self.soc.sys.events.next().min(until).saturating_sub(self.now);
        let timers = (0..CORES).map(|c| self.cycles_to_timer(c)).min().unwrap_or(u64::MAX);
        let cycles = gap.div_ceil(tick).min(timers).max(1);
        for core in 0..CORES {
            if !self.held(core) {
                self.cpus[core].idle(cycles);
            }
        }
        self.now += cycles * tick;
        true
    }

    fn begin_slice(&mut self, until: Ticks) {
        let tick = self.soc.sys.clocks.cpu_ticks();
        let gap = self.soc.sys.events.next().min(until).saturating_sub(self.now);
        let mut cycles = gap.div_ceil(tick).clamp(1, QUANTUM);
        for core in 0..CORES {
            if self.idle(core) {
                cycles = cycles.min(self.cycles_to_timer(core));
            }
        }
        self.soc.base =
            TimeBase { start: self.now, cycles: [self.cpus[0].cycles, self.cpus[1].cycles], cpu_ticks: tick };
        self.slice = Some(Slice { cycles, core: 0 });
    }

    /// Moves time past the slice, or as far as PRO_CPU got in it.
    pub(super) fn end_slice(&mut self) {
        if let Some(slice) = self.slice.take() {
            self.now = self.soc.base.start + slice.cycles * self.soc.base.cpu_ticks;
        }
    }

    /// Gives each core its cycles. `Some`: stopped inside; the slice stays open where the caller may go on.
    fn run_cores(&mut self) -> Option<RunExit> {
        while let Some(slice) = self.slice {
            let core = slice.core;
            if let Some(exit) = self.run_core(core) {
                return Some(exit);
            }
            match &mut self.slice {
                Some(s) if core + 1 < CORES => s.core = core + 1,
                _ => break,
            }
        }
        None
    }

    fn run_core(&mut self, core: usize) -> Option<RunExit> {
        loop {
            let slice = self.slice?;
            let done = self.cpus[core].cycles - self.soc.base.cycles[core];
            if self.held(core) || done >= slice.cycles {
                return None;
            }
            let budget = slice.cycles - done;
            let exit =
                self.engines[core].run(&mut self.cpus[core], core, &mut self.mem, &mut self.soc, budget);
            match exit {
                Exit::Budget => return None,
                Exit::Waiting => {
                    let done = self.cpus[core].cycles - self.soc.base.cycles[core];
                    self.wait_in_slice(core, slice.cycles - done);
                }
                Exit::Attention => {
                    if let Some(exit) = self.attend_in_slice(core) {
                        return Some(exit);
                    }
                }
                Exit::Stop(Stop::Simcall) => {
                    if let Some(code) = self.simcall(core) {
                        return Some(RunExit::Exit(code));
                    }
                }
                Exit::Stop(stop) => return Some(RunExit::Stopped { core, stop }),
            }
        }
    }

    /// A waiting core lets the rest of the slice pass, or the part up to its next timer match.
    fn wait_in_slice(&mut self, core: usize, rest: u64) {
        let cpu = &mut self.cpus[core];
        cpu.idle(rest.min(cpu.cycles_to_timer()));
    }

    /// A device of `core` wants the machine: interrupt lines, requests, a new clock.
    fn attend_in_slice(&mut self, core: usize) -> Option<RunExit> {
        let done = self.cpus[core].cycles - self.soc.base.cycles[core];
        if core == 0
            && let Some(slice) = &mut self.slice
        {
            // What PRO_CPU started (another clock, a sleep, an event soon) takes effect for both cores here.
            slice.cycles = slice.cycles.min(done.max(1));
        }
        self.attend()
    }
}
