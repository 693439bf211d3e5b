//! An RSP client written from GDB's manual, without GDB, and the server that it connects to.

use esplens_server::listen::Address;
use esplens_server::{gdb, monitor};
use esplens_soc::machine::Machine;
use esplens_supervisor::{Handle, Speed, spawn};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A machine on its own thread that ends when this is dropped, so that it takes no CPU time from other tests.
pub struct Served(Handle);

impl std::ops::Deref for Served {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.0
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let by = self.0.client().clone();
        let _ = self.0.call(move |s| s.quit(&by));
    }
}

/// Starts a machine with a GDB server; returns the server's port.
#[must_use]
pub fn serve(machine: Machine) -> (Served, u16) {
    let (handle, _thread) = spawn(machine, Speed::Max).unwrap();
    let listening = gdb::listen(&"tcp::0".parse().unwrap(), &handle, monitor::run).unwrap();
    let Address::Tcp { port, .. } = listening.address else { unreachable!("tcp was asked for") };
    (Served(handle), port)
}

/// A client's connection to a GDB server.
pub struct Rsp {
    stream: TcpStream,
    buf: Vec<u8>,
    /// Acknowledgements are off.
    pub no_ack: bool,
    /// Console output received so far.
    pub console: String,
}

impl Rsp {
    /// Connects to a server on this host.
    #[must_use]
    pub fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
        Self { stream, buf: Vec::new(), no_ack: false, console: String::new() }
    }

    /// Connects, exchanges features and turns acknowledgements off.
    #[must_use]
    pub fn ready(port: u16) -> Self {
        let mut rsp = Self::connect(port);
        rsp.call("qSupported:multiprocess+;swbreak+;hwbreak+");
        assert_eq!(rsp.call("QStartNoAckMode"), "OK");
        rsp.no_ack = true;
        rsp
    }

    /// Sends bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Sends bytes as they are; returns false if the connection is closed.
    pub fn try_raw(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    /// Discards everything received so far.
    pub fn discard(&mut self) {
        let mut chunk = [0; 65536];
        self.stream.set_nonblocking(true).unwrap();
        while matches!(self.stream.read(&mut chunk), Ok(n) if n > 0) {}
        self.stream.set_nonblocking(false).unwrap();
    }

    /// Sends a packet with this body.
    pub fn send_bytes(&mut self, body: &[u8]) {
        let sum = body.iter().fold(0u8, |a, b| a.wrapping_add(*b));
        let mut packet = vec![b'$'];
        packet.extend(body);
        packet.extend(format!("#{sum:02x}").bytes());
        self.raw(&packet);
    }

    /// Sends a packet with this body.
    pub fn send(&mut self, body: &str) {
        self.send_bytes(body.as_bytes());
    }

    /// Returns the next byte.
    pub fn byte(&mut self) -> u8 {
        if self.buf.is_empty() {
            let mut chunk = [0; 65536];
            let n = self.stream.read(&mut chunk).unwrap();
            assert!(n > 0, "the server closed the connection");
            self.buf.extend(chunk[..n].iter().rev());
        }
        self.buf.pop().unwrap()
    }

    /// Returns the next packet's body; acknowledges it if that is required.
    pub fn receive_bytes(&mut self) -> Vec<u8> {
        loop {
            match self.byte() {
                b'$' => break,
                b'+' => assert!(!self.no_ack, "an acknowledgement in no-ack mode"),
                other => panic!("{other:#x} between packets"),
            }
        }
        let mut body = Vec::new();
        loop {
            match self.byte() {
                b'#' => break,
                byte => body.push(byte),
            }
        }
        let sum = String::from_utf8(vec![self.byte(), self.byte()]).unwrap();
        let expected = body.iter().fold(0u8, |a, b| a.wrapping_add(*b));
        assert_eq!(u8::from_str_radix(&sum, 16), Ok(expected), "checksum");
        if !self.no_ack {
            self.raw(b"+");
        }
        body
    }

    /// Returns the next reply; collects the console output before it.
    pub fn receive(&mut self) -> String {
        loop {
            let body = String::from_utf8(self.receive_bytes()).unwrap();
            match body.strip_prefix('O').filter(|hex| hex.len() % 2 == 0 && !hex.is_empty() && *hex != "K") {
                Some(hex) => self.console.push_str(&String::from_utf8(unhex(hex)).unwrap()),
                None => return body,
            }
        }
    }

    /// Sends a packet and returns the reply.
    pub fn call(&mut self, body: &str) -> String {
        self.send(body);
        self.receive()
    }

    /// Runs a `monitor` command and returns its output.
    pub fn monitor(&mut self, line: &str) -> String {
        self.console.clear();
        let hex: String = line.bytes().map(|b| format!("{b:02x}")).collect();
        assert_eq!(self.call(&format!("qRcmd,{hex}")), "OK");
        std::mem::take(&mut self.console)
    }

    /// Returns a register by its number.
    pub fn register(&mut self, number: usize) -> u32 {
        let bytes = unhex(&self.call(&format!("p{number:x}")));
        bytes.iter().rev().fold(0, |v, b| v << 8 | u32::from(*b))
    }

    /// Writes a register by its number.
    pub fn set_register(&mut self, number: usize, value: u32) {
        let hex: String = value.to_le_bytes().iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(self.call(&format!("P{number:x}={hex}")), "OK", "P{number}");
    }

    /// Continues to `place`, which is in the syntax of `monitor break`.
    pub fn stop_at(&mut self, place: &str) {
        let id = self.monitor(&format!("break {place}"));
        assert!(self.call("vCont;c").starts_with('T'), "{place}");
        self.monitor(&format!("delete {}", id.split(':').next().unwrap()));
    }

    /// Returns the PC.
    pub fn pc(&mut self) -> u32 {
        self.register(0)
    }

    /// Returns a word of memory.
    pub fn word(&mut self, addr: u32) -> u32 {
        let bytes = unhex(&self.call(&format!("m{addr:x},4")));
        u32::from_le_bytes(bytes.try_into().unwrap())
    }
}

/// Converts pairs of hexadecimal digits to bytes.
#[must_use]
pub fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|n| u8::from_str_radix(&text[2 * n..2 * n + 2], 16).unwrap()).collect()
}
