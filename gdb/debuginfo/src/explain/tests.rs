use super::*;

fn nobody(_: usize) -> Vec<String> {
    Vec::new()
}

#[test]
fn text_that_is_no_panic_is_left_alone() {
    let mut e = Explainer::new(Arc::default());
    for line in ["", "I (12) boot: entry 0x40080640", "Backtrace:", "PC : 0x400d0000", &"x".repeat(100_000)] {
        assert!(e.line(line, &nobody).is_empty(), "{line}");
    }
}

#[test]
fn a_null_call_and_an_assertion_are_told_without_symbols() {
    let mut e = Explainer::new(Arc::default());
    let text = "Guru Meditation Error: Core  1 panic'ed (InstrFetchProhibited). Exception was unhandled.\n\
        PC      : 0x00000000  PS      : 0x00060130  A0      : 0x800d3171  A1      : 0x3ffb46b0\n\
        EXCVADDR: 0x00000000  EXCCAUSE: 0x00000014\n\
        Backtrace: 0x00000000:0x3ffb46b0";
    let asked = std::cell::Cell::new(9);
    let live = |core| {
        asked.set(core);
        vec!["task main".to_string()]
    };
    let said: Vec<String> = text.lines().flat_map(|l| e.line(l, &live)).collect();
    assert!(said.iter().any(|l| l.contains("NULL function pointer")), "{said:?}");
    assert_eq!((said.last().map(String::as_str), asked.get()), (Some("--- task main"), 1));
    let mut e = Explainer::new(Arc::default());
    assert!(e.line("assert failed: app_main main.c:7 (x > 0)", &nobody).is_empty());
    assert_eq!(
        e.line("Rebooting...", &nobody),
        ["--- an assertion does not hold: app_main main.c:7 (x > 0)"]
    );
    assert!(e.line("Rebooting...", &nobody).is_empty(), "said once");
}

/// Returns all explanations of a text.
fn said(text: &str) -> String {
    let mut e = Explainer::new(Arc::default());
    text.lines().flat_map(|l| e.line(l, &nobody)).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_kind_of_panic_has_its_words() {
    const TRACE: &str = "\nBacktrace: 0x400d2143:0x3ffb5ad0\n";
    let cases = [
        (
            "Guru Meditation Error: Core  0 panic'ed (Stack canary watchpoint triggered (main) ).",
            &["Stack canary watchpoint triggered (main): a task wrote over the end", "in task main"][..],
        ),
        (
            "Guru Meditation Error: Core  1 panic'ed (Unhandled debug exception).\n\
             Debug exception reason: Stack canary watchpoint triggered (wifi)",
            &["(wifi): a task wrote over the end", "in task wifi"],
        ),
        (
            "Guru Meditation Error: Core  0 panic'ed (Cache disabled but cached memory region accessed).",
            &["belongs into IRAM or DRAM"],
        ),
        ("***ERROR*** A stack overflow in task main has been detected.", &["task main overflowed its stack"]),
        (
            "ESP_ERROR_CHECK failed: esp_err_t 0x103 (ESP_ERR_INVALID_STATE) at 0x400d5e9f\n\
             file: \"./main/main.c\" line 20\nexpression: esp_wifi_init(NULL)\n\n\
             abort() was called at PC 0x400d2143 on core 0",
            &["must succeed returned 0x103 (ESP_ERR_INVALID_STATE): esp_wifi_init(NULL)"],
        ),
        (
            "terminate called after throwing an instance of 'std::runtime_error'\n  what():  bad thing\n\n\
             abort() was called at PC 0x400d2143 on core 0",
            &["nobody catches a C++ exception, std::runtime_error: bad thing"],
        ),
        (
            "thread 'main' panicked at src/main.rs:12:5:\ncalled `Option::unwrap()` on a `None` value\n\
             abort() was called at PC 0x400d2143 on core 0",
            &["a Rust panic at src/main.rs:12:5: called `Option::unwrap()` on a `None` value"],
        ),
        ("panicked at 'no way', src/main.rs:3:1", &["a Rust panic at 'no way', src/main.rs:3:1"]),
        (
            "Exception occurred on AppCpu 'LoadProhibited'\nPC=0x00000000  EXCVADDR=0x00000000",
            &["LoadProhibited: a load", "a NULL function pointer"],
        ),
        (
            "assertion \"x == 3\" failed: file \"main.c\", line 7, function: f\n\
             abort() was called at PC 0x400d2143 on core 0",
            &["an assertion does not hold: \"x == 3\" failed: file \"main.c\""],
        ),
        ("CORRUPT HEAP: Bad head at 0x3ffb5ad0.\nassert failed: f x.c:3 (h)", &["the heap is damaged"]),
        ("Stack smashing protect failure!\n\nabort() was called at PC 0x400d2143 on core 0", &["an array"]),
        (
            "E (103) task_wdt: Task watchdog got triggered. The following tasks did not reset it in time:\n\
             \x1b[0;31mE (103) task_wdt:  - IDLE0 (CPU 0)\x1b[0m\nE (103) task_wdt: Tasks currently running:\n\
             E (103) task_wdt: CPU 0: main\nE (103) task_wdt: CPU 1: IDLE1",
            &["the task watchdog bit", "starved: IDLE0 (CPU 0); running: CPU 0: main, CPU 1: IDLE1"],
        ),
    ];
    for (text, parts) in cases {
        let all = said(&(text.to_string() + TRACE));
        for part in parts {
            assert!(all.contains(part), "{part}: {all}");
        }
    }
    assert!(said("Brownout detector was triggered\n\nrst:0xc (SW_CPU_RESET)").contains("supply voltage"));
}

#[test]
fn a_double_exception_is_no_jump() {
    let all = said(
        "Guru Meditation Error: Core  0 panic'ed (Double exception).\n\
         PC      : 0x400842b6  A0      : 0x800d2146  EXCCAUSE: 0x00000002  EXCVADDR: 0xffffffe0\n\
         Backtrace: 0x400d2143:0x3ffb5ad0",
    );
    assert!(all.contains("in an exception handler") && !all.contains("jump"), "{all}");
}
