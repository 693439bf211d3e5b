//! Latency of a debugger at a stop: packets per second over loopback, with a client that sets TCP_NODELAY and
//! with one that does not.

use super::{Row, cargo, target};
use anyhow::{Context, bail};
use esplens_tests::host::{Running, free_port};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Packets per series; the best of [`RUNS`] series counts.
const PACKETS: u32 = 20_000;
const RUNS: u32 = 5;
/// Packets of the client without TCP_NODELAY.
const SLOW: u32 = 200;
/// Read requests: all registers, 4 KiB of memory.
const READS: [(&str, &str); 2] = [("registers (g)", "g"), ("4 KiB of memory (m)", "m3ffb0000,1000")];

/// Measures the demo, stopped at power-on.
pub fn rows(root: &Path) -> anyhow::Result<Vec<Row>> {
    cargo(root, &["build", "--release", "-p", "esplens"])?;
    let port = free_port();
    let child = Command::new(target(root).join("release/esplens"))
        .args(["demo", "--headless", "--serial", "0=null", "-S", "--gdb", &format!("tcp:127.0.0.1:{port}")])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("starting esplens")?;
    let _running = Running(child);
    let mut rows = Vec::new();
    let mut client = Client::connect(port, true)?;
    client.call("QStartNoAckMode")?;
    client.acknowledges = false;
    client.call("Hgp1.1")?;
    for (what, packet) in READS {
        let mut best = Duration::MAX;
        for _ in 0..RUNS {
            best = best.min(client.time(packet, PACKETS)?);
        }
        let rate = f64::from(PACKETS) / best.as_secs_f64();
        rows.push(Row { what: format!("{what} of a stopped machine"), figure: format!("{rate:.0}/s") });
    }
    let mut client = Client::connect(port, false)?;
    client.call("Hgp1.1")?;
    for (what, packet) in READS {
        let each = client.time(packet, SLOW)? / SLOW;
        rows.push(Row { what: format!("{what}, client without TCP_NODELAY"), figure: format!("{each:.0?}") });
    }
    Ok(rows)
}

/// Client that sends a packet and waits for its answer.
struct Client {
    stream: TcpStream,
    /// Sends the acknowledgement in a separate write, as GDB does before QStartNoAckMode.
    acknowledges: bool,
}

impl Client {
    fn connect(port: u16, nodelay: bool) -> anyhow::Result<Self> {
        let begun = Instant::now();
        let stream = loop {
            match TcpStream::connect(("127.0.0.1", port)) {
                Ok(stream) => break stream,
                Err(error) if begun.elapsed() > Duration::from_secs(60) => return Err(error.into()),
                Err(_) => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        stream.set_nodelay(nodelay)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self { stream, acknowledges: true })
    }

    fn time(&mut self, packet: &str, count: u32) -> anyhow::Result<Duration> {
        let begun = Instant::now();
        for _ in 0..count {
            self.call(packet)?;
        }
        Ok(begun.elapsed())
    }

    fn call(&mut self, body: &str) -> anyhow::Result<()> {
        let sum = body.bytes().fold(0u8, u8::wrapping_add);
        self.stream.write_all(format!("${body}#{sum:02x}").as_bytes())?;
        let (mut answer, mut chunk) = (Vec::new(), [0; 16384]);
        // Read up to the checksum.
        while answer.iter().rev().nth(2) != Some(&b'#') {
            let n = self.stream.read(&mut chunk)?;
            if n == 0 {
                bail!("the server closed the connection");
            }
            answer.extend(&chunk[..n]);
        }
        if answer.iter().find(|b| **b != b'+') != Some(&b'$') {
            bail!("{body}: {}", String::from_utf8_lossy(&answer));
        }
        if self.acknowledges {
            self.stream.write_all(b"+")?;
        }
        Ok(())
    }
}
