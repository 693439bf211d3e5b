//! How far a function is into setting up its frame.

use super::memory::{Memory, Words};
use esplens_core::isa::{self, Insn, Op};

/// Instructions looked at before a prologue is taken as over.
const MAX_PROLOGUE: usize = 64;

/// The instruction at `pc`.
pub fn insn(mem: &dyn Memory, pc: u32) -> Option<Insn> {
    let mut bytes = [0; 4];
    let n = mem.peek(pc, &mut bytes[..3]);
    isa::decode(u32::from_le_bytes(bytes)).filter(|i| usize::from(i.len) <= n)
}

/// True when a windowed function stands at its ENTRY: the window is still its caller's.
pub fn at_entry(mem: &dyn Memory, pc: u32) -> bool {
    insn(mem, pc).is_some_and(|i| i.op == Op::Entry)
}

/// What a CALL0 function did to its caller's frame before `pc`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Call0 {
    /// Bytes that the stack pointer went down.
    pub size: u32,
    /// Offset from the stack pointer at which a0 is saved.
    pub a0_at: Option<u32>,
}

/// Follows a CALL0 function from its start to `pc`. `None`: it is a windowed one.
pub fn call0(mem: &dyn Memory, start: u32, pc: u32) -> Option<Call0> {
    let mut frame = Call0::default();
    let mut at = start;
    for n in 0..MAX_PROLOGUE {
        let insn = insn(mem, at)?;
        if n == 0 && insn.op == Op::Entry {
            return None;
        }
        if at >= pc {
            break;
        }
        match insn.op {
            Op::Addi | Op::Addmi if insn.t == 1 && insn.s == 1 && insn.imm < 0 => {
                frame.size += insn.imm.unsigned_abs();
            }
            // The store may come before or after the stack pointer moves; compilers move it first.
            Op::S32i | Op::S32iN if insn.s == 1 && insn.t == 0 => frame.a0_at = Some(insn.imm as u32),
            // The rest is the body.
            _ if matches!(insn.op.flow(), isa::Flow::Return | isa::Flow::Jump) => break,
            _ => {}
        }
        at = at.wrapping_add(insn.len.into());
    }
    Some(frame)
}

impl Call0 {
    /// The return address and the caller's stack pointer.
    pub fn unwind(&self, mem: &dyn Memory, a0: u32, sp: u32) -> Option<(u32, u32)> {
        let ra = match self.a0_at {
            Some(at) => mem.u32(sp.wrapping_add(at))?,
            None => a0,
        };
        Some((ra, sp.wrapping_add(self.size)))
    }
}

/// WINDOWSTART's number among the special registers (ISA table 5-127).
const WINDOWSTART: i32 = 73;

/// Whether a routine that starts at `start`, and writes WINDOWSTART twice, stands at `pc` between the two: the HAL's
/// `xthal_window_spill_nw` makes it a mask meanwhile. `None`: it is not such a routine.
pub fn masks_windows(mem: &dyn Memory, start: u32, pc: u32) -> Option<bool> {
    let (mut at, mut first) = (start, None);
    for _ in 0..MAX_PROLOGUE {
        let insn = insn(mem, at)?;
        if insn.op == Op::Wsr && insn.imm == WINDOWSTART {
            first = Some(at);
            break;
        }
        at = at.wrapping_add(insn.len.into());
    }
    let first = first?;
    // The second write is behind the loop; until then the routine does not leave its mask.
    (pc.wrapping_sub(start) < MOST_SPILL).then_some(pc > first && !written_again(mem, first, pc))
}

/// Bytes of the routine at the most.
const MOST_SPILL: u32 = 0x180;

/// Whether WINDOWSTART is written between two instructions of straight code.
fn written_again(mem: &dyn Memory, first: u32, pc: u32) -> bool {
    let mut at = first.wrapping_add(3);
    while at < pc {
        let Some(insn) = insn(mem, at) else { return false };
        if insn.op == Op::Wsr && insn.imm == WINDOWSTART {
            return true;
        }
        at = at.wrapping_add(insn.len.into());
    }
    false
}
