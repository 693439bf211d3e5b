//! `--gdb-on-panic`: one stop per panic, where it can still be examined, and no other before the reset.

use esplens_tests::prompt::FirmwarePrompt;
use esplens_tests::{binary, demo, firmware};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

/// esplens with its monitor on a pipe and the UART on a socket.
struct Run {
    child: Child,
    said: BufReader<ChildStderr>,
    uart: FirmwarePrompt,
}

impl Run {
    fn start(image: &Path) -> Self {
        Self::with(&[OsStr::new("run"), image.as_os_str()])
    }

    /// Starts it with another beginning of the command line.
    fn with(begin: &[&OsStr]) -> Self {
        let mut command = Command::new(binary::path());
        command.args(begin).args(["--gdb-on-panic", "--gdb", "tcp::0", "--monitor", "stdio"]);
        command.args(["--serial", "0=tcp:0", "--speed", "max", "--wall-timeout", "240s"]);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let line = line_with(&mut said, "UART0 listens on ");
        let address = line.split_once("listens on ").unwrap().1.trim();
        let uart = FirmwarePrompt::connect(address);
        Self { child, said, uart }
    }

    /// Sends commands to the monitor.
    fn commands(&mut self, text: &str) {
        self.child.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// Ends it. Returns the monitor's answers, and esplens's messages since the last read.
    fn end(mut self) -> (String, String) {
        self.commands("quit\n");
        let mut err = String::new();
        self.said.read_to_string(&mut err).unwrap();
        let out = self.child.wait_with_output().unwrap();
        (String::from_utf8_lossy(&out.stdout).into_owned(), err)
    }
}

/// Reads up to the next line that contains `mark`.
fn line_with(said: &mut BufReader<ChildStderr>, mark: &str) -> String {
    let mut all = String::new();
    loop {
        let begin = all.len();
        assert_ne!(said.read_line(&mut all).unwrap(), 0, "no {mark:?} in {all}");
        if all[begin..].contains(mark) {
            return all[begin..].to_string();
        }
    }
}

/// Checks that `names` occur in this order.
fn in_order(text: &str, names: &[&str]) {
    let mut rest = text;
    for name in names {
        let at = rest.find(name).unwrap_or_else(|| panic!("no {name} in its place: {text}"));
        rest = &rest[at..];
    }
}

#[test]
fn the_demos_crash_is_one_stop_and_a_restart_none() {
    let mut run = Run::start(&demo::image());
    for _ in 0..2 {
        run.uart.until("demo> ");
        run.uart.send("crash");
        let stop = line_with(&mut run.said, "guest panic");
        assert!(stop.contains("(port_panic), core "), "{stop}");
        run.commands("bt\nresume\n");
        run.uart.until("Rebooting...");
    }
    run.uart.until("demo> ");
    let (monitor, err) = run.end();
    in_order(&monitor, &["port_panic at ", "average at ", "demo_crash at ", "port_panic at ", "average at "]);
    assert!(!err.contains("guest panic") && !err.contains("reset ("), "{err}");
}

#[test]
fn the_built_in_demo_has_its_symbols_in_itself() {
    let mut run = Run::with(&[OsStr::new("demo")]);
    run.uart.until("demo> ");
    run.uart.send("crash");
    let stop = line_with(&mut run.said, "guest panic");
    assert!(stop.contains("(port_panic), core "), "{stop}");
    run.commands("bt\n");
    let (monitor, _) = run.end();
    in_order(&monitor, &["port_panic at ", "average at ", "demo_crash at "]);
}

#[test]
fn an_idf_panic_with_a_core_dump_is_one_stop() {
    let Some(image) = firmware::file("idf-6.1-coredump/flash.bin") else { return };
    let mut run = Run::start(&image);
    let stop = line_with(&mut run.said, "guest panic");
    assert!(stop.contains("(xt_unhandled_exception), core 0 at "), "{stop}");
    run.commands("bt\nresume\n");
    run.uart.until("Press Enter to print core dump to UART...");
    let (monitor, err) = run.end();
    in_order(&monitor, &["xt_unhandled_exception at ", "app_main at ", "main_task at "]);
    assert!(!err.contains("guest panic"), "{err}");
}
