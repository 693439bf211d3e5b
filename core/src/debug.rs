//! The debug vocabulary: why an engine stopped. Every front end is a client of these types.

use serde::{Deserialize, Serialize};

/// Why a core stopped where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stop {
    /// A debugger's breakpoint at the PC; the instruction there has not run.
    Breakpoint,
    /// A debugger's watchpoint: the instruction at the PC would access `addr` and has not run.
    Watchpoint {
        /// The watchpoint's id.
        id: usize,
        /// The access's first byte.
        addr: u32,
        /// True for a store.
        store: bool,
    },
    /// BREAK or BREAK.N at the PC, which has not run: reported only where [`crate::engine::Engine::stop_at_breaks`] asks
    /// for it.
    Break,
    /// SIMCALL at the PC: a request to the host (ISA 8, SIMCALL). The machine carries it out and moves on.
    Simcall,
    /// An interrupt that a debugger watches was taken: the PC is at its vector, nothing of the handler ran.
    Interrupt {
        /// The pending and enabled interrupts of the level taken, a bit each.
        taken: u32,
    },
    /// A frame passed that a debugger may want to see; what sent or received it is done.
    Frame,
    /// The instructions that a debugger asked for are done.
    Step,
}
