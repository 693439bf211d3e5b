//! Tests of each key that controls the machine or the screen, with the demo.

use esplens::dash::layout::LayoutId;
use esplens::dash::pane::Pane;
use esplens::dash::pane_id::PaneId;
use esplens::dash::rig::Rig;
use esplens::dash::state::{DashEffect, MAX_TRACE};
use esplens::dash::theme::TextRole;
use esplens::dash::wire::{Action, DashEvent};
use ratatui::style::Color;

/// Returns the demo after a number of virtual milliseconds, running.
fn demo(ms: u64) -> Rig {
    let mut rig = Rig::demo(120, 40);
    rig.keys("Space");
    rig.run_to(ms);
    rig
}

fn run_on(rig: &mut Rig, ms: u64) {
    rig.run_for(ms);
}

/// Returns the reason why the machine is stopped; fails if it is running.
fn why(rig: &Rig) -> String {
    let sample = &rig.state.shared.sample;
    assert!(!sample.running, "{}", rig.text());
    sample.stop.as_ref().map(|s| s.why.clone()).unwrap_or_default()
}

#[test]
fn run_to_cursor_stops_there_and_leaves_no_breakpoint() {
    let mut rig = Rig::demo(120, 40);
    rig.go(PaneId::Code, "producer_task");
    rig.keys("t");
    rig.run_to(3000);
    assert!(why(&rig).contains("reached"), "{}", why(&rig));
    assert!(rig.state.shared.sample.at.iter().any(|at| at.starts_with("producer_task ")));
    assert!(rig.state.shared.sample.points.is_empty());
}

#[test]
fn breaks_on_tasks_interrupts_and_registers_are_written_at_a_key_or_from_the_palette() {
    let mut rig = demo(1000);
    for (keys, what, stop) in [
        // As in GDB: the store to the pointer to the running task.
        ("B", "task blink", "task blink gets core"),
        ("Ctrl-p b r e a k Space o n Enter", "irq uart0", "interrupt"),
        ("B", "reg UART0.FIFO w", "FIFO"),
    ] {
        rig.keys(keys);
        rig.line(what);
        rig.keys("Esc");
        assert_eq!(rig.state.shared.sample.points.len(), 1, "{what}: {}", rig.text());
        let listed = &rig.state.shared.sample.points[0].note;
        assert!(listed.to_lowercase().starts_with(&format!("break {}", what.to_lowercase())), "{listed}");
        // The console's echo causes its interrupt and its register access.
        rig.act(None, Action::Uart(0, b"help\r".to_vec()));
        run_on(&mut rig, 1500);
        let why = why(&rig);
        assert!(
            why.to_lowercase().contains(&stop.to_lowercase()) || why.contains("breakpoint"),
            "{what}: {why}"
        );
        rig.show(PaneId::Points);
        rig.keys("d");
        assert!(rig.state.shared.sample.points.is_empty(), "{}", rig.text());
        rig.keys("Space");
    }
}

#[test]
fn a_snapshot_is_kept_and_loaded() {
    let mut rig = demo(1000);
    rig.keys("Space F7");
    let (then, pc) = (rig.state.shared.sample.now, rig.state.shared.sample.pc);
    rig.keys("Space");
    rig.run_to(1500);
    rig.keys("Space");
    assert!(rig.state.shared.sample.now > then);
    rig.keys("F8");
    assert_eq!((rig.state.shared.sample.now, rig.state.shared.sample.pc), (then, pc));
    rig.keys("Ctrl-r");
    assert!(rig.state.shared.sample.pc[0] >= 0x4000_0000 && rig.state.shared.sample.pc != pc, "reset");
}

#[test]
fn panes_are_zoomed_and_resized() {
    let mut rig = Rig::demo(120, 40);
    let width = |rig: &Rig| {
        let placed = rig.state.placed();
        placed.into_iter().find(|(id, _)| *id == PaneId::Code).map_or(0, |(_, r)| r.width)
    };
    assert_eq!(rig.state.focus, PaneId::Console);
    rig.keys("Tab");
    while rig.state.focus != PaneId::Code {
        rig.keys("Tab");
    }
    let before = width(&rig);
    rig.keys("> >");
    assert!(width(&rig) > before);
    rig.keys("< < < <");
    assert!(width(&rig) < before);
    rig.keys("0");
    assert_eq!(width(&rig), before);
    rig.keys("z");
    assert_eq!((width(&rig), rig.state.placed().len()), (120, 1));
    rig.keys("z");
    assert_eq!(width(&rig), before);
}

#[test]
fn themes_go_round_and_mono_has_no_colours() {
    let mut rig = demo(1000);
    let colours = |rig: &Rig| {
        let screen = rig.screen();
        screen.content().iter().any(|c| c.fg != Color::Reset || c.bg != Color::Reset)
    };
    let mut names = Vec::new();
    for _ in 0..4 {
        let name = rig.state.shared.theme.name;
        assert_eq!(colours(&rig), name != "mono", "{name}");
        names.push(name);
        rig.keys("T");
    }
    assert_eq!(names, ["dark", "light", "colour-blind", "mono"]);
    assert_eq!(rig.state.shared.theme.name, "dark");
}

