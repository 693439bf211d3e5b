//! The user network with real firmware: the demo over real sockets, QEMU's trace, replay of what the host sent.

use esplens_soc::machine::Machine;
use esplens_soc::net::host::{Command, Event, HOST_IDS, HostNet};
use esplens_soc::net::user::Config;
use esplens_tests::host::{Running, free_port};
use esplens_tests::{Session, binary, firmware};
use std::collections::{BTreeSet, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// QEMU's machine has no MAC in its fuses.
fn boot(name: &str, config: Config) -> Option<Session> {
    let flash = firmware::file(&format!("{name}/flash.bin"))?;
    let mut session = Session::boot(&flash, |c| {
        c.network = Some(config);
        c.mac = Some([0; 6]);
    })
    .unwrap();
    session.machine.trace_mut().apply("open_eth*");
    Some(session)
}

/// QEMU's trace of an image; without the PHY writes that its model makes a second time: it carries them out when
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

/// The events up to the first frame: the driver's set-up, in its exact order.
fn set_up(trace: &[String]) -> &[String] {
    let end = trace.iter().position(|l| l.starts_with("open_eth_start_xmit")).unwrap_or(trace.len());
    &trace[..end]
}

/// Kinds of events with what they say, each once: what the order of tasks, the time of the periodic link check and
/// the number of repetitions do not change. Descriptor accesses, whose values depend on which frame met which
/// descriptor, count by address.
fn kinds(trace: &[String]) -> BTreeSet<String> {
    let kind = |line: &String| match line.split_once(" RX: 0x").or_else(|| line.split_once("] ")) {
        Some((what, _)) if line.contains("_desc") => what.to_string(),
        _ => line.clone(),
    };
    trace.iter().map(kind).collect()
}

/// Compares a trace with QEMU's: the set-up event for event, the rest by kind but for those named (only on QEMU, only
/// here).
fn compare(name: &str, ours: &[String], allowed: (&[&str], &[&str])) {
    let qemus = qemu_trace(name);
    for (i, (a, b)) in set_up(ours).iter().zip(set_up(&qemus)).enumerate() {
        assert_eq!(a, b, "{name}: event {i}; left esplens, right QEMU");
    }
    assert_eq!(set_up(ours).len(), set_up(&qemus).len());
    let (ours, qemus) = (kinds(ours), kinds(&qemus));
    let missing: Vec<&String> = qemus.difference(&ours).collect();
    let extra: Vec<&String> = ours.difference(&qemus).collect();
    println!("{name}: {} kinds of events; not here: {missing:#?}, only here: {extra:#?}", ours.len());
    assert_eq!(missing, allowed.0, "{name}: not here");
    assert_eq!(extra, allowed.1, "{name}: only here");
}

#[test]
fn mqtt_firmware_traces_as_on_qemu() {
    let Some(mut s) = boot("idf-6.0-openeth-mqtt", Config { restrict: true, ..Config::default() }) else {
        return;
    };
    s.expect("couldn't get hostname for :broker.hivemq.com", 20_000).unwrap();
    s.run_ms(6_000).unwrap();
    compare("idf-6.0-openeth-mqtt", &s.trace, (&[], &[]));
}

/// A host whose events a test writes; keeps what it was told.
#[derive(Clone, Default)]
struct Script(Arc<Mutex<(VecDeque<Event>, Vec<Command>)>>);

impl HostNet for Script {
    fn command(&mut self, command: Command) {
        self.0.lock().unwrap().1.push(command);
    }
    fn poll(&mut self) -> Option<Event> {
        self.0.lock().unwrap().0.pop_front()
    }
}

impl Script {
    fn say(&self, event: Event) {
        self.0.lock().unwrap().0.push_back(event);
    }

    /// All that was written to connections so far.
    fn written(&self) -> String {
        let bytes =
            |c: &Command| if let Command::Send { bytes, .. } = c { bytes.clone() } else { Vec::new() };
        String::from_utf8(self.0.lock().unwrap().1.iter().flat_map(bytes).collect()).unwrap()
    }
}

#[test]
fn http_firmware_traces_as_on_qemu_and_replays() {
    let Some(mut s) = boot("rust-openeth-http", Config::default()) else { return };
    let host = Script::default();
    s.machine.attach(Box::new(host.clone()));
    s.expect("start loop", 20_000).unwrap();
    s.run_ms(3_000).unwrap();
    let before = s.machine.save();
    let conn = HOST_IDS + 1;
    host.say(Event::Accepted { conn, to: "0.0.0.0:80".parse().unwrap() });
    s.run_ms(50).unwrap();
    let request =
        b"GET / HTTP/1.1\r\nHost: localhost:8000\r\nUser-Agent: curl/8.14.1\r\nAccept: */*\r\n\r\n".to_vec();
    host.say(Event::Data { conn, bytes: request });
    s.run_ms(100).unwrap();
    assert!(host.written().starts_with("HTTP/1.1 200 OK"), "{}", host.written());
    assert!(host.written().contains("esp-rs web server"));
    host.say(Event::Eof { conn });
    s.run_ms(4_000).unwrap();
    // The server writes its page in three pieces. This network acknowledges at once, so each leaves alone; QEMU's
    // takes 13 ms, in which lwIP's Nagle algorithm joins them: 598 + 5 + 7 = 610 bytes.
    let tx = "open_eth_start_xmit TX: 0x3ffbdd70, len:";
    let pieces = [59, 61, 652].map(|n| format!("{tx} {n}, tx_len: {n}"));
    let joined = format!("{tx} 664, tx_len: 664");
    compare("rust-openeth-http", &s.trace, (&[&joined], &[&pieces[0], &pieces[1], &pieces[2]]));
    // The same again from the log, with a host that says nothing and hears nothing.
    let (log, hash, end) = (s.machine.log().to_vec(), s.machine.state_hash(), s.machine.now());
    let told = host.0.lock().unwrap().1.len();
    s.machine.set_muted(true);
    replay(&mut s.machine, &before, log);
    s.run_to(end).unwrap();
    assert_eq!(s.machine.now(), end);
    assert_eq!(s.machine.state_hash(), hash, "a replay is the same run");
    assert_eq!(host.0.lock().unwrap().1.len(), told, "and nobody outside notices");
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
    // The server keeps the connection: its last chunk is the end.
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
