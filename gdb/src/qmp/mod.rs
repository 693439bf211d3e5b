//! QMP, QEMU's machine protocol (QEMU, docs/interop/qmp-spec): JSON objects over a socket, for test frameworks and scripts.
//!
//! Everything goes through the supervisor's handle, as the monitor does; `human-monitor-command` is the monitor. `frame`
//! cuts messages out of the bytes and survives anything, `session` answers one client, the other files have a group of
//! commands each, `TABLE` in `commands` lists them.

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

pub use frame::{Framer, Item};

use crate::server::{Address, Listening, start};
use crate::supervisor::{Handle, Replace};
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// The format of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// Portable pixmap.
    Ppm,
    /// PNG.
    Png,
}

/// Draws the machine: the bytes of a picture file.
pub type Draw = Arc<dyn Fn(Picture) -> Result<Vec<u8>, String> + Send + Sync>;

/// What all QMP clients of a machine share.
#[derive(Clone)]
pub struct Server {
    handle: Handle,
    jobs: jobs::Jobs,
    draw: Option<Draw>,
}

impl Server {
    /// For the machine behind a handle. `draw` is what `screendump` calls; without it that is refused.
    #[must_use]
    pub fn new(handle: &Handle, draw: Option<Draw>) -> Self {
        Self { handle: handle.clone(), jobs: jobs::Jobs::default(), draw }
    }

    /// Opens a file that a client wants written; see [`Handle::create_file`].
    fn create(&self, name: &str) -> Result<File, args::Error> {
        let failed = |why| args::Error::new(format!("Could not open '{name}': {why}"));
        self.handle.create_file(Path::new(name), Replace::Own).map_err(failed)
    }

    /// Starts to listen on a thread of its own; it ends with the machine. `pretty` answers with indented JSON.
    ///
    /// # Errors
    /// When it cannot listen there.
    pub fn listen(&self, address: &Address, pretty: bool) -> io::Result<Listening> {
        let server = self.clone();
        start(address, &self.handle, "qmp", move |stream, handle| {
            let server = Self { handle, ..server.clone() };
            Box::pin(session::serve(stream, server, pretty))
        })
    }

    /// Serves one client over bytes that are at hand, for tests and the fuzzer: everything it answers.
    #[doc(hidden)]
    pub fn answer(&self, bytes: &[u8]) -> Vec<u8> {
        session::answer(self.clone(), bytes)
    }
}
