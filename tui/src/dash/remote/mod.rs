//! A dashboard on a machine in another process: what passes over a socket, a JSON object a line.
//!
//! The client asks ([`Ask`]), the other side answers and reports ([`Tell`]). Nothing is asked of a machine that its
//! monitor could not do as well.

mod client;
mod past;
mod registry;
mod serve;

pub use client::{connect, glance};
pub use past::Past;
pub use registry::{Entry, Registered, folder, instances, register, socket};
pub use serve::{Listening, Server};

use super::wire::{Action, Feed, Reply, Sample, Wants};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, Read, Write};

/// Version of the protocol; both sides must be of the same.
pub const VERSION: u32 = 5;
/// Longest line either side takes.
const MAX_LINE: u64 = 16 << 20;

/// What a dashboard asks.
#[derive(Debug, Serialize, Deserialize)]
pub enum Ask {
    /// What the UARTs said before; only as the first of all.
    Past,
    /// A sample of this.
    Sample(Wants),
    /// An action; the pane that hears of it.
    Act(Option<String>, Action),
}

/// What a machine's side says.
#[derive(Debug, Serialize, Deserialize)]
pub enum Tell {
    /// First of all: protocol's version, what runs.
    Hello(u32, String),
    /// The sample asked for.
    Sample(Box<Sample>),
    /// What came of an action.
    Reply(Option<String>, Reply),
    /// What happened.
    Feed(Feed),
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
