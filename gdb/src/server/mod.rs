//! The GDB server: connects gdbstub, which is fed packet by packet, to a supervisor's handle.
//!
//! [`listen`] accepts connections. Each one gets its own thread with a small async loop (`session`) that waits for the
//! client's bytes and the machine's events. `frame` extracts packets from any byte stream; `packets` handles packets
//! that gdbstub does not support; `target` and the other modules implement gdbstub's target.

mod address;
mod break_points;
mod conditions;
mod expedite;
mod extended;
mod flash;
mod frame;
mod host_io;
mod http;
mod listen;
#[cfg(unix)]
mod local;
mod map;
mod own;
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
pub mod xtensa;

pub use address::{Address, DEFAULT_PORT};
pub use frame::to_hex as hex;
pub use http::HTTP_METHODS;
pub(crate) use listen::{ByteStream, start};
pub use listen::{ListenResult, listen};
#[cfg(unix)]
pub use local::{bind as bind_unix, remove_sockets};
pub use own::{is_own_listener, note_listener};
