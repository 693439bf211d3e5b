//! Determinism: the same image with the same input gives the same machine, bit for bit, however it is driven.

use esplens_core::time::Ticks;
use esplens_soc::machine::{Machine, MachineConfig, MachineState, RunExit};
use esplens_tests::firmware;
use esplens_tests::session::MS;
use proptest::prelude::*;
use std::sync::OnceLock;

/// Point of comparison: time, instructions, state hash.
type Mark = (Ticks, u64, [u8; 32]);

fn config(image: &str) -> Option<MachineConfig> {
    let path = firmware::file(&format!("{image}/flash.bin"))?;
    Some(MachineConfig::new(firmware::input(&path).unwrap().flash))
}

fn run(machine: &mut Machine, until: Ticks) {
    while machine.now() < until {
        if let exit @ (RunExit::Stopped { .. } | RunExit::Exit(_)) = machine.run(until) {
            panic!("{exit:?}");
        }
    }
    machine.take_output();
}

fn mark(machine: &mut Machine) -> Mark {
    (machine.now(), machine.instructions(), machine.state_hash())
}

/// Returns a machine at `until`, reached in one run.
fn straight(config: &MachineConfig, until: Ticks) -> Machine {
    let mut machine = Machine::new(config.clone());
    run(&mut machine, until);
    machine
}

#[test]
fn two_runs_are_one() {
    for (image, ms) in [("idf-5.3-blink", 400), ("idf-3.2-hello", 1500), ("nuttx-10.4", 200)] {
        let Some(config) = config(image) else { return };
        let marks = [(); 2].map(|()| mark(&mut straight(&config, ms * MS)));
        assert_eq!(marks[0], marks[1], "{image}");
    }
}

/// The hash shown to users distinguishes runs as the hash over the saved state does.
#[test]
fn the_hash_that_is_shown_follows_the_machine() {
    let Some(mut config) = config("nuttx-10.4") else { return };
    let shown = |config: &MachineConfig, until: Ticks| straight(config, until).digest();
    let one = shown(&config, 20 * MS);
    assert_eq!(one, shown(&config, 20 * MS));
    assert_ne!(one, shown(&config, 20 * MS + 1000));
    config.psram_bytes = 4 << 20;
    assert_ne!(one, shown(&config, 20 * MS));
    let mut machine = straight(&config, MS);
    let before = machine.digest();
    assert_eq!(machine.digest(), before, "looking changes nothing");
    let state = machine.save();
    machine.poke(0x3FFB_0000, &[0x5A]);
    assert_ne!(machine.digest(), before, "a byte of memory");
    machine.restore(&state);
    assert_eq!(machine.digest(), before);
}

#[test]
fn seeds_differ_and_are_part_of_the_state() {
    let Some(mut config) = config("nuttx-10.4") else { return };
    let one = straight(&config, MS).state_hash();
    config.seed += 1;
    assert_ne!(one, straight(&config, MS).state_hash());
}

#[test]
fn it_does_not_matter_how_time_is_divided() {
    let Some(config) = config("idf-5.3-blink") else { return };
    let marks: Vec<Ticks> = (1..=40).map(|n| n * 10 * MS + n * 7).collect();
    let mut whole = Machine::new(config.clone());
    let expected: Vec<Mark> = marks
        .iter()
        .map(|&at| {
            run(&mut whole, at);
            mark(&mut whole)
        })
        .collect();
    let mut random = 1_u64;
    let mut pieces = Machine::new(config);
    for (&at, expected) in marks.iter().zip(expected) {
        while pieces.now() < at {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            // From single cycles to more than a slice, often not a whole number of cycles.
            let step = 1 + (random >> 33) % (1 << (4 + random % 13));
            let until = (pieces.now() + step).min(at);
            run(&mut pieces, until);
        }
        assert_eq!(mark(&mut pieces), expected, "at {} ms", at / MS);
    }
}

#[test]
fn a_restored_machine_goes_on_as_before() {
    for (image, at, end) in
        [("idf-5.3-blink", 123 * MS + 5, 300 * MS), ("micropython-1.20", 222 * MS, 400 * MS)]
    {
        let Some(config) = config(image) else { return };
        let mut machine = straight(&config, at);
        let state = machine.save();
        run(&mut machine, end);
        let expected = mark(&mut machine);
        machine.restore(&state);
        run(&mut machine, end);
        assert_eq!(mark(&mut machine), expected, "{image}: restored in place");
        let bytes = state.to_bytes().unwrap();
        let mut fresh = Machine::new(config);
        fresh.restore(&MachineState::from_bytes(&bytes).unwrap());
        assert_eq!(fresh.state_hash(), state.hash().unwrap(), "{image}: nothing is lost in bytes");
        run(&mut fresh, end);
        assert_eq!(mark(&mut fresh), expected, "{image}: restored into a fresh machine");
    }
}

