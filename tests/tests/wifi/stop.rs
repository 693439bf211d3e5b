//! A stop of any length keeps the association: virtual time stops with the machine.

use super::*;
use esplens_tests::binary;
use esplens_tests::host::{Running, free_port};
use esplens_tests::load::first_answer;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Sends a monitor command and reads up to the next prompt.
fn command(monitor: &mut TcpStream, text: &str) -> String {
    if !text.is_empty() {
        monitor.write_all(format!("{text}\n").as_bytes()).unwrap();
    }
    let (mut said, mut byte) = (Vec::new(), [0]);
    while !said.ends_with(b"(esplens) ") {
        monitor.read_exact(&mut byte).unwrap();
        said.push(byte[0]);
    }
    String::from_utf8_lossy(&said).into_owned()
}

/// Stops in the middle of a download for a second, or for a minute with `ESPLENS_FULL`.
#[test]
fn a_stopped_download_goes_on() {
    let Some(flash) = image("idf-5.5-nat-router") else { return };
    let (port, monitor) = (free_port(), free_port());
    let text = tempfile::NamedTempFile::new().unwrap();
    let mut run = binary::esplens();
    run.arg("run").arg(flash).args(["--headless", "--wall-timeout", "180s"]);
    run.args(["--serial", &format!("0=file:{}", text.path().display())]);
    run.args(["--monitor", &format!("tcp:127.0.0.1:{monitor}")]);
    run.args(["--nic", &format!("user,hostfwd=tcp:127.0.0.1:{port}-192.168.4.1:80")]);
    let _running = Running(run.stderr(std::process::Stdio::null()).spawn().unwrap());
    first_answer(port, "/", Instant::now(), Duration::from_secs(90)).unwrap();
    let mut monitor = TcpStream::connect(("127.0.0.1", monitor)).unwrap();
    command(&mut monitor, "");
    let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nHost: guest\r\nConnection: close\r\n\r\n").unwrap();
    let mut page = vec![0; 100];
    client.read_exact(&mut page).unwrap();
    command(&mut monitor, "halt");
    let full = std::env::var_os("ESPLENS_FULL").is_some();
    std::thread::sleep(Duration::from_secs(if full { 60 } else { 1 }));
    command(&mut monitor, "resume");
    client.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    // The server keeps the connection.
    let mut part = [0; 4096];
    while !String::from_utf8_lossy(&page).contains("</html>") {
        let n = client.read(&mut part).unwrap();
        assert_ne!(n, 0, "closed: {}", String::from_utf8_lossy(&page));
        page.extend(&part[..n]);
    }
    assert!(page.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&page));
    let said = std::fs::read_to_string(text.path()).unwrap();
    assert!(!said.contains("leave"), "the station never left: {said}");
}
