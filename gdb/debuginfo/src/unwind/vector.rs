//! Progress of an exception's vector in saving the registers that it uses.

use super::context::Context;
use super::memory::ReadMemory;
use super::prologue::insn;
use esplens_core::cpu::exception::vector;
use esplens_core::isa::Op;
use esplens_core::isa::special::sr;

/// Most instructions examined in a vector and the code it jumps to.
const MOST: usize = 16;

/// Returns true if a core is between the vector of a level and the instruction that puts a0 into EXCSAVE. The address
/// registers are then still those of the interrupted function.
pub fn untouched(mem: &dyn ReadMemory, ctx: &Context, level: usize) -> bool {
    let vectors = match level {
        1 => vec![vector::KERNEL, vector::USER],
        n => vec![vector::LEVEL2 + (n as u32 - 2) * 0x40],
    };
    vectors.into_iter().any(|at| leads_to(mem, ctx, ctx.vecbase.wrapping_add(at), level))
}

fn leads_to(mem: &dyn ReadMemory, ctx: &Context, from: u32, level: usize) -> bool {
    let mut at = from;
    for _ in 0..MOST {
        if at == ctx.pc {
            return true;
        }
        let Some(insn) = insn(mem, at) else { return false };
        at = match insn.op {
            Op::J => insn.target(at).unwrap_or(at),
            Op::Wsr | Op::Xsr if insn.imm == i32::from(sr::EXCSAVE1) + level as i32 - 1 => return false,
            // A BREAK or NOP that a debugger put there changes nothing.
            Op::Nop | Op::NopN | Op::Break | Op::Isync | Op::Rsync | Op::Esync | Op::Dsync => {
                at.wrapping_add(insn.len.into())
            }
            _ => return false,
        };
    }
    false
}
