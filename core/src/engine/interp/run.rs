//! Running blocks: their machine code, all of their instructions, or some of them.

use super::cache::Hot;
use crate::cpu::exception::Cause;
use crate::cpu::{Cpu, ps};
use crate::engine::native::{self, Ended, Native};
use crate::engine::{Ctx, DecOp, Done};

/// How running (part of) a block ended.
pub(super) struct Ran {
    /// Instructions completed.
    pub(super) count: u64,
    /// How the last of them ended.
    pub(super) done: Done,
}

/// Runs machine code; `None` when it is not for the state as it is.
#[inline(always)]
pub(super) fn run_native(c: &mut Ctx, native: Native, budget: u64) -> Option<Ran> {
    match native::run(c, native, budget) {
        Ended::Declined => None,
        Ended::Go => Some(Ran { count: 0, done: Done::Jump }),
        Ended::Op(op, done) => Some(finish(c, op, op.index, done)),
    }
}

/// Runs a whole block, without checks between its instructions.
#[inline(always)]
pub(super) fn run_hot(c: &mut Ctx, hot: &Hot) -> Ran {
    c.base = c.cpu.cycles;
    for op in hot.ops() {
        let done = (op.exec)(c, op);
        if done != Done::Next {
            return finish(c, op, 0, done);
        }
    }
    c.cpu.pc = hot.pc.wrapping_add(hot.len_bytes());
    loop_back(c.cpu);
    c.cpu.retired += hot.count();
    Ran { count: hot.count(), done: Done::Next }
}

/// Runs part of a block.
pub(super) fn run_ops(c: &mut Ctx, ops: &[DecOp]) -> Ran {
    let first = ops[0].index;
    c.base = c.cpu.cycles.wrapping_sub(u64::from(first));
    for op in ops {
        let done = (op.exec)(c, op);
        if done != Done::Next {
            return finish(c, op, first, done);
        }
    }
    finish(c, &ops[ops.len() - 1], first, Done::Next)
}

/// As [`run_ops`] for at most `budget` instructions, checking the window before each.
pub(super) fn run_checked(c: &mut Ctx, ops: &[DecOp], budget: u64) -> Ran {
    let first = ops[0].index;
    c.base = c.cpu.cycles.wrapping_sub(u64::from(first));
    let ops = &ops[..ops.len().min(usize::try_from(budget).unwrap_or(usize::MAX))];
    for op in ops {
        if op.quad > c.cpu.quads_free {
            c.cpu.window_overflow(op.pc);
            let count = u64::from(op.index - first);
            c.cpu.retired += count;
            return Ran { count, done: Done::Fault };
        }
        let done = (op.exec)(c, op);
        if done != Done::Next {
            return finish(c, op, first, done);
        }
    }
    finish(c, &ops[ops.len() - 1], first, Done::Next)
}

/// Brings PC and counts up to date after `op`, the last instruction that ran.
#[inline]
pub(super) fn finish(c: &mut Ctx, op: &DecOp, first: u8, done: Done) -> Ran {
    let ran = u64::from(op.index - first);
    let count = match done {
        Done::Next | Done::Leave => {
            c.cpu.pc = op.next();
            loop_back(c.cpu);
            ran + 1
        }
        Done::Jump | Done::LeaveJump => ran + 1,
        Done::Fault => ran,
        Done::Stop => {
            c.cpu.pc = op.pc;
            ran
        }
    };
    c.cpu.retired += count;
    Ran { count, done }
}

/// At LEND with a loop active: back to LBEG (ISA 4.3.2.2). Taken branches never come here.
#[inline]
pub(super) fn loop_back(cpu: &mut Cpu) {
    if cpu.lcount != 0 && cpu.pc == cpu.lend && cpu.ps & ps::EXCM == 0 {
        cpu.lcount -= 1;
        cpu.pc = cpu.lbeg;
    }
}

/// A fetch that failed: the exception for `pc`.
pub(super) fn fetch_fault(c: &mut Ctx, pc: u32) -> Done {
    let cause = if c.cpu.itlb[(pc >> 29) as usize] == 15 {
        Cause::InstFetchProhibited
    } else {
        c.fetch_failed(pc);
        Cause::InstructionFetchError
    };
    c.cpu.raise_at(cause, pc, pc);
    Done::Fault
}
