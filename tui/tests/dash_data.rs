//! Tests of memory, watch expressions and descriptors: viewing, following and changing them.

use esplens::dash::pane_id::PaneId;
use esplens::dash::rig::Rig;
use esplens::dash::state::DashMsg;
use esplens::dash::theme::TextRole;
use esplens::dash::wire::Action;

/// Returns the demo after two virtual seconds, stopped.
fn stopped(width: u16, height: u16) -> Rig {
    let mut rig = Rig::demo(width, height);
    rig.keys("Space");
    rig.run_to(2000);
    rig.keys("Space");
    rig
}

/// Returns the title in the border of the pane that is shown alone.
fn title(rig: &Rig) -> String {
    rig.text().lines().nth(1).unwrap_or_default().into()
}

#[test]
fn memory_is_edited_and_searched() {
    let mut rig = Rig::demo(100, 30);
    rig.go(PaneId::Memory, "0x3ffb8000");
    rig.keys("e d e a d b e e f Esc");
    let shown = rig.state.shared.sample.mem[0].bytes[..4].to_vec();
    assert_eq!(shown, [0xDE, 0xAD, 0xBE, 0xEF]);
    rig.keys("g");
    rig.line("0x3ffb0000");
    rig.keys("/");
    rig.line("deadbeef");
    assert!(rig.text().contains("0x3ffb8000"), "{}", rig.text());
}

#[test]
fn memory_begins_at_the_stack_and_follows_it_until_an_address_is_chosen() {
    let mut rig = stopped(200, 30);
    rig.show(PaneId::Memory);
    let sp = |rig: &Rig, core: usize| rig.session().machine().cpu(core).a(1);
    let at = |rig: &Rig| title(rig).split("0x").nth(1).and_then(|t| u32::from_str_radix(&t[..8], 16).ok());
    assert_eq!(at(&rig), Some(sp(&rig, rig.state.shared.core)), "{}", rig.text());
    assert!(title(&rig).contains("stack of core"), "{}", title(&rig));
    rig.keys("o");
    assert_eq!(at(&rig), Some(sp(&rig, rig.state.shared.core)), "{}", rig.text());
    // 32 bytes a row, with their text.
    let row = rig.text().lines().nth(2).unwrap().to_string();
    assert_eq!(row.split_whitespace().filter(|w| w.len() == 2).count(), 32, "{row}");
    rig.keys("Down");
    let chosen = at(&rig);
    rig.keys("o Space");
    rig.run_for(100);
    rig.keys("Space");
    assert_eq!(at(&rig), chosen, "{}", rig.text());
}

