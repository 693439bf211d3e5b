//! The instructions by name.

use super::table::{for_each_op, row};

/// What an instruction does to the flow of control, as a block translator sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flow {
    /// Control goes on to the next instruction.
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
    /// What follows may run under another window, interrupt level, memory map or code.
    Barrier,
}

macro_rules! ops {
    ($($op:ident $mnemonic:literal $format:ident $mask:literal $bits:literal
       [$($operand:ident)*] $flow:ident $doc:literal;)*) => {
        /// An instruction of the ESP32's LX6.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Op {
            $(#[doc = concat!("`", $mnemonic, "`: ", $doc)] $op,)*
        }

        impl Op {
            /// Every instruction, in the table's order.
            pub const ALL: &[Op] = &[$(Op::$op),*];
        }
    };
}
for_each_op!(ops);

impl Op {
    /// The name in assembly.
    pub fn mnemonic(self) -> &'static str {
        row(self).mnemonic
    }

    /// What the instruction does to the flow of control.
    pub fn flow(self) -> Flow {
        row(self).flow
    }

    /// One line on what the instruction does.
    pub fn doc(self) -> &'static str {
        row(self).doc
    }
}
