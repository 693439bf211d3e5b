//! Connection of the host: TCP, or to a `guestfwd` target.

use super::EventSender;
use esplens_soc::net::host::HostEvent;
use esplens_soc::net::user::GuestfwdDevice;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

/// Maximum number of bytes read at once.
const CHUNK: usize = 16 * 1024;

/// Bytes that the guest wrote; `None`: it has finished writing.
type Write = Option<Vec<u8>>;

/// Byte stream to the peer.
trait Line: AsyncRead + AsyncWrite + Unpin + Send {
    /// Selects whether closing resets the connection, so that the peer learns that its data was not fully delivered.
    fn abrupt(&self, on: bool);
}

impl Line for TcpStream {
    fn abrupt(&self, on: bool) {
        let _ = socket2::SockRef::from(self).set_linger(on.then_some(std::time::Duration::ZERO));
    }
}

#[cfg(unix)]
impl Line for UnixStream {
    fn abrupt(&self, _: bool) {}
}

/// The hub's end of a connection; dropping it closes the connection.
pub struct HubStream {
    writes: UnboundedSender<Write>,
    /// Bytes that may still be read, one permit each.
    credit: Arc<Semaphore>,
    task: JoinHandle<()>,
}

impl Drop for HubStream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl HubStream {
    fn start<F>(run: impl FnOnce(UnboundedReceiver<Write>, Arc<Semaphore>) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (writes, rx) = unbounded_channel();
        let credit = Arc::new(Semaphore::new(0));
        let task = tokio::spawn(run(rx, Arc::clone(&credit)));
        Self { writes, credit, task }
    }

    /// Adopts the connection of a client.
    pub fn adopt(conn: u32, stream: TcpStream, back: EventSender) -> Self {
        let _ = stream.set_nodelay(true);
        Self::start(|writes, credit| carry(conn, stream, back, writes, credit))
    }

    /// Connects to an address.
    pub fn connect(conn: u32, to: SocketAddr, back: EventSender) -> Self {
        Self::start(|writes, credit| async move {
            match TcpStream::connect(to).await {
                Ok(stream) => {
                    let _ = stream.set_nodelay(true);
                    begin(conn, stream, back, writes, credit).await;
                }
                Err(_) => back.send(HostEvent::Refused { conn }),
            }
        })
    }

    /// Connects to a `guestfwd` target; a command is started.
    pub fn open(conn: u32, device: GuestfwdDevice, back: EventSender) -> Self {
        Self::start(|writes, credit| async move {
            let refused = back.clone();
            let why = match device {
                GuestfwdDevice::Tcp(to) => match TcpStream::connect(&to).await {
                    Ok(line) => return begin(conn, line, back, writes, credit).await,
                    Err(why) => format!("tcp:{to}: {why}"),
                },
                #[cfg(unix)]
                GuestfwdDevice::Unix(path) => match UnixStream::connect(&path).await {
                    Ok(line) => return begin(conn, line, back, writes, credit).await,
                    Err(why) => format!("unix:{path}: {why}"),
                },
                #[cfg(unix)]
                GuestfwdDevice::Command(command) => match program(&command) {
                    Ok(line) => return begin(conn, line, back, writes, credit).await,
                    Err(why) => format!("cmd:{command}: {why}"),
                },
                #[cfg(not(unix))]
                other => format!("{other:?}: not supported on this system"),
            };
            tracing::warn!("guestfwd: {why}");
            refused.send(HostEvent::Refused { conn });
        })
    }

    /// Returns true if both directions have finished.
    pub fn over(&self) -> bool {
        self.task.is_finished()
    }

    /// Writes bytes; the machine's TCP window bounds how many wait.
    pub fn send(&mut self, bytes: Vec<u8>) {
        let _ = self.writes.send(Some(bytes));
    }

    /// Allows this many more bytes to be read.
    pub fn credit(&mut self, bytes: u32) {
        self.credit.add_permits(bytes as usize);
    }

    /// Ends writing.
    pub fn finish(&mut self) {
        let _ = self.writes.send(None);
    }
}

/// Starts a program whose input and output are the connection.
#[cfg(unix)]
fn program(command: &str) -> std::io::Result<UnixStream> {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
    let mut child = std::process::Command::new("sh")
        .args(["-c", command])
        .stdin(std::os::fd::OwnedFd::from(theirs.try_clone()?))
        .stdout(std::os::fd::OwnedFd::from(theirs))
        .spawn()?;
    std::thread::Builder::new().name("guestfwd".into()).spawn(move || child.wait())?;
    ours.set_nonblocking(true)?;
    UnixStream::from_std(ours)
}

async fn begin(
    conn: u32,
    line: impl Line,
    back: EventSender,
    writes: UnboundedReceiver<Write>,
    credit: Arc<Semaphore>,
) {
    back.send(HostEvent::Connected { conn });
    carry(conn, line, back, writes, credit).await;
}

/// Transfers bytes in both directions until both have ended. A TCP connection that is dropped before that is reset.
async fn carry(
    conn: u32,
    line: impl Line,
    back: EventSender,
    writes: UnboundedReceiver<Write>,
    credit: Arc<Semaphore>,
) {
    line.abrupt(true);
    let (mut reader, mut writer) = tokio::io::split(line);
    let read = read(conn, &mut reader, &back, &credit);
    let write = write(conn, &mut writer, &back, writes);
    if tokio::try_join!(read, write).is_err() {
        back.send(HostEvent::Broken { conn });
    } else {
        reader.unsplit(writer).abrupt(false);
    }
}

async fn read(
    conn: u32,
    from: &mut (impl AsyncRead + Unpin),
    back: &EventSender,
    credit: &Semaphore,
) -> std::io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    loop {
        // Waits for one permit, then takes as many as are available.
        let Ok(first) = credit.acquire().await else { return Ok(()) };
        let more = credit.available_permits().min(CHUNK - 1);
        let rest = credit.try_acquire_many(more as u32).ok();
        let n = from.read(&mut buffer[..1 + rest.as_ref().map_or(0, |_| more)]).await?;
        // Permits of bytes that were read are consumed; the rest is returned.
        drop((first, rest));
        if n == 0 {
            back.send(HostEvent::Eof { conn });
            return Ok(());
        }
        credit.forget_permits(n);
        back.send(HostEvent::Data { conn, bytes: buffer[..n].to_vec() });
    }
}

async fn write(
    conn: u32,
    to: &mut (impl AsyncWrite + Unpin),
    back: &EventSender,
    mut writes: UnboundedReceiver<Write>,
) -> std::io::Result<()> {
    while let Some(write) = writes.recv().await {
        let Some(bytes) = write else { break };
        to.write_all(&bytes).await?;
        back.send(HostEvent::Sent { conn, bytes: bytes.len() as u32 });
    }
    to.shutdown().await
}
