//! Host sockets behind the machine's network: one thread, tokio, and channels to the machine's thread.

mod hub;
mod segment;
mod stream;
#[cfg(target_os = "linux")]
mod tap;
#[cfg(test)]
mod tests;
mod udp;

use super::exit::BadInput;
use anyhow::Context;
use esplens_soc::net::host::{HostCommand, HostEvent, HostNet};
use esplens_soc::net::user::{Forward, Protocol, UserNetConfig};
use hub::{EventSender, Hub, HubOrder, Orders, is_loopback, waits};
pub use segment::{SegmentAddress, SegmentLink};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::AbortHandle;

/// Maximum number of simultaneous connections.
const MAX_STREAMS: usize = 1024;

/// Callback that wakes the machine's thread when it waits.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// An open forward.
struct Open {
    forward: Forward,
    at: SocketAddr,
    task: AbortHandle,
}

/// The machine's side of the sockets.
pub struct Sockets {
    orders: UnboundedSender<HubOrder>,
    events: Receiver<(u64, HostEvent)>,
    waiting: Arc<AtomicUsize>,
    generation: u64,
    runtime: tokio::runtime::Handle,
    /// Listening address of forwards that name none.
    address: Ipv4Addr,
    forwards: Vec<Open>,
}

impl HostNet for Sockets {
    fn command(&mut self, command: HostCommand) {
        self.generation += u64::from(command == HostCommand::Reset);
        let _ = self.orders.send(HubOrder::Command(command));
    }

    fn poll(&mut self) -> Option<HostEvent> {
        loop {
            let (generation, event) = self.events.try_recv().ok()?;
            self.waiting.fetch_sub(waits(&event), Ordering::Relaxed);
            if generation == self.generation {
                return Some(event);
            }
        }
    }

    fn add_forward(&mut self, forward: &Forward) -> Result<SocketAddr, String> {
        let at = SocketAddrV4::new(forward.address.unwrap_or(self.address), forward.port);
        let _context = self.runtime.enter();
        let (at, task) =
            listen(forward, at, self.orders.downgrade()).map_err(|why| format!("{at}: {why}"))?;
        self.forwards.push(Open { forward: *forward, at, task });
        Ok(at)
    }

    fn remove_forward(&mut self, protocol: Protocol, address: Option<Ipv4Addr>, port: u16) -> bool {
        let address: IpAddr = address.unwrap_or(self.address).into();
        let is = |o: &Open| o.forward.protocol == protocol && o.at == SocketAddr::new(address, port);
        let Some(i) = self.forwards.iter().position(is) else { return false };
        self.forwards.swap_remove(i).task.abort();
        true
    }

    fn forwards(&self) -> Vec<(Forward, SocketAddr)> {
        self.forwards.iter().map(|o| (o.forward, o.at)).collect()
    }
}

impl Sockets {
    /// Opens the forwards (on `address` if they name none) and starts the sockets' thread.
    pub fn open(
        config: &UserNetConfig,
        address: Ipv4Addr,
        resolver: Option<SocketAddrV4>,
        wake: Wake,
    ) -> anyhow::Result<Self> {
        let (orders, rx) = unbounded_channel();
        let (events, back) = channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let waiting = Arc::new(AtomicUsize::new(0));
        let mut sockets = Self {
            orders,
            events: back,
            waiting: Arc::clone(&waiting),
            generation: 0,
            runtime: runtime.handle().clone(),
            address,
            forwards: Vec::new(),
        };
        for forward in &config.forwards {
            let done = sockets.add_forward(forward);
            done.map_err(anyhow::Error::msg).with_context(|| BadInput("--nic: hostfwd".into()))?;
        }
        let back = EventSender { events, wake, generation: 0, waiting };
        let devices = config.guest_forwards.iter().map(|g| g.device.clone()).collect();
        let hub = Hub::new(back, resolver.map(Into::into).or_else(system_resolver), devices);
        std::thread::Builder::new().name("sockets".into()).spawn(move || runtime.block_on(hub.serve(rx)))?;
        Ok(sockets)
    }

    /// Returns the listening addresses, one line per forward.
    pub fn listening(&self) -> Vec<String> {
        let name = |p| if p == Protocol::Tcp { "TCP" } else { "UDP" };
        let line = |o: &Open| {
            let (name, port) = (name(o.forward.protocol), o.forward.guest.port());
            format!("{name} {} leads to the guest's port {port}", o.at)
        };
        self.forwards.iter().map(line).collect()
    }
}

/// Listens for a forward. Returns the bound address.
fn listen(forward: &Forward, at: SocketAddrV4, orders: Orders) -> std::io::Result<(SocketAddr, AbortHandle)> {
    let to = forward.guest;
    if forward.protocol == Protocol::Udp {
        let socket = std::net::UdpSocket::bind(at)?;
        socket.set_nonblocking(true)?;
        let socket = Arc::new(UdpSocket::from_std(socket)?);
        let bound = socket.local_addr()?;
        let task = tokio::spawn(udp::listen(socket, to, orders));
        return Ok((bound, task.abort_handle()));
    }
    let listener = std::net::TcpListener::bind(at)?;
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let bound = listener.local_addr()?;
    let task = tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((client, _)) => match orders.upgrade() {
                    Some(orders) => drop(orders.send(HubOrder::Adopt(client, to))),
                    None => return,
                },
                // The process may be out of file descriptors.
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            }
        }
    });
    Ok((bound, task.abort_handle()))
}

/// Maximum size in bytes of the host's list of name servers.
const MAX_RESOLV: u64 = 1 << 16;

/// Returns the first name server of the host.
fn system_resolver() -> Option<SocketAddr> {
    let bytes = esplens_soc::hostfile::read(Path::new("/etc/resolv.conf"), MAX_RESOLV).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let servers = text.lines().filter_map(|l| l.trim().strip_prefix("nameserver"));
    let address = servers.filter_map(|s| s.trim().parse::<IpAddr>().ok()).next()?;
    Some(SocketAddr::new(address, 53))
}

/// Returns an input error: the user's request cannot be fulfilled.
fn exit_input(why: String) -> anyhow::Error {
    BadInput(why).into()
}
