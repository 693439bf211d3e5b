//! Segment shared with other machines: TCP with QEMU's framing (each frame is preceded by its length in four bytes,
//! big-endian), UDP multicast, or a TAP device. Frames may be lost, as on any cable: full queues drop them.

use super::hub::{EventSender, waits};
use super::{Wake, exit_input};
use esplens_soc::net::host::{HostCommand, HostEvent, HostNet};
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::mpsc;

/// Longest Ethernet frame; a peer that announces a longer one uses another protocol.
const MAX_FRAME: usize = 68 << 10;
/// Maximum number of Ethernet frames queued per peer.
const MAX_QUEUED: usize = 1024;
/// Maximum number of peers of one listener.
const MAX_PEERS: usize = 64;
/// Time between two attempts to connect.
const RETRY: Duration = Duration::from_millis(250);

/// Location of the segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SegmentAddress {
    /// `socket,listen=[HOST]:PORT`: others connect; all of them are on one segment.
    Listen(String),
    /// `socket,connect=HOST:PORT`.
    Connect(String),
    /// `socket,mcast=GROUP:PORT[,localaddr=ADDRESS]`.
    Multicast(SocketAddrV4, Option<Ipv4Addr>),
    /// `tap,ifname=NAME`.
    Tap(String),
}

impl std::fmt::Display for SegmentAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Self::Listen(at) => write!(f, "listen={at}"),
            Self::Connect(to) => write!(f, "connect={to}"),
            Self::Multicast(group, _) => write!(f, "mcast={group}"),
            Self::Tap(name) => write!(f, "ifname={name}"),
        }
    }
}

/// The machine's side of a segment.
pub struct SegmentLink {
    at: SegmentAddress,
    out: mpsc::Sender<Vec<u8>>,
    events: Receiver<(u64, HostEvent)>,
    waiting: Arc<AtomicUsize>,
    /// Description of the connection, for the user.
    pub notice: String,
}

impl HostNet for SegmentLink {
    fn command(&mut self, command: HostCommand) {
        if let HostCommand::Frame(frame) = command {
            // A full queue drops the frame, as a switch does.
            let _ = self.out.try_send(frame);
        }
    }

    fn poll(&mut self) -> Option<HostEvent> {
        let (_, event) = self.events.try_recv().ok()?;
        self.waiting.fetch_sub(waits(&event), Ordering::Relaxed);
        Some(event)
    }

    fn info(&self) -> String {
        self.at.to_string()
    }
}

/// Data owned by the segment's thread.
struct Cable {
    out: mpsc::Receiver<Vec<u8>>,
    back: EventSender,
}

impl SegmentLink {
    /// Opens the segment and starts its thread.
    ///
    /// # Errors
    /// When the segment cannot be opened.
    pub fn open(at: SegmentAddress, wake: Wake) -> anyhow::Result<Self> {
        let (out, rx) = mpsc::channel(MAX_QUEUED);
        let (events, back) = channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let back_end = EventSender { events, wake, generation: 0, waiting: Arc::clone(&waiting) };
        let cable = Cable { out: rx, back: back_end };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let context = runtime.enter();
        let (notice, task) = start(&at, cable).map_err(|why| exit_input(format!("--nic: {at}: {why}")))?;
        drop(context);
        std::thread::Builder::new().name("segment".into()).spawn(move || runtime.block_on(task))?;
        Ok(Self { at, out, events: back, waiting, notice })
    }
}

type Task = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

fn start(at: &SegmentAddress, cable: Cable) -> std::io::Result<(String, Task)> {
    Ok(match at {
        SegmentAddress::Listen(address) => {
            let listener = std::net::TcpListener::bind(address)?;
            listener.set_nonblocking(true)?;
            let notice = format!("network segment listens on {}", listener.local_addr()?);
            (notice, Box::pin(hub(TcpListener::from_std(listener)?, cable)))
        }
        SegmentAddress::Connect(to) => {
            (format!("network segment at {to}"), Box::pin(client(to.clone(), cable)))
        }
        SegmentAddress::Multicast(group, local) => {
            let (rx, tx) = multicast(*group, local.unwrap_or(Ipv4Addr::UNSPECIFIED))?;
            (format!("network segment on multicast {group}"), Box::pin(datagrams(rx, tx, *group, cable)))
        }
        #[cfg(target_os = "linux")]
        SegmentAddress::Tap(name) => {
            let device = super::tap::open(name)?;
            (format!("network segment on {name}"), Box::pin(tap(device, cable)))
        }
        #[cfg(not(target_os = "linux"))]
        SegmentAddress::Tap(_) => {
            return Err(std::io::Error::other("TAP devices are supported only on Linux"));
        }
    })
}

/// Returns a frame in the encoding for a TCP stream.
fn framed(frame: &[u8]) -> Vec<u8> {
    [&(frame.len() as u32).to_be_bytes(), frame].concat()
}

/// Reads frames until the peer disconnects.
async fn read_frames(mut from: impl tokio::io::AsyncRead + Unpin, to: mpsc::Sender<(u64, Vec<u8>)>, id: u64) {
    while let Ok(len) = from.read_u32().await {
        let len = len as usize;
        if len == 0 || len > MAX_FRAME {
            tracing::warn!(len, "segment: the peer's framing is not QEMU's; connection closed");
            return;
        }
        let mut frame = vec![0; len];
        if from.read_exact(&mut frame).await.is_err() || to.send((id, frame)).await.is_err() {
            return;
        }
    }
}

