//! UDP in both directions: a flow for every port of the guest, and one for every client of a forward.

use super::super::host::{Destination, HOST_IDS, HostCommand};
use super::{Outbox, wire};
use esplens_core::time::{TICKS_PER_SEC, Ticks};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

/// Time after which an unused flow is removed.
const IDLE: Ticks = 120 * TICKS_PER_SEC;
/// Time for which an answer is awaited.
const AWAITED: Ticks = 5 * TICKS_PER_SEC;
/// Limit for flows; a new one replaces the least recently used one.
const MAX_FLOWS: usize = 512;
/// Limit for datagrams waiting for a guest's Ethernet address.
const MAX_WAITING: usize = 16;
/// Longest datagram that fits an Ethernet frame: nothing is fragmented.
const MAX_PAYLOAD: usize = 1472;
/// The same with IPv6's longer header.
const MAX_PAYLOAD_V6: usize = 1452;
/// First port of the gateway assigned to a client of a forward.
const FIRST_PORT: u16 = 49_152;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Flow {
    guest: SocketAddr,
    /// For a flow of a forward, the client's address as seen by the guest.
    client: Option<SocketAddr>,
    used: Ticks,
    /// Time until which an answer from outside is awaited.
    awaited: Ticks,
}

/// All flows.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Udp {
    flows: BTreeMap<u32, Flow>,
    ports: u16,
    /// Datagrams for guests whose Ethernet address is not known yet.
    waiting: Vec<(SocketAddr, SocketAddr, Vec<u8>)>,
    awaited: Ticks,
    now: Ticks,
    /// Earliest time at which a flow may expire.
    due: Option<Ticks>,
}

impl Udp {
    /// Returns the earliest time at which a flow may expire.
    pub fn next(&self) -> Ticks {
        self.due.unwrap_or(Ticks::MAX)
    }

    /// Returns true while an answer is awaited.
    pub fn busy(&self) -> bool {
        self.awaited > self.now && !self.flows.is_empty()
    }

    /// Removes expired flows.
    pub fn tick(&mut self, now: Ticks, outbox: &mut Outbox) {
        self.now = now;
        if self.due.is_none_or(|due| due > now) {
            return;
        }
        let old: Vec<u32> = self
            .flows
            .iter()
            .filter(|(_, f)| f.used.saturating_add(IDLE) <= now)
            .map(|(id, _)| *id)
            .collect();
        for id in old {
            self.forget(id, outbox);
        }
        self.due = self.flows.values().map(|f| f.used.saturating_add(IDLE)).min();
    }

    /// Removes all flows: the host has lost its own.
    pub fn lost(&mut self) {
        self.flows.clear();
    }

    fn forget(&mut self, id: u32, outbox: &mut Outbox) {
        self.flows.remove(&id);
        outbox.commands.push(HostCommand::CloseFlow { flow: id });
    }

    fn insert(&mut self, id: u32, flow: Flow, outbox: &mut Outbox) {
        if self.flows.len() >= MAX_FLOWS
            && let Some(oldest) = self.flows.iter().min_by_key(|(_, f)| f.used).map(|(id, _)| *id)
        {
            self.forget(oldest, outbox);
        }
        self.due.get_or_insert(flow.used.saturating_add(IDLE));
        self.flows.insert(id, flow);
    }

    /// Handles a datagram sent by the guest.
    pub fn sent(
        &mut self,
        now: Ticks,
        (guest, to): (SocketAddr, SocketAddr),
        destination: Option<Destination>,
        bytes: &[u8],
        outbox: &mut Outbox,
    ) {
        self.now = now;
        let client = self.flows.iter_mut().find(|(_, f)| f.guest == guest && f.client == Some(to));
        if let Some((&flow, f)) = client {
            f.used = now;
            outbox.commands.push(HostCommand::Datagram { flow, to: None, bytes: bytes.to_vec() });
            return;
        }
        let Some(destination) = destination else { return };
        let own = |f: &Flow| f.guest == guest && f.client.is_none();
        let flow = match self.flows.iter_mut().find(|(_, f)| own(f)) {
            Some((&id, f)) => {
                f.used = now;
                id
            }
            None => {
                let id = outbox.new_id();
                self.insert(id, Flow { guest, client: None, used: now, awaited: 0 }, outbox);
                id
            }
        };
        self.awaited = now + AWAITED;
        if let Some(f) = self.flows.get_mut(&flow) {
            f.awaited = self.awaited;
        }
        outbox.commands.push(HostCommand::Datagram { flow, to: Some(destination), bytes: bytes.to_vec() });
    }