#[test]
fn cut_or_foreign_states_are_refused() {
    let Some(config) = config("nuttx-10.4") else { return };
    let bytes = straight(&config, MS).save().to_bytes().unwrap();
    for n in [0, 1, 7, 100, bytes.len() / 2, bytes.len() - 1] {
        assert!(MachineState::from_bytes(&bytes[..n]).is_err(), "{n} bytes");
    }
    let mut other = bytes;
    for version in [other[0] - 1, other[0] + 1, other[0] ^ 0x40] {
        other[0] = version;
        let why = MachineState::from_bytes(&other).err().expect("another version").to_string();
        assert!(why.contains(&format!("saved in version {version} of the format")), "{why}");
    }
}

#[test]
fn a_log_replays() {
    let Some(config) = config("micropython-1.20") else { return };
    let mut machine = straight(&config, 450 * MS + 11);
    let state = machine.save();
    for line in ["a = 6\r", "b = 7\r", "print(a * b)\r"] {
        machine.uart_input(0, line.as_bytes());
        let until = machine.now() + 13 * MS + 17;
        run(&mut machine, until);
    }
    let end = machine.now() + 30 * MS;
    run(&mut machine, end);
    let (expected, log) = (mark(&mut machine), machine.log().to_vec());
    assert_eq!(log.len(), 3);
    let mut fresh = Machine::new(config.clone());
    fresh.replay(log.clone());
    run(&mut fresh, end);
    assert_eq!(mark(&mut fresh), expected, "from power-on");
    assert_eq!((fresh.log(), fresh.replay_left()), (&log[..], 0));
    machine.restore(&state);
    assert!(machine.log().is_empty(), "the inputs after the saved state are in the future again");
    machine.replay(log.clone());
    run(&mut machine, end);
    assert_eq!(mark(&mut machine), expected, "from the saved state");
    assert_eq!(machine.log(), log);
}

/// Reference for the property test: image, and the state hashes at its marks.
struct Track {
    config: MachineConfig,
    end: Ticks,
    expected: Mark,
}

fn tracks() -> &'static [Track] {
    static TRACKS: OnceLock<Vec<Track>> = OnceLock::new();
    TRACKS.get_or_init(|| {
        let track = |(image, ms): (&str, u64)| {
            let config = config(image)?;
            let expected = mark(&mut straight(&config, ms * MS));
            Some(Track { config, end: ms * MS, expected })
        };
        [("idf-5.3-blink", 120), ("micropython-1.20", 250)].into_iter().filter_map(track).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if std::env::var_os("ESPLENS_FULL").is_some() { 200 } else { 6 },
        failure_persistence: None, ..ProptestConfig::default() })]

    /// Saves at random times, continues for a while, restores one of the saves, and reaches the state of a
    /// straight run.
    #[test]
    fn saving_and_restoring_at_random_changes_nothing(
        which in 0..2_usize,
        mut at in prop::collection::vec((0.0..1.0_f64, 0.0..0.1_f64, any::<bool>()), 1..5),
    ) {
        let Some(track) = tracks().get(which) else { return Ok(()) };
        at.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut machine = Machine::new(track.config.clone());
        for (when, detour, bytes) in at {
            let end = track.end as f64;
            run(&mut machine, (when * end) as Ticks);
            let state = machine.save();
            let saved = machine.state_hash();
            let until = (machine.now() + (detour * end) as Ticks).min(track.end);
            machine.uart_input(0, b"x\r");
            run(&mut machine, until);
            if bytes {
                machine = Machine::new(track.config.clone());
                machine.restore(&MachineState::from_bytes(&state.to_bytes().unwrap()).unwrap());
            } else {
                machine.restore(&state);
            }
            prop_assert_eq!(machine.state_hash(), saved);
        }
        run(&mut machine, track.end);
        prop_assert_eq!(mark(&mut machine), track.expected);
    }
}

#[test]
fn a_long_log_loses_its_oldest_inputs_and_still_replays_from_later_states() {
    let Some(config) = config("nuttx-10.4") else { return };
    let mut machine = Machine::new(config);
    for n in 1..=100 {
        machine.uart_input(0, &[b'a'; 100]);
        run(&mut machine, n * MS);
    }
    let all = machine.log().to_vec();
    machine.trim_log(1 << 20);
    assert_eq!(machine.log().len(), 100, "small enough");
    machine.trim_log(10_000);
    let left = machine.log().len();
    assert!((10..100).contains(&left), "{left} of 100 are left");
    assert_eq!(machine.log(), &all[100 - left..], "the newest");
    let state = machine.save();
    machine.uart_input(0, b"later");
    run(&mut machine, 110 * MS);
    let (expected, later) = (mark(&mut machine), machine.log()[left..].to_vec());
    machine.restore(&state);
    assert_eq!(machine.log().len(), left);
    machine.replay(later);
    run(&mut machine, 110 * MS);
    assert_eq!(mark(&mut machine), expected);
}
