//! `--nic tap`: a real TAP device of Linux, with the host's own TCP/IP on the other side. It is in a separate
//! network namespace, so that the host's network does not change; that needs CAP_SYS_ADMIN and /dev/net/tun.
#![cfg(target_os = "linux")]

use esplens_tests::binary;
use esplens_tests::demo::{self, Demo, data, sum};
use nix::sched::{CloneFlags, unshare};
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{Icmpv4Packet, Icmpv4Repr};
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{Read, Write};
use std::net::{SocketAddrV4, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const DEVICE: &str = "lens0";
const TIMEOUT: Duration = Duration::from_secs(60);

/// Runs `ip` of iproute2. Fails with the reason.
fn ip(args: &str) -> Result<(), String> {
    let out = Command::new("ip").args(args.split(' ')).output().map_err(|why| format!("ip: {why}"))?;
    let text = || format!("ip {args}: {}", String::from_utf8_lossy(&out.stderr));
    if out.status.success() { Ok(()) } else { Err(text()) }
}

/// Moves this thread and its children to a network namespace with the device. Fails with the reason.
fn namespace() -> Result<(), String> {
    if !Path::new("/dev/net/tun").exists() {
        return Err("there is no /dev/net/tun".into());
    }
    unshare(CloneFlags::CLONE_NEWNET).map_err(|why| format!("no network namespace: {why}"))?;
    ip(&format!("tuntap add dev {DEVICE} mode tap"))?;
    ip(&format!("addr add 10.7.0.1/24 dev {DEVICE}"))?;
    ip(&format!("link set {DEVICE} up"))
}

/// Sends an echo request from the host's kernel and checks that the answer is the demo's.
fn ping(seq_no: u16) {
    let socket = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::ICMPV4)).unwrap();
    socket.set_read_timeout(Some(TIMEOUT)).unwrap();
    let (caps, payload) = (ChecksumCapabilities::default(), b"over the tap");
    let request = Icmpv4Repr::EchoRequest { ident: 77, seq_no, data: payload };
    let mut bytes = vec![0; request.buffer_len()];
    request.emit(&mut Icmpv4Packet::new_unchecked(&mut bytes[..]), &caps);
    let demo: SocketAddrV4 = "10.7.0.2:0".parse().unwrap();
    socket.send_to(&bytes, &demo.into()).unwrap();
    let mut buffer = [0; 2000];
    loop {
        let n = (&socket).read(&mut buffer).expect("an answer");
        // The packet includes the IP header.
        let packet = Icmpv4Packet::new_checked(&buffer[20..n]).unwrap();
        if let Ok(Icmpv4Repr::EchoReply { ident: 77, seq_no: seq, data }) = Icmpv4Repr::parse(&packet, &caps)
            && seq == seq_no
        {
            assert_eq!(data, payload);
            return;
        }
    }
}

/// Returns a page of the demo.
fn fetch(path: &str) -> Vec<u8> {
    let mut line = TcpStream::connect("10.7.0.2:80").unwrap();
    line.set_read_timeout(Some(TIMEOUT)).unwrap();
    write!(line, "GET {path} HTTP/1.1\r\nConnection: close\r\n\r\n").unwrap();
    let mut page = Vec::new();
    line.read_to_end(&mut page).unwrap();
    page
}

/// Tests connections from the host to the guest and from the guest to the host.
fn both_ways() {
    let nic = format!("tap,ifname={DEVICE},script=no,downscript=no");
    let mut demo = Demo::start(&["--nic", &nic]);
    demo.type_in("ip 10.7.0.2/24");
    demo.expect("as told");
    (1..=3).for_each(ping);
    assert!(fetch("/hello").ends_with(b"Hello World!"));
    assert!(fetch("/data/200000").ends_with(&data(200_000)));
    let listener = TcpListener::bind("10.7.0.1:8000").unwrap();
    let page = data(50_000);
    let hash = sum(&page);
    let server = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let _ = client.read(&mut [0; 1000]).unwrap();
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        client.write_all(&page).unwrap();
    });
    demo.type_in("get 10.7.0.1:8000/x");
    demo.expect(&format!("get: done, 50000 bytes, sum {hash:08x}"));
    demo.type_in("ping 10.7.0.1 2");
    demo.expect("ping: 2 sent, 2 received");
    server.join().unwrap();
}

#[test]
fn the_host_pings_and_fetches_over_a_tap_device() {
    let run = || match namespace() {
        Ok(()) => both_ways(),
        Err(why) => eprintln!("skipped, no TAP device: {why}"),
    };
    // A namespace belongs to a thread; this one ends with the test.
    std::thread::spawn(run).join().unwrap();
}

/// If the device is not available, the error contains the device and what was tried.
#[test]
fn a_device_that_cannot_be_is_a_clear_error() {
    for (name, why) in [("a-name-too-long-for-linux", "1 to 15 characters"), ("lo", "ifname=lo")] {
        let mut command = binary::esplens();
        command.arg("run").arg(demo::image()).args([
            "--nic",
            &format!("tap,ifname={name}"),
            "--timeout",
            "1s",
        ]);
        let out = command.output().unwrap();
        let text = String::from_utf8_lossy(&out.stderr).into_owned();
        if text.contains("/dev/net/tun") {
            eprintln!("skipped: {text}");
            continue;
        }
        assert_eq!(out.status.code(), Some(2), "{text}");
        assert!(text.contains(&format!("ifname={name}")) && text.contains(why), "{text}");
    }
}
