//! BREAK instructions in the firmware: stops while a debugger is attached, exceptions in the guest without one.

use esplens_core::time::TICKS_PER_US;
use esplens_testkit::{Rsp, Served, hello, serve};

const CODE: u32 = 0x4008_0000;
/// `break 1, 15`, `break.n 0`, `break 0, 0`, `j .`
const PROGRAM: &str = "f041002df000400006ffff";
/// Addresses behind each of the three.
const AFTER: [u32; 3] = [CODE + 3, CODE + 5, CODE + 8];
const PS: usize = 73;
/// WOE and UM: interrupts and debug exceptions are enabled.
const OPEN: u32 = 0x4_0020;

/// Returns a client whose machine is stopped before the program.
fn before_program(port: u16) -> Rsp {
    let mut g = Rsp::ready(port);
    g.call("?");
    assert_eq!(g.call(&format!("M{CODE:x},b:{PROGRAM}")), "OK");
    g.set_register(PS, OPEN);
    g.set_register(0, CODE);
    g
}

#[test]
fn each_break_is_a_stop_and_continuing_steps_over_it() {
    let (_handle, port) = serve(hello());
    let mut g = before_program(port);
    for at in [CODE, AFTER[0], AFTER[1]] {
        let stop = g.call("vCont;c");
        assert!(stop.starts_with("T05thread:p01.01;"), "{stop}");
        assert!(g.console.contains("break instruction"), "{}", g.console);
        assert_eq!(g.pc(), at);
    }
    g.send("vCont;c");
    g.raw(b"\x03");
    assert!(g.receive().starts_with("T02"));
    assert_eq!(g.pc(), AFTER[2], "in the endless loop");
}

#[test]
fn stepping_goes_over_them_one_by_one() {
    let (_handle, port) = serve(hello());
    let mut g = before_program(port);
    assert!(g.call("vCont;c").starts_with("T05"));
    assert!(g.call("vCont;s:p1.1;c").starts_with("T05"));
    assert_eq!(g.pc(), AFTER[0]);
    assert!(g.call("vCont;s:p1.1;c").starts_with("T05"));
    assert_eq!(g.pc(), AFTER[0], "a step into a BREAK stops at it");
    assert!(g.call("vCont;s:p1.1;c").starts_with("T05"));
    assert_eq!(g.pc(), AFTER[1]);
    // After the user sets the PC, execution continues there.
    assert!(g.call("vCont;c").starts_with("T05"));
    g.set_register(0, CODE);
    assert!(g.call("vCont;c").starts_with("T05"));
    assert_eq!(g.pc(), CODE);
}

#[test]
fn a_planted_breakpoint_on_a_break_is_one_stop_more() {
    let (_handle, port) = serve(hello());
    let mut g = before_program(port);
    assert_eq!(g.call(&format!("Z0,{:x},2", AFTER[0])), "OK");
    assert!(g.call("vCont;c").starts_with("T05"));
    assert!(g.call("vCont;c").contains("swbreak:;"));
    assert_eq!(g.pc(), AFTER[0]);
    assert!(g.call("vCont;c").starts_with("T05thread"));
    assert_eq!(g.pc(), AFTER[0], "the BREAK itself");
    assert!(g.call("vCont;c").starts_with("T05thread"));
    assert_eq!(g.pc(), AFTER[1]);
}

/// Runs without a debugger; returns PRO_CPU's EPC6 and DEBUGCAUSE.
fn undisturbed(handle: &Served, ticks: u64) -> (u32, u32) {
    handle
        .call(move |s| {
            let m = s.machine_mut();
            let end = m.now() + ticks;
            m.run(end);
            (m.cpu(0).epc[6], m.cpu(0).debugcause)
        })
        .unwrap()
}

#[test]
fn without_a_debugger_it_is_an_exception() {
    let (handle, port) = serve(hello());
    let mut g = before_program(port);
    assert_eq!(undisturbed(&handle, 0), (0, 0));
    // A broken connection leaves the machine stopped, without a debugger that takes the BREAK.
    g.send("vCont;c");
    g.receive();
    g.set_register(0, CODE);
    drop(g);
    while !handle.attached().iter().all(|c| &*c.name != "gdb") {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    assert_eq!(undisturbed(&handle, TICKS_PER_US), (CODE, 8), "EPC6 and DEBUGCAUSE: BREAK");
}

/// `nop.n`, `break 1, 15`, `nop.n`, `break.n 0`, `nop.n`, `j .`
const BETWEEN: &str = "3df0f041003df02df03df006ffff";

#[test]
fn the_way_back_leads_over_breaks_and_the_way_forward_is_the_same_run() {
    let (handle, port) = serve(hello());
    let mut g = Rsp::ready(port);
    g.call("?");
    assert_eq!(g.call(&format!("M{CODE:x},e:{BETWEEN}")), "OK");
    g.set_register(PS, OPEN);
    g.set_register(0, CODE);
    let hash = || handle.call(|s| s.machine_mut().state_hash()).unwrap();
    let mut stops = Vec::new();
    for pc in [CODE + 2, CODE + 7] {
        assert!(g.call("vCont;c").starts_with("T05"));
        assert_eq!(g.pc(), pc);
        stops.push(hash());
    }
    assert!(g.call("vCont;s:p1.1;c").starts_with("T05"));
    assert_eq!(g.pc(), CODE + 9, "behind the second BREAK");
    assert!(g.call("vCont;s:p1.1;c").starts_with("T05"));
    assert_eq!(g.pc(), CODE + 11);
    let end = hash();
    // A BREAK that was stepped over took no cycle: a reverse step from behind it reaches the instruction before it.
    for pc in [CODE + 9, CODE + 5] {
        assert!(g.call("bs").starts_with("T05"));
        assert_eq!(g.pc(), pc);
    }
    let forward = g.call("vCont;c");
    assert!(forward.contains("replaylog:end;"), "{forward}");
    assert_eq!((g.pc(), hash()), (CODE + 11, end), "the same run again");
}
