//! Measures the figures of the list; asserts them in optimised builds only, where they are meaningful.

use esplens_core::time::TICKS_PER_US;
use esplens_soc::machine::{Machine, RunExit};
use esplens_testkit::{Rsp, boot, firmware, hello, serve, symbol};
use std::time::{Duration, Instant};

const MS: u64 = 1000 * TICKS_PER_US;

fn blink() -> Option<(Machine, std::path::PathBuf)> {
    let dir = firmware("idf-5.3-blink")?;
    Some((boot(&std::fs::read(dir.join("flash.bin")).unwrap(), "blink"), dir.join("app.elf")))
}

/// Returns the seconds for a boot of 300 ms.
fn boot_time(m: &mut Machine) -> f64 {
    let begin = Instant::now();
    while m.now() < 300 * MS {
        assert!(matches!(m.run_debug(300 * MS), RunExit::Until | RunExit::Reset(..)));
    }
    begin.elapsed().as_secs_f64()
}

#[test]
fn unhit_breakpoints_cost_nothing() {
    let Some((mut plain, _)) = blink() else { return };
    let Some((mut full, _)) = blink() else { return };
    // Addresses across the application's code that its boot does not reach: odd ones, never an instruction's.
    let begin = Instant::now();
    for n in 0..1000 {
        full.add_breakpoint(0x4030_0001 + n * 64);
    }
    eprintln!("setting 1000: {:?}", begin.elapsed());
    let (a, b) = (boot_time(&mut plain), boot_time(&mut full));
    eprintln!("none {a:.3} s, 1000 breakpoints {b:.3} s: {:.1}%", a / b * 100.0);
    assert_eq!(plain.state_hash(), full.state_hash(), "and change nothing");
    assert!(b < a * 2.0);
}

#[test]
fn stops_and_steps_over_rsp() {
    let (_handle, port) = serve(hello());
    let mut g = Rsp::ready(port);
    let steps = 5000;
    let begin = Instant::now();
    for _ in 0..steps {
        g.call("vCont;s:p1.1;c");
    }
    let rate = f64::from(steps) / begin.elapsed().as_secs_f64();
    eprintln!("{rate:.0} steps/s");
    if !cfg!(debug_assertions) {
        assert!(rate > 20_000.0);
    }
}

/// Returns the most frequent PC among the first instructions, which is in a tight loop of the ROM, and how often it
/// occurs.
fn busiest(g: &mut Rsp) -> (u32, u32) {
    let mut seen = std::collections::BTreeMap::new();
    for _ in 0..3000 {
        g.call("vCont;s:p1.1;c");
        *seen.entry(g.pc()).or_insert(0) += 1;
    }
    let (pc, n) = seen.iter().max_by_key(|(_, n)| **n).unwrap();
    (*pc, *n)
}

#[test]
fn a_thousand_stops() {
    let (_handle, port) = serve(hello());
    let mut g = Rsp::ready(port);
    let (at, often) = busiest(&mut g);
    g.call(&format!("Z0,{at:x},2"));
    let begin = Instant::now();
    for n in 0..1000 {
        if n % often == 0 {
            g.monitor("system_reset");
        }
        let stop = g.call("vCont;c");
        assert!(stop.contains("swbreak:;"), "{stop}");
    }
    let rate = 1000.0 / begin.elapsed().as_secs_f64();
    eprintln!("{rate:.0} stops/s at {at:#x}");
    if !cfg!(debug_assertions) {
        assert!(rate > 5_000.0);
    }
}

#[test]
fn a_watchpoint_on_a_hot_page_costs_little() {
    let Some((mut plain, elf)) = blink() else { return };
    let Some((mut watched, _)) = blink() else { return };
    // Never written, in the page of FreeRTOS' own variables.
    let near = symbol(&elf, "xTickCount") & !0xFFF;
    watched.add_watchpoint(1, near + 0xFFC, 1, esplens_core::memory::WatchKind::Write);
    let a = boot_time(&mut plain);
    let begin = Instant::now();
    let mut hits = 0;
    while watched.now() < 300 * MS {
        hits += u32::from(matches!(watched.run_debug(300 * MS), RunExit::Stopped { .. }));
    }
    let b = begin.elapsed().as_secs_f64();
    eprintln!("none {a:.3} s, watched page {b:.3} s ({hits} hits): {:.2}x", b / a);
}

#[test]
fn a_held_breakpoint_changes_nothing() {
    let Some((mut plain, _)) = blink() else { return };
    while plain.now() < 400 * MS {
        plain.run_debug(400 * MS);
    }
    let Some((mut held, elf)) = blink() else { return };
    let tick = symbol(&elf, "xTaskIncrementTick");
    held.add_breakpoint(tick);
    let mut hits = 0;
    loop {
        match held.run_debug(400 * MS) {
            RunExit::Stopped { .. } => {
                hits += 1;
                if hits == 3 {
                    std::thread::sleep(Duration::from_secs(2));
                }
            }
            RunExit::Until => break,
            _ => {}
        }
    }
    eprintln!("{hits} hits");
    assert!(hits > 3);
    assert_eq!(plain.state_hash(), held.state_hash());
}
