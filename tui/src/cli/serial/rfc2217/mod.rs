//! UART behind RFC 2217 (telnet's serial port option), like a development board at a network serial adapter. RTS and
//! DTR reset the chip and select its boot mode. One client at a time; a second one is refused.

mod board;
mod opening;
mod port;
mod telnet;

use super::inlet::Inlet;
use super::outgoing::{Backlog, Outgoing};
use super::{Backend, SerialEvent};
use crate::socket::{Listener, Socket};
use esplens_soc::machine::Input;
use opening::Opening;
use port::{ClientPort, PortEffect};
use std::io::Read;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use telnet::Telnet;

/// Number of attempts, 10 ms apart, to take the port from a client that is leaving.
const LEAVING: u32 = 30;

/// State shared by the machine's side and the client's thread.
#[derive(Default)]
struct Shared {
    client: Option<Outgoing>,
    /// A client is connected or about to be greeted.
    taken: bool,
    /// The client has suspended output.
    suspended: bool,
    backlog: Backlog,
}

impl Shared {
    /// Sends bytes in their encoded form.
    fn send(&mut self, bytes: &[u8]) {
        if let Some(client) = &self.client
            && !client.send(bytes)
        {
            client.cut();
            self.client = None;
        }
    }

    /// Sends the UART's output to the client, or keeps it.
    fn output(&mut self, bytes: &[u8]) {
        if self.client.is_some() && !self.suspended {
            return self.send(&telnet::escape(bytes));
        }
        self.backlog.keep(bytes);
    }

    fn flush(&mut self) {
        let kept = self.backlog.take();
        self.output(&kept);
    }
}

/// A listening UART.
pub struct Rfc2217 {
    shared: Arc<Mutex<Shared>>,
    address: SocketAddr,
}

impl Rfc2217 {
    /// Listens and prints the address.
    ///
    /// # Errors
    /// The system's error, for example when the port is in use.
    pub fn open(inlet: Inlet, host: &str, port: u16) -> std::io::Result<Self> {
        let (listener, address) = Listener::tcp(host, port)?;
        let uart = inlet.uart();
        crate::cli::terminal::message(&format!("UART{uart} listens on rfc2217://{address}"));
        let shared = Arc::new(Mutex::new(Shared::default()));
        let for_thread = Arc::clone(&shared);
        std::thread::Builder::new()
            .name(format!("uart{uart} rfc2217"))
            .spawn(move || accept(&listener, &for_thread, &inlet))?;
        Ok(Self { shared, address })
    }

    /// Returns the listening address.
    #[cfg(test)]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Backend for Rfc2217 {
    fn write(&mut self, bytes: &[u8]) {
        lock(&self.shared).output(bytes);
    }

    fn finish(&mut self, until: Instant) {
        lock(&self.shared).client.iter().for_each(|client| client.finish(until));
    }
}

impl std::fmt::Debug for Rfc2217 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rfc2217({})", self.address)
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs each client on a separate thread; one client at a time has the port.
fn accept(listener: &Listener, shared: &Arc<Mutex<Shared>>, inlet: &Inlet) {
    loop {
        let Ok(client) = listener.accept() else {
            std::thread::sleep(Duration::from_millis(100)); // out of descriptors, perhaps
            continue;
        };
        if !take(shared) {
            let uart = inlet.uart();
            crate::cli::terminal::warning(&format!("UART{uart}: a second RFC 2217 client was refused"));
            continue;
        }
        let (for_thread, inlet) = (Arc::clone(shared), inlet.clone());
        let spawned = std::thread::Builder::new().name("rfc2217 client".into()).spawn(move || {
            serve(client, &for_thread, &inlet);
            let mut shared = lock(&for_thread);
            (shared.client, shared.taken, shared.suspended) = (None, false, false);
        });
        if spawned.is_err() {
            lock(shared).taken = false;
        }
    }
}

/// Takes the port for a client. A client that has just left may not have released it yet.
fn take(shared: &Mutex<Shared>) -> bool {
    (0..LEAVING).any(|n| {
        if n > 0 {
            std::thread::sleep(Duration::from_millis(10));
        }
        !std::mem::replace(&mut lock(shared).taken, true)
    })
}

/// Serves a client until it disconnects.
fn serve(mut client: Socket, shared: &Mutex<Shared>, inlet: &Inlet) {
    let (mut telnet, mut port) = (Telnet::default(), ClientPort::new(inlet.uart()));
    let mut opening = Opening::default();
    let Ok(out) = Outgoing::start(&client) else { return };
    {
        let mut shared = lock(shared);
        shared.client = Some(out);
        shared.send(&telnet.greeting());
        shared.send(&port.greeting());
        shared.flush();
    }
    let mut buffer = [0; 4096];
    loop {
        let n = match client.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => n,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        if opening.is_foreign(&buffer[..n]) {
            let uart = inlet.uart();
            crate::cli::terminal::warning(&format!("UART{uart}: an HTTP client was refused"));
            break;
        }
        if !receive(&buffer[..n], (&mut telnet, &mut port), shared, inlet) {
            return;
        }
    }
    port.close().into_iter().for_each(|change| _ = inlet.event(SerialEvent::Chip(change)));
}

/// Processes bytes from a client. Returns false if the machine is gone.
fn receive(
    bytes: &[u8],
    (telnet, port): (&mut Telnet, &mut ClientPort),
    shared: &Mutex<Shared>,
    inlet: &Inlet,
) -> bool {
    let received = telnet.receive(bytes);
    if !received.reply.is_empty() {
        lock(shared).send(&received.reply);
    }
    // Data received before a message is passed on before it.
    if !received.data.is_empty() && !inlet.input(received.data) {
        return false;
    }
    for message in received.messages {
        let (answer, effects) = port.message(&message);
        for effect in effects {
            if !carry_out(effect, shared, inlet) {
                return false;
            }
        }
        lock(shared).send(&answer);
    }
    true
}

/// Applies an effect. Returns false if the machine is gone.
fn carry_out(effect: PortEffect, shared: &Mutex<Shared>, inlet: &Inlet) -> bool {
    match effect {
        PortEffect::Chip(change) => return inlet.event(SerialEvent::Chip(change)),
        PortEffect::PurgeInput => return inlet.event(SerialEvent::Purge(inlet.uart())),
        PortEffect::PurgeOutput => drop(lock(shared).backlog.take()),
        PortEffect::Suspend(on) => {
            let mut shared = lock(shared);
            shared.suspended = on;
            if !on {
                shared.flush();
            }
        }
    }
    true
}

/// Returns true for a change that discards all pending input: with EN low the chip receives nothing.
pub fn cuts_input(change: &Input) -> bool {
    *change == Input::Enable(false)
}

#[cfg(test)]
mod tests;
