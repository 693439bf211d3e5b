//! Numbers of the list, printed; asserted only in optimised builds, where they mean something.

mod common;

use common::{Rsp, boot, firmware, hello, serve, symbol};
use esplens_core::time::TICKS_PER_US;
use esplens_soc::machine::{Machine, RunExit};
use std::time::{Duration, Instant};

const MS: u64 = 1000 * TICKS_PER_US;

fn blink() -> Option<(Machine, std::path::PathBuf)> {
    let dir = firmware("idf-5.3-blink")?;
    Some((boot(&std::fs::read(dir.join("flash.bin")).unwrap(), "blink"), dir.join("app.elf")))
}

/// Seconds for a boot of 300 ms.
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

#[test]
fn a_thousand_stops() {
    let Some((machine, elf)) = blink() else { return };
    let (_handle, port) = serve(machine);
    let mut g = Rsp::ready(port);
    let at = symbol(&elf, "esp_rom_crc32_le");
    let at = if at == 0 { symbol(&elf, "vListInsert") } else { at };
    let _ = at;
    // A busy one: called all the time while the boot log is written.
    let busy = symbol(&elf, "uart_tx_char");
    g.call(&format!("Z0,{busy:x},2"));
    let begin = Instant::now();
    let mut n = 0;
    while n < 1000 {
        let stop = g.call("vCont;c");
        assert!(stop.ends_with("swbreak:;"), "{stop}");
        n += 1;
        if n == 1 {
            eprintln!("first after {:?}", begin.elapsed());
        }
    }
    eprintln!("{:.0} stops/s", 1000.0 / begin.elapsed().as_secs_f64());
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
