//! The machine's memory for the code that reads stacks, types and kernel objects.

use esplens_debuginfo::unwind::ReadMemory;
use esplens_soc::machine::Machine;
use esplens_soc::map::{self, RegionKind};

/// A machine's memory as one core sees it.
pub struct MachineMemory<'a> {
    /// The machine.
    pub machine: &'a Machine,
    /// The core whose address map is used.
    pub core: usize,
}

impl ReadMemory for MachineMemory<'_> {
    fn peek(&self, addr: u32, out: &mut [u8]) -> usize {
        // Peripheral registers contain no stacks or kernel objects, and a peek at them does not read memory.
        if map::kind_at(addr) == Some(RegionKind::Peripheral) {
            return 0;
        }
        self.machine.peek(self.core, addr, out)
    }

    fn core(&self, core: usize) -> Option<(u32, u32)> {
        let cpu = self.machine.cpu(core);
        Some((cpu.pc, cpu.a(1)))
    }
}
