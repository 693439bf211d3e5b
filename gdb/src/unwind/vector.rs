//! How far an exception's vector is into saving what it uses.

use super::context::Context;
use super::memory::Memory;
use super::prologue::insn;
use esplens_core::isa::Op;

/// Instructions of a vector and what it jumps to that are looked at.
const MOST: usize = 16;
/// EXCSAVE1's number among the special registers (ISA table 5-127); those of the other levels follow.
const EXCSAVE1: i32 = 209;
/// The vectors of the ESP32's cores behind VECBASE: kernel and user exceptions, then levels 2 to 7.
const LEVEL1: [u32; 2] = [0x300, 0x340];
const HIGHER: [u32; 6] = [0x180, 0x1C0, 0x200, 0x240, 0x280, 0x2C0];

/// Whether a core stands on the way from the vector of a level to the instruction that puts a0 into EXCSAVE: the
/// address registers are still those of the interrupted function.
pub fn untouched(mem: &dyn Memory, ctx: &Context, level: usize) -> bool {
    let vectors = if level == 1 { &LEVEL1[..] } else { &HIGHER[level - 2..=level - 2] };
    vectors.iter().any(|at| leads_to(mem, ctx, ctx.vecbase.wrapping_add(*at), level))
}

fn leads_to(mem: &dyn Memory, ctx: &Context, vector: u32, level: usize) -> bool {
    let mut at = vector;
    for _ in 0..MOST {
        if at == ctx.pc {
            return true;
        }
        let Some(insn) = insn(mem, at) else { return false };
        at = match insn.op {
            Op::J => insn.target(at).unwrap_or(at),
            Op::Wsr | Op::Xsr if insn.imm == EXCSAVE1 + level as i32 - 1 => return false,
            // A BREAK or NOP of a debugger's in front changes nothing.
            Op::Nop | Op::NopN | Op::Break | Op::Isync | Op::Rsync | Op::Esync | Op::Dsync => {
                at.wrapping_add(insn.len.into())
            }
            _ => return false,
        };
    }
    false
}
