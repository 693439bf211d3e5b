//! All sockets of a user network, on one thread.

use super::stream::HubStream;
use super::udp::Flows;
use super::{MAX_STREAMS, Wake};
use esplens_server::listen::is_own_listener;
use esplens_soc::net::host::{Destination, HOST_IDS, HostCommand, HostEvent};
use esplens_soc::net::user::GuestfwdDevice;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::mpsc::{UnboundedReceiver, WeakUnboundedSender};

/// Maximum bytes of datagrams waiting for the machine; more are lost, as on any network.
const MAX_WAITING: usize = 2 << 20;

/// Message to the sockets' thread.
pub enum HubOrder {
    /// From the machine.
    Command(HostCommand),
    /// A client connected to a forward.
    Adopt(TcpStream, SocketAddrV4),
    /// A datagram arrived at a forward.
    Datagram(Arc<UdpSocket>, SocketAddr, SocketAddrV4, Vec<u8>),
}

/// Sender for the sockets' own tasks. It is weak: the thread ends with the machine, not with the tasks.
pub type Orders = WeakUnboundedSender<HubOrder>;

/// Sender of events to the machine. The generation identifies events from before a reset.
#[derive(Clone)]
pub struct EventSender {
    pub events: Sender<(u64, HostEvent)>,
    pub wake: Wake,
    pub generation: u64,
    /// Bytes of datagrams that the machine has not taken.
    pub waiting: Arc<AtomicUsize>,
}

/// Returns the bytes of an event that count as waiting.
pub fn waits(event: &HostEvent) -> usize {
    match event {
        HostEvent::Datagram { bytes, .. } | HostEvent::Arrived { bytes, .. } | HostEvent::Frame(bytes) => {
            bytes.len() + 64
        }
        _ => 0,
    }
}

impl EventSender {
    /// Sends an event to the machine. Datagrams and frames are lost if too many wait.
    pub fn send(&self, event: HostEvent) {
        let bytes = waits(&event);
        if bytes > 0 && self.waiting.fetch_add(bytes, Ordering::Relaxed) > MAX_WAITING {
            self.waiting.fetch_sub(bytes, Ordering::Relaxed);
            return;
        }
        if self.events.send((self.generation, event)).is_ok() {
            (self.wake)();
        }
    }
}

/// All sockets, on one thread.
pub struct Hub {
    back: EventSender,
    resolver: Option<SocketAddr>,
    /// Targets of `guestfwd`.
    devices: Vec<GuestfwdDevice>,
    streams: HashMap<u32, HubStream>,
    flows: Flows,
    /// ID of the next connection or flow that the host opens.
    next: u32,
}

impl Hub {
    pub fn new(back: EventSender, resolver: Option<SocketAddr>, devices: Vec<GuestfwdDevice>) -> Self {
        Self { back, resolver, devices, streams: HashMap::new(), flows: Flows::default(), next: HOST_IDS }
    }

    /// Executes orders until the machine is dropped; none of them blocks.
    pub async fn serve(mut self, mut orders: UnboundedReceiver<HubOrder>) {
        while let Some(order) = orders.recv().await {
            match order {
                HubOrder::Command(command) => self.carry_out(command),
                HubOrder::Adopt(client, to) => self.adopt(client, to),
                HubOrder::Datagram(socket, client, to, bytes) => {
                    let flow = self.flows.of_client(socket, (client, to), &mut self.next);
                    self.back.send(HostEvent::Arrived { flow, to, bytes });
                }
            }
        }
    }

    fn adopt(&mut self, client: TcpStream, to: SocketAddrV4) {
        self.streams.retain(|_, s| !s.over());
        if self.streams.len() >= MAX_STREAMS {
            return;
        }
        self.next = self.next.wrapping_add(1) | HOST_IDS;
        let conn = self.next;
        self.back.send(HostEvent::Accepted { conn, to });
        self.streams.insert(conn, HubStream::adopt(conn, client, self.back.clone()));
    }

    fn address(&self, destination: Destination) -> Option<SocketAddr> {
        match destination {
            Destination::Loopback(port) => Some((Ipv4Addr::LOCALHOST, port).into()),
            Destination::Loopback6(port) => Some((Ipv6Addr::LOCALHOST, port).into()),
            Destination::Resolver(53) => self.resolver,
            Destination::Resolver(port) => Some(SocketAddr::new(self.resolver?.ip(), port)),
            Destination::Address(address) => Some(address),
            Destination::Device(_) => None,
        }
    }

    fn connect(&mut self, conn: u32, to: Destination) {
        let back = self.back.clone();
        let device = if let Destination::Device(n) = to { self.devices.get(usize::from(n)) } else { None };
        let stream = match (device, self.address(to)) {
            _ if self.streams.len() >= MAX_STREAMS => None,
            (Some(device), _) => Some(HubStream::open(conn, device.clone(), back)),
            // The guest may not connect to the ports of debuggers and dashboards.
            (None, Some(address)) if is_own_listener(address) => None,
            (None, Some(address)) => Some(HubStream::connect(conn, address, back)),
            (None, None) => None,
        };
        match stream {
            Some(stream) => drop(self.streams.insert(conn, stream)),
            None => self.back.send(HostEvent::Refused { conn }),
        }
    }

    fn carry_out(&mut self, command: HostCommand) {
        match command {
            HostCommand::Connect { conn, to } => self.connect(conn, to),
            HostCommand::Send { conn, bytes } => self.with(conn, |s| s.send(bytes)),
            HostCommand::Credit { conn, bytes } => self.with(conn, |s| s.credit(bytes)),
            HostCommand::Finish { conn } => self.with(conn, HubStream::finish),
            HostCommand::Drop { conn } => {
                self.streams.remove(&conn);
            }
            HostCommand::Datagram { flow, to: Some(destination), bytes } => {
                if let Some(to) = self.address(destination) {
                    self.flows.send(flow, destination, to, &bytes, &self.back);
                }
            }
            HostCommand::Datagram { flow, to: None, bytes } => self.flows.reply(flow, &bytes),
            HostCommand::CloseFlow { flow } => self.flows.close(flow),
            HostCommand::Reset => {
                self.streams.clear();
                self.flows = Flows::default();
                self.back.generation += 1;
            }
            // Only segments carry frames.
            HostCommand::Frame(_) => {}
        }
        if self.streams.len() > 64 && self.streams.len().is_power_of_two() {
            self.streams.retain(|_, s| !s.over());
        }
    }

    fn with(&mut self, conn: u32, f: impl FnOnce(&mut HubStream)) {
        if let Some(stream) = self.streams.get_mut(&conn) {
            f(stream);
        }
    }
}

/// Returns true for this computer's own addresses.
pub fn is_loopback(address: IpAddr) -> bool {
    address.is_loopback()
}
