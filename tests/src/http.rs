//! In-process client of the guest's HTTP server behind a forward. Its data is input like any other, so runs
//! with it are equal.

use esplens_soc::net::host::{HOST_IDS, HostCommand, HostEvent, HostNet};
use std::collections::VecDeque;
use std::net::SocketAddrV4;
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Debug, Default)]
struct State {
    events: VecDeque<HostEvent>,
    /// Number of the connection; every request has its own.
    conn: u32,
    request: Vec<u8>,
    answer: Vec<u8>,
    done: bool,
}

/// Handle to the client; clones share it.
#[derive(Clone, Debug, Default)]
pub struct HttpClient(Arc<Mutex<State>>);

impl HttpClient {
    fn with<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Connects to the guest and requests a path. Address 0.0.0.0 is the first leased one.
    pub fn get(&self, to: SocketAddrV4, path: &str) {
        let request = format!("GET {path} HTTP/1.1\r\nHost: guest\r\nConnection: close\r\n\r\n");
        self.with(|s| {
            let conn = HOST_IDS + (s.conn + 1) % HOST_IDS;
            *s = State { request: request.into_bytes(), conn, ..State::default() };
            s.events.push_back(HostEvent::Accepted { conn, to });
        });
    }

    /// Returns the answer so far.
    #[must_use]
    pub fn answer(&self) -> String {
        self.with(|s| String::from_utf8_lossy(&s.answer).into_owned())
    }

    /// Returns whether the guest has closed the connection.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.with(|s| s.done)
    }
}

impl HostNet for HttpClient {
    fn command(&mut self, command: HostCommand) {
        self.with(|s| match command {
            HostCommand::Credit { conn, .. } if conn == s.conn && !s.request.is_empty() => {
                let bytes = std::mem::take(&mut s.request);
                s.events.push_back(HostEvent::Data { conn, bytes });
            }
            HostCommand::Send { conn, bytes } if conn == s.conn => {
                s.events.push_back(HostEvent::Sent { conn, bytes: bytes.len() as u32 });
                s.answer.extend(bytes);
            }
            HostCommand::Finish { conn } | HostCommand::Drop { conn } if conn == s.conn => s.done = true,
            _ => {}
        });
    }

    fn poll(&mut self) -> Option<HostEvent> {
        self.with(|s| s.events.pop_front())
    }
}
