//! A UART's input while a debugger holds the machine stopped: nothing is lost.

use esplens_tests::host::{Running, free_port};
use esplens_tests::{binary, firmware};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Timeout; generous for slow hosts.
const TIMEOUT: Duration = Duration::from_secs(300);
/// More than the capacity of the machine's queue and the event queue.
const BYTES: usize = 9000;

fn connect(port: u16) -> TcpStream {
    let end = Instant::now() + TIMEOUT;
    loop {
        match TcpStream::connect(("127.0.0.1", port)) {
            Ok(stream) => {
                stream.set_read_timeout(Some(TIMEOUT)).unwrap();
                return stream;
            }
            Err(e) => assert!(Instant::now() < end, "{e}"),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Reads up to `end`. Returns everything read.
#[track_caller]
fn until(stream: &mut TcpStream, end: &str) -> String {
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains(end) {
        let mut buffer = [0; 256];
        let n = stream.read(&mut buffer).unwrap_or(0);
        assert!(n > 0, "no {end:?} in {:?}", String::from_utf8_lossy(&seen));
        seen.extend(&buffer[..n]);
    }
    String::from_utf8_lossy(&seen).into_owned()
}

#[test]
fn input_that_comes_while_the_machine_is_stopped_arrives_afterwards() {
    let Some(flash) = firmware::file("micropython-1.20/flash.bin") else { return };
    let [console, line, monitor] = [(); 3].map(|()| free_port());
    let mut command = binary::esplens();
    command.arg("run").arg(flash).args(["--serial", &format!("0=tcp:{console}")]);
    command.args(["--serial", &format!("1=tcp:{line}"), "--monitor", &format!("tcp:127.0.0.1:{monitor}")]);
    let _running = Running(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let (mut console, mut line, mut monitor) = (connect(console), connect(line), connect(monitor));
    until(&mut console, ">>> ");
    for text in ["from machine import UART", "u=UART(1,115200,tx=4,rx=5,rxbuf=16000,timeout=2000)"] {
        console.write_all(format!("{text}\r").as_bytes()).unwrap();
        until(&mut console, ">>> ");
    }
    monitor.write_all(b"stop\n").unwrap();
    until(&mut monitor, "(esplens) ");
    monitor.write_all(b"info status\n").unwrap();
    until(&mut monitor, "paused");
    let sent: Vec<u8> = b"0123456789".repeat(BYTES / 10);
    for part in sent.chunks(100) {
        line.write_all(part).unwrap();
        std::thread::sleep(Duration::from_millis(2)); // many small events
    }
    monitor.write_all(b"cont\n").unwrap();
    let read = format!("x=u.read({BYTES}); (len(x), x==b'0123456789'*{})\r", BYTES / 10);
    console.write_all(read.as_bytes()).unwrap();
    let shown = until(&mut console, "rue)");
    assert!(shown.contains(&format!("({BYTES}, True)")), "{shown}");
}
