//! An RSP client written from GDB's manual, without GDB, and machines to connect it to.

#![allow(dead_code, reason = "each test file uses its part")]

pub mod kernel;

use esplens_core::time::TICKS_PER_US;
use esplens_gdb::server::{self, Address};
use esplens_gdb::supervisor::{Handle, Speed, spawn};
use esplens_soc::boot::{LoadOptions, input};
use esplens_soc::machine::{EngineKind, Machine, MachineConfig};
use esplens_soc::system::Output;
use object::{Object, ObjectSymbol};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

const HELLO: &[u8] = include_bytes!("../../../fixtures/hello/flash.bin");

/// Returns the folder of third-party firmware; `None` if this checkout has none.
pub fn firmware(name: &str) -> Option<PathBuf> {
    let given = std::env::var_os("ESPLENS_FIRMWARE").map(PathBuf::from);
    let up = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let found = up.ancestors().map(|a| a.join("shared/firmware")).find(|p| p.is_dir());
    let dir = given.or(found)?.join(name);
    if dir.is_dir() {
        return Some(dir);
    }
    eprintln!("skipped: no firmware {name}");
    None
}

/// Returns the GDB to test with. Prints a message and returns `None` if there is none.
pub fn gdb() -> Option<PathBuf> {
    if let Some(given) = std::env::var_os("ESPLENS_GDB_BIN").map(PathBuf::from) {
        assert!(given.exists(), "ESPLENS_GDB_BIN: no {}", given.display());
        return Some(given);
    }
    built_gdb("xtensa-esp32-elf-gdb")
}

/// Returns one of the GDBs that `cargo xtask gdb` builds. `xtensa-esp32-elf-gdb-105` takes no privileged registers from
/// its target, as Espressif's by default; `-stock` takes a0 to a15 as well. Prints a message and returns `None` if it
/// is not built.
pub fn built_gdb(name: &str) -> Option<PathBuf> {
    let home = std::env::var_os("HOME")?;
    let path = Path::new(&home).join(".cache/esplens/gdb/install/bin").join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: no {name}; cargo xtask gdb builds one");
    None
}

/// Creates a machine with an image, stopped at power-on.
pub fn boot(flash: &[u8], name: &str) -> Machine {
    let input = input::from_bytes(name.as_ref(), flash, &LoadOptions::default()).unwrap();
    Machine::new(MachineConfig::new(input.flash))
}

/// Creates a machine with the built-in example.
pub fn hello() -> Machine {
    boot(HELLO, "hello")
}

/// Creates a machine with the built-in example that never translates code: its allocations depend on its state only.
pub fn hello_interpreted() -> Machine {
    let input = input::from_bytes("hello".as_ref(), HELLO, &LoadOptions::default()).unwrap();
    let mut config = MachineConfig::new(input.flash);
    config.engine = EngineKind::Interp;
    Machine::new(config)
}

/// Creates a machine with the bundled demo: FreeRTOS on both cores.
pub fn demo() -> Machine {
    boot(include_bytes!("../../../fixtures/demo/flash.bin"), "demo")
}

/// Returns the path of the demo's ELF file.
pub fn demo_elf() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/demo/demo.elf")
}

/// Returns the address of a symbol.
pub fn symbol(elf: &std::path::Path, name: &str) -> u32 {
    let bytes = std::fs::read(elf).unwrap();
    let elf = object::File::parse(&*bytes).unwrap();
    let symbol = elf.symbols().find(|s| s.name() == Ok(name)).unwrap_or_else(|| panic!("no symbol {name}"));
    symbol.address() as u32
}

/// Runs until UART0 prints `end`, calls `line` for each line and returns the output. Presses Enter when the firmware
/// asks for it.
pub fn uart_lines(machine: &mut Machine, end: &str, mut line: impl FnMut(&str, &Machine)) -> String {
    let (mut all, mut part, mut asked) = (String::new(), Vec::new(), false);
    for n in 1..=60_000u64 {
        machine.run(n * 1000 * TICKS_PER_US);
        for output in machine.take_output() {
            let Output::Uart { n: 0, byte } = output else { continue };
            part.push(byte);
            if byte == b'\n' {
                let text = String::from_utf8_lossy(&part).into_owned();
                line(&text, machine);
                all.push_str(&text);
                part.clear();
            }
        }
        if !asked && all.contains("Press Enter to print core dump") {
            asked = true;
            machine.uart_input(0, b"\r\n");
        }
        if all.contains(end) {
            return all;
        }
    }
    panic!("no {end:?}: {all}");
}

/// Runs until UART0 prints `end` and returns the output.
pub fn uart_until(machine: &mut Machine, end: &str) -> String {
    uart_lines(machine, end, |_, _| ())
}

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
pub fn serve(machine: Machine) -> (Served, u16) {
    let (handle, _thread) = spawn(machine, Speed::Max).unwrap();
    let listening = server::listen(&"tcp::0".parse().unwrap(), &handle).unwrap();
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
    pub fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
        Self { stream, buf: Vec::new(), no_ack: false, console: String::new() }
    }

    /// Connects, exchanges features and turns acknowledgements off.
    pub fn ready(port: u16) -> Self {
        let mut rsp = Self::connect(port);
        rsp.call("qSupported:multiprocess+;swbreak+;hwbreak+");
        assert_eq!(rsp.call("QStartNoAckMode"), "OK");
        rsp.no_ack = true;
        rsp
    }

    pub fn raw(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

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

    pub fn send_bytes(&mut self, body: &[u8]) {
        let sum = body.iter().fold(0u8, |a, b| a.wrapping_add(*b));
        let mut packet = vec![b'$'];
        packet.extend(body);
        packet.extend(format!("#{sum:02x}").bytes());
        self.raw(&packet);
    }

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

    pub fn register(&mut self, number: usize) -> u32 {
        let bytes = unhex(&self.call(&format!("p{number:x}")));
        bytes.iter().rev().fold(0, |v, b| v << 8 | u32::from(*b))
    }

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

    pub fn pc(&mut self) -> u32 {
        self.register(0)
    }

    pub fn word(&mut self, addr: u32) -> u32 {
        let bytes = unhex(&self.call(&format!("m{addr:x},4")));
        u32::from_le_bytes(bytes.try_into().unwrap())
    }
}

pub fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|n| u8::from_str_radix(&text[2 * n..2 * n + 2], 16).unwrap()).collect()
}
