//! Network benches: first answer, requests per second, latency.

use super::{Row, cargo, target};
use anyhow::{Context, bail};
use esplens_tests::host::{Running, free_port};
use esplens_tests::load::{LoadParams, LoadReport, first_answer, run};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Duration of each load.
const TIME: Duration = Duration::from_secs(10);
/// Starts of the program for the first answer; the fastest and the median are shown.
const STARTS: usize = 9;

/// Measures the demo and, if the image is available, a server that keeps connections.
pub fn rows(root: &Path, keeps: &Path) -> anyhow::Result<Vec<Row>> {
    cargo(root, &["build", "--release", "-p", "esplens"])?;
    let binary = target(root).join("release/esplens");
    let demo = root.join("fixtures/demo/flash.bin");
    let mut rows = Vec::new();
    let mut starts = (0..STARTS)
        .map(|_| Ok(serve(&binary, &demo, "/hello")?.2))
        .collect::<anyhow::Result<Vec<Duration>>>()?;
    starts.sort_unstable();
    let figure = format!("{:.0?}, median {:.0?}", starts[0], starts[STARTS / 2]);
    rows.push(Row { what: "demo: process start to the first answer, fastest".into(), figure });
    let load = |port, clients, keep_alive| LoadParams {
        port,
        path: "/hello".into(),
        expect: "Hello World!".into(),
        clients,
        keep_alive,
        time: TIME,
    };
    let (_running, port, _) = serve(&binary, &demo, "/hello")?;
    for (how, keep_alive) in [("new connections", false), ("keep-alive", true)] {
        for clients in [1, 4] {
            let report = run(&load(port, clients, keep_alive));
            rows.push(row(&format!("demo: {how}, {clients} clients"), &report)?);
        }
    }
    if keeps.is_file() {
        let (_running, port, _) = serve(&binary, keeps, "/")?;
        for clients in [1, 4] {
            let load = LoadParams {
                path: "/".into(),
                expect: "esp-rs web server".into(),
                ..load(port, clients, true)
            };
            rows.push(row(&format!("rust-openeth-http: keep-alive, {clients} clients"), &run(&load))?);
        }
    }
    Ok(rows)
}

/// Starts a server on a free port. Returns it, its port and the time to its first answer.
fn serve(binary: &Path, image: &Path, path: &str) -> anyhow::Result<(Running, u16, Duration)> {
    let (port, start) = (free_port(), Instant::now());
    let child = Command::new(binary)
        .arg("run")
        .arg(image)
        .args(["--serial", "0=null", "--nic", &format!("user,hostfwd=tcp:127.0.0.1:{port}-:80")])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| binary.display().to_string())?;
    let running = Running(child);
    let took = first_answer(port, path, start, Duration::from_secs(60))?;
    Ok((running, port, took))
}

pub fn row(what: &str, report: &LoadReport) -> anyhow::Result<Row> {
    if report.wrong > 0 {
        bail!("{what}: {} answers lost or wrong: {:?}", report.wrong, report.examples);
    }
    let (p50, p99) = (report.percentile(0.5), report.percentile(0.99));
    let figure = format!("{:.0}/s, median {p50:.1?}, p99 {p99:.1?}", report.rate());
    Ok(Row { what: what.into(), figure })
}
