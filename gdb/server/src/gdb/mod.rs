//! The GDB server: connects gdbstub, which is fed packet by packet, to a supervisor's handle.
//!
//! [`listen`] accepts connections. Each one gets its own thread with a small async loop (`session`) that waits for the
//! client's bytes and the machine's events. `frame` extracts packets from any byte stream; `packets` handles packets
//! that gdbstub does not support; `target` and the other modules implement gdbstub's target.

mod break_points;
mod conditions;
mod expedite;
mod extended;
mod flash;
mod frame;
mod host_io;
mod map;
mod packets;
mod points;
mod quick;
mod resume;
mod reverse;
mod search;
mod selected_threads;
mod session;
mod stub;
mod target;
mod threads;
mod tracepoints;
mod xtensa;

pub use target::RunCommand;

use crate::listen::{Address, ListenResult, start};
use esplens_supervisor::Handle;
use std::io;

/// Starts a GDB server on its own thread; it ends with the machine. `run` executes GDB's `monitor` command.
///
/// # Errors
/// If it cannot listen on the address.
pub fn listen(address: &Address, handle: &Handle, run: RunCommand) -> io::Result<ListenResult> {
    start(address, handle, "gdb", move |stream, handle| {
        Box::pin(async move {
            session::serve(stream, handle, run).await;
        })
    })
}
