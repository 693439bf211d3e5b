//! MCPWM in real firmware: ESP-IDF's servo example, changed so that a button at GPIO0 starts the servo. It moves the
//! servo at GPIO18 with a 50 Hz wave whose high time is the angle.

use esplens_core::time::TICKS_PER_US;
use esplens_soc::machine::Input;
use esplens_tests::{UartSession, firmware};

/// Returns the times, in µs, of the edges of GPIO18 during the next `us` microseconds, each with the new level.
fn edges(session: &mut UartSession, us: u64) -> Vec<(u64, bool)> {
    const STEP: u64 = 10;
    let mut edges = Vec::new();
    let mut level = None;
    for _ in 0..us / STEP {
        session.run_to(session.machine.now() + STEP * TICKS_PER_US).unwrap();
        let now = session.machine.pad(18).unwrap().level;
        if level.replace(now).is_some_and(|before| before != now) {
            edges.push((session.machine.now() / TICKS_PER_US, now));
        }
    }
    edges
}

#[test]
fn the_servos_pin_has_a_50_hz_wave_with_the_angles_high_time() {
    let Some(folder) = firmware::chip_folder() else { return };
    let mut session =
        UartSession::boot(&folder.join("idf-4.4-servo/flash.bin"), |c| c.network = None).unwrap();
    session.expect("Servo", 10_000).unwrap();
    session.machine.input(Input::Pad(0, Some(false)));
    for (angle, high) in [(-90, 1000), (-45, 1250), (0, 1500)] {
        session.expect(&format!("Angle of rotation: {angle}\\D"), 10_000).unwrap();
        session.run_ms(5).unwrap();
        let edges = edges(&mut session, 70_000);
        let rise = edges.iter().position(|(_, level)| *level).unwrap();
        let times: Vec<u64> = edges[rise..].iter().map(|(at, _)| *at).collect();
        assert!(times[1].abs_diff(times[0] + high) <= 20, "angle {angle}: {edges:?}");
        assert!(times[2].abs_diff(times[0] + 20_000) <= 20, "angle {angle}: {edges:?}");
    }
    assert!(session.warnings.iter().all(|w| !w.contains("MCPWM")), "{:?}", session.warnings);
}