/// Runs a segment that connects the machine and all clients of the listener.
async fn hub(listener: TcpListener, mut cable: Cable) {
    let mut peers: HashMap<u64, mpsc::Sender<Vec<u8>>> = HashMap::new();
    let (frames, mut arrivals) = mpsc::channel(64);
    let mut next = 0;
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    peers.retain(|_, p| !p.is_closed());
                    if peers.len() < MAX_PEERS {
                        next += 1;
                        peers.insert(next, attach(stream, frames.clone(), next));
                    }
                }
                Err(_) => tokio::time::sleep(RETRY).await,
            },
            Some((from, frame)) = arrivals.recv() => {
                for (_, peer) in peers.iter().filter(|(id, _)| **id != from) {
                    let _ = peer.try_send(framed(&frame));
                }
                cable.back.send(HostEvent::Frame(frame));
            },
            frame = cable.out.recv() => match frame {
                Some(frame) => peers.values().for_each(|p| drop(p.try_send(framed(&frame)))),
                None => return,
            },
        }
    }
}

/// Serves one peer. Frames it sends go to `frames` with its ID.
fn attach(stream: TcpStream, frames: mpsc::Sender<(u64, Vec<u8>)>, id: u64) -> mpsc::Sender<Vec<u8>> {
    let (tx, mut rx) = mpsc::channel::<Vec<u8>>(MAX_QUEUED);
    let _ = stream.set_nodelay(true);
    let (reader, mut writer) = stream.into_split();
    tokio::spawn(async move {
        let write = async {
            while let Some(bytes) = rx.recv().await {
                if writer.write_all(&bytes).await.is_err() {
                    return;
                }
            }
        };
        tokio::select! {
            () = write => {}
            () = read_frames(reader, frames, id) => {}
        }
    });
    tx
}

/// Keeps the segment connected: retries until a listener exists, and reconnects.
async fn client(to: String, mut cable: Cable) {
    let mut told = false;
    loop {
        let stream = match TcpStream::connect(&to).await {
            Ok(stream) => stream,
            Err(why) => {
                if !std::mem::replace(&mut told, true) {
                    tracing::warn!("segment: {to}: {why}; retrying");
                }
                // Frames sent meanwhile are lost.
                let until = tokio::time::Instant::now() + RETRY;
                loop {
                    match tokio::time::timeout_at(until, cable.out.recv()).await {
                        Ok(Some(_)) => {}
                        Ok(None) => return,
                        Err(_) => break,
                    }
                }
                continue;
            }
        };
        told = false;
        let (frames, mut arrivals) = mpsc::channel(64);
        let peer = attach(stream, frames, 0);
        loop {
            tokio::select! {
                arrival = arrivals.recv() => match arrival {
                    Some((_, frame)) => cable.back.send(HostEvent::Frame(frame)),
                    None => break,
                },
                frame = cable.out.recv() => match frame {
                    Some(frame) => drop(peer.try_send(framed(&frame))),
                    None => return,
                },
            }
        }
    }
}

/// Opens one receiving socket in the group, shared with others on this computer, and one sending socket. The sending
/// socket's port identifies this machine's own frames.
fn multicast(group: SocketAddrV4, local: Ipv4Addr) -> std::io::Result<(UdpSocket, UdpSocket)> {
    use socket2::{Domain, Protocol, Socket, Type};
    let rx = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    rx.set_reuse_address(true)?;
    rx.set_nonblocking(true)?;
    rx.bind(&group.into())?;
    rx.join_multicast_v4(group.ip(), &local)?;
    let tx = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    tx.set_nonblocking(true)?;
    tx.set_multicast_loop_v4(true)?;
    tx.set_multicast_if_v4(&local)?;
    tx.bind(&SocketAddrV4::new(local, 0).into())?;
    Ok((UdpSocket::from_std(rx.into())?, UdpSocket::from_std(tx.into())?))
}

async fn datagrams(rx: UdpSocket, tx: UdpSocket, group: SocketAddrV4, mut cable: Cable) {
    let own = tx.local_addr().map_or(0, |a| a.port());
    let mut buffer = vec![0; MAX_FRAME];
    loop {
        tokio::select! {
            got = rx.recv_from(&mut buffer) => match got {
                Ok((n, from)) if from.port() != own => cable.back.send(HostEvent::Frame(buffer[..n].to_vec())),
                Ok(_) => {}
                Err(_) => tokio::time::sleep(RETRY).await,
            },
            frame = cable.out.recv() => match frame {
                Some(frame) => drop(socket2::SockRef::from(&tx).send_to(&frame, &group.into())),
                None => return,
            },
        }
    }
}

#[cfg(target_os = "linux")]
async fn tap(device: super::tap::TapDevice, mut cable: Cable) {
    let mut buffer = vec![0; MAX_FRAME];
    loop {
        tokio::select! {
            got = device.read(&mut buffer) => match got {
                Ok(n) => cable.back.send(HostEvent::Frame(buffer[..n].to_vec())),
                // The device is down, perhaps for a while.
                Err(_) => tokio::time::sleep(RETRY).await,
            },
            frame = cable.out.recv() => match frame {
                Some(frame) => device.write(&frame),
                None => return,
            },
        }
    }
}
