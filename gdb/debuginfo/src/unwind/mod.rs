//! Backtraces without GDB, from registers and readable memory only.
//!
//! A running core's newer frames are in the AR file, the older ones on the stack; all frames of a stopped task are on
//! its stack. Interrupts and exceptions put a saved register file between two frames ([`exception`]). The same code
//! unwinds cores, tasks and core dumps. Design and reasons: docs/decisions/unwinder.md.

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
pub use memory::{ReadMemory, Words};
pub use prologue::{insn, return_address};
pub use source::{Bytes, SourceView};
pub use walk::{Unwinder, unwind};

/// Most frames of one backtrace.
pub const MAX_FRAMES: usize = 256;

/// Names that the unwinder needs; raw symbols suffice.
pub trait UnwindNames {
    /// Returns the function that contains `pc`: its symbol's name and first address.
    fn function(&self, pc: u32) -> Option<(String, u32)>;
}

/// An empty set of names.
impl UnwindNames for () {
    fn function(&self, _pc: u32) -> Option<(String, u32)> {
        None
    }
}

/// Transition from a frame to the next newer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// None: it is the newest frame.
    Newest,
    /// A call: the PC is a return address.
    Caller,
    /// An interrupt or exception: the PC is the instruction that runs next.
    Interrupted,
}

/// A stack frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackFrame {
    /// The program counter.
    pub pc: u32,
    /// a0..a15 of the frame's window.
    pub a: [u32; 16],
    /// Registers that are known: bit n for a(n). The others belong to newer frames.
    pub known: u16,
    /// PS, if it was saved; otherwise that of the next newer frame.
    pub ps: u32,
    /// Transition to the next newer frame.
    pub kind: FrameKind,
}

impl StackFrame {
    /// Returns the stack pointer.
    #[must_use]
    pub fn sp(&self) -> u32 {
        self.a[1]
    }

    /// Returns the address to look up names and lines by: inside the call for a return address.
    #[must_use]
    pub fn lookup(&self) -> u32 {
        if self.kind == FrameKind::Caller { self.pc.wrapping_sub(1) } else { self.pc }
    }

    /// Returns an address register, if it is known.
    #[must_use]
    pub fn reg(&self, n: usize) -> Option<u32> {
        (n < 16 && self.known >> n & 1 != 0).then(|| self.a[n])
    }
}

/// Reason why a backtrace ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BacktraceEnd {
    /// The oldest frame has no caller (a0 is 0), as expected.
    Outermost,
    /// There are more than [`MAX_FRAMES`].
    TooDeep,
    /// Inconsistent data: a description with the addresses.
    Corrupt(String),
}

impl std::fmt::Display for BacktraceEnd {
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
    pub frames: Vec<StackFrame>,
    /// Reason why there are no more.
    pub end: BacktraceEnd,
}
