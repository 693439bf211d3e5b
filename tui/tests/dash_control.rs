//! Keys that control the machine, and robustness of the dashboard.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use esplens::dash::link::Inbox;
use esplens::dash::pane_id::PaneId;
use esplens::dash::rig::Rig;
use esplens::dash::state::{DashEffect, DashMsg, MAX_FRAMES, MAX_TRACE};
use esplens::dash::wire::{Action, DashEvent, FrameRecord, TraceRecord};
use std::time::Instant;

#[test]
fn run_pause_step_and_the_changes_since() {
    let mut rig = Rig::demo(120, 40);
    rig.keys("2");
    assert!(!rig.state.shared.sample.running);
    rig.keys("Space");
    assert!(rig.state.shared.sample.running);
    rig.run_to(2000);
    rig.keys("Space");
    let stop = rig.state.shared.sample.stop.clone().unwrap();
    assert!(stop.why.contains("stopped by dashboard"), "{}", stop.why);
    let time = rig.now_ms();
    rig.run_to(3000);
    assert_eq!(rig.now_ms(), time, "a stopped machine stands");
    let ccount = |rig: &Rig| rig.state.shared.sample.cpu.as_ref().unwrap()[0].ccount;
    let before = ccount(&rig);
    rig.keys("i");
    // A core that waits for an interrupt completes its step when the interrupt has occurred.
    rig.run_to(time + 100);
    assert!(!rig.state.shared.sample.running && ccount(&rig) != before);
    assert!(rig.state.shared.before.is_some(), "what changed is known");
    assert_eq!(rig.state.shared.sample.stop.as_ref().unwrap().number, stop.number + 1);
}

#[test]
fn breakpoints_lines_calls_and_returns() {
    let mut rig = Rig::demo(120, 40);
    rig.run_to_function("producer_task", 3000);
    let at = |rig: &Rig| rig.state.shared.sample.at[0].clone();
    assert!(at(&rig).starts_with("producer_task at main.c:"), "{}", at(&rig));
    let mut lines = vec![at(&rig)];
    // Steps over a queue operation and a delay, in a task that others interrupt.
    for _ in 0..6 {
        rig.keys("n");
        rig.run_for(1000);
        assert!(!rig.state.shared.sample.running, "after {lines:?}");
        lines.push(at(&rig));
    }
    assert!(lines.iter().all(|l| l.starts_with("producer_task at main.c:")), "{lines:?}");
    assert!(lines.windows(2).all(|w| w[0] != w[1]), "{lines:?}");
    assert_eq!(rig.state.shared.sample.points.len(), 1, "temporary breakpoints are gone");
    // Steps into a call and out again.
    rig.show(PaneId::Backtrace);
    for _ in 0..12 {
        if !at(&rig).starts_with("producer_task ") {
            break;
        }
        rig.keys("s");
        rig.run_for(1000);
    }
    assert!(!at(&rig).starts_with("producer_task "), "{}", at(&rig));
    assert!(rig.state.shared.sample.frames[1].name.contains("producer_task"), "{}", rig.text());
    rig.keys("f");
    rig.run_for(1000);
    assert!(at(&rig).starts_with("producer_task "), "{}", at(&rig));
}

/// Runs back by instructions and to a breakpoint, and forward again to the live edge.
#[test]
fn what_was_is_gone_back_to() {
    let mut rig = Rig::demo(120, 40);
    rig.keys("Space");
    rig.run_to(500);
    rig.keys("Space");
    rig.run_to_function("xTaskDelayUntil", 3000);
    let pc = |rig: &Rig| rig.state.shared.sample.pc;
    let (there, when) = (pc(&rig), rig.now_ms());
    rig.keys("i i i");
    let after = pc(&rig);
    assert_ne!(there, after);
    let back = |rig: &mut Rig, key: &str| {
        rig.keys(key);
        rig.run_for(1000);
        assert!(!rig.state.shared.sample.running, "{}", rig.text());
    };
    (0..3).for_each(|_| back(&mut rig, "I"));
    assert_eq!(pc(&rig), there);
    assert!(rig.text().contains(" before now"), "{}", rig.text());
    back(&mut rig, "R");
    // The run was recorded from the start, before there was a breakpoint.
    assert!(rig.state.shared.sample.stop.as_ref().unwrap().why.contains("breakpoint"), "{}", rig.text());
    assert!(rig.now_ms() < when && rig.state.shared.sample.past.is_some());
    // Forward: past the breakpoint to the live edge, where execution is live again.
    for _ in 0..20 {
        if rig.state.shared.sample.past.is_none() {
            break;
        }
        rig.keys("Space");
        rig.run_to(when + 1000);
    }
    assert!(rig.state.shared.sample.past.is_none() && rig.now_ms() >= when);
}

