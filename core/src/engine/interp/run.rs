//! Execution of blocks: as machine code, all of their instructions, or some of them.

use super::cache::JumpCacheEntry;
use crate::cpu::exception::Cause;
use crate::cpu::{Cpu, ps};
use crate::engine::native::{self, Ended, Native};
use crate::engine::{Ctx, DecOp, Done};

/// Result of running a block or a part of it.
pub(super) struct BlockResult {
    /// Instructions completed.
    pub(super) count: u64,
    /// Result of the last of them.
    pub(super) done: Done,
}

/// Runs machine code. Returns `None` if it cannot run in the current state.
#[inline(always)]
pub(super) fn run_native(c: &mut Ctx, native: Native, budget: u64) -> Option<BlockResult> {
    match native::run(c, native, budget) {
        Ended::Declined => None,
        Ended::Go => Some(BlockResult { count: 0, done: Done::Jump }),
        Ended::Op(op, done) => Some(finish(c, op, op.index, done)),
    }
}

/// Runs a whole block without checks between its instructions.
#[inline(always)]
pub(super) fn run_cached(c: &mut Ctx, cached: &JumpCacheEntry) -> BlockResult {
    c.base = c.cpu.cycles;
    for op in cached.ops() {
        let done = (op.exec)(c, op);
        if done != Done::Next {
            return finish(c, op, 0, done);
        }
    }
    c.cpu.pc = cached.pc.wrapping_add(cached.len_bytes());
    loop_back(c.cpu);
    c.cpu.retired += cached.count();
    BlockResult { count: cached.count(), done: Done::Next }
}

/// Runs part of a block.
pub(super) fn run_ops(c: &mut Ctx, ops: &[DecOp]) -> BlockResult {
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

/// Runs at most `budget` instructions of a block and checks the window before each.
pub(super) fn run_checked(c: &mut Ctx, ops: &[DecOp], budget: u64) -> BlockResult {
    let first = ops[0].index;
    c.base = c.cpu.cycles.wrapping_sub(u64::from(first));
    let ops = &ops[..ops.len().min(usize::try_from(budget).unwrap_or(usize::MAX))];
    for op in ops {
        if op.quad > c.cpu.window_room {
            c.cpu.window_overflow(op.pc);
            let count = u64::from(op.index - first);
            c.cpu.retired += count;
            return BlockResult { count, done: Done::Fault };
        }
        let done = (op.exec)(c, op);
        if done != Done::Next {
            return finish(c, op, first, done);
        }
    }
    finish(c, &ops[ops.len() - 1], first, Done::Next)
}

/// Updates PC and counts after `op`, the last instruction that ran.
#[inline]
pub(super) fn finish(c: &mut Ctx, op: &DecOp, first: u8, done: Done) -> BlockResult {
    let ran = u64::from(op.index - first);
    let count = match done {
        Done::Next | Done::Exit => {
            c.cpu.pc = op.next();
            loop_back(c.cpu);
            ran + 1
        }
        Done::Jump | Done::ExitJump => ran + 1,
        Done::Fault => ran,
        Done::Stop => {
            c.cpu.pc = op.pc;
            ran
        }
    };
    c.cpu.retired += count;
    BlockResult { count, done }
}

/// Continues at LBEG if the PC is at LEND and a loop is active (ISA 4.3.2.2). Not called after taken
/// branches.
#[inline]
pub(super) fn loop_back(cpu: &mut Cpu) {
    if cpu.lcount != 0 && cpu.pc == cpu.lend && cpu.ps & ps::EXCM == 0 {
        cpu.lcount -= 1;
        cpu.pc = cpu.lbeg;
    }
}

/// Takes the exception for a failed fetch at `pc`.
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
