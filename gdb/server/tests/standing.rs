//! State that a client keeps while the machine changes: its threads through a reset, its connection through a detach,
//! and notifications of other clients' actions.

use esplens_debuginfo::symbols::FileRole;
use esplens_testkit::{Rsp, Served, demo, demo_elf, serve, symbol, unhex};
use std::time::{Duration, Instant};

/// Stops the demo with its symbols at a task; returns the client and the thread id.
fn at_task(handle: &Served, port: u16) -> (Rsp, String) {
    handle.symbols().load_now(FileRole::App, &demo_elf()).unwrap();
    let mut g = Rsp::ready(port);
    g.call("?");
    // The task starts once per boot, and the previous client let the machine run.
    g.monitor("reset halt");
    let place = symbol(&demo_elf(), "consumer_task");
    assert_eq!(g.call(&format!("Z0,{place:x},2")), "OK");
    let stop = g.call("vCont;c");
    assert_eq!(g.call(&format!("z0,{place:x},2")), "OK");
    let tid = stop.split("thread:").nth(1).unwrap().split(';').next().unwrap().to_string();
    assert!(tid.len() > 8, "a task: {stop}");
    (g, tid)
}

/// Returns the thread ids, which both kinds of list contain.
fn listed(g: &mut Rsp) -> Vec<String> {
    let ids: Vec<String> = g.call("qfThreadInfo")[1..].split(',').map(String::from).collect();
    let xml = g.call("qXfer:threads:read::0,3fff");
    for id in &ids {
        let number = id.split('.').nth(1).unwrap().trim_start_matches('0');
        assert!(xml.contains(&format!(".{number}\"")), "{id} in {xml}");
    }
    ids
}

fn running(handle: &Served) -> bool {
    handle.call(|s| s.is_running()).unwrap()
}

fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(120);
    while !holds() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn the_thread_of_the_last_stop_lives_through_a_reset() {
    let (handle, port) = serve(demo());
    for reset in ["reset halt", "system_reset", "threads cores"] {
        let (mut g, tid) = at_task(&handle, port);
        assert!(listed(&mut g).contains(&tid));
        g.monitor(reset);
        let now = listed(&mut g);
        assert!(now.contains(&tid), "{reset}: {tid} in {now:?}");
        assert_eq!(g.call(&format!("T{tid}")), "OK", "{reset}");
        assert_eq!(g.call(&format!("Hg{tid}")), "OK", "{reset}");
        if reset != "threads cores" {
            assert_eq!(g.pc(), 0x4000_0400, "{reset}: its registers are the core's");
        }
        // The thread can be stepped and continued; it is gone at the next stop.
        assert!(g.call(&format!("vCont;s:{tid};c")).starts_with("T05"), "{reset}");
        g.call("D");
        eventually("it runs on", || running(&handle));
    }
}

#[test]
fn a_thread_that_the_user_selected_lives_through_a_reset() {
    let (handle, port) = serve(demo());
    let (mut g, tid) = at_task(&handle, port);
    let other = listed(&mut g).into_iter().rev().find(|t| *t != tid).unwrap();
    assert_eq!(g.call(&format!("Hg{other}")), "OK");
    g.monitor("reset halt");
    let now = listed(&mut g);
    assert!(now.contains(&tid) && now.contains(&other), "{tid} and {other} in {now:?}");
    let extra = String::from_utf8(unhex(&g.call(&format!("qThreadExtraInfo,{other}")))).unwrap();
    assert!(extra.contains("gone"), "{extra}");
}

#[test]
fn extended_remote_stays_connected_after_a_detach() {
    let (handle, port) = serve(demo());
    let mut g = Rsp::ready(port);
    assert_eq!(g.call("!"), "OK");
    let reset = g.call("?");
    assert!(reset.starts_with("T05"));
    assert_eq!(g.call("D;1"), "OK");
    eventually("the machine runs", || running(&handle));
    assert_eq!(g.call("qfThreadInfo"), "l", "no program");
    assert!(g.call("m3ffb0000,4").starts_with('E'), "nothing of it can be read");
    assert!(running(&handle), "questions do not stop it");
    assert!(g.monitor("info status").contains("running"), "the monitor is there");
    assert!(g.call("vAttach;1").starts_with("T05"), "attach 1");
    assert!(!running(&handle));
    assert_eq!(g.call("m3ffb0000,4").len(), 8);
    assert_eq!(g.call("D"), "OK");
    eventually("the machine runs", || running(&handle));
    assert!(g.call("vRun;").starts_with("T05"), "run");
    assert_eq!(g.pc(), 0x4000_0400);
    // A client that disconnects while detached leaves the machine alone.
    assert_eq!(g.call("D"), "OK");
    eventually("the machine runs", || running(&handle));
    drop(g);
    eventually("it is gone", || handle.attached().iter().all(|c| &*c.name != "gdb"));
    assert!(running(&handle));
}

#[test]
fn plain_remote_ends_with_a_detach() {
    let (handle, port) = serve(demo());
    let mut g = Rsp::ready(port);
    g.call("?");
    assert_eq!(g.call("D"), "OK");
    eventually("it is gone", || handle.attached().iter().all(|c| &*c.name != "gdb"));
}

#[test]
fn who_waits_is_told_of_another_clients_reset() {
    let (handle, port) = serve(demo());
    let mut waits = Rsp::ready(port);
    waits.call("?");
    waits.send("vCont;c");
    eventually("it runs", || running(&handle));
    let monitor = handle.register("monitor");
    esplens_server::monitor::run(&monitor, "system_reset");
    esplens_server::monitor::run(&monitor, "stop");
    assert!(waits.receive().starts_with("T02"));
    let said = format!("reset by {}", monitor.client());
    assert!(waits.console.contains(&said), "{said:?} in {:?}", waits.console);
}
