//! Interpreted and translated code give the same machine states: firmware in lockstep.
//!
//! The short form runs one image for 300 ms; `ESPLENS_FULL=1` runs every image of every sample for two
//! seconds.

use esplens_core::time::{TICKS_PER_US, Ticks};
use esplens_soc::machine::{EngineKind, Machine, MachineConfig, RunExit};
use esplens_tests::firmware;
use esplens_tests::session::MS;

/// Interval between comparisons: 100,000 cycles at 240 MHz.
const EVERY: Ticks = 200_000;

fn run(machine: &mut Machine, until: Ticks) {
    while machine.now() < until {
        if let exit @ (RunExit::Stopped { .. } | RunExit::Exit(_)) = machine.run(until) {
            panic!("{exit:?}");
        }
    }
    machine.take_output();
}

/// Runs an image on both engines and compares the machines at intervals.
fn compare(name: &str, config: &MachineConfig, kind: EngineKind, until: Ticks) {
    let make =
        |engine, skip_busy_waits| Machine::new(MachineConfig { engine, skip_busy_waits, ..config.clone() });
    let (mut plain, mut fast) = (make(EngineKind::Interp, false), make(kind, true));
    let mut at = 0;
    while at < until {
        at += EVERY;
        run(&mut plain, at);
        run(&mut fast, at);
        let now = (plain.now(), plain.instructions());
        assert_eq!(now, (fast.now(), fast.instructions()), "{name}, {kind:?}");
        assert!(plain.digest() == fast.digest(), "{name}, {kind:?}, at {} us", at / TICKS_PER_US);
    }
    assert!(plain.state_hash() == fast.state_hash(), "{name}, {kind:?}, at the end");
}

#[test]
fn translated_firmware_is_the_same_machine() {
    let Some(path) = firmware::file("idf-5.3-blink/flash.bin") else { return };
    let config = MachineConfig::new(firmware::input(&path).unwrap().flash);
    compare("idf-5.3-blink", &config, EngineKind::JitAtOnce, 300 * MS);
    compare("idf-5.3-blink", &config, EngineKind::Jit, 300 * MS);
}

#[test]
fn every_image_is_the_same_machine() {
    if std::env::var_os("ESPLENS_FULL").is_none() {
        return;
    }
    for sample in ["firmware", "firmware-wifi", "firmware-chip"] {
        let Some(folder) = firmware::sample(sample) else { continue };
        for case in firmware::cases(&folder) {
            let path = folder.join(&case.name).join(&case.flash);
            let mut config = MachineConfig::new(firmware::input(&path).unwrap().flash);
            // Options that only the command line supports make no difference here.
            let _ = case.configure(&mut config);
            compare(&case.name, &config, EngineKind::JitAtOnce, 2000 * MS);
        }
    }
}
