//! How far an exception's vector is into saving what it uses.

use super::context::Context;
use super::memory::Memory;
use super::prologue::insn;
use esplens_core::cpu::exception::vector;
use esplens_core::isa::Op;
use esplens_core::isa::special::sr;

/// Instructions of a vector and what it jumps to that are looked at.
const MOST: usize = 16;

/// Whether a core stands on the way from the vector of a level to the instruction that puts a0 into EXCSAVE: the
/// address registers are still those of the interrupted function.
pub fn untouched(mem: &dyn Memory, ctx: &Context, level: usize) -> bool {
    let vectors = match level {
        1 => vec![vector::KERNEL, vector::USER],
        n => vec![vector::LEVEL2 + (n as u32 - 2) * 0x40],
    };
    vectors.into_iter().any(|at| leads_to(mem, ctx, ctx.vecbase.wrapping_add(at), level))
}

fn leads_to(mem: &dyn Memory, ctx: &Context, from: u32, level: usize) -> bool {
    let mut at = from;
    for _ in 0..MOST {
        if at == ctx.pc {
            return true;
        }
        let Some(insn) = insn(mem, at) else { return false };
        at = match insn.op {
            Op::J => insn.target(at).unwrap_or(at),
            Op::Wsr | Op::Xsr if insn.imm == i32::from(sr::EXCSAVE1) + level as i32 - 1 => return false,
            // A BREAK or NOP of a debugger's in front changes nothing.
            Op::Nop | Op::NopN | Op::Break | Op::Isync | Op::Rsync | Op::Esync | Op::Dsync => {
                at.wrapping_add(insn.len.into())
            }
            _ => return false,
        };
    }
    false
}