#[test]
fn what_is_typed_over_memory_stays_in_view() {
    let mut rig = Rig::demo(50, 5);
    rig.go(PaneId::Memory, "0x3ffb8000");
    // Types a row of eight bytes and one more, and corrects a wrong digit.
    rig.keys("e 0 1 0 2 f Backspace 0 3 0 4 0 5 0 6 0 7 0 8 0 9 Esc");
    assert!(rig.text().contains("3ffb8008  09"), "{}", rig.text());
    let mut bytes = [0; 9];
    assert_eq!(rig.session().machine().peek(0, 0x3FFB_8000, &mut bytes), 9);
    assert_eq!(bytes, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
}

#[test]
fn memory_is_bright_where_it_changed_since_the_last_stop() {
    let mut rig = stopped(100, 10);
    rig.go(PaneId::Memory, "xTickCount");
    let style = TextRole::Changed;
    let bright = |rig: &mut Rig| {
        // Lets highlighted changes expire.
        let clock = rig.state.shared.clock + 10_000;
        rig.send(DashMsg::Clock(clock));
        let style = rig.state.shared.theme.style(style);
        rig.screen().content().iter().skip(200).filter(|c| Some(c.fg) == style.fg).count()
    };
    assert_eq!(bright(&mut rig), 0, "{}", rig.text());
    rig.keys("Space");
    rig.run_for(200);
    rig.keys("Space");
    assert!(bright(&mut rig) > 0, "ticks were counted");
    // Stopped again at once: nothing has changed since.
    rig.keys("Space Space");
    assert_eq!(bright(&mut rig), 0, "{}", rig.text());
    rig.keys("e 5 5 Esc");
    assert!(bright(&mut rig) > 0, "what is edited counts");
}

#[test]
fn expressions_and_registers_of_the_core_looked_at_are_gone_to() {
    let mut rig = stopped(100, 30);
    rig.show(PaneId::Memory);
    let go = |rig: &mut Rig, text: &str| {
        rig.keys("g");
        rig.line(text);
        let title = title(rig);
        let at = title.split("0x").nth(1).and_then(|t| u32::from_str_radix(&t[..8], 16).ok());
        at.unwrap_or_else(|| panic!("{title}"))
    };
    let sp = |rig: &Rig, core: usize| rig.session().machine().cpu(core).a(1);
    assert_ne!(sp(&rig, 0), sp(&rig, 1));
    assert_eq!(go(&mut rig, "sp"), sp(&rig, 0));
    rig.keys("o");
    assert_eq!(go(&mut rig, "$sp"), sp(&rig, 1));
    // A variable's address is its own, but a pointer's is its target.
    let tcb = go(&mut rig, "pxCurrentTCBs[0]");
    let current = go(&mut rig, "&pxCurrentTCBs[0]");
    assert_eq!(current, go(&mut rig, "pxCurrentTCBs"));
    let mut bytes = [0; 4];
    assert_eq!(rig.session().machine().peek(0, current, &mut bytes), 4);
    assert_eq!(u32::from_le_bytes(bytes), tcb);
    rig.keys("g");
    rig.line("nonsense + 1");
    assert!(rig.text().lines().last().unwrap().contains("nonsense"), "{}", rig.text());
    // Goes back to the previous address.
    rig.keys("Backspace");
    assert!(title(&rig).contains(&format!("{:#010x}", current & !15)), "{}", rig.text());
}

#[test]
fn watched_values_unfold_to_any_depth_and_arrays_by_pages() {
    let mut rig = stopped(160, 60);
    rig.show(PaneId::Watch);
    for expression in ["pxCurrentTCBs[0]", "ucHeap"] {
        rig.keys("a");
        rig.line(expression);
    }
    assert_eq!(rig.state.shared.sample.watches[0].parts.len(), 0, "nothing is read before it is opened");
    // Parts that a key unfolds appear in the next sample.
    let press = |rig: &mut Rig, keys: &str| keys.split(' ').for_each(|key| rig.keys(key));
    let last_row = |rig: &Rig, name: &str| {
        let rows: Vec<String> = rig.text().lines().skip(2).map(String::from).collect();
        let named = |l: &String| l.trim_start_matches(['┃', ' ', '▶', '▼']).starts_with(name);
        rows.iter().rposition(named).unwrap_or_else(|| panic!("no {name} in\n{}", rig.text()))
    };
    // The pointer, the task, its list item, the list that contains it, that list's end.
    press(&mut rig, "Enter Down Enter");
    for (name, inside) in [("xStateListItem", "xItemValue"), ("pvContainer", "* ="), ("* =", "xListEnd")] {
        press(&mut rig, "Home");
        // The last row with that name: pointers and their targets are nested.
        (0..last_row(&rig, name)).for_each(|_| rig.keys("Down"));
        press(&mut rig, "Right");
        assert!(rig.text().contains(inside), "{name}: {}", rig.text());
    }
    // Folds, then goes to the parent.
    press(&mut rig, "Left Left Left");
    assert!(!rig.text().contains("* = {uxNumberOfItems"), "{}", rig.text());
    // An array of many thousand bytes, page by page.
    press(&mut rig, "Home Left End Right");
    assert!(rig.text().contains("[31] =") && !rig.text().contains("[32] ="), "{}", rig.text());
    press(&mut rig, "End Enter");
    assert!(rig.text().contains("[32] =") && rig.text().contains("[63] ="), "{}", rig.text());
    assert!(!rig.text().contains("[31] ="), "{}", rig.text());
}

#[test]
fn watched_values_are_set_rewritten_and_followed() {
    let mut rig = stopped(160, 30);
    rig.show(PaneId::Watch);
    for expression in ["xTickCount", "counters"] {
        rig.keys("a");
        rig.line(expression);
    }
    let value = |rig: &Rig, n: usize| rig.state.shared.sample.watches[n].value.clone();
    rig.keys("e");
    assert!(rig.text().contains("Set xTickCount"), "{}", rig.text());
    rig.line("0x1234");
    assert!(value(&rig, 0).starts_with("4660"), "{}", value(&rig, 0));
    rig.keys("e");
    rig.line("12345678901");
    assert!(rig.text().contains("is no number of 4 bytes"), "{}", rig.text());
    // A structure has no value of its own; its first member has one.
    rig.keys("Down e");
    assert!(rig.text().contains("unfold it and set a part"), "{}", rig.text());
    rig.keys("Right");
    rig.keys("Down e");
    rig.line("77");
    assert!(rig.state.shared.sample.watches[1].parts[0].value.starts_with("77"), "{}", rig.text());
    // The input contains the text of the expression, to be changed.
    rig.keys("Home r");
    rig.line(" + 1");
    assert_eq!(rig.state.shared.sample.watches[0].name, "xTickCount + 1");
    assert!(value(&rig, 0).starts_with("4661"), "{}", value(&rig, 0));
    rig.keys("r");
    (0..20).for_each(|_| rig.keys("Backspace"));
    rig.line("pxCurrentTCBs[0]");
    let points = rig.state.shared.sample.watches[0].spot.unwrap().points.unwrap();
    rig.keys("*");
    assert_eq!(rig.state.focus, PaneId::Memory);
    assert!(title(&rig).contains(&format!("{points:#010x}")), "{}", rig.text());
}

#[test]
fn a_descriptor_is_chosen_and_its_buffer_followed() {
    let mut rig = stopped(160, 30);
    rig.show(PaneId::Eth);
    let eth = rig.state.shared.sample.eth.clone().unwrap();
    let buffer = |rig: &mut Rig| {
        rig.keys("*");
        let title = title(rig);
        rig.show(PaneId::Eth);
        title
    };
    let of = |i: u32| format!("{:#010x}", eth.desc[i as usize].1);
    assert!(buffer(&mut rig).contains(&of(eth.rx_next)));
    rig.keys("Right");
    assert!(buffer(&mut rig).contains(&of(eth.rx_next + 1)));
    // Back to the first descriptor: the transmit ring's.
    (0..200).for_each(|_| rig.keys("Left"));
    assert!(buffer(&mut rig).contains(&of(0)));
    rig.act(None, Action::Run);
    rig.keys("Esc");
    assert!(buffer(&mut rig).contains(&of(eth.rx_next)));
}

#[test]
fn registers_unfold_into_their_bit_fields() {
    let mut rig = stopped(100, 70);
    rig.show(PaneId::Periph);
    rig.keys("/");
    rig.line("UART0");
    rig.keys("Right");
    rig.keys("/");
    rig.line("CONF0");
    rig.keys("Enter");
    let shown = |rig: &Rig, field: &str| {
        let row = |l: &str| l.trim_start_matches(['┃', ' ']).starts_with(field);
        rig.text().lines().find(|l| row(l)).map(|l| l.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    assert!(shown(&rig, "BIT_NUM").unwrap().contains("BIT_NUM [3:2] = 3"), "{}", rig.text());
    assert!(shown(&rig, "TICK_REF_ALWAYS_ON").unwrap().contains("[27] = 1"), "{}", rig.text());
    // Left folds the register from one of its fields, then the peripheral.
    rig.keys("Down Down Left");
    assert!(shown(&rig, "BIT_NUM").is_none(), "{}", rig.text());
    rig.keys("Left");
    assert!(shown(&rig, "▶ 020").is_none() && shown(&rig, "020 CONF0").is_none(), "{}", rig.text());
    // A register without listed fields is described and nothing else.
    rig.keys("Right");
    rig.keys("Down Enter");
    assert!(rig.text().contains("UART0.FIFO at 0x3ff40000"), "{}", rig.text());
}
