//! Stepping: steps, finish, until, display, changed registers, calls; on the demo.

use crate::script::{Bench, Transcript};
use esplens_testkit::symbol;

/// Commands that stop in the consumer, about to wait for a message.
const AT_RECEIVE: [&str; 4] = ["tb consumer_task", "c", "tb xQueueReceive if xQueue == messages", "c"];

fn consumer(then: &[&str]) -> Option<Transcript> {
    let bench = Bench::demo()?;
    let all: Vec<&str> = AT_RECEIVE.iter().chain(then).copied().collect();
    Some(bench.run(&all))
}

#[test]
fn finish_up_locals_and_next_over_calls() {
    let Some(t) = consumer(&[
        "up",
        "info locals",
        "down",
        "finish",
        "p counters.consumed",
        "next",
        "next",
        "info locals",
        "p counters.consumed",
        "next",
        "next",
        "frame",
        "p message.squared == message.number * message.number",
        "p message.number",
    ]) else {
        return;
    };
    t.expect("up", &["#1 ", "consumer_task ("]);
    t.expect("info locals", &["message = {number = "]);
    t.expect("finish", &["consumer_task (", "Value returned is $", " = 1"]);
    t.expect_nth("info locals", 1, &["message = {number = 1, squared = 1}"]);
    assert_eq!((t.number("p counters.consumed"), t.number_nth("p counters.consumed", 1)), (0, 1), "{t}");
    // The last `next` stepped over the wait for the next message, 200 ms in which the other tasks ran.
    t.expect("frame", &["#0  ", "consumer_task ("]);
    assert_eq!(t.number("p message.squared == message.number * message.number"), 1, "{t}");
    assert_eq!(t.number("p message.number"), 2, "{t}");
    t.no_complaints();
}

#[test]
fn until_leaves_a_loop() {
    let Some(bench) = Bench::demo() else { return };
    let mut commands = vec!["tb app_main", "c", "tb xTimerGenericCommandFromTask", "c", "finish"];
    // Seven iterations of a loop of three lines: `next` would take more than twenty.
    commands.extend(["until"; 9]);
    commands.extend(["frame", "p uxCurrentNumberOfTasks"]);
    let t = bench.run(&commands);
    assert_eq!(t.number("p uxCurrentNumberOfTasks"), 7, "{t}");
    t.expect("frame", &["#0  ", "app_main ()"]);
    t.no_complaints();
}

#[test]
fn advance_goes_there_and_set_var_counts_on() {
    let Some(bench) = Bench::demo() else { return };
    let t = bench.run(&[
        "tb app_main",
        "c",
        "advance vTaskStartScheduler",
        "bt 2",
        "set var counters.blinks = 1000",
        "p counters.blinks",
        "watch counters.blinks",
        "c",
    ]);
    t.expect("advance vTaskStartScheduler", &["vTaskStartScheduler ("]);
    t.expect("bt 2", &["#0  vTaskStartScheduler (", "in app_main ()"]);
    assert_eq!(t.number("p counters.blinks"), 1000, "{t}");
    t.expect_nth("c", 1, &["Hardware watchpoint ", "Old value = 1000", "New value = 1001"]);
    t.no_complaints();
}

#[test]
fn a_hundred_thousand_steps() {
    let Some(bench) = Bench::demo() else { return };
    let t = bench.run(&["tb app_main", "c", "p/x $ccount", "stepi 100000", "p/x $ccount", "bt", "p $psexcm"]);
    let cycles = t.number_nth("p/x $ccount", 1).wrapping_sub(t.number("p/x $ccount")) & 0xFFFF_FFFF;
    assert!(cycles >= 100_000, "{cycles} cycles\n{t}");
    assert_eq!(t.number("p $psexcm"), 0, "not in a window handler\n{t}");
    // By then the scheduler has started; the stack ends at the start of a task or of the core.
    let root = t.of("bt").lines().last().unwrap_or_default();
    assert!(["port_task_returned", "port_exception", "start_common"].iter().any(|r| root.contains(r)), "{t}");
    t.no_complaints();
}

#[test]
fn displays_and_disassembly() {
    let Some(bench) = Bench::demo() else { return };
    let t =
        bench.run(&["tb app_main", "c", "x/20i $pc", "display/i $pc", "display counters", "stepi", "next"]);
    let lines: Vec<&str> = t.of("x/20i $pc").lines().collect();
    assert_eq!(lines.len(), 20, "{t}");
    assert!(lines[0].starts_with("=> ") && lines[0].contains("<app_main>:\tentry\ta1, "), "{t}");
    let address = |line: &str| {
        let hex = line.trim_start_matches("=>").trim_start().trim_start_matches("0x");
        u32::from_str_radix(hex.split([' ', ':']).next().unwrap_or_default(), 16).unwrap()
    };
    assert_eq!(address(lines[0]), symbol(&bench.elf, "app_main"));
    let steps: Vec<u32> = lines.windows(2).map(|w| address(w[1]) - address(w[0])).collect();
    assert!(steps.iter().all(|n| matches!(n, 2 | 3)), "{steps:?}\n{t}");
    assert!(lines.iter().any(|l| l.contains("callx8\ta")), "{t}");
    for command in ["stepi", "next"] {
        t.expect(command, &["1: x/i $pc", "=> 0x400d", "app_main+", "2: counters = {blinks = 0"]);
    }
    t.no_complaints();
}