#[test]
fn the_stack_at_a_stop_is_that_of_the_stop() {
    let mut rig = Rig::demo(120, 40);
    rig.keys("Space");
    rig.run_to(1000);
    // From here on, slow parts are not read again while the machine runs.
    rig.slow(std::time::Duration::from_secs(3600));
    rig.act(None, Action::Monitor("break task blink".into()));
    rig.run_for(1000);
    let sample = &rig.state.shared.sample;
    assert!(!sample.running);
    assert_eq!(sample.frames[0].pc, sample.stop.as_ref().unwrap().pc, "{}", rig.text());
}

#[test]
fn a_breakpoint_on_a_frame_stops_with_the_frame() {
    let mut rig = Rig::demo(120, 40);
    rig.keys("4 B");
    rig.line("frame 'tcp port 80'");
    rig.keys("Esc Space");
    rig.run_to(3000);
    assert!(rig.state.shared.sample.running);
    rig.http_get("/hello");
    let stop = rig.state.shared.sample.stop.clone().expect("stopped at the frame");
    assert!(stop.why.contains("frame"), "{}", stop.why);
    let before = rig.state.shared.traffic[0].0;
    rig.show(PaneId::Frames);
    assert!(rig.text().contains("DHCP"));
    rig.keys("*");
    let text = rig.text();
    assert!(text.contains("stream 10.0.2.2:") && text.contains("[SYN]") && !text.contains("DHCP"), "{text}");
    rig.act(None, Action::Monitor("delete 1".into()));
    rig.keys("Space");
    rig.run_for(1000);
    assert!(rig.state.shared.traffic[0].0 >= before);
}

#[test]
fn the_console_types_into_the_firmware() {
    let mut rig = Rig::demo(120, 40);
    rig.keys("Space");
    rig.run_to(1500);
    rig.show(PaneId::Console);
    rig.keys("Enter");
    rig.line("help");
    rig.keys("Esc");
    rig.run_to(2000);
    assert!(rig.text().contains("crash"), "{}", rig.text());
}

#[test]
fn backtraces_that_firmware_prints_are_decoded() {
    let mut rig = Rig::demo(160, 50);
    rig.keys("P Space");
    rig.run_to(1500);
    rig.show(PaneId::Console);
    rig.keys("Enter");
    rig.line("crash");
    rig.keys("Esc");
    rig.run_to(1700);
    let text = rig.text();
    let decoded = text.lines().find(|l| l.contains("#0 ")).unwrap_or_else(|| panic!("{text}"));
    assert!(decoded.contains(" at ") && decoded.contains(':'), "{decoded}");
}

#[test]
fn the_mouse_chooses_panes_layouts_and_breakpoints() {
    let mut rig = Rig::demo(160, 50);
    let click = |column, row| {
        let kind = MouseEventKind::Down(MouseButton::Left);
        DashMsg::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
    };
    let (_, area) = rig.state.placed().into_iter().find(|(id, _)| *id == PaneId::Code).unwrap();
    rig.send(click(area.x + 1, area.y + 1));
    assert_eq!(rig.state.focus, PaneId::Code);
    rig.sample();
    assert_eq!(rig.state.shared.breaks.len(), 1, "a click on the mark's column");
    rig.send(click(159, 0));
    assert_eq!(rig.state.layouts.current, esplens::dash::layout::LayoutId::Trace);
}

/// Returns a mouse event at the first cell of this text on the screen.
fn point_at(rig: &Rig, text: &str, kind: MouseEventKind) -> MouseEvent {
    let screen = rig.text();
    let (row, line) = screen
        .lines()
        .enumerate()
        .find(|(_, l)| l.contains(text))
        .unwrap_or_else(|| panic!("no {text} in\n{screen}"));
    let column = line[..line.find(text).unwrap()].chars().count() as u16;
    MouseEvent { kind, column, row: row as u16, modifiers: KeyModifiers::NONE }
}

const PRESS: MouseEventKind = MouseEventKind::Down(MouseButton::Left);

#[test]
fn what_keys_do_the_mouse_does() {
    let mut rig = Rig::demo(160, 50);
    let click = |rig: &mut Rig, text: &str| {
        let event = point_at(rig, text, PRESS);
        rig.send(DashMsg::Mouse(event));
        rig.sample();
    };
    // Runs and pauses with clicks on the run state, and steps with a key of the last row.
    click(&mut rig, "stopped");
    assert!(rig.state.shared.sample.running);
    rig.run_to(1000);
    click(&mut rig, "running");
    assert!(!rig.state.shared.sample.running);
    rig.send(DashMsg::Clock(60_000));
    let stop = rig.state.shared.sample.stop.as_ref().unwrap().number;
    click(&mut rig, "n next");
    rig.run_for(1000);
    assert!(rig.state.shared.sample.stop.as_ref().unwrap().number > stop);
    // The other commands are in the palette.
    click(&mut rig, "Ctrl-p palette");
    click(&mut rig, "save snapshot");
    assert!(rig.text().contains("snapshot dash1 saved"), "{}", rig.text());
    rig.send(DashMsg::Clock(120_000));
    click(&mut rig, "? help");
    assert!(rig.text().contains("Run and step"));
    rig.send(DashMsg::Mouse(MouseEvent { kind: PRESS, column: 0, row: 0, modifiers: KeyModifiers::NONE }));
    assert!(rig.state.modal.is_none() && !rig.state.shared.sample.running, "beside it: only closed");
    click(&mut rig, "q quit");
    click(&mut rig, "end esplens");
    assert_eq!(rig.effects, [DashEffect::Quit]);
}

