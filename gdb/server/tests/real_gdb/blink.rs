//! Commands around a stop, on third-party firmware: ESP-IDF 5.3's blink.

use crate::script::Bench;
use esplens_testkit::symbol;

#[test]
fn code_locals_displays_and_calls() {
    let Some(bench) = Bench::foreign("idf-5.3-blink") else { return };
    let t = bench.run(&[
        "tb app_main",
        "c",
        "x/6i $pc",
        "stepi",
        "stepi",
        "bt",
        "info locals",
        "display/x $a1",
        "next",
        "tb blink_led",
        "c",
        "finish",
        "call (int)esp_log_timestamp()",
        "info registers all",
        "thread apply all -q p $prid",
        "detach",
    ]);
    t.expect("x/6i $pc", &["=> ", "<app_main"]);
    assert_eq!(t.of("x/6i $pc").lines().count(), 6);
    t.expect("bt", &["#0  ", "in main_task (args=", "in vPortTaskWrapper ("]);
    t.expect("next", &["1: /x $a1 = 0x3ffb"]);
    t.expect_nth("c", 1, &["blink_led () at "]);
    t.expect("finish", &["app_main () at "]);
    assert!(t.number("call (int)esp_log_timestamp()") > 0, "{t}");
    t.expect("info registers all", &["f64r_lo", "psintlevel"]);
    for prid in ["= 52685", "= 43947"] {
        assert!(t.of("thread apply all -q p $prid").contains(prid), "{t}");
    }
    t.expect("detach", &["detached"]);
    t.no_complaints();
}

#[test]
fn watchpoints_conditions_and_memory() {
    let Some(bench) = Bench::foreign("idf-5.3-blink") else { return };
    let t = bench.run(&[
        "tb blink_led",
        "c",
        "watch s_led_state",
        "c",
        "c",
        "delete",
        "tb vTaskDelay",
        "c",
        "p/x $windowbase",
        "p $ps = $ps",
        "p $psintlevel",
        "break xTaskIncrementTick if xTickCount > 240",
        "ignore 4 3",
        "c",
        "p xTickCount",
        "delete",
        "p/x *(unsigned*)0x3ff44004",
        "p/x *(unsigned*)0x50000000",
        "p/x *(unsigned*)0x40000400",
        "monitor info status",
        "info mem",
        "detach",
    ]);
    t.expect_nth("c", 1, &["Hardware watchpoint 2: s_led_state", "Old value = 0", "New value = 1"]);
    t.expect_nth("c", 2, &["Hardware watchpoint 2: s_led_state", "Old value = 1", "New value = 0"]);
    t.expect_nth("c", 3, &["vTaskDelay (xTicksToDelay="]);
    assert_eq!(t.number("p xTickCount"), 244, "241, 242 and 243 are ignored\n{t}");
    t.expect("monitor info status", &["VM status: paused"]);
    t.expect("info mem", &[" ro "]);
    t.no_complaints();
}

#[test]
fn window_handlers_rom_and_both_cores() {
    let Some(bench) = Bench::foreign("idf-5.3-blink") else { return };
    let (handler, rom) = (symbol(&bench.elf, "_WindowOverflow8"), symbol(&bench.elf, "esp_rom_printf"));
    let (in_handler, in_rom) = (format!("tb *{handler:#x}"), format!("tb *{rom:#x}"));
    let t = bench.run(&[
        // The second-stage bootloader uses the ROM's printf; so does the early application.
        "tb call_start_cpu0",
        "c",
        &in_rom,
        "c",
        "bt",
        "p/x $pc",
        "tb app_main",
        "c",
        "thread apply all -q p/x $prid",
        "thread apply all -q bt",
        &in_handler,
        "c",
        "p/x $pc",
        "p $psexcm",
        "p/x $spill = $a9",
        "p/x $a0",
        "p/x $a1",
        "p/x $a2",
        "p/x $a3",
        "p/x $again = $epc1",
        "tb *$again",
        "c",
        "p/x ((unsigned *)$spill)[-4]",
        "p/x ((unsigned *)$spill)[-3]",
        "p/x ((unsigned *)$spill)[-2]",
        "p/x ((unsigned *)$spill)[-1]",
    ]);
    assert_eq!(t.number("p/x $pc"), u64::from(rom), "{t}");
    t.expect("bt", &["#0 ", "#1 "]);
    for prid in ["0xcdcd", "0xabab"] {
        assert!(t.of("thread apply all -q p/x $prid").contains(prid), "{t}");
    }
    t.expect("thread apply all -q bt", &["#0 ", "#0 "]);
    assert!(t.of("thread apply all -q bt").contains("in main_task (args="), "{t}");
    assert_eq!((t.number_nth("p/x $pc", 1), t.number("p $psexcm")), (handler.into(), 1), "{t}");
    for (register, word) in [("a0", -4), ("a1", -3), ("a2", -2), ("a3", -1)] {
        let spilled = t.number(&format!("p/x ((unsigned *)$spill)[{word}]"));
        assert_eq!(spilled, t.number(&format!("p/x ${register}")), "{register}\n{t}");
    }
    t.no_complaints();
}
