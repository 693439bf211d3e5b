use super::super::inlet::PendingBytes;
use super::*;
use std::io::Write;
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, sync_channel};

const WAIT: Duration = Duration::from_secs(5);

fn open() -> (Rfc2217, Receiver<SerialEvent>) {
    let (events, rx) = sync_channel(16);
    (Rfc2217::open(Inlet::new(1, events, PendingBytes::default()), "127.0.0.1", 0).unwrap(), rx)
}

fn connect(port: &Rfc2217) -> TcpStream {
    let client = TcpStream::connect(port.address()).unwrap();
    client.set_read_timeout(Some(WAIT)).unwrap();
    client
}

/// Reads until `end` has been received.
fn until(client: &mut TcpStream, end: &[u8]) -> Vec<u8> {
    let mut seen = Vec::new();
    while !seen.ends_with(end) {
        let mut byte = [0];
        client.read_exact(&mut byte).unwrap_or_else(|e| panic!("{e} after {seen:?}"));
        seen.push(byte[0]);
    }
    seen
}

#[test]
fn data_and_resets_reach_the_chip_in_order_and_output_is_escaped() {
    let (mut port, rx) = open();
    port.write(b"early\xFF");
    let mut client = connect(&port);
    assert!(until(&mut client, b"early\xFF\xFF").starts_with(&[telnet::IAC]));
    let reset = [telnet::message(&[5, 11]), telnet::message(&[5, 12])].concat();
    client.write_all(&[&b"hi"[..], &reset].concat()).unwrap();
    let seen: Vec<_> = (0..3).map(|_| rx.recv_timeout(WAIT).unwrap()).collect();
    let (low, high) = (SerialEvent::Chip(Input::Enable(false)), SerialEvent::Chip(Input::Enable(true)));
    assert_eq!(seen, [SerialEvent::Input(1, b"hi".to_vec()), low, high]);
    until(&mut client, &telnet::message(&[105, 12]));
    client.write_all(&telnet::message(&[12, 3])).unwrap();
    assert_eq!(rx.recv_timeout(WAIT), Ok(SerialEvent::Purge(1)));
}

#[test]
fn a_second_client_is_turned_away_and_the_lines_are_let_go_at_the_end() {
    let (port, rx) = open();
    let mut first = connect(&port);
    first.write_all(&telnet::message(&[5, 11])).unwrap();
    assert_eq!(rx.recv_timeout(WAIT), Ok(SerialEvent::Chip(Input::Enable(false))));
    let mut second = connect(&port);
    let mut none = [0];
    assert!(matches!(second.read(&mut none), Ok(0) | Err(_)), "closed at once");
    drop(first);
    assert_eq!(rx.recv_timeout(WAIT), Ok(SerialEvent::Chip(Input::Enable(true))));
    let mut third = connect(&port);
    assert_eq!(third.read(&mut none).unwrap(), 1, "greeted");
}

#[test]
fn a_taken_port_is_an_error() {
    let (port, _rx) = open();
    let (events, _other) = sync_channel(1);
    let inlet = Inlet::new(0, events, PendingBytes::default());
    let error = Rfc2217::open(inlet, "127.0.0.1", port.address().port()).err().unwrap();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
}

#[test]
fn the_guest_is_kept_away() {
    let (port, _rx) = open();
    assert!(esplens_server::listen::is_own_listener(port.address()));
}

#[test]
fn a_web_page_does_not_reset_the_chip() {
    let (port, rx) = open();
    let mut client = connect(&port);
    let reset = telnet::message(&[5, 11]);
    let head = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/octet-stream\r\n\r\n";
    client.write_all(&[&head[..], &reset].concat()).unwrap();
    // The connection is closed in either case, and its data is not read.
    while matches!(client.read(&mut [0; 100]), Ok(n) if n > 0) {}
    assert!(rx.recv_timeout(Duration::from_millis(100)).is_err());
    // Typed text is accepted, and the next client is served.
    let mut person = connect(&port);
    person.write_all(b"GET up\r").unwrap();
    assert_eq!(rx.recv_timeout(WAIT), Ok(SerialEvent::Input(1, b"GET up\r".to_vec())));
    person.write_all(&reset).unwrap();
    assert_eq!(rx.recv_timeout(WAIT), Ok(SerialEvent::Chip(Input::Enable(false))));
}

#[test]
fn a_client_that_reads_nothing_is_dropped_and_does_not_hold_up_the_machine() {
    let (mut port, _rx) = open();
    let mut client = connect(&port);
    until(&mut client, &[telnet::IAC]);
    let mut longest = Duration::ZERO;
    for _ in 0..2048 {
        let started = Instant::now();
        port.write(&[7; 16 * 1024]);
        longest = longest.max(started.elapsed());
    }
    assert!(longest < Duration::from_millis(400), "{longest:?}");
    assert!(lock(&port.shared).client.is_none(), "dropped");
    while matches!(client.read(&mut [0; 1 << 16]), Ok(n) if n > 0) {}
    until(&mut connect(&port), &[7; 100]);
}
