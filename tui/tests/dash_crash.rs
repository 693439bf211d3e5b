//! Tests of finding the cause of the demo's crash with the dashboard's keys, and of panics, resets and reverse
//! execution on the screen.

use esplens::dash::layout::LayoutId;
use esplens::dash::pane_id::PaneId;
use esplens::dash::rig::Rig;
use esplens::dash::theme::TextRole;

/// Runs the demo, types `crash` at its console, and returns the rig after the crash.
fn crashed(width: u16, height: u16) -> Rig {
    let mut rig = Rig::demo(width, height);
    rig.keys("Space");
    rig.run_to(1000);
    rig.keys("Enter");
    assert!(rig.text().contains("TYPING into UART"), "{}", rig.text());
    rig.line("crash");
    rig.keys("Esc");
    rig.run_to(2000);
    rig
}

fn top(rig: &Rig) -> String {
    rig.text().lines().next().unwrap().to_string()
}

/// Runs long enough for a step or a reverse operation.
fn settle(rig: &mut Rig) {
    rig.run_for(1000);
    assert!(!rig.state.shared.sample.running, "{}", rig.text());
}

#[test]
fn the_dashboards_keys_take_the_crash_to_its_cause() {
    let mut rig = crashed(120, 40);
    assert!(!rig.state.shared.sample.running, "it stops by itself: {}", rig.text());
    let bar = top(&rig);
    assert!(bar.contains("PANIC LoadProhibited at read_sensor main.c:"), "{bar}");
    assert!(bar.contains("address 0x0 (task console)"), "{bar}");
    let cell = rig.screen()[(1, 0)].clone();
    assert_ne!(cell.bg, rig.screen()[(1, 39)].bg, "a red bar");
    // Selects the frame with the broken structure.
    rig.keys("v");
    rig.line("backtrace");
    assert_eq!(rig.state.focus, PaneId::Backtrace);
    let at = rig.state.shared.sample.frames.iter().position(|f| f.name == "demo_crash").unwrap();
    (0..at).for_each(|_| rig.keys("Down"));
    assert_eq!(rig.state.shared.frame, at);
    rig.keys("a");
    rig.line("broken");
    assert!(rig.text().contains("id = 42"), "{}", rig.text());
    rig.keys("Enter");
    rig.keys("Down Down");
    rig.keys("w");
    let said = rig.state.shared.current_notice().unwrap_or_default().to_string();
    assert!(said.contains("watch w broken: readings at 0x3ff"), "{said}");
    rig.keys("R");
    settle(&mut rig);
    let stop = rig.state.shared.sample.stop.clone().unwrap();
    assert!(stop.why.starts_with("watchpoint: store to 0x3ff"), "{}", stop.why);
    let place = &rig.state.shared.sample.at[stop.core];
    assert!(place.starts_with("demo_crash at main.c:30"), "{place}");
    assert!(top(&rig).contains("●") && top(&rig).contains("before now"), "{}", top(&rig));
    // Forward again to the same panic.
    rig.keys("c");
    settle(&mut rig);
    if !top(&rig).contains("PANIC") {
        rig.keys("c");
        settle(&mut rig);
    }
    assert!(top(&rig).contains("PANIC LoadProhibited at read_sensor"), "{}", top(&rig));
}

#[test]
fn a_panic_goes_by_when_it_is_wished_and_resets_are_counted() {
    let mut rig = Rig::demo(120, 40);
    assert!(rig.state.shared.sample.panic_stop);
    rig.keys("P");
    assert!(!rig.state.shared.sample.panic_stop, "{}", rig.text());
    rig.keys("Space");
    rig.run_to(1000);
    rig.keys("Enter");
    rig.line("crash");
    rig.keys("Esc");
    rig.run_to(6000);
    assert!(rig.state.shared.sample.running, "{}", rig.text());
    assert!(top(&rig).contains("reset 1: "), "{}", top(&rig));
    // The decoded lines of the panic's backtrace can be opened in the code pane.
    rig.keys("Space");
    rig.state.focus = PaneId::Console;
    let mut title = String::new();
    for _ in 0..60 {
        rig.keys("Up");
        title = rig.text();
        if title.contains("Enter shows the code") {
            break;
        }
    }
    assert!(title.contains("Enter shows the code"), "{title}");
    rig.keys("Enter");
    assert_eq!(rig.state.focus, PaneId::Code);
    assert!(rig.text().contains(". shows the PC"), "{}", rig.text());
}

