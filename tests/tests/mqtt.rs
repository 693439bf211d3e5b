//! Issue 5's experiment with MQTT: firmware nobody here wrote finds its broker by name and publishes.

use esplens_tests::host::{Running, Told, broker, name_server};
use esplens_tests::{binary, firmware};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::Stdio;
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// What comes within a minute, to the first that fits.
fn wait_for<T>(from: &Receiver<T>, fits: impl Fn(&T) -> bool) -> Vec<T> {
    let mut seen = Vec::new();
    while seen.last().is_none_or(|last| !fits(last)) {
        seen.push(from.recv_timeout(Duration::from_secs(60)).expect("in time"));
    }
    seen
}

#[test]
fn the_firmware_publishes_to_its_broker() {
    let Some(flash) = firmware::file("idf-6.0-openeth-mqtt/flash.bin") else { return };
    // Port 1883 is the firmware's choice; where somebody else has it, nothing can be said.
    let Ok(listener) = TcpListener::bind("127.0.0.1:1883") else {
        eprintln!("skipped: port 1883 is taken");
        return;
    };
    let told = broker(listener);
    let (port, names) = name_server();
    let nic = format!("user,resolver=127.0.0.1:{port}");
    let child = binary::esplens().arg("run").arg(flash).args(["--nic", &nic]).stdout(Stdio::piped()).spawn();
    let mut running = Running(child.unwrap());
    let mut lines = BufReader::new(running.0.stdout.take().unwrap()).lines().map_while(Result::ok);

    assert_eq!(names.recv_timeout(Duration::from_secs(60)).unwrap(), "broker.hivemq.com");
    let message = |t: &Told| matches!(t, Told::Published(..));
    let seen = wait_for(&told, message);
    assert_eq!(seen[0], Told::Connected("device2".into()));
    assert_eq!(seen.last(), Some(&Told::Published("/topic/qos1".into(), 1, "data_3".into())));
    // The acknowledgement went back as well.
    assert!(lines.any(|l| l.contains("MQTT_EVENT_PUBLISHED")), "the firmware hears that it arrived");
}
