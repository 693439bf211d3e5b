//! One connection: its state, and what the host's side tells it.

use super::super::wire::BROADCAST;
use super::super::{Io, wire};
use crate::net::host::Command;
use esplens_core::time::{TICKS_PER_SEC, TICKS_PER_US, Ticks};
use serde::{Deserialize, Serialize};
use smoltcp::wire::{ArpOperation, TcpControl, TcpRepr, TcpSeqNumber};
use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

/// Bytes kept in either direction.
pub const CAPACITY: usize = 0xFFFF;
/// Largest segment offered and sent: an Ethernet frame's.
pub const MSS: u16 = 1460;
/// First repetition.
pub const FIRST_RTO: Ticks = 500_000 * TICKS_PER_US;
/// Longest time between two repetitions.
pub const MAX_RTO: Ticks = 8 * TICKS_PER_SEC;
/// Repetitions before the connection is given up.
pub const MAX_TRIES: u32 = 12;
/// The same of a SYN: a guest whose sockets are all in use says nothing, and callers that wait for one all repeat
/// theirs at once, so that each round brings no more of them in than there are sockets.
pub const MAX_SYN_RTO: Ticks = TICKS_PER_SEC;
/// Repetitions of a SYN.
pub const MAX_SYN_TRIES: u32 = 75;
/// How long an ended connection still answers.
pub const LINGER: Ticks = TICKS_PER_SEC;

/// Whether a connection goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It does.
    Goes,
    /// It is to be forgotten.
    Over,
}

/// How far a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// The guest asked; the host is connecting.
    Asked,
    /// SYN and ACK went to the guest.
    Answered,
    /// SYN went to the guest.
    Calling,
    /// Data may flow.
    Open,
    /// Both sides are done; only answers repetitions.
    Lingering,
}

/// A TCP connection with the guest.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Conn {
    pub id: u32,
    pub guest: SocketAddr,
    pub peer: SocketAddr,
    pub state: State,
    /// First number not acknowledged.
    pub una: u32,
    /// Next number to send.
    pub nxt: u32,
    /// The highest number sent so far.
    pub max: u32,
    /// Number of the first byte in `tx`.
    pub base: u32,
    /// The guest's window.
    pub wnd: u32,
    /// Largest segment the guest takes.
    pub mss: u16,
    /// From the host, not acknowledged by the guest.
    pub tx: VecDeque<u8>,
    /// The host writes no more.
    pub eof: bool,
    /// Next number expected from the guest.
    pub rcv: u32,
    /// Bytes that the host's socket has not taken yet.
    pub pending: u32,
    /// Window last told.
    pub told: u32,
    /// The guest writes no more.
    pub fin: bool,
    /// Segments that came early, by their number's distance.
    pub early: Vec<(u32, Vec<u8>, bool)>,
    pub timer: Ticks,
    pub tries: u32,
    pub dups: u32,
    pub cwnd: u32,
    pub ssthresh: u32,
    /// Repairing until this number is acknowledged.
    pub recover: Option<u32>,
}

/// `a` before `b`, numbers running in a circle.
pub fn before(a: u32, b: u32) -> bool {
    (a.wrapping_sub(b) as i32) < 0
}

impl Conn {
    pub fn new(id: u32, guest: SocketAddr, peer: SocketAddr, seq: u32) -> Self {
        Self {
            id,
            guest,
            peer,
            state: State::Asked,
            una: seq,
            nxt: seq,
            max: seq,
            base: seq.wrapping_add(1),
            wnd: 0,
            mss: 536,
            tx: VecDeque::new(),
            eof: false,
            rcv: 0,
            pending: 0,
            told: 0,
            fin: false,
            early: Vec::new(),
            timer: Ticks::MAX,
            tries: 0,
            dups: 0,
            cwnd: 10 * u32::from(MSS),
            ssthresh: u32::MAX,
            recover: None,
        }
    }

    /// A line of `info usernet`: state, the end that began it, the other end, bytes on their way to either.
    pub fn line(&self) -> String {
        let state = match (self.state, self.eof, self.fin) {
            (State::Asked, ..) => "SYN_SENT",
            (State::Answered | State::Calling, ..) => "SYN_RCVD",
            (State::Open, false, false) => "ESTABLISHED",
            (State::Open, _, true) => "CLOSE_WAIT",
            (State::Open, true, false) => "FIN_WAIT_1",
            (State::Lingering, ..) => "TIME_WAIT",
        };
        let name = format!("TCP[{state}]");
        format!("  {name:<21}{:>24}{:>24}{:>7}{:>7}\n", self.guest, self.peer, self.tx.len(), self.pending)
    }

    /// True while the host's side is open; a connection to the guest that the guest has not answered yet does not
    /// count: it may not have booted.
    pub fn busy(&self) -> bool {
        !matches!(self.state, State::Lingering | State::Calling)
    }

    /// True when it is over and only answers what comes late.
    pub fn lingers(&self) -> bool {
        self.state == State::Lingering
    }

    /// True when nothing could be sent for want of the guest's Ethernet address.
    pub fn waits_for(&self, guest: IpAddr) -> bool {
        self.state == State::Calling && self.guest.ip() == guest
    }

    /// Largest segment offered: IPv6's header is longer.
    fn offered(&self) -> u16 {
        if self.guest.is_ipv6() { MSS - 20 } else { MSS }
    }

