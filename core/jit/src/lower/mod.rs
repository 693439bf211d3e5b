//! Translation of single instructions, one file per family of `esplens_core::cpu::insn`, which defines their
//! semantics.
//!
//! An instruction without a translation is left to its handler: by a call in the middle of a block, by an
//! exit before it at the end.

mod alu;
mod branch;
mod float;
mod memory;
mod shift;
mod window;

use crate::emit::{Emit, Next, Slot};
use esplens_core::engine::DecOp;
use esplens_core::engine::native::CodeRegion;
use esplens_core::isa::operand::Operand;
use esplens_core::isa::table::row;
use esplens_core::isa::{Flow, Insn, Op};

pub use float::{computes, needs_fpu};
pub use window::{Rotated, enter};

/// An instruction being translated.
#[derive(Clone, Copy)]
pub struct InsnAt<'a> {
    /// Form that the interpreter runs.
    pub o: &'a DecOp,
    /// Decoded form.
    pub insn: &'a Insn,
}

/// Returns whether a region is worth translating: not if its first instruction is left to the interpreter.
pub fn is_worth_it(region: &CodeRegion) -> bool {
    let first = region.blocks.first().and_then(|block| block.insns.first().copied().flatten());
    first.is_some_and(|insn| match insn.op {
        // ENTRY is illegal for s > 3.
        Op::Entry => region.blocks.len() > 1 && insn.s <= 3,
        op => matches!(op.flow(), Flow::Plain | Flow::Branch | Flow::Loop),
    })
}

/// Translates an instruction.
pub fn instruction(e: &mut Emit, o: &DecOp, insn: Option<&Insn>) -> Next {
    let Some(insn) = insn else { return before(e, o) };
    let at = InsnAt { o, insn };
    let done = alu::lower(e, at)
        .or_else(|| shift::lower(e, at))
        .or_else(|| memory::lower(e, at))
        .or_else(|| float::lower(e, at))
        .or_else(|| branch::lower(e, at))
        .or_else(|| window::lower(e, at));
    match done {
        Some(next) => next,
        // WUR may change FCR, so the prologue's check would no longer hold.
        None if insn.op.flow() == Flow::Plain && insn.op != Op::Wur => {
            e.call(o, written(insn));
            Next::Falls
        }
        None => before(e, o),
    }
}

/// Exits before an instruction.
fn before(e: &mut Emit, o: &DecOp) -> Next {
    use cranelift_codegen::ir::InstBuilder;
    let exit = e.exit_at(o);
    e.b.ins().jump(exit, &[]);
    Next::Ended
}

/// Returns the slots that the handler of an instruction in the middle of a block may change.
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
