//! Serial lines: the host-side connection of each UART, one file per backend.

mod file;
mod inlet;
mod outgoing;
pub mod prompt;
#[cfg(unix)]
mod pty;
pub mod rfc2217;
pub mod stdio;
mod tcp;

use super::exit::BadInput;
use super::plain::Plain;
use anyhow::Context;
use esplens_soc::machine::Input;
pub use inlet::{Inlet, PendingBytes};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

/// Number of the chip's UARTs.
pub const UARTS: usize = 3;
/// Longest wait at the end for clients to read their queued output.
const LAST: Duration = Duration::from_millis(100);

/// Event from outside for the machine's thread.
#[derive(Debug, PartialEq, Eq)]
pub enum SerialEvent {
    /// Bytes for a UART.
    Input(u8, Vec<u8>),
    /// Another external signal to the chip: EN, GPIO0, a break.
    Chip(Input),
    /// Drop input for a UART that the machine has not taken yet.
    Purge(u8),
    /// The host's sockets have events.
    Wake,
    /// The user wants to quit.
    Quit,
}

/// Destination of a UART.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Where {
    /// This terminal.
    Stdio,
    /// A TCP listener: address and port (0: any free one).
    Tcp(String, u16),
    /// The same with RFC 2217: RTS and DTR reset the chip and choose its boot mode.
    Rfc2217(String, u16),
    /// A listener on a local socket.
    Unix(PathBuf),
    /// A file for the output.
    File(PathBuf),
    /// A new pseudo-terminal.
    Pty,
    /// No connection.
    Null,
}

/// A parsed `--serial`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SerialArg {
    /// UART number.
    pub uart: u8,
    /// Destination.
    pub to: Where,
}

impl FromStr for SerialArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (uart, to) = text
            .split_once('=')
            .ok_or("expected N=stdio|tcp:PORT|rfc2217:PORT|unix:PATH|file:PATH|pty|null")?;
        let uart = uart.parse().ok().filter(|&n| usize::from(n) < UARTS).ok_or("UARTs are 0, 1 and 2")?;
        let to = match to.split_once(':') {
            None if to == "stdio" => Where::Stdio,
            None if to == "pty" => Where::Pty,
            None if to == "null" || to == "none" => Where::Null,
            Some(("tcp", address)) => tcp_address(address).map(|(host, port)| Where::Tcp(host, port))?,
            Some(("rfc2217", address)) => {
                tcp_address(address).map(|(host, port)| Where::Rfc2217(host, port))?
            }
            Some(("unix", path)) if !path.is_empty() => Where::Unix(path.into()),
            Some(("file", path)) if !path.is_empty() => Where::File(path.into()),
            _ => {
                return Err(format!(
                    "{to:?} is none of stdio, tcp:PORT, rfc2217:PORT, unix:PATH, file:PATH, pty, null"
                ));
            }
        };
        Ok(Self { uart, to })
    }
}

/// Parses `PORT` or `HOST:PORT`, an IPv6 address in brackets. Without a host only this computer can connect.
fn tcp_address(text: &str) -> Result<(String, u16), String> {
    let (host, port) = text.rsplit_once(':').unwrap_or(("127.0.0.1", text));
    let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    let host = if host.is_empty() { "127.0.0.1" } else { host };
    let port = port.parse().map_err(|_| format!("{port:?} is not a TCP port"))?;
    Ok((host.into(), port))
}

