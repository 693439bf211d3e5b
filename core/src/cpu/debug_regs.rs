//! The debug option's registers (ISA 4.7.6): IBREAK, DBREAK, ICOUNT and DEBUGCAUSE.

use super::Cpu;
use super::interrupt::DEBUG_LEVEL;
use crate::memory::{Memory, Watch, WatchKind, WatchOwner};

/// DEBUGCAUSE bits (ISA table 4-118).
pub mod cause {
    /// ICOUNT.
    pub const ICOUNT: u32 = 1;
    /// IBREAK.
    pub const IBREAK: u32 = 2;
    /// DBREAK; its register number is in bits 8..11.
    pub const DBREAK: u32 = 4;
    /// BREAK instruction.
    pub const BREAK: u32 = 8;
    /// BREAK.N instruction.
    pub const BREAK_N: u32 = 16;
    /// Interrupt from the debugger.
    pub const DEBUG_INT: u32 = 32;
}

/// First of the guest's watchpoint ids in the memory's list, which the debugger does not use.
const GUEST_WATCH: usize = usize::MAX - 16;

impl Cpu {
    /// Returns true when a debug exception can be taken (CINTLEVEL below the debug level).
    #[must_use]
    pub fn debug_enabled(&self) -> bool {
        self.cintlevel() < DEBUG_LEVEL
    }

    /// Takes the debug exception at `pc`.
    pub fn raise_debug(&mut self, cause: u32, pc: u32) {
        self.debugcause = cause;
        self.enter_level(DEBUG_LEVEL, pc);
    }

    /// Returns true when IBREAK covers `pc`.
    #[must_use]
    pub fn ibreak_at(&self, pc: u32) -> bool {
        (0..2).any(|n| self.ibreakenable >> n & 1 != 0 && self.ibreaka[n] == pc)
    }

    /// Returns true when ICOUNT counts and may trap: the engine must single-step.
    #[must_use]
    pub fn icount_active(&self) -> bool {
        self.icountlevel > self.cintlevel()
    }

    /// Updates the memory's watchpoint list from DBREAKA/DBREAKC of `core`.
    pub fn sync_dbreak(&self, core: usize, mem: &mut Memory) {
        for n in 0..2 {
            let id = GUEST_WATCH + core * 2 + n;
            let c = self.dbreakc[n];
            let kind = match c >> 30 {
                0 => {
                    mem.clear_watch(id);
                    continue;
                }
                1 => WatchKind::Read,
                2 => WatchKind::Write,
                _ => WatchKind::Access,
            };
            // MASK has six bits, ones above the size: the watched block is a power of two of 1..64 bytes.
            let len = (!(c & 0x3F) & 0x3F) + 1;
            let addr = self.dbreaka[n] & !(len - 1);
            mem.set_watch(id, Watch { addr, len, kind, owner: WatchOwner::Guest { core, n } });
        }
    }
}
