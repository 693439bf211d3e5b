//! The demo as a process with its console output as lines.

use crate::binary;
use crate::host::Running;
use crate::load::data_byte;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Maximum wait for a line of the console.
const TIMEOUT: Duration = Duration::from_secs(180);

/// Returns the path of the demo's flash image.
#[must_use]
pub fn image() -> PathBuf {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/demo/flash.bin").into()
}

/// Returns the demo's checksum of received bytes, FNV-1a.
#[must_use]
pub fn sum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811C_9DC5, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// Returns the first `n` bytes of `/data/N`.
#[must_use]
pub fn data(n: u32) -> Vec<u8> {
    (0..n).map(data_byte).collect()
}

/// Process that runs the demo; ended on drop.
pub struct Demo {
    /// The process.
    pub running: Running,
    keys: ChildStdin,
    lines: Receiver<String>,
}

impl Demo {
    /// Starts it with these arguments of `esplens run` and waits for the first line of its network task.
    ///
    /// # Panics
    /// When it cannot be started, or prints nothing.
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

    /// Starts it and waits until DHCP has given it an address.
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

    /// Waits for a line that contains `what`, and returns it.
    ///
    /// # Panics
    /// When there is none in time.
    pub fn expect(&mut self, what: &str) -> String {
        let end = Instant::now() + TIMEOUT;
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
