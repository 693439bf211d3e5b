//! What clients hear of.

use super::handle::Client;
use esplens_core::time::Ticks;
use esplens_soc::system::{Output, ResetCause};
use std::sync::Arc;

/// Something happened to the machine.
#[derive(Clone, Debug)]
pub enum Event {
    /// It stands still.
    Stopped(Stopped),
    /// It runs again, by this client's wish.
    Resumed(Client),
    /// The chip was reset: by the guest or a watchdog, or by a client.
    Reset {
        /// What the ROM will read as the cause.
        cause: ResetCause,
        /// The client, when it was one.
        by: Option<Client>,
    },
    /// What left the machine in the last slice, but for traced events and frames: a [`super::Stream`] has those.
    Output(Arc<[Output]>),
    /// The guest ended the program with this code.
    Exited(i32),
    /// A client wants the whole program to end.
    Quit(Client),
    /// Something else of a machine that stands still changed: memory, registers, points, snapshots, symbols, clients.
    Touched,
    /// The supervisor has ended; nothing will answer any more.
    Gone,
}

/// A stop, with everything a client tells its user.
#[derive(Clone, Debug, PartialEq)]
pub struct Stopped {
    /// The core it is about.
    pub core: usize,
    /// Its PC then.
    pub pc: u32,
    /// Virtual time.
    pub now: Ticks,
    /// The reason.
    pub why: Why,
    /// Number of this stop, counted from 1.
    pub number: u64,
}

/// Why the machine stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It never ran.
    Start,
    /// A client asked for it.
    Asked(Client),
    /// A breakpoint at the PC; nothing of the instruction ran.
    Breakpoint,
    /// A BREAK instruction of the firmware at the PC, which a debugger takes; going on steps over it.
    Break,
    /// A watchpoint; the access at the PC has not happened.
    Watchpoint {
        /// The point that was hit.
        id: super::PointId,
        /// First byte of the point.
        addr: u32,
        /// True for a store.
        store: bool,
    },
    /// A peripheral's register; the access at the PC has not happened.
    Register {
        /// Its name.
        name: String,
        /// True for a store.
        store: bool,
    },
    /// The kernel is about to give the core to a task; the store at the PC that does it has not happened.
    Switch(String),
    /// An interrupt was taken; the PC is at its vector.
    Interrupt {
        /// Its number; the lowest where several of its level are pending.
        number: u8,
        /// The source that the point named.
        name: Option<String>,
    },
    /// An Ethernet frame: which way, and who talks to whom.
    Frame(String),
    /// The step is done.
    Step,
    /// A step came to the vector of this exception: EXCCAUSE, the PC that took it, EXCVADDR.
    Exception {
        /// EXCCAUSE.
        cause: u32,
        /// The instruction.
        pc: u32,
        /// EXCVADDR.
        addr: u32,
    },
    /// A step out of this function is done.
    Finished(String),
    /// Where a client told the machine to run to, of this place.
    Reached,
    /// The guest's panic handler is about to run, or the chip reset after one.
    Panic(String),
    /// A reset that clients asked to stop at.
    Reset(ResetCause),
    /// The guest ended the program.
    Exited(i32),
    /// On the way back: nothing earlier is kept.
    Oldest,
    /// On the way forward: what follows has not been yet.
    Newest,
}

impl Why {
    /// The end of a step of one core.
    #[must_use]
    pub fn is_step(&self) -> bool {
        matches!(self, Self::Step | Self::Exception { .. })
    }
}

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (core, pc) = (self.core, self.pc);
        match &self.why {
            Why::Start => write!(f, "not started"),
            Why::Asked(client) => write!(f, "stopped by {client}, core {core} at {pc:#010x}"),
            Why::Breakpoint => write!(f, "breakpoint, core {core} at {pc:#010x}"),
            Why::Break => write!(f, "break instruction, core {core} at {pc:#010x}"),
            Why::Watchpoint { addr, store, .. } => {
                let what = if *store { "store to" } else { "load from" };
                write!(f, "watchpoint: {what} {addr:#010x}, core {core} at {pc:#010x}")
            }
            Why::Register { name, store } => {
                let what = if *store { "write" } else { "read" };
                write!(f, "register {name}: {what}, core {core} at {pc:#010x}")
            }
            Why::Switch(task) => write!(f, "{task} gets core {core} at {pc:#010x}"),
            Why::Interrupt { number, name } => {
                let name = name.as_ref().map_or(String::new(), |n| format!(" ({n})"));
                write!(f, "interrupt {number}{name}, core {core} at {pc:#010x}")
            }
            Why::Frame(text) => write!(f, "frame {text}, core {core} at {pc:#010x}"),
            Why::Step => write!(f, "step, core {core} at {pc:#010x}"),
            Why::Exception { cause, pc: at, addr } => {
                let name = crate::explain::cause_name(*cause);
                write!(f, "{name} at {at:#010x}")?;
                if crate::explain::has_address(*cause) {
                    write!(f, ", address {addr:#x}")?;
                }
                write!(f, ", core {core} at {pc:#010x}")
            }
            Why::Finished(what) => write!(f, "finished {what}, core {core} at {pc:#010x}"),
            Why::Reached => write!(f, "reached, core {core} at {pc:#010x}"),
            Why::Panic(what) => write!(f, "guest panic ({what}), core {core} at {pc:#010x}"),
            Why::Reset(cause) => write!(f, "reset ({cause:?})"),
            Why::Exited(code) => write!(f, "the guest ended with code {code}"),
            Why::Oldest => write!(f, "nothing earlier is recorded, core {core} at {pc:#010x}"),
            Why::Newest => write!(f, "the end of what is recorded, core {core} at {pc:#010x}"),
        }
    }
}
