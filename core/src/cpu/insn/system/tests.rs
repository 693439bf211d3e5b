//! Special registers, exceptions, interrupts and the debug option, on the engine.

mod debugging;
mod exceptions;
mod interrupts;
mod registers;

use crate::cpu::exception::Cause;
use crate::cpu::insn::testing::{CODE, InsnBench};
use crate::isa::{Insn, Op};

fn op(op: Op, s: u8, t: u8, imm: i32) -> Insn {
    Insn::new(op, 0, s, t, imm)
}

fn nop() -> Insn {
    op(Op::Nop, 0, 0, 0)
}

/// Returns whether a general exception was taken at `pc` to the vector `to`.
fn took(b: &InsnBench, cause: Cause, pc: u32, to: u32) -> bool {
    (b.cpu.exccause, b.cpu.epc[1], b.cpu.pc) == (cause as u32, pc, CODE + to)
}