#[test]
fn frames_are_dragged_and_found_again() {
    let mut rig = Rig::demo(160, 50);
    let code = |rig: &Rig| rig.state.placed().into_iter().find(|(id, _)| *id == PaneId::Code).unwrap().1;
    let before = code(&rig);
    let mut at =
        MouseEvent { kind: PRESS, column: before.right() - 1, row: 9, modifiers: KeyModifiers::NONE };
    rig.send(DashMsg::Mouse(at));
    for column in [before.right() - 3, before.right() - 11] {
        at = MouseEvent { kind: MouseEventKind::Drag(MouseButton::Left), column, ..at };
        rig.send(DashMsg::Mouse(at));
    }
    rig.send(DashMsg::Mouse(MouseEvent { kind: MouseEventKind::Up(MouseButton::Left), ..at }));
    assert_eq!(code(&rig).width, before.width - 10);
    // After saving and loading, the layout is the same.
    let kept = rig.state.layouts.tree(rig.state.kind()).to_string();
    let place = |text: &str| {
        let mut out = Vec::new();
        text.parse::<esplens::dash::layout::Node>().unwrap().place(rig.state.body(), &mut out);
        out
    };
    assert_eq!(place(&kept), rig.state.placed());
}

#[test]
fn rows_are_copied_to_the_clipboard() {
    let mut rig = Rig::demo(120, 40);
    rig.show(PaneId::Code);
    rig.keys("y");
    assert!(
        matches!(&rig.effects[..], [DashEffect::Copy(text)] if text.starts_with("0x40000400: ")),
        "{:?}",
        rig.effects
    );
}

#[test]
fn any_size_of_terminal_is_drawn() {
    let mut rig = Rig::demo(80, 24);
    rig.keys("Space");
    rig.run_to(1200);
    let mut x = 7u32;
    let mut next = |n: u32| {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (x >> 16) % n
    };
    for n in 0..600u32 {
        let (width, height) = match n % 4 {
            0 => (5, 5),
            1 => (next(4) as u16, next(4) as u16),
            2 => (next(80) as u16, next(24) as u16),
            _ => (next(400) as u16, next(120) as u16),
        };
        rig.send(DashMsg::Resize(width, height));
        let keys = [
            "1", "2", "3", "4", "5", "6", "z", "Tab", "?", "Esc", "Ctrl-p", "Esc", "+", "<", "PageDown",
            "End",
        ];
        let (code, mods) = esplens::dash::keys::parse(keys[next(16) as usize]).unwrap();
        rig.send(DashMsg::Key(crossterm::event::KeyEvent::new(code, mods)));
        let screen = rig.screen();
        assert_eq!((screen.area().width, screen.area().height), (width, height));
        if n % 20 == 0 {
            rig.sample();
        }
    }
}

#[test]
fn floods_of_text_and_events_leave_memory_bounded() {
    let mut rig = Rig::demo(120, 40);
    let line = b"0123456789 abcdefghijklmnopqrstuvwxyz 0123456789 abcdefghijklmnopqrstuvwxyz\r\n";
    let block: Vec<u8> = line.repeat(100);
    for _ in 0..10_000_000 / block.len() {
        rig.push_events(DashEvent::Uart(0, block.clone()));
    }
    for n in 0..100_000 {
        rig.push_events(DashEvent::Trace(TraceRecord {
            at: n,
            text: "an event".into(),
            ..TraceRecord::default()
        }));
        rig.push_events(DashEvent::Frame(FrameRecord { bytes: vec![0; 60], ..FrameRecord::default() }));
    }
    let s = &rig.state.shared;
    assert_eq!((s.trace.len(), s.frames.len()), (MAX_TRACE, MAX_FRAMES));
    assert!(s.uarts[0].len() <= 10_001 && s.uarts[0].dropped > 100_000);
    rig.keys("6");
    assert!(rig.text().contains("an event"));
}

#[test]
fn a_slow_dashboard_loses_events_not_memory() {
    let inbox = Inbox::default();
    for n in 0..200_000 {
        inbox.push_events([DashEvent::Trace(TraceRecord {
            at: n,
            text: "x".repeat(100),
            ..TraceRecord::default()
        })]);
    }
    inbox.push_events([DashEvent::Uart(0, vec![b'x'; 10 << 20])]);
    let messages = inbox.take(Some(Instant::now()));
    assert!(messages.len() <= 50_001);
    let lost = messages
        .iter()
        .find_map(|m| if let DashMsg::Event(DashEvent::Lost(n)) = m { Some(*n) } else { None });
    assert_eq!(lost, Some(200_001 - (messages.len() as u64 - 1)));
}
