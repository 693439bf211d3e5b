//! Debugging of a running machine: the supervisor, which owns the machine, and the handle through which all other code
//! reaches it.
//!
//! A [`Supervisor`] lives on one thread with its machine. It either drives itself ([`spawn`]), pacing virtual time
//! against host time, or is driven by a run loop ([`Supervisor::run`]), as in the command line. Requests are closures
//! over a [`Session`], whose methods are the debugger operations; see docs/decisions/supervisor.md.
//!
//! Of tokio it uses the channels (`tokio::sync`), so that clients can wait in async code; it needs no runtime.

mod agent;
mod auto_speed;
mod commands;
mod condition;
mod context;
pub mod core_file;
mod drive;
mod event;
mod handle;
mod memory;
mod pace;
pub mod panics;
mod point;
mod points;
mod session;
mod slot;
pub mod steps;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub mod tracepoints;
mod usage;
mod waker;
pub mod whatis;
pub mod xtensa;

pub use agent::{Agent, AgentError};
pub use commands::{Commands, Console};
pub use condition::{Condition, PointHit};
pub use drive::{DriveResult, Supervisor, spawn};
pub use event::{Client, Event, PointId, Stopped, Why};
pub use handle::{Gone, Handle, Replace};
pub use memory::MachineMemory;
pub use pace::{Pace, Speed};
pub use point::{IrqSelector, Point, PointKind};
pub use session::{
    Batch, DriveFile, HostLine, Leave, MAX_QUEUE, Outside, Quit, ReverseKind, RunState, Session,
};
pub use session::{Status, Subscription};
pub use usage::TaskUsage;
