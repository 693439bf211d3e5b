//! Breakpoints and watchpoints while both cores run: the demo's producer is on core 0, its consumer on core 1.

use crate::script::Bench;

#[test]
fn a_write_of_the_other_core_is_seen() {
    let Some(bench) = Bench::demo() else { return };
    // Set on core 0; core 1 writes.
    let t = bench.run(&[
        "tb app_main",
        "c",
        "p/x $prid",
        "watch counters.consumed",
        "c",
        "p/x $prid",
        "bt 1",
        "x/i $pc",
        "c",
        "p counters.consumed",
        "p counters.produced",
    ]);
    assert_eq!((t.number("p/x $prid"), t.number_nth("p/x $prid", 1)), (0xCDCD, 0xABAB), "{t}");
    t.expect("watch counters.consumed", &["Hardware watchpoint 2: counters.consumed"]);
    t.expect_nth("c", 1, &["Hardware watchpoint 2: counters.consumed", "Old value = 0", "New value = 1"]);
    t.expect_nth("c", 2, &["Old value = 1", "New value = 2"]);
    t.expect("bt 1", &["#0  ", "consumer_task ("]);
    assert_eq!(t.number("p counters.consumed"), 2, "{t}");
    assert!(t.number("p counters.produced") >= 2, "the other core ran\n{t}");
    t.no_complaints();
}

#[test]
fn reads_and_accesses_of_the_other_core_are_seen() {
    let Some(bench) = Bench::demo() else { return };
    // Set on core 1; core 0 reads and writes: load, add one, store.
    let t = bench.run(&[
        "tb consumer_task",
        "c",
        "rwatch counters.produced",
        "c",
        "p/x $prid",
        "bt 1",
        "delete",
        "awatch counters.produced",
        "c",
        "x/i $pc",
        "c",
        "p/x $prid",
        "bt 1",
    ]);
    t.expect_nth("c", 1, &["Hardware read watchpoint 2: counters.produced", "Value = "]);
    assert_eq!(t.number("p/x $prid"), 0xCDCD, "{t}");
    t.expect("bt 1", &["#0  ", "producer_task ("]);
    let access = "Hardware access (read/write) watchpoint 3: counters.produced";
    t.expect_nth("c", 2, &[access, "Old value = ", "New value = "]);
    t.expect_nth("c", 3, &[access, "Value = "]);
    assert_eq!(t.number_nth("p/x $prid", 1), 0xCDCD, "{t}");
    t.expect_nth("bt 1", 1, &["#0  ", "producer_task ("]);
    t.no_complaints();
}

#[test]
fn conditions_and_ignore_counts_count_what_they_should() {
    let Some(bench) = Bench::demo() else { return };
    let t = bench.run(&[
        "break xTaskIncrementTick if xTickCount >= 20",
        "ignore 1 3",
        "c",
        "p xTickCount",
        "info breakpoints",
        "condition 1 xTickCount % 4 == 2",
        "c",
        "p xTickCount",
        "c",
        "p xTickCount",
    ]);
    let ticks = [0, 1, 2].map(|n| t.number_nth("p xTickCount", n));
    // 20, 21 and 22 are ignored.
    assert_eq!(ticks, [23, 26, 30], "{t}");
    t.expect("info breakpoints", &["stop only if xTickCount >= 20", "breakpoint already hit 4 times"]);
    t.no_complaints();
}

#[test]
fn many_breakpoints_at_once_in_a_running_system() {
    let Some(bench) = Bench::demo() else { return };
    // One in every function of the kernel whose name begins like this: dozens, most of them hit all the time.
    let t = bench.run(&[
        "tb app_main",
        "c",
        "rbreak ^vTask",
        "rbreak ^xQueue",
        "ignore 2 1000000",
        "c",
        "c",
        "c",
        "info breakpoints",
        "delete",
        "tb heartbeat_fired",
        "c",
    ]);
    assert!(t.of("info breakpoints").matches(" breakpoint ").count() >= 20, "{t}");
    for n in 1..4 {
        t.expect_nth("c", n, &["Breakpoint ", ") at /freertos/"]);
    }
    t.expect_nth("c", 4, &["heartbeat_fired ("]);
    t.no_complaints();
}
