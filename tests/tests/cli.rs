//! The command line, end to end: exit codes, serial lines, files written back, identity, the terminal.

use esplens_tests::prompt::FirmwarePrompt;
use esplens_tests::{binary, firmware};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Wall time limit for any operation on a busy host.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Child process that is killed on drop.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Copies an image of the sample to a writable file.
fn copy(image: &str, dir: &Path) -> Option<PathBuf> {
    let bytes = std::fs::read(firmware::file(&format!("{image}/flash.bin"))?).unwrap();
    let path = dir.join("flash.bin");
    std::fs::write(&path, bytes).unwrap();
    Some(path)
}

fn run(line: &str) -> (Option<i32>, String, String) {
    let args: Vec<&str> = line.split_whitespace().collect();
    binary::run(&args)
}

/// Starts esplens and returns the text after `label` on its standard error.
fn start(args: &[&str], label: &str) -> (Guard, String) {
    let mut child =
        binary::esplens().args(args).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let err = BufReader::new(child.stderr.take().unwrap());
    let guard = Guard(child);
    for line in err.lines() {
        let line = line.unwrap();
        if let Some((_, rest)) = line.split_once(label) {
            return (guard, rest.trim().to_string());
        }
    }
    panic!("esplens did not print {label:?}");
}

#[test]
fn the_built_in_demo_needs_no_file() {
    let (code, out, err) = run("run --exit-on consumer..10 --timeout 10s");
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("esplens demo"), "{out}");
}

#[test]
fn exit_codes_say_how_a_run_ended() {
    for (line, code) in [
        ("--exit-on esplens.demo --timeout 5s", 0),
        ("--fail-on esplens.demo --timeout 5s", 1),
        ("--exit-on never --fail-on esplens.demo --timeout 5s", 1),
        ("--exit-on never --timeout 1500ms", 3),
        ("--exit-on never --wall-timeout 2s", 3),
        ("--strap 0x12x", 2),
        ("--no-such-option", 2),
        ("--exit-on (", 2),
    ] {
        let (got, _, err) = run(&format!("run --serial 0=null {line}"));
        assert_eq!(got, Some(code), "{line}: {err}");
    }
}

#[test]
fn max_speed_skips_idle_time_and_real_time_does_not() {
    let started = Instant::now();
    let (code, _, err) = run("run --serial 0=null --timeout 60s");
    assert_eq!(code, Some(3), "{err}");
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
    let started = Instant::now();
    let (code, _, err) = run("run --serial 0=null --timeout 2s --speed real");
    assert_eq!(code, Some(3), "{err}");
    assert!(started.elapsed() >= Duration::from_millis(1900), "{:?}", started.elapsed());
}

#[test]
fn a_serial_line_goes_to_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("uart0.txt");
    let (code, out, err) =
        run(&format!("run --exit-on consumer..10 --timeout 5s --serial 0=file:{}", path.display()));
    assert_eq!((code, out.as_str()), (Some(0), ""), "{err}");
    assert!(std::fs::read_to_string(path).unwrap().contains("esplens demo"));
}

#[test]
fn micropython_answers_over_tcp_and_knows_its_mac() {
    let Some(image) = firmware::file("micropython-1.20/flash.bin") else { return };
    let image = image.to_str().unwrap();
    let mut ids = Vec::new();
    for identity in [["--id", "1"], ["--id", "2"], ["--mac", "24:0a:c4:12:34:56"]] {
        let mut args = vec!["run", image, "--serial", "0=tcp:0", "--speed", "max"];
        args.extend(identity);
        let (_guard, address) = start(&args, "UART0 listens on ");
        let mut prompt = FirmwarePrompt::connect(&address);
        prompt.until(">>> ");
        assert_eq!(prompt.ask("print(6*7)"), "42");
        prompt.until(">>> ");
        prompt.ask("import machine; machine.unique_id()");
        ids.push(prompt.ask("import binascii; print(binascii.hexlify(machine.unique_id()).decode())"));
    }
    assert_eq!(ids[2], "240ac4123456", "{ids:?}");
    assert!(ids[0].starts_with("240ac4") && ids[0] != ids[1], "{ids:?}");
}

