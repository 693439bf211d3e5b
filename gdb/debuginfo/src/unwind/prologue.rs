//! Progress of a function in setting up its frame.

use super::memory::{ReadMemory, Words};
use esplens_core::isa::{self, Insn, Op};

/// Most instructions examined before a prologue counts as finished.
const MAX_PROLOGUE: usize = 64;

/// Returns the instruction at `pc`.
#[must_use]
pub fn insn(mem: &dyn ReadMemory, pc: u32) -> Option<Insn> {
    let mut bytes = [0; 4];
    let n = mem.peek(pc, &mut bytes[..3]);
    isa::decode(u32::from_le_bytes(bytes)).filter(|i| usize::from(i.len) <= n)
}

/// Returns the address that RETW in code at `pc` goes to: a windowed call keeps its window increment in the two highest
/// bits of a0.
#[must_use]
pub fn return_address(a0: u32, pc: u32) -> u32 {
    a0 & 0x3FFF_FFFF | pc & 0xC000_0000
}

/// Returns true if `pc` is at the ENTRY of a windowed function: the window is still its caller's.
pub fn at_entry(mem: &dyn ReadMemory, pc: u32) -> bool {
    insn(mem, pc).is_some_and(|i| i.op == Op::Entry)
}

/// Changes that a CALL0 function made to its caller's frame before `pc`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Call0 {
    /// Bytes by which the stack pointer was lowered.
    pub size: u32,
    /// Offset from the stack pointer at which a0 is saved.
    pub a0_at: Option<u32>,
}

/// Follows a CALL0 function from its start to `pc`. Returns `None` for a windowed function.
pub fn call0(mem: &dyn ReadMemory, start: u32, pc: u32) -> Option<Call0> {
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
            // The prologue ends here.
            _ if matches!(insn.op.flow(), isa::Flow::Return | isa::Flow::Jump) => break,
            _ => {}
        }
        at = at.wrapping_add(insn.len.into());
    }
    Some(frame)
}

impl Call0 {
    /// Returns the return address and the caller's stack pointer.
    pub fn unwind(&self, mem: &dyn ReadMemory, a0: u32, sp: u32) -> Option<(u32, u32)> {
        let ra = match self.a0_at {
            Some(at) => mem.u32(sp.wrapping_add(at))?,
            None => a0,
        };
        Some((ra, sp.wrapping_add(self.size)))
    }
}
