//! Adapts frames of a backtrace to the symbols' interface, for locals and parameters.

use super::{FrameKind, ReadMemory, StackFrame, prologue};
use crate::symbols;
use esplens_core::cpu::ps;

/// Adapter to the symbols' memory trait.
pub struct Bytes<'a>(pub &'a dyn ReadMemory);

impl symbols::ValueMemory for Bytes<'_> {
    fn read(&self, addr: u32, buf: &mut [u8]) -> usize {
        self.0.peek(addr, buf)
    }
}

/// A frame of a backtrace with its CFA and memory.
pub struct SourceView<'a> {
    frame: &'a StackFrame,
    /// The registers as they will be after the function's ENTRY, if the frame is at it: until then the function's
    /// parameters are in the caller's window.
    entered: Option<StackFrame>,
    cfa: Option<u32>,
    memory: Bytes<'a>,
}

impl<'a> SourceView<'a> {
    /// Returns the view of frame `n` of a backtrace; of frame 0 if there are not so many.
    ///
    /// # Panics
    /// If `frames` is empty.
    #[must_use]
    pub fn of(frames: &'a [StackFrame], n: usize, mem: &'a dyn ReadMemory) -> Self {
        let frame = frames.get(n).unwrap_or(&frames[0]);
        let entered = entered(frame, mem);
        // The stack pointer of the caller, which is still the current one at an ENTRY.
        let cfa = match entered {
            Some(_) => Some(frame.sp()),
            None => frames.get(n + 1).map(StackFrame::sp),
        };
        Self { frame, entered, cfa, memory: Bytes(mem) }
    }
}

/// Returns the registers after an ENTRY that runs next (ISA: ENTRY): the window rotates by CALLINC, the stack pointer
/// is lowered.
fn entered(frame: &StackFrame, mem: &dyn ReadMemory) -> Option<StackFrame> {
    let inc = 4 * ((frame.ps & ps::CALLINC) >> ps::CALLINC_SHIFT) as usize;
    if frame.kind == FrameKind::Caller || inc == 0 || !prologue::at_entry(mem, frame.pc) {
        return None;
    }
    let size = prologue::insn(mem, frame.pc)?.imm as u32;
    let mut after = StackFrame { known: frame.known >> inc | 2, ..*frame };
    after.a = std::array::from_fn(|n| frame.a.get(n + inc).copied().unwrap_or(0));
    after.a[1] = frame.sp().wrapping_sub(size);
    Some(after)
}

impl symbols::FrameContext for SourceView<'_> {
    fn pc(&self) -> u32 {
        self.frame.lookup()
    }

    fn register(&self, number: u16) -> Option<u32> {
        self.entered.as_ref().unwrap_or(self.frame).reg(number.into())
    }

    fn named(&self, number: u16) -> Option<u32> {
        self.frame.reg(number.into())
    }

    fn cfa(&self) -> Option<u32> {
        self.cfa
    }

    fn memory(&self) -> &dyn symbols::ValueMemory {
        &self.memory
    }
}
