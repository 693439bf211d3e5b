//! The other end of open_eth's cable: the user network, and the line in between.

pub mod host;
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

/// The network and the line to the guest's MAC.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Net {
    user: UserNet,
    /// Frames on their way to the guest and when they arrive.
    queue: VecDeque<(Ticks, Vec<u8>)>,
    queued: usize,
    /// When the line to the guest is free again.
    line_free: Ticks,
}

impl Net {
    /// A network at rest.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self { user: UserNet::new(config), queue: VecDeque::new(), queued: 0, line_free: 0 }
    }

    /// The network in a few lines, as QEMU's `info network` and `info usernet` have it.
    #[must_use]
    pub fn info(&self) -> String {
        format!("{}frames on the way to the guest: {}\n", self.user.info(), self.queue.len())
    }

    /// The guest sent a frame.
    pub fn from_guest(&mut self, now: Ticks, frame: &[u8]) {
        self.user.frame(now, frame);
        self.collect(now);
    }

    /// The host's sockets have news.
    pub fn from_host(&mut self, now: Ticks, event: Event) {
        self.user.host(now, event);
        self.collect(now);
    }

    /// Lets the network's timers run.
    pub fn tick(&mut self, now: Ticks) {
        if self.user.next() <= now {
            self.user.tick(now);
            self.collect(now);
        }
    }

    /// When something happens by itself; frames that wait for the MAC do not count, `now` being past their time.
    #[must_use]
    pub fn next(&self, now: Ticks) -> Ticks {
        let line = self.queue.front().map_or(Ticks::MAX, |f| f.0);
        self.user.next().min(if line > now { line } else { Ticks::MAX })
    }

    /// The next frame that arrives by now at a MAC that is `ready`.
    pub fn arrive(&mut self, now: Ticks, ready: Ready) -> Option<Vec<u8>> {
        while self.queue.front().is_some_and(|f| f.0 <= now) && ready != Ready::Full {
            let (_, frame) = self.queue.pop_front()?;
            self.queued -= frame.len();
            if ready == Ready::Yes {
                return Some(frame);
            }
        }
        None
    }

    /// What the host's sockets are to do.
    pub fn commands(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.user.io.commands)
    }

    /// True while a connection is open or a datagram is awaited: the world outside counts real time.
    #[must_use]
    pub fn busy(&self) -> bool {
        self.user.busy()
    }

    /// Puts what the network said on the line.
    fn collect(&mut self, now: Ticks) {
        for mut frame in std::mem::take(&mut self.user.io.frames) {
            frame.resize(frame.len().max(MIN_FRAME), 0);
            if self.queued + frame.len() > MAX_QUEUED {
                continue;
            }
            let time = (frame.len() + OVERHEAD) as Ticks * BYTE_TICKS_X100 / 100;
            self.line_free = self.line_free.max(now + LATENCY) + time;
            self.queued += frame.len();
            self.queue.push_back((self.line_free, frame));
        }
    }
}
