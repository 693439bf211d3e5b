//! Single steps that hide window handlers and, unless requested, interrupts.

use super::super::{Machine, RunExit};
use super::{Goal, StopFilter};
use esplens_core::cpu::exception::Cause;
use esplens_core::cpu::{Cpu, ps};
use esplens_core::debug::Stop;
use esplens_core::engine::Engine;
use esplens_core::memory::CORES;
use esplens_core::time::Ticks;
use std::ops::Range;

/// Bytes of the window vectors at VECBASE.
const WINDOW_VECTORS: u32 = 0x180;
/// Bytes of all vectors.
const VECTORS: u32 = 0x400;
/// EXCCAUSE of the exceptions after which the instruction is executed again: MOVSP's Alloca, a lazily enabled
/// coprocessor.
const TRANSPARENT: [u32; 2] = [5, 32];

/// A step and its end condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The core that steps; the other one runs as well unless it is held.
    pub core: usize,
    /// Continues while the PC is in this range; empty for a single instruction.
    pub range: Range<u32>,
    /// Interrupts may be taken; the step then ends at their vector.
    pub irq: bool,
}

/// A debugger's request for the next run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Cores that are held (scheduler locking).
    pub frozen: [bool; CORES],
    /// A step; `None`: run freely.
    pub step: Option<Step>,
}

/// A plan in progress.
pub(super) struct Running {
    step: Option<Step>,
    /// The step is in a handler that will return here.
    back: Option<Back>,
}

/// State in which a postponed instruction will be executed.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Back {
    pc: u32,
    level: u32,
    /// The stack pointer: the same code may be executed by another task first.
    sp: u32,
}

impl Back {
    fn of(cpu: &Cpu) -> Self {
        Self { pc: cpu.pc, level: cpu.ps & ps::INTLEVEL, sp: cpu.a(1) }
    }

    fn reached(self, cpu: &Cpu) -> bool {
        cpu.ps & ps::EXCM == 0 && Self::of(cpu) == self && !cpu.waiting
    }
}

impl Running {
    pub fn new(plan: &Plan) -> Self {
        Self { step: plan.step.clone(), back: None }
    }

    /// Creates a step of one instruction of `core`, to get it off a breakpoint.
    pub fn over(core: usize) -> Self {
        Self { step: Some(Step { core, range: 0..0, irq: false }), back: None }
    }

    pub fn is_step(&self) -> bool {
        self.step.is_some()
    }

    pub fn steps(&self, core: usize) -> bool {
        self.step.as_ref().is_some_and(|s| s.core == core)
    }
}

impl Machine {
    /// Continues a step up to virtual time `until`.
    pub(super) fn run_step(&mut self, plan: &mut Running, until: Ticks, filter: &mut StopFilter) -> RunExit {
        let Some(step) = plan.step.clone() else { return self.run_to_stop(until, filter) };
        let core = step.core;
        loop {
            if self.held(core) {
                return RunExit::Stopped { core, stop: Stop::Step };
            }
            if let Some(exit) = self.step_once(plan, &step, until, filter) {
                self.debug.goal = None;
                return exit;
            }
            let pc = self.cpus[core].pc;
            let inside = step.range.contains(&pc);
            if plan.back.is_some() || inside && !self.is_stop(core, Stop::Breakpoint, filter) {
                continue;
            }
            let stop = if inside { Stop::Breakpoint } else { Stop::Step };
            return RunExit::Stopped { core, stop };
        }
    }

    /// Executes one instruction. `Some`: the run ended for another reason.
    fn step_once(
        &mut self,
        plan: &mut Running,
        step: &Step,
        until: Ticks,
        filter: &mut StopFilter,
    ) -> Option<RunExit> {
        let core = step.core;
        let pc = self.cpus[core].pc;
        let here = Back::of(&self.cpus[core]);
        // A core in WAITI continues only after an interrupt: its handler runs, then it returns to the instruction after
        // the WAITI. The same applies to a range step, whose code may wait for what a handler does.
        let due = !step.range.is_empty() && self.cpus[core].deliverable() > 0;
        if (self.cpus[core].waiting || due) && plan.back.is_none() && !step.irq {
            plan.back = Some(here);
        }
        let visible = plan.back.is_none();
        if visible && step.irq && self.cpus[core].take_interrupt() {
            return None;
        }
        // A breakpoint here is ignored; a watchpoint stops the step unless it was reported already.
        if visible && (self.debug.in_engine.contains(&pc) || self.debug.reported[core] == Some(pc)) {
            self.engines[core].step_over();
        }
        self.debug.goal = Some(Goal::Cycles(core, self.cpus[core].cycles + 1));
        let hold = self.begin_hold(core, visible && !step.irq);
        let exit = self.run_to_stop(until, filter);
        self.end_hold(core, hold);
        match exit {
            RunExit::Stopped { stop: Stop::Step, .. } => self.debug.reported[core] = None,
            other => return Some(other),
        }
        match plan.back {
            Some(back) if back.reached(&self.cpus[core]) => plan.back = None,
            None if self.put_off(core, pc) || !step.irq && self.interrupted(core, pc) => {
                plan.back = Some(here)
            }
            _ => {}
        }
        None
    }

    /// Returns true if an interrupt was taken before the instruction at `pc`, which is possible if interrupts are not
    /// held off.
    fn interrupted(&self, core: usize, pc: u32) -> bool {
        let cpu = &self.cpus[core];
        let entered = cpu.ps & ps::EXCM != 0 && cpu.pc.wrapping_sub(cpu.vecbase) < VECTORS;
        let low = cpu.epc[1] == pc && cpu.exccause == Cause::Level1Interrupt as u32;
        entered && (low || cpu.epc[2..].contains(&pc))
    }

    /// Returns true if a handler runs first after which the instruction at `pc` is executed again.
    fn put_off(&self, core: usize, pc: u32) -> bool {
        let cpu = &self.cpus[core];
        if cpu.ps & ps::EXCM == 0 || cpu.epc[1] != pc || cpu.pc == pc {
            return false;
        }
        let offset = cpu.pc.wrapping_sub(cpu.vecbase);
        let general = matches!(offset, 0x300 | 0x340) && TRANSPARENT.contains(&cpu.exccause);
        offset < WINDOW_VECTORS || general
    }
}
