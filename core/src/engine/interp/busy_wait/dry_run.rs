//! One iteration of a loop, executed on a copy of a core without an effect on memory and devices.

use super::class::{self, Class};
use super::proof::Step;
use crate::engine::interp::run::{finish, run_checked};
use crate::engine::interp::translate::decode_insn;
use crate::engine::{Ctx, DecOp, Done};
use crate::isa::{Insn, Op};
use crate::memory::{Access, NO_PAGE, flag};

/// Instructions in an iteration at most.
const MAX_STEPS: usize = 256;

/// An iteration.
pub(super) struct Iteration {
    pub(super) steps: Vec<Step>,
    /// Cycle up to which it reads the same values.
    pub(super) steady_until: u64,
    /// See [`super::BusyWait::private`].
    pub(super) private: Option<(u32, u32)>,
}

impl Iteration {
    /// Notes an access.
    fn uses(&mut self, addr: u32, is_constant: bool) {
        let private = self.private.filter(|_| is_constant);
        self.private = private.map(|(low, high)| (low.min(addr), high.max(addr)));
    }
}

/// A value read.
struct Loaded {
    value: u32,
    steady_until: u64,
    /// From memory that no core can write.
    is_constant: bool,
}

/// Executes from the PC until it is there again, which must happen before cycle `end`. `None` where something else happens, at
/// instructions that may have an effect, and at those that are `guarded`.
pub(super) fn iteration(c: &mut Ctx, end: u64, guarded: impl Fn(&Ctx, u32) -> bool) -> Option<Iteration> {
    let start = c.cpu.pc;
    let mut all =
        Iteration { steps: Vec::with_capacity(32), steady_until: u64::MAX, private: Some((start, start)) };
    while all.steps.len() < MAX_STEPS && c.cpu.cycles < end && !guarded(c, c.cpu.pc) {
        let (op, insn) = decode_insn(c, c.cpu.pc)?;
        let class = class::of(&insn)?;
        let step = Step::before(c, &op, &insn, class);
        all.uses(op.pc, is_constant(c, op.pc));
        match class {
            Class::Load | Class::Literal => {
                let address = if class == Class::Literal { op.imm } else { step.address() };
                let loaded = load(c, &op, &insn, address)?;
                all.steady_until = all.steady_until.min(loaded.steady_until);
                all.uses(address, loaded.is_constant);
                c.set(op.t, loaded.value);
                retire(c, &op);
            }
            Class::Store => {
                if !step.stores_what_is_there(c) {
                    return None;
                }
                all.private = None;
                retire(c, &op);
            }
            _ => {
                let ran = run_checked(c, &[op], 1);
                if ran.count != 1 || !matches!(ran.done, Done::Next | Done::Jump | Done::Leave) {
                    return None;
                }
                c.cpu.cycles += 1;
            }
        }
        all.steps.push(step);
        if c.cpu.pc == start {
            return Some(all);
        }
    }
    None
}

/// Goes on behind an instruction that needed no handler.
fn retire(c: &mut Ctx, op: &DecOp) {
    c.base = c.cpu.cycles;
    c.cpu.cycles += finish(c, op, 0, Done::Next).count;
}

/// True for memory that no core can write.
fn is_constant(c: &Ctx, addr: u32) -> bool {
    c.mem.map(c.core).entry(addr).flags & flag::WRITE == 0 && c.mem.map(c.core).entry(addr).phys != NO_PAGE
}

fn load(c: &mut Ctx, op: &DecOp, insn: &Insn, addr: u32) -> Option<Loaded> {
    let size = match insn.op {
        Op::L8ui => 1,
        Op::L16ui | Op::L16si => 2,
        _ => 4,
    };
    if op.quad > c.cpu.quads_free || !addr.is_multiple_of(size) {
        return None;
    }
    let plain = if size == 4 { c.fast_load32(addr) } else { c.fast_load_small(addr, size as u8) };
    let (value, steady_until) = match plain {
        Some(value) => (value, u64::MAX),
        None => on_bus(c, op, addr, size as u8)?,
    };
    let value = if insn.op == Op::L16si { i32::from(value as i16) as u32 } else { value };
    Some(Loaded { value, steady_until, is_constant: plain.is_some() && is_constant(c, addr) })
}

/// A device's register, which no watchpoint covers and region protection allows.
fn on_bus(c: &mut Ctx, op: &DecOp, addr: u32, size: u8) -> Option<(u32, u64)> {
    let mapped = c.mem.map(c.core).entry(addr).phys != NO_PAGE;
    let prohibited = c.cpu.dtlb[(addr >> 29) as usize] == 15;
    if mapped || prohibited || c.mem.watch_hit(c.core, addr, size, false).is_some() {
        return None;
    }
    c.base = c.cpu.cycles;
    let a = Access { core: c.core, cycle: c.cycle_of(op), pc: op.pc, mem: c.mem, leave: false };
    c.bus.steady(&a, addr, size)
}
