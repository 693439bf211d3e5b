//! TCP with the guest: the table of connections.

mod conn;
mod receive;
mod send;

use super::super::host::{Destination, HOST_IDS, HostCommand, HostEvent};
use super::{Outbox, wire};
use conn::Conn;
pub use conn::Outcome;
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};
use smoltcp::wire::{TcpControl, TcpRepr, TcpSeqNumber};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

/// Limit for connections; further ones are refused.
const MAX_CONNS: usize = 1024;
/// First port of the gateway assigned to a client of a forward.
const FIRST_PORT: u16 = 49_152;

/// The guest's end and its peer, as seen by the guest.
type Pair = (SocketAddr, SocketAddr);

/// All connections.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct TcpConns {
    conns: BTreeMap<u32, Conn>,
    pairs: BTreeMap<Pair, u32>,
    ports: u16,
    /// Source of initial sequence numbers; advances with each connection.
    seq: u32,
    /// Earliest time at which a timer may be due.
    due: Option<Ticks>,
}

impl TcpConns {
    /// Returns the earliest time at which a timer may be due.
    pub fn next(&self) -> Ticks {
        self.due.unwrap_or(Ticks::MAX)
    }

    /// Returns true while a connection to the host is open.
    pub fn busy(&self) -> bool {
        self.conns.values().any(Conn::busy)
    }

    /// Runs the timers that are due.
    pub fn tick(&mut self, now: Ticks, outbox: &mut Outbox) {
        if self.next() > now {
            return;
        }
        let due: Vec<u32> = self.conns.iter().filter(|(_, c)| c.timer <= now).map(|(id, _)| *id).collect();
        for id in due {
            self.with(id, |c| c.expired(now, outbox));
        }
        self.due = self.conns.values().map(|c| c.timer).min().filter(|t| *t < Ticks::MAX);
    }

    /// Applies `f` to a connection and removes it if it is over.
    fn with(&mut self, id: u32, f: impl FnOnce(&mut Conn) -> Outcome) {
        let Some(conn) = self.conns.get_mut(&id) else { return };
        if f(conn) == Outcome::Over {
            self.pairs.remove(&(conn.guest, conn.peer));
            self.conns.remove(&id);
        } else if conn.timer < Ticks::MAX {
            self.due = Some(self.due.unwrap_or(Ticks::MAX).min(conn.timer));
        }
    }

    /// Returns true if one more connection fits, removing a lingering one if necessary.
    fn room(&mut self) -> bool {
        if self.conns.len() < MAX_CONNS {
            return true;
        }
        let lingering = self.conns.iter().filter(|(_, c)| c.lingers());
        let oldest = lingering.min_by_key(|(_, c)| c.timer).map(|(id, _)| *id);
        oldest.inspect(|id| self.with(*id, |_| Outcome::Over)).is_some()
    }

    fn add(&mut self, id: u32, guest: SocketAddr, peer: SocketAddr) -> &mut Conn {
        self.seq = self.seq.wrapping_add(64_000);
        self.pairs.insert((guest, peer), id);
        self.conns.entry(id).or_insert(Conn::new(id, guest, peer, self.seq))
    }

    /// Handles a segment of the guest. `destination` is the destination of its peer outside, if the guest may reach it.
    pub fn segment(
        &mut self,
        now: Ticks,
        pair: Pair,
        destination: Option<Destination>,
        seg: &TcpRepr,
        outbox: &mut Outbox,
    ) {
        if let Some(&id) = self.pairs.get(&pair) {
            self.with(id, |c| c.segment(now, seg, outbox));
            return;
        }
        if seg.control == TcpControl::Rst {
            return;
        }
        match destination {
            Some(to) if seg.control == TcpControl::Syn && seg.ack_number.is_none() && self.room() => {
                let conn = outbox.new_id();
                if self.conns.contains_key(&conn) {
                    return;
                }
                self.add(conn, pair.0, pair.1).asked(seg);
                outbox.commands.push(HostCommand::Connect { conn, to });
            }
            _ => refuse(pair, seg, outbox),
        }
    }

