//! Task and function names in traced lines of complete runs, and CPU time by task.

use esplens_tests::host::Running;
use esplens_tests::{binary, firmware};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// A line of `--trace-format json`.
#[derive(Debug, serde::Deserialize)]
struct Line {
    us: f64,
    core: u8,
    pc: String,
    task: Option<String>,
    symbol: Option<String>,
    event: String,
    text: String,
}

impl Line {
    /// Returns the byte of a UART event.
    fn byte(&self) -> char {
        let number = self.text.split_once("0x").unwrap().1;
        char::from(u8::from_str_radix(&number[..2], 16).unwrap())
    }

    fn function(&self) -> &str {
        self.symbol.as_deref().map_or("", |s| s.split('+').next().unwrap())
    }
}

/// Runs with `args` and traces the events of `pattern` into a file.
fn traced(args: &[&str], pattern: &str, folder: &Path) -> Vec<u8> {
    let file = folder.join("trace.jsonl");
    let path = file.to_str().unwrap();
    let mut all = vec!["run", "--serial", "0=null", "--trace", pattern];
    all.extend(["--trace-format", "json", "--trace-file", path]);
    all.extend(args);
    let (code, _, err) = binary::run(&all);
    assert_eq!(code, Some(3), "{err}");
    assert!(!err.contains("--trace"), "{err}");
    std::fs::read(file).unwrap()
}

fn lines(json: &[u8]) -> Vec<Line> {
    let text = std::str::from_utf8(json).unwrap();
    text.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}"))).collect()
}

/// Returns the UART output of each task; "" for code that ran without tasks.
fn written(lines: &[Line]) -> BTreeMap<String, String> {
    let mut by_task = BTreeMap::<String, String>::new();
    for line in lines.iter().filter(|l| l.event == "uart_write") {
        by_task.entry(line.task.clone().unwrap_or_default()).or_default().push(line.byte());
    }
    by_task
}

#[test]
fn the_demos_lines_name_task_and_function() {
    let folder = tempfile::tempdir().unwrap();
    let pattern = "uart*,task_switch,irq_take";
    let json = traced(&["--timeout", "2500ms"], pattern, folder.path());
    assert!(json == traced(&["--timeout", "2500ms"], pattern, folder.path()), "the same run, the same lines");
    let lines = lines(&json);
    let text = written(&lines);
    assert!(
        text["consumer"].contains("consumer: 10") && !text["consumer"].contains("esplens demo"),
        "{text:?}"
    );
    assert!(
        text[""].contains("esplens demo: FreeRTOS"),
        "before the scheduler runs there is no task: {text:?}"
    );
    let switched: BTreeSet<&str> =
        lines.iter().filter(|l| l.event == "task_switch").filter_map(|l| l.task.as_deref()).collect();
    for task in ["blink", "producer", "consumer", "low", "high", "console", "net", "IDLE0", "IDLE1"] {
        assert!(switched.contains(task), "no switch to {task} in {switched:?}");
    }
    for l in &lines {
        assert_eq!(l.pc == "0x00000000", l.symbol.is_none(), "each place in code has a name: {l:?}");
        assert!(l.core < 2 && l.us <= 2_500_000.0, "{l:?}");
        match l.event.as_str() {
            // Bytes leave and arrive without a core's action.
            "uart_tx" | "uart_rx" => assert!(l.task.is_none() && l.symbol.is_none(), "{l:?}"),
            // The mask ROM's printf.
            "uart_write" if l.task.as_deref() == Some("consumer") => {
                assert_eq!(l.function(), "uart_tx_one_char", "{l:?}");
            }
            "task_switch" => {
                assert!(matches!(l.function(), "vTaskSwitchContext" | "vTaskStartScheduler"), "{l:?}");
            }
            _ => {}
        }
    }
    // Most interrupts occur in the idle tasks.
    let idle = |l: &&Line| l.task.as_deref().is_some_and(|t| t.starts_with("IDLE"));
    assert!(lines.iter().filter(|l| l.event == "irq_take").filter(idle).count() > 100);
}

#[test]
fn lines_of_idf_name_task_and_function() {
    let Some(flash) = firmware::file("idf-5.3-blink/flash.bin") else { return };
    let folder = tempfile::tempdir().unwrap();
    let args = [flash.to_str().unwrap(), "--timeout", "2500ms"];
    let lines = lines(&traced(&args, "uart_write,task_switch", folder.path()));
    let text = written(&lines);
    assert!(
        text["main"].contains("Turning the LED ON!") && text["main"].contains("main_task: Calling app_main")
    );
    assert!(text[""].contains("entry 0x400"), "the ROM and the bootloader run without tasks");
    // ROM, application and bootloader have separate symbols.
    let places: BTreeSet<&str> =
        lines.iter().filter(|l| l.event == "uart_write").map(Line::function).collect();
    assert!(places.contains("uart_tx_one_char") && places.contains("uart_tx_char"), "{places:?}");
    let switched: BTreeSet<&str> =
        lines.iter().filter(|l| l.event == "task_switch").filter_map(|l| l.task.as_deref()).collect();
    for task in ["main", "IDLE0", "IDLE1", "ipc0", "ipc1"] {
        assert!(switched.contains(task), "no switch to {task} in {switched:?}");
    }
}