#[test]
fn leaving_asks_first_and_tells_apart_whose_machine_it_is() {
    let mut rig = Rig::demo(80, 24);
    rig.keys("q");
    assert!(rig.text().contains("y   end esplens and the machine"), "{}", rig.text());
    rig.keys("k");
    assert!(rig.effects.is_empty() && rig.state.modal.is_none(), "any other key stays");
    rig.keys("q y");
    assert_eq!(rig.effects, [DashEffect::Quit]);
    rig.effects.clear();
    rig.state.detach = true;
    rig.keys("q");
    assert!(rig.text().contains("the machine goes on") && rig.text().contains("k   end the machine"));
    rig.keys("k");
    assert_eq!((&rig.effects[..], rig.state.detach), (&[DashEffect::Quit][..], false), "not left alone");
}

#[test]
fn the_uarts_text_is_searched_backwards() {
    let mut rig = Rig::demo(120, 40);
    rig.show(PaneId::Console);
    for n in 0..300 {
        let line = if n % 100 == 50 { format!("needle {n}\r\n") } else { format!("line {n}\r\n") };
        rig.push_events(DashEvent::Uart(0, line.into_bytes()));
    }
    rig.keys("/");
    rig.line("NEEDLE");
    assert!(rig.text().contains("needle 250") && rig.text().contains("scrolled back"), "{}", rig.text());
    rig.keys("F3");
    assert!(rig.text().contains("needle 150") && !rig.text().contains("needle 250"), "{}", rig.text());
    rig.keys("End");
    assert!(rig.text().contains("line 299"));
}

#[test]
fn a_search_follows_what_is_typed_and_counts_matches() {
    let mut rig = Rig::demo(120, 40);
    rig.show(PaneId::Console);
    for n in 0..300 {
        let line =
            if n % 50 == 49 { format!("a needle {n}, one needle\r\n") } else { format!("line {n}\r\n") };
        rig.push_events(DashEvent::Uart(0, line.into_bytes()));
    }
    let title = |rig: &Rig| rig.text().lines().nth(1).unwrap_or_default().to_string();
    rig.keys("/ n e e d");
    assert!(title(&rig).contains("\"need\" 12/12"), "while it is typed: {}", rig.text());
    rig.keys("x");
    assert!(title(&rig).contains("\"needx\" not found"), "{}", title(&rig));
    // The selected match is marked, and the others in another way; only the match, not the line.
    rig.keys("Backspace l e Enter F3 F3");
    assert!(title(&rig).contains("\"needle\" 10/12"), "{}", title(&rig));
    let screen = rig.screen();
    let theme = rig.state.shared.theme;
    let styled = |role: TextRole| {
        let style = theme.style(role);
        let cells = screen.content().iter().skip(240);
        cells.filter(|c| Some(c.fg) == style.fg && style.bg.is_none_or(|bg| c.bg == bg)).count()
    };
    assert_eq!(styled(TextRole::Found), "needle".len(), "{}", rig.text());
    // Esc while typing returns to where the search began.
    rig.keys("End / n e e d Esc");
    assert!(title(&rig).contains("Enter types") && !title(&rig).contains("need"), "{}", title(&rig));
    assert!(rig.text().contains("line 298"), "{}", rig.text());
    // The monitor's output is searched in the same way.
    rig.keys(":");
    rig.line("help");
    rig.keys("Esc");
    rig.show(PaneId::Prompt);
    rig.keys("/ t r a c e");
    assert!(title(&rig).contains("\"trace\""), "{}", title(&rig));
    let number = |rig: &Rig| title(rig).split("\"trace\" ").nth(1).map(|t| t[..3].to_string());
    rig.keys("Enter");
    let first = number(&rig);
    rig.keys("F3");
    assert_ne!(number(&rig), first, "{}", title(&rig));
    rig.keys("Esc");
    assert!(!title(&rig).contains("trace"), "{}", title(&rig));
}

#[test]
fn the_prompt_completes_and_remembers() {
    let mut rig = Rig::demo(120, 40);
    rig.keys(": i n f o Space s t a t Tab");
    rig.keys("Enter");
    assert!(rig.text().contains("> info status") && rig.text().contains("VM status"), "{}", rig.text());
    rig.keys("Up");
    assert_eq!(rig.text().matches("> info status").count(), 2, "{}", rig.text());
    rig.keys("Esc");
    assert!(!rig.state.panes.prompt.typing());
    assert_eq!(rig.state.layouts.current, LayoutId::Overview);
}

#[test]
fn traced_events_of_a_real_run_are_shown_filtered_and_switched_off() {
    let mut rig = demo(1000);
    rig.keys("6 a");
    rig.line("*");
    run_on(&mut rig, 400);
    let s = &rig.state.shared;
    assert!((100..=MAX_TRACE).contains(&s.trace.len()), "{}", s.trace.len());
    // Filters, and removes the filter.
    rig.keys("&");
    rig.line("irq_take");
    let rows = rig.text();
    assert!(rows.contains("irq_take") && !rows.contains("uart_"), "{rows}");
    rig.keys("a");
    rig.line("-*");
    rig.keys("C");
    run_on(&mut rig, 100);
    assert!(rig.state.shared.trace.is_empty(), "{}", rig.text());
}
