//! UART behind a TCP or local listener: one client at a time; the next one is served when it disconnects.

use super::Backend;
use super::inlet::Inlet;
use super::outgoing::{Backlog, Outgoing};
use crate::socket::{Listener, Socket};
use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// State shared by the machine's side and the listener.
#[derive(Default)]
struct Shared {
    client: Option<Outgoing>,
    backlog: Backlog,
}

impl Shared {
    fn send(&mut self, bytes: &[u8]) {
        match &self.client {
            Some(client) => {
                if !client.send(bytes) {
                    self.client = None;
                }
            }
            None => {
                self.backlog.keep(bytes);
            }
        }
    }

    fn connected(&mut self, client: Outgoing) {
        self.client = Some(client);
        let kept = self.backlog.take();
        self.send(&kept);
    }
}

/// A listening UART.
pub struct TcpUart {
    shared: Arc<Mutex<Shared>>,
    /// Listening address, if it is a TCP port.
    address: Option<SocketAddr>,
}

impl TcpUart {
    /// Listens on a TCP port and prints the address.
    ///
    /// # Errors
    /// The system's error, for example when the port is in use.
    pub fn open(inlet: Inlet, host: &str, port: u16) -> std::io::Result<Self> {
        let (listener, address) = Listener::tcp(host, port)?;
        Self::start(inlet, listener, &address.to_string(), Some(address))
    }

    /// Listens on a local socket and prints its path.
    ///
    /// # Errors
    /// The system's error, for example when there is a file that is not a socket.
    pub fn local(inlet: Inlet, path: &Path) -> std::io::Result<Self> {
        Self::start(inlet, Listener::local(path)?, &format!("unix:{}", path.display()), None)
    }

    fn start(
        inlet: Inlet,
        listener: Listener,
        name: &str,
        address: Option<SocketAddr>,
    ) -> std::io::Result<Self> {
        let uart = inlet.uart();
        crate::cli::terminal::message(&format!("UART{uart} listens on {name}"));
        let shared = Arc::new(Mutex::new(Shared::default()));
        let for_thread = Arc::clone(&shared);
        std::thread::Builder::new()
            .name(format!("uart{uart} listener"))
            .spawn(move || serve(&listener, &for_thread, &inlet))?;
        Ok(Self { shared, address })
    }

    /// Returns the listening address.
    #[cfg(test)]
    pub fn address(&self) -> SocketAddr {
        self.address.unwrap()
    }
}

impl Backend for TcpUart {
    fn write(&mut self, bytes: &[u8]) {
        lock(&self.shared).send(bytes);
    }

    fn finish(&mut self, until: Instant) {
        lock(&self.shared).client.iter().for_each(|client| client.finish(until));
    }
}

impl std::fmt::Debug for TcpUart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tcp({:?})", self.address)
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Accepts clients one after the other until the machine is gone.
fn serve(listener: &Listener, shared: &Mutex<Shared>, inlet: &Inlet) {
    loop {
        let client = listener.accept().and_then(|client| Ok((Outgoing::start(&client)?, client)));
        let Ok((out, client)) = client else {
            std::thread::sleep(Duration::from_millis(100)); // out of descriptors, perhaps
            continue;
        };
        lock(shared).connected(out);
        if !receive(client, inlet) {
            return;
        }
        lock(shared).client = None;
    }
}

/// Passes on a client's bytes. Returns false if the machine is gone.
fn receive(mut client: Socket, inlet: &Inlet) -> bool {
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
