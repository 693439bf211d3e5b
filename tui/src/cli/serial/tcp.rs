//! A UART behind a TCP listener: one client at a time, the next one takes over when it leaves.

use super::Backend;
use super::inlet::Inlet;
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Output kept for the first client.
const BACKLOG: usize = 64 * 1024;
/// A client that takes nothing for this long is dropped: the machine does not wait for it.
const STALLED: Duration = Duration::from_millis(500);

/// What the machine's side and the listener share.
#[derive(Default)]
struct Shared {
    client: Option<TcpStream>,
    backlog: VecDeque<u8>,
}

impl Shared {
    fn send(&mut self, bytes: &[u8]) {
        match &mut self.client {
            Some(client) => {
                if client.write_all(bytes).is_err() {
                    self.client = None;
                }
            }
            None => {
                self.backlog.extend(bytes);
                let excess = self.backlog.len().saturating_sub(BACKLOG);
                self.backlog.drain(..excess);
            }
        }
    }

    fn connected(&mut self, client: TcpStream) {
        self.client = Some(client);
        let kept: Vec<u8> = self.backlog.drain(..).collect();
        self.send(&kept);
    }
}

/// A listening UART.
pub struct Tcp {
    shared: Arc<Mutex<Shared>>,
    address: SocketAddr,
}

impl Tcp {
    /// Listens and says where.
    pub fn open(inlet: Inlet, host: &str, port: u16) -> std::io::Result<Self> {
        let listener = TcpListener::bind((host, port))?;
        let address = listener.local_addr()?;
        esplens_gdb::server::note_listener(address);
        let uart = inlet.uart();
        crate::cli::terminal::message(&format!("UART{uart} listens on {address}"));
        let shared = Arc::new(Mutex::new(Shared::default()));
        let for_thread = Arc::clone(&shared);
        std::thread::Builder::new()
            .name(format!("uart{uart} tcp"))
            .spawn(move || serve(&listener, &for_thread, &inlet))?;
        Ok(Self { shared, address })
    }

    /// Where it listens.
    #[cfg(test)]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Backend for Tcp {
    fn write(&mut self, bytes: &[u8]) {
        lock(&self.shared).send(bytes);
    }
}

impl std::fmt::Debug for Tcp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tcp({})", self.address)
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Accepts clients one after the other until the machine is gone.
fn serve(listener: &TcpListener, shared: &Mutex<Shared>, inlet: &Inlet) {
    for client in listener.incoming() {
        let Ok(client) = client else {
            std::thread::sleep(Duration::from_millis(100)); // out of descriptors, perhaps
            continue;
        };
        let _ = client.set_nodelay(true);
        let _ = client.set_write_timeout(Some(STALLED));
        let Ok(writer) = client.try_clone() else { continue };
        lock(shared).connected(writer);
        if !receive(client, inlet) {
            return;
        }
        lock(shared).client = None;
    }
}

/// Passes on what a client sends; false when the machine is gone.
fn receive(mut client: TcpStream, inlet: &Inlet) -> bool {
    let mut buffer = [0; 4096];
    loop {
        match client.read(&mut buffer) {
            Ok(0) => return true,
            Ok(n) => {
                if !inlet.input(buffer[..n].to_vec()) {
                    return false;
                }
            }
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return true,
        }
    }
}
