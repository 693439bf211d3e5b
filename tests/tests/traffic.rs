//! Bulk data between the demo and the host, in both directions, over TCP and UDP; every byte is checked.

use esplens_tests::demo::{Demo, data, sum};
use esplens_tests::host::free_port;
use esplens_tests::load;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream, UdpSocket};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

/// Timeout of any wait.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Reproducible sizes.
struct Sizes(u64);

impl Sizes {
    /// Returns 1 to `most`, with small sizes more often.
    fn next(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (size, scale) = ((self.0 >> 40) as usize, (self.0 >> 36) % 4);
        1 + size % (most >> (3 * scale)).max(1)
    }
}

/// Returns bytes without a pattern.
fn noise(n: usize, seed: u64) -> Vec<u8> {
    let mut sizes = Sizes(seed);
    (0..n).map(|_| sizes.next(1 << 16) as u8).collect()
}

fn forward(protocol: &str, guest: u16) -> (String, u16) {
    let port = free_port();
    (format!("user,hostfwd={protocol}::{port}-:{guest}"), port)
}

fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Sends in pieces of random sizes, then closes its direction.
fn pour(mut to: &TcpStream, bytes: &[u8], seed: u64) {
    let (mut sizes, mut rest) = (Sizes(seed), bytes);
    while !rest.is_empty() {
        let (piece, later) = rest.split_at(sizes.next(20_000).min(rest.len()));
        to.write_all(piece).unwrap();
        rest = later;
    }
    to.shutdown(Shutdown::Write).unwrap();
}

/// Reads to the end, in pieces of random sizes.
fn drain(mut from: &TcpStream, seed: u64) -> Vec<u8> {
    let (mut sizes, mut all, mut buffer) = (Sizes(seed), Vec::new(), vec![0; 20_000]);
    loop {
        let most = sizes.next(buffer.len());
        match from.read(&mut buffer[..most]).unwrap() {
            0 => return all,
            n => all.extend(&buffer[..n]),
        }
    }
}

#[test]
fn tcp_carries_both_ways_at_once() {
    let (nic, port) = forward("tcp", 7);
    let _demo = Demo::on_the_net(&["--nic", &nic]);
    for seed in 1..=3 {
        let (line, sent) = (connect(port), noise(400_000, seed));
        let back = thread::scope(|scope| {
            scope.spawn(|| pour(&line, &sent, seed));
            drain(&line, seed + 100)
        });
        assert_eq!(back.len(), sent.len());
        assert!(back == sent, "seed {seed}: other bytes came back");
    }
}

#[test]
fn tcp_carries_either_way_with_checksums() {
    let (nic, port) = forward("tcp", 80);
    let _demo = Demo::on_the_net(&["--nic", &nic]);
    for (seed, n) in [(1, 1), (2, 100_003), (3, 300_000)] {
        // Upload: the demo answers with its checksum.
        let (mut line, sent) = (connect(port), noise(n as usize, seed));
        write!(line, "POST /sum HTTP/1.1\r\nContent-Length: {n}\r\n\r\n").unwrap();
        pour(&line, &sent, seed);
        let answer = String::from_utf8(drain(&line, seed)).unwrap();
        assert!(answer.ends_with(&format!("\r\n\r\n{n} bytes, sum {:08x}\n", sum(&sent))), "{answer}");
        // Download.
        let mut line = connect(port);
        write!(line, "GET /data/{n} HTTP/1.1\r\n\r\n").unwrap();
        let answer = drain(&line, seed);
        let body = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
        assert_eq!((answer.len() - body, sum(&answer[body..])), (n as usize, sum(&data(n))));
    }
}

#[test]
fn udp_is_echoed() {
    let (nic, port) = forward("udp", 7);
    let _demo = Demo::on_the_net(&["--nic", &nic]);
    let clients = [(); 3].map(|()| {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(TIMEOUT)).unwrap();
        socket.connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        socket
    });
    let mut buffer = [0; 2000];
    for (round, size) in [0, 1, 17, 1000, 1472].into_iter().enumerate() {
        let datagrams: Vec<_> = (0..3).map(|c| noise(size, 10 * round as u64 + c)).collect();
        for (socket, datagram) in clients.iter().zip(&datagrams) {
            socket.send(datagram).unwrap();
        }
        for (socket, datagram) in clients.iter().zip(&datagrams) {
            let n = socket.recv(&mut buffer).unwrap();
            assert!(buffer[..n] == datagram[..], "{size} bytes");
        }
    }
}

/// The demo has twelve sockets: further clients are not refused, they wait.
#[test]
fn two_hundred_connections_are_all_served() {
    const CLIENTS: u32 = 200;
    let (nic, port) = forward("tcp", 80);
    let _demo = Demo::on_the_net(&["--nic", &nic]);
    let start = Barrier::new(CLIENTS as usize);
    let failed: Vec<String> = thread::scope(|scope| {
        let client = |n: u32| {
            // All clients connect before the first one sends a request.
            let mut line = connect(port);
            start.wait();
            write!(line, "GET /data/{} HTTP/1.1\r\n\r\n", 500 + n).map_err(|e| e.to_string())?;
            let mut answer = Vec::new();
            line.read_to_end(&mut answer).map_err(|e| e.to_string())?;
            let right = answer.ends_with(&data(500 + n));
            if right { Ok(()) } else { Err(format!("{} bytes", answer.len())) }
        };
        let clients: Vec<_> = (0..CLIENTS).map(|n| scope.spawn(move || (n, client(n)))).collect();
        let ended = clients.into_iter().map(|c| c.join().unwrap());
        ended.filter_map(|(n, r)| Some(format!("{n}: {}", r.err()?))).collect()
    });
    assert!(failed.is_empty(), "{} of {CLIENTS} lost: {failed:?}", failed.len());
    load::get(port, "/hello").unwrap();
}

#[test]
fn the_guest_is_a_client_of_an_echo_service() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (mut from, mut to) = (client.try_clone().unwrap(), client);
            let _ = std::io::copy(&mut from, &mut to);
        }
    });
    let mut demo = Demo::on_the_net(&["--nic", "user"]);
    for bytes in [1, 5_000, 200_000] {
        demo.type_in(&format!("echo 10.0.2.2:{port} {bytes}"));
        let told = demo.expect("echo: ");
        assert!(told.contains(&format!("done, {bytes} of {bytes} bytes back, 0 wrong")), "{told}");
    }
}

#[test]
fn the_guest_downloads_ten_megabytes() {
    const SIZE: usize = 10_000_000;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let body = noise(SIZE, 10);
    let hash = sum(&body);
    let server = thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut asked = Vec::new();
        while !asked.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            client.read_exact(&mut byte).unwrap();
            asked.extend(byte);
        }
        write!(client, "HTTP/1.1 200 OK\r\nContent-Length: {SIZE}\r\n\r\n").unwrap();
        pour(&client, &body, 1);
        String::from_utf8(asked).unwrap()
    });
    let mut demo = Demo::on_the_net(&["--nic", "user"]);
    demo.type_in(&format!("get 10.0.2.2:{port}/file"));
    let told = demo.expect("get: ");
    assert!(told.contains(&format!("get: done, {SIZE} bytes, sum {hash:08x}")), "{told}");
    assert!(server.join().unwrap().starts_with("GET /file HTTP/1.1\r\n"));
}
