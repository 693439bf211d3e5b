//! GDB's `reverse-` commands: finding the write of a value and the calls before a place.

use crate::script::Bench;

#[test]
fn the_write_before_a_value_is_found() {
    let Some(bench) = Bench::demo() else { return };
    let t = bench.run(&[
        "tb app_main",
        "c",
        "b consumer_task if counters.consumed >= 3",
        "watch counters.consumed",
        "c",
        "c",
        "c",
        "p counters.consumed",
        "reverse-continue",
        "p counters.consumed",
        "bt 1",
        "reverse-continue",
        "p counters.consumed",
        "delete",
        "b producer_task",
        "reverse-continue",
        "p counters.produced",
        "delete",
        "reverse-continue",
        "x/i $pc",
        "c",
        "p counters.consumed",
    ]);
    assert_eq!(t.number("p counters.consumed"), 3, "{t}");
    // GDB undoes the write that it is at, then the one before.
    t.expect(
        "reverse-continue",
        &["Hardware watchpoint 3: counters.consumed", "Old value = 3", "New value = 2"],
    );
    assert_eq!(t.number_nth("p counters.consumed", 1), 2, "{t}");
    t.expect("bt 1", &["#0  ", "consumer_task ("]);
    t.expect_nth("reverse-continue", 1, &["Old value = 2", "New value = 1"]);
    t.expect_nth("reverse-continue", 2, &["producer_task (", "main.c:56"]);
    assert_eq!(t.number("p counters.produced"), 0, "{t}");
    t.expect_nth("reverse-continue", 3, &["No more reverse-execution history"]);
    t.expect("x/i $pc", &["0x40000400"]);
    // Forward again to the end of the recorded run.
    t.expect_nth("c", 4, &["No more reverse-execution history"]);
    assert_eq!(t.number_nth("p counters.consumed", 3), 3, "{t}");
}

#[test]
fn lines_and_calls_go_both_ways() {
    let Some(bench) = Bench::demo() else { return };
    let t = bench.run(&[
        "tb producer_task",
        "c",
        "next",
        "next",
        "p/x $pc",
        "next",
        "next",
        "reverse-next",
        "reverse-next",
        "p/x $pc",
        "tb xQueueGenericSend",
        "c",
        "next",
        "reverse-finish",
        "bt 2",
        "reverse-stepi",
        "stepi",
        "bt 1",
    ]);
    assert_eq!(t.number("p/x $pc"), t.number_nth("p/x $pc", 1), "{t}");
    t.expect("reverse-finish", &["producer_task ("]);
    t.expect("bt 2", &["#0  ", "producer_task ("]);
    t.expect("bt 1", &["#0  ", "producer_task ("]);
}

#[test]
fn a_panic_of_foreign_firmware_is_followed_back() {
    let Some(bench) = Bench::foreign("idf-6.1-coredump") else { return };
    let t = bench.run(&[
        "b esp_panic_handler",
        "c",
        "bt 6",
        "delete",
        "b app_main",
        "reverse-continue",
        "info threads",
        "next",
        "next",
        "reverse-next",
    ]);
    t.expect("bt 6", &["esp_panic_handler (", "app_main ()"]);
    t.expect("reverse-continue", &["app_main () at"]);
    t.expect("info threads", &["main"]);
    t.expect("reverse-next", &["16"]);
}
