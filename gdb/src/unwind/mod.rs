//! Backtraces without GDB's help: registers and a way to read memory are all it takes.
//!
//! A running core's newer frames live in the AR file, the older ones on the stack; a stopped task's all lie on its
//! stack. Interrupts and exceptions put a saved register file between two frames ([`exception`]). The same code serves
//! cores, tasks and core dumps; docs/decisions/unwinder.md says how and why.

mod context;
pub mod exception;
mod memory;
mod prologue;
mod source;
mod vector;
mod walk;

#[cfg(test)]
mod tests;

pub use context::Context;
pub use memory::{MachineMemory, Memory, Words, is_code, is_stack};
pub use prologue::{insn, return_address};
pub use source::{Bytes, SourceView};
pub use walk::{Unwinder, unwind};

/// Most frames of one backtrace.
pub const MAX_FRAMES: usize = 256;

/// What the unwinder wants to know of names: raw symbols suffice.
pub trait Names {
    /// The function that holds `pc`: its symbol's name and first address.
    fn function(&self, pc: u32) -> Option<(String, u32)>;
}

/// No names at all.
impl Names for () {
    fn function(&self, _pc: u32) -> Option<(String, u32)> {
        None
    }
}

/// How control came from a frame into the next newer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It is the newest.
    Newest,
    /// By a call: its PC is a return address.
    Caller,
    /// By an interrupt or exception: its PC is the instruction that runs next.
    Interrupted,
}

/// One frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The program counter.
    pub pc: u32,
    /// a0..a15 of the frame's window.
    pub a: [u32; 16],
    /// Which of them are known: bit n for a(n). The rest belong to newer frames.
    pub known: u16,
    /// PS, where it was saved; the newest saved one for older frames.
    pub ps: u32,
    /// How control left it.
    pub kind: Kind,
}

impl Frame {
    /// The stack pointer.
    #[must_use]
    pub fn sp(&self) -> u32 {
        self.a[1]
    }

    /// The address to look up names and lines by: inside the call for a return address.
    #[must_use]
    pub fn lookup(&self) -> u32 {
        if self.kind == Kind::Caller { self.pc.wrapping_sub(1) } else { self.pc }
    }

    /// An address register, when it is known.
    #[must_use]
    pub fn reg(&self, n: usize) -> Option<u32> {
        (n < 16 && self.known >> n & 1 != 0).then(|| self.a[n])
    }
}

/// Why a backtrace ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The oldest frame has no caller (a0 is 0): as it should be.
    Outermost,
    /// There are more than [`MAX_FRAMES`].
    TooDeep,
    /// Something does not fit: what, with the addresses.
    Corrupt(String),
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Outermost => write!(f, "outermost frame"),
            Self::TooDeep => write!(f, "more than {MAX_FRAMES} frames"),
            Self::Corrupt(why) => write!(f, "backtrace stopped: {why}"),
        }
    }
}

/// A backtrace, newest frame first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backtrace {
    /// The frames; at least one.
    pub frames: Vec<Frame>,
    /// Why there are no more.
    pub end: End,
}
