//! QMP, QEMU's machine protocol (QEMU, docs/interop/qmp-spec): JSON objects over a socket, for test frameworks and
//! scripts.
//!
//! All commands use the supervisor's handle, as the monitor does; `human-monitor-command` runs a monitor command.
//! `frame` extracts messages from any byte stream, `session` serves one client, the other files implement groups of
//! commands, and `TABLE` in `commands` lists them.

mod args;
mod commands;
mod control;
mod event;
mod frame;
mod jobs;
mod memory;
mod qom;
mod query;
mod session;
#[cfg(test)]
mod tests;

pub use frame::{QmpFramer, QmpItem};

use crate::listen::{Address, ListenResult, start};
use esplens_supervisor::{Handle, Replace};
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Format of a picture file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureFormat {
    /// Portable pixmap.
    Ppm,
    /// PNG.
    Png,
}

/// Function that draws the machine's state and returns the bytes of a picture file.
pub type Draw = Arc<dyn Fn(PictureFormat) -> Result<Vec<u8>, String> + Send + Sync>;

/// State shared by all QMP clients of a machine.
#[derive(Clone)]
pub struct QmpServer {
    handle: Handle,
    jobs: jobs::Jobs,
    draw: Option<Draw>,
}

impl QmpServer {
    /// Creates a server for the machine of a handle. `draw` implements `screendump`, which is rejected without it.
    #[must_use]
    pub fn new(handle: &Handle, draw: Option<Draw>) -> Self {
        Self { handle: handle.clone(), jobs: jobs::Jobs::default(), draw }
    }

    /// Creates a file for a client; see [`Handle::create_file`].
    fn create(&self, name: &str) -> Result<File, args::QmpError> {
        let failed = |why| args::QmpError::new(format!("Could not open '{name}': {why}"));
        self.handle.create_file(Path::new(name), Replace::Own).map_err(failed)
    }

    /// Starts listening on a new thread, which ends with the machine. With `pretty`, responses are indented JSON.
    ///
    /// # Errors
    /// If it cannot listen on the address.
    pub fn listen(&self, address: &Address, pretty: bool) -> io::Result<ListenResult> {
        let server = self.clone();
        start(address, &self.handle, "qmp", move |stream, handle| {
            let server = Self { handle, ..server.clone() };
            Box::pin(session::serve(stream, server, pretty))
        })
    }

    /// Serves one client with the given input and returns all responses; for tests and the fuzzer.
    #[doc(hidden)]
    pub fn answer(&self, bytes: &[u8]) -> Vec<u8> {
        session::answer(self.clone(), bytes)
    }
}
