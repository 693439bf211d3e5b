//! A decoded instruction.

use super::format as f;
use super::op::Op;
use super::operand::Operand;
use super::table::row;

/// A decoded instruction.
///
/// `r`, `s` and `t` are the word's raw 4-bit fields, for any use: number of an address, float, boolean or
/// MAC16 register, or opcode bits. For MAC16 the registers are m(r & 3) of LDINC and its relatives, m(r >> 2
/// & 1) and m(2 + (t >> 2 & 1)).
///
/// `imm` is the decoded immediate, and 0 if there is none:
///
/// | instructions | `imm` |
/// |---|---|
/// | loads, stores | byte offset, scaled; negative for L32E, S32E |
/// | ADDI, ADDMI, MOVI and density forms | the constant |
/// | BEQI, BNEI, BGEI, BLTI, BGEUI, BLTUI | the constant compared with; displacement in `disp` |
/// | BBCI, BBSI | the bit number; displacement in `disp` |
/// | other branches, J | displacement from PC + 4 |
/// | CALLn | displacement from (PC & !3) + 4, a multiple of 4 |
/// | LOOP, LOOPNEZ, LOOPGTZ | 0..=255: LEND = PC + 4 + `imm` |
/// | L32R | displacement from (PC + 3) & !3, negative |
/// | SLLI, SRLI, SRAI, SSAI | shift amount (SLLI gives 32 for the undefined encoding 0) |
/// | EXTUI | shift amount, and the width of the mask << 8 |
/// | SEXT, CLAMPS | bit number, 7..=22 |
/// | RSR, WSR, XSR, RUR, WUR | register number |
/// | ENTRY | frame size in bytes |
/// | ROTW | -8..=7 |
/// | RSIL, WAITI, RFI | interrupt level |
/// | BREAK | s << 4, and t; BREAK.N: s |
/// | FLOAT.S, TRUNC.S and relatives | scale exponent, 0..=15 |
/// | CONST.S | number of the constant |
/// | F64ITER | op2 bits 1..0, and op2 bit 2 << 8 |
/// | F64ADDC, F64SUBC | r bits 2..1, and r bit 0 << 8 |
/// | F64RND, F64NORM, F64CMPH, RF64R, WF64R | the selector bits |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Insn {
    /// The instruction.
    pub op: Op,
    /// Length in bytes: 2 or 3.
    pub len: u8,
    /// Field r, bits 15..12.
    pub r: u8,
    /// Field s, bits 11..8.
    pub s: u8,
    /// Field t, bits 7..4.
    pub t: u8,
    /// Displacement from PC + 4 of the branches whose `imm` is a constant or a bit number; else 0.
    pub disp: i8,
    /// The immediate.
    pub imm: i32,
}

impl Insn {
    /// Creates the instruction with these fields. Fields that the opcode fixes are ignored.
    pub fn new(op: Op, r: u8, s: u8, t: u8, imm: i32) -> Insn {
        let len = row(op).format.bytes();
        Insn { op, len, r, s, t, disp: 0, imm }
    }

    /// Returns the instruction with a branch displacement in addition to its immediate.
    pub fn with_disp(self, disp: i8) -> Insn {
        Insn { disp, ..self }
    }

    /// Returns the instruction word, 16 or 24 bits of it.
    ///
    /// `imm` and `disp` override the fields that they occupy. Bits that no operand holds come from `r`, `s`,
    /// `t`. An immediate out of range is truncated; debug builds panic instead.
    pub fn encode(&self) -> u32 {
        let row = row(self.op);
        let mut word = f::R.put(self.r.into()) | f::S.put(self.s.into()) | f::T.put(self.t.into());
        if let Some(imm) = row.imm {
            word = word & !imm.mask() | imm.insert(self.imm);
            debug_assert_eq!(imm.extract(word), self.imm, "{} immediate", row.mnemonic);
        }
        if self.has_disp() {
            word |= Operand::DispExtra.insert(self.disp.into());
        }
        word & !row.mask | row.bits
    }

    /// Returns the address that the instruction at `pc` refers to: the target of a branch, jump or direct
    /// call, the end (LEND) of a loop, the literal of L32R.
    pub fn target(&self, pc: u32) -> Option<u32> {
        let next = |base: u32, by: i32| Some(base.wrapping_add_signed(by));
        if self.has_disp() {
            return next(pc.wrapping_add(4), self.disp.into());
        }
        match row(self.op).imm? {
            Operand::Literal => next(pc.wrapping_add(3) & !3, self.imm),
            Operand::DispCall => next((pc & !3).wrapping_add(4), self.imm),
            imm if imm.is_label() => next(pc.wrapping_add(4), self.imm),
            _ => None,
        }
    }

    /// Returns the highest quad of address registers that the instruction uses, 0..=3. The window check
    /// raises an overflow if the quad is not free. A call includes its return address register.
    pub fn window_quad(&self) -> u8 {
        let implied = match self.op {
            Op::Call4 | Op::Callx4 => 1,
            Op::Call8 | Op::Callx8 => 2,
            Op::Call12 | Op::Callx12 => 3,
            _ => 0,
        };
        let named = row(self.op).operands.iter().map(|operand| match operand {
            Operand::Ar => self.r >> 2,
            Operand::As => self.s >> 2,
            Operand::At => self.t >> 2,
            _ => 0,
        });
        named.fold(implied, u8::max)
    }

    /// Returns whether `disp` holds the branch displacement.
    pub(crate) fn has_disp(&self) -> bool {
        row(self.op).operands.last() == Some(&Operand::DispExtra)
    }
}
