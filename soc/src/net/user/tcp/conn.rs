//! One connection: its state, and its handling of events from the host.

use super::super::wire::BROADCAST;
use super::super::{Outbox, wire};
use crate::net::host::HostCommand;
use esplens_core::time::{TICKS_PER_SEC, TICKS_PER_US, Ticks};
use serde::{Deserialize, Serialize};
use smoltcp::wire::{ArpOperation, TcpControl, TcpRepr, TcpSeqNumber};
use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

/// Buffer size in bytes, in each direction.
pub const CAPACITY: usize = 0xFFFF;
/// Maximum segment size advertised and sent: fits an Ethernet frame.
pub const MSS: u16 = 1460;
/// Initial retransmission timeout.
pub const FIRST_RTO: Ticks = 500_000 * TICKS_PER_US;
/// Maximum retransmission timeout.
pub const MAX_RTO: Ticks = 8 * TICKS_PER_SEC;
/// Retransmissions before the connection is aborted.
pub const MAX_TRIES: u32 = 12;
/// Maximum retransmission timeout of a SYN. A guest whose sockets are all in use does not answer, and clients waiting
/// for a socket all repeat their SYNs at the same time, so that each round admits only as many of them as there are
/// sockets.
pub const MAX_SYN_RTO: Ticks = TICKS_PER_SEC;
/// Retransmissions of a SYN before the connection is aborted.
pub const MAX_SYN_TRIES: u32 = 75;
/// Time for which an ended connection still answers.
pub const LINGER: Ticks = TICKS_PER_SEC;

/// Outcome of an event for a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The connection continues.
    Goes,
    /// The connection is over and is to be removed.
    Over,
}

/// State of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConnState {
    /// The guest has sent a SYN; the host is connecting.
    HostConnecting,
    /// SYN and ACK were sent to the guest.
    SynAckSent,
    /// SYN was sent to the guest.
    SynSent,
    /// The connection is established.
    Open,
    /// Both sides have finished; only retransmissions are answered.
    TimeWait,
}

/// A TCP connection with the guest.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Conn {
    pub id: u32,
    pub guest: SocketAddr,
    pub peer: SocketAddr,
    pub state: ConnState,
    /// First sequence number not acknowledged.
    pub una: u32,
    /// Next sequence number to send.
    pub nxt: u32,
    /// The highest sequence number sent so far.
    pub max: u32,
    /// Sequence number of the first byte in `tx`.
    pub base: u32,
    /// The guest's window.
    pub wnd: u32,
    /// Largest segment that the guest accepts.
    pub mss: u16,
    /// Bytes from the host that the guest has not acknowledged.
    pub tx: VecDeque<u8>,
    /// The host has finished sending.
    pub eof: bool,
    /// Next sequence number expected from the guest.
    pub rcv: u32,
    /// Bytes that the host's socket has not accepted yet.
    pub pending: u32,
    /// Window last advertised.
    pub advertised: u32,
    /// The guest has finished sending.
    pub fin: bool,
    /// Out-of-order segments: sequence number, payload, FIN.
    pub early: Vec<(u32, Vec<u8>, bool)>,
    pub timer: Ticks,
    pub tries: u32,
    pub dups: u32,
    pub cwnd: u32,
    pub ssthresh: u32,
    /// Fast recovery is active until this sequence number is acknowledged.
    pub recover: Option<u32>,
}

/// Returns true if sequence number `a` is before `b`, modulo 2^32.
pub fn before(a: u32, b: u32) -> bool {
    (a.wrapping_sub(b) as i32) < 0
}

