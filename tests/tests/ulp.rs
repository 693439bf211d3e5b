//! The ULP coprocessor in real firmware: ESP-IDF's pulse counter (examples/system/ulp) on GPIO34, with a wake-up by the
//! timer added. It wakes the chip after one edge, and prints the number of edges.

use esplens_core::time::Ticks;
use esplens_soc::dev::gpio::Pulse;
use esplens_soc::machine::Input;
use esplens_soc::map::RTC_SLOW;
use esplens_tests::session::MS;
use esplens_tests::{UartSession, firmware};

/// The ULP program's variable `edge_count_to_wake_up`.
const EDGES_TO_WAKE: u32 = RTC_SLOW.start + 56 * 4;
/// The firmware's pulse counting pin.
const PIN: u8 = 34;

fn boot() -> Option<UartSession> {
    let image = firmware::chip_folder()?.join("idf-4.4-ulp-wakeup/flash.bin");
    Some(UartSession::boot(&image, |c| c.network = None).unwrap())
}

/// Boots the image and runs until the chip sleeps for the first time.
fn asleep() -> Option<UartSession> {
    let mut session = boot()?;
    session.expect("Not Timer wakeup", 10_000).unwrap();
    session.expect("ulp_next_edge: 1", 1_000).unwrap();
    session.expect("Enabling timer wakeup, 30s", 1_000).unwrap();
    session.run_ms(500).unwrap();
    Some(session)
}

fn pulses(session: &mut UartSession, length: Ticks, count: u32) {
    let pulse = Pulse { level: true, length: length * MS, count, period: 2 * length * MS };
    session.machine.input(Input::PadPulse(PIN, pulse));
}

#[test]
fn an_edge_wakes_the_chip_and_a_shorter_pulse_does_not() {
    let Some(mut session) = asleep() else { return };
    // The program expects the new level in four runs 20 ms apart.
    pulses(&mut session, 50, 1);
    session.run_ms(2_000).unwrap();
    assert!(!session.text[0].contains("MAXCOUNT"));
    pulses(&mut session, 5_000, 1);
    session.expect("ULP MAXCOUNT, saving pulse count", 500).unwrap();
    // Then the firmware starts Bluetooth, which is not modelled.
    session.expect(r"count action: 1\r?\n", 500).unwrap();
    assert!(!session.warnings.iter().any(|w| w.contains("ULP")), "{:?}", session.warnings);
    // A replay of the inputs from power-on is the same run.
    let (log, end) = (session.machine.log().to_vec(), session.machine.now());
    let mut replayed = boot().unwrap();
    replayed.machine.replay(log);
    replayed.run_to(end).unwrap();
    assert!(replayed.machine.state_hash() == session.machine.state_hash());
}

#[test]
fn pulses_are_counted_until_the_timer_wakes_the_chip() {
    let Some(mut session) = asleep() else { return };
    assert_eq!(session.machine.poke(EDGES_TO_WAKE, &100u32.to_le_bytes()), 4);
    pulses(&mut session, 200, 7);
    session.run_ms(10_000).unwrap();
    // A machine that is restored in the middle counts the same.
    let state = session.machine.save();
    session.expect("TIMER, saving pulse count", 25_000).unwrap();
    session.expect(r"count action: 14\r?\n", 500).unwrap();
    let hash = session.machine.state_hash();
    let end = session.machine.now();
    session.machine.restore(&state);
    session.run_to(end).unwrap();
    assert!(session.machine.state_hash() == hash);
}
