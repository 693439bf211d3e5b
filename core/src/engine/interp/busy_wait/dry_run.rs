//! One iteration of a loop, executed on a copy of a core without an effect on memory and devices.

use super::class::{self, Class};
use super::proof::Step;
use crate::engine::interp::run::{finish, run_checked};
use crate::engine::interp::translate::decode;
use crate::engine::{Ctx, DecOp, Done};
use crate::isa::Op;
use crate::memory::{Access, NO_PAGE};

/// Instructions in an iteration at most.
const MAX_STEPS: usize = 512;
/// Parts of memory that an iteration may use.
const MAX_PARTS: usize = 32;

/// The instructions executed so far.
pub(super) struct DryRun {
    start: u32,
    end: u64,
    pub(super) steps: Vec<Step>,
    /// Cycle up to which they read the same values.
    pub(super) steady_until: u64,
    /// See [`super::BusyWait::memory`].
    pub(super) memory: Option<Vec<(u32, u32)>>,
}

impl DryRun {
    /// Creates a run from `start` that must not pass cycle `end`.
    pub(super) fn new(start: u32, end: u64) -> Self {
        Self { start, end, steps: Vec::with_capacity(32), steady_until: u64::MAX, memory: Some(Vec::new()) }
    }

    /// Executes until the PC is at the start again. `None` where that does not happen, at instructions that may have an
    /// effect, and at those that are `guarded`.
    pub(super) fn reach_start(&mut self, c: &mut Ctx, guarded: impl Fn(&Ctx, u32) -> bool) -> Option<()> {
        while self.steps.len() < MAX_STEPS && c.cpu.cycles < self.end && !guarded(c, c.cpu.pc) {
            self.step(c)?;
            if c.cpu.pc == self.start {
                return Some(());
            }
        }
        None
    }

    /// Executes one instruction.
    fn step(&mut self, c: &mut Ctx) -> Option<()> {
        let (op, insn) = decode(c, c.cpu.pc, 0)?;
        let insn = insn?;
        let class = class::of(&insn)?;
        let mut step = Step::before(c, op, &insn, class);
        self.uses(op.pc, op.len.into());
        match class {
            Class::Load | Class::Literal => {
                let address = if class == Class::Literal { op.imm } else { step.address() };
                step.loaded = self.load(c, &op, insn.op, address)?;
            }
            // A store by the other core would make a difference, so the memory counts as read.
            Class::Store if step.stores_what_is_there(c) => self.uses(step.address(), 4),
            Class::Store => return None,
            _ => {}
        }
        execute(c, &step)?;
        self.steps.push(step);
        Some(())
    }

    /// Adds to the memory that the loop depends on.
    fn uses(&mut self, addr: u32, len: u32) {
        let Some(parts) = &mut self.memory else { return };
        if parts.iter().any(|(at, n)| addr >= *at && addr + len <= at + n) {
            return;
        }
        if let Some((_, n)) = parts.iter_mut().find(|(at, n)| at + *n == addr) {
            *n += len;
        } else if parts.len() < MAX_PARTS {
            parts.push((addr, len));
        } else {
            self.memory = None;
        }
    }

    /// Returns the value of a load.
    fn load(&mut self, c: &mut Ctx, op: &DecOp, insn: Op, addr: u32) -> Option<u32> {
        let size = match insn {
            Op::L8ui => 1,
            Op::L16ui | Op::L16si => 2,
            _ => 4,
        };
        if !addr.is_multiple_of(size) {
            return None;
        }
        let value = match c.fast_load(addr, size as u8) {
            Some(value) => {
                self.uses(addr, size);
                value
            }
            None => {
                let (value, until) = on_bus(c, op, addr, size as u8)?;
                self.steady_until = self.steady_until.min(until);
                self.memory = None;
                value
            }
        };
        Some(if insn == Op::L16si { i32::from(value as i16) as u32 } else { value })
    }
}

/// Returns the value of a device's register and the cycle up to which it holds. `None` at a watchpoint, where region
/// protection forbids the access, and where the device promises nothing.
fn on_bus(c: &mut Ctx, op: &DecOp, addr: u32, size: u8) -> Option<(u32, u64)> {
    let mapped = c.mem.map(c.core).entry(addr).phys != NO_PAGE;
    if mapped || c.region_check(addr).is_err() || c.mem.watch_hit(c.core, addr, size, false).is_some() {
        return None;
    }
    let a = Access { core: c.core, cycle: c.cpu.cycles, pc: op.pc, mem: c.mem, request_exit: false };
    c.bus.steady(&a, addr, size)
}

/// Executes an instruction whose load, if it is one, is known. `None`: an exception.
fn execute(c: &mut Ctx, step: &Step) -> Option<()> {
    let op = &step.op;
    let ran = match step.class {
        Class::Load | Class::Literal | Class::Store if op.quad > c.cpu.window_room => return None,
        Class::Load | Class::Literal | Class::Store => {
            if step.class != Class::Store {
                c.set(op.t, step.loaded);
            }
            finish(c, op, op.index, Done::Next)
        }
        _ => run_checked(c, &[*op], 1),
    };
    c.cpu.cycles += ran.count;
    (ran.count == 1 && matches!(ran.done, Done::Next | Done::Jump | Done::Exit)).then_some(())
}

/// Executes recorded instructions again.
pub(super) fn repeat(c: &mut Ctx, steps: &[Step]) {
    for step in steps {
        let known = execute(c, step);
        debug_assert!(known.is_some(), "an exception in a busy-waiting loop");
    }
}
