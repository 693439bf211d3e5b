//! Backtraces from places that are hard to unwind, on the demo. Where GDB's own unwinder ends, the tests check that the
//! data it would continue with is there.

use crate::script::{Bench, Transcript};
use esplens_soc::machine::Input;
use esplens_testkit::symbol;

/// Functions of the mask ROM, ets_printf and ets_delay_us; the ELF file has only their addresses.
const ROM_FUNCTIONS: [&str; 2] = ["ets_printf", "ets_delay_us"];
/// Offset from VECBASE of the vector for level-1 interrupts and exceptions from user mode.
const USER_VECTOR: u32 = 0x340;
/// Offset from VECBASE of the handler that spills eight-register windows.
const OVERFLOW8: u32 = 0x80;
/// PRID of each core.
const PRID: [u64; 2] = [0xCDCD, 0xABAB];

/// Checks that a backtrace's functions, innermost first, are exactly these; `...` stands for any number of others.
#[track_caller]
fn chain(t: &Transcript, bt: &str, names: &[&str]) {
    let frame = |line: &str| {
        let after = line.split_once(" in ").map_or_else(|| line[3..].trim_start(), |(_, rest)| rest);
        after.split(" (").next().unwrap_or_default().to_string()
    };
    let frames: Vec<String> = bt.lines().filter(|l| l.starts_with('#')).map(frame).collect();
    let mut at = 0;
    let mut skip = false;
    for name in names {
        if *name == "..." {
            skip = true;
            continue;
        }
        let found = frames[at..].iter().position(|f| f == name);
        let found = found.unwrap_or_else(|| panic!("no {name} in {frames:?}\n{t}"));
        assert!(skip || found == 0, "{:?} before {name}\n{t}", &frames[at..at + found]);
        at += found + 1;
        skip = false;
    }
    assert!(skip || at == frames.len(), "it goes on past {names:?}\n{t}");
}

#[test]
fn from_app_main_and_rom_code() {
    let Some(bench) = Bench::demo() else { return };
    let [printf, delay] = ROM_FUNCTIONS.map(|name| format!("tb *{:#x}", symbol(&bench.elf, name)));
    let t = bench.run(&[
        "tb app_main",
        "c",
        "bt",
        &printf,
        "c",
        "bt",
        "stepi 300",
        "bt",
        "x/i $pc",
        "delete",
        &delay,
        "c",
        "bt",
        "finish",
    ]);
    chain(&t, t.of("bt"), &["app_main", "port_main", "start_common"]);
    // Before the ROM function's ENTRY, and deep inside it.
    chain(&t, t.nth("bt", 1), &["??", "app_main", "port_main", "start_common"]);
    chain(&t, t.nth("bt", 2), &["??", "...", "app_main", "port_main", "start_common"]);
    t.expect("x/i $pc", &["=> 0x4000"]);
    t.expect_nth("bt", 3, &["#0 ", "in ?? ()", "#1 ", "port_task_returned"]);
    t.expect("finish", &["/main.c:"]);
    t.no_complaints();
}

#[test]
fn on_both_cores_and_in_rust() {
    let Some(bench) = Bench::demo() else { return };
    let t = bench.run(&[
        "tb consumer_task",
        "c",
        "bt",
        "p/x $prid",
        "tb producer_task",
        "monitor system_reset",
        "c",
        "bt",
        "p/x $prid",
        "thread apply all -q p/x $prid",
        "tb demo_read",
        "c",
        "bt",
    ]);
    chain(&t, t.of("bt"), &["consumer_task", "port_task_returned"]);
    assert_eq!(t.number("p/x $prid"), PRID[1], "the consumer's core\n{t}");
    chain(&t, t.nth("bt", 1), &["producer_task", "port_task_returned"]);
    assert_eq!(t.number_nth("p/x $prid", 1), PRID[0], "the producer's core\n{t}");
    t.expect("thread apply all -q p/x $prid", &["= 0x"]);
    for prid in ["0xcdcd", "0xabab"] {
        assert!(t.of("thread apply all -q p/x $prid").contains(prid), "{t}");
    }
    chain(&t, t.nth("bt", 2), &["demo_read", "demo::console::console_task", "port_task_returned"]);
    t.no_complaints();
}

/// Types a line on the demo's console.
fn type_line(bench: &Bench, line: &str) {
    let bytes = line.bytes().chain(*b"\n").collect();
    bench.handle.call(move |s| s.machine_mut().input(Input::Uart(0, bytes))).unwrap();
}