#[test]
fn lines_are_gone_back_by_keys() {
    let mut rig = Rig::demo(120, 40);
    rig.run_to_function("producer_task", 3000);
    let at = |rig: &Rig| rig.state.shared.sample.at[rig.state.shared.core].clone();
    let mut seen = vec![at(&rig)];
    for _ in 0..3 {
        rig.keys("n");
        settle(&mut rig);
        seen.push(at(&rig));
    }
    for expected in seen.iter().rev().skip(1) {
        rig.keys("N");
        settle(&mut rig);
        assert_eq!(at(&rig), *expected, "{seen:?}");
    }
    rig.keys("i I");
    settle(&mut rig);
    rig.keys("i");
    let bar = top(&rig);
    assert!(bar.contains("before now") || rig.state.shared.sample.past.is_none(), "{bar}");
}

#[test]
fn the_last_instructions_are_counted() {
    let mut rig = Rig::demo(160, 40);
    rig.keys("Space");
    rig.run_to(500);
    rig.keys("Space");
    rig.run_to_function("xTaskDelayUntil", 3000);
    rig.keys("i i");
    rig.keys("I");
    settle(&mut rig);
    let bar = top(&rig);
    assert!(bar.contains("1 instruction before now"), "{bar}");
}

#[test]
fn every_pane_is_reached_and_keys_answer() {
    let mut rig = Rig::demo(80, 24);
    for id in PaneId::ALL {
        rig.keys("v");
        rig.line(id.title());
        assert_eq!(rig.state.focus, id, "{}", id.title());
        rig.keys("Esc Esc");
    }
    // Tab reaches all panes of the layout, including those that do not fit.
    rig.resize(30, 8);
    let mut panes = Vec::new();
    rig.state.layouts.tree(rig.state.kind()).panes(&mut panes);
    let mut seen = Vec::new();
    for _ in 0..panes.len() {
        rig.keys("Tab");
        seen.push(rig.state.focus);
    }
    assert!(panes.iter().all(|p| seen.contains(p)), "{panes:?} {seen:?}");
    rig.resize(120, 40);
    rig.keys("1 0");
    rig.state.focus = PaneId::Tasks;
    rig.keys("2 1");
    assert_eq!((rig.state.focus, rig.state.layouts.current), (PaneId::Tasks, LayoutId::Overview));
    rig.keys("x");
    let said = rig.state.shared.current_notice().unwrap_or_default().to_string();
    assert_eq!(said, "x: no meaning in Tasks; ? shows the keys");
    rig.keys("Right");
    assert!(rig.state.shared.current_notice().is_some_and(|n| n.starts_with("Right: nothing")));
}

#[test]
fn points_are_switched_off_and_counted() {
    let mut rig = Rig::demo(120, 40);
    rig.run_to_function("producer_task", 3000);
    rig.show(PaneId::Points);
    assert!(rig.text().contains("break producer_task main.c:"), "{}", rig.text());
    assert!(rig.text().contains("1x"), "{}", rig.text());
    rig.keys("e");
    assert!(rig.text().contains("  1 break producer_task") && rig.text().contains("off"), "{}", rig.text());
    rig.keys("i");
    assert!(rig.text().contains("○"), "{}", rig.text());
    rig.keys("e");
    rig.keys("d");
    assert!(rig.state.shared.sample.points.is_empty());
}

