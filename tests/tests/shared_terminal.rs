//! Serial line and monitor on one standard input: QEMU's `-nographic` and `mon:stdio`, through a pipe and a terminal.
#![cfg(unix)]

use esplens_tests::binary;
use esplens_tests::host::Running;
use nix::pty::openpty;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Timeout; generous for slow hosts.
const TIMEOUT: Duration = Duration::from_secs(300);

/// User at the keyboard.
struct User {
    running: Running,
    keys: Box<dyn Write>,
    seen: Arc<Mutex<String>>,
}

impl User {
    fn new(running: Running, keys: Box<dyn Write>, mut screen: impl Read + Send + 'static) -> Self {
        let seen = Arc::new(Mutex::new(String::new()));
        let shown = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n) = screen.read(&mut buffer) {
                if n == 0 {
                    break;
                }
                shown.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..n]));
            }
        });
        Self { running, keys, seen }
    }

    fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits for `text`, and removes the output up to its end.
    #[track_caller]
    fn sees(&mut self, text: &str) {
        let end = Instant::now() + TIMEOUT;
        loop {
            let mut seen = self.seen.lock().unwrap();
            if let Some(at) = seen.find(text) {
                seen.replace_range(..at + text.len(), "");
                return;
            }
            assert!(Instant::now() < end, "no {text:?} in {seen:?}");
            drop(seen);
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits for the end and returns the exit code.
    #[track_caller]
    fn code(&mut self) -> Option<i32> {
        let end = Instant::now() + TIMEOUT;
        loop {
            if let Some(status) = self.running.0.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < end, "it does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Switches to the monitor and back, and quits.
    fn goes_to_and_fro(&mut self) {
        self.sees("demo> ");
        self.types("\x01c");
        self.sees("(esplens) ");
        self.types("info status\n");
        self.sees("VM status: running");
        self.sees("(esplens) ");
        self.types("stop\ninfo status\n");
        self.sees("VM status: paused");
        self.types("cont\n\x01c");
        self.types("uptime\n");
        self.sees("up ");
        self.sees("demo> ");
        self.types("\x01h");
    }
}

/// Returns `esplens qemu` with the demo.
fn command(line: &str, image: &Path) -> Command {
    let mut command = Command::new(binary::path());
    command.arg("qemu").args(line.split_whitespace());
    command.args(["-machine", "esp32", "-drive", &format!("file={},if=mtd,format=raw", image.display())]);
    command
}

/// Returns the path of a writable copy of the demo's image.
fn image(dir: &Path) -> PathBuf {
    let to = dir.join("flash.bin");
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/demo/flash.bin"), &to).unwrap();
    to
}

#[test]
fn ctrl_a_c_switches_in_a_pipe() {
    for line in ["-nographic", "-serial mon:stdio"] {
        let dir = tempfile::tempdir().unwrap();
        let mut child = command(line, &image(dir.path()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (keys, screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut user = User::new(Running(child), Box::new(keys), screen);
        // Typed before the machine exists: the escape is recognised all the same.
        user.types("\x01cinfo roms\n");
        user.sees("ROM 0");
        user.types("\x01c");
        user.goes_to_and_fro();
        user.types("\x01x");
        assert_eq!(user.code(), Some(0), "{line}");
    }
}

#[test]
fn ctrl_a_c_switches_on_a_terminal_and_other_keys_are_the_firmwares() {
    let dir = tempfile::tempdir().unwrap();
    let pty = openpty(None, None).unwrap();
    let end = || Stdio::from(pty.slave.try_clone().unwrap());
    let child =
        command("-nographic", &image(dir.path())).stdin(end()).stdout(end()).stderr(end()).spawn().unwrap();
    let (keys, screen) = (File::from(pty.master.try_clone().unwrap()), File::from(pty.master));
    let mut user = User::new(Running(child), Box::new(keys), screen);
    user.goes_to_and_fro();
    user.sees("Ctrl-A x quits");
    // Ctrl-C is an ordinary key, and so is a carriage return.
    user.types("\x03upx\x08time\r");
    user.sees("up ");
    user.types("\x01cinfo rom\t\r");
    user.sees("info roms");
    user.sees("ROM 0");
    user.types("quit\r");
    assert_eq!(user.code(), Some(0));
}

#[test]
fn a_monitor_alone_on_a_pipe_answers_and_nothing_else() {
    let line = ["run", "--serial", "0=null", "--monitor", "stdio", "-S"];
    let mut command = Command::new(binary::path());
    let mut child = command
        .args(line)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"mww 0x3ffb0000 5\nmdw 0x3ffb0000\nspeed max\nquit\n").unwrap();
    let done = child.wait_with_output().unwrap();
    let said = String::from_utf8(done.stdout).unwrap();
    assert_eq!((said.as_str(), done.status.code()), ("3ffb0000: 0x00000005\nspeed is max\n", Some(0)));
}
