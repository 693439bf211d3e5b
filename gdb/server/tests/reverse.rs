//! Reverse execution over the remote protocol: `bs` and `bc` reach the earlier states in reverse order.

use esplens_core::time::TICKS_PER_US;
use esplens_debuginfo::symbols::FileRole;
use esplens_supervisor::{Handle, Session};
use esplens_testkit::{Rsp, boot, demo, demo_elf, firmware, serve};

/// Returns the registers and some RAM that both cores write.
fn look(g: &mut Rsp) -> (String, String) {
    let registers = g.call("g");
    (registers, g.call("m3ffb0000,800"))
}

/// Stops the demo at its producer, a while after its start.
fn at_producer() -> (esplens_testkit::Served, Rsp) {
    let (handle, port) = serve(demo());
    handle.symbols().load_now(FileRole::App, &demo_elf()).unwrap();
    let mut g = Rsp::ready(port);
    g.stop_at("producer_task");
    (handle, g)
}

#[test]
fn points_come_back_in_reverse_order() {
    // The demo asks for an address again and again: seconds pass between two Ethernet frames.
    for (point, stops) in [
        ("break xQueueGenericSend", 12),
        ("break irq 6", 12),
        ("break frame", 3),
        ("watch 0x3ffb3384 4 w", 12),
    ] {
        let (_handle, mut g) = at_producer();
        let id = g.monitor(point);
        assert!(id.contains(':'), "{id}");
        let mut seen = Vec::new();
        for _ in 0..stops {
            let stop = g.call("vCont;c");
            assert!(stop.starts_with("T05"), "{point}: {stop}");
            seen.push(look(&mut g));
        }
        let last = seen.pop().unwrap();
        for n in (0..seen.len()).rev() {
            let stop = g.call("bc");
            assert!(look(&mut g) == seen[n], "{point} {n}: {stop}");
        }
        // Forward again the run is the same, up to the end of the recorded run; then the machine continues.
        for (n, there) in seen.iter().enumerate().skip(1) {
            let stop = g.call("vCont;c");
            assert!(look(&mut g) == *there, "{point} {n}: {stop}");
        }
        let mut end = g.call("vCont;c");
        // An Ethernet frame's stop at the end of the recorded run comes before the end is reported.
        if point == "break frame" {
            end = g.call("vCont;c");
        }
        assert!(end.contains("replaylog:end"), "{point}: {end}");
        assert!(look(&mut g) == last, "{point}");
        assert!(g.call("vCont;c").starts_with("T05"));
    }
}

#[test]
fn steps_come_back_in_reverse_order() {
    let (_handle, mut g) = at_producer();
    g.monitor("threads cores");
    let thread = g.call("qC").trim_start_matches("QC").to_string();
    there_and_back(&mut g, &thread, 400);
}

/// Both cores of third-party firmware, wherever it happens to be.
#[test]
fn steps_of_foreign_firmware_come_back() {
    for (name, cores) in [
        ("idf-5.3-blink", 1..=2),
        ("idf-4.0-httpd-wifi", 1..=2),
        ("idf-5.2-deadline", 1..=1),
        ("nuttx-10.4", 1..=1),
    ] {
        let Some(dir) = firmware(name) else { return };
        let (handle, port) = serve(boot(&std::fs::read(dir.join("flash.bin")).unwrap(), name));
        let mut g = Rsp::ready(port);
        for ms in [290, 410, 433, 517] {
            g.send("vCont;c");
            let reached = move |s: &mut Session| s.machine().now() > ms * 1000 * TICKS_PER_US;
            while !handle.call(reached).unwrap() {}
            g.raw(b"\x03");
            assert!(g.receive().starts_with("T02"));
            for core in cores.clone() {
                eprintln!("{name}: core {core} at {ms} ms");
                there_and_back(&mut g, &format!("p1.{core}"), 60);
                // To the end of the recorded run, and on from there.
                while !g.call("vCont;c").contains("replaylog:end") {}
            }
        }
    }
}

/// Steps a core, and back again. A step that ends where it began ran a handler only: of such steps the last one counts.
fn there_and_back(g: &mut Rsp, thread: &str, steps: usize) {
    ["Hc", "Hg"].iter().for_each(|of| assert_eq!(g.call(&format!("{of}{thread}")), "OK"));
    let mut seen: Vec<String> = Vec::new();
    for _ in 0..steps {
        let here = g.call("g");
        seen.pop_if(|last| last[..8] == here[..8]);
        seen.push(here);
        assert!(g.call(&format!("vCont;s:{thread}")).starts_with("T05"));
    }
    seen.pop_if(|last| last[..8] == g.call("g")[..8]);
    assert!(seen.len() > steps / 3);
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
    // A register write in the past diverges from the recorded run, which is discarded.
    let run = |handle: &Handle| handle.call(|s| s.past().is_some()).unwrap();
    assert!(run(&handle));
    g.set_register(165, 5);
    assert!(!run(&handle));
}
