//! Operands of instructions and the encoding of their values in the word.

use super::format::{self as f, Field};

/// B4CONST: the constants of BEQI and the other signed comparisons.
pub const B4CONST: [i32; 16] = [-1, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 32, 64, 128, 256];
/// B4CONSTU: the constants of BLTUI and BGEUI.
pub const B4CONSTU: [i32; 16] = [32768, 65536, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 32, 64, 128, 256];

/// Operand of an instruction, in assembly order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// The address register that field r names.
    Ar,
    /// The address register that field s names.
    As,
    /// The address register that field t names.
    At,
    /// The float register that field r names.
    Fr,
    /// The float register that field s names.
    Fs,
    /// The float register that field t names.
    Ft,
    /// The boolean that field r names.
    Br,
    /// The boolean that field s names.
    Bs,
    /// The boolean that field t names.
    Bt,
    /// Four booleans; the low two bits of s are ignored.
    Bs4,
    /// Eight booleans; the low three bits of s are ignored.
    Bs8,
    /// The MAC16 register m0..=m3 in the low two bits of r.
    Mw,
    /// m0 or m1 by bit 2 of r.
    Mx,
    /// m2 or m3 by bit 2 of t.
    My,
    /// imm8, unsigned.
    Imm8,
    /// imm8, unsigned, in halfwords.
    Imm8X2,
    /// imm8, unsigned, in words.
    Imm8X4,
    /// imm8, signed.
    Imm8S,
    /// imm8, signed, times 256.
    Imm8S256,
    /// t of ADDI.N, where zero means -1.
    ImmAddiN,
    /// The twelve signed bits of MOVI.
    ImmMovi,
    /// The seven bits of MOVI.N, -32..=95.
    ImmMoviN,
    /// r in words.
    ImmR4,
    /// r in words, negative: -64..=-4.
    ImmWin,
    /// s.
    ImmS,
    /// t.
    ImmT,
    /// t + 7.
    ImmTp7,
    /// SSAI's shift amount.
    ImmSas,
    /// SLLI's shift amount, 1..=32 (32 only from the undefined encoding zero).
    ImmSll,
    /// SRAI's shift amount.
    ImmSra,
    /// EXTUI's shift amount, with the width of the mask above bit 8.
    ImmExtui,
    /// ROTW's signed t.
    ImmRotw,
    /// ENTRY's frame size in bytes.
    ImmEntry,
    /// s above t of BREAK; printed as two operands.
    ImmBreak,
    /// An entry of [`B4CONST`].
    ImmB4,
    /// An entry of [`B4CONSTU`].
    ImmB4U,
    /// A bit number.
    ImmBit,
    /// A special register number.
    ImmSr,
    /// The user register number of RUR.
    ImmUrR,
    /// The user register number of WUR.
    ImmUrW,
    /// The bit number of SETB_EXPSTATE.
    ImmBitIndex,
    /// F64ITER's two immediates, the second above bit 8.
    ImmIter,
    /// Bits 0 and 1 of op2.
    ImmRnd,
    /// F64ADDC's two immediates, the second above bit 8.
    ImmAddc,
    /// op2.
    ImmOp2,
    /// Bit 0 of op2.
    ImmNorm,
    /// Bit 0 of s.
    ImmS0,
    /// Bit 0 of r.
    ImmR0,
    /// L32R's byte displacement, always negative.
    Literal,
    /// A signed 8-bit branch displacement.
    Disp8,
    /// A signed 12-bit branch displacement.
    Disp12,
    /// A density branch's forward displacement.
    Disp6,
    /// A jump's signed 18-bit displacement.
    Disp18,
    /// A call's signed displacement in bytes.
    DispCall,
    /// A loop's forward displacement.
    DispLoop,
    /// The signed 8-bit displacement of a branch whose `imm` holds another operand; it goes to `disp`.
    DispExtra,
}

use Operand::*;

impl Operand {
    /// Returns whether the value goes to the instruction's `imm`.
    pub const fn is_imm(self) -> bool {
        !matches!(self, Ar | As | At | Fr | Fs | Ft | Br | Bs | Bt | Bs4 | Bs8 | Mw | Mx | My | DispExtra)
    }

    /// Returns whether the operand is printed as an address.
    pub const fn is_label(self) -> bool {
        matches!(self, Literal | Disp8 | Disp12 | Disp6 | Disp18 | DispCall | DispLoop | DispExtra)
    }

    /// Returns whether the value is a pair, printed as two operands: the low byte, then the rest.
    pub const fn is_pair(self) -> bool {
        matches!(self, ImmExtui | ImmIter | ImmAddc)
    }