#[test]
fn after_a_reset_nobodys_task_runs() {
    let Some(flash) = firmware::file("idf-4.2-hello/flash.bin") else { return };
    let folder = tempfile::tempdir().unwrap();
    let args = [flash.to_str().unwrap(), "--timeout", "12s"];
    let lines = lines(&traced(&args, "uart_write,reset", folder.path()));
    let resets: Vec<usize> = (0..lines.len()).filter(|n| lines[*n].event == "reset").collect();
    let last = *resets.last().unwrap();
    assert!(lines[last].us > 9e6, "it restarts itself after 10 s: {:?}", lines[last]);
    let (before, after) = (written(&lines[..last]), written(&lines[last..]));
    assert!(before["main"].contains("Restarting now"), "{before:?}");
    // RAM still contains the previous task's name while ROM and bootloader boot.
    for said in ["rst:0xc", "boot: ESP-IDF", "cpu_start: Starting scheduler on PRO CPU"] {
        assert!(after[""].contains(said), "{said}: {after:?}");
    }
    assert!(after["main"].contains("Hello world!") && !after["main"].contains("rst:"), "{after:?}");
}

#[test]
fn without_symbols_of_a_kernel_it_says_so() {
    let Some(flash) = firmware::file("nuttx-10.4/flash.bin") else { return };
    let (code, _, err) = binary::run(&[
        "run".as_ref(),
        flash.as_os_str(),
        "--serial".as_ref(),
        "0=null".as_ref(),
        "--timeout".as_ref(),
        "50ms".as_ref(),
        "--trace".as_ref(),
        "task_switch".as_ref(),
    ]);
    assert_eq!(code, Some(3), "{err}");
    assert!(err.contains("no symbols of a FreeRTOS: no task switch is seen"), "{err}");
}

/// Sends a command to a monitor and returns the answer.
fn ask(at: &str, command: &str) -> String {
    let mut stream = TcpStream::connect(at.trim_start_matches("tcp:")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    let until_prompt = |stream: &mut TcpStream| {
        let (mut text, mut byte) = (Vec::new(), [0]);
        while !text.ends_with(b"(esplens) ") {
            assert_eq!(stream.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&text));
            text.push(byte[0]);
        }
        String::from_utf8(text).unwrap()
    };
    until_prompt(&mut stream);
    stream.write_all(format!("{command}\n").as_bytes()).unwrap();
    until_prompt(&mut stream)
}

/// Returns the column CPU by task.
fn shares(table: &str) -> BTreeMap<String, f64> {
    let head = table.lines().find(|l| l.contains("HANDLE")).unwrap_or_else(|| panic!("{table}"));
    let (from, to) = (head.find("CPU").unwrap(), head.find("HANDLE").unwrap());
    let rows = table.lines().filter(|l| l.contains("0x3ff"));
    let row = |l: &str| {
        let name = l.split("  ").next().unwrap().to_string();
        (name, l[from..to].trim().trim_end_matches('%').parse().unwrap_or(f64::NAN))
    };
    rows.map(row).collect()
}

#[test]
fn tasks_have_a_share_of_the_cores_where_the_firmware_counts_none() {
    let Some(flash) = firmware::file("idf-5.3-blink/flash.bin") else { return };
    let mut command = binary::esplens();
    command.arg("run").arg(flash).args(["--serial", "0=null", "--monitor", "tcp:127.0.0.1:0"]);
    let mut running = Running(command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap());
    let said = BufReader::new(running.0.stderr.take().unwrap()).lines().map_while(Result::ok);
    let at = said.filter_map(|l| Some(l.split_once("monitor: listening on ")?.1.to_string())).next().unwrap();
    let started = Instant::now();
    // Until the scheduler runs there are no tasks; then the two idle tasks have nearly all of the time.
    let (table, shares) = loop {
        assert!(started.elapsed() < Duration::from_secs(120), "no share of CPU in two minutes");
        let table = ask(&at, "freertos tasks");
        if table.contains("IDLE1") && table.contains("counted by esplens") {
            let shares = shares(&table);
            if shares["IDLE0"] > 40.0 && shares["IDLE1"] > 40.0 {
                break (table, shares);
            }
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    let all: f64 = shares.values().sum();
    assert!((99.0..101.0).contains(&all), "{all}%: {table}");
    assert!(shares["IDLE0"] <= 50.1 && shares["IDLE1"] <= 50.1, "no task has more than its core: {table}");
    assert!(shares.contains_key("main") && table.contains("note: CPU over the last "), "{table}");
}
