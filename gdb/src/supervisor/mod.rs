//! The supervisor, which owns the machine, and the handle through which all other code reaches it.
//!
//! A [`Supervisor`] lives on one thread with its machine. It either drives itself ([`spawn`]), pacing virtual time
//! against host time, or is driven by a run loop ([`Supervisor::run`]), as in the command line. Requests are closures
//! over a [`Session`], whose methods are the debugger operations; see docs/decisions/supervisor.md.

mod agent;
mod auto_speed;
mod commands;
mod condition;
mod context;
mod debuggers;
mod drive;
mod event;
mod flash;
mod handle;
mod outside;
mod pace;
mod point;
mod points;
mod session;
mod slot;
mod snapshots;
mod stops;
mod stream;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub mod tracepoints;
mod travel;
mod usage;
mod waker;

pub use agent::{Agent, AgentError};
pub use commands::{Commands, Console};
pub use condition::{Condition, PointHit};
pub use debuggers::Leave;
pub use drive::{DriveResult, Supervisor, spawn};
pub use event::{Event, Stopped, Why};
pub use handle::{Client, Gone, Handle, Replace};
pub use outside::{DriveFile, HostLine, Outside};
pub use pace::{Pace, Speed};
pub use point::{IrqSelector, Point, PointId, PointKind};
pub use session::{Quit, RunState, Session, Status};
pub use stream::{Batch, MAX_QUEUE, Subscription};
pub use travel::ReverseKind;
pub use usage::TaskUsage;
