//! A dashboard of a machine in another process: the protocol on the socket, one JSON object per line.
//!
//! The client sends requests ([`DashRequest`]), the machine's side sends answers and events ([`DashResponse`]). The
//! client can do no more with a machine than its monitor can.

mod backlog;
mod client;
mod registry;
mod serve;

pub use backlog::UartBacklog;
pub use client::{connect, sample_once};
pub use registry::{InstanceEntry, Registered, folder, instances, register, socket};
pub use serve::{DashListener, DashServer};

use super::wire::{Action, DashEvent, Query, Reply, Sample};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, Read, Write};

/// Version of the protocol; both sides must use the same.
pub const VERSION: u32 = 5;
/// Maximum length in bytes of a received line.
const MAX_LINE: u64 = 16 << 20;

/// Request of a dashboard.
#[derive(Debug, Serialize, Deserialize)]
pub enum DashRequest {
    /// Earlier UART output; only as the first request.
    Past,
    /// A sample with these data.
    Sample(Query),
    /// An action, and the pane for its reply.
    Act(Option<String>, Action),
}

/// Message of the machine's side.
#[derive(Debug, Serialize, Deserialize)]
pub enum DashResponse {
    /// Greeting, sent first: the protocol's version, the image.
    Hello(u32, String),
    /// The requested sample.
    Sample(Box<Sample>),
    /// Result of an action.
    Reply(Option<String>, Reply),
    /// Event of the machine.
    Feed(DashEvent),
}

/// Writes a line.
fn write(to: &mut impl Write, what: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(what).map_err(io::Error::other)?;
    line.push(b'\n');
    to.write_all(&line)
}

/// Reads a line; `None` at the end.
fn read<T: DeserializeOwned>(from: &mut impl BufRead) -> io::Result<Option<T>> {
    let mut line = Vec::new();
    from.take(MAX_LINE).read_until(b'\n', &mut line)?;
    match line.last() {
        None => Ok(None),
        Some(b'\n') => serde_json::from_slice(&line).map(Some).map_err(io::Error::other),
        Some(_) => Err(io::Error::other("a line is cut short or too long")),
    }
}
