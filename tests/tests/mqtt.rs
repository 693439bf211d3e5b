//! MQTT experiment of issue 5: third-party firmware resolves its broker's name and publishes.

use esplens_tests::host::{ClientMessage, Running, broker, name_server};
use esplens_tests::{binary, firmware};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::Stdio;
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// Returns everything received within a minute, up to the first match.
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
    // Port 1883 is the firmware's choice; the broker has any free port.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let told = broker(listener);
    let (port, names) = name_server([10, 0, 2, 100]);
    let nic = format!("user,resolver=127.0.0.1:{port},guestfwd=tcp:10.0.2.100:1883-tcp:{at}");
    let child = binary::esplens().arg("run").arg(flash).args(["--nic", &nic]).stdout(Stdio::piped()).spawn();
    let mut running = Running(child.unwrap());
    let mut lines = BufReader::new(running.0.stdout.take().unwrap()).lines().map_while(Result::ok);

    assert_eq!(names.recv_timeout(Duration::from_secs(60)).unwrap(), "broker.hivemq.com");
    let message = |t: &ClientMessage| matches!(t, ClientMessage::Published(..));
    let seen = wait_for(&told, message);
    assert_eq!(seen[0], ClientMessage::Connected("device2".into()));
    assert_eq!(seen.last(), Some(&ClientMessage::Published("/topic/qos1".into(), 1, "data_3".into())));
    // The acknowledgement arrived as well.
    assert!(lines.any(|l| l.contains("MQTT_EVENT_PUBLISHED")), "the firmware gets the acknowledgement");
}

/// The expectation listed for this image: with `restrict=on` no name is resolved, no outside host is asked,
/// and the broker receives nothing.
#[test]
fn restricted_the_firmware_reaches_nobody() {
    let Some(flash) = firmware::file("idf-6.0-openeth-mqtt/flash.bin") else { return };
    let (port, names) = name_server([10, 0, 2, 2]);
    let nic = format!("user,restrict=on,resolver=127.0.0.1:{port}");
    let mut command = binary::esplens();
    command.arg("run").arg(flash).args([
        "--nic",
        &nic,
        "--exit-on",
        "couldn't get hostname for :broker.hivemq.com",
    ]);
    let out = command.args(["--timeout", "60s", "--wall-timeout", "5m"]).output().unwrap();
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(names.try_recv().is_err(), "the name server was asked");
}
