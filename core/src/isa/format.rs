//! Bit fields of the instruction formats, under their names in the ISA manual.

/// Instruction format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// op2, op1, r, s, t, op0.
    Rrr,
    /// imm8, r, s, t, op0.
    Rri8,
    /// RRR with a scaled 4-bit immediate in r.
    Rri4,
    /// imm16, t, op0.
    Ri16,
    /// op2, op1, a register number in r and s, t, op0.
    Rsr,
    /// An 18-bit offset, n, op0.
    Call,
    /// op2, op1, r, s, m, n, op0.
    Callx,
    /// imm8, r, s, m, n, op0.
    Bri8,
    /// imm12, s, m, n, op0.
    Bri12,
    /// 16 bits: r, s, t, op0.
    Rrrn,
    /// 16 bits: a 7-bit immediate in r and t, s, op0.
    Ri7,
    /// 16 bits: a 6-bit immediate in r and t, s, op0.
    Ri6,
}

impl Format {
    /// Returns the length of an instruction in this format, in bytes.
    pub const fn bytes(self) -> u8 {
        match self {
            Format::Rrrn | Format::Ri7 | Format::Ri6 => 2,
            _ => 3,
        }
    }
}

/// Field of one or two runs of bits in an instruction word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    high: Run,
    low: Run,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    shift: u8,
    width: u8,
}

impl Run {
    const fn get(self, word: u32) -> u32 {
        (word >> self.shift) & ((1 << self.width) - 1)
    }

    const fn put(self, value: u32) -> u32 {
        (value & ((1 << self.width) - 1)) << self.shift
    }
}

impl Field {
    /// Creates the field of `width` bits from bit `shift` up.
    pub const fn at(shift: u8, width: u8) -> Field {
        Field::split(0, 0, shift, width)
    }

    /// Creates a field whose high bits and low bits are not adjacent.
    pub const fn split(high_shift: u8, high_width: u8, shift: u8, width: u8) -> Field {
        Field { high: Run { shift: high_shift, width: high_width }, low: Run { shift, width } }
    }

    /// Returns the field's value in `word`, zero-extended.
    #[inline]
    pub const fn get(self, word: u32) -> u32 {
        (self.high.get(word) << self.low.width) | self.low.get(word)
    }

    /// Returns the field's value in `word`, sign-extended.
    #[inline]
    pub const fn get_signed(self, word: u32) -> i32 {
        let unused = 32 - self.width();
        ((self.get(word) << unused) as i32) >> unused
    }

    /// Returns a word with only this field set, to the low bits of `value`.
    pub const fn put(self, value: u32) -> u32 {
        self.high.put(value >> self.low.width) | self.low.put(value)
    }

    /// Returns the field's width in bits.
    pub const fn width(self) -> u32 {
        (self.high.width + self.low.width) as u32
    }

    /// Returns the mask of the field's bits in the word.
    pub const fn mask(self) -> u32 {
        self.put(u32::MAX)
    }
}

/// The major opcode.
pub const OP0: Field = Field::at(0, 4);
/// Register t.
pub const T: Field = Field::at(4, 4);
/// Register s.
pub const S: Field = Field::at(8, 4);
/// Register r.
pub const R: Field = Field::at(12, 4);
/// The opcode above r.
pub const OP1: Field = Field::at(16, 4);
/// The opcode above op1.
pub const OP2: Field = Field::at(20, 4);
/// The 8-bit immediate of RRI8 and BRI8; op2 and op1 of RRR.
pub const IMM8: Field = Field::at(16, 8);
/// The 12-bit immediate of BRI12.
pub const IMM12: Field = Field::at(12, 12);
/// The 12-bit immediate of MOVI: s above imm8.
pub const IMM12B: Field = Field::split(8, 4, 16, 8);
/// The 16-bit immediate of RI16.
pub const IMM16: Field = Field::at(8, 16);
/// The 18-bit offset of CALL.
pub const OFFSET: Field = Field::at(6, 18);
/// The 6-bit immediate of RI6.
pub const IMM6: Field = Field::split(4, 2, 12, 4);
/// The 7-bit immediate of RI7.
pub const IMM7: Field = Field::split(4, 3, 12, 4);
/// The register number of RSR.
pub const SR: Field = Field::at(8, 8);
/// s above t: the register number of RUR, the code of BREAK.
pub const ST: Field = Field::at(4, 8);
/// Bit number of BBCI and BBSI.
pub const BBI: Field = Field::split(12, 1, 4, 4);
/// Shift amount of SSAI.
pub const SAS: Field = Field::split(4, 1, 8, 4);
/// Shift amount of SLLI, encoded as 32 minus the amount.
pub const SAL: Field = Field::split(20, 1, 4, 4);
/// SRAI's shift amount.
pub const SARGT: Field = Field::split(20, 1, 8, 4);
/// EXTUI's shift amount.
pub const SAE: Field = Field::split(16, 1, 8, 4);
/// The bit number of SETB_EXPSTATE and CLRB_EXPSTATE.
pub const BITINDEX: Field = Field::at(4, 5);
/// The MAC16 register that LDINC loads.
pub const W: Field = Field::at(12, 2);
/// MAC16's first register: m0 or m1.
pub const X: Field = Field::at(14, 1);
/// MAC16's second register: m2 or m3.
pub const Y: Field = Field::at(6, 1);
/// Bits 1 and 0 of op2, in the double-precision accelerator.
pub const OP2_1_0: Field = Field::at(20, 2);
/// Bit 2 of op2.
pub const OP2_2: Field = Field::at(22, 1);
/// Bit 0 of op2.
pub const OP2_0: Field = Field::at(20, 1);
/// Bits 2 and 1 of r.
pub const R_2_1: Field = Field::at(13, 2);
/// Bit 0 of r.
pub const R_0: Field = Field::at(12, 1);
/// Bit 0 of s.
pub const S_0: Field = Field::at(8, 1);
