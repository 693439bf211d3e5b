//! A firmware's prompt on a serial line of the `esplens` binary.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Wall time that anything may take on a busy host.
const PATIENCE: Duration = Duration::from_secs(120);

/// A firmware's prompt on a serial line that leads to a socket or pseudo-terminal.
pub struct Prompt {
    line: Box<dyn ReadWrite>,
    text: String,
}

trait ReadWrite: Read + Write {}
impl<T: Read + Write> ReadWrite for T {}

impl Prompt {
    /// On an open line; a read should not wait for long.
    #[must_use]
    pub fn new(line: impl Read + Write + 'static) -> Self {
        Self { line: Box::new(line), text: String::new() }
    }

    /// Over TCP.
    ///
    /// # Panics
    /// When nobody listens.
    #[must_use]
    pub fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        Self::new(stream)
    }

    /// Reads up to `mark`; answers what came before it.
    ///
    /// # Panics
    /// When the line ends before it, or it does not come in two minutes.
    pub fn until(&mut self, mark: &str) -> String {
        let started = Instant::now();
        let mut buffer = [0; 4096];
        loop {
            if let Some(at) = self.text.find(mark) {
                let rest = self.text.split_off(at + mark.len());
                let found = std::mem::replace(&mut self.text, rest);
                return found[..at].to_string();
            }
            assert!(started.elapsed() < PATIENCE, "no {mark:?} in {:?}", self.text);
            match self.line.read(&mut buffer) {
                Ok(0) => panic!("closed before {mark:?}: {:?}", self.text),
                Ok(n) => self.text.push_str(&String::from_utf8_lossy(&buffer[..n])),
                Err(_) => {}
            }
        }
    }

    /// Types a line.
    ///
    /// # Panics
    /// When the line is gone.
    pub fn send(&mut self, line: &str) {
        self.line.write_all(format!("{line}\r").as_bytes()).unwrap();
    }

    /// Types a line; answers what the firmware says to it, up to the end of that line.
    ///
    /// # Panics
    /// As [`Prompt::until`].
    pub fn ask(&mut self, line: &str) -> String {
        self.send(line);
        self.until("\r\n");
        self.until("\r\n")
    }
}
