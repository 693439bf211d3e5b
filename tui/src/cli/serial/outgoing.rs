//! Output to a client of a serial line: a bounded queue with a writer thread, so that the machine's thread never waits
//! for a client, and a backlog for output without a client.

use crate::socket::Socket;
use std::collections::VecDeque;
use std::io::{ErrorKind, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Maximum number of bytes queued for a client; one that exceeds it is disconnected.
pub const LIMIT: usize = 1 << 20;
/// Maximum number of bytes written at once.
const PIECE: usize = 16 * 1024;
/// Timeout of one write by the thread, after which it checks whether the client is still wanted.
const LOOK: Duration = Duration::from_millis(100);
/// Time allowed for writing queued output after the client has stopped sending.
const LAST: Duration = Duration::from_millis(500);

/// Output kept until a client connects; the oldest is lost.
#[derive(Debug, Default)]
pub struct Backlog(VecDeque<u8>);

impl Backlog {
    /// Maximum number of bytes kept.
    const MOST: usize = 64 * 1024;

    /// Adds output.
    pub fn keep(&mut self, bytes: &[u8]) {
        self.0.extend(bytes);
        self.0.drain(..self.0.len().saturating_sub(Self::MOST));
    }

    /// Takes the whole backlog.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0).into()
    }
}

#[derive(Default)]
struct State {
    queue: VecDeque<u8>,
    /// Deadline for the queued output, set when nothing more will be added.
    until: Option<Instant>,
    /// The client no longer accepts output.
    gone: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the next bytes to write. They stay in the queue. Returns `None` at the end.
    fn next(&self) -> Option<Vec<u8>> {
        let mut state = self.state();
        loop {
            if state.gone || state.until.is_some_and(|until| Instant::now() >= until) {
                return None;
            }
            if !state.queue.is_empty() {
                return Some(state.queue.iter().take(PIECE).copied().collect());
            }
            if state.until.is_some() {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn written(&self, n: usize) {
        let mut state = self.state();
        let n = n.min(state.queue.len());
        state.queue.drain(..n);
        self.changed.notify_all();
    }

    fn give_up(&self) {
        let mut state = self.state();
        state.gone = true;
        state.queue = VecDeque::new();
        self.changed.notify_all();
    }
}

/// The machine's side of a client connection. Output queued when this is dropped is still written if the client reads
/// it soon.
pub struct Outgoing {
    shared: Arc<Shared>,
    socket: Socket,
}

impl Outgoing {
    /// Starts the thread that writes to a client.
    ///
    /// # Errors
    /// When the host is out of threads or descriptors.
    pub fn start(client: &Socket) -> std::io::Result<Self> {
        client.write_for(LOOK)?;
        let (socket, writer) = (client.again()?, client.again()?);
        let shared = Arc::new(Shared::default());
        let for_thread = Arc::clone(&shared);
        std::thread::Builder::new().name("serial client".into()).spawn(move || run(writer, &for_thread))?;
        Ok(Self { shared, socket })
    }

    /// Queues bytes; never waits. Returns false if the client is gone or has exceeded the limit and gets no more.
    pub fn send(&self, bytes: &[u8]) -> bool {
        let mut state = self.shared.state();
        if !state.gone && state.queue.len() + bytes.len() <= LIMIT {
            state.queue.extend(bytes);
            self.shared.changed.notify_all();
            return true;
        }
        drop(state);
        self.shared.give_up();
        false
    }

    /// Ends the output: waits until everything is written, at most until `until`.
    pub fn finish(&self, until: Instant) {
        let mut state = self.shared.state();
        state.until = Some(until);
        self.shared.changed.notify_all();
        while !state.gone && !state.queue.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let wait = self.shared.changed.wait_timeout(state, left);
            state = wait.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Closes the connection.
    pub fn cut(&self) {
        self.socket.cut();
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        self.shared.state().until.get_or_insert(Instant::now() + LAST);
        self.shared.changed.notify_all();
    }
}

/// Body of the writing thread.
fn run(mut client: Socket, shared: &Shared) {
    while let Some(piece) = shared.next() {
        match client.write(&piece) {
            Ok(n) => shared.written(n),
            Err(e)
                if matches!(
                    e.kind(),
                    ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
                ) => {}
            Err(_) => break,
        }
    }
    shared.give_up();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::net::{TcpListener, TcpStream};

    fn pair() -> (Outgoing, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        (Outgoing::start(&Socket::Tcp(listener.accept().unwrap().0)).unwrap(), client)
    }

    /// Sends more than the queue and the system's buffers hold.
    fn fill(out: &Outgoing) -> bool {
        (0..4096).all(|_| out.send(&[7; 16 * 1024]))
    }

    #[test]
    fn a_client_that_reads_nothing_holds_nobody_up() {
        let (out, _client) = pair();
        let started = Instant::now();
        assert!(!fill(&out) && !out.send(b"x"), "it gets no more");
        out.finish(Instant::now() + Duration::from_millis(100));
        assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    }

    #[test]
    fn the_end_waits_only_so_long() {
        let (out, _client) = pair();
        let full = |out: &Outgoing| out.shared.state().queue.len() > LIMIT / 2;
        while !full(&out) {
            assert!(out.send(&[7; 16 * 1024]));
            std::thread::sleep(Duration::from_micros(200));
        }
        let started = Instant::now();
        out.finish(started + Duration::from_millis(100));
        assert!(started.elapsed() >= Duration::from_millis(100), "the client might have read");
        assert!(started.elapsed() < Duration::from_millis(500), "{:?}", started.elapsed());
    }

    #[test]
    fn what_is_queued_gets_out_in_order_also_after_the_end() {
        let (out, mut client) = pair();
        let all: Vec<u8> = (0..200_000u32).flat_map(u32::to_le_bytes).collect();
        assert!(all.chunks(1000).all(|part| out.send(part)));
        drop(out);
        let mut got = Vec::new();
        client.read_to_end(&mut got).unwrap();
        assert!(got == all, "{} of {} bytes", got.len(), all.len());
    }
}
