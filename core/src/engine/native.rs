//! Machine code for frequently executed blocks: input of a translator, contract of its code, and its calls by
//! the engine.
//!
//! A translator turns a [`CodeRegion`], blocks that jump to one another, into one function of the host. The
//! function has the same effects as the region's instructions in the interpreter. Results never depend on
//! whether or when a region was translated. The function leaves the remaining cases to the handlers of
//! [`crate::cpu::insn`]:
//!
//! - It returns *before* an instruction ([`code::AT`]) that needs the slow path of memory, raises an
//!   exception or was not translated. The engine runs that one and continues.
//! - It calls [`exec`] for an instruction in the middle of a block that has no translation.
//! - It returns at the start of a block ([`code::GO`]) that the budget does not cover as a whole.
//!
//! Its arguments are the context and the cycles left. It returns the remaining cycles, shifted left by 8,
//! with a [`code`]. While it runs it may keep guest registers anywhere. When it calls or returns,
//! [`Cpu`](crate::cpu::Cpu) is up to date except for `cycles` and `retired`, which the engine advances.

use super::{Ctx, DecOp, Done};
use crate::isa::Insn;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Machine code of a region.
pub type Native = unsafe extern "C" fn(ctx: *mut Ctx<'_>, left: u64) -> u64;

/// Return code of native code: the low byte of its result.
pub mod code {
    /// The PC is set.
    pub const GO: u64 = 0;
    /// The instruction stored at [`super::layout::OP`] comes next.
    pub const AT: u64 = 1;
    /// [`super::exec`] returned something other than [`super::Done::Next`].
    pub const DONE: u64 = 2;
    /// Nothing ran: the code cannot run in the current state.
    pub const DECLINED: u64 = 3;
    /// A handler panicked.
    pub const PANIC: u64 = 4;
}

/// Offsets of fields of [`Ctx`] for native code.
pub mod layout {
    use super::{Ctx, NativeLink};
    use std::mem::offset_of;

    /// Pointer to [`crate::cpu::Cpu`].
    pub const CPU: usize = offset_of!(Ctx<'static>, cpu);
    /// Pointer to the core's first [`crate::memory::PageEntry`].
    pub const MAP: usize = offset_of!(Ctx<'static>, map);
    /// Pointer to the instruction that [`super::code::AT`] refers to.
    pub const OP: usize = offset_of!(Ctx<'static>, native) + offset_of!(NativeLink, op);
}

/// Data shared between native code and the engine.
pub struct NativeLink {
    /// The cycle at which the budget ends.
    end: u64,
    /// Instruction at which the code stopped.
    op: *const DecOp,
    /// Result of that instruction.
    done: Done,
    /// Panic payload of a handler; it must not unwind through native code.
    panic: Option<Box<dyn Any + Send>>,
}

impl Default for NativeLink {
    fn default() -> Self {
        Self { end: 0, op: std::ptr::null(), done: Done::Next, panic: None }
    }
}

/// Blocks to be translated into one function. The first is the entry.
#[derive(Default)]
pub struct CodeRegion {
    /// The blocks; one may contain the start of another.
    pub blocks: Vec<RegionBlock>,
    /// LBEG and LEND if a loop is active at translation time: the code also covers runs in which this loop is
    /// active.
    pub active: Option<(u32, u32)>,
    /// Virtual pages (table indices) of all bytes, with their physical pages.
    pub(super) pages: Vec<(usize, u32)>,
}

/// Block of a [`CodeRegion`]: straight-line code that may contain conditional branches.
pub struct RegionBlock {
    /// Address of its first instruction.
    pub start: u32,
    /// The instructions, ready to run. They must not move while the code is in use.
    pub ops: Box<[DecOp]>,
    /// The decoded instructions; `None` for a word that is not an instruction.
    pub insns: Box<[Option<Insn>]>,
}

/// Result of translating a region.
pub enum Translated {
    /// Machine code.
    Code(Native),
    /// The code memory is full: everything must be discarded first.
    Full,
    /// The region is not worth translating.
    No,
}

/// Translator of regions to machine code.
///
/// # Safety
///
/// The code that [`Translator::translate`] returns must follow this module's contract until
/// [`Translator::forget`] is called or the region is dropped.
pub unsafe trait Translator: Send {
    /// Translates a region.
    fn translate(&mut self, region: &CodeRegion) -> Translated;
    /// Discards all code: nothing translated so far will be called again.
    fn forget(&mut self);
}

/// Result of running native code.
pub(super) enum Ended<'a> {
    /// Nothing ran.
    Declined,
    /// The PC is set.
    Go,
    /// This instruction ran or comes next, with its result.
    Op(&'a DecOp, Done),
}

/// Runs an instruction by its handler, for native code. `left` is the number of cycles left at the start of
/// the instruction's block. Returns [`Done`] as a number, or any other value if the code must return
/// [`code::PANIC`].
///
/// # Safety
///
/// `ctx` is the context that the code was called with, `op` one of its region's instructions.
pub unsafe extern "C" fn exec(ctx: *mut Ctx<'_>, op: *const DecOp, left: u64) -> u64 {
    // SAFETY: the engine does not use the context while native code runs, and the instruction belongs to the
    // region.
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

/// Runs native code with a budget, then the instruction that it stopped at, if any. Counts everything that
/// completed natively; the caller counts the last instruction.
pub(super) fn run<'a>(c: &mut Ctx, native: Native, budget: u64) -> Ended<'a> {
    c.native.end = c.cpu.cycles + budget;
    // SAFETY: the translator's contract; the engine drops its pointer before the code is discarded.
    let out = unsafe { native(c, budget) };
    let ran = budget.wrapping_sub(out >> 8);
    c.cpu.cycles += ran;
    c.cpu.retired += ran;
    match out & 0xFF {
        // The budget does not cover the first block.
        code::GO if ran == 0 => Ended::Declined,
        code::GO => Ended::Go,
        code::AT => {
            // SAFETY: code that returns AT has stored an instruction of its region. The region is kept as
            // long as the code, and regions are dropped between blocks only.
            let op = unsafe { &*c.native.op };
            c.base = c.cpu.cycles.wrapping_sub(u64::from(op.index));
            Ended::Op(op, (op.exec)(c, op))
        }
        // SAFETY: `exec` has stored the instruction.
        code::DONE => Ended::Op(unsafe { &*c.native.op }, c.native.done),
        code::PANIC => match c.native.panic.take() {
            Some(panic) => resume_unwind(panic),
            None => Ended::Declined,
        },
        _ => Ended::Declined,
    }
}
