//! The network peers of the Ethernet MAC and the radio: the user network or a segment, the Ethernet line, and the air.

pub mod air;
pub mod host;
pub mod user;

use esplens_core::time::{TICKS_PER_US, Ticks};
use host::{HostCommand, HostEvent};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use user::{UserNet, UserNetConfig};

/// Latency of every answer: 50 µs.
const LATENCY: Ticks = 50 * TICKS_PER_US;
/// Transmission time of a byte at 100 Mbit/s, in hundredths of a tick: 80 ns.
const BYTE_TICKS_X100: Ticks = 80 * TICKS_PER_US / 10;
/// Preamble, checksum and interframe gap, in bytes.
const OVERHEAD: usize = 24;
/// Limit in bytes of the Ethernet frames queued for the guest; further ones are lost, as in a switch.
const MAX_QUEUED: usize = 4 << 20;
/// Shortest Ethernet frame without its checksum.
const MIN_FRAME: usize = 60;

/// Readiness of the MAC to receive an Ethernet frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ready {
    /// The MAC accepts it.
    Yes,
    /// The MAC has no empty descriptor: Ethernet frames wait.
    Full,
    /// Reception is disabled: Ethernet frames are lost.
    Off,
}

/// Longest Ethernet frame accepted from a segment.
const MAX_FRAME: usize = 16 << 10;

/// Peer at the other end of the line.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Peer {
    /// The user network.
    User(Box<UserNet>),
    /// Other machines on a segment: a QEMU, a TAP device, a switch. The host carries the Ethernet frames.
    Segment(SegmentOutbox),
}

/// Pending output of the segment: Ethernet frames for the guest, commands for the host.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct SegmentOutbox {
    frames: Vec<Vec<u8>>,
    commands: Vec<HostCommand>,
}

/// The network and the line to the guest's MAC.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Net {
    peer: Peer,
    /// Ethernet frames in transit to the guest, with their time of arrival.
    queue: VecDeque<(Ticks, Vec<u8>)>,
    queued: usize,
    /// Time at which the line to the guest is free again.
    line_free: Ticks,
    /// Ethernet frames that were dropped because the MAC did not receive or too many were queued.
    lost: u64,
}

impl Net {
    /// Creates an idle user network.
    #[must_use]
    pub fn new(config: UserNetConfig) -> Self {
        Self::with(Peer::User(Box::new(UserNet::new(config))))
    }

    /// Creates a segment. The host carries its Ethernet frames: [`HostCommand::Frame`] to the segment,
    /// [`HostEvent::Frame`] from it.
    #[must_use]
    pub fn segment() -> Self {
        Self::with(Peer::Segment(SegmentOutbox::default()))
    }

    fn with(peer: Peer) -> Self {
        Self { peer, queue: VecDeque::new(), queued: 0, line_free: 0, lost: 0 }
    }

    /// Returns the user network; `None` on a segment.
    #[must_use]
    pub fn user(&self) -> Option<&UserNet> {
        match &self.peer {
            Peer::User(user) => Some(user),
            Peer::Segment(_) => None,
        }
    }

    /// Handles an Ethernet frame sent by the guest.
    pub fn from_guest(&mut self, now: Ticks, frame: &[u8]) {
        match &mut self.peer {
            Peer::User(user) => user.frame(now, frame),
            Peer::Segment(outbox) => outbox.commands.push(HostCommand::Frame(frame.to_vec())),
        }
        self.collect(now);
    }

    /// Handles an event from the host's sockets.
    pub fn from_host(&mut self, now: Ticks, event: HostEvent) {
        match (&mut self.peer, event) {
            (Peer::User(user), event) => user.host(now, event),
            (Peer::Segment(outbox), HostEvent::Frame(frame)) if frame.len() <= MAX_FRAME => {
                outbox.frames.push(frame)
            }
            (Peer::Segment(_), _) => {}
        }
        self.collect(now);
    }

    /// Runs the network's timers.
    pub fn tick(&mut self, now: Ticks) {
        if let Peer::User(user) = &mut self.peer
            && user.next() <= now
        {
            user.tick(now);
            self.collect(now);
        }
    }

    /// Returns the time of the next event. Ethernet frames already waiting for the MAC do not count: their time has
    /// passed.
    #[must_use]
    pub fn next(&self, now: Ticks) -> Ticks {
        let line = self.queue.front().map_or(Ticks::MAX, |f| f.0);
        let timers = self.user().map_or(Ticks::MAX, UserNet::next);
        timers.min(if line > now { line } else { Ticks::MAX })
    }

    /// Returns the next Ethernet frame that has arrived by `now`; `ready` returns its receiver's readiness.
    pub fn pop_due(&mut self, now: Ticks, ready: impl Fn(&[u8]) -> Ready) -> Option<Vec<u8>> {
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

    /// Takes the host's connections that a user network cannot forward to the guest; see [`UserNet::take_unreachable`].
    pub fn take_unreachable(&mut self) -> Vec<HostEvent> {
        match &mut self.peer {
            Peer::User(user) => user.take_unreachable(),
            Peer::Segment(_) => Vec::new(),
        }
    }

    /// Sends an 802.11 frame, as an Ethernet frame, to the others on a segment; does nothing on a user network.
    pub fn send_to_segment(&mut self, frame: Vec<u8>) {
        if let Peer::Segment(outbox) = &mut self.peer {
            outbox.commands.push(HostCommand::Frame(frame));
        }
    }

    /// Returns the number of Ethernet frames waiting for the MAC, and the number lost so far because it did not receive
    /// or too many were queued.
    #[must_use]
    pub fn backlog(&self) -> (usize, u64) {
        (self.queue.len(), self.lost)
    }

    /// Takes the pending commands for the host's sockets.
    pub fn commands(&mut self) -> Vec<HostCommand> {
        match &mut self.peer {
            Peer::User(user) => std::mem::take(&mut user.outbox.commands),
            Peer::Segment(outbox) => std::mem::take(&mut outbox.commands),
        }
    }

    /// Returns true while a connection is open or a datagram is awaited: the outside world then runs in real time.
    /// Always true on a segment, where a peer may send at any time.
    #[must_use]
    pub fn busy(&self) -> bool {
        self.user().is_none_or(UserNet::busy)
    }

    /// Queues the network's pending Ethernet frames on the line.
    fn collect(&mut self, now: Ticks) {
        let frames = match &mut self.peer {
            Peer::User(user) => std::mem::take(&mut user.outbox.frames),
            Peer::Segment(outbox) => std::mem::take(&mut outbox.frames),
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