#[test]
fn all_registers_are_there_and_true() {
    let Some(bench) = Bench::demo() else { return };
    let t = bench.run(&["tb app_main", "c", "stepi", "info registers all"]);
    let value = |name: &str| {
        let line = t.of("info registers all").lines().find(|l| l.split(' ').next() == Some(name));
        let word = line.and_then(|l| l.split_whitespace().nth(1)).unwrap_or_else(|| panic!("no {name}\n{t}"));
        u32::from_str_radix(word.trim_start_matches("0x"), 16).unwrap()
    };
    assert!(t.of("info registers all").lines().count() >= 205, "{t}");
    assert!(!t.of("info registers all").contains("<unavailable>"), "{t}");
    assert_eq!(value("pc"), symbol(&bench.elf, "app_main") + 3);
    assert_eq!(value("vecbase"), symbol(&bench.elf, "port_vectors"));
    assert_eq!((value("prid"), value("psexcm"), value("pswoe")), (0xCDCD, 0, 1));
    let window = 4 * value("windowbase");
    for n in 0..16 {
        assert_eq!(value(&format!("a{n}")), value(&format!("ar{}", (window + n) % 64)), "a{n}\n{t}");
    }
    assert_eq!(value("ps") >> 18 & 1, value("pswoe"));
    // ENTRY a1, 48: the stack frame is below the caller's.
    let (caller, a0) = (4 * (value("windowbase") + 16 - (value("a0") >> 30)), value("a0") >> 30);
    assert_ne!(a0, 0);
    assert_eq!(value(&format!("ar{}", (caller + 1) % 64)), value("a1") + 48, "{t}");
}

#[test]
fn a_changed_pc_runs_code_again() {
    let Some(bench) = Bench::demo() else { return };
    // Behind ENTRY: load the counter, add one, store it.
    let t = bench.run(&[
        "tb heartbeat_fired",
        "c",
        "stepi",
        "p/x $start = (int)$pc",
        "stepi 4",
        "p counters.timer_fired",
        "set $pc = $start",
        "p/x $pc",
        "stepi 4",
        "p counters.timer_fired",
        "tb vTaskSuspendAll",
        "c",
    ]);
    assert_eq!(t.number("p counters.timer_fired"), 1, "{t}");
    assert_eq!(t.number("p/x $pc"), t.number("p/x $start = (int)$pc"));
    assert_eq!(t.number_nth("p counters.timer_fired", 1), 2, "{t}");
    t.expect_nth("c", 1, &["vTaskSuspendAll ("]);
}

#[test]
fn guest_functions_are_called_and_nothing_else_changes() {
    let registers = "info registers pc a0 a1 a2 a3 a4 a5 a6 a7 ps windowbase windowstart sar";
    let Some(t) = consumer(&[
        registers,
        "bt",
        "call xTaskGetTickCount()",
        "p xTickCount",
        "call xPortGetFreeHeapSize()",
        "call ((int (*)(void))port_core)()",
        "call (int)uxTaskPriorityGet(low_task)",
        "bt",
        registers,
        "finish",
    ]) else {
        return;
    };
    let (before, after) = (t.number("call xTaskGetTickCount()"), t.number("p xTickCount"));
    assert!(before <= after, "{t}");
    assert!(t.number("call xPortGetFreeHeapSize()") > 1000, "{t}");
    assert_eq!(t.number("call ((int (*)(void))port_core)()"), 1, "the consumer's core\n{t}");
    assert!(t.number("call (int)uxTaskPriorityGet(low_task)") >= 1, "{t}");
    assert_eq!(t.nth(registers, 0), t.nth(registers, 1), "{t}");
    assert_eq!(t.nth("bt", 0), t.nth("bt", 1));
    t.expect("finish", &["consumer_task (", " = 1"]);
    t.no_complaints();
}

#[test]
fn another_window_is_a_write_away() {
    let Some(bench) = Bench::demo() else { return };
    let t = bench.run(&[
        "tb app_main",
        "c",
        "tb xQueueGenericCreate",
        "c",
        "bt",
        "p $wb = (int)$windowbase",
        "p/x $caller = ((int)$windowbase - ($a0 >> 30 & 3)) & 15",
        "up",
        "p/x $a1",
        "down",
        "p $windowbase = $caller",
        "p/x $a1",
        "p $windowbase",
        "p $windowbase = $wb",
        "bt",
        "finish",
    ]);
    assert_eq!(t.number_nth("p/x $a1", 1), t.number("p/x $a1"), "the caller's stack pointer\n{t}");
    assert_eq!(
        t.number("p $windowbase"),
        t.number("p/x $caller = ((int)$windowbase - ($a0 >> 30 & 3)) & 15")
    );
    assert_eq!(t.nth("bt", 0), t.nth("bt", 1), "and back");
    t.expect("finish", &["app_main ()"]);
}
