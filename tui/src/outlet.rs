//! Standard output and standard error, written by a separate thread.
//!
//! A reader that does not read (a pipe into a stuck program, a terminal with output stopped) must never block writers:
//! the machine's thread has to check limits and signals. Output goes into a queue. The run loop stops the machine while
//! the queue is [`full`], so that nothing is lost for a slow reader. The end of the process waits for the queue only as
//! long as the reader takes bytes ([`finish`]).

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, Instant};

/// Number of queued bytes at which the machine should pause.
const FULL: usize = 1 << 18;
/// Number of queued bytes beyond which output is dropped: the machine's own output stops long before.
const MOST: usize = 1 << 24;
/// Maximum number of bytes written at once: a pipe that is ready accepts that many without blocking (`PIPE_BUF`).
const PIECE: usize = 4096;
/// Maximum time that the end waits, even if the reader still reads.
const LONGEST: Duration = Duration::from_secs(5);

/// A standard stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// Output to be written, in order, and the state of the streams.
#[derive(Default)]
struct Queue {
    chunks: VecDeque<(To, Vec<u8>)>,
    /// Bytes not written yet, including those being written.
    bytes: usize,
    /// Bytes removed from the queue so far.
    moved: u64,
    /// Stream that the thread is writing to.
    busy: Option<To>,
    /// Streams whose reader has gone.
    gone: [bool; 2],
    /// There is no thread: callers write directly.
    direct: bool,
    /// Value of `moved` when [`finish`] gave up waiting.
    given_up: Option<u64>,
}

struct Outlet {
    queue: Mutex<Queue>,
    /// Signals that output was added.
    more: Condvar,
    /// Signals that output was written.
    less: Condvar,
}

static OUTLET: Outlet = Outlet {
    queue: Mutex::new(Queue {
        chunks: VecDeque::new(),
        bytes: 0,
        moved: 0,
        busy: None,
        gone: [false; 2],
        direct: false,
        given_up: None,
    }),
    more: Condvar::new(),
    less: Condvar::new(),
};

fn queue() -> MutexGuard<'static, Queue> {
    OUTLET.queue.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Queues bytes; never waits.
pub fn write(to: To, bytes: &[u8]) {
    static START: Once = Once::new();
    START.call_once(|| {
        let thread = std::thread::Builder::new().name("output".into()).spawn(run);
        queue().direct = thread.is_err();
    });
    let mut queue = queue();
    if bytes.is_empty() || queue.gone[to as usize] || queue.bytes + bytes.len() > MOST {
        return;
    }
    if queue.direct {
        queue.gone[to as usize] |= put(to, bytes).is_err();
        return;
    }
    queue.bytes += bytes.len();
    match queue.chunks.back_mut() {
        Some((last, chunk)) if *last == to && chunk.len() < FULL => chunk.extend(bytes),
        _ => queue.chunks.push_back((to, bytes.to_vec())),
    }
    OUTLET.more.notify_one();
}

/// Returns true if so much is queued that the machine should pause.
pub fn full() -> bool {
    queue().bytes >= FULL
}

/// Returns true if everything has been written.
pub fn empty() -> bool {
    queue().bytes == 0
}

/// Waits until everything is written, or until no byte has been taken for `patience`. Output for a stalled reader is
/// lost; the other stream's is still written.
pub fn finish(patience: Duration) {
    let started = Instant::now();
    let mut queue = queue();
    let mut last = (queue.moved, started);
    while queue.bytes > 0 && queue.given_up != Some(queue.moved) {
        if queue.moved != last.0 {
            last = (queue.moved, Instant::now());
        }
        if last.1.elapsed() >= patience || started.elapsed() >= LONGEST {
            queue.given_up = Some(queue.moved);
            return rescue(&mut queue);
        }
        let wait = OUTLET.less.wait_timeout(queue, Duration::from_millis(10));
        queue = wait.unwrap_or_else(PoisonError::into_inner).0;
    }
}

/// Writes what is queued for the other stream when one is blocked, as far as it accepts the bytes at once.
fn rescue(queue: &mut Queue) {
    let Some(stuck) = queue.busy else { return };
    for (to, chunk) in std::mem::take(&mut queue.chunks) {
        queue.bytes -= chunk.len();
        for piece in chunk.chunks(PIECE) {
            if to == stuck || !ready(to) || put(to, piece).is_err() {
                break;
            }
        }
    }
}

/// Body of the writing thread, which lives as long as the process.
fn run() {
    let mut queue = queue();
    loop {
        let Some((to, chunk)) = queue.chunks.pop_front() else {
            queue.busy = None;
            OUTLET.less.notify_all();
            queue = OUTLET.more.wait(queue).unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        queue.busy = Some(to);
        for piece in chunk.chunks(PIECE) {
            if !queue.gone[to as usize] {
                drop(queue);
                let result = put(to, piece);
                queue = self::queue();
                // If a reader has gone, its output is dropped and the run continues.
                queue.gone[to as usize] |= result.is_err();
            }
            queue.bytes -= piece.len();
            queue.moved += piece.len() as u64;
            OUTLET.less.notify_all();
        }
    }
}

/// Writes directly to the stream; waits for its reader.
#[cfg(unix)]
fn put(to: To, mut bytes: &[u8]) -> io::Result<()> {
    use nix::errno::Errno;
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    use std::os::fd::AsFd;
    let (out, err) = (io::stdout(), io::stderr());
    let fd = if to == To::Out { out.as_fd() } else { err.as_fd() };
    while !bytes.is_empty() {
        match nix::unistd::write(fd, bytes) {
            Ok(n) => bytes = &bytes[n..],
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) => {
                let _ = poll(&mut [PollFd::new(fd, PollFlags::POLLOUT)], PollTimeout::NONE);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn put(to: To, bytes: &[u8]) -> io::Result<()> {
    match to {
        To::Out => io::stdout().write_all(bytes).and_then(|()| io::stdout().flush()),
        To::Err => io::stderr().write_all(bytes),
    }
}

/// Returns true if a piece can be written without waiting.
#[cfg(unix)]
fn ready(to: To) -> bool {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    use std::os::fd::AsFd;
    let (out, err) = (io::stdout(), io::stderr());
    let fd = if to == To::Out { out.as_fd() } else { err.as_fd() };
    poll(&mut [PollFd::new(fd, PollFlags::POLLOUT)], PollTimeout::ZERO).is_ok_and(|n| n > 0)
}

#[cfg(not(unix))]
fn ready(_to: To) -> bool {
    false
}

/// A standard stream as a [`Write`] for drawing that never waits and never fails.
#[derive(Clone, Copy, Debug)]
pub struct OutputStream(pub To);

impl Write for OutputStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        write(self.0, bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
