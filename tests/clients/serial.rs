//! esptool, espefuse and esp-idf-monitor from PyPI against a running esplens.

use esplens_tests::binary;
use esplens_tests::host::{Running, free_port};
use esplens_tests::pypi;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Timeout; generous for slow hosts.
const TIMEOUT: Duration = Duration::from_secs(300);
/// Name of the list of clients. A fault of the list and a missing network have the same effect, so each test
/// checks.
const CLIENTS: &str = "serial";

/// esplens with UART0 on a port for clients.
struct Chip {
    _running: Running,
    /// Value of a client's `--port`.
    port: String,
    folder: tempfile::TempDir,
}

impl Chip {
    /// Starts a chip that waits for a download, with an erased flash and a new eFuse file, on a plain TCP
    /// port.
    fn in_download_mode() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("flash.bin"), vec![0xFF; 4 << 20]).unwrap();
        let port = free_port();
        let serial = format!("0=tcp:{port}");
        Self::new(folder, format!("socket://127.0.0.1:{port}"), &["--serial", &serial, "--strap", "0x0f"])
    }

    /// Starts the bundled example on RFC 2217.
    fn with_an_app() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let hello = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/hello/flash.bin");
        std::fs::copy(hello, folder.path().join("flash.bin")).unwrap();
        let port = free_port();
        let serial = format!("0=rfc2217:{port}");
        Self::new(folder, format!("rfc2217://127.0.0.1:{port}"), &["--serial", &serial, "--flash-size", "4M"])
    }

    fn new(folder: tempfile::TempDir, port: String, args: &[&str]) -> Self {
        let mut command = binary::esplens();
        command.args(["run", "flash.bin", "--efuse", "efuse.bin", "--persist"]).args(args);
        command.current_dir(folder.path()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("listens") {
            line.clear();
            assert!(said.read_line(&mut line).unwrap() > 0, "esplens ended");
        }
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        Self { _running: Running(child), port, folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a client's module with the chip's port. Returns its output.
    #[track_caller]
    fn run(&self, python: &Path, module: &str, args: &str) -> String {
        let mut command = Command::new(python);
        command.args(["-m", module, "--chip", "esp32", "--port", &self.port]);
        command.args(args.split_whitespace()).current_dir(self.folder.path()).stdin(Stdio::null());
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{module} {args}:\n{text}\n{error}");
        text
    }
}

/// Returns bytes that hardly compress, the same each time.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x2545_F491u32;
    let bytes = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    });
    bytes.take(len).collect()
}

#[test]
fn esptool_in_download_mode() {
    let Some(python) = pypi::python(CLIENTS) else { return };
    let chip = Chip::in_download_mode();
    let esptool =
        |args: &str| chip.run(&python, "esptool", &format!("--before no-reset --after no-reset {args}"));
    std::fs::write(chip.path("data.bin"), noise(70_000)).unwrap();
    assert!(esptool("chip-id").contains("MAC:"));
    // The stub stays in the chip's memory; further calls find it, as on a board.
    assert!(esptool("write-flash 0x10000 data.bin").contains("Hash of data verified."));
    assert!(esptool("verify-flash 0x10000 data.bin").contains("Verification successful"));
    esptool("read-flash 0x10000 70000 back.bin");
    assert_eq!(std::fs::read(chip.path("back.bin")).unwrap(), noise(70_000));
}

#[test]
fn esptool_without_its_stub() {
    let Some(python) = pypi::python(CLIENTS) else { return };
    let chip = Chip::in_download_mode();
    let esptool = |args: &str| {
        chip.run(&python, "esptool", &format!("--before no-reset --after no-reset --no-stub {args}"))
    };
    std::fs::write(chip.path("data.bin"), noise(20_000)).unwrap();
    assert!(esptool("write-flash 0x10000 data.bin").contains("Hash of data verified."));
    assert!(esptool("verify-flash 0x10000 data.bin").contains("Verification successful"));
    esptool("read-flash 0x10000 1024 back.bin");
    assert_eq!(std::fs::read(chip.path("back.bin")).unwrap(), noise(20_000)[..1024]);
}

#[test]
fn espefuse_burns_a_key() {
    let Some(python) = pypi::python(CLIENTS) else { return };
    let chip = Chip::in_download_mode();
    std::fs::write(chip.path("key.bin"), noise(32)).unwrap();
    let espefuse = |args: &str| chip.run(&python, "espefuse", &format!("--before no-reset {args}"));
    espefuse("--do-not-confirm burn-key --no-protect-key BLOCK3 key.bin");
    let dump: String = espefuse("dump").split_whitespace().collect();
    let words: Vec<String> =
        noise(32).chunks(4).map(|w| format!("{:08x}", u32::from_le_bytes(w.try_into().unwrap()))).collect();
    assert!(dump.contains(&words.concat()), "{words:?} in {dump}");
}

