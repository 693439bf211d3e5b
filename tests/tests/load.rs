//! Many requests, each checked; the long load with `ESPLENS_FULL=1` (`ESPLENS_LOAD_SECONDS`, default an
//! hour).

use esplens_tests::host::{Running, free_port};
use esplens_tests::load::{LoadParams, LoadReport, first_answer, run, run_data};
use esplens_tests::{binary, demo, firmware};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

fn serve(flash: PathBuf, path: &str) -> (Running, u16) {
    let port = free_port();
    let mut command = binary::esplens();
    command.arg("run").arg(flash).args([
        "--serial",
        "0=null",
        "--nic",
        &format!("user,hostfwd=tcp::{port}-:80"),
    ]);
    let running = Running(command.stdout(Stdio::null()).spawn().unwrap());
    first_answer(port, path, Instant::now(), Duration::from_secs(60)).unwrap();
    (running, port)
}

fn load(port: u16, time: Duration) -> LoadParams {
    LoadParams {
        port,
        path: "/hello".into(),
        expect: "Hello World!".into(),
        clients: 1,
        keep_alive: false,
        time,
    }
}

#[test]
fn no_answer_is_lost_or_cut() {
    let (_running, port) = serve(demo::image(), "/hello");
    let report = run(&load(port, Duration::from_secs(3)));
    println!("{} new connections, {:.0}/s, p99 {:?}", report.answers, report.rate(), report.percentile(0.99));
    assert_eq!((report.wrong, report.examples), (0, vec![]));
    assert!(report.answers > 10);
}

#[test]
fn a_kept_connection_answers_again_and_again() {
    let Some(flash) = firmware::file("rust-openeth-http/flash.bin") else { return };
    let (_running, port) = serve(flash, "/");
    let load = LoadParams {
        path: "/".into(),
        expect: "esp-rs web server".into(),
        keep_alive: true,
        ..load(port, Duration::from_secs(3))
    };
    let report = run(&load);
    println!("{} requests, {:.0}/s, p99 {:?}", report.answers, report.rate(), report.percentile(0.99));
    assert_eq!((report.wrong, report.examples), (0, vec![]));
    assert!(report.answers > 10);
}

/// Returns the resident memory of a process, in KiB.
fn resident(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Runs new connections, a kept one and downloads concurrently.
fn mixed(port: u16, time: Duration) -> LoadReport {
    std::thread::scope(|scope| {
        let kept = scope.spawn(move || run(&LoadParams { keep_alive: true, ..load(port, time) }));
        let downloads = scope.spawn(move || run_data(port, time));
        let mut all = run(&load(port, time));
        for other in [kept, downloads] {
            let report = other.join().unwrap();
            println!("{} answers of {}", report.answers, report.answers + report.wrong);
            all.add(report);
        }
        all
    })
}

#[test]
fn a_long_load_loses_nothing_and_memory_stays_flat() {
    if std::env::var_os("ESPLENS_FULL").is_none() {
        return;
    }
    let seconds = std::env::var("ESPLENS_LOAD_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(3600);
    let (running, port) = serve(demo::image(), "/hello");
    let part = |seconds| mixed(port, Duration::from_secs_f64(seconds));
    let first = part(f64::from(seconds) / 10.0);
    let before = resident(running.0.id());
    let rest = part(f64::from(seconds) * 0.9);
    let after = resident(running.0.id());
    println!("{} answers, {:.0}/s, KiB {before:?} -> {after:?}", rest.answers, rest.rate());
    assert_eq!((first.wrong, first.examples), (0, vec![]));
    assert_eq!((rest.wrong, rest.examples), (0, vec![]));
    if let (Some(before), Some(after)) = (before, after) {
        // The memory of the first tenth of the load is enough for the rest.
        assert!(after < before + before / 4 + 4096, "{before} KiB, then {after} KiB");
    }
}