#[test]
fn at_a_crash_in_c_called_from_rust() {
    let Some(bench) = Bench::demo() else { return };
    bench.run_and_stop(300);
    type_line(&bench, "crash");
    let t =
        bench.run(&["tb port_panic", "c", "bt", "p/x frame->pc", "p frame->cause", "info symbol frame->pc"]);
    chain(&t, t.of("bt"), &["port_panic", "port_interrupt", "port_exception"]);
    t.expect("info symbol frame->pc", &["read_sensor + "]);
    assert_eq!(t.number("p frame->cause"), 28, "LoadProhibited\n{t}");

    let Some(bench) = Bench::demo() else { return };
    bench.run_and_stop(300);
    type_line(&bench, "crash");
    let t = bench.run(&["tb read_sensor", "c", "bt", "up", "info locals", "up", "p/x broken.id"]);
    chain(&t, t.of("bt"), &["read_sensor", "average", "demo_crash", "...", "port_task_returned"]);
    t.expect("up", &["average (sensor="]);
    t.expect("info locals", &["sum = 0"]);
    assert_eq!(t.number("p/x broken.id"), 42, "{t}");
}

#[test]
fn in_a_window_overflow_handler() {
    let Some(bench) = Bench::demo() else { return };
    let handler = symbol(&bench.elf, "port_vectors") + OVERFLOW8;
    let here = format!("tb *{handler:#x}");
    let t = bench.run(&[
        "tb app_main",
        "c",
        &here,
        "c",
        "bt",
        "p/x $pc",
        "p $psexcm",
        "p/x $spill = $a9",
        "p/x $a0",
        "p/x $a1",
        "p/x $a2",
        "p/x $a3",
        "p/x $again = $epc1",
        "stepi",
        "p/x $pc",
        "tb *$again",
        "c",
        "p/x $pc",
        "bt",
        "p/x ((unsigned *)$spill)[-4]",
        "p/x ((unsigned *)$spill)[-3]",
        "p/x ((unsigned *)$spill)[-2]",
        "p/x ((unsigned *)$spill)[-1]",
    ]);
    let outer = ["...", "vTaskStartScheduler", "app_main", "port_main", "start_common"];
    assert_eq!(t.number("p/x $pc"), u64::from(handler));
    assert_eq!(t.number("p $psexcm"), 1, "{t}");
    chain(&t, t.of("bt"), &[["port_vectors"].as_slice(), &outer].concat());
    assert_eq!(t.number_nth("p/x $pc", 1), u64::from(handler) + 3, "a step inside the handler is a step");
    assert_eq!(t.number_nth("p/x $pc", 2), t.number("p/x $again = $epc1"), "back at what overflowed");
    chain(&t, t.nth("bt", 1), &outer);
    // The registers that the handler saw are at the addresses where it spills them.
    for (register, word) in [("a0", -4), ("a1", -3), ("a2", -2), ("a3", -1)] {
        let spilled = t.number(&format!("p/x ((unsigned *)$spill)[{word}]"));
        assert_eq!(spilled, t.number(&format!("p/x ${register}")), "{register}\n{t}");
    }
    t.no_complaints();
}

#[test]
fn in_an_interrupt_at_its_vector_and_in_its_handler() {
    let Some(bench) = Bench::demo() else { return };
    let vector = symbol(&bench.elf, "port_vectors") + USER_VECTOR;
    let (here, back) = (format!("tb *{vector:#x}"), format!("p $pc = {vector:#x}"));
    let t = bench.run(&[
        "tb demo_read",
        "c",
        &here,
        "c",
        "p/x $epc1",
        "p/x $a0",
        "p/x $a1",
        "bt",
        // GDB's unwinder does not know vectors. With PC and PS as they were before the interrupt, it finds the whole
        // stack.
        "p/x $pc = $epc1",
        "frame 0",
        "p $ps = $ps & ~0x10",
        "bt",
        "frame 0",
        &back,
        "frame 0",
        "p $ps = $ps | 0x10",
        // On to the C code, which has the same values in the frame that the assembly code made.
        "tb port_interrupt",
        "c",
        "bt",
        "p/x frame->pc",
        "p/x frame->a[0]",
        "p/x frame->a[1]",
        "thbreak xTaskIncrementTick",
        "c",
        "bt",
        "finish",
    ]);
    t.expect_nth("c", 1, &["port_vectors ()"]);
    chain(&t, t.nth("bt", 1), &["port_unmask", "vTaskYieldWithinAPI", "...", "port_task_returned"]);
    chain(&t, t.nth("bt", 2), &["port_interrupt", "port_exception"]);
    for (inside, before) in
        [("p/x frame->pc", "p/x $epc1"), ("p/x frame->a[0]", "p/x $a0"), ("p/x frame->a[1]", "p/x $a1")]
    {
        assert_eq!(t.number(inside), t.number(before), "{inside}\n{t}");
    }
    chain(&t, t.nth("bt", 3), &["xTaskIncrementTick", "tick", "port_interrupt", "port_exception"]);
    t.expect("finish", &["Value returned is "]);
}
