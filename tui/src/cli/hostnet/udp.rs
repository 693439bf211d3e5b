//! UDP flows of the host.

use super::{Back, Order, Orders, is_loopback};
use esplens_soc::net::host::{Event, HOST_IDS, Place};
use std::collections::{HashMap, HashSet};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::UdpSocket;
use tokio::task::AbortHandle;

/// Longest datagram.
const LONGEST: usize = 65_536;
/// Places that may answer a flow.
const MAX_PEERS: usize = 256;

/// Who may answer a flow, and what the guest calls them.
type Peers = Arc<Mutex<HashMap<SocketAddr, Place>>>;

enum Flow {
    /// Opened by the guest.
    Out { socket: Arc<UdpSocket>, peers: Peers, task: AbortHandle },
    /// A client of a forward.
    Client { socket: Arc<UdpSocket>, client: SocketAddr },
}

impl Drop for Flow {
    fn drop(&mut self) {
        if let Self::Out { task, .. } = self {
            task.abort();
        }
    }
}

/// All flows.
#[derive(Default)]
pub struct Flows {
    flows: HashMap<u32, Flow>,
    clients: HashMap<SocketAddr, u32>,
    warned: HashSet<u32>,
}

/// Takes what comes to a forward.
pub async fn listen(socket: Arc<UdpSocket>, to: SocketAddrV4, orders: Orders) {
    let mut buffer = vec![0; LONGEST];
    loop {
        let Ok((n, client)) = socket.recv_from(&mut buffer).await else { continue };
        let order = Order::Datagram(Arc::clone(&socket), client, to, buffer[..n].to_vec());
        match orders.upgrade() {
            Some(orders) => drop(orders.send(order)),
            None => return,
        }
    }
}

impl Flows {
    /// The flow of a forward's client.
    pub fn of_client(&mut self, socket: Arc<UdpSocket>, client: SocketAddr, next: &mut u32) -> u32 {
        if let Some(flow) = self.clients.get(&client) {
            return *flow;
        }
        *next = next.wrapping_add(1) | HOST_IDS;
        self.clients.insert(client, *next);
        self.flows.insert(*next, Flow::Client { socket, client });
        *next
    }

    /// Sends the guest's datagram; opens the flow with the first.
    pub async fn send(&mut self, flow: u32, place: Place, to: SocketAddrV4, bytes: &[u8], back: &Back) {
        if !self.flows.contains_key(&flow) {
            let Ok(opened) = open(flow, back.clone()).await else {
                if self.warned.insert(flow) {
                    tracing::warn!(flow, "no socket for a UDP flow");
                }
                return;
            };
            self.flows.insert(flow, opened);
        }
        if let Some(Flow::Out { socket, peers, .. }) = self.flows.get(&flow) {
            {
                let mut peers = peers.lock().unwrap_or_else(PoisonError::into_inner);
                if peers.len() >= MAX_PEERS {
                    peers.clear();
                }
                peers.insert(to.into(), place);
            }
            let _ = socket.send_to(bytes, to).await;
        }
    }

    /// The guest answers a forward's client.
    pub async fn reply(&mut self, flow: u32, bytes: &[u8]) {
        if let Some(Flow::Client { socket, client }) = self.flows.get(&flow) {
            let _ = socket.send_to(bytes, client).await;
        }
    }

    /// Forgets a flow.
    pub fn close(&mut self, flow: u32) {
        if let Some(Flow::Client { client, .. }) = self.flows.remove(&flow).as_ref() {
            self.clients.remove(client);
        }
        self.warned.remove(&flow);
    }
}

async fn open(flow: u32, back: Back) -> std::io::Result<Flow> {
    let socket = Arc::new(UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await?);
    let peers = Peers::default();
    let (from, known) = (Arc::clone(&socket), Arc::clone(&peers));
    let task = tokio::spawn(async move {
        let mut buffer = vec![0; LONGEST];
        loop {
            let Ok((n, sender)) = from.recv_from(&mut buffer).await else { continue };
            let place = known.lock().unwrap_or_else(PoisonError::into_inner).get(&sender).copied();
            // Only those the guest wrote to may answer; this computer also from another port.
            let place = place.or_else(|| is_loopback(sender.ip()).then_some(Place::Loopback(sender.port())));
            if let Some(place) = place {
                back.send(Event::Datagram { flow, from: place, bytes: buffer[..n].to_vec() });
            }
        }
    });
    Ok(Flow::Out { socket, peers, task: task.abort_handle() })
}
