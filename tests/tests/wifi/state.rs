//! The air is part of the machine: equal runs are equal, and a restored state continues as the machine it was
//! saved from.

use super::*;
use esplens_soc::machine::{Machine, MachineState, RunExit};
use esplens_tests::http::HttpClient;
use esplens_tests::session::MS;

fn config() -> Option<MachineConfig> {
    let mut config = MachineConfig::new(firmware::input(&image("idf-5.1-wifi-sta")?).unwrap().flash);
    any(&mut config);
    Some(config)
}

fn run(machine: &mut Machine, ms: u64) {
    let until = machine.now() + ms * MS;
    while machine.now() < until {
        if let exit @ (RunExit::Stopped { .. } | RunExit::Exit(_)) = machine.run(until) {
            panic!("{exit:?}");
        }
    }
    machine.take_output();
}

#[test]
fn two_runs_are_one() {
    let Some(config) = config() else { return };
    let hashes = [(); 2].map(|()| {
        let mut machine = Machine::new(config.clone());
        run(&mut machine, 4000);
        assert!(machine.air().associated());
        machine.state_hash()
    });
    assert_eq!(hashes[0], hashes[1]);
}

/// Saves while 802.11 frames are in transmission; a thousand times with `ESPLENS_FULL`.
#[test]
fn a_saved_state_goes_on_the_same() {
    let Some(config) = config() else { return };
    let saves = if std::env::var_os("ESPLENS_FULL").is_some() { 1000 } else { 12 };
    let mut machine = Machine::new(config.clone());
    run(&mut machine, 650);
    let mut other = Machine::new(config);
    let mut random = 1_u64;
    for n in 0..saves {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // To a time inside a slice.
        let until = machine.now() + random % (2500 * MS / saves);
        while machine.now() < until {
            machine.run(until);
        }
        let saved = machine.save();
        let bytes = saved.to_bytes().unwrap();
        other.restore(&MachineState::from_bytes(&bytes).unwrap());
        assert_eq!(other.state_hash(), machine.state_hash(), "save {n}");
        for m in [&mut machine, &mut other] {
            let until = m.now() + MS;
            while m.now() < until {
                m.run(until);
            }
            m.take_output();
        }
        assert_eq!(other.state_hash(), machine.state_hash(), "a millisecond after save {n}");
    }
    assert!(machine.air().associated());
}

/// No saved state contains a passphrase outside the guest's own memory, whether configured or found.
#[test]
fn a_state_of_the_air_has_no_passphrase() {
    let Some(session) = station() else { return };
    let air = format!("{:?}", session.machine.air());
    assert!(!air.contains("mypassword"));
    let network: Network = "ssid=x,psk=never to be seen".parse().unwrap();
    assert!(!format!("{network:?}").contains("never"));
}

/// An hour in modem sleep, then an answer.
#[test]
fn an_hour_later_the_server_answers() {
    if std::env::var_os("ESPLENS_FULL").is_none() {
        return;
    }
    let Some(flash) = firmware::file("idf-4.0-httpd-wifi/flash.bin") else { return };
    let mut session = UartSession::boot(&flash, any).unwrap();
    session.expect("Starting server on port", PATIENCE_MS).unwrap();
    session.run_ms(3_600_000).unwrap();
    assert!(!session.text[0].contains("run -> init") && !session.text[0].contains("bcn_timeout"));
    let client = HttpClient::default();
    session.machine.attach(Box::new(client.clone()));
    client.get("0.0.0.0:80".parse().unwrap(), "/hello");
    session.run_ms(3000).unwrap();
    assert!(client.answer().ends_with("Hello World!"), "{:?}", client.answer());
}
