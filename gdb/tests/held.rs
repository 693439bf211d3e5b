//! A machine held at a breakpoint by a real connection is, afterwards, the machine that never was.
//!
//! The state hash covers everything that makes up the machine, its virtual time included. How long the hold lasts in
//! wall time makes no difference, because nothing below the supervisor reads the host's clock: two seconds prove the
//! property, ESPLENS_FULL=1 holds for the minute that the issue names.

mod common;

use common::{Rsp, demo, demo_elf, serve, symbol};
use esplens_core::time::TICKS_PER_US;
use esplens_gdb::supervisor::{Handle, Speed};
use std::time::Duration;

/// Where the runs are compared, in virtual time.
const END: u64 = 600_000 * TICKS_PER_US;
/// Stops at the tick, of a hundred a second; the machine is held at the last.
const STOPS: u32 = 20;

fn hold() -> Duration {
    Duration::from_secs(if std::env::var_os("ESPLENS_FULL").is_some() { 60 } else { 2 })
}

/// The hash at [`END`] of a machine that stands still before it.
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

/// A connection that stopped the demo at the tick; it stays stopped while the connection lives.
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
    // As on a desk: virtual time follows the host's.
    handle.call(|s| s.set_speed(Speed::Real)).unwrap();
    let (mut g, tick) = at_tick(port);
    let hash = || handle.call(|s| s.machine_mut().state_hash()).unwrap();
    let before = hash();
    // What a debugger does meanwhile: look at everything, FIFOs and clear-on-read registers included.
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
