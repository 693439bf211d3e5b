//! The configurations of docs/user/editors.md, started as the editors do and driven through GDB's machine
//! interface.

use esplens_tests::host::{Running, free_port};
use esplens_tests::{binary, demo};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

/// Returns the first configuration in the page's JSON block with this number, adapted to the demo and these
/// ports.
fn configuration(block: usize, ports: &[(&str, u16)]) -> Value {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/user/editors.md");
    let page = std::fs::read_to_string(page).unwrap();
    let json = page.split("```json\n").nth(block + 1).unwrap().split("```").next().unwrap();
    let elf = demo::image().with_file_name("demo.elf");
    let mut json = json.replace("${workspaceFolder}/build/app.elf", elf.to_str().unwrap());
    json = json.replace("${workspaceFolder}/build", demo::image().to_str().unwrap());
    for (from, to) in ports {
        json = json.replace(from, &to.to_string());
    }
    let value: Value = serde_json::from_str(&json).unwrap();
    value["configurations"][0].clone()
}

/// Starts esplens with `line` as its arguments and waits until it prints `mark` on standard error.
fn server(line: &str, mark: &str) -> Running {
    let mut command = binary::esplens();
    command.args(line.split_whitespace()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut running = Running(command.spawn().unwrap());
    let mut err = BufReader::new(running.0.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains(mark) {
        line.clear();
        assert_ne!(err.read_line(&mut line).unwrap(), 0, "it ended before {mark:?}");
    }
    // Drain the remaining output, so that it does not block.
    std::thread::spawn(move || std::io::copy(&mut err, &mut std::io::sink()));
    running
}

/// Returns the GDB to test with.
fn gdb() -> Option<PathBuf> {
    let home = || {
        Some(
            Path::new(&std::env::var_os("HOME")?).join(".cache/esplens/gdb/install/bin/xtensa-esp32-elf-gdb"),
        )
    };
    let found = std::env::var_os("ESPLENS_GDB_BIN").map(PathBuf::from).or_else(home).filter(|p| p.exists());
    if found.is_none() {
        eprintln!("skipped: no xtensa-esp32-elf-gdb; cargo xtask gdb builds one");
    }
    found
}

/// GDB with its machine interface.
struct Mi {
    _gdb: Running,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Mi {
    fn start(gdb: &Path) -> Self {
        let mut command = Command::new(gdb);
        command.args(["--nx", "--interpreter=mi", "--quiet"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (to, from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { _gdb: Running(child), to, from }
    }

    /// Reads up to a line that begins with one of `marks`.
    fn until(&mut self, marks: &[&str]) -> String {
        let mut all = String::new();
        loop {
            let begin = all.len();
            assert_ne!(self.from.read_line(&mut all).unwrap(), 0, "GDB ended: {all}");
            if marks.iter().any(|m| all[begin..].starts_with(m)) {
                return all[begin..].to_string();
            }
        }
    }

    /// Sends a command of the machine interface, or a console command.
    fn say(&mut self, text: &str) -> String {
        let text = match text.strip_prefix('-') {
            Some(_) => text.to_string(),
            None => format!("-interpreter-exec console \"{text}\""),
        };
        writeln!(self.to, "{text}").unwrap();
        let answer = self.until(&["^"]);
        assert!(!answer.starts_with("^error"), "{text}: {answer}");
        answer
    }
}

/// Returns the strings under a key, or the texts of its objects.
fn texts<'a>(value: &'a Value, key: &str) -> Vec<&'a str> {
    let list = value[key].as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().map(|v| v.as_str().unwrap_or_else(|| v["text"].as_str().unwrap())).collect()
}

#[test]
fn cppdbgs_configuration_starts_esplens_and_reaches_app_main() {
    let Some(gdb) = gdb() else { return };
    let config = configuration(0, &[("1234", free_port())]);
    let text = |key: &str| config[key].as_str().unwrap();
    assert_eq!(text("debugServerPath"), "esplens");
    let _server = server(text("debugServerArgs"), text("serverStarted"));
    let mut mi = Mi::start(&gdb);
    mi.say("-gdb-set mi-async on");
    texts(&config, "setupCommands").iter().for_each(|c| drop(mi.say(c)));
    mi.say(&format!("-file-exec-and-symbols {}", text("program")));
    mi.say(&format!("-target-select remote {}", text("miDebuggerServerAddress")));
    texts(&config, "postRemoteConnectCommands").iter().for_each(|c| drop(mi.say(c)));
    mi.say("-exec-continue");
    let stop = mi.until(&["*stopped,reason=\"breakpoint-hit\""]);
    assert!(stop.contains("func=\"app_main\""), "{stop}");
    assert!(mi.say("-thread-info").contains("PRO_CPU"));
    mi.say("-exec-next");
    mi.until(&["*stopped"]);
    mi.say("-break-insert app_main");
    mi.say("-exec-continue --reverse");
    let stop = mi.until(&["*stopped"]);
    assert!(stop.contains("func=\"app_main\""), "{stop}");
}

#[test]
fn gdbtargets_configuration_finds_what_openocd_has() {
    let Some(gdb) = gdb() else { return };
    let port = free_port();
    let config = configuration(1, &[("3333", port)]);
    let image = demo::image();
    let _server = server(&format!("run --gdb tcp::{port} -S {}", image.display()), "gdb: listening on");
    let mut mi = Mi::start(&gdb);
    mi.say(&format!("-file-exec-and-symbols {}", config["program"].as_str().unwrap()));
    texts(&config["target"], "connectCommands").iter().for_each(|c| drop(mi.say(c)));
    texts(&config, "initCommands").iter().for_each(|c| drop(mi.say(c)));
    mi.say("-exec-continue");
    let stop = mi.until(&["*stopped,reason=\"breakpoint-hit\""]);
    assert!(stop.contains("func=\"app_main\""), "{stop}");
}
