//! The user network with real firmware: the demo over real sockets, QEMU's trace, replay of the host's input.

use esplens_soc::machine::Machine;
use esplens_soc::net::host::{HOST_IDS, HostCommand, HostEvent, HostNet};
use esplens_soc::net::user::UserNetConfig;
use esplens_tests::host::{Running, free_port};
use esplens_tests::lanes::Lanes;
use esplens_tests::{UartSession, binary, firmware};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Boots an image without a MAC address in its fuses, as on QEMU's machine.
fn boot(name: &str, config: UserNetConfig) -> Option<UartSession> {
    let flash = firmware::file(&format!("{name}/flash.bin"))?;
    let mut session = UartSession::boot(&flash, |c| {
        c.network = Some(config);
        c.mac = Some([0; 6]);
    })
    .unwrap();
    session.machine.trace_mut().apply("open_eth*");
    Some(session)
}

/// Returns QEMU's trace of an image, without the PHY writes that its model duplicates: it executes them when
/// MIITX_DATA is written, and again at the command that IDF's driver gives next.
fn qemu_trace(name: &str) -> Vec<String> {
    let text =
        std::fs::read_to_string(firmware::file(&format!("{name}/qemu.open_eth.trace")).unwrap()).unwrap();
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().filter(|l| l.starts_with("open_eth_")) {
        let data = lines.last().is_some_and(|l| l.starts_with("open_eth_reg_write MAC[0x34]"));
        if !(data && line.starts_with("open_eth_mii_write")) {
            lines.push(line.into());
        }
    }
    lines
}

/// Returns each element once, in order of first appearance.
fn each_once<T: PartialEq + Clone>(all: &[T]) -> Vec<T> {
    let mut seen: Vec<T> = Vec::new();
    all.iter().for_each(|x| {
        if !seen.contains(x) {
            seen.push(x.clone());
        }
    });
    seen
}

/// Returns the elements that each list has in addition to the other, with multiplicity.
fn only<T: PartialEq + Clone>(mut ours: Vec<T>, qemus: &[T]) -> (Vec<T>, Vec<T>) {
    let missing = qemus
        .iter()
        .filter(|q| match ours.iter().position(|o| o == *q) {
            Some(n) => {
                ours.remove(n);
                false
            }
            None => true,
        })
        .cloned()
        .collect();
    (missing, ours)
}

/// Checks what must be equal for every firmware: the set-up event for event; the accesses that send an
/// Ethernet frame; the link check, which a timer repeats, so its count depends on the length of a run.
fn compare(name: &str, ours: &Lanes, qemus: &Lanes) {
    for (i, (a, b)) in ours.set_up.iter().zip(&qemus.set_up).enumerate() {
        assert_eq!(a, b, "{name}: event {i}; left esplens, right QEMU");
    }
    assert_eq!(ours.set_up.len(), qemus.set_up.len(), "{name}: set-up");
    let accesses = |l: &Lanes| -> Vec<Vec<String>> { l.sent.iter().map(|s| s.accesses.clone()).collect() };
    assert_eq!(each_once(&accesses(ours)), each_once(&accesses(qemus)), "{name}: how a frame is sent");
    assert_eq!(each_once(&ours.link_checks), each_once(&qemus.link_checks), "{name}: link checks");
    assert_eq!((&ours.rest, &qemus.rest), (&Vec::new(), &Vec::new()), "{name}: nothing else is touched");
}

#[test]
fn mqtt_firmware_traces_as_on_qemu() {
    let Some(mut s) = boot("idf-6.0-openeth-mqtt", firmware::restricted()) else {
        return;
    };
    s.expect("couldn't get hostname for :broker.hivemq.com", 20_000).unwrap();
    let qemus = Lanes::new(&qemu_trace("idf-6.0-openeth-mqtt"));
    // The firmware does not end by itself: run until it has sent as many Ethernet frames as in QEMU's record.
    while Lanes::new(&s.trace).sent.len() < qemus.sent.len() {
        s.run_ms(10).unwrap();
    }
    // The link is checked every two seconds.
    s.run_ms(4_000).unwrap();
    let ours = Lanes::new(&s.trace);
    compare("idf-6.0-openeth-mqtt", &ours, &qemus);
    // Ethernet frames arrive in the same order, with the same lengths and flags, in the same descriptors, and
    // are handled with the same accesses, event for event.
    assert_eq!(ours.wire, qemus.wire);
    assert_eq!(ours.received, qemus.received);
    // The same Ethernet frames leave, but not in the same order: the reports of IPv6 and multicast wait for
    // random times, and the name lookup (77 bytes) waits for SPIFFS, whose formatting takes a second or two
    // of QEMU's host time.
    assert_eq!(ours.lengths(), qemus.lengths());
}

