//! The far end of cable and radio: the user network, the line in between, and the air.

pub mod air;
pub mod host;
pub mod switch;
pub mod user;

use esplens_core::time::{TICKS_PER_US, Ticks};
use host::{Command, Event};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use user::{Config, UserNet};

/// What every answer takes: 50 µs.
const LATENCY: Ticks = 50 * TICKS_PER_US;
/// Line time of a byte at 100 Mbit/s, in ticks times 100: 80 ns.
const BYTE_TICKS_X100: Ticks = 80 * TICKS_PER_US / 10;
/// Preamble, checksum and gap, in bytes.
const OVERHEAD: usize = 24;
/// Frames for the guest beyond this many bytes are lost, as in a switch.
const MAX_QUEUED: usize = 4 << 20;
/// Shortest frame without its checksum.
const MIN_FRAME: usize = 60;

/// Whether the MAC takes a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ready {
    /// Yes.
    Yes,
    /// Not before it has an empty descriptor: frames wait.
    Full,
    /// It does not receive at all: frames are lost.
    Off,
}

/// Longest frame taken from a segment.
const MAX_FRAME: usize = 16 << 10;

/// What is at the line's other end.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Far {
    /// The user network.
    User(Box<UserNet>),
    /// Others on a segment: a QEMU, a TAP device, a switch. The host carries frames there.
    Segment(Io),
}

/// What the far end has to say: frames for the guest, commands for the host.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Io {
    frames: Vec<Vec<u8>>,
    commands: Vec<Command>,
}

/// The network and the line to the guest's MAC.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Net {
    far: Far,
    /// Frames on their way to the guest and when they arrive.
    queue: VecDeque<(Ticks, Vec<u8>)>,
    queued: usize,
    /// When the line to the guest is free again.
    line_free: Ticks,
    /// Frames that never reached the MAC: it did not receive, or too many waited for it.
    lost: u64,
}

impl Net {
    /// A user network at rest.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self::with(Far::User(Box::new(UserNet::new(config))))
    }

    /// A segment whose other ends are the host's: frames go as [`Command::Frame`] and come as [`Event::Frame`].
    #[must_use]
    pub fn segment() -> Self {
        Self::with(Far::Segment(Io::default()))
    }

    fn with(far: Far) -> Self {
        Self { far, queue: VecDeque::new(), queued: 0, line_free: 0, lost: 0 }
    }

    /// The user network, if it is one.
    #[must_use]
    pub fn user(&self) -> Option<&UserNet> {
        match &self.far {
            Far::User(user) => Some(user),
            Far::Segment(_) => None,
        }
    }

    /// The guest sent a frame.
    pub fn from_guest(&mut self, now: Ticks, frame: &[u8]) {
        match &mut self.far {
            Far::User(user) => user.frame(now, frame),
            Far::Segment(io) => io.commands.push(Command::Frame(frame.to_vec())),
        }
        self.collect(now);
    }

    /// The host's sockets have news.
    pub fn from_host(&mut self, now: Ticks, event: Event) {
        match (&mut self.far, event) {
            (Far::User(user), event) => user.host(now, event),
            (Far::Segment(io), Event::Frame(frame)) if frame.len() <= MAX_FRAME => io.frames.push(frame),
            (Far::Segment(_), _) => {}
        }
        self.collect(now);
    }

    /// Lets the network's timers run.
    pub fn tick(&mut self, now: Ticks) {
        if let Far::User(user) = &mut self.far
            && user.next() <= now
        {
            user.tick(now);
            self.collect(now);
        }
    }

    /// When something happens by itself; frames that wait for the MAC do not count, `now` being past their time.
    #[must_use]
    pub fn next(&self, now: Ticks) -> Ticks {
        let line = self.queue.front().map_or(Ticks::MAX, |f| f.0);
        let timers = self.user().map_or(Ticks::MAX, UserNet::next);
        timers.min(if line > now { line } else { Ticks::MAX })
    }

    /// The next frame that arrives by now, where `ready` says whether its receiver takes it.
    pub fn arrive(&mut self, now: Ticks, ready: impl Fn(&[u8]) -> Ready) -> Option<Vec<u8>> {
        while self.queue.front().is_some_and(|f| f.0 <= now) {
            let ready = self.queue.front().map_or(Ready::Off, |f| ready(&f.1));
            if ready == Ready::Full {
                return None;
            }
            let (_, frame) = self.queue.pop_front()?;
            self.queued -= frame.len();
            if ready == Ready::Yes {
                return Some(frame);
            }
            self.lost += 1;
        }
        None
    }

    /// Takes the host's connections that a user network cannot lead to the guest; see [`UserNet::take_unreachable`].
    pub fn take_unreachable(&mut self) -> Vec<Event> {
        match &mut self.far {
            Far::User(user) => user.take_unreachable(),
            Far::Segment(_) => Vec::new(),
        }
    }

    /// Sends a frame of the air to the others on a segment; a user network has none.
    pub fn send_to_segment(&mut self, frame: Vec<u8>) {
        if let Far::Segment(io) = &mut self.far {
            io.commands.push(Command::Frame(frame));
        }
    }

    /// Frames that wait for the MAC, and frames lost so far because it did not receive or too many waited.
    #[must_use]
    pub fn backlog(&self) -> (usize, u64) {
        (self.queue.len(), self.lost)
    }

    /// What the host's sockets are to do.
    pub fn commands(&mut self) -> Vec<Command> {
        match &mut self.far {
            Far::User(user) => std::mem::take(&mut user.io.commands),
            Far::Segment(io) => std::mem::take(&mut io.commands),
        }
    }

    /// True while a connection is open or a datagram is awaited: the world outside counts real time. On a segment
    /// somebody may always speak.
    #[must_use]
    pub fn busy(&self) -> bool {
        self.user().is_none_or(UserNet::busy)
    }

    /// Puts what the network said on the line.
    fn collect(&mut self, now: Ticks) {
        let frames = match &mut self.far {
            Far::User(user) => std::mem::take(&mut user.io.frames),
            Far::Segment(io) => std::mem::take(&mut io.frames),
        };
        for mut frame in frames {
            frame.resize(frame.len().max(MIN_FRAME), 0);
            if self.queued + frame.len() > MAX_QUEUED {
                self.lost += 1;
                continue;
            }
            let time = (frame.len() + OVERHEAD) as Ticks * BYTE_TICKS_X100 / 100;
            self.line_free = self.line_free.max(now + LATENCY) + time;
            self.queued += frame.len();
            self.queue.push_back((self.line_free, frame));
        }
    }
}
