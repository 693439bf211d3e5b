//! A TCP connection of the host.

use super::Back;
use esplens_soc::net::host::Event;
use std::net::SocketAddrV4;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

/// Most bytes read at once.
const CHUNK: usize = 16 * 1024;

/// What the guest wrote; `None`: it writes no more.
type Write = Option<Vec<u8>>;

/// The order-taker's end of a connection; dropping it closes the connection.
pub struct Stream {
    writes: UnboundedSender<Write>,
    /// Bytes that may still be read, a permit each.
    credit: Arc<Semaphore>,
    task: JoinHandle<()>,
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Stream {
    fn start<F>(run: impl FnOnce(UnboundedReceiver<Write>, Arc<Semaphore>) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (writes, rx) = unbounded_channel();
        let credit = Arc::new(Semaphore::new(0));
        let task = tokio::spawn(run(rx, Arc::clone(&credit)));
        Self { writes, credit, task }
    }

    /// Takes over a client.
    pub fn adopt(conn: u32, stream: TcpStream, back: Back) -> Self {
        Self::start(|writes, credit| carry(conn, stream, back, writes, credit))
    }

    /// Connects.
    pub fn connect(conn: u32, to: SocketAddrV4, back: Back) -> Self {
        Self::start(|writes, credit| async move {
            match TcpStream::connect(to).await {
                Ok(stream) => {
                    back.send(Event::Connected { conn });
                    carry(conn, stream, back, writes, credit).await;
                }
                Err(_) => back.send(Event::Refused { conn }),
            }
        })
    }

    /// True when both directions are done.
    pub fn over(&self) -> bool {
        self.task.is_finished()
    }

    /// Writes bytes; the machine's window bounds how many wait.
    pub fn send(&mut self, bytes: Vec<u8>) {
        let _ = self.writes.send(Some(bytes));
    }

    /// So many bytes more may be read.
    pub fn credit(&mut self, bytes: u32) {
        self.credit.add_permits(bytes as usize);
    }

    /// Nothing more is written.
    pub fn finish(&mut self) {
        let _ = self.writes.send(None);
    }
}

/// Carries bytes both ways until both ends are done.
async fn carry(
    conn: u32,
    stream: TcpStream,
    back: Back,
    writes: UnboundedReceiver<Write>,
    credit: Arc<Semaphore>,
) {
    let _ = stream.set_nodelay(true);
    let (reader, writer) = stream.into_split();
    let read = read(conn, reader, &back, &credit);
    let write = write(conn, writer, &back, writes);
    if tokio::try_join!(read, write).is_err() {
        back.send(Event::Broken { conn });
    }
}

async fn read(conn: u32, mut from: OwnedReadHalf, back: &Back, credit: &Semaphore) -> std::io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    loop {
        // One byte's permit at least; then as many as there are.
        let Ok(first) = credit.acquire().await else { return Ok(()) };
        let more = credit.available_permits().min(CHUNK - 1);
        let rest = credit.try_acquire_many(more as u32).ok();
        let n = from.read(&mut buffer[..1 + rest.as_ref().map_or(0, |_| more)]).await?;
        // What was read is used up, the rest of the permits go back.
        drop((first, rest));
        if n == 0 {
            back.send(Event::Eof { conn });
            return Ok(());
        }
        credit.forget_permits(n);
        back.send(Event::Data { conn, bytes: buffer[..n].to_vec() });
    }
}

async fn write(
    conn: u32,
    mut to: OwnedWriteHalf,
    back: &Back,
    mut writes: UnboundedReceiver<Write>,
) -> std::io::Result<()> {
    while let Some(write) = writes.recv().await {
        let Some(bytes) = write else { break };
        to.write_all(&bytes).await?;
        back.send(Event::Sent { conn, bytes: bytes.len() as u32 });
    }
    to.shutdown().await
}
