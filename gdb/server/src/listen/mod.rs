//! Listeners and connections of all servers: addresses, sockets, one thread per connection.

mod address;
mod http;
#[cfg(unix)]
mod local;
mod own;

pub use address::{Address, DEFAULT_PORT};
pub use http::HTTP_METHODS;
#[cfg(unix)]
pub use local::{bind as bind_unix, remove_sockets};
pub use own::{is_own_listener, note_listener};

use esplens_supervisor::{Event, Handle, Leave};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::task::{Context, Poll};
use std::thread;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::broadcast::error::RecvError;

/// Number of ports tried after the default one if it is in use.
const SEARCH: u16 = 100;
/// Maximum number of connections; further ones are closed immediately.
const MAX_CONNECTIONS: usize = 64;

/// Maximum number of listeners in the process; clients can open listeners.
const MAX_LISTENERS: usize = 32;
static LISTENERS: AtomicUsize = AtomicUsize::new(0);

/// A byte stream, TCP or Unix.
pub trait ByteStream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> ByteStream for T {}

/// A connection that is not registered with a thread's event loop yet.
enum Incoming {
    Tcp(std::net::TcpStream),
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixStream),
}

impl Incoming {
    /// Registers the connection with this thread's event loop.
    fn open(self) -> io::Result<Box<dyn ByteStream>> {
        Ok(match self {
            Self::Tcp(stream) => {
                stream.set_nodelay(true)?;
                stream.set_nonblocking(true)?;
                Box::new(Prompt(tokio::net::TcpStream::from_std(stream)?))
            }
            #[cfg(unix)]
            Self::Unix(stream) => {
                stream.set_nonblocking(true)?;
                Box::new(tokio::net::UnixStream::from_std(stream)?)
            }
        })
    }
}

/// A TCP stream that acknowledges received data immediately. A client without TCP_NODELAY sends a protocol
/// acknowledgement and a packet in two segments, and its TCP delays the second one until the first is acknowledged.
struct Prompt(tokio::net::TcpStream);

impl AsyncRead for Prompt {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.0).poll_read(cx, buf);
        // The system resets the option after some acknowledgements, so it is set each time.
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if polled.is_ready() {
            let _ = socket2::SockRef::from(&self.0).set_tcp_quickack(true);
        }
        polled
    }
}

impl AsyncWrite for Prompt {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

enum Listener {
    Tcp(tokio::net::TcpListener),
    #[cfg(unix)]
    Unix(tokio::net::UnixListener),
}

impl Listener {
    async fn accept(&self) -> io::Result<Incoming> {
        Ok(match self {
            Self::Tcp(l) => Incoming::Tcp(l.accept().await?.0.into_std()?),
            #[cfg(unix)]
            Self::Unix(l) => Incoming::Unix(l.accept().await?.0.into_std()?),
        })
    }
}

/// Result of starting a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenResult {
    /// The address it listens on.
    pub address: Address,
    /// The requested port was in use, and another one was chosen.
    pub moved: bool,
}

/// Handler for a connection.
type Serve = Arc<dyn Fn(Box<dyn ByteStream>, Handle) -> Pin<Box<dyn Future<Output = ()>>> + Send + Sync>;

/// Starts a server. Each connection is handled by `serve` on its own thread.
pub(crate) fn start(
    address: &Address,
    handle: &Handle,
    name: &'static str,
    serve: impl Fn(Box<dyn ByteStream>, Handle) -> Pin<Box<dyn Future<Output = ()>>> + Send + Sync + 'static,
) -> io::Result<ListenResult> {
    if LISTENERS.fetch_add(1, Ordering::SeqCst) >= MAX_LISTENERS {
        LISTENERS.fetch_sub(1, Ordering::SeqCst);
        return Err(io::Error::other(format!("{MAX_LISTENERS} listeners are open, which is the maximum")));
    }
    let (address, handle) = (address.clone(), handle.clone());
    let serve: Serve = Arc::new(serve);
    let (tell, told) = sync_channel(1);
    // Bind on the new thread: the caller may be in another server's event loop, which must not block.
    let body = move || {
        let bound =
            runtime().and_then(|r| r.block_on(bind(&address)).map(|(l, listening)| (r, l, listening)));
        match bound {
            Ok((runtime, listener, listening)) => {
                let _ = tell.send(Ok(listening));
                runtime.block_on(accept(listener, handle, name, serve));
            }
            Err(error) => _ = tell.send(Err(error)),
        }
        LISTENERS.fetch_sub(1, Ordering::SeqCst);
    };
    if let Err(error) = thread::Builder::new().name(format!("{name} listener")).spawn(body) {
        LISTENERS.fetch_sub(1, Ordering::SeqCst);
        return Err(error);
    }
    told.recv().map_err(io::Error::other)?
}

fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()
}

async fn accept(listener: Listener, handle: Handle, name: &'static str, serve: Serve) {
    let open = Arc::new(AtomicUsize::new(0));
    let mut events = handle.subscribe();
    loop {
        let incoming = tokio::select! {
            incoming = listener.accept() => incoming,
            event = events.recv() => match event {
                Ok(Event::Quit(_)) | Err(RecvError::Closed) => return,
                _ => continue,
            },
        };
        let Ok(incoming) = incoming else { continue };
        if open.load(Ordering::SeqCst) >= MAX_CONNECTIONS {
            continue;
        }
        open.fetch_add(1, Ordering::SeqCst);
        let (count, handle, serve) = (open.clone(), handle.register(name), serve.clone());
        let spawned = thread::Builder::new().name(name.into()).spawn(move || {
            let client = handle.client().clone();
            let left = handle.clone();
            // After a panic, which is a bug, remove the client's points and release its connection slot.
            if catch_unwind(AssertUnwindSafe(|| one(incoming, handle, serve))).is_err() {
                let _ = left.call(move |s| s.leave(&client, Leave::Disconnected));
            }
            count.fetch_sub(1, Ordering::SeqCst);
        });
        if spawned.is_err() {
            open.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// Serves one connection until it ends.
fn one(incoming: Incoming, handle: Handle, serve: Serve) {
    let Ok(runtime) = runtime() else { return };
    runtime.block_on(async {
        if let Ok(stream) = incoming.open() {
            serve(stream, handle).await;
        }
    });
}

async fn bind(address: &Address) -> io::Result<(Listener, ListenResult)> {
    match address {
        Address::Tcp { host, port, search } => {
            let listener = bind_tcp(host, *port, *search).await?;
            own::note_listener(listener.local_addr()?);
            let got = listener.local_addr()?.port();
            let address = Address::Tcp { host: host.clone(), port: got, search: false };
            Ok((Listener::Tcp(listener), ListenResult { address, moved: *port != 0 && got != *port }))
        }
        #[cfg(unix)]
        Address::Unix(path) => {
            let listener = local::bind(path)?;
            listener.set_nonblocking(true)?;
            let listener = tokio::net::UnixListener::from_std(listener)?;
            Ok((Listener::Unix(listener), ListenResult { address: address.clone(), moved: false }))
        }
        #[cfg(not(unix))]
        Address::Unix(_) => Err(io::ErrorKind::Unsupported.into()),
    }
}

async fn bind_tcp(host: &str, port: u16, search: bool) -> io::Result<tokio::net::TcpListener> {
    let last = if search { port.saturating_add(SEARCH) } else { port };
    let mut at = port;
    loop {
        match tokio::net::TcpListener::bind((host, at)).await {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && at < last => at += 1,
            other => return other,
        }
    }
}
