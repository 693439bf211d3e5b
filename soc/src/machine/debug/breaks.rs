//! BREAK instructions in the firmware. With a debugger attached they stop the run, as on a chip under OpenOCD; without
//! one they raise the debug exception. A replay repeats what happened: exceptions, and steps over the BREAKs that
//! stopped the run.

use super::super::Machine;
use super::reg;
use esplens_core::engine::Engine;
use esplens_core::isa;

impl Machine {
    /// Sets whether a debugger that handles BREAK instructions is attached.
    pub fn take_breaks(&mut self, on: bool) {
        self.debug.take_breaks = on;
        self.sync_breaks();
    }

    /// Returns true while a BREAK stops the run.
    pub(in super::super) fn stops_at_breaks(&self) -> bool {
        self.debug.take_breaks && !self.is_replaying()
    }

    /// Sets whether the engines return to the machine at a BREAK.
    pub(in super::super) fn sync_breaks(&mut self) {
        let ask = self.soc.sys.ocd || self.stops_at_breaks();
        self.engines.iter_mut().for_each(|e| e.stop_at_breaks(ask));
    }

    /// Moves a core whose stop at a BREAK was reported past it, as OpenOCD does when it resumes. Returns false if the
    /// core is no longer there.
    pub fn step_over_break(&mut self, core: usize) -> bool {
        let pc = self.cpus[core].pc;
        if self.debug.broke[core].take() != Some(pc) {
            return false;
        }
        let mut bytes = [0; 4];
        self.mem.peek(core, pc, &mut bytes);
        let insn = isa::decode(u32::from_le_bytes(bytes));
        let Some(insn) = insn.filter(|i| matches!(i.op, isa::Op::Break | isa::Op::BreakN)) else {
            return false;
        };
        self.set_core_register(core, reg::PC, pc.wrapping_add(insn.len.into()));
        true
    }
}