/// Host with scripted events that records its commands.
#[derive(Clone, Default)]
struct Script(Arc<Mutex<(VecDeque<HostEvent>, Vec<HostCommand>)>>);

impl HostNet for Script {
    fn command(&mut self, command: HostCommand) {
        self.0.lock().unwrap().1.push(command);
    }
    fn poll(&mut self) -> Option<HostEvent> {
        self.0.lock().unwrap().0.pop_front()
    }
}

impl Script {
    fn say(&self, event: HostEvent) {
        self.0.lock().unwrap().0.push_back(event);
    }

    /// Returns everything written to connections so far.
    fn written(&self) -> String {
        let bytes = |c: &HostCommand| {
            if let HostCommand::Send { bytes, .. } = c { bytes.clone() } else { Vec::new() }
        };
        String::from_utf8(self.0.lock().unwrap().1.iter().flat_map(bytes).collect()).unwrap()
    }
}

#[test]
fn http_firmware_traces_as_on_qemu_and_replays() {
    let Some(mut s) = boot("rust-openeth-http", UserNetConfig::default()) else { return };
    let host = Script::default();
    s.machine.attach(Box::new(host.clone()));
    s.expect("start loop", 20_000).unwrap();
    s.run_ms(3_000).unwrap();
    let before = s.machine.save();
    let conn = HOST_IDS + 1;
    host.say(HostEvent::Accepted { conn, to: "0.0.0.0:80".parse().unwrap() });
    s.run_ms(50).unwrap();
    let request =
        b"GET / HTTP/1.1\r\nHost: localhost:8000\r\nUser-Agent: curl/8.14.1\r\nAccept: */*\r\n\r\n".to_vec();
    host.say(HostEvent::Data { conn, bytes: request });
    s.run_ms(100).unwrap();
    assert!(host.written().starts_with("HTTP/1.1 200 OK"), "{}", host.written());
    assert!(host.written().contains("esp-rs web server"));
    host.say(HostEvent::Eof { conn });
    s.run_ms(4_000).unwrap();
    http_trace(&s.trace);
    // Repeat the run from the log, with a host that sends nothing and receives nothing.
    let (log, hash, end) = (s.machine.log().to_vec(), s.machine.state_hash(), s.machine.now());
    let told = host.0.lock().unwrap().1.len();
    s.machine.set_muted(true);
    replay(&mut s.machine, &before, log);
    s.run_to(end).unwrap();
    assert_eq!(s.machine.now(), end);
    assert_eq!(s.machine.state_hash(), hash, "a replay is the same run");
    assert_eq!(host.0.lock().unwrap().1.len(), told, "without effect outside");
}

/// Returns the arrivals as lengths: the Ethernet frame's and its descriptor's, with the flags.
fn arrivals(lanes: &Lanes) -> Vec<String> {
    let value = |l: &String| l.rsplit_once(' ').map_or(String::new(), |(_, v)| v.to_string());
    lanes.wire.iter().filter(|l| l.starts_with("open_eth_receive")).map(value).collect()
}

/// Returns the descriptors that were filled, and those that the receive task emptied, in order.
fn ring(lanes: &Lanes) -> (Vec<&str>, Vec<&str>) {
    let filled = lanes.wire.iter().filter_map(|l| Some(l.split_once("_desc RX: ")?.1.split_once(',')?.0));
    let emptied = lanes.received.iter().filter_map(|l| l.strip_prefix("open_eth_desc_write "));
    // The second word, which contains the buffer's address, is written back last.
    let emptied = emptied.filter_map(|l| Some(l.split_once("] <- ")?.1).filter(|v| v.starts_with("0x3ff")));
    (filled.collect(), emptied.collect())
}

