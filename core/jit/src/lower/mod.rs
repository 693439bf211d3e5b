//! Translation of single instructions: one file for each family of `esplens_core::cpu::insn`, which has their meaning.
//!
//! An instruction that is not here is left to its handler: in the middle of a block by a call, at its end by
//! returning before it.

mod alu;
mod branch;
mod float;
mod memory;
mod shift;
mod window;

use crate::emit::{Emit, Next, Slot};
use esplens_core::engine::DecOp;
use esplens_core::engine::native::Region;
use esplens_core::isa::operand::Operand;
use esplens_core::isa::table::row;
use esplens_core::isa::{Flow, Insn, Op};

pub use float::{computes, needs_fpu};
pub use window::{Rotated, enter};

/// An instruction being translated.
#[derive(Clone, Copy)]
pub struct At<'a> {
    /// As the interpreter runs it.
    pub o: &'a DecOp,
    /// As it was decoded.
    pub insn: &'a Insn,
}

/// Whether a region is better translated: not if its first instruction is left to the interpreter anyway.
pub fn is_worth_it(region: &Region) -> bool {
    let first = region.blocks.first().and_then(|block| block.insns.first().copied().flatten());
    first.is_some_and(|insn| match insn.op {
        // Beyond a3 it is illegal.
        Op::Entry => region.blocks.len() > 1 && insn.s <= 3,
        op => matches!(op.flow(), Flow::Plain | Flow::Branch | Flow::Loop),
    })
}

/// Translates an instruction.
pub fn instruction(e: &mut Emit, o: &DecOp, insn: Option<&Insn>) -> Next {
    let Some(insn) = insn else { return before(e, o) };
    let at = At { o, insn };
    let done = alu::lower(e, at)
        .or_else(|| shift::lower(e, at))
        .or_else(|| memory::lower(e, at))
        .or_else(|| float::lower(e, at))
        .or_else(|| branch::lower(e, at))
        .or_else(|| window::lower(e, at));
    match done {
        Some(next) => next,
        // FCR may change: what was checked at the function's start no longer holds.
        None if insn.op.flow() == Flow::Plain && insn.op != Op::Wur => {
            e.call(o, written(insn));
            Next::Falls
        }
        None => before(e, o),
    }
}

/// Leaves the function before an instruction.
fn before(e: &mut Emit, o: &DecOp) -> Next {
    use cranelift_codegen::ir::InstBuilder;
    let exit = e.exit_at(o);
    e.b.ins().jump(exit, &[]);
    Next::Ended
}

/// The slots that the handler of an instruction in the middle of a block may write.
fn written(insn: &Insn) -> u64 {
    let named = row(insn.op).operands.iter().map(|operand| match operand {
        Operand::Ar => Slot::a(insn.r).bit(),
        Operand::As => Slot::a(insn.s).bit(),
        Operand::At => Slot::a(insn.t).bit(),
        Operand::Fr => Slot::f(insn.r).bit() | Slot::FSR.bit(),
        Operand::Fs => Slot::f(insn.s).bit() | Slot::FSR.bit(),
        Operand::Ft => Slot::f(insn.t).bit() | Slot::FSR.bit(),
        _ => 0,
    });
    named.fold(0, |all, slots| all | slots)
}
