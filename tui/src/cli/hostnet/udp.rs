//! UDP flows of the host.

use super::{EventSender, HubOrder, Orders, is_loopback};
use esplens_soc::net::host::{Destination, HOST_IDS, HostEvent};
use std::collections::{HashMap, VecDeque};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::UdpSocket;
use tokio::task::AbortHandle;

/// Longest datagram.
const LONGEST: usize = 65_536;
/// Maximum number of clients of forwards; the oldest is removed for a new one.
const MAX_CLIENTS: usize = 512;
/// Maximum number of peers that may answer a flow.
const MAX_PEERS: usize = 256;

/// Peers that may answer a flow, with the guest's name for each.
type Peers = Arc<Mutex<HashMap<SocketAddr, Destination>>>;

enum Flow {
    /// Opened by the guest.
    Out { peers: Peers, v4: Option<FlowSocket>, v6: Option<FlowSocket> },
    /// A client of a forward.
    Client { socket: Arc<UdpSocket>, client: Client },
}

/// A socket of a flow; its task receives answers.
struct FlowSocket {
    socket: Arc<UdpSocket>,
    task: AbortHandle,
}

impl Drop for FlowSocket {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A client's address and the forward that it uses.
type Client = (SocketAddr, SocketAddrV4);

/// All UDP flows.
#[derive(Default)]
pub struct Flows {
    flows: HashMap<u32, Flow>,
    clients: HashMap<Client, u32>,
    /// The clients' flows, oldest first.
    ages: VecDeque<u32>,
    warned: bool,
}

/// Receives the datagrams of a forward.
pub async fn listen(socket: Arc<UdpSocket>, to: SocketAddrV4, orders: Orders) {
    let mut buffer = vec![0; LONGEST];
    loop {
        let Ok((n, client)) = socket.recv_from(&mut buffer).await else { continue };
        let order = HubOrder::Datagram(Arc::clone(&socket), client, to, buffer[..n].to_vec());
        match orders.upgrade() {
            Some(orders) => drop(orders.send(order)),
            None => return,
        }
    }
}

impl Flows {
    /// Returns the flow of a forward's client.
    pub fn of_client(&mut self, socket: Arc<UdpSocket>, client: Client, next: &mut u32) -> u32 {
        if let Some(flow) = self.clients.get(&client) {
            return *flow;
        }
        while self.clients.len() >= MAX_CLIENTS
            && let Some(oldest) = self.ages.pop_front()
        {
            self.close(oldest);
        }
        *next = next.wrapping_add(1) | HOST_IDS;
        self.clients.insert(client, *next);
        self.ages.push_back(*next);
        self.flows.insert(*next, Flow::Client { socket, client });
        *next
    }

    /// Sends the guest's datagram; the first one opens the flow. A datagram that the host's socket cannot take is lost.
    pub fn send(
        &mut self,
        flow: u32,
        destination: Destination,
        to: SocketAddr,
        bytes: &[u8],
        back: &EventSender,
    ) {
        let empty = || Flow::Out { peers: Peers::default(), v4: None, v6: None };
        let Flow::Out { peers, v4, v6 } = self.flows.entry(flow).or_insert_with(empty) else { return };
        let outlet = if to.is_ipv6() { v6 } else { v4 };
        if outlet.is_none() {
            match open(flow, to.is_ipv6(), Arc::clone(peers), back.clone()) {
                Ok(opened) => *outlet = Some(opened),
                Err(why) if !std::mem::replace(&mut self.warned, true) => {
                    tracing::warn!(flow, %why, "no socket for a UDP flow");
                }
                Err(_) => {}
            }
        }
        let Some(outlet) = outlet else { return };
        {
            let mut peers = peers.lock().unwrap_or_else(PoisonError::into_inner);
            if peers.len() >= MAX_PEERS {
                peers.clear();
            }
            peers.insert(to, destination);
        }
        // Sends on the socket directly: tokio would first have to learn that a new socket is writable.
        let _ = socket2::SockRef::from(&*outlet.socket).send_to(bytes, &to.into());
    }

    /// Sends the guest's answer to a forward's client.
    pub fn reply(&mut self, flow: u32, bytes: &[u8]) {
        if let Some(Flow::Client { socket, client }) = self.flows.get(&flow) {
            let _ = socket2::SockRef::from(&**socket).send_to(bytes, &client.0.into());
        }
    }

    /// Removes a flow.
    pub fn close(&mut self, flow: u32) {
        if let Some(Flow::Client { client, .. }) = self.flows.remove(&flow) {
            self.clients.remove(&client);
            self.ages.retain(|f| *f != flow);
        }
    }
}

fn open(flow: u32, v6: bool, known: Peers, back: EventSender) -> std::io::Result<FlowSocket> {
    let any: SocketAddr =
        if v6 { (Ipv6Addr::UNSPECIFIED, 0).into() } else { (Ipv4Addr::UNSPECIFIED, 0).into() };
    let socket = std::net::UdpSocket::bind(any)?;
    socket.set_nonblocking(true)?;
    let socket = Arc::new(UdpSocket::from_std(socket)?);
    let from = Arc::clone(&socket);
    let task = tokio::spawn(async move {
        let mut buffer = vec![0; LONGEST];
        loop {
            let Ok((n, sender)) = from.recv_from(&mut buffer).await else { continue };
            let destination = known.lock().unwrap_or_else(PoisonError::into_inner).get(&sender).copied();
            // Only peers that the guest wrote to may answer. Loopback addresses may answer from another port too.
            let own =
                if v6 { Destination::Loopback6(sender.port()) } else { Destination::Loopback(sender.port()) };
            let destination = destination.or_else(|| is_loopback(sender.ip()).then_some(own));
            if let Some(destination) = destination {
                back.send(HostEvent::Datagram { flow, from: destination, bytes: buffer[..n].to_vec() });
            }
        }
    });
    Ok(FlowSocket { socket, task: task.abort_handle() })
}
