//! A firmware's prompt on a serial line of the `esplens` binary.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Wall time limit for any answer on a busy host.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A firmware's prompt on a serial line that is connected to a socket or pseudo-terminal.
pub struct FirmwarePrompt {
    line: Box<dyn ReadWrite>,
    text: String,
}

trait ReadWrite: Read + Write {}
impl<T: Read + Write> ReadWrite for T {}

impl FirmwarePrompt {
    /// Creates a prompt on an open line. Its reads should have a short timeout.
    #[must_use]
    pub fn new(line: impl Read + Write + 'static) -> Self {
        Self { line: Box::new(line), text: String::new() }
    }

    /// Connects over TCP.
    ///
    /// # Panics
    /// When the connection is refused.
    #[must_use]
    pub fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        Self::new(stream)
    }

    /// Reads up to `mark`. Returns the text before it.
    ///
    /// # Panics
    /// When the line ends before it, or it does not arrive within two minutes.
    pub fn until(&mut self, mark: &str) -> String {
        let started = Instant::now();
        let mut buffer = [0; 4096];
        loop {
            if let Some(at) = self.text.find(mark) {
                let rest = self.text.split_off(at + mark.len());
                let found = std::mem::replace(&mut self.text, rest);
                return found[..at].to_string();
            }
            assert!(started.elapsed() < TIMEOUT, "no {mark:?} in {:?}", self.text);
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
    /// When the line is closed.
    pub fn send(&mut self, line: &str) {
        self.line.write_all(format!("{line}\r").as_bytes()).unwrap();
    }

    /// Types a line. Returns the first line of the firmware's answer.
    ///
    /// # Panics
    /// As [`FirmwarePrompt::until`].
    pub fn ask(&mut self, line: &str) -> String {
        self.send(line);
        self.until("\r\n");
        self.until("\r\n")
    }
}