fn http_trace(trace: &[String]) {
    let (ours, qemus) = (Lanes::new(trace), Lanes::new(&qemu_trace("rust-openeth-http")));
    compare("rust-openeth-http", &ours, &qemus);
    // The server writes its page in three pieces. This network acknowledges at once, so each is sent
    // separately. QEMU's takes 13 ms, in which lwIP's Nagle algorithm joins them: 598 + 5 + 7 = 610 bytes and
    // 54 of headers.
    assert_eq!(only(ours.lengths(), &qemus.lengths()), (vec![664], vec![59, 61, 652]));
    // So two more acknowledgements arrive, of 60 bytes (64 with the checksum): one in a plain descriptor, one
    // in the last of the ring, whose wrap flag is visible. From then on the ring's position differs from
    // QEMU's.
    let (mut missing, mut extra) = only(arrivals(&ours), &arrivals(&qemus));
    missing.sort();
    extra.sort();
    println!("arrivals only on QEMU {missing:?}, only here {extra:?}");
    assert_eq!(arrivals(&ours).len(), arrivals(&qemus).len() + 2 * 2);
    assert_eq!(missing, Vec::<String>::new());
    assert_eq!(extra, ["0x00404000", "0x00406000", "60", "60"]);
    // Descriptors are filled and emptied in the same ring order, each once. (How often the receive task reads
    // one that is still empty, and whether two Ethernet frames share an interrupt, depends on when the next
    // one arrives.)
    let ((filled, emptied), (qemu_filled, qemu_emptied)) = (ring(&ours), ring(&qemus));
    assert_eq!((&filled, &qemu_filled), (&emptied, &qemu_emptied));
    assert_eq!(filled[..qemu_filled.len()], qemu_filled[..]);
    let handled =
        |l: &Lanes| each_once(&l.wire.iter().filter(|l| !l.contains("receive")).collect::<Vec<_>>()).len();
    assert_eq!(handled(&ours), handled(&qemus), "the interrupt handler does nothing else");
    let looks = |l: &Lanes| {
        each_once(&l.received.iter().map(|l| l[..l.find(']').unwrap()].to_string()).collect::<Vec<_>>())
    };
    let (mut a, mut b) = (looks(&ours), looks(&qemus));
    a.sort();
    b.sort();
    assert_eq!(a, b, "the receive task touches the same descriptors");
}

fn replay(
    m: &mut Machine,
    from: &esplens_soc::machine::MachineState,
    log: Vec<(u64, esplens_soc::machine::Input)>,
) {
    let kept = {
        m.restore(from);
        m.log().len()
    };
    m.replay(log.into_iter().skip(kept));
}

/// Runs the demo until it serves.
fn demo(flash: PathBuf, port: u16) -> Running {
    let nic = format!("user,hostfwd=tcp::{port}-:80");
    let child = binary::esplens().arg("run").arg(flash).args(["--nic", &nic]).stdout(Stdio::piped()).spawn();
    let mut running = Running(child.unwrap());
    let mut lines = BufReader::new(running.0.stdout.take().unwrap()).lines();
    assert!(lines.any(|l| l.is_ok_and(|l| l.contains("start loop"))), "the server starts");
    std::thread::spawn(move || lines.count());
    running
}

fn get(port: u16) -> std::io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    // The server keeps the connection: the last chunk marks the end.
    let mut buffer = [0; 4096];
    while !text.ends_with("0\r\n\r\n") {
        match stream.read(&mut buffer)? {
            0 => break,
            n => text.push_str(&String::from_utf8_lossy(&buffer[..n])),
        }
    }
    Ok(text)
}

#[test]
fn the_demo_answers_over_a_forward() {
    let Some(flash) = firmware::file("rust-openeth-http/flash.bin") else { return };
    let port = free_port();
    let _running = demo(flash, port);
    let started = Instant::now();
    for _ in 0..20 {
        let page = get(port).unwrap();
        assert!(page.starts_with("HTTP/1.1 200 OK") && page.contains("esp-rs web server"), "{page}");
    }
    println!("20 requests in {:?}", started.elapsed());
}
