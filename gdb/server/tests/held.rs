//! A machine held at a breakpoint by a real connection ends in the same state as a machine that was never held.
//!
//! The state hash covers the whole state of the machine, its virtual time included. The duration of the hold in host
//! time makes no difference, because nothing below the supervisor reads the host's clock. Two seconds prove the
//! property; ESPLENS_FULL=1 holds for the minute that the issue requires.

use esplens_core::time::TICKS_PER_US;
use esplens_supervisor::{Handle, Speed};
use esplens_testkit::{Rsp, demo, demo_elf, serve, symbol};
use std::time::Duration;

/// Virtual time at which the runs are compared.
const END: u64 = 600_000 * TICKS_PER_US;
/// Stops at the tick, which runs a hundred times a second; the machine is held at the last stop.
const STOPS: u32 = 20;

fn hold() -> Duration {
    Duration::from_secs(if std::env::var_os("ESPLENS_FULL").is_some() { 60 } else { 2 })
}

/// Returns the hash at [`END`] of a machine that is stopped before it.
fn hash_at_end(handle: &Handle) -> [u8; 32] {
    handle
        .call(|s| {
            assert!(!s.is_running() && s.machine().now() < END, "it stands still before the end");
            let machine = s.machine_mut();
            while machine.now() < END {
                machine.run_debug(END);
            }
            machine.state_hash()
        })
        .unwrap()
}

/// Connects and stops the demo at the tick; the demo stays stopped while the connection lives.
fn at_tick(port: u16) -> (Rsp, u32) {
    let mut g = Rsp::ready(port);
    let tick = symbol(&demo_elf(), "xTaskIncrementTick");
    assert_eq!(g.call(&format!("Z0,{tick:x},2")), "OK");
    for _ in 0..STOPS {
        let stop = g.call("vCont;c");
        assert!(stop.contains("swbreak:;"), "{stop}");
        assert_eq!(g.pc(), tick);
    }
    (g, tick)
}

#[test]
fn a_held_breakpoint_changes_nothing_the_firmware_can_see() {
    let (undisturbed, _) = serve(demo());
    let expected = hash_at_end(&undisturbed);
    let (handle, port) = serve(demo());
    // As in interactive use: virtual time follows host time.
    handle.call(|s| s.set_speed(Speed::Real)).unwrap();
    let (mut g, tick) = at_tick(port);
    let hash = || handle.call(|s| s.machine_mut().state_hash()).unwrap();
    let before = hash();
    // Reads as a debugger makes them, FIFOs and clear-on-read registers included.
    for area in ["m3ff40000,400", "m3ffb0000,1000", "m400d0020,100", "m3ff00000,100", "m60000000,40"] {
        g.call(area);
    }
    g.call("g");
    std::thread::sleep(hold());
    assert_eq!(hash(), before, "time stood still");
    assert_eq!(g.call(&format!("z0,{tick:x},2")), "OK");
    assert_eq!(hash_at_end(&handle), expected);
}

#[test]
fn the_hash_tells_runs_apart() {
    let (plain, _) = serve(demo());
    let expected = hash_at_end(&plain);
    let (changed, port) = serve(demo());
    let (mut g, tick) = at_tick(port);
    let blinks = symbol(&demo_elf(), "counters");
    assert_eq!(g.call(&format!("M{blinks:x},1:5a")), "OK");
    assert_eq!(g.call(&format!("z0,{tick:x},2")), "OK");
    assert_ne!(hash_at_end(&changed), expected);
}
