//! The demo as a process, its console as lines.

use crate::binary;
use crate::host::Running;
use crate::load::data_byte;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Longest that a line of the console is waited for.
const PATIENCE: Duration = Duration::from_secs(180);

/// The demo's flash image.
#[must_use]
pub fn image() -> PathBuf {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/demo/flash.bin").into()
}

/// FNV-1a, as the demo adds up what it gets.
#[must_use]
pub fn sum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811C_9DC5, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// The first `n` bytes of `/data/N`.
#[must_use]
pub fn data(n: u32) -> Vec<u8> {
    (0..n).map(data_byte).collect()
}

/// A process with the demo; ended with it.
pub struct Demo {
    /// The process.
    pub running: Running,
    keys: ChildStdin,
    lines: Receiver<String>,
}

impl Demo {
    /// Starts it with these arguments of `esplens run` and waits for its network's first words.
    ///
    /// # Panics
    /// When it cannot be started, or says nothing.
    #[must_use]
    pub fn start(args: &[&str]) -> Self {
        let mut command = binary::esplens();
        command.arg("run").arg(image()).args(args);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        let (keys, out) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
        let (tx, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                let _ = tx.send(line);
            }
        });
        let mut demo = Self { running: Running(child), keys, lines };
        demo.expect("asking for an address");
        demo
    }

    /// The same, and waits until DHCP gave it an address.
    #[must_use]
    pub fn on_the_net(args: &[&str]) -> Self {
        let mut demo = Self::start(args);
        demo.expect("by DHCP");
        demo
    }

    /// Types a command.
    ///
    /// # Panics
    /// When the process is gone.
    pub fn type_in(&mut self, line: &str) {
        self.keys.write_all(format!("{line}\r").as_bytes()).expect("it runs");
        self.keys.flush().expect("it runs");
    }

    /// Waits for a line that has `what` in it, and gives it.
    ///
    /// # Panics
    /// When none comes.
    pub fn expect(&mut self, what: &str) -> String {
        let end = Instant::now() + PATIENCE;
        let mut seen = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            if line.contains(what) {
                return line;
            }
            seen.push(line);
        }
        panic!("no {what:?} in {seen:#?}");
    }
}
