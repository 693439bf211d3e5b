//! The instruction set: one table, and what is generated from it.
//!
//! [`decode`] turns a word into an [`Insn`], [`Insn::encode`] turns it back and
//! [`Insn::disasm`] prints it. The table in [`table`] is the only place that knows an encoding.

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
