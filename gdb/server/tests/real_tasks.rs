//! Tasks as threads in a real `xtensa-esp32-elf-gdb`; skipped with a message if there is none.

use esplens_debuginfo::coredump::{self, CoreFile};
use esplens_debuginfo::rtos::Rtos;
use esplens_debuginfo::symbols::{Elf, FileRole, Symbols};
use esplens_testkit::{boot, firmware, gdb};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

fn demo() -> (PathBuf, PathBuf) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/demo");
    (dir.join("flash.bin"), dir.join("demo.elf"))
}

/// Starts a server, with symbols of its own or without.
fn serve(flash: &Path, elf: Option<&Path>) -> (esplens_testkit::Served, u16) {
    let (handle, port) = esplens_testkit::serve(boot(&std::fs::read(flash).unwrap(), "tasks"));
    if let Some(elf) = elf {
        handle.symbols().load_now(FileRole::App, elf).unwrap();
    }
    (handle, port)
}

/// Runs commands in GDB on an ELF file; returns the transcript.
fn run(gdb: &Path, elf: &Path, commands: &[String]) -> String {
    let mut command = Command::new("timeout");
    command.arg("180").arg(gdb).args(["-nx", "-batch"]).arg(elf);
    for line in ["set confirm off", "set width 0", "set height 0"] {
        command.arg("-ex").arg(line);
    }
    for line in commands {
        command.arg("-ex").arg(line);
    }
    let output = command.stdin(Stdio::null()).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn lines(port: u16, commands: &[&str]) -> Vec<String> {
    let first = format!("target remote :{port}");
    std::iter::once(first).chain(commands.iter().map(ToString::to_string)).collect()
}

/// Every task of the demo with the function that it starts in.
const TASKS: [(&str, &str); 10] = [
    ("blink", "blink_task ("),
    ("producer", "producer_task ("),
    ("consumer", "consumer_task ("),
    ("low", "low_task_body ("),
    ("high", "high_task ("),
    ("console", "console_task"),
    ("net", "net_task"),
    ("Tmr Svc", "prvTimerTask ("),
    ("IDLE0", "IdleTask ("),
    ("IDLE1", "IdleTask ("),
];

#[test]
fn every_task_of_the_demo_is_a_thread_with_its_own_stack() {
    let Some(gdb) = gdb() else { return };
    let (flash, elf) = demo();
    let (_handle, port) = serve(&flash, Some(&elf));
    let commands = ["break xTaskDelayUntil", "ignore 1 3", "c", "info threads", "thread apply all bt"];
    let text = run(&gdb, &elf, &lines(port, &commands));
    eprintln!("{text}");
    let head = |t: &&str| t.lines().next().unwrap_or_default().to_string();
    let traces: Vec<&str> = text.split("\nThread ").filter(|t| head(t).contains(" (Thread 1.")).collect();
    for (name, entry) in TASKS {
        let quoted = format!("\"{name}\"");
        let trace =
            traces.iter().find(|t| head(t).contains(&quoted)).unwrap_or_else(|| panic!("{name}: {text}"));
        // GDB's own unwinder does not know the port's interrupt frames.
        assert!(trace.contains(entry) || trace.contains("in port_exception ("), "{name}: {trace}");
    }
    assert!(
        text.contains("blocked: queue messages (receive)") || text.contains("blocked: queue keys"),
        "{text}"
    );
}

#[test]
fn a_breakpoint_for_one_task_never_stops_for_another() {
    let Some(gdb) = gdb() else { return };
    let (flash, elf) = demo();
    let (_handle, port) = serve(&flash, Some(&elf));
    let mut commands = vec!["monitor break vTaskDelay task high"];
    commands.extend(["c", "thread", "bt"].repeat(6));
    let text = run(&gdb, &elf, &lines(port, &commands));
    // blink and low call vTaskDelay as well, and make more than one of six calls.
    assert_eq!(text.matches("in high_task (").count(), 6, "{text}");
    assert!(!text.contains("in blink_task (") && !text.contains("in low_task_body ("), "{text}");
}

#[test]
fn a_task_is_told_when_it_is_switched_in_and_can_be_stepped_while_another_runs() {
    let Some(gdb) = gdb() else { return };
    let (flash, elf) = demo();
    let (_handle, port) = serve(&flash, Some(&elf));
    let commands = [
        "break vTaskDelay",
        "c",
        "c",
        "delete",
        "monitor break task consumer",
        "c",
        "x/i $pc",
        "monitor delete 2",
        "python t = [t for t in gdb.selected_inferior().threads() if t.name == 'consumer'][0]",
        "python t.switch()",
        "bt",
        "stepi",
        "thread",
        "bt 3",
    ];
    let text = run(&gdb, &elf, &lines(port, &commands));
    eprintln!("{text}");
    assert!(text.contains("task consumer gets core 1"), "{text}");
    assert!(text.contains("s32i"), "about to be stored: {text}");
}

#[test]
fn gdb_tells_the_symbols_where_the_server_has_none() {
    let (Some(gdb), Some(dir)) = (gdb(), firmware("idf-5.3-blink")) else { return };
    let (_handle, port) = serve(&dir.join("flash.bin"), None);
    let commands = [
        "tb blink_led",
        "c",
        "info threads",
        "thread apply all bt",
        "monitor threads cores",
        "info threads",
        "monitor threads tasks",
        "monitor bt ipc0",
    ];
    let text = run(&gdb, &dir.join("app.elf"), &lines(port, &commands));
    eprintln!("{text}");
    for part in [
        "\"main\" (running on core 0",
        "\"IDLE1\" (running on core 1",
        "\"ipc0\" (",
        "in ipc_task (",
        "in main_task (",
        "tasks once the scheduler",
        "\"APP_CPU\"",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_core_file_opens_with_the_right_threads() {
    let Some(gdb) = gdb() else { return };
    let (flash, elf) = demo();
    let (handle, port) = serve(&flash, Some(&elf));
    let dir = tempfile::tempdir().unwrap();
    let core = dir.path().join("core.elf");
    handle.allow_write(dir.path().into());
    let dump = format!("monitor dump-core {}", core.display());
    let text = run(&gdb, &elf, &lines(port, &["break xTaskDelayUntil", "ignore 1 3", "c", &dump]));
    assert!(text.contains("10 threads"), "{text}");
    drop(handle);
    let core = format!("core-file {}", core.display());
    let text = run(&gdb, &elf, &[core, "info threads".into(), "thread apply all bt".into()]);
    eprintln!("{text}");
    if !reads_core_files(&text) {
        return;
    }
    let is_thread = |l: &&str| l.contains(" process 107") && !l.starts_with("Thread") && !l.starts_with('[');
    assert_eq!(text.lines().filter(is_thread).count(), TASKS.len(), "{text}");
    for (name, entry) in TASKS {
        assert!(text.contains(entry) || text.contains("in port_exception ("), "{name}: {text}");
    }
}

/// Returns false for a GDB without Espressif's register map: it requires a0..a15, which no Xtensa core file contains.
fn reads_core_files(text: &str) -> bool {
    let reads = !text.contains("Register 157 is not available");
    if !reads {
        eprintln!("skipped: this GDB has no address registers from core files; cargo xtask gdb builds one");
    }
    reads
}

#[test]
fn core_dumps_of_a_panic_open_with_the_right_threads() {
    let (Some(gdb), Some(dir)) = (gdb(), firmware("idf-6.1-coredump")) else { return };
    let symbols = Arc::new(Symbols::new(vec![Arc::new(Elf::open(&dir.join("app.elf")).unwrap())]));
    let mut machine = boot(&std::fs::read(dir.join("flash.bin")).unwrap(), "coredump");
    let log = esplens_testkit::uart_until(&mut machine, "CORE DUMP END");
    let rtos = Rtos::find(symbols).unwrap();
    let idfs = coredump::decode_uart(&log).expect("the log holds a core dump");
    let ours = coredump::write(&esplens_supervisor::core_file::capture(&machine, Some(&rtos), 0));
    let out = tempfile::tempdir().unwrap();
    for (name, bytes) in [("idf.elf", idfs), ("esplens.elf", ours)] {
        let threads = CoreFile::parse(&bytes).unwrap().threads;
        let core = out.path().join(name);
        std::fs::write(&core, bytes).unwrap();
        let core = format!("core-file {}", core.display());
        let text =
            run(&gdb, &dir.join("app.elf"), &[core, "info threads".into(), "thread apply all bt".into()]);
        eprintln!("{name}: {text}");
        if !reads_core_files(&text) {
            return;
        }
        let mut handles: Vec<String> = threads.iter().map(|t| format!("process {}", t.id)).collect();
        handles.retain(|h| !text.contains(h));
        assert!(handles.is_empty(), "{name}: no {handles:?}");
        assert!(text.contains("app_main () at") && text.contains("hello_world_main.c:17"), "{name}: {text}");
        // The second core's idle task has not run yet.
        for (function, times) in [("prvIdleTask (", 1), ("ipc_task (", 2), ("main_task (", 1)] {
            assert_eq!(text.matches(function).count(), times, "{name}: {function}: {text}");
        }
    }
}

/// Returns the folder with PyPI's `freertos-gdb`: ESPLENS_FREERTOS_GDB, or where `.ci/run` puts it.
fn freertos_gdb() -> Option<String> {
    let cache = || Some(Path::new(&std::env::var_os("HOME")?).join(".cache/esplens/gdb/python"));
    let dir = std::env::var_os("ESPLENS_FREERTOS_GDB").map(PathBuf::from).or_else(cache)?;
    let found = dir.join("freertos_gdb").is_dir();
    if !found {
        eprintln!(
            "skipped: no freertos_gdb: python3 -m pip install --no-deps -t {} freertos-gdb",
            dir.display()
        );
    }
    found.then(|| dir.display().to_string())
}

/// Espressif's own reader of FreeRTOS in the same GDB finds the same tasks in the same lists.
#[test]
fn freertos_gdb_sees_the_same_tasks() {
    let (Some(gdb), Some(module)) = (gdb(), freertos_gdb()) else { return };
    let images = [("idf-5.3-blink", "blink_led", 2), ("idf-4.0-httpd-wifi", "xTaskIncrementTick", 60)];
    let idf = images.into_iter().filter_map(|(name, stop, passes)| {
        let dir = firmware(name)?;
        Some((dir.join("flash.bin"), dir.join("app.elf"), stop, passes))
    });
    let (flash, elf) = demo();
    for (flash, elf, stop, passes) in idf.chain([(flash, elf, "xTaskDelayUntil", 5)]) {
        let (_handle, port) = serve(&flash, Some(&elf));
        let (stop, ignore) = (format!("break {stop}"), format!("ignore 1 {passes}"));
        let path = format!("python import sys; sys.path.insert(0, '{module}'); import freertos_gdb");
        let commands =
            [&*stop, &*ignore, "c", "monitor freertos tasks", "echo ===\\n", &*path, "freertos task"];
        let text = run(&gdb, &elf, &lines(port, &commands));
        eprintln!("{text}");
        // The monitor's output is on stderr, behind everything else.
        let theirs = text.split("===").nth(1).and_then(|t| t.split("detached]").next()).unwrap();
        let table = text
            .split("NAME  ")
            .last()
            .filter(|t| t.contains(" tasks, tick"))
            .unwrap_or_else(|| panic!("{text}"));
        for line in table.lines().skip(1).take_while(|l| !l.contains(" tasks, tick")) {
            let handle = line.split_whitespace().last().unwrap().trim_start_matches("0x");
            let name = line.split("  ").next().unwrap().trim();
            let other = theirs.lines().find(|l| l.to_lowercase().contains(handle));
            let other = other.unwrap_or_else(|| panic!("{name} {handle}: {text}"));
            assert!(other.contains(name), "{line} / {other}");
            // A running task may already be in any list: it is about to be switched out.
            if let Some(core) = line.split("running on core ").nth(1).and_then(|c| c.split(' ').next()) {
                assert!(other.contains(&format!("CPU{core}")), "{line} / {other}");
                continue;
            }
            let lists: &[&str] = if line.contains(" blocked: ") {
                &["delayed", "suspended", "pend_read"]
            } else {
                &["ready", "running", "suspended", "wait_term"]
            };
            assert!(lists.iter().any(|l| other.to_lowercase().contains(l)), "{line} / {other}");
        }
    }
}