#[test]
fn nuttx_answers_on_a_pseudo_terminal() {
    let Some(image) = firmware::file("nuttx-10.4/flash.bin") else { return };
    let args = ["run", image.to_str().unwrap(), "--serial", "0=pty"];
    let (_guard, path) = start(&args, "UART0 is ");
    let mut prompt = FirmwarePrompt::new(std::fs::File::options().read(true).write(true).open(path).unwrap());
    // The prompt may have been printed before the terminal was open; Enter prints another.
    std::thread::sleep(Duration::from_millis(500));
    prompt.send("");
    prompt.until("nsh> ");
    prompt.send("uname -a");
    assert!(prompt.until("xtensa").contains("NuttX"));
}

#[test]
fn flash_is_kept_with_persist_and_only_then() {
    let dir = tempfile::tempdir().unwrap();
    let Some(path) = copy("micropython-1.20", dir.path()) else { return };
    let before = std::fs::read(&path).unwrap();
    let line = format!("run {} --exit-on >>>. --timeout 20s", path.display());
    let setup = "Performing initial setup";
    let (code, out, err) = run(&line);
    assert_eq!((code, out.contains(setup)), (Some(0), true), "{err}");
    assert!(std::fs::read(&path).unwrap() == before, "without --persist the file stays as it is");
    let (code, out, err) = run(&format!("{line} --persist"));
    assert_eq!((code, out.contains(setup)), (Some(0), true), "{err}");
    assert!(std::fs::read(&path).unwrap() != before);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
    let (code, out, err) = run(&line);
    assert_eq!((code, out.contains(setup)), (Some(0), false), "{err}\n{out}");
}

#[test]
fn an_efuse_file_is_made_and_used() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("efuse.bin");
    let line = format!("run --efuse {} --timeout 100ms --serial 0=null", path.display());
    assert_eq!(run(&line).0, Some(2), "a file that is not there");
    let (code, _, err) = run(&format!("{line} --persist --mac 24:0a:c4:00:00:77"));
    assert_eq!(code, Some(3), "{err}");
    let made = std::fs::read(&path).unwrap();
    assert_eq!(made.len(), 124);
    assert!(made.windows(6).any(|w| w == [0x77, 0, 0, 0xc4, 0x0a, 0x24]), "the MAC is burnt: {made:02x?}");
    let (code, _, err) = run(&line);
    assert_eq!(code, Some(3), "{err}");
}

#[test]
fn the_strap_pins_choose_the_download_mode() {
    for (strap, mode) in [("0x0f", "UART_BOOT(UART0)"), ("0x03", "DOWNLOAD_BOOT")] {
        let (code, out, err) = run(&format!("run --strap {strap} --timeout 15s"));
        assert_eq!(code, Some(3), "{err}");
        assert!(out.contains(mode) && !out.contains("WDT"), "{out}");
    }
    let (code, out, err) = run("run --strap 0x03 --exit-on waiting.for.download --timeout 1s");
    assert_eq!(code, Some(0), "{err}{out}");
}

#[test]
fn seeds_decide_what_is_random() {
    let Some(image) = firmware::file("micropython-1.20/flash.bin") else { return };
    let mut drawn = Vec::new();
    for seed in ["5", "5", "6"] {
        let args = ["run", image.to_str().unwrap(), "--serial", "0=tcp:0", "--speed", "max", "--seed", seed];
        let (_guard, address) = start(&args, "UART0 listens on ");
        let mut prompt = FirmwarePrompt::connect(&address);
        prompt.until(">>> ");
        drawn.push(prompt.ask("import os; print(os.urandom(8))"));
    }
    assert!(drawn[0].starts_with("b'") && drawn[0] != drawn[2], "{drawn:?}");
}

#[test]
fn psram_does_not_disturb_firmware_that_has_no_use_for_it() {
    let (code, _, err) = run("run --psram 4M --exit-on consumer..10 --timeout 5s");
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(run("run --psram 3M --timeout 5s").0, Some(2));
}

#[test]
fn info_explains_an_image() {
    let Some(image) = firmware::file("idf-5.3-blink/flash.bin") else { return };
    let (code, out, err) = run(&format!("info {}", image.display()));
    assert_eq!((code, err.as_str()), (Some(0), ""));
    for word in ["bootloader", "factory", "blink", "entry"] {
        assert!(out.contains(word), "no {word:?} in {out}");
    }
}

