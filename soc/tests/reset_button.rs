//! The board's EN and strap pins: hold in reset, straps latched at a reset, replay of these inputs.

use esplens_core::time::{TICKS_PER_SEC, TICKS_PER_US};
use esplens_soc::boot::{LoadOptions, load};
use esplens_soc::machine::{Input, Machine, MachineConfig, RunExit};
use esplens_soc::system::{Output, ResetCause, ResetKind};
use std::path::Path;

const POWER_ON: RunExit = RunExit::Reset(ResetKind::System, ResetCause::PowerOn);

fn machine() -> Machine {
    let image = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/hello/flash.bin");
    Machine::new(MachineConfig::new(load(&image, &LoadOptions::default()).expect("it loads").flash))
}

fn text(m: &mut Machine) -> String {
    let bytes = m.take_output().into_iter().filter_map(|o| match o {
        Output::Uart { n: 0, byte } => Some(byte),
        _ => None,
    });
    String::from_utf8_lossy(&bytes.collect::<Vec<_>>()).into_owned()
}

/// Pulls EN low for 100 ms and releases it with GPIO0 low or high, as esptool does over RTS and DTR.
fn press(m: &mut Machine, gpio0_low: bool) {
    m.input(Input::Enable(false));
    assert_eq!(m.run(m.now() + TICKS_PER_SEC / 10), RunExit::Until);
    m.input(Input::Gpio0(gpio0_low));
    m.input(Input::Enable(true));
    assert_eq!(m.run(m.now() + 1), POWER_ON);
}

#[test]
fn en_holds_the_chip_and_the_straps_count_when_it_is_let_go() {
    let mut m = machine();
    assert_eq!(m.run(TICKS_PER_SEC), RunExit::Until);
    assert!(text(&mut m).contains("Hello from esplens"));
    m.uart_input(0, b"lost");
    m.input(Input::Enable(false));
    let instructions = m.instructions();
    assert_eq!(m.run(m.now() + 5 * TICKS_PER_SEC), RunExit::Until, "no watchdog ends it");
    assert_eq!((m.instructions(), text(&mut m)), (instructions, String::new()));
    press(&mut m, true);
    let _ = m.run(m.now() + TICKS_PER_SEC / 10);
    let shown = text(&mut m);
    assert!(shown.contains("rst:0x1 (POWERON_RESET),boot:0x2 (DOWNLOAD_BOOT"), "{shown}");
    assert!(shown.contains("waiting for download"), "{shown}");
    press(&mut m, false);
    let _ = m.run(m.now() + TICKS_PER_SEC);
    let shown = text(&mut m);
    assert!(shown.contains("boot:0x12") && shown.contains("Hello from esplens"), "{shown}");
}

#[test]
fn what_comes_after_a_reset_is_for_the_chip_that_starts() {
    let mut m = machine();
    let _ = m.run(TICKS_PER_SEC);
    m.take_output();
    m.uart_input(0, b"lost");
    m.input(Input::Enable(false));
    m.input(Input::Enable(true));
    m.uart_input(0, b"kept");
    assert_eq!(m.run(m.now() + 1), POWER_ON);
    let room = m.uart_room(0);
    let _ = m.run(m.now() + 1);
    assert_eq!(m.uart_room(0), room, "the same bytes, on the line now");
    assert_eq!(m.log().iter().filter(|(_, i)| matches!(i, Input::Uart(..))).count(), 2);
    let first = machine().uart_room(0);
    assert_eq!(first - room, 4);
}

#[test]
fn new_straps_wait_for_a_reset_of_the_chip() {
    let mut m = machine();
    m.set_straps(0x0F);
    let _ = m.run(TICKS_PER_SEC);
    assert!(text(&mut m).contains("Hello from esplens"));
    m.reset();
    let _ = m.run(m.now() + TICKS_PER_SEC);
    let text = text(&mut m);
    assert!(text.contains("boot:0xf (UART_BOOT"), "{text}");
}

#[test]
fn the_reset_button_is_input_and_replays() {
    let run = |m: &mut Machine| {
        let mut shown = String::new();
        while m.now() < 2 * TICKS_PER_SEC {
            let _ = m.run(m.now() + 1000 * TICKS_PER_US);
            shown += &text(m);
        }
        (shown, m.save().hash().unwrap())
    };
    let mut first = machine();
    let begin = first.save();
    let _ = first.run(TICKS_PER_SEC / 3);
    let before = text(&mut first);
    press(&mut first, false);
    first.input(Input::Break(0));
    let (after, hash) = run(&mut first);
    let log = first.log().to_vec();
    let mut second = machine();
    second.restore(&begin);
    second.replay(log);
    let (shown, again) = run(&mut second);
    assert_eq!((shown, again), (before + &after, hash));
}
