//! Connecting: the paper's commands, ESP-IDF's script, a firmware that is already running.

use crate::script::{Bench, Transcript};
use esplens_server::listen::Address;
use esplens_server::{gdb, monitor};
use esplens_supervisor::Speed;
use esplens_testkit::built_gdb;
use esplens_testkit::firmware::WITH_ELF;
use std::path::PathBuf;

/// Runs the paper's commands, one after the other.
fn papers_commands(bench: &Bench) -> Transcript {
    let t = bench.run(&["monitor system_reset", "tb app_main", "c", "bt", "x/i $pc"]);
    t.expect("c", &["Temporary breakpoint 1, app_main (", ") at "]);
    t.expect("bt", &["#0  app_main (", "#1 "]);
    t.expect("x/i $pc", &["=> ", "<app_main"]);
    t.no_complaints();
    t
}

#[test]
fn the_papers_commands_stop_at_app_main_of_the_demo() {
    let Some(bench) = Bench::demo() else { return };
    let t = papers_commands(&bench);
    t.expect("bt", &["in port_main () at /fixtures/demo/port/port.c:", "in start_common () at "]);
}

/// Stops before app_main's ENTRY, steps over it, writes a register and reads it back from the target. Returns which of
/// the registers named this GDB computes.
fn computed_registers<const N: usize>(gdb: Option<PathBuf>, names: [&str; N]) -> Option<[bool; N]> {
    let bench = Bench::demo_with(gdb)?;
    papers_commands(&bench)
        .expect("bt", &["in port_main () at /fixtures/demo/port/port.c:", "in start_common () at "]);
    let (raw, flush, read) = ("maint print raw-registers", "maint flush register-cache", "p/x $a1");
    let begin = ["monitor reset halt", flush, "tb *app_main", "c", read, "stepi", read];
    let write = ["set $a15 = 0x1234", flush, "p/x $a15", raw];
    let t = bench.run(&[&begin[..], &write].concat());
    // ENTRY has rotated the window: another register is a1, 48 bytes lower.
    assert_eq!(t.number_nth(read, 1), t.number(read) - 48, "{t}");
    assert_eq!(t.number("p/x $a15"), 0x1234, "{t}");
    Some(names.map(|name| {
        let line = t.of(raw).lines().find(|l| l.split_whitespace().next() == Some(name));
        line.unwrap_or_else(|| panic!("no {name}\n{t}")).contains("<cooked>")
    }))
}

#[test]
fn every_kind_of_gdb_walks_the_demo() {
    let names = ["windowbase", "vecbase", "a1", "psintlevel"];
    let kinds = [
        ("-105", [false, true, true, true]),
        ("", [false, false, true, true]),
        ("-stock", [false, false, false, true]),
    ];
    for (kind, expected) in kinds {
        let gdb = built_gdb(&format!("xtensa-esp32-elf-gdb{kind}"));
        if let Some(computed) = computed_registers(gdb, names) {
            assert_eq!(computed, expected, "{names:?}");
        }
    }
}

#[test]
fn the_papers_commands_stop_at_app_main_of_every_firmware() {
    for name in WITH_ELF {
        let Some(bench) = Bench::foreign(name) else { return };
        papers_commands(&bench).expect("bt", &["in main_task (args="]);
    }
}

/// Commands that ESP-IDF's `idf.py gdb` sources, word for word but for the port.
const CONNECT: [&str; 4] =
    ["monitor reset halt", "maintenance flush register-cache", "thbreak app_main", "continue"];

fn connect_script(bench: &Bench, then: &[&str]) -> Transcript {
    let target = format!("target remote :{}", bench.port);
    let all: Vec<&str> =
        ["set remotetimeout 10", &target].iter().chain(&CONNECT).chain(then).copied().collect();
    let t = bench.run_bare(&all);
    t.expect("monitor reset halt", &["halted at the reset vector"]);
    t.expect("continue", &["Temporary breakpoint 1, app_main ("]);
    t.no_complaints();
    t
}

#[test]
fn idfs_connect_script_works_on_the_demo_at_openocds_port() {
    let Some(mut bench) = Bench::demo() else { return };
    // Another test run on this host may use the port: then any other will do.
    if gdb::listen(&"tcp::3333".parse().unwrap(), &bench.handle, monitor::run).is_ok() {
        bench.port = 3333;
    }
    connect_script(&bench, &["bt"]).expect("bt", &["#0  app_main", "in port_main"]);
}

#[test]
fn idfs_connect_script_works_on_every_firmware_and_bt_is_right_in_its_tick() {
    for name in WITH_ELF {
        let Some(bench) = Bench::foreign(name) else { return };
        let then = ["info threads", "thbreak xTaskIncrementTick", "c", "bt 6", "finish"];
        let t = connect_script(&bench, &then);
        t.expect("info threads", &["* ", "app_main"]);
        t.expect("c", &["xTaskIncrementTick ("]);
        // GDB's unwinder ends there, on silicon too: the next outer frame did not make a call.
        let frames = ["#0  xTaskIncrementTick ()", "in xPortSysTickHandler ()", "in _frxt_timer_int ()"];
        t.expect("bt 6", &frames);
        t.expect("bt 6", &["in _frxt_timer_int ()", "in _xt_lowint1 ()"]);
        t.expect("finish", &["in xPortSysTickHandler ()", "Value returned is $1 = "]);
    }
}

