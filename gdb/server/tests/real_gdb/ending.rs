//! Start and end of programs: `run`, `start`, `kill`, `detach`, `disconnect`, two GDBs at a time.

use crate::script::Bench;
use esplens_testkit::Rsp;
use std::time::{Duration, Instant};

/// Waits until `what` holds.
#[track_caller]
fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(300);
    while !holds() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Returns true while virtual time passes.
fn runs(bench: &Bench) -> bool {
    bench.handle.call(|s| s.is_running()).unwrap()
}

/// Returns true once no GDB is attached any more.
fn alone(bench: &Bench) -> bool {
    bench.handle.attached().iter().all(|c| &*c.name != "gdb")
}

#[test]
fn detach_and_quit_let_it_run_and_disconnect_leaves_it_stopped() {
    for (command, goes_on) in [("detach", true), ("p 1", true), ("disconnect", false)] {
        let Some(bench) = Bench::demo() else { return };
        // -batch quits at the end, which detaches.
        let t = bench.run(&["tb app_main", "c", command]);
        t.expect("c", &["app_main ()"]);
        wait_for("GDB is gone", || alone(&bench));
        assert_eq!(runs(&bench), goes_on, "{command}\n{t}");
        if !goes_on {
            // Another GDB finds it where it was left.
            let t = bench.run(&["bt", "c&", "detach"]);
            t.expect("bt", &["#0  app_main ()"]);
        }
    }
}

#[test]
fn kill_ends_esplens_as_it_ends_qemu() {
    let Some(bench) = Bench::demo() else { return };
    let t = bench.run(&["tb app_main", "c", "kill", "info threads"]);
    t.expect("kill", &["killed"]);
    t.expect("info threads", &["No threads."]);
    wait_for("esplens ends", || bench.handle.call(|s| s.quit_asked().is_some()).unwrap_or(true));
}

/// Runs commands after `target extended-remote`.
fn extended(bench: &Bench, then: &[&str]) -> crate::script::Transcript {
    let target = format!("target extended-remote :{}", bench.port);
    let all: Vec<&str> = std::iter::once(target.as_str()).chain(then.iter().copied()).collect();
    bench.run_bare(&all)
}

#[test]
fn extended_remote_runs_kills_and_runs_again() {
    let Some(bench) = Bench::demo() else { return };
    let t = extended(
        &bench,
        &[
            "break app_main",
            "run",
            "bt",
            "p/x $prid",
            "kill",
            "info threads",
            "run",
            "bt",
            "run some arguments",
            "bt 1",
            "kill",
            "attach 1",
            "p/x $pc",
            "starti",
            "p/x $pc",
            "c",
            "delete",
            "detach",
        ],
    );
    t.expect("run", &["Breakpoint 1, app_main ()"]);
    t.expect("bt", &["#0  app_main ()", "start_common"]);
    t.expect("kill", &["killed"]);
    t.expect("info threads", &["No threads."]);
    t.expect_nth("run", 1, &["Breakpoint 1, app_main ()"]);
    t.expect_nth("bt", 1, &["#0  app_main ()", "start_common"]);
    t.expect("run some arguments", &["takes no arguments", "some arguments", "Breakpoint 1, app_main ()"]);
    // After a kill, the chip is at its reset vector.
    assert_eq!(t.number("p/x $pc"), 0x4000_0400, "{t}");
    assert_eq!(t.number_nth("p/x $pc", 1), 0x4000_0400, "{t}");
    t.expect("c", &["Breakpoint 1, app_main ()"]);
    t.expect("detach", &["detached"]);
    wait_for("GDB is gone", || alone(&bench));
    assert!(runs(&bench), "{t}");
}

#[test]
fn a_killed_program_stays_dead_until_somebody_runs_it() {
    let Some(bench) = Bench::demo() else { return };
    bench.run_for(300);
    let t = extended(&bench, &["kill"]);
    t.expect("kill", &["killed"]);
    wait_for("GDB is gone", || alone(&bench));
    assert!(!runs(&bench), "{t}");
    assert!(bench.handle.call(|s| s.quit_asked().is_none()).unwrap(), "esplens goes on");
    extended(&bench, &["break app_main", "run"]).expect("run", &["Breakpoint 1, app_main ()"]);
}

/// The other GDB is the tests' own client: it stays stopped while the real GDB comes and goes.
#[test]
fn who_detaches_leaves_the_machine_to_the_one_who_looks_at_it() {
    let Some(bench) = Bench::demo() else { return };
    let mut other = Rsp::ready(bench.port);
    other.call("?");
    bench.run(&["tb app_main", "c", "detach"]).expect("detach", &["detached"]);
    wait_for("one is left", || bench.handle.attached().iter().filter(|c| &*c.name == "gdb").count() == 1);
    assert!(!runs(&bench), "the other one is at its prompt");
    assert_eq!(other.call("D"), "OK");
    // The answer is sent before the machine runs.
    wait_for("the machine runs after the last client has detached", || runs(&bench));
}

#[test]
fn who_waits_hears_that_the_other_one_stopped_reset_or_killed() {
    let Some(bench) = Bench::demo() else { return };
    let mut other = Rsp::ready(bench.port);
    other.call("?");
    other.send("vCont;c");
    wait_for("it runs", || runs(&bench));
    let t = extended(&bench, &["kill"]);
    t.expect("kill", &["killed"]);
    assert!(other.receive().starts_with("T02thread:"), "{t}");
    assert!(other.console.contains("stopped by gdb 2"), "{}", other.console);
    assert_eq!(other.pc(), 0x4000_0400, "reset");
    other.send("vCont;c");
    wait_for("it runs", || runs(&bench));
    let t = bench.run(&["kill"]);
    t.expect("kill", &["killed"]);
    // The attach stops the machine, the kill ends it: the other client is at its prompt by then, and its connection
    // ends.
    assert!(other.receive().starts_with("T02thread:"), "{t}");
    wait_for("esplens ends", || bench.handle.call(|s| s.quit_asked().is_some()).unwrap_or(true));
}

#[test]
fn a_gdb_that_waits_hears_of_the_end_of_esplens() {
    let Some(bench) = Bench::demo() else { return };
    let h = bench.handle.register("test");
    let t = std::thread::scope(|s| {
        let gdb = s.spawn(|| bench.run(&["c", "info threads"]));
        wait_for("it runs", || h.call(|s| s.is_running()).unwrap());
        let by = h.client().clone();
        h.call(move |s| s.quit(&by)).unwrap();
        gdb.join().unwrap()
    });
    t.expect("c", &["[Inferior 1 (", ") exited normally]"]);
    t.expect("info threads", &["No threads."]);
}
