//! The machine's side.

use super::past::Past;
use super::{Ask, Tell, VERSION, read, write};
use crate::dash::link::{self, Inbox};
use crate::dash::pane::PaneId;
use crate::dash::state::Msg;
use crate::socket::{Listener, Socket};
use esplens_gdb::server::Address;
use esplens_gdb::supervisor::Handle;
use std::io::{self, BufReader};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// Dashboards served at a time; more are closed at once.
const MAX_CLIENTS: usize = 16;
/// A dashboard that takes nothing for so long is given up.
const STALLED: Duration = Duration::from_secs(10);

/// Where dashboards may come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listening {
    /// The address, with the port that it got.
    pub address: Address,
}

/// A machine that dashboards may come to.
#[derive(Clone)]
pub struct Server(Arc<Served>);

/// What every connection is told of.
struct Served {
    handle: Handle,
    past: Past,
    image: String,
    roots: Vec<PathBuf>,
    open: AtomicUsize,
}

impl Server {
    /// For a machine that runs `image`, whose sources are looked for in `roots` and whose text is kept in `past`.
    #[must_use]
    pub fn new(handle: &Handle, image: &str, roots: Vec<PathBuf>, past: Past) -> Self {
        let handle = handle.clone();
        Self(Arc::new(Served { handle, past, image: image.into(), roots, open: AtomicUsize::new(0) }))
    }

    /// Lets dashboards come to `address`.
    ///
    /// # Errors
    /// When it cannot listen there.
    pub fn listen(&self, address: &Address) -> io::Result<Listening> {
        listen(self.0.clone(), address)
    }
}

fn listen(served: Arc<Served>, address: &Address) -> io::Result<Listening> {
    let (listener, address) = match address {
        Address::Tcp { host, port, .. } => {
            let (listener, at) = Listener::tcp(host, *port)?;
            (listener, Address::Tcp { host: host.clone(), port: at.port(), search: false })
        }
        Address::Unix(path) => (Listener::local(path)?, address.clone()),
    };
    thread::Builder::new().name("dashboards".into()).spawn(move || accept(&served, &listener))?;
    Ok(Listening { address })
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
            // A client that vanished or talks nonsense ends its own connection only.
            let _ = serve(&mine, socket);
            mine.open.fetch_sub(1, Ordering::SeqCst);
        };
        if thread::Builder::new().name("dashboard".into()).spawn(body).is_err() {
            served.open.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// Serves one dashboard to its end.
fn serve(served: &Served, mut socket: Socket) -> io::Result<()> {
    socket.write_for(STALLED)?;
    write(&mut socket, &Tell::Hello(VERSION, served.image.clone()))?;
    let inbox = Inbox::default();
    let mut from = BufReader::new(socket.again()?);
    let mut first = read::<Ask>(&mut from)?;
    if let Some(Ask::Past) = first {
        inbox.feed(served.past.feeds());
    }
    let link = link::local(&served.handle, &inbox, served.roots.clone())?;
    let asked = thread::Builder::new().name("dashboard asks".into()).spawn({
        let inbox = inbox.clone();
        move || {
            while let Some(ask) = first.take().or_else(|| read::<Ask>(&mut from).ok().flatten()) {
                match ask {
                    Ask::Past => {}
                    Ask::Sample(wants) => link.sample(wants),
                    Ask::Act(pane, action) => link.act(pane.as_deref().and_then(PaneId::named), action),
                }
            }
            inbox.push(Msg::Gone);
        }
    })?;
    let result = tell(&mut socket, &inbox);
    inbox.close();
    socket.cut();
    let _ = asked.join();
    result
}

/// Passes on what the machine says, until it or the client is gone.
fn tell(socket: &mut Socket, inbox: &Inbox) -> io::Result<()> {
    loop {
        for msg in inbox.take(None) {
            let tell = match msg {
                Msg::Sample(sample) => Tell::Sample(sample),
                Msg::Feed(feed) => Tell::Feed(feed),
                Msg::Reply(pane, reply) => Tell::Reply(pane.map(|p| p.name().into()), reply),
                Msg::Gone => return Ok(()),
                _ => continue,
            };
            write(socket, &tell)?;
        }
    }
}