    /// Lists the connections for `info usernet`.
    pub fn list(&self) -> String {
        self.conns.values().map(Conn::line).collect()
    }

    /// Handles a client's connection to a forward.
    pub fn accepted(&mut self, now: Ticks, id: u32, host: IpAddr, guest: SocketAddr, outbox: &mut Outbox) {
        let port =
            (0..u16::MAX - FIRST_PORT).map(|n| FIRST_PORT + (self.ports + n) % (u16::MAX - FIRST_PORT));
        let free = port.map(|p| SocketAddr::new(host, p)).find(|p| !self.pairs.contains_key(&(guest, *p)));
        let Some(peer) = free.filter(|_| id >= HOST_IDS && !self.conns.contains_key(&id) && self.room())
        else {
            outbox.commands.push(HostCommand::Drop { conn: id });
            return;
        };
        self.ports = (peer.port() - FIRST_PORT + 1) % (u16::MAX - FIRST_PORT);
        self.add(id, guest, peer).connect(now, outbox);
        self.with(id, |_| Outcome::Goes);
    }

    /// Returns the host's connections that the guest has not answered: identifier and the guest's end.
    pub fn unanswered(&self) -> impl Iterator<Item = (u32, SocketAddr)> {
        self.conns.values().filter(|c| c.waits_for(c.guest.ip())).map(|c| (c.id, c.guest))
    }

    /// Removes a connection without notifying either side.
    pub fn forget(&mut self, id: u32) {
        self.with(id, |_| Outcome::Over);
    }

    /// Handles an event of a connection from the host.
    pub fn host(&mut self, now: Ticks, event: HostEvent, outbox: &mut Outbox) {
        match event {
            HostEvent::Connected { conn } => self.with(conn, |c| c.connected(now, outbox)),
            HostEvent::Refused { conn } | HostEvent::Broken { conn } => self.with(conn, |c| c.broken(outbox)),
            HostEvent::Data { conn, bytes } => self.with(conn, |c| c.data(now, &bytes, outbox)),
            HostEvent::Sent { conn, bytes } => self.with(conn, |c| c.accepted_by_host(bytes, outbox)),
            HostEvent::Eof { conn } => self.with(conn, |c| c.eof(now, outbox)),
            _ => {}
        }
    }

    /// Resets and removes all connections: the host has lost its own.
    pub fn lost(&mut self, outbox: &mut Outbox) {
        for conn in self.conns.values_mut() {
            conn.broken(outbox);
        }
        self.conns.clear();
        self.pairs.clear();
        self.due = None;
    }

    /// Retries at once the connections that waited for a guest's Ethernet address.
    pub fn found(&mut self, now: Ticks, guest: IpAddr, outbox: &mut Outbox) {
        let waiting: Vec<u32> =
            self.conns.iter().filter(|(_, c)| c.waits_for(guest)).map(|(id, _)| *id).collect();
        for id in waiting {
            self.with(id, |c| c.expired(now, outbox));
        }
    }
}

/// Answers a segment that belongs to no connection with RST.
fn refuse((guest, peer): Pair, seg: &TcpRepr, outbox: &mut Outbox) {
    let Some(mac) = outbox.mac(guest.ip()) else { return };
    let (seq, ack) = match seg.ack_number {
        Some(ack) => (ack, None),
        None => (TcpSeqNumber(0), Some(seg.seq_number + seg.segment_len())),
    };
    let repr = TcpRepr {
        src_port: peer.port(),
        dst_port: guest.port(),
        control: TcpControl::Rst,
        seq_number: seq,
        ack_number: ack,
        window_len: 0,
        window_scale: None,
        max_seg_size: None,
        sack_permitted: false,
        sack_ranges: [None; 3],
        timestamp: None,
        payload: &[],
    };
    outbox.frames.push(wire::tcp((outbox.router(guest), peer.ip()), (mac, guest.ip()), &repr));
}
