//! Reaction time of the program to orders, measured from outside.

use crate::host::Running;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Time after which a process counts as not reacting.
pub const TIMEOUT: Duration = Duration::from_secs(20);
/// Time for a guest to start.
const BEGUN: Duration = Duration::from_millis(500);
/// The limit of [`ReactionOrder::WallTimeout`].
const LIMIT: Duration = Duration::from_secs(1);

/// Order to the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReactionOrder {
    /// `--wall-timeout`.
    WallTimeout,
    /// SIGTERM.
    Terminate,
    /// `stop` at the monitor.
    Halt,
}

/// All orders.
pub const ORDERS: [ReactionOrder; 3] =
    [ReactionOrder::WallTimeout, ReactionOrder::Terminate, ReactionOrder::Halt];

/// Bare program and the way to run it.
#[derive(Clone, Copy)]
pub struct ReactionCase<'a> {
    /// The `esplens` that runs it.
    pub binary: &'a Path,
    /// The program.
    pub elf: &'a Path,
    /// Additional arguments.
    pub more: &'a [&'a str],
    /// Standard output is not read, and standard error only as far as necessary.
    pub unread: bool,
}

impl ReactionCase<'_> {
    fn command(&self, more: &[&str]) -> Command {
        let mut command = Command::new(self.binary);
        command.arg("run").arg("--kernel").arg(self.elf).args(["--speed", "max"]).args(self.more).args(more);
        command.stdin(Stdio::null()).stderr(Stdio::piped());
        command.stdout(if self.unread { Stdio::piped() } else { Stdio::null() });
        command
    }
}

/// Runs a bare program and gives the order. Returns the time until the program has executed it.
///
/// # Errors
/// The failure, or that nothing happened within [`TIMEOUT`].
///
/// # Panics
/// When the host cannot start a process.
pub fn time(case: &ReactionCase, order: ReactionOrder) -> Result<Duration, String> {
    if order == ReactionOrder::Halt {
        return halt(case);
    }
    let limit = if order == ReactionOrder::WallTimeout { LIMIT } else { 10 * TIMEOUT };
    let limit = format!("{}ms", limit.as_millis());
    let started = Instant::now();
    let mut child = case.command(&["--wall-timeout", &limit]).spawn().expect("esplens");
    // Keep the streams open, and read them only if the test is not about unread output.
    let _out = child.stdout.take();
    let mut err = child.stderr.take().expect("piped");
    // A dropped stream would be closed instead of unread.
    let _err = match case.unread {
        true => Some(err),
        false => {
            std::thread::spawn(move || err.read_to_end(&mut Vec::new()));
            None
        }
    };
    let mut child = Running(child);
    let told = match order {
        ReactionOrder::WallTimeout => started + LIMIT,
        _ => {
            std::thread::sleep(BEGUN);
            let told = Instant::now();
            terminate(child.0.id());
            told
        }
    };
    while told.elapsed() < TIMEOUT || Instant::now() < told {
        if child.0.try_wait().expect("its status").is_some() {
            return Ok(told.elapsed());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Err(format!("{order:?}: still there after {TIMEOUT:?}"))
}

/// Sends SIGTERM.
fn terminate(pid: u32) {
    let sent = Command::new("kill").arg(pid.to_string()).status();
    assert!(sent.is_ok_and(|s| s.success()), "kill {pid}");
}

/// Measures the monitor's `stop`.
fn halt(case: &ReactionCase) -> Result<Duration, String> {
    let limit = format!("{}s", 10 * TIMEOUT.as_secs());
    let command = ["--wall-timeout", &limit, "--monitor", "tcp::0"];
    let mut child = case.command(&command).spawn().expect("esplens");
    let _out = child.stdout.take();
    let mut err = BufReader::new(child.stderr.take().expect("piped"));
    let _child = Running(child);
    let port = port_said(&mut err, "monitor: listening on")?;
    std::thread::spawn(move || err.read_to_end(&mut Vec::new()));
    let io = |e: std::io::Error| format!("monitor: {e}");
    let mut monitor = TcpStream::connect(("127.0.0.1", port)).map_err(io)?;
    monitor.set_read_timeout(Some(TIMEOUT)).map_err(io)?;
    until(&mut monitor, "(esplens) ")?;
    std::thread::sleep(BEGUN);
    let told = Instant::now();
    monitor.write_all(b"stop\n").map_err(io)?;
    until(&mut monitor, "(esplens) ")?;
    Ok(told.elapsed())
}

/// Reads lines up to the one that contains `what`. Returns the port at its end.
///
/// # Errors
/// When the lines end before it.
pub fn port_said(lines: &mut impl BufRead, what: &str) -> Result<u16, String> {
    let mut said = String::new();
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).map_err(|e| e.to_string())? == 0 {
            return Err(format!("no {what:?} in {said:?}"));
        }
        if let Some((_, at)) = line.split_once(what) {
            let port = at.trim().rsplit(':').next().and_then(|port| port.parse().ok());
            return port.ok_or_else(|| format!("no port in {line:?}"));
        }
        said += &line;
    }
}

/// Reads up to `mark`.
///
/// # Errors
/// When it does not arrive.
pub fn until(from: &mut impl Read, mark: &str) -> Result<String, String> {
    let (mut got, mut chunk) = (Vec::new(), [0; 4096]);
    while !String::from_utf8_lossy(&got).contains(mark) {
        match from.read(&mut chunk) {
            Ok(n) if n > 0 => got.extend(&chunk[..n]),
            other => return Err(format!("{other:?} before {mark:?}: {:?}", String::from_utf8_lossy(&got))),
        }
    }
    Ok(String::from_utf8_lossy(&got).into_owned())
}
