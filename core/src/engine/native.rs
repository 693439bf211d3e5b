//! Machine code for hot blocks: what a translator gets, what its code must keep to, and how the engine calls it.
//!
//! A translator turns a [`Region`], some blocks that jump to one another, into one function of the host. The function
//! has the effects that the region's instructions have in the interpreter, and nothing that happens depends on whether
//! or when a region was translated. What it does not do itself it leaves to the handlers of [`crate::cpu::insn`]:
//!
//! - It returns *before* an instruction ([`code::AT`]) that needs the slow path of memory, raises an exception or was
//!   not translated; the engine runs that one and goes on.
//! - It calls [`exec`] for an instruction in the middle that has no translation.
//! - It returns at the start of a block ([`code::GO`]) that the budget does not cover as a whole.
//!
//! It gets the context and the cycles left, and returns the cycles left then, shifted by 8, with a [`code`]. While it
//! runs it may hold registers wherever it likes; when it calls or returns, everything stands in [`Cpu`](crate::cpu::Cpu)
//! but `cycles` and `retired`, which the engine advances.

use super::{Ctx, DecOp, Done};
use crate::isa::Insn;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// The machine code of a region.
pub type Native = unsafe extern "C" fn(ctx: *mut Ctx<'_>, left: u64) -> u64;

/// How native code returned: the low byte of its result.
pub mod code {
    /// The PC is set.
    pub const GO: u64 = 0;
    /// The instruction that was noted at [`super::layout::OP`] comes next.
    pub const AT: u64 = 1;
    /// [`super::exec`] returned something other than [`super::Done::Next`].
    pub const DONE: u64 = 2;
    /// Nothing ran: the state is not one that the code is for.
    pub const DECLINED: u64 = 3;
    /// A handler panicked.
    pub const PANIC: u64 = 4;
}

/// Where native code finds things in [`Ctx`].
pub mod layout {
    use super::{Ctx, Link};
    use std::mem::offset_of;

    /// Pointer to [`crate::cpu::Cpu`].
    pub const CPU: usize = offset_of!(Ctx<'static>, cpu);
    /// Pointer to the core's first [`crate::memory::Entry`].
    pub const MAP: usize = offset_of!(Ctx<'static>, map);
    /// Pointer to the instruction that [`super::code::AT`] is about.
    pub const OP: usize = offset_of!(Ctx<'static>, native) + offset_of!(Link, op);
}

/// What native code and the engine tell each other.
pub struct Link {
    /// The cycle at which the budget ends.
    end: u64,
    /// The instruction that the code stopped at.
    op: *const DecOp,
    /// What became of it.
    done: Done,
    /// What a handler panicked with: it must not unwind through native code.
    panic: Option<Box<dyn Any + Send>>,
}

impl Default for Link {
    fn default() -> Self {
        Self { end: 0, op: std::ptr::null(), done: Done::Next, panic: None }
    }
}

/// Blocks to be translated into one function. The first is where it starts.
#[derive(Default)]
pub struct Region {
    /// The blocks; one may contain the start of another.
    pub blocks: Vec<RegionBlock>,
    /// LBEG and LEND as they are now, when a loop is active: code is also wanted for runs in which it is that one.
    pub active: Option<(u32, u32)>,
    /// Virtual pages (table indices) with their physical pages, of all bytes.
    pub(super) pages: Vec<(usize, u32)>,
}

/// A block of a [`Region`]: straight-line code, in which conditional branches may stand.
pub struct RegionBlock {
    /// Address of its first instruction.
    pub start: u32,
    /// The instructions, ready to run. They stay where they are for as long as the code is used.
    pub ops: Box<[DecOp]>,
    /// The same, decoded; `None` where the word is no instruction.
    pub insns: Box<[Option<Insn>]>,
}

/// What a translator made of a region.
pub enum Translated {
    /// Code.
    Code(Native),
    /// There is no room: everything must be forgotten first.
    Full,
    /// Not worth it.
    No,
}

/// Makes machine code.
///
/// # Safety
///
/// The code that [`Translator::translate`] returns must be what this module describes, for as long as
/// [`Translator::forget`] is not called and the region lives.
pub unsafe trait Translator: Send {
    /// Translates a region.
    fn translate(&mut self, region: &Region) -> Translated;
    /// Nothing translated so far will be called again.
    fn forget(&mut self);
}

/// How native code ended.
pub(super) enum Ended<'a> {
    /// Nothing ran.
    Declined,
    /// The PC is set.
    Go,
    /// This instruction, with what became of it.
    Op(&'a DecOp, Done),
}

/// Runs an instruction by its handler, for native code: `left` cycles were left at its block's start. Returns
/// [`Done`] as a number, or anything else when the code must return [`code::PANIC`].
///
/// # Safety
///
/// `ctx` is what the code was called with, `op` one of its region's instructions.
pub unsafe extern "C" fn exec(ctx: *mut Ctx<'_>, op: *const DecOp, left: u64) -> u64 {
    // SAFETY: the engine's context, which it does not use while native code runs; and an instruction of the region.
    let (c, op) = unsafe { (&mut *ctx, &*op) };
    c.base = c.native.end.wrapping_sub(left);
    match catch_unwind(AssertUnwindSafe(|| (op.exec)(c, op))) {
        Ok(Done::Next) => Done::Next as u64,
        Ok(done) => {
            (c.native.op, c.native.done) = (op, done);
            done as u64
        }
        Err(panic) => {
            c.native.panic = Some(panic);
            u64::from(u8::MAX)
        }
    }
}

/// Runs native code with a budget, and the instruction it stopped at where there is one. What completed natively is
/// counted; the last instruction is the caller's to count.
pub(super) fn run<'a>(c: &mut Ctx, native: Native, budget: u64) -> Ended<'a> {
    c.native.end = c.cpu.cycles + budget;
    // SAFETY: the translator's contract; the engine drops its pointer before the code is forgotten.
    let out = unsafe { native(c, budget) };
    let ran = budget.wrapping_sub(out >> 8);
    c.cpu.cycles += ran;
    c.cpu.retired += ran;
    match out & 0xFF {
        // The budget does not cover even the first block.
        code::GO if ran == 0 => Ended::Declined,
        code::GO => Ended::Go,
        code::AT => {
            // SAFETY: code that returns AT has noted an instruction of its region, which is kept for as long as the
            // code; regions are dropped between blocks only.
            let op = unsafe { &*c.native.op };
            c.base = c.cpu.cycles.wrapping_sub(u64::from(op.index));
            Ended::Op(op, (op.exec)(c, op))
        }
        // SAFETY: `exec` has noted the instruction.
        code::DONE => Ended::Op(unsafe { &*c.native.op }, c.native.done),
        code::PANIC => match c.native.panic.take() {
            Some(panic) => resume_unwind(panic),
            None => Ended::Declined,
        },
        _ => Ended::Declined,
    }
}
