//! `cargo xtask bench dash`: the share of the guest's speed that a dashboard of a running machine costs.
//!
//! A demo runs at `--speed max`; a dashboard in tmux attaches, detaches and attaches again. Each measurement
//! with the dashboard is compared with those directly before and after it, because two processes differ by
//! more (2%) than a dashboard costs. The measure is instructions per second of CPU time of the machine's
//! thread, which is the same on a busy host.

use super::{Row, cargo, target};
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Layouts of the dashboard, by the digit that selects each.
const LAYOUTS: [&str; 6] = ["overview", "cpu", "tasks", "network", "memory", "trace"];
/// Time from the start to the first measurement: boot, and an address by DHCP.
const WARM_UP: Duration = Duration::from_secs(2);
/// Time for a dashboard to start or to end.
const SETTLE: Duration = Duration::from_millis(400);
/// Duration of one measurement.
const MEASURED: Duration = Duration::from_secs(1);
/// Measurements with a dashboard per run.
const LOOKS: u32 = 4;
/// Maximum wait for a process to start.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Size of the terminal.
const SIZE: (&str, &str) = ("200", "60");

/// Returns a row per layout: its speed as a share of that without a dashboard, over `runs` times [`LOOKS`]
/// measurements.
pub fn rows(root: &Path, runs: u32) -> anyhow::Result<Vec<Row>> {
    if Command::new("tmux").arg("-V").stdout(Stdio::null()).status().is_err() {
        bail!("there is no tmux");
    }
    cargo(root, &["build", "--release", "-p", "esplens"])?;
    let binary = target(root).join("release/esplens");
    let dir = std::env::temp_dir().join(format!("esplens-bench-{}", std::process::id()));
    std::fs::create_dir_all(&dir)?;
    let measured = LAYOUTS.iter().enumerate().map(|(n, layout)| {
        let (share, error) = middle(shares(&binary, &dir, n + 1, runs * LOOKS)?);
        let figure = format!("{:.1}% ± {:.1}", share * 100.0, error * 100.0);
        Ok(Row { what: format!("guest speed under the dashboard, layout {layout}"), figure })
    });
    let rows = measured.collect();
    let _ = std::fs::remove_dir_all(&dir);
    rows
}

/// Returns the speeds with a dashboard, each as a share of those before and after it without one.
fn shares(binary: &Path, dir: &Path, layout: usize, looks: u32) -> anyhow::Result<Vec<f64>> {
    let demo = Demo::start(binary, dir)?;
    std::thread::sleep(WARM_UP);
    let mut before = demo.speed()?;
    let mut shares = Vec::new();
    for _ in 0..looks {
        let dashboard = Dashboard::attach(binary, dir, demo.child.id())?;
        std::thread::sleep(SETTLE);
        dashboard.tmux(&["send-keys", &layout.to_string()])?;
        std::thread::sleep(SETTLE);
        let with = demo.speed()?;
        if !dashboard.tmux(&["capture-pane", "-p"])?.contains("running") {
            bail!("the dashboard does not show the machine");
        }
        drop(dashboard);
        std::thread::sleep(SETTLE);
        let after = demo.speed()?;
        shares.push(2.0 * with / (before + after));
        before = after;
    }
    Ok(shares)
}

/// Returns the instructions so far, read as a remote dashboard does.
fn instructions(socket: &Path) -> anyhow::Result<u64> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    writeln!(stream, "{}", json!({"Sample": {}}))?;
    for line in BufReader::new(stream).lines() {
        let told: Value = serde_json::from_str(&line?)?;
        if let Some(n) = told["Sample"]["instructions"].as_u64() {
            return Ok(n);
        }
    }
    bail!("no sample from {}", socket.display())
}

/// Returns the CPU time of the machine's thread so far, in nanoseconds.
fn on_cpu(pid: u32) -> anyhow::Result<u64> {
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))?.flatten() {
        if std::fs::read_to_string(task.path().join("comm"))?.trim() == "machine" {
            let stat = std::fs::read_to_string(task.path().join("schedstat"))?;
            return stat.split(' ').next().and_then(|n| n.parse().ok()).context("no time in schedstat");
        }
    }
    bail!("process {pid} has no thread called machine")
}

/// Returns the mean of the middle half, and the standard error of the mean of all values.
fn middle(mut values: Vec<f64>) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let quarter = values.len() / 4;
    let (all, n) = (mean(&values), values.len() as f64);
    let variance = values.iter().map(|v| (v - all).powi(2)).sum::<f64>() / n;
    (mean(&values[quarter..values.len() - quarter]), (variance / n).sqrt())
}

/// Demo process without a terminal; ended on drop.
struct Demo {
    child: Child,
    socket: PathBuf,
}

impl Demo {
    fn start(binary: &Path, dir: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new(binary);
        command.args(["demo", "--headless", "--speed", "max"]).env("XDG_RUNTIME_DIR", dir);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().with_context(|| format!("starting {}", binary.display()))?;
        let socket = dir.join(format!("esplens/{}.sock", child.id()));
        let demo = Self { child, socket };
        let end = Instant::now() + TIMEOUT;
        while !demo.socket.exists() {
            if Instant::now() > end {
                bail!("process {} does not start", demo.child.id());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(demo)
    }

    /// Returns the instructions per nanosecond of CPU time.
    fn speed(&self) -> anyhow::Result<f64> {
        let look = || anyhow::Ok((instructions(&self.socket)?, on_cpu(self.child.id())?));
        let (a, on_a) = look()?;
        std::thread::sleep(MEASURED);
        let (b, on_b) = look()?;
        Ok(b.saturating_sub(a) as f64 / on_b.saturating_sub(on_a) as f64)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Dashboard in its own tmux server; ended on drop.
struct Dashboard {
    server: PathBuf,
}

impl Dashboard {
    fn attach(binary: &Path, dir: &Path, pid: u32) -> anyhow::Result<Self> {
        let dashboard = Self { server: dir.join("tmux") };
        let (dir, binary) = (dir.display(), binary.display());
        let command = format!("exec env XDG_RUNTIME_DIR={dir} XDG_CONFIG_HOME={dir} {binary} attach {pid}");
        dashboard.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", SIZE.0, "-y", SIZE.1, &command])?;
        Ok(dashboard)
    }

    fn tmux(&self, args: &[&str]) -> anyhow::Result<String> {
        let output = Command::new("tmux").arg("-S").arg(&self.server).args(args).output()?;
        if !output.status.success() {
            bail!("tmux: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        let _ = self.tmux(&["kill-server"]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outliers_do_not_count_in_the_middle() {
        let (middle, error) = middle(vec![1.0, 0.5, 0.9, 1.1, 0.98, 1.02, 9.0, 1.0]);
        assert!((middle - 1.0).abs() < 1e-9 && error > 0.5);
    }
}