    /// The window for the guest.
    pub fn window(&self) -> u32 {
        (CAPACITY as u32).saturating_sub(self.pending)
    }

    /// Takes the options of the guest's SYN.
    pub fn options(&mut self, seg: &TcpRepr) {
        self.mss = seg.max_seg_size.unwrap_or(536).clamp(64, self.offered());
        self.wnd = seg.window_len.into();
        self.rcv = (seg.seq_number.0 as u32).wrapping_add(1);
    }

    /// The guest wants to connect.
    pub fn asked(&mut self, seg: &TcpRepr) {
        self.options(seg);
        self.state = State::Asked;
    }

    /// A client of a forward wants to connect.
    pub fn connect(&mut self, now: Ticks, io: &mut Io) {
        self.state = State::Calling;
        self.syn(now, io);
    }

    /// The host is connected.
    pub fn connected(&mut self, now: Ticks, io: &mut Io) -> Fate {
        if self.state == State::Asked {
            self.state = State::Answered;
            self.syn(now, io);
        }
        Fate::Goes
    }

    /// Sends SYN, with ACK when it is an answer.
    pub fn syn(&mut self, now: Ticks, io: &mut Io) {
        self.una = self.base.wrapping_sub(1);
        (self.nxt, self.max) = (self.base, self.base);
        self.emit(self.una, TcpControl::Syn, &[], io);
        self.timer = now + self.rto();
    }

    pub fn rto(&self) -> Ticks {
        let most = if self.is_opening() { MAX_SYN_RTO } else { MAX_RTO };
        (FIRST_RTO << self.tries.min(8)).min(most)
    }

    /// A SYN of ours is not acknowledged yet.
    pub fn is_opening(&self) -> bool {
        matches!(self.state, State::Answered | State::Calling)
    }

    /// From now on data may flow; the host may read as much as is kept here.
    pub fn open(&mut self, io: &mut Io) {
        self.state = State::Open;
        self.una = self.base;
        (self.tries, self.timer) = (0, Ticks::MAX);
        io.commands.push(Command::Credit { conn: self.id, bytes: CAPACITY as u32 });
    }

    /// The host's side broke or could not be opened.
    pub fn broken(&mut self, io: &mut Io) -> Fate {
        if self.state != State::Lingering {
            self.emit(self.nxt, TcpControl::Rst, &[], io);
        }
        Fate::Over
    }

    /// Gives the connection up on both sides.
    pub fn abort(&mut self, io: &mut Io) -> Fate {
        self.broken(io);
        self.dropped(io)
    }

    /// Gives the host's side up.
    pub fn dropped(&mut self, io: &mut Io) -> Fate {
        if self.state != State::Lingering {
            io.commands.push(Command::Drop { conn: self.id });
        }
        Fate::Over
    }

    /// Bytes from the host. More than the credit is a defect of the host's side and drops the connection.
    pub fn data(&mut self, now: Ticks, bytes: &[u8], io: &mut Io) -> Fate {
        if self.eof || self.state == State::Lingering {
            return Fate::Goes;
        }
        if self.tx.len() + bytes.len() > CAPACITY {
            return self.abort(io);
        }
        self.tx.extend(bytes);
        self.output(now, false, io);
        Fate::Goes
    }

    /// The host's socket took bytes: the window opens.
    pub fn taken(&mut self, bytes: u32, io: &mut Io) -> Fate {
        self.pending = self.pending.saturating_sub(bytes);
        let opened = self.window().saturating_sub(self.told);
        let little = self.told < 2 * u32::from(MSS);
        if self.state == State::Open && !self.fin && (little && opened > 0 || opened >= CAPACITY as u32 / 2) {
            self.emit(self.nxt, TcpControl::None, &[], io);
        }
        Fate::Goes
    }

    /// The host writes no more.
    pub fn eof(&mut self, now: Ticks, io: &mut Io) -> Fate {
        self.eof = true;
        self.output(now, false, io);
        Fate::Goes
    }

    /// Asks once more for the address of a guest that did not answer the first time: it may not have booted then.
    fn ask(&self, io: &mut Io) {
        if let (IpAddr::V4(me), IpAddr::V4(guest)) = (self.peer.ip(), self.guest.ip())
            && self.tries > 0
        {
            let from = (io.gateway, me);
            io.frames.push(wire::arp(ArpOperation::Request, from, (BROADCAST, guest)));
        }
    }

    /// Puts a segment together.
    pub fn emit(&mut self, seq: u32, control: TcpControl, payload: &[u8], io: &mut Io) {
        let Some(mac) = io.mac(self.guest.ip()) else { return self.ask(io) };
        let first = self.state == State::Calling;
        let syn = control == TcpControl::Syn;
        self.told = self.told_after(first);
        let repr = TcpRepr {
            src_port: self.peer.port(),
            dst_port: self.guest.port(),
            control,
            seq_number: TcpSeqNumber(seq as i32),
            ack_number: (!first).then_some(TcpSeqNumber(self.rcv as i32)),
            window_len: self.told as u16,
            window_scale: None,
            max_seg_size: syn.then_some(self.offered()),
            sack_permitted: false,
            sack_ranges: [None; 3],
            timestamp: None,
            payload,
        };
        io.frames.push(wire::tcp((io.router(self.guest), self.peer.ip()), (mac, self.guest.ip()), &repr));
    }

    fn told_after(&self, first: bool) -> u32 {
        if first { CAPACITY as u32 } else { self.window() }
    }
}
