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