impl Conn {
    pub fn new(id: u32, guest: SocketAddr, peer: SocketAddr, seq: u32) -> Self {
        Self {
            id,
            guest,
            peer,
            state: ConnState::HostConnecting,
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
            advertised: 0,
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

    /// Formats a line of `info usernet`: state, the guest's end, its peer, bytes in transit to either.
    pub fn line(&self) -> String {
        let state = match (self.state, self.eof, self.fin) {
            (ConnState::HostConnecting, ..) => "SYN_SENT",
            (ConnState::SynAckSent | ConnState::SynSent, ..) => "SYN_RCVD",
            (ConnState::Open, false, false) => "ESTABLISHED",
            (ConnState::Open, _, true) => "CLOSE_WAIT",
            (ConnState::Open, true, false) => "FIN_WAIT_1",
            (ConnState::TimeWait, ..) => "TIME_WAIT",
        };
        let name = format!("TCP[{state}]");
        format!("  {name:<21}{:>24}{:>24}{:>7}{:>7}\n", self.guest, self.peer, self.tx.len(), self.pending)
    }

    /// Returns true while the host's side is open. A connection to the guest that the guest has not answered yet does
    /// not count: the guest may not have booted.
    pub fn busy(&self) -> bool {
        !matches!(self.state, ConnState::TimeWait | ConnState::SynSent)
    }

    /// Returns true if the connection is over and only answers late segments.
    pub fn lingers(&self) -> bool {
        self.state == ConnState::TimeWait
    }

    /// Returns true if the connection to `guest` is not answered yet, possibly because its Ethernet address is unknown.
    pub fn waits_for(&self, guest: IpAddr) -> bool {
        self.state == ConnState::SynSent && self.guest.ip() == guest
    }

    /// Returns the maximum segment size advertised: smaller over IPv6, whose header is longer.
    fn offered(&self) -> u16 {
        if self.guest.is_ipv6() { MSS - 20 } else { MSS }
    }

    /// Returns the receive window for the guest.
    pub fn window(&self) -> u32 {
        (CAPACITY as u32).saturating_sub(self.pending)
    }

    /// Records the options of the guest's SYN.
    pub fn options(&mut self, seg: &TcpRepr) {
        self.mss = seg.max_seg_size.unwrap_or(536).clamp(64, self.offered());
        self.wnd = seg.window_len.into();
        self.rcv = (seg.seq_number.0 as u32).wrapping_add(1);
    }

    /// Handles the guest's SYN.
    pub fn asked(&mut self, seg: &TcpRepr) {
        self.options(seg);
        self.state = ConnState::HostConnecting;
    }

    /// Opens a connection to the guest for a client of a forward.
    pub fn connect(&mut self, now: Ticks, outbox: &mut Outbox) {
        self.state = ConnState::SynSent;
        self.syn(now, outbox);
    }

    /// Answers the guest's SYN once the host is connected.
    pub fn connected(&mut self, now: Ticks, outbox: &mut Outbox) -> Outcome {
        if self.state == ConnState::HostConnecting {
            self.state = ConnState::SynAckSent;
            self.syn(now, outbox);
        }
        Outcome::Goes
    }

    /// Sends SYN, with ACK if it is an answer.
    pub fn syn(&mut self, now: Ticks, outbox: &mut Outbox) {
        self.una = self.base.wrapping_sub(1);
        (self.nxt, self.max) = (self.base, self.base);
        self.emit(self.una, TcpControl::Syn, &[], outbox);
        self.timer = now + self.rto();
    }

    pub fn rto(&self) -> Ticks {
        let most = if self.is_opening() { MAX_SYN_RTO } else { MAX_RTO };
        (FIRST_RTO << self.tries.min(8)).min(most)
    }

    /// Returns true while our SYN is not acknowledged.
    pub fn is_opening(&self) -> bool {
        matches!(self.state, ConnState::SynAckSent | ConnState::SynSent)
    }

    /// Enters the established state and grants the host the buffer's size as credit.
    pub fn open(&mut self, outbox: &mut Outbox) {
        self.state = ConnState::Open;
        self.una = self.base;
        (self.tries, self.timer) = (0, Ticks::MAX);
        outbox.commands.push(HostCommand::Credit { conn: self.id, bytes: CAPACITY as u32 });
    }

    /// Resets the guest's side: the host's side broke or could not be opened.
    pub fn broken(&mut self, outbox: &mut Outbox) -> Outcome {
        if self.state != ConnState::TimeWait {
            self.emit(self.nxt, TcpControl::Rst, &[], outbox);
        }
        Outcome::Over
    }

    /// Aborts the connection on both sides.
    pub fn abort(&mut self, outbox: &mut Outbox) -> Outcome {
        self.broken(outbox);
        self.dropped(outbox)
    }

    /// Aborts the host's side.
    pub fn dropped(&mut self, outbox: &mut Outbox) -> Outcome {
        if self.state != ConnState::TimeWait {
            outbox.commands.push(HostCommand::Drop { conn: self.id });
        }
        Outcome::Over
    }

    /// Handles bytes from the host. Exceeding the credit is an error of the host's side and aborts the connection.
    pub fn data(&mut self, now: Ticks, bytes: &[u8], outbox: &mut Outbox) -> Outcome {
        if self.eof || self.state == ConnState::TimeWait {
            return Outcome::Goes;
        }
        if self.tx.len() + bytes.len() > CAPACITY {
            return self.abort(outbox);
        }
        self.tx.extend(bytes);
        self.output(now, false, outbox);
        Outcome::Goes
    }

    /// Handles bytes accepted by the host's socket: the window opens.
    pub fn accepted_by_host(&mut self, bytes: u32, outbox: &mut Outbox) -> Outcome {
        self.pending = self.pending.saturating_sub(bytes);
        let opened = self.window().saturating_sub(self.advertised);
        let little = self.advertised < 2 * u32::from(MSS);
        if self.state == ConnState::Open
            && !self.fin
            && (little && opened > 0 || opened >= CAPACITY as u32 / 2)
        {
            self.emit(self.nxt, TcpControl::None, &[], outbox);
        }
        Outcome::Goes
    }

    /// Handles the end of the host's data.
    pub fn eof(&mut self, now: Ticks, outbox: &mut Outbox) -> Outcome {
        self.eof = true;
        self.output(now, false, outbox);
        Outcome::Goes
    }

    /// Repeats the ARP request for a guest that did not answer the first one: it may not have booted then.
    fn ask(&self, outbox: &mut Outbox) {
        if let (IpAddr::V4(me), IpAddr::V4(guest)) = (self.peer.ip(), self.guest.ip())
            && self.tries > 0
        {
            let from = (outbox.gateway, me);
            outbox.frames.push(wire::arp(ArpOperation::Request, from, (BROADCAST, guest)));
        }
    }

    /// Builds and queues a segment.
    pub fn emit(&mut self, seq: u32, control: TcpControl, payload: &[u8], outbox: &mut Outbox) {
        let Some(mac) = outbox.mac(self.guest.ip()) else { return self.ask(outbox) };
        let first = self.state == ConnState::SynSent;
        let syn = control == TcpControl::Syn;
        self.advertised = self.advertised_after(first);
        let repr = TcpRepr {
            src_port: self.peer.port(),
            dst_port: self.guest.port(),
            control,
            seq_number: TcpSeqNumber(seq as i32),
            ack_number: (!first).then_some(TcpSeqNumber(self.rcv as i32)),
            window_len: self.advertised as u16,
            window_scale: None,
            max_seg_size: syn.then_some(self.offered()),
            sack_permitted: false,
            sack_ranges: [None; 3],
            timestamp: None,
            payload,
        };
        outbox.frames.push(wire::tcp(
            (outbox.router(self.guest), self.peer.ip()),
            (mac, self.guest.ip()),
            &repr,
        ));
    }

    fn advertised_after(&self, first: bool) -> u32 {
        if first { CAPACITY as u32 } else { self.window() }
    }
}
