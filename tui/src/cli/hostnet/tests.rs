//! The host side of the network with real sockets.

use super::*;
use esplens_soc::net::host::Destination;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, UdpSocket as StdUdp};
use std::time::{Duration, Instant};

fn open(keys: &[(&str, &str)]) -> Sockets {
    let mut config = UserNetConfig::default();
    for (key, value) in keys {
        config.set(key, value).unwrap().unwrap();
    }
    Sockets::open(&config, Ipv4Addr::LOCALHOST, None, Arc::new(|| {})).unwrap()
}

/// Returns the next event. Panics if there is none for 20 s.
fn next(s: &mut impl HostNet) -> HostEvent {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(event) = s.poll() {
            return event;
        }
        assert!(Instant::now() < end, "no event");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn client(s: &mut Sockets) -> (TcpStream, u32) {
    let client = TcpStream::connect(s.forwards()[0].1).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let HostEvent::Accepted { conn, .. } = next(s) else { panic!("no client") };
    (client, conn)
}

#[test]
fn forwards_come_and_go_while_it_runs() {
    let mut s = open(&[]);
    let forward: Forward = "tcp::0-:80".parse().unwrap();
    let at = s.add_forward(&forward).unwrap();
    assert!(at.ip().is_loopback());
    assert!(s.add_forward(&Forward { port: at.port(), ..forward }).unwrap_err().contains(&at.to_string()));
    let (_client, conn) = client(&mut s);
    assert_ne!(conn, 0);
    assert!(!s.remove_forward(Protocol::Udp, None, at.port()));
    assert!(s.remove_forward(Protocol::Tcp, None, at.port()));
    assert!(!s.remove_forward(Protocol::Tcp, None, at.port()));
    let end = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(at).is_ok() {
        assert!(Instant::now() < end, "still listening");
    }
    // The forward's open connection continues.
    s.command(HostCommand::Finish { conn });
    assert!(s.forwards().is_empty());
}

#[test]
fn a_guest_that_refuses_resets_the_client_and_one_that_ends_does_not() {
    let mut s = open(&[("hostfwd", "tcp::0-:80")]);
    let (mut refused, conn) = client(&mut s);
    s.command(HostCommand::Drop { conn });
    assert_eq!(refused.read(&mut [0; 4]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    let (mut served, conn) = client(&mut s);
    s.command(HostCommand::Send { conn, bytes: b"page".to_vec() });
    s.command(HostCommand::Finish { conn });
    let mut text = String::new();
    served.read_to_string(&mut text).unwrap();
    assert_eq!(text, "page");
    assert_eq!(next(&mut s), HostEvent::Sent { conn, bytes: 4 });
    // A client's reset is not the end of its data.
    let (broken, conn) = client(&mut s);
    socket2::SockRef::from(&broken).set_linger(Some(Duration::ZERO)).unwrap();
    drop(broken);
    s.command(HostCommand::Credit { conn, bytes: 10 });
    assert_eq!(next(&mut s), HostEvent::Broken { conn });
}

#[test]
fn guestfwd_reaches_a_server_and_a_program() {
    let echo = TcpListenerStd::bind("127.0.0.1:0").unwrap();
    let device = format!("tcp:10.0.2.100:1-tcp:{}", echo.local_addr().unwrap());
    let mut s = open(&[("guestfwd", &device), ("guestfwd", "tcp:10.0.2.100:2-cmd:tr a-z A-Z")]);
    s.command(HostCommand::Connect { conn: 1, to: Destination::Device(0) });
    assert_eq!(next(&mut s), HostEvent::Connected { conn: 1 });
    let (mut server, _) = echo.accept().unwrap();
    server.write_all(b"hi").unwrap();
    s.command(HostCommand::Credit { conn: 1, bytes: 100 });
    assert_eq!(next(&mut s), HostEvent::Data { conn: 1, bytes: b"hi".to_vec() });
    s.command(HostCommand::Connect { conn: 2, to: Destination::Device(1) });
    assert_eq!(next(&mut s), HostEvent::Connected { conn: 2 });
    s.command(HostCommand::Credit { conn: 2, bytes: 100 });
    s.command(HostCommand::Send { conn: 2, bytes: b"shout\n".to_vec() });
    s.command(HostCommand::Finish { conn: 2 });
    assert_eq!(next(&mut s), HostEvent::Sent { conn: 2, bytes: 6 });
    assert_eq!(next(&mut s), HostEvent::Data { conn: 2, bytes: b"SHOUT\n".to_vec() });
    assert_eq!(next(&mut s), HostEvent::Eof { conn: 2 });
    s.command(HostCommand::Connect { conn: 3, to: Destination::Device(9) });
    assert_eq!(next(&mut s), HostEvent::Refused { conn: 3 });
}

/// Datagrams beyond the limit are lost and use no memory.
#[test]
fn datagrams_wait_in_bounded_memory() {
    let mut s = open(&[("hostfwd", "udp::0-:7")]);
    let sender = StdUdp::bind("127.0.0.1:0").unwrap();
    let bytes = vec![1; 8000];
    for _ in 0..2000 {
        sender.send_to(&bytes, s.forwards()[0].1).unwrap();
    }
    next(&mut s);
    std::thread::sleep(Duration::from_millis(200));
    let most = (2 << 20) + 10_000;
    assert!(s.waiting.load(Ordering::Relaxed) <= most);
    let mut taken = 0;
    while let Some(event) = s.poll() {
        taken += waits(&event);
    }
    assert!(taken <= most + 8064 && s.waiting.load(Ordering::Relaxed) < 10_000, "{taken}");
}

#[test]
#[allow(clippy::print_stderr, reason = "a test says what it skips")]
fn the_first_datagram_of_a_flow_leaves_over_both_versions() {
    let mut s = open(&[]);
    for (n, at) in ["127.0.0.1:0", "[::1]:0"].iter().enumerate() {
        let Ok(server) = StdUdp::bind(at) else {
            eprintln!("skipped: no {at} here");
            continue;
        };
        server.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let (port, flow) = (server.local_addr().unwrap().port(), n as u32 + 1);
        let to = if n == 0 { Destination::Loopback(port) } else { Destination::Loopback6(port) };
        s.command(HostCommand::Datagram { flow, to: Some(to), bytes: b"ask".to_vec() });
        let mut got = [0; 10];
        let (len, from) = server.recv_from(&mut got).unwrap();
        assert_eq!(&got[..len], b"ask");
        server.send_to(b"say", from).unwrap();
        assert_eq!(next(&mut s), HostEvent::Datagram { flow, from: to, bytes: b"say".to_vec() });
    }
}

use std::net::TcpListener as TcpListenerStd;