/// Attaches after a second and a half of virtual time, and detaches; returns the transcript.
fn attach_and_leave(bench: &Bench) -> Transcript {
    bench.run_for(1500);
    // Some firmware restarts itself after ten seconds; at real-time speed GDB attaches before that.
    bench.handle.call(|s| s.set_speed(Speed::Real)).unwrap();
    let t = bench.run(&["bt", "info threads", "thread apply all bt", "detach"]);
    t.expect("bt", &["#0  "]);
    t.expect("info threads", &["* "]);
    t.expect("thread apply all bt", &["#0  ", "#0  "]);
    t.expect("detach", &["detached"]);
    t.no_complaints();
    let there = bench.now_ms();
    bench.wait_until(there + 100);
    t
}

#[test]
fn attaching_to_the_running_demo_leaves_it_running() {
    let Some(bench) = Bench::demo() else { return };
    let t = attach_and_leave(&bench);
    // Both cores are in a task, or on an interrupt's path to one.
    let all = t.of("thread apply all bt");
    let ends = all.matches("port_task_returned").count() + all.matches("port_exception").count();
    assert!(ends >= 2, "{t}");
    // A second attach finds counters that have advanced.
    let seen = || bench.run(&["p xTickCount", "detach"]).number("p xTickCount");
    let first = seen();
    bench.wait_until(bench.now_ms() + 50);
    assert!(seen() > first, "the firmware ran on between two attaches");
}

#[test]
fn attaching_to_a_running_firmware_leaves_it_running() {
    for name in WITH_ELF {
        let Some(bench) = Bench::foreign(name) else { return };
        let t = attach_and_leave(&bench);
        let all = t.of("thread apply all bt");
        // Each stack ends where its firmware's tasks and cores begin.
        let roots =
            ["vPortTaskWrapper", "prvIdleTask", "_xt_lowint1", "start_cpu0", "call_start_cpu", "panic"];
        assert!(roots.iter().any(|r| all.contains(r)), "{name}: {t}");
    }
}

#[test]
fn two_gdbs_share_a_machine() {
    let Some(bench) = Bench::demo() else { return };
    bench.run_for(300);
    // GDB 13 fails an assertion of its own if the machine is resumed while it attaches: both attach first.
    let dir = tempfile::tempdir().unwrap();
    let session = |me: &str, other: &str| {
        let at = |name: &str| dir.path().join(name).display().to_string();
        let meet = format!("shell touch {}; until [ -e {} ]; do sleep 0.02; done", at(me), at(other));
        bench.run(&[&meet, "tb xTaskIncrementTick", "c", "p xTickCount", "detach"])
    };
    let (a, b) = std::thread::scope(|s| {
        let a = s.spawn(|| session("a", "b"));
        let b = s.spawn(|| session("b", "a"));
        (a.join().unwrap(), b.join().unwrap())
    });
    for t in [a, b] {
        assert!(t.number("p xTickCount") > 0, "{t}");
        t.expect("detach", &["detached"]);
    }
}

#[test]
fn a_unix_socket_serves_as_well() {
    let Some(bench) = Bench::demo() else { return };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("gdb");
    gdb::listen(&Address::Unix(path.clone()), &bench.handle, monitor::run).unwrap();
    let target = format!("target remote {}", path.display());
    let t = bench.run_bare(&[&target, "tb app_main", "c", "bt", "detach"]);
    t.expect("bt", &["#0  app_main"]);
}

/// Returns the README's session with the demo: commands, and the lines shown for each.
fn readme_session() -> Vec<(String, Vec<String>)> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).unwrap();
    let block =
        text.split("```").find(|b| b.contains("(gdb) target remote")).expect("a session in the README");
    let mut session: Vec<(String, Vec<String>)> = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix("(gdb) "), session.last_mut()) {
            (Some(command), _) => session.push((command.into(), Vec::new())),
            (None, Some((_, shown))) => shown.push(line.into()),
            (None, None) => {}
        }
    }
    session
}

#[test]
fn the_readmes_session_is_true() {
    let Some(bench) = Bench::demo() else { return };
    let session = readme_session();
    assert!(session.len() > 6, "{session:?}");
    let sources = format!("set substitute-path /fixtures {}/../../fixtures", env!("CARGO_MANIFEST_DIR"));
    let target = format!("target remote :{}", bench.port);
    let here =
        |command: &str| if command.starts_with("target ") { target.clone() } else { command.to_string() };
    let typed: Vec<String> = std::iter::once(sources).chain(session.iter().map(|(c, _)| here(c))).collect();
    let t = bench.run_bare(&typed.iter().map(String::as_str).collect::<Vec<_>>());
    let mut seen = std::collections::HashMap::<String, usize>::new();
    for (command, shown) in session {
        let command = here(&command);
        let n = seen.entry(command.clone()).or_insert(0);
        // This test does not check which threads there are.
        let parts: Vec<&str> = shown
            .iter()
            .map(|l| if l.starts_with("Thread ") { &l[l.find(" hit ").unwrap()..] } else { l })
            .collect();
        t.expect_nth(&command, *n, &parts);
        *n += 1;
    }
}
