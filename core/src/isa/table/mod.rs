//! The table of the ESP32's instructions.
//!
//! The columns are: variant, mnemonic, format, mask of the fixed bits, their values, operands, flow,
//! description. `for_each_op!` passes all rows to a macro of the caller, so everything with one item per
//! instruction is generated from the same rows. The rows are in one file per family; each family's macro
//! appends its rows and passes on to the next.

mod alu;
mod branch;
mod float;
mod mac16;
mod memory;
mod system;

pub(crate) use alu::ops_alu;
pub(crate) use branch::ops_branch;
pub(crate) use float::ops_float;
pub(crate) use mac16::ops_mac16;
pub(crate) use memory::ops_memory;
pub(crate) use system::ops_system;

/// Calls the macro `$cb` once with the rows of every instruction.
macro_rules! for_each_op {
    ($cb:ident) => {
        $crate::isa::table::ops_alu! { $cb }
    };
}
pub(crate) use for_each_op;

use super::format::Format;
use super::op::{Flow, Op};
use super::operand::Operand;

/// Table row of one instruction.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The instruction.
    pub op: Op,
    /// Assembly mnemonic.
    pub mnemonic: &'static str,
    /// Instruction format.
    pub format: Format,
    /// Mask of the bits that identify the instruction.
    pub mask: u32,
    /// Values of those bits.
    pub bits: u32,
    /// Operands in assembly order.
    pub operands: &'static [Operand],
    /// Operand that goes to `imm`.
    pub imm: Option<Operand>,
    /// Effect on control flow.
    pub flow: Flow,
    /// One-line description.
    pub doc: &'static str,
}

/// Returns the operand that goes to `imm`. The table gives each instruction at most one.
const fn imm_of(operands: &[Operand]) -> Option<Operand> {
    let mut i = 0;
    while i < operands.len() {
        if operands[i].is_imm() {
            return Some(operands[i]);
        }
        i += 1;
    }
    None
}

macro_rules! rows {
    ($($op:ident $mnemonic:literal $format:ident $mask:literal $bits:literal
       [$($operand:ident)*] $flow:ident $doc:literal;)*) => {
        /// All rows, in the order of [`Op`].
        pub static ROWS: &[Row] = &[$(Row {
            op: Op::$op,
            mnemonic: $mnemonic,
            format: Format::$format,
            mask: $mask,
            bits: $bits,
            operands: &[$(Operand::$operand),*],
            imm: imm_of(&[$(Operand::$operand),*]),
            flow: Flow::$flow,
            doc: $doc,
        }),*];
    };
}
for_each_op!(rows);

/// Returns the row of `op`.
#[inline]
pub fn row(op: Op) -> &'static Row {
    &ROWS[op as usize]
}