#[test]
fn esptool_flashes_a_running_machine_over_rfc2217() {
    let Some(python) = pypi::python(CLIENTS) else { return };
    let chip = Chip::with_an_app();
    std::fs::write(chip.path("data.bin"), noise(10_000)).unwrap();
    assert!(chip.run(&python, "esptool", "chip-id").contains("MAC:"));
    let summary = chip.run(&python, "espefuse", "summary");
    assert!(summary.contains("MAC"), "{summary}");
    let text = chip.run(&python, "esptool", "write-flash 0x200000 data.bin");
    assert!(text.contains("Hash of data verified.") && text.contains("Hard resetting"), "{text}");
    chip.run(&python, "esptool", "read-flash 0x200000 10000 back.bin");
    assert_eq!(std::fs::read(chip.path("back.bin")).unwrap(), noise(10_000));
    // The last reset left the application running.
    let mut monitor = Monitor::open(&python, &chip.port, &["--no-reset"]);
    monitor.sees(" s\n");
}

/// esp-idf-monitor on a pseudo-terminal.
struct Monitor {
    _running: Running,
    terminal: std::fs::File,
    seen: String,
}

impl Monitor {
    fn open(python: &Path, port: &str, args: &[&str]) -> Self {
        let pair = nix::pty::openpty(None, None).unwrap();
        let mut command = Command::new(python);
        command.args(["-m", "esp_idf_monitor", "--port", port, "--disable-address-decoding"]).args(args);
        let end = || Stdio::from(pair.slave.try_clone().unwrap());
        command.stdin(end()).stdout(end()).stderr(end());
        let running = Running(command.spawn().unwrap());
        Self { _running: running, terminal: pair.master.into(), seen: String::new() }
    }

    fn types(&mut self, keys: &[u8]) {
        self.terminal.write_all(keys).unwrap();
    }

    /// Waits for `text`, and removes the output up to its end.
    #[track_caller]
    fn sees(&mut self, text: &str) {
        let end = Instant::now() + TIMEOUT;
        let mut buffer = [0; 1024];
        loop {
            let shown = self.seen.replace('\r', "");
            if let Some(at) = shown.find(text) {
                self.seen = shown[at + text.len()..].into();
                return;
            }
            assert!(Instant::now() < end, "no {text:?} in {shown:?}");
            let n = self.terminal.read(&mut buffer).unwrap_or(0);
            assert!(n > 0, "the monitor ended, no {text:?} in {shown:?}");
            self.seen += &String::from_utf8_lossy(&buffer[..n]);
        }
    }
}

/// Ctrl-T Ctrl-R.
const RESET: &[u8] = b"\x14\x12";
/// Ctrl-].
const QUIT: &[u8] = b"\x1d";

#[test]
fn esp_idf_monitor_resets_over_rfc2217() {
    let Some(python) = pypi::python(CLIENTS) else { return };
    let chip = Chip::with_an_app();
    let mut monitor = Monitor::open(&python, &chip.port, &[]);
    monitor.sees("rst:0x1 (POWERON_RESET)");
    monitor.sees("Hello from esplens");
    monitor.types(RESET);
    monitor.sees("rst:0x1 (POWERON_RESET)");
    monitor.sees("Hello from esplens");
    monitor.types(QUIT);
}

#[test]
fn esp_idf_monitor_shows_a_plain_socket() {
    let Some(python) = pypi::python(CLIENTS) else { return };
    let folder = tempfile::tempdir().unwrap();
    let hello = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/hello/flash.bin");
    std::fs::copy(hello, folder.path().join("flash.bin")).unwrap();
    let port = free_port();
    let serial = format!("0=tcp:{port}");
    let chip = Chip::new(folder, format!("socket://127.0.0.1:{port}"), &["--serial", &serial]);
    let mut monitor = Monitor::open(&python, &chip.port, &[]);
    // The application counts seconds. What it printed before the monitor connected is not shown.
    monitor.sees(" s\n");
    monitor.types(RESET);
    monitor.sees(" s\n");
    monitor.types(QUIT);
}

/// Flashing must work on a busy host, and not take as long as over a board's serial line. The megabyte is
/// machine code, which esptool's compression halves, as it does with firmware.
#[test]
fn a_megabyte_is_flashed_beside_two_busy_loops() {
    let Some(python) = pypi::python(CLIENTS) else { return };
    let chip = Chip::in_download_mode();
    let code = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    std::fs::write(chip.path("data.bin"), &code[1 << 20..2 << 20]).unwrap();
    let _busy =
        [(); 2].map(|()| Running(Command::new("sh").args(["-c", "while :; do :; done"]).spawn().unwrap()));
    let started = Instant::now();
    let args = "--before no-reset --after no-reset write-flash 0x10000 data.bin";
    let said = chip.run(&python, "esptool", args);
    let seconds = started.elapsed().as_secs_f64();
    assert!(said.contains("Hash of data verified."), "{said}");
    let size = said.lines().find(|line| line.contains("compressed")).unwrap_or_default();
    println!("1 MiB beside two busy loops: {seconds:.1} s; {size}");
    // The goal on a quiet host is 10 s. A board's line at 115200 baud takes 90 s for a megabyte that does not
    // compress.
    if std::env::var_os("ESPLENS_TIMES").is_some() {
        assert!(seconds < 25.0, "{seconds:.1} s");
    }
}
