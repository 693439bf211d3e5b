//! Events published to clients.

use esplens_core::time::Ticks;
use esplens_soc::system::{Output, ResetCause};
use std::sync::Arc;

/// Number of a breakpoint or watchpoint.
pub type PointId = usize;

/// Identity of a client: a name and a unique number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Number, from 1.
    pub id: u32,
    /// Kind of client: `gdb`, `monitor`, `dashboard`.
    pub name: Arc<str>,
}

impl std::fmt::Display for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.name, self.id)
    }
}

/// An event of the machine.
#[derive(Clone, Debug)]
pub enum Event {
    /// The machine stopped.
    Stopped(Stopped),
    /// This client resumed the machine.
    Resumed(Client),
    /// The chip was reset by the guest, a watchdog or a client.
    Reset {
        /// The reset cause that the ROM reads.
        cause: ResetCause,
        /// The client that reset the chip, if any.
        by: Option<Client>,
    },
    /// Output of the last slice, except traced events and network frames, which go to a [`crate::Subscription`].
    Output(Arc<[Output]>),
    /// The guest ended the program with this exit code.
    Exited(i32),
    /// A client requested the end of the whole program.
    Quit(Client),
    /// State of the stopped machine changed: memory, registers, points, snapshots, symbols or clients.
    Touched,
    /// The supervisor has ended; requests fail from now on.
    Gone,
}

/// A stop of the machine, as reported to clients.
#[derive(Clone, Debug, PartialEq)]
pub struct Stopped {
    /// The core that caused the stop.
    pub core: usize,
    /// The core's PC at the stop.
    pub pc: u32,
    /// Virtual time of the stop.
    pub now: Ticks,
    /// The reason.
    pub why: Why,
    /// Number of this stop, counted from 1.
    pub number: u64,
}

/// Reason for a stop of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The machine has not run yet.
    Start,
    /// Requested by a client.
    Asked(Client),
    /// A breakpoint at the PC; the instruction has not run.
    Breakpoint,
    /// A BREAK instruction of the firmware at the PC, intercepted for a debugger; resuming skips it.
    Break,
    /// A watchpoint; the access at the PC has not happened.
    Watchpoint {
        /// The ID of the point that was hit.
        id: PointId,
        /// First byte of the point.
        addr: u32,
        /// True for a store.
        store: bool,
    },
    /// An access to a peripheral register; the access at the PC has not happened.
    Register {
        /// The register's name.
        name: String,
        /// True for a store.
        store: bool,
    },
    /// The kernel is about to switch the core to a task; the store at the PC that does it has not happened.
    Switch(String),
    /// An interrupt was taken; the PC is at its vector.
    Interrupt {
        /// Interrupt number; the lowest one if several of the same level are pending.
        number: u8,
        /// The interrupt source that the point names.
        name: Option<String>,
    },
    /// A network frame: its direction and a summary of its contents.
    NetFrame(String),
    /// The ULP coprocessor is before its instruction at this byte address of RTC slow memory, at one of its breakpoints
    /// or after a step.
    Ulp(u32),
    /// The step is complete.
    Step,
    /// A step ended at the vector of this exception.
    Exception {
        /// EXCCAUSE.
        cause: u32,
        /// The PC of the instruction that caused it.
        pc: u32,
        /// EXCVADDR.
        addr: u32,
    },
    /// A step out of this function is complete.
    Finished(String),
    /// The address that a client ran to was reached.
    Reached,
    /// The guest's panic handler is about to run, or the chip was reset after a panic.
    Panic(String),
    /// A reset, where clients asked to stop at resets.
    Reset(ResetCause),
    /// The guest ended the program.
    Exited(i32),
    /// Reverse execution reached the oldest checkpoint.
    Oldest,
    /// Replay reached the end of the recorded run.
    Newest,
}

impl Why {
    /// Returns true for the end of a single-core step.
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
            Why::NetFrame(text) => write!(f, "frame {text}, core {core} at {pc:#010x}"),
            Why::Ulp(addr) => write!(f, "ULP at {addr:#05x}, core {core} at {pc:#010x}"),
            Why::Step => write!(f, "step, core {core} at {pc:#010x}"),
            Why::Exception { cause, pc: at, addr } => {
                let name = esplens_debuginfo::explain::cause_name(*cause);
                write!(f, "{name} at {at:#010x}")?;
                if esplens_debuginfo::explain::has_address(*cause) {
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