/// Joins host and port, with brackets around an IPv6 address.
pub fn joined(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// Host side of a UART.
pub trait Backend: Send {
    /// Writes the UART's output. Must not block for long: output that cannot be written is dropped.
    fn write(&mut self, bytes: &[u8]);

    /// Waits at the machine's end until accepted output is written, at most until `_until`.
    fn finish(&mut self, _until: Instant) {}
}

/// Backend of an unconnected UART.
struct Null;

impl Backend for Null {
    fn write(&mut self, _bytes: &[u8]) {}
}

/// Backends of the three UARTs.
pub struct SerialLines {
    backends: [Box<dyn Backend>; UARTS],
    /// UART on standard output.
    on_stdio: Option<usize>,
    /// Filter that removes that UART's colours.
    plain: Option<Plain>,
}

impl SerialLines {
    /// Opens the lines that the arguments name; UART0 is on the terminal by default.
    pub fn open(
        args: &[SerialArg],
        events: &SyncSender<SerialEvent>,
        flow: &PendingBytes,
    ) -> anyhow::Result<Self> {
        let mut to = [Where::Stdio, Where::Null, Where::Null];
        for arg in args {
            to[usize::from(arg.uart)] = arg.to.clone();
        }
        if to.iter().filter(|w| **w == Where::Stdio).count() > 1 {
            anyhow::bail!(BadInput("--serial: only one UART can be on stdio (0=null frees it)".into()));
        }
        let on_stdio = to.iter().position(|w| *w == Where::Stdio);
        let backends: [Box<dyn Backend>; UARTS] = [Box::new(Null), Box::new(Null), Box::new(Null)];
        let mut lines = Self { backends, on_stdio, plain: None };
        for (n, to) in to.iter().enumerate() {
            lines.backends[n] = open(to, Inlet::new(n as u8, events.clone(), flow.clone()))?;
        }
        Ok(lines)
    }

    /// Removes colours from standard output from now on.
    pub fn without_colours(mut self) -> Self {
        self.plain = Some(Plain::default());
        self
    }

    /// Writes a UART's output to its backend.
    pub fn write(&mut self, uart: u8, bytes: &[u8]) {
        let uart = usize::from(uart);
        let Some(line) = self.backends.get_mut(uart) else { return };
        match self.plain.as_mut().filter(|_| self.on_stdio == Some(uart)) {
            Some(plain) => line.write(&plain.take(bytes)),
            None => line.write(bytes),
        }
    }
}

impl Drop for SerialLines {
    fn drop(&mut self) {
        let until = Instant::now() + LAST;
        self.backends.iter_mut().for_each(|line| line.finish(until));
    }
}

fn open(to: &Where, inlet: Inlet) -> anyhow::Result<Box<dyn Backend>> {
    let uart = inlet.uart();
    let what = || BadInput(format!("--serial {uart}"));
    Ok(match to {
        Where::Stdio => Box::new(stdio::Stdio::open(inlet)),
        Where::Tcp(host, port) => {
            let tcp = tcp::TcpUart::open(inlet, host, *port);
            Box::new(tcp.with_context(|| joined(host, *port)).with_context(what)?)
        }
        Where::Rfc2217(host, port) => {
            let line = rfc2217::Rfc2217::open(inlet, host, *port);
            Box::new(line.with_context(|| joined(host, *port)).with_context(what)?)
        }
        Where::Unix(path) => {
            let local = tcp::TcpUart::local(inlet, path).with_context(|| path.display().to_string());
            Box::new(local.with_context(what)?)
        }
        Where::File(path) => {
            let file = file::File::open(path).with_context(|| path.display().to_string());
            Box::new(file.with_context(what)?)
        }
        #[cfg(unix)]
        Where::Pty => Box::new(pty::Pty::open(inlet).with_context(what)?),
        #[cfg(not(unix))]
        Where::Pty => anyhow::bail!(BadInput("--serial: this system has no pseudo-terminals".into())),
        Where::Null => Box::new(Null),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::time::Duration;

    fn parse(text: &str) -> Result<Where, String> {
        text.parse::<SerialArg>().map(|a| a.to)
    }

    #[test]
    fn arguments_parse() {
        assert_eq!(parse("1=tcp:5555"), Ok(Where::Tcp("127.0.0.1".into(), 5555)));
        assert_eq!(parse("1=tcp::5555"), Ok(Where::Tcp("127.0.0.1".into(), 5555)));
        assert_eq!(parse("0=rfc2217:4000"), Ok(Where::Rfc2217("127.0.0.1".into(), 4000)));
        assert_eq!(parse("1=tcp:0.0.0.0:5555"), Ok(Where::Tcp("0.0.0.0".into(), 5555)));
        assert_eq!(parse("0=tcp:[::1]:5555"), Ok(Where::Tcp("::1".into(), 5555)));
        assert_eq!(parse("0=rfc2217:[::]:5555"), Ok(Where::Rfc2217("::".into(), 5555)));
        assert_eq!((joined("::1", 5), joined("host", 5)), ("[::1]:5".into(), "host:5".into()));
        assert_eq!(parse("1=unix:/tmp/s"), Ok(Where::Unix("/tmp/s".into())));
        assert_eq!(parse("2=file:a:b"), Ok(Where::File("a:b".into())));
        for bad in ["3=null", "0", "0=tcp:x", "0=rfc2217:", "0=file:", "0=unix:", "0=tty"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn two_uarts_on_stdio_are_refused() {
        let (events, _rx) = std::sync::mpsc::sync_channel(4);
        let args = ["1=stdio".parse().unwrap()];
        assert!(
            SerialLines::open(&args, &events, &PendingBytes::default())
                .err()
                .unwrap()
                .to_string()
                .contains("only one")
        );
    }

    #[test]
    fn tcp_carries_both_ways_and_keeps_what_came_before_the_client() {
        let (events, rx) = std::sync::mpsc::sync_channel(4);
        let mut tcp =
            tcp::TcpUart::open(Inlet::new(1, events, PendingBytes::default()), "127.0.0.1", 0).unwrap();
        tcp.write(b"early ");
        let mut client = std::net::TcpStream::connect(tcp.address()).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        client.write_all(b"hi").unwrap();
        assert_eq!(rx.recv_timeout(Duration::from_secs(5)), Ok(SerialEvent::Input(1, b"hi".to_vec())));
        tcp.write(b"late");
        let mut got = [0; 10];
        client.read_exact(&mut got).unwrap();
        assert_eq!(&got, b"early late");
    }

    #[test]
    #[cfg(unix)]
    fn a_local_socket_is_the_users_alone_and_carries_both_ways() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("line");
        let (events, rx) = std::sync::mpsc::sync_channel(4);
        let args = ["0=null".parse().unwrap(), format!("1=unix:{}", path.display()).parse().unwrap()];
        let mut lines = SerialLines::open(&args, &events, &PendingBytes::default()).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        lines.write(1, b"early ");
        let mut client = std::os::unix::net::UnixStream::connect(&path).unwrap();
        client.write_all(b"hi").unwrap();
        assert_eq!(rx.recv_timeout(Duration::from_secs(5)), Ok(SerialEvent::Input(1, b"hi".to_vec())));
        lines.write(1, b"late");
        let mut got = [0; 10];
        client.read_exact(&mut got).unwrap();
        assert_eq!(&got, b"early late");
        std::fs::write(dir.path().join("data"), "").unwrap();
        let taken = [format!("0=unix:{}", dir.path().join("data").display()).parse().unwrap()];
        let why =
            format!("{:#}", SerialLines::open(&taken, &events, &PendingBytes::default()).err().unwrap());
        assert!(why.contains("not a socket"), "{why}");
    }

    #[test]
    #[cfg(unix)]
    fn a_pty_carries_both_ways_unchanged() {
        let (events, rx) = std::sync::mpsc::sync_channel(4);
        let mut pty = pty::Pty::open(Inlet::new(2, events, PendingBytes::default())).unwrap();
        let mut end = std::fs::OpenOptions::new().read(true).write(true).open(pty.path()).unwrap();
        end.write_all(b"\x03a\n").unwrap();
        assert_eq!(rx.recv_timeout(Duration::from_secs(5)), Ok(SerialEvent::Input(2, b"\x03a\n".to_vec())));
        pty.write(b"x\ny");
        let mut got = [0; 3];
        end.read_exact(&mut got).unwrap();
        assert_eq!(&got, b"x\ny");
    }

    #[test]
    fn a_file_takes_the_output() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("uart1.txt");
        file::File::open(&path).unwrap().write(b"text");
        assert_eq!(std::fs::read(&path).unwrap(), b"text");
    }
}
