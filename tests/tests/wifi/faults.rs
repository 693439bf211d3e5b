//! Faults of the network: the firmware's own log is the same as on a board.

use super::*;
use esplens_soc::machine::Input;
use esplens_soc::net::air::AirCommand;

fn command(session: &mut UartSession, command: AirCommand) {
    session.machine.input(Input::Air(command));
}

/// Runs the firmware with a network and checks its output.
fn told(options: &[&str], expected: &[&str]) {
    let Some(flash) = image("idf-5.1-wifi-sta") else { return };
    let mut session = UartSession::boot(&flash, |c| networks(c, options)).unwrap();
    for e in expected {
        session.expect(e, PATIENCE_MS).unwrap();
    }
}

#[test]
fn a_wrong_passphrase_ends_the_handshake() {
    // Reason 15, 4-way handshake timeout, is f00 in the driver's state line.
    told(
        &["ssid=myssid,psk=another one"],
        &[r"state: assoc -> run", r"state: run -> init \(f.0\)", "retry to connect"],
    );
}

#[test]
fn an_open_network_is_refused_by_firmware_with_a_passphrase() {
    told(&["ssid=myssid"], &["mode : sta", "connect to the AP fail"]);
}

#[test]
fn a_weak_signal_is_no_network() {
    told(&["ssid=myssid,psk=mypassword,rssi=-97"], &["mode : sta", "connect to the AP fail"]);
}

#[test]
fn the_signal_strength_is_what_the_firmware_sees() {
    told(&["ssid=myssid,psk=mypassword,rssi=-71"], &["rssi: -71"]);
}

#[test]
fn a_deauthentication_is_told_with_its_reason() {
    let Some(mut session) = station() else { return };
    command(&mut session, AirCommand::Deauthenticate(None, 8));
    // The state line has reason times 256 plus the 802.11 frame's subtype.
    session.expect(r"state: run -> init \(8c0\)", PATIENCE_MS).unwrap();
    session.expect("got ip:", PATIENCE_MS).unwrap();
}

#[test]
fn an_access_point_that_goes_is_missed() {
    let Some(mut session) = station() else { return };
    command(&mut session, AirCommand::Up(None, false));
    session.expect("bcn_timeout,ap_probe_send_start", PATIENCE_MS).unwrap();
    session.expect(r"state: run -> init \(c8\d+\)", PATIENCE_MS).unwrap();
    command(&mut session, AirCommand::Up(None, true));
    session.expect("got ip:", 2 * PATIENCE_MS).unwrap();
}

/// A network that was created because the firmware asked for it does not return after its removal.
#[test]
fn a_removed_network_does_not_come_back() {
    let Some(flash) = image("idf-5.1-wifi-sta") else { return };
    let mut session = UartSession::boot(&flash, any).unwrap();
    session.expect("got ip:", PATIENCE_MS).unwrap();
    command(&mut session, AirCommand::Remove(Some(b"myssid".to_vec())));
    session.expect(r"state: run -> init \(c8\d+\)", PATIENCE_MS).unwrap();
    session.run_ms(10_000).unwrap();
    assert!(session.machine.air().access_points().is_empty(), "{}", session.tail());
    command(&mut session, AirCommand::Add("ssid=myssid,psk=mypassword".parse().unwrap()));
    assert!(!session.machine.air().associated());
}

#[test]
fn lost_frames_are_sent_again() {
    let Some(mut session) = station() else { return };
    command(&mut session, AirCommand::Loss(None, 200));
    session.run_ms(20_000).unwrap();
    assert!(session.machine.air().associated(), "{}", session.tail());
    assert!(!session.text[0].contains("run -> init"), "{}", session.tail());
}

#[test]
fn a_new_group_key_is_taken() {
    let Some(mut session) = station() else { return };
    command(&mut session, AirCommand::Rekey(None));
    session.run_ms(5000).unwrap();
    assert!(session.machine.air().associated(), "{}", session.tail());
    assert!(!session.text[0].contains("run -> init"), "{}", session.tail());
}
