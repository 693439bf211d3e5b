//! `cargo xtask bench wifi`: requests over Wi-Fi from the host, and the cost of an idle associated station.

use super::net::row;
use super::{Row, cargo, target};
use anyhow::{Context, bail};
use esplens_tests::host::{Running, free_port};
use esplens_tests::load::{LoadParams, first_answer, run};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Duration of each load.
const TIME: Duration = Duration::from_secs(10);
/// Time until an idle guest is measured; the next constant is the duration of the measurement.
const SETTLE: Duration = Duration::from_secs(8);
const IDLE: Duration = Duration::from_secs(10);
/// Bytes of the router's configuration page, with its headers.
const PAGE: f64 = 5853.0;

/// Measures the servers of the sample in `shared`.
pub fn rows(root: &Path, shared: &Path) -> anyhow::Result<Vec<Row>> {
    cargo(root, &["build", "--release", "-p", "esplens"])?;
    let binary = target(root).join("release/esplens");
    let station = shared.join("firmware/idf-4.0-httpd-wifi/flash.bin");
    let router = shared.join("firmware-wifi/idf-5.5-nat-router/flash.bin");
    if !station.is_file() || !router.is_file() {
        bail!("no firmware sample at {} (set ESPLENS_SHARED)", shared.display());
    }
    let load = |port, path: &str, expect: &str, keep_alive| LoadParams {
        port,
        path: path.into(),
        expect: expect.into(),
        clients: 1,
        keep_alive,
        time: TIME,
    };
    let mut rows = Vec::new();
    {
        let (_running, port) = serve(&binary, &station, "/hello")?;
        for (how, keep_alive) in [("new connections", false), ("keep-alive", true)] {
            let report = run(&load(port, "/hello", "Hello World!", keep_alive));
            rows.push(row(&format!("Wi-Fi station (idf-4.0-httpd-wifi): {how}, 1 client"), &report)?);
        }
    }
    {
        let (_running, port) = serve(&binary, &router, "/")?;
        let report = run(&load(port, "/", "200", true));
        let rate = report.rate() * PAGE * 8.0 / 1e6;
        rows.push(row("Wi-Fi access point (idf-5.5-nat-router): its page, keep-alive", &report)?);
        rows.push(Row { what: "the same as a download".into(), figure: format!("{rate:.1} Mbit/s") });
    }
    let idle = [
        ("associated station in modem sleep (idf-5.1-wifi-sta)", "firmware-wifi/idf-5.1-wifi-sta/flash.bin"),
        ("server on open_eth (rust-openeth-http)", "firmware/rust-openeth-http/flash.bin"),
    ];
    for (what, image) in idle {
        let share = idle_share(&binary, &shared.join(image))?;
        rows.push(Row { what: format!("idle: {what}"), figure: format!("{:.1}% of a core", share * 100.0) });
    }
    Ok(rows)
}

fn start(binary: &Path, image: &Path, nic: &str) -> anyhow::Result<Running> {
    let child = Command::new(binary)
        .arg("run")
        .arg(image)
        .args(["--serial", "0=null", "--nic", nic])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| binary.display().to_string())?;
    Ok(Running(child))
}

/// Starts a server on a free port.
fn serve(binary: &Path, image: &Path, path: &str) -> anyhow::Result<(Running, u16)> {
    let (port, begun) = (free_port(), Instant::now());
    let running = start(binary, image, &format!("user,hostfwd=tcp:127.0.0.1:{port}-:80"))?;
    first_answer(port, path, begun, Duration::from_secs(60))?;
    Ok((running, port))
}

/// Returns the share of a CPU core that a process takes while its guest is idle.
fn idle_share(binary: &Path, image: &Path) -> anyhow::Result<f64> {
    let running = start(binary, image, "user")?;
    std::thread::sleep(SETTLE);
    let before = cpu_seconds(running.0.id())?;
    std::thread::sleep(IDLE);
    Ok((cpu_seconds(running.0.id())? - before) / IDLE.as_secs_f64())
}

/// Returns the CPU time of a process (proc(5), `utime` and `stime` in clock ticks of 10 ms).
fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |n: usize| fields.get(n).and_then(|f| f.parse::<f64>().ok()).context("proc stat");
    Ok((ticks(11)? + ticks(12)?) / 100.0)
}