#[test]
fn a_folder_without_a_build_offers_what_lies_in_it() {
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/demo");
    let (code, _, err) = run(&format!("run {demo}"));
    assert_eq!(code, Some(2), "{err}");
    let offer = format!("Did you mean {demo}/flash.bin (flash image), {demo}/demo.elf (ELF)?");
    assert!(err.contains(&offer), "{err}");
}

#[test]
fn qemus_command_line_is_listed_and_helps() {
    let (code, out, _) = run("--help");
    assert_eq!((code, out.contains("\n  qemu ")), (Some(0), true), "{out}");
    for line in ["qemu --help", "qemu -help", "-v qemu -help"] {
        let (code, out, err) = run(line);
        assert_eq!((code, out.contains("usage: qemu-system-xtensa")), (Some(0), true), "{line}: {err}");
    }
}

#[test]
fn a_taken_gdb_port_is_a_warning() {
    // Make sure that the port is taken, by this test or another process.
    let _taken = std::net::TcpListener::bind("127.0.0.1:1234");
    let (code, _, err) = run("run -s --serial 0=null --timeout 10ms");
    assert_eq!(code, Some(3), "{err}");
    assert!(err.starts_with("esplens: warning: gdb: port 1234 is taken"), "{err}");
    assert!(err.contains("esplens: gdb: listening on tcp:127.0.0.1:"), "{err}");
    assert_eq!(run("run --gdb tcp::1234 --serial 0=null --timeout 10ms").0, Some(2));
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log.txt");
    std::fs::write(&log, "--- said before\nBacktrace: 0x400e8049:0x3ffba900\n".repeat(20_000)).unwrap();
    let elf = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/demo/demo.elf");
    let mut command = binary::esplens();
    command.arg("explain").arg(&log).args(["--elf", elf]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut first = String::new();
    for _ in 0..5 {
        let out = child.stdout.as_mut().unwrap();
        BufReader::with_capacity(1, out).read_line(&mut first).unwrap();
    }
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
    assert!(
        first.starts_with(&format!("{}: log of a UART\nELF          {elf}\n\n", log.display())),
        "{first}"
    );
    assert!(first.contains("--- 0x400e8049: read_sensor") && !first.contains("said before"), "{first}");
}

/// Runs `tmux` on its own socket.
fn tmux(socket: &Path, args: &[&str]) -> Option<String> {
    let output = Command::new("tmux").arg("-S").arg(socket).args(args).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn ctrl_a_x_quits_and_gives_the_terminal_back() {
    if Command::new("tmux").arg("-V").output().is_err() {
        eprintln!("skipped: no tmux");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("tmux");
    let shell = ["new-session", "-d", "-s", "t", "-x", "120", "-y", "40", "env PS1=prompt: sh -i"];
    tmux(&socket, &shell).expect("tmux starts");
    let screen = |mark: &str| {
        let started = Instant::now();
        loop {
            let shown = tmux(&socket, &["capture-pane", "-p", "-t", "t"]).unwrap_or_default();
            if shown.contains(mark) {
                return shown;
            }
            if started.elapsed() > TIMEOUT {
                tmux(&socket, &["kill-server"]);
                panic!("no {mark:?} on {shown}");
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    let keys = |keys: &[&str]| tmux(&socket, &[&["send-keys", "-t", "t"], keys].concat());
    let command =
        format!("stty -a > {}/before; {} run; echo code=$?", dir.path().display(), binary::path().display());
    screen("prompt:");
    keys(&[&command, "Enter"]);
    screen("esplens demo");
    keys(&["C-a", "h"]);
    screen("Ctrl-A x quits");
    keys(&["C-a", "x"]);
    screen("code=0");
    keys(&[&format!("stty -a > {}/after; echo done=$?", dir.path().display()), "Enter"]);
    screen("done=0");
    tmux(&socket, &["kill-server"]);
    let [before, after] = ["before", "after"].map(|f| std::fs::read_to_string(dir.path().join(f)).unwrap());
    assert!(before.contains("echo") && before == after, "{before}\n{after}");
}
