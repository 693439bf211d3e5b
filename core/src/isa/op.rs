//! Instructions by name.

use super::table::{for_each_op, row};

/// Effect of an instruction on control flow, for a block translator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flow {
    /// Execution continues with the next instruction.
    Plain,
    /// A conditional branch.
    Branch,
    /// Sets up a zero-overhead loop.
    Loop,
    /// An unconditional jump.
    Jump,
    /// A call.
    Call,
    /// A return from a call, exception or interrupt.
    Return,
    /// The next instruction may run under another window, interrupt level, memory map or code.
    Barrier,
}

macro_rules! ops {
    ($($op:ident $mnemonic:literal $format:ident $mask:literal $bits:literal
       [$($operand:ident)*] $flow:ident $doc:literal;)*) => {
        /// Instruction of the ESP32's LX6.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Op {
            $(#[doc = concat!("`", $mnemonic, "`: ", $doc)] $op,)*
        }

        impl Op {
            /// All instructions, in table order.
            pub const ALL: &[Op] = &[$(Op::$op),*];
        }
    };
}
for_each_op!(ops);

impl Op {
    /// Returns the assembly mnemonic.
    pub fn mnemonic(self) -> &'static str {
        row(self).mnemonic
    }

    /// Returns the instruction's effect on control flow.
    pub fn flow(self) -> Flow {
        row(self).flow
    }

    /// Returns a one-line description of the instruction.
    pub fn doc(self) -> &'static str {
        row(self).doc
    }
}