    /// Lists the flows for `info usernet`.
    pub fn list(&self) -> String {
        let line = |f: &Flow| {
            let client = f.client.map_or("*".into(), |c| c.to_string());
            format!("  {:<21}{:>24}{client:>24}{:>7}{:>7}\n", "UDP", f.guest, 0, 0)
        };
        self.flows.values().map(line).collect()
    }

    /// Returns true if the guest uses a flow over IPv6.
    pub fn is_ipv6(&self, flow: u32) -> bool {
        self.flows.get(&flow).is_some_and(|f| f.guest.is_ipv6())
    }

    /// Handles an answer from outside.
    pub fn came(&mut self, flow: u32, from: SocketAddr, bytes: &[u8], outbox: &mut Outbox) {
        let Some(f) = self.flows.get_mut(&flow) else { return };
        f.awaited = 0;
        let guest = f.guest;
        self.awaited = self.flows.values().map(|f| f.awaited).max().unwrap_or(0);
        let longest = if guest.is_ipv6() { MAX_PAYLOAD_V6 } else { MAX_PAYLOAD };
        if bytes.len() <= longest
            && from.is_ipv6() == guest.is_ipv6()
            && let Some(mac) = outbox.mac(guest.ip())
        {
            outbox.frames.push(wire::udp((outbox.router(guest), from), (mac, guest), bytes));
        }
    }

    /// Handles a datagram received at a forward.
    pub fn arrived(
        &mut self,
        now: Ticks,
        flow: u32,
        (host, guest): (IpAddr, SocketAddr),
        bytes: Vec<u8>,
        outbox: &mut Outbox,
    ) {
        self.now = now;
        if flow < HOST_IDS || bytes.len() > MAX_PAYLOAD {
            return;
        }
        if !self.flows.contains_key(&flow) {
            let port = FIRST_PORT + self.ports % (u16::MAX - FIRST_PORT);
            self.ports = self.ports.wrapping_add(1);
            let client = Some(SocketAddr::new(host, port));
            self.insert(flow, Flow { guest, client, used: now, awaited: 0 }, outbox);
        }
        let Some(f) = self.flows.get_mut(&flow) else { return };
        f.used = now;
        let Some(client) = f.client else { return };
        match outbox.mac(guest.ip()) {
            Some(mac) => outbox.frames.push(wire::udp((outbox.router(guest), client), (mac, guest), &bytes)),
            None if self.waiting.len() < MAX_WAITING => self.waiting.push((client, guest, bytes)),
            None => {}
        }
    }

    /// Sends the datagrams that waited for a guest's Ethernet address.
    pub fn found(&mut self, address: IpAddr, outbox: &mut Outbox) {
        for (from, to, bytes) in std::mem::take(&mut self.waiting) {
            match outbox.mac(address).filter(|_| to.ip() == address) {
                Some(mac) => outbox.frames.push(wire::udp((outbox.router(to), from), (mac, to), &bytes)),
                None => self.waiting.push((from, to, bytes)),
            }
        }
    }

    /// Answers a DNS query that must not leave the network: the name does not exist.
    pub fn no_such_name(&mut self, guest: SocketAddr, server: SocketAddr, query: &[u8], outbox: &mut Outbox) {
        let Some(mac) = outbox.mac(guest.ip()) else { return };
        if query.len() < 12 || query.len() > MAX_PAYLOAD || query[2] & 0x80 != 0 {
            return;
        }
        let mut answer = query.to_vec();
        answer[2] = 0x81 | query[2] & 0x78;
        answer[3] = 0x83;
        outbox.frames.push(wire::udp((outbox.router(guest), server), (mac, guest), &answer));
    }
}
