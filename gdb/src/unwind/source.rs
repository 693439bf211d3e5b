//! A frame as the symbols want it, for locals and parameters.

use super::{Frame, Memory};
use crate::symbols;

/// Memory in the symbols' words.
pub struct Bytes<'a>(pub &'a dyn Memory);

impl symbols::Memory for Bytes<'_> {
    fn read(&self, addr: u32, buf: &mut [u8]) -> usize {
        self.0.peek(addr, buf)
    }
}

/// A frame of a backtrace with what belongs to it.
pub struct SourceView<'a> {
    /// The frame.
    pub frame: &'a Frame,
    /// The next older one, when the backtrace has it: its stack pointer is the canonical frame address.
    pub caller: Option<&'a Frame>,
    /// Memory.
    pub memory: Bytes<'a>,
}

impl symbols::Frame for SourceView<'_> {
    fn pc(&self) -> u32 {
        self.frame.lookup()
    }

    fn register(&self, number: u16) -> Option<u32> {
        self.frame.reg(number.into())
    }

    fn cfa(&self) -> Option<u32> {
        self.caller.map(Frame::sp)
    }

    fn memory(&self) -> &dyn symbols::Memory {
        &self.memory
    }
}
