//! Stop reasons of an engine, shared by all front ends.

use serde::{Deserialize, Serialize};

/// Reason why a core stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stop {
    /// A debugger's breakpoint at the PC. The instruction there has not run.
    Breakpoint,
    /// A debugger's watchpoint. The instruction at the PC would access `addr` and has not run.
    Watchpoint {
        /// The watchpoint's id.
        id: usize,
        /// First byte of the access.
        addr: u32,
        /// True for a store.
        store: bool,
    },
    /// BREAK or BREAK.N at the PC, which has not run. Reported only if
    /// [`crate::engine::Engine::stop_at_breaks`] is on.
    Break,
    /// SIMCALL at the PC: a request to the host (ISA 8, SIMCALL). The machine executes it and skips the
    /// instruction.
    Simcall,
    /// An interrupt with a debugger's stop was taken. The PC is at its vector, and no handler code has run.
    Interrupt {
        /// Pending and enabled interrupts of the level taken, one bit each.
        taken: u32,
    },
    /// A network frame that a debugger stops at was sent or received. The instruction that caused it has
    /// completed.
    NetFrame,
    /// A coprocessor beside the cores stopped before its instruction at this byte address of its own memory. The core's
    /// PC has no significance.
    Coprocessor {
        /// Byte address.
        addr: u32,
    },
    /// The instruction steps that a debugger requested are done.
    Step,
}
