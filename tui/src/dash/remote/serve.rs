//! The machine's side of the connection.

use super::backlog::UartBacklog;
use super::{DashRequest, DashResponse, VERSION, read, write};
use crate::dash::link::{self, Inbox};
use crate::dash::pane_id::PaneId;
use crate::dash::state::DashMsg;
use crate::socket::{Listener, Socket};
use esplens_server::listen::Address;
use esplens_supervisor::Handle;
use std::io::{self, BufReader};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// Maximum number of dashboards at a time; further ones are disconnected at once.
const MAX_CLIENTS: usize = 16;
/// Time without reading after which a dashboard is disconnected.
const STALLED: Duration = Duration::from_secs(10);

/// A listener for dashboards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DashListener {
    /// Address, with the actual port.
    pub address: Address,
}

/// Server for dashboards of one machine.
#[derive(Clone)]
pub struct DashServer(Arc<Served>);

/// Data shared by all connections.
struct Served {
    handle: Handle,
    backlog: UartBacklog,
    image: String,
    roots: Vec<PathBuf>,
    open: AtomicUsize,
}

impl DashServer {
    /// Creates a server for a machine that runs `image`, with sources in `roots` and earlier output in `backlog`.
    #[must_use]
    pub fn new(handle: &Handle, image: &str, roots: Vec<PathBuf>, backlog: UartBacklog) -> Self {
        let handle = handle.clone();
        Self(Arc::new(Served { handle, backlog, image: image.into(), roots, open: AtomicUsize::new(0) }))
    }

    /// Accepts dashboards at `address`.
    ///
    /// # Errors
    /// When it cannot listen there.
    pub fn listen(&self, address: &Address) -> io::Result<DashListener> {
        listen(self.0.clone(), address)
    }
}

fn listen(served: Arc<Served>, address: &Address) -> io::Result<DashListener> {
    let (listener, address) = match address {
        Address::Tcp { host, port, .. } => {
            let (listener, at) = Listener::tcp(host, *port)?;
            (listener, Address::Tcp { host: host.clone(), port: at.port(), search: false })
        }
        Address::Unix(path) => (Listener::local(path)?, address.clone()),
    };
    thread::Builder::new().name("dashboards".into()).spawn(move || accept(&served, &listener))?;
    Ok(DashListener { address })
}

fn accept(served: &Arc<Served>, listener: &Listener) {
    loop {
        let Ok(socket) = listener.accept() else {
            thread::sleep(Duration::from_millis(50));
            continue;
        };
        if served.open.load(Ordering::SeqCst) >= MAX_CLIENTS {
            continue;
        }
        served.open.fetch_add(1, Ordering::SeqCst);
        let mine = served.clone();
        let body = move || {
            // A client that disconnects or violates the protocol ends its own connection only.
            let _ = serve(&mine, socket);
            mine.open.fetch_sub(1, Ordering::SeqCst);
        };
        if thread::Builder::new().name("dashboard".into()).spawn(body).is_err() {
            served.open.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// Serves one dashboard until it disconnects.
fn serve(served: &Served, mut socket: Socket) -> io::Result<()> {
    socket.write_for(STALLED)?;
    write(&mut socket, &DashResponse::Hello(VERSION, served.image.clone()))?;
    let inbox = Inbox::default();
    let mut from = BufReader::new(socket.again()?);
    let mut first = read::<DashRequest>(&mut from)?;
    if let Some(DashRequest::Past) = first {
        inbox.push_events(served.backlog.dash_events());
    }
    let link = link::local(&served.handle, &inbox, served.roots.clone())?;
    let asked = thread::Builder::new().name("dashboard asks".into()).spawn({
        let inbox = inbox.clone();
        move || {
            while let Some(ask) = first.take().or_else(|| read::<DashRequest>(&mut from).ok().flatten()) {
                match ask {
                    DashRequest::Past => {}
                    DashRequest::Sample(query) => link.sample(query),
                    DashRequest::Act(pane, action) => {
                        link.act(pane.as_deref().and_then(PaneId::named), action)
                    }
                }
            }
            inbox.push(DashMsg::Gone);
        }
    })?;
    let result = tell(&mut socket, &inbox);
    inbox.close();
    socket.cut();
    let _ = asked.join();
    result
}

/// Forwards the machine's messages until the machine or the client is gone.
fn tell(socket: &mut Socket, inbox: &Inbox) -> io::Result<()> {
    loop {
        for msg in inbox.take(None) {
            let tell = match msg {
                DashMsg::Sample(sample) => DashResponse::Sample(sample),
                DashMsg::Event(event) => DashResponse::Feed(event),
                DashMsg::Reply(pane, reply) => DashResponse::Reply(pane.map(|p| p.name().into()), reply),
                DashMsg::Gone => return Ok(()),
                _ => continue,
            };
            write(socket, &tell)?;
        }
    }
}