    /// Returns the field of an immediate, or its first field.
    pub const fn field(self) -> Field {
        match self {
            Imm8 | Imm8X2 | Imm8X4 | Imm8S | Imm8S256 => f::IMM8,
            Disp8 | DispLoop | DispExtra => f::IMM8,
            ImmAddiN | ImmT | ImmTp7 | ImmRotw | Ft | At | Bt => f::T,
            ImmMovi => f::IMM12B,
            ImmMoviN => f::IMM7,
            ImmR4 | ImmWin | ImmB4 | ImmB4U | Ar | Fr | Br => f::R,
            ImmS | As | Fs | Bs | Bs4 | Bs8 => f::S,
            ImmSas => f::SAS,
            ImmSll => f::SAL,
            ImmSra => f::SARGT,
            ImmExtui => f::SAE,
            ImmEntry | Disp12 => f::IMM12,
            ImmBreak | ImmUrR => f::ST,
            ImmBit => f::BBI,
            ImmSr | ImmUrW => f::SR,
            ImmBitIndex => f::BITINDEX,
            ImmIter | ImmRnd => f::OP2_1_0,
            ImmAddc => f::R_2_1,
            ImmOp2 => f::OP2,
            ImmNorm => f::OP2_0,
            ImmS0 => f::S_0,
            ImmR0 => f::R_0,
            Literal => f::IMM16,
            Disp6 => f::IMM6,
            Disp18 | DispCall => f::OFFSET,
            Mw => f::W,
            Mx => f::X,
            My => f::Y,
        }
    }

    /// Returns the second field of a pair.
    pub const fn second(self) -> Option<Field> {
        match self {
            ImmExtui => Some(f::OP2),
            ImmIter => Some(f::OP2_2),
            ImmAddc => Some(f::R_0),
            _ => None,
        }
    }

    /// Returns the mask of the word's bits that hold the operand's value.
    pub const fn mask(self) -> u32 {
        match self.second() {
            Some(second) => self.field().mask() | second.mask(),
            None => self.field().mask(),
        }
    }

    /// Returns the operand's value in `word`: a register number, or the value of `Insn::imm`.
    #[inline]
    pub fn extract(self, word: u32) -> i32 {
        let field = self.field();
        let raw = field.get(word) as i32;
        match self {
            Imm8S | ImmMovi | ImmRotw | Disp8 | Disp12 | Disp18 | DispExtra => field.get_signed(word),
            Imm8S256 => field.get_signed(word) << 8,
            DispCall => field.get_signed(word) << 2,
            Imm8X2 => raw << 1,
            Imm8X4 | ImmR4 => raw << 2,
            ImmEntry => raw << 3,
            ImmAddiN if raw == 0 => -1,
            ImmMoviN if raw >= 96 => raw - 128,
            ImmWin => (raw - 16) << 2,
            ImmTp7 => raw + 7,
            ImmSll => 32 - raw,
            ImmB4 => B4CONST[raw as usize],
            ImmB4U => B4CONSTU[raw as usize],
            Literal => (raw - 0x1_0000) << 2,
            ImmExtui => raw | (f::OP2.get(word) as i32 + 1) << 8,
            ImmIter => raw | (f::OP2_2.get(word) as i32) << 8,
            ImmAddc => raw | (f::R_0.get(word) as i32) << 8,
            My => raw + 2,
            _ => raw,
        }
    }

    /// Returns the word bits that hold `value`; the inverse of [`Operand::extract`].
    pub fn insert(self, value: i32) -> u32 {
        let raw = match self {
            Imm8S256 => value >> 8,
            DispCall | Imm8X4 | ImmR4 | ImmWin | Literal => value >> 2,
            Imm8X2 => value >> 1,
            ImmEntry => value >> 3,
            ImmAddiN if value == -1 => 0,
            ImmTp7 => value - 7,
            ImmSll => 32 - value,
            ImmB4 => position(&B4CONST, value),
            ImmB4U => position(&B4CONSTU, value),
            My => value - 2,
            _ => value,
        };
        let above = (value >> 8) - i32::from(self == ImmExtui);
        let second = self.second().map_or(0, |second| second.put(above as u32));
        self.field().put(raw as u32) | second
    }
}

/// Returns the index of `value` in `table`; 0 if it is absent.
fn position(table: &[i32; 16], value: i32) -> i32 {
    table.iter().position(|&entry| entry == value).unwrap_or(0) as i32
}
