//! Readers that do not read.

use super::file;
use esplens_tests::binary::{self, esplens};
use esplens_tests::host::Running;
use esplens_tests::kernel::ProgramBuilder;
use esplens_tests::react::{ORDERS, ReactionCase, ReactionOrder, TIMEOUT, time};
use esplens_tests::worst_case;
use nix::pty::{OpenptyResult, Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{LocalFlags, tcgetattr};
use nix::unistd::Pid;
use std::fs::File;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

fn storm(name: &str) -> tempfile::NamedTempFile {
    let storm = worst_case::all().into_iter().find(|s| s.name.contains(name)).expect("a storm of this name");
    file(&storm.program.elf())
}

fn unread<'a>(elf: &'a tempfile::NamedTempFile, more: &'a [&'a str]) -> ReactionCase<'a> {
    ReactionCase { binary: binary::path(), elf: elf.path(), more, unread: true }
}

#[test]
fn orders_are_carried_out_while_nobody_reads() {
    let (uart, console) = (storm("UART"), storm("console"));
    for order in ORDERS {
        for elf in [&uart, &console] {
            time(&unread(elf, &[]), order).unwrap_or_else(|e| panic!("standard output: {e}"));
        }
    }
    // The monitor reports on standard error where it listens: that must be read up to there.
    for order in [ReactionOrder::WallTimeout, ReactionOrder::Terminate] {
        time(&unread(&uart, &["--trace", "*"]), order).unwrap_or_else(|e| panic!("standard error: {e}"));
    }
}

/// A slow reader gets everything, and the exit code is the guest's.
#[test]
fn a_slow_reader_loses_nothing() {
    const TIMES: usize = 60;
    let mut p = ProgramBuilder::default();
    p.set(12, TIMES as u32);
    let again = p.here();
    p.simcall(4, [1, 0x3FFB_0000, 100 << 10]);
    p.op(esplens_core::isa::Op::Addi, 0, 12, 12, -1);
    let far = again.wrapping_sub(p.here() + 4) as i32;
    p.op(esplens_core::isa::Op::Bnez, 0, 12, 0, far);
    p.print("the end\n");
    p.exit(5);
    let elf = file(&p.elf());
    let mut child = esplens()
        .args(["run", "--speed", "max", "--wall-timeout", "100s", "--kernel"])
        .arg(elf.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_secs(1));
    let mut got = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut got).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(5));
    assert_eq!(got.len(), TIMES * (100 << 10) + 8);
    assert!(got.ends_with(b"the end\n"));
}

/// A blocked stream does not hold up the other.
#[test]
fn the_summary_comes_though_standard_output_is_stuck() {
    let elf = storm("UART");
    let mut child = esplens()
        .args(["run", "--speed", "max", "--stats=json", "--wall-timeout", "1s", "--kernel"])
        .arg(elf.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _unread = child.stdout.take();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(3));
    assert!(said.contains("\"exit\":\"timeout (wall time)\""), "{said}");
}

/// Starts the demo's dashboard on a new pseudo-terminal. Returns the process, the master side and the slave
/// side.
fn dashboard() -> (Running, File, File) {
    let size = Winsize { ws_row: 50, ws_col: 160, ws_xpixel: 0, ws_ypixel: 0 };
    let OpenptyResult { master, slave } = openpty(&size, None).unwrap();
    // `try_clone` sets close-on-exec, so children of concurrent tests do not inherit it.
    let [master, slave] = [master, slave].map(|fd| File::from(fd).try_clone().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let end = || Stdio::from(slave.try_clone().unwrap());
    let child = esplens()
        .args(["demo", "--nic", "none"])
        .env("XDG_CONFIG_HOME", dir.path())
        .env("XDG_RUNTIME_DIR", dir.path())
        .env("TERM", "xterm-256color")
        .stdin(end())
        .stdout(end())
        .stderr(end())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while cooked(&slave) {
        assert!(started.elapsed() < TIMEOUT, "the dashboard does not start");
        std::thread::sleep(Duration::from_millis(10));
    }
    (Running(child), master, slave)
}

/// Returns true while the terminal is in the mode that a shell needs.
fn cooked(terminal: &File) -> bool {
    tcgetattr(terminal).unwrap().local_flags.contains(LocalFlags::ICANON | LocalFlags::ECHO)
}

fn send(to: &Running, signal: Signal) {
    kill(Pid::from_raw(to.0.id() as i32), signal).unwrap();
}

fn end(mut of: Running) -> ExitStatus {
    let started = Instant::now();
    loop {
        if let Some(status) = of.0.try_wait().unwrap() {
            return status;
        }
        assert!(started.elapsed() < TIMEOUT, "still there");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_dashboard_ends_though_its_terminal_is_not_read() {
    let (running, _master, _slave) = dashboard();
    std::thread::sleep(Duration::from_secs(2));
    send(&running, Signal::SIGTERM);
    assert_eq!(end(running).code(), Some(0));
}

#[test]
fn a_dashboard_whose_terminal_goes_ends_as_if_the_user_had_quit() {
    let (running, master, slave) = dashboard();
    drop(slave);
    drop(master);
    assert_eq!(end(running).code(), Some(0));
}

#[test]
fn signals_that_kill_give_the_terminal_back_first() {
    for signal in [Signal::SIGUSR1, Signal::SIGUSR2, Signal::SIGALRM, Signal::SIGABRT] {
        let (running, mut master, slave) = dashboard();
        std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            while master.read(&mut chunk).is_ok_and(|n| n > 0) {}
        });
        send(&running, signal);
        let status = end(running);
        assert_eq!(status.signal(), Some(signal as i32), "{status}");
        assert!(cooked(&slave), "{signal} left the terminal raw");
    }
}

/// A closed pipe neither stops the run nor makes it fail.
#[test]
fn a_reader_that_goes_takes_the_output_only() {
    let mut p = ProgramBuilder::default();
    p.print("gone\n");
    p.exit(7);
    let elf = file(&p.elf());
    let (reader, writer) = nix::unistd::pipe().unwrap();
    drop(reader);
    let mut child = esplens();
    child.args(["run", "--kernel"]).arg(elf.path()).stdout(Stdio::from(writer));
    assert_eq!(child.status().unwrap().code(), Some(7));
}

/// A command whose purpose is to print something fails if the output cannot be written.
#[test]
fn a_full_disk_is_an_error_where_output_is_all_there_is() {
    let image = esplens_tests::demo::image().display().to_string();
    let log = file(b"a log\n");
    let mut p = ProgramBuilder::default();
    p.exit(0);
    let elf = file(&p.elf());
    let [log, elf] = [&log, &elf].map(|file| file.path().display().to_string());
    for args in [
        &["info", &image][..],
        &["info", &image, "--json"],
        &["--help"],
        &["run", "--help"],
        &["--version"],
        &["top"],
        &["explain", &log, "--elf", &elf],
        &["run", "--trace", "list"],
        &["qemu", "-h"],
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let out = esplens().args(args).stdout(full).output().unwrap();
        let said = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(2), "{args:?}: {said}");
        assert_eq!(said.matches("standard output: No space left").count(), 1, "{args:?}: {said}");
        let (reader, writer) = nix::unistd::pipe().unwrap();
        drop(reader);
        let out = esplens().args(args).stdout(writer).output().unwrap();
        assert_eq!(out.status.code(), Some(0), "{args:?}: {out:?}");
    }
}
