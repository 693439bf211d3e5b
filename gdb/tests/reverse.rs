//! Backwards over the remote protocol: `bs` and `bc` come to what was before, in reverse order.

mod common;

use common::{Rsp, demo, demo_elf, serve};
use esplens_gdb::supervisor::Handle;
use esplens_gdb::symbols::Role;

/// Registers, and some RAM that both cores write.
fn look(g: &mut Rsp) -> (String, String) {
    let registers = g.call("g");
    (registers, g.call("m3ffb0000,800"))
}

/// At the demo's producer, a while after its start.
fn at_producer() -> (common::Served, Rsp) {
    let (handle, port) = serve(demo());
    handle.symbols().load_now(Role::App, &demo_elf()).unwrap();
    let mut g = Rsp::ready(port);
    g.stop_at("producer_task");
    (handle, g)
}

#[test]
fn breakpoints_come_back_in_reverse_order() {
    let (_handle, mut g) = at_producer();
    let id = g.monitor("break xQueueGenericSend");
    assert!(id.contains(':'), "{id}");
    let mut seen = Vec::new();
    for _ in 0..12 {
        let stop = g.call("vCont;c");
        assert!(stop.starts_with("T05"), "{stop}");
        seen.push((stop, look(&mut g)));
    }
    let last = seen.pop().unwrap();
    for n in (0..seen.len()).rev() {
        let stop = g.call("bc");
        assert_eq!(look(&mut g), seen[n].1, "{n}: {stop}");
    }
    // Forward again it is the same run, up to where it had come; then it goes on.
    for (n, (stop, there)) in seen.iter().enumerate().skip(1) {
        let again = g.call("vCont;c");
        assert_eq!(&look(&mut g), there, "{n}: {stop} {again}");
    }
    let end = g.call("vCont;c");
    assert!(end.contains("replaylog:end"), "{end}");
    assert_eq!(look(&mut g), last.1);
    assert!(g.call("vCont;c").starts_with("T05"));
}

#[test]
fn steps_come_back_in_reverse_order() {
    let (_handle, mut g) = at_producer();
    g.monitor("threads cores");
    let thread = g.call("qC").trim_start_matches("QC").to_string();
    ["Hc", "Hg"].iter().for_each(|of| assert_eq!(g.call(&format!("{of}{thread}")), "OK"));
    let mut seen = Vec::new();
    for _ in 0..400 {
        seen.push(g.call("g"));
        assert!(g.call(&format!("vCont;s:{thread}")).starts_with("T05"));
    }
    for (n, there) in seen.iter().enumerate().rev() {
        assert!(g.call("bs").starts_with("T05"));
        assert_eq!(g.call("g"), *there, "{n}");
    }
}

#[test]
fn before_the_first_moment_there_is_nothing() {
    let (handle, mut g) = at_producer();
    let stop = g.call("bc");
    assert!(stop.contains("replaylog:begin"), "{stop}");
    assert_eq!(g.pc(), 0x4000_0400);
    assert!(g.call("bs").contains("replaylog:begin"));
    // A register that is written in the past makes it another run.
    let run = |handle: &Handle| handle.call(|s| s.past().is_some()).unwrap();
    assert!(run(&handle));
    g.set_register(165, 5);
    assert!(!run(&handle));
}
