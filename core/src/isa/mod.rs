//! The instruction set: one table, and everything generated from it.
//!
//! [`decode`] turns a word into an [`Insn`], [`Insn::encode`] turns it back and [`Insn::disasm`] prints it.
//! Encodings are defined only in the table in [`table`].

mod decode;
mod disasm;
pub mod format;
mod insn;
mod op;
pub mod operand;
pub mod special;
pub mod table;

#[cfg(test)]
mod tests;

pub use decode::decode;
pub use insn::Insn;
pub use op::{Flow, Op};
pub use special::{sr, ur};