#[test]
fn code_is_shown_as_source_as_instructions_and_mixed() {
    let mut rig = Rig::demo(120, 40);
    rig.keys("Space");
    rig.run_to(500);
    rig.keys("Space");
    rig.go(PaneId::Code, "producer_task");
    assert!(rig.text().contains("main.c:") && rig.text().contains("entry"), "{}", rig.text());
    rig.keys("m");
    assert!(!rig.text().contains("entry   ") && rig.text().contains("void producer_task"), "{}", rig.text());
    rig.keys("m");
    assert!(rig.text().contains("entry") && !rig.text().contains("main.c:"), "{}", rig.text());
}

#[test]
fn a_wide_pane_has_source_and_instructions_side_by_side_in_colours() {
    let mut rig = Rig::demo(170, 40);
    rig.keys("Space");
    rig.run_to(500);
    rig.keys("Space");
    rig.go(PaneId::Code, "producer_task");
    let row = |rig: &Rig, text: &str| rig.text().lines().find(|l| l.contains(text)).map(str::to_string);
    let first = row(&rig, "static void producer_task").unwrap_or_default();
    assert!(rig.text().contains(" entry ") && !first.contains("main.c:"), "{}", rig.text());
    let theme = rig.state.shared.theme;
    let has = |rig: &Rig, x: std::ops::Range<u16>, role: TextRole| {
        let screen = rig.screen();
        let mut cells = (2..39).flat_map(|y| x.clone().map(move |x| (x, y)));
        cells.any(|at| Some(screen[at].fg) == theme.style(role).fg && screen[at].symbol() != " ")
    };
    for role in [TextRole::Keyword, TextRole::Number, TextRole::Name] {
        assert!(has(&rig, 1..85, role), "{role:?}: {}", rig.text());
    }
    for role in [TextRole::Keyword, TextRole::Number, TextRole::Comment] {
        assert!(has(&rig, 86..169, role), "{role:?}: {}", rig.text());
    }
    // The line of the selected instruction is selected as well.
    let selected = |rig: &Rig| {
        let screen = rig.screen();
        let back = theme.style(TextRole::Selected).bg;
        let rows = |x: u16| (2..39).filter(|y| Some(screen[(x, *y)].bg) == back).collect::<Vec<_>>();
        (rows(20).len(), rows(120).len())
    };
    assert_eq!(selected(&rig), (1, 1), "{}", rig.text());
    rig.keys("Down Down Down");
    assert_eq!(selected(&rig), (1, 1), "{}", rig.text());
    rig.resize(150, 40);
    assert!(row(&rig, "TickType_t due").unwrap().contains("main.c:"), "{}", rig.text());
}

/// Code and backtrace of a running core are from the same time.
#[test]
fn what_shows_where_a_core_is_agrees() {
    let mut rig = Rig::demo(120, 40);
    rig.keys("Space");
    rig.run_to(1000);
    rig.slow(std::time::Duration::from_secs(3600));
    for _ in 0..10 {
        rig.run_for(37);
        let sample = &rig.state.shared.sample;
        let (core, code) = (rig.state.shared.core, sample.code.as_ref().unwrap());
        assert_eq!(sample.frames[0].pc, sample.pc[core], "{}", rig.text());
        assert_eq!(code.lines[code.anchor].addr, sample.pc[core], "{}", rig.text());
    }
}

#[test]
fn frames_are_filtered_in_the_words_of_break_frame() {
    let mut rig = Rig::demo(120, 40);
    rig.keys("Space");
    rig.run_to(2500);
    rig.http_get("/");
    rig.show(PaneId::Frames);
    rig.keys("&");
    rig.line("tcp port 80");
    assert!(
        rig.text().contains("only tcp port 80") && rig.text().contains("[SYN] len 0 seq 0"),
        "{}",
        rig.text()
    );
    assert!(!rig.text().contains("DHCP"), "{}", rig.text());
    rig.keys("&");
    rig.line("discover");
    assert!(rig.text().contains("only rows with") && rig.text().contains("DHCP"), "{}", rig.text());
}
