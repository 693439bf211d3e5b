//! The user network's options with the demo as guest, over the real binary; and its memory use for slow
//! peers.

use esplens_tests::binary::peak_kib;
use esplens_tests::demo::{Demo, data, sum};
use esplens_tests::host::free_port;
use esplens_tests::load;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

const TIMEOUT: Duration = Duration::from_secs(120);

/// Serves one page to every client. Returns its port.
fn page_server(page: Vec<u8>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let _ = client.read(&mut [0; 1000]);
            let _ = client.write_all(&[b"HTTP/1.1 200 OK\r\n\r\n", &page[..]].concat());
        }
    });
    port
}

#[test]
fn the_network_is_where_it_is_told_to_be() {
    let page = data(5000);
    let (server, forward) = (page_server(page.clone()), free_port());
    let nic = format!(
        "user,net=10.9.0.0/24,host=10.9.0.1,dns=10.9.0.9,dhcpstart=10.9.0.50,hostname=lens,\
         guestfwd=tcp:10.9.0.100:80-tcp:127.0.0.1:{server},guestfwd=tcp:10.9.0.101:80-cmd:cat,\
         hostfwd=tcp::{forward}-:80"
    );
    let mut demo = Demo::start(&["--nic", &nic]);
    demo.expect("net: 10.9.0.50/24 by DHCP");
    let fetched = format!("get: done, 5000 bytes, sum {:08x}", sum(&page));
    for from in [format!("10.9.0.1:{server}"), "10.9.0.100".into()] {
        demo.type_in(&format!("get {from}/page"));
        demo.expect(&fetched);
    }
    // `guestfwd` also connects to a program (`cmd:`).
    demo.type_in("echo 10.9.0.101:80 3000");
    demo.expect("done, 3000 of 3000 bytes back, 0 wrong");
    for (address, answers) in [("10.9.0.1", true), ("10.9.0.9", true), ("10.9.0.77", false)] {
        // The first one may wait a second for the ARP answer: the guest's stack repeats requests only once
        // per second.
        demo.type_in(&format!("ping {address} 3"));
        let told = demo.expect("3 sent, ");
        assert_eq!(!told.contains(" 0 received"), answers, "{address}: {told}");
    }
    assert!(load::get(forward, "/hello").unwrap().contains("Hello World!"));
}

/// With `restrict=on` the guest has its address and the gateway, the `guestfwd` destinations and nothing
/// else; forwards to it work.
#[test]
fn a_restricted_guest_reaches_what_guestfwd_names_alone() {
    let page = data(3000);
    let forbidden = TcpListener::bind("127.0.0.1:0").unwrap();
    forbidden.set_nonblocking(true).unwrap();
    let (server, forward) = (page_server(page.clone()), free_port());
    let nic = format!(
        "user,restrict=on,guestfwd=tcp:10.0.2.100:80-tcp:127.0.0.1:{server},hostfwd=tcp::{forward}-:80"
    );
    let mut demo = Demo::on_the_net(&["--nic", &nic]);
    let port = forbidden.local_addr().unwrap().port();
    for to in [format!("10.0.2.2:{port}"), format!("10.0.2.2:{server}"), "10.0.2.3:53".into()] {
        demo.type_in(&format!("get {to}/x"));
        demo.expect("get: refused");
    }
    assert_eq!(forbidden.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "nobody came");
    demo.type_in("get 10.0.2.100/page");
    demo.expect(&format!("get: done, 3000 bytes, sum {:08x}", sum(&page)));
    demo.type_in("ping 10.0.2.2 3");
    assert!(!demo.expect("3 sent, ").contains(" 0 received"));
    assert!(load::get(forward, "/hello").unwrap().contains("Hello World!"));
}

/// Sends one monitor command and returns its answer.
fn ask(monitor: u16, command: &str) -> String {
    let mut line = TcpStream::connect((Ipv4Addr::LOCALHOST, monitor)).unwrap();
    line.set_read_timeout(Some(TIMEOUT)).unwrap();
    let until_prompt = |mut line: &TcpStream| {
        let (mut text, mut byte) = (Vec::new(), [0]);
        while !text.ends_with(b"(esplens) ") {
            line.read_exact(&mut byte).unwrap();
            text.extend(byte);
        }
        String::from_utf8(text).unwrap()
    };
    until_prompt(&line);
    line.write_all(format!("{command}\n").as_bytes()).unwrap();
    until_prompt(&line)
}

