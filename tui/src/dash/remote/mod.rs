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
use std::net::TcpStream;
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::time::Duration;

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

/// A socket of either kind.
#[derive(Debug)]
pub enum Socket {
    /// TCP.
    Tcp(TcpStream),
    /// A local one.
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Socket {
    /// Another end of the same socket.
    ///
    /// # Errors
    /// What the host says.
    pub fn again(&self) -> io::Result<Self> {
        Ok(match self {
            Self::Tcp(s) => Self::Tcp(s.try_clone()?),
            #[cfg(unix)]
            Self::Unix(s) => Self::Unix(s.try_clone()?),
        })
    }

    /// A peer that takes nothing for so long is given up.
    fn limit(&self, time: Duration) -> io::Result<()> {
        match self {
            Self::Tcp(s) => {
                s.set_nodelay(true)?;
                s.set_write_timeout(Some(time))
            }
            #[cfg(unix)]
            Self::Unix(s) => s.set_write_timeout(Some(time)),
        }
    }

    /// Reading gives up after so long.
    fn patience(&self, time: Duration) -> io::Result<()> {
        match self {
            Self::Tcp(s) => s.set_read_timeout(Some(time)),
            #[cfg(unix)]
            Self::Unix(s) => s.set_read_timeout(Some(time)),
        }
    }

    /// Ends both directions.
    fn close(&self) {
        let both = std::net::Shutdown::Both;
        let _ = match self {
            Self::Tcp(s) => s.shutdown(both),
            #[cfg(unix)]
            Self::Unix(s) => s.shutdown(both),
        };
    }
}

impl Read for Socket {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(s) => s.read(buf),
            #[cfg(unix)]
            Self::Unix(s) => s.read(buf),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(s) => s.write(buf),
            #[cfg(unix)]
            Self::Unix(s) => s.write(buf),
        }
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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
