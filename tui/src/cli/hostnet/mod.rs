//! The host's sockets behind the user network: one thread, tokio, and channels to the machine's thread.

mod stream;
mod udp;

use super::exit::BadInput;
use anyhow::Context;
use esplens_soc::net::host::{Command, Event, HOST_IDS, HostNet, Place};
use esplens_soc::net::user::{Forward, Protocol};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use stream::Stream;
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, WeakUnboundedSender, unbounded_channel};
use udp::Flows;

/// Connections at once.
const MAX_STREAMS: usize = 1024;

/// Wakes the machine's thread when it waits.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// What reaches the sockets' thread.
enum Order {
    /// From the machine.
    Command(Command),
    /// A client connected to a forward.
    Adopt(TcpStream, SocketAddrV4),
    /// A datagram came to a forward.
    Datagram(Arc<UdpSocket>, SocketAddr, SocketAddrV4, Vec<u8>),
}

/// For the sockets' own tasks: the thread ends with the machine, not with them.
type Orders = WeakUnboundedSender<Order>;

/// The way back to the machine. Events of an earlier time line are told apart by their generation.
#[derive(Clone)]
struct Back {
    events: Sender<(u64, Event)>,
    wake: Wake,
    generation: u64,
}

impl Back {
    fn send(&self, event: Event) {
        if self.events.send((self.generation, event)).is_ok() {
            (self.wake)();
        }
    }
}

/// The machine's end.
pub struct Sockets {
    orders: UnboundedSender<Order>,
    events: Receiver<(u64, Event)>,
    generation: u64,
    /// Where it listens, one line a forward.
    pub listening: Vec<String>,
}

impl HostNet for Sockets {
    fn command(&mut self, command: Command) {
        self.generation += u64::from(command == Command::Reset);
        let _ = self.orders.send(Order::Command(command));
    }

    fn poll(&mut self) -> Option<Event> {
        loop {
            let (generation, event) = self.events.try_recv().ok()?;
            if generation == self.generation {
                return Some(event);
            }
        }
    }
}

impl Sockets {
    /// Opens the forwards, on `address` where they name none, and starts the sockets' thread.
    pub fn open(
        forwards: &[Forward],
        address: Ipv4Addr,
        resolver: Option<SocketAddrV4>,
        wake: Wake,
    ) -> anyhow::Result<Self> {
        let (orders, rx) = unbounded_channel();
        let (events, back) = channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut listening = Vec::new();
        {
            let _context = runtime.enter();
            for forward in forwards {
                let at = SocketAddrV4::new(forward.address.unwrap_or(address), forward.port);
                let bound = listen(forward, at, orders.downgrade())
                    .with_context(|| at.to_string())
                    .with_context(|| BadInput("--nic: hostfwd".into()))?;
                let name = if forward.protocol == Protocol::Tcp { "TCP" } else { "UDP" };
                listening.push(format!("{name} {bound} leads to the guest's port {}", forward.guest.port()));
            }
        }
        let hub = Hub {
            back: Back { events, wake, generation: 0 },
            resolver: resolver.or_else(system_resolver),
            streams: HashMap::new(),
            flows: Flows::default(),
            next: HOST_IDS,
        };
        std::thread::Builder::new().name("sockets".into()).spawn(move || runtime.block_on(hub.serve(rx)))?;
        Ok(Self { orders, events: back, generation: 0, listening })
    }
}

/// Listens for a forward; says where.
fn listen(forward: &Forward, at: SocketAddrV4, orders: Orders) -> std::io::Result<SocketAddr> {
    let to = forward.guest;
    if forward.protocol == Protocol::Udp {
        let socket = std::net::UdpSocket::bind(at)?;
        socket.set_nonblocking(true)?;
        let socket = Arc::new(UdpSocket::from_std(socket)?);
        let bound = socket.local_addr()?;
        tokio::spawn(udp::listen(socket, to, orders));
        return Ok(bound);
    }
    let listener = std::net::TcpListener::bind(at)?;
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let bound = listener.local_addr()?;
    tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((client, _)) => match orders.upgrade() {
                    Some(orders) => drop(orders.send(Order::Adopt(client, to))),
                    None => return,
                },
                // Out of descriptors, perhaps.
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            }
        }
    });
    Ok(bound)
}

/// The first IPv4 name server of the host.
fn system_resolver() -> Option<SocketAddrV4> {
    let text = std::fs::read_to_string("/etc/resolv.conf").ok()?;
    let servers = text.lines().filter_map(|l| l.trim().strip_prefix("nameserver"));
    let address = servers.filter_map(|s| s.trim().parse::<Ipv4Addr>().ok()).next()?;
    Some(SocketAddrV4::new(address, 53))
}

/// All sockets, on their thread.
struct Hub {
    back: Back,
    resolver: Option<SocketAddrV4>,
    streams: HashMap<u32, Stream>,
    flows: Flows,
    /// The number of the next connection or flow that the host opens.
    next: u32,
}

impl Hub {
    async fn serve(mut self, mut orders: UnboundedReceiver<Order>) {
        while let Some(order) = orders.recv().await {
            match order {
                Order::Command(command) => self.carry_out(command).await,
                Order::Adopt(client, to) => self.adopt(client, to),
                Order::Datagram(socket, client, to, bytes) => {
                    let flow = self.flows.of_client(socket, client, &mut self.next);
                    self.back.send(Event::Arrived { flow, to, bytes });
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
        self.back.send(Event::Accepted { conn, to });
        self.streams.insert(conn, Stream::adopt(conn, client, self.back.clone()));
    }

    fn address(&self, place: Place) -> Option<SocketAddrV4> {
        match place {
            Place::Loopback(port) => Some(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)),
            Place::Resolver(53) => self.resolver,
            Place::Resolver(port) => Some(SocketAddrV4::new(*self.resolver?.ip(), port)),
            Place::Address(address) => Some(address),
        }
    }

    async fn carry_out(&mut self, command: Command) {
        match command {
            Command::Connect { conn, to } => match self.address(to) {
                Some(address) if self.streams.len() < MAX_STREAMS => {
                    self.streams.insert(conn, Stream::connect(conn, address, self.back.clone()));
                }
                _ => self.back.send(Event::Refused { conn }),
            },
            Command::Send { conn, bytes } => self.with(conn, |s| s.send(bytes)),
            Command::Credit { conn, bytes } => self.with(conn, |s| s.credit(bytes)),
            Command::Finish { conn } => self.with(conn, Stream::finish),
            Command::Drop { conn } => {
                self.streams.remove(&conn);
            }
            Command::Datagram { flow, to: Some(place), bytes } => {
                if let Some(to) = self.address(place) {
                    self.flows.send(flow, place, to, &bytes, &self.back).await;
                }
            }
            Command::Datagram { flow, to: None, bytes } => self.flows.reply(flow, &bytes).await,
            Command::CloseFlow { flow } => self.flows.close(flow),
            Command::Reset => {
                self.streams.clear();
                self.flows = Flows::default();
                self.back.generation += 1;
            }
        }
        if self.streams.len() > 64 && self.streams.len().is_power_of_two() {
            self.streams.retain(|_, s| !s.over());
        }
    }

    fn with(&mut self, conn: u32, f: impl FnOnce(&mut Stream)) {
        if let Some(stream) = self.streams.get_mut(&conn) {
            f(stream);
        }
    }
}

/// True for this computer's own addresses.
fn is_loopback(address: IpAddr) -> bool {
    address.is_loopback()
}