#[test]
fn forwards_come_and_go_while_the_guest_serves() {
    let (monitor, port) = (free_port(), free_port());
    let _demo = Demo::on_the_net(&["--nic", "user", "--monitor", &format!("tcp:127.0.0.1:{monitor}")]);
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
    let said = ask(monitor, &format!("hostfwd_add tcp:127.0.0.1:{port}-:80"));
    assert!(!said.contains("could not"), "{said}");
    assert!(load::get(port, "/hello").unwrap().contains("Hello World!"));
    assert!(ask(monitor, "info usernet").contains(&format!("127.0.0.1:{port}")));
    let frames = ask(monitor, "info network");
    assert!(frames.contains("dropped 0 (") && !frames.contains("received 0 "), "{frames}");
    ask(monitor, &format!("hostfwd_remove tcp:127.0.0.1:{port}"));
    let end = Instant::now() + TIMEOUT;
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
        assert!(Instant::now() < end, "still listening");
    }
}

/// Maximum growth of the process, in KiB, while one side of a connection does not read.
const GROWTH: u64 = 24 << 10;
/// Upper bound of the host's own socket buffers.
const BUFFERS: usize = 64 << 20;

/// The demo sends `/data/N` and does not read; the client writes and does not read either. Both directions
/// stall, the program keeps a window of each, and nothing is lost when reading continues.
#[test]
fn two_ends_that_do_not_read_cost_no_memory() {
    const N: u32 = 12_000_000;
    let port = free_port();
    let demo = Demo::on_the_net(&["--nic", &format!("user,hostfwd=tcp::{port}-:80")]);
    load::get(port, "/hello").unwrap();
    let before = peak_kib(demo.running.0.id()).unwrap_or(0);
    let mut line = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    write!(line, "GET /data/{N} HTTP/1.1\r\n\r\n").unwrap();
    line.set_write_timeout(Some(Duration::from_secs(3))).unwrap();
    let (noise, mut written) = (vec![0x55; 1 << 16], 0);
    let why = loop {
        match line.write(&noise) {
            Ok(n) => written += n,
            Err(why) => break why.kind(),
        }
        assert!(written < BUFFERS, "{written} bytes went somewhere");
    };
    assert_eq!(why, ErrorKind::WouldBlock);
    let after = peak_kib(demo.running.0.id()).unwrap_or(0);
    assert!(after < before + GROWTH, "{before} KiB, then {after} KiB after {written} bytes");
    line.set_read_timeout(Some(TIMEOUT)).unwrap();
    let mut answer = Vec::new();
    line.read_to_end(&mut answer).unwrap();
    let body = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
    assert_eq!(answer.len() - body, N as usize);
    assert!(answer[body..] == data(N), "other bytes came");
}

/// Returns the answer to `GET /hello` on a connection that stays open.
fn hello(line: &mut TcpStream) -> std::io::Result<String> {
    line.write_all(b"GET /hello HTTP/1.1\r\nHost: demo\r\n\r\n")?;
    answered(line)
}

fn answered(line: &mut TcpStream) -> std::io::Result<String> {
    let (mut text, mut byte) = (Vec::new(), [0]);
    while !text.ends_with(b"Hello World!") {
        line.read_exact(&mut byte)?;
        text.extend(byte);
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Host connections belong to the newest point of the run: they wait while an earlier time is examined, and
/// break when it is changed.
#[test]
fn connections_survive_a_look_back_but_not_another_past() {
    let (monitor, port) = (free_port(), free_port());
    let nic = format!("user,hostfwd=tcp::{port}-:80");
    let _demo = Demo::on_the_net(&["--nic", &nic, "--monitor", &format!("tcp:127.0.0.1:{monitor}")]);
    let mut line = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    line.set_read_timeout(Some(TIMEOUT)).unwrap();
    ask(monitor, "halt");
    ask(monitor, "resume");
    (0..20).for_each(|_| assert!(hello(&mut line).is_ok()));

    ask(monitor, "halt");
    ask(monitor, "reverse-stepi");
    assert!(ask(monitor, "rc").contains("nothing earlier"));
    assert!(ask(monitor, "record").contains("the present "));
    // Requested now, answered when the run is back at its newest point.
    line.write_all(b"GET /hello HTTP/1.1\r\nHost: demo\r\n\r\n").unwrap();
    ask(monitor, "resume");
    answered(&mut line).unwrap();
    (0..20).for_each(|_| assert!(hello(&mut line).is_ok()));

    ask(monitor, "halt");
    assert!(ask(monitor, "rc").contains("nothing earlier"));
    ask(monitor, "mww 0x50000000 1");
    ask(monitor, "resume");
    assert!(hello(&mut line).is_err(), "this connection is of another time");
    assert!(load::get(port, "/hello").unwrap().contains("Hello World!"));
}
