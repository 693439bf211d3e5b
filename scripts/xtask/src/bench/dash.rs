//! `cargo xtask bench dash`: how much of the guest's speed a dashboard takes that draws a running machine.
//!
//! The demo runs at `--speed max`, without a terminal and with the dashboard in tmux, alternately. What counts is
//! instructions for each second that the machine's thread had a core: that is the same on a crowded host.

use super::{Row, cargo, target};
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The dashboard's layouts, by the digit that chooses each.
const LAYOUTS: [&str; 6] = ["overview", "cpu", "tasks", "network", "memory", "trace"];
/// From the start to the first look: boot, and an address by DHCP.
const WARM_UP: Duration = Duration::from_secs(2);
/// Between the two looks.
const MEASURED: Duration = Duration::from_secs(2);
/// Longest wait for a process to be there.
const PATIENCE: Duration = Duration::from_secs(20);
/// Size of the terminal.
const SIZE: (&str, &str) = ("200", "60");

/// Instructions for each second on a core, and for each second of wall time.
#[derive(Clone, Copy)]
struct Speed {
    cpu: f64,
    wall: f64,
}

/// A row a layout: its speed as a share of that without a dashboard, medians of `runs` rounds.
pub fn rows(root: &Path, runs: u32) -> anyhow::Result<Vec<Row>> {
    if Command::new("tmux").arg("-V").stdout(Stdio::null()).status().is_err() {
        bail!("there is no tmux");
    }
    cargo(root, &["build", "--release", "-p", "esplens"])?;
    let binary = target(root).join("release/esplens");
    let dir = std::env::temp_dir().join(format!("esplens-bench-{}", std::process::id()));
    std::fs::create_dir_all(&dir)?;
    let measured = LAYOUTS.iter().enumerate().map(|(n, layout)| {
        let rounds = (0..runs).map(|_| round(&binary, &dir, n + 1)).collect::<anyhow::Result<Vec<_>>>()?;
        let share = |of: fn(&Speed) -> f64| median(rounds.iter().map(|(off, on)| of(on) / of(off)).collect());
        let (cpu, wall) = (share(|s| s.cpu) * 100.0, share(|s| s.wall) * 100.0);
        let figure = format!("{cpu:.1}% ({wall:.1}% of wall time's)");
        Ok(Row { what: format!("guest speed under the dashboard, layout {layout}"), figure })
    });
    let rows = measured.collect();
    let _ = std::fs::remove_dir_all(&dir);
    rows
}

/// The speed without and with a dashboard, one after the other.
fn round(binary: &Path, dir: &Path, layout: usize) -> anyhow::Result<(Speed, Speed)> {
    let headless = Headless::start(binary, dir)?;
    let off = measure(headless.0.id(), dir)?;
    drop(headless);
    let shown = Shown::start(binary, dir)?;
    shown.tmux(&["send-keys", &layout.to_string()])?;
    let on = measure(shown.pid, dir)?;
    Ok((off, on))
}

fn measure(pid: u32, dir: &Path) -> anyhow::Result<Speed> {
    let socket = dir.join(format!("esplens/{pid}.sock"));
    let end = Instant::now() + PATIENCE;
    while !socket.exists() {
        if Instant::now() > end {
            bail!("process {pid} does not come up");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    std::thread::sleep(WARM_UP);
    let (a, on_a, then) = (instructions(&socket)?, on_cpu(pid)?, Instant::now());
    std::thread::sleep(MEASURED);
    let (b, on_b, wall) = (instructions(&socket)?, on_cpu(pid)?, then.elapsed());
    let ran = b.saturating_sub(a) as f64;
    Ok(Speed { cpu: ran / (on_b.saturating_sub(on_a) as f64), wall: ran / wall.as_nanos() as f64 })
}

/// Instructions so far, as a dashboard from elsewhere is told.
fn instructions(socket: &Path) -> anyhow::Result<u64> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    writeln!(stream, "{}", json!({"Sample": {}}))?;
    for line in BufReader::new(stream).lines() {
        let told: Value = serde_json::from_str(&line?)?;
        if let Some(n) = told["Sample"]["instructions"].as_u64() {
            return Ok(n);
        }
    }
    bail!("no sample from {}", socket.display())
}

/// Nanoseconds that the machine's thread had a core so far.
fn on_cpu(pid: u32) -> anyhow::Result<u64> {
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))?.flatten() {
        if std::fs::read_to_string(task.path().join("comm"))?.trim() == "machine" {
            let stat = std::fs::read_to_string(task.path().join("schedstat"))?;
            return stat.split(' ').next().and_then(|n| n.parse().ok()).context("no time in schedstat");
        }
    }
    bail!("process {pid} has no thread called machine")
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The demo without a terminal; ends with this.
struct Headless(Child);

impl Headless {
    fn start(binary: &Path, dir: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new(binary);
        command.args(["demo", "--headless", "--speed", "max"]).env("XDG_RUNTIME_DIR", dir);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Self(command.spawn().with_context(|| format!("starting {}", binary.display()))?))
    }
}

impl Drop for Headless {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The demo with its dashboard in a tmux of its own; ends with this.
struct Shown {
    server: PathBuf,
    pid: u32,
}

impl Shown {
    fn start(binary: &Path, dir: &Path) -> anyhow::Result<Self> {
        let mut shown = Self { server: dir.join("tmux"), pid: 0 };
        let (dir, binary) = (dir.display(), binary.display());
        let command =
            format!("exec env XDG_RUNTIME_DIR={dir} XDG_CONFIG_HOME={dir} {binary} demo --speed max");
        shown.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", SIZE.0, "-y", SIZE.1, &command])?;
        shown.pid = shown.tmux(&["display-message", "-p", "#{pane_pid}"])?.trim().parse()?;
        Ok(shown)
    }

    fn tmux(&self, args: &[&str]) -> anyhow::Result<String> {
        let output = Command::new("tmux").arg("-S").arg(&self.server).args(args).output()?;
        if !output.status.success() {
            bail!("tmux: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        let _ = self.tmux(&["kill-server"]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
    }
}
