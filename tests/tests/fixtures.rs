//! The project's own firmware: every bare fixture ends with exit code 0 (otherwise the code is the number of
//! the failed check), and the demo's tasks, console and crash report show the expected output.

use esplens_soc::machine::{Machine, MachineConfig};
use esplens_soc::system::Output;
use esplens_tests::session::MS;
use esplens_tests::{UartSession, binary};
use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

/// Runs a bare ELF or a flash image that ends by itself, and checks its exit code.
fn passes(args: &[&str], file: &Path) {
    let file = file.to_str().unwrap();
    let (code, out, err) = binary::run(&[&["run"], args, &[file, "--timeout", "60s"]].concat());
    assert_eq!(code, Some(0), "{file}: check {code:?} failed\n{out}{err}");
}

/// Runs every folder with a recipe except the demo's; two of them boot from flash.
#[test]
fn every_fixture_passes() {
    let mut count = 0;
    for entry in fs::read_dir(folder()).unwrap() {
        let dir = entry.unwrap().path();
        let name = dir.file_name().unwrap().to_str().unwrap().to_owned();
        if name == "demo" || !dir.join("fixture.toml").exists() {
            continue;
        }
        let flash = dir.join("flash.bin");
        if flash.exists() {
            passes(&[], &flash);
        } else {
            passes(&["--kernel"], &dir.join(format!("{name}.elf")));
        }
        count += 1;
    }
    assert!(count >= 11, "{count} fixtures");
}

/// Compares the checksums with those of the same sources compiled for the host.
#[test]
fn the_benchmarks_print_their_checksums() {
    let elf = folder().join("bench/bench.elf");
    let (code, out, err) = binary::run(&["run", "--kernel", elf.to_str().unwrap(), "--timeout", "60s"]);
    assert_eq!(code, Some(0), "{err}");
    for line in ["lists      0ce380fa", "matrix     165e2148", "rom        09bd9d6c"] {
        assert!(out.contains(&format!("bench {line}")), "{out}");
    }
}

#[test]
fn the_demo_runs_its_tasks_on_both_cores() {
    let (code, out, err) = binary::run(&["demo", "--exit-on", "timer: 10 s up", "--timeout", "30s"]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("FreeRTOS V11.2.0 on both cores"), "{out}");
    assert!(out.contains("consumer: 40 messages, the last was 40^2 = 1600 (core 1)"), "{out}");
    assert!(!out.contains("Guru Meditation"), "{out}");
}

#[test]
fn the_demo_takes_no_image() {
    let (code, _, err) = binary::run(&["demo", "x.bin"]);
    assert_eq!(code, Some(2), "{err}");
}

/// Tests the console over UART0, and a crash three calls deep: exception 28 (load prohibited) at address 0,
/// then a reset.
#[test]
fn the_demo_answers_on_its_console() {
    let mut s = UartSession::boot(&folder().join("demo/flash.bin"), |_| {}).unwrap();
    s.expect("demo> ", 3000).unwrap();
    for (line, answer) in [
        ("help", "crash +dereference NULL"),
        ("tasks", "(?s)IDLE[01].*net +(blocked|ready).*consumer"),
        ("uptime", r"up \d+\.\d{3} s"),
        ("leak 4096", r"leak: 4096 bytes at 3ff[0-9a-f]{5} never freed"),
        ("nonsense", "no command nonsense"),
    ] {
        s.send(&format!("{line}\r")).unwrap();
        s.expect(answer, 2000).unwrap();
        s.expect("demo> ", 2000).unwrap();
    }
    s.send("crash\r").unwrap();
    s.expect(r"LoadProhibited \(cause 28\) at PC 0x[0-9a-f]{8}, address 0x00000000", 1000).unwrap();
    s.expect("Task: console", 1000).unwrap();
    let trace = s.expect("Backtrace:( 0x[0-9a-f]{8}:0x[0-9a-f]{8}){5,}", 1000).unwrap();
    assert!(trace.len() < 400, "{trace}");
    s.expect("rst:0x3 ", 2000).unwrap();
    s.expect("both cores", 3000).unwrap();
    assert!(s.warnings.is_empty(), "{:?}", s.warnings);
}

/// Misbehaviour without recovery: a stack overflow is detected, a hanging core does not stop the other one.
#[test]
fn the_demo_misbehaves_on_request() {
    let boot = || {
        let mut s = UartSession::boot(&folder().join("demo/flash.bin"), |_| {}).unwrap();
        s.expect("demo> ", 3000).unwrap();
        s
    };
    let mut s = boot();
    s.send("stack\r").unwrap();
    s.expect("stack overflow in task console", 3000).unwrap();
    let mut s = boot();
    s.send("spin\r").unwrap();
    s.expect("spin: core [01] hangs from here", 1000).unwrap();
}

/// Peer on the demo's cable: 10.0.2.2, which answers ARP and implements just enough TCP for one request.
mod cable {
    use esplens_soc::machine::{Input, Machine};
    use esplens_soc::system::Output;

    const OURS: [u8; 6] = [2, 0, 0, 0, 0, 2];
    const HERE: [u8; 4] = [169, 254, 0, 9];
    const PORT: u16 = 50_000;

    /// Returns the Internet checksum.
    fn sum(parts: &[&[u8]]) -> [u8; 2] {
        let bytes: Vec<u8> = parts.concat();
        let words = bytes.chunks(2).map(|c| u32::from(c[0]) << 8 | u32::from(*c.get(1).unwrap_or(&0)));
        let total: u32 = words.sum();
        (!((total & 0xFFFF) + (total >> 16)) as u16).to_be_bytes()
    }

    /// Returns the link-local address that the demo gives itself.
    fn there(mac: [u8; 6]) -> [u8; 4] {
        [169, 254, mac[4] % 254 + 1, mac[5]]
    }

    /// Returns an Ethernet frame with a TCP segment from this peer to the demo.
    fn segment(to: [u8; 6], seq: u32, ack: u32, flags: u8, data: &[u8]) -> Vec<u8> {
        let mut tcp = [PORT.to_be_bytes(), 80_u16.to_be_bytes()].concat();
        tcp.extend([seq.to_be_bytes(), ack.to_be_bytes()].concat());
        tcp.extend([0x50, flags, 0x20, 0, 0, 0, 0, 0]);
        tcp.extend(data);
        let length = (tcp.len() as u16).to_be_bytes();
        let check = sum(&[&HERE, &there(to), &[0, 6], &length, &tcp]);
        tcp[16..18].copy_from_slice(&check);
        let mut ip = vec![0x45, 0];
        ip.extend((20 + tcp.len() as u16).to_be_bytes());
        ip.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
        ip.extend([HERE, there(to)].concat());
        let check = sum(&[&ip]);
        ip[10..12].copy_from_slice(&check);
        [&to[..], &OURS, &[8, 0], &ip, &tcp].concat()
    }

    /// Returns the Ethernet frames that the machine sends within `ms` virtual milliseconds. Answers ARP
    /// requests for this peer.
    fn frames(machine: &mut Machine, ms: u64) -> Vec<Vec<u8>> {
        let mut frames = Vec::new();
        for _ in 0..ms {
            machine.run(machine.now() + super::MS);
            for output in machine.take_output() {
                let Output::NetFrame(sent) = output else { continue };
                if sent.to_guest {
                    continue;
                }
                let f = sent.bytes;
                if f[12..14] == [8, 6] && f[38..42] == HERE {
                    let head = [&f[6..12], &OURS, &[8, 6, 0, 1, 8, 0, 6, 4, 0, 2]].concat();
                    machine.input(Input::Frame([&head[..], &OURS, &HERE, &f[22..32]].concat()));
                }
                frames.push(f);
            }
        }
        frames
    }

    /// Returns sequence number, flags and data of the TCP segments.
    fn segments(frames: &[Vec<u8>]) -> Vec<(u32, u8, &[u8])> {
        let tcp = frames.iter().filter(|f| f.len() >= 54 && f[12..14] == [8, 0] && f[23] == 6);
        tcp.map(|f| {
            let end = 14 + usize::from(u16::from_be_bytes([f[16], f[17]]));
            let data = 34 + usize::from(f[46] >> 4) * 4;
            (u32::from_be_bytes([f[38], f[39], f[40], f[41]]), f[47], &f[data..end])
        })
        .collect()
    }

    /// Returns the server's answer to a request.
    pub fn ask(machine: &mut Machine, to: [u8; 6], request: &str) -> String {
        machine.input(Input::Frame(segment(to, 1000, 0, 2, b"")));
        let answer = frames(machine, 100);
        let (theirs, flags, _) = segments(&answer)[0];
        assert_eq!(flags & 0x12, 0x12, "SYN and ACK");
        let theirs = theirs.wrapping_add(1);
        machine.input(Input::Frame(segment(to, 1001, theirs, 0x18, request.as_bytes())));
        let answer = frames(machine, 200);
        let data: Vec<u8> = segments(&answer).iter().flat_map(|(_, _, data)| data.to_vec()).collect();
        String::from_utf8(data).unwrap()
    }

    /// Returns the DHCP message types (option 53) of the sent requests.
    pub fn dhcp_types(outputs: &[Vec<u8>]) -> Vec<u8> {
        let dhcp = outputs
            .iter()
            .filter(|f| f.len() > 285 && f[12..14] == [8, 0] && f[23] == 17 && f[36..38] == [0, 67]);
        dhcp.map(|f| f[284]).collect()
    }
}

/// The demo asks for an address by DHCP; without an answer it takes a link-local one and serves HTTP.
#[test]
fn the_demo_serves_http() {
    let input = esplens_tests::firmware::input(&folder().join("demo/flash.bin")).unwrap();
    let mut machine = Machine::new(MachineConfig::new(input.flash));
    let (mut text, mut frames) = (String::new(), Vec::new());
    while !text.contains("/16 for now") {
        assert!(machine.now() < 20_000 * MS, "{text}");
        machine.run(machine.now() + 10 * MS);
        for output in machine.take_output() {
            match output {
                Output::Uart { n: 0, byte } => text.push(byte.into()),
                Output::NetFrame(frame) if !frame.to_guest => frames.push(frame.bytes),
                _ => {}
            }
        }
    }
    // All of them are DISCOVER, from the address that the console shows.
    let types = cable::dhcp_types(&frames);
    assert!(!types.is_empty() && types.iter().all(|t| *t == 1), "{types:?}");
    let mac: [u8; 6] = frames[0][6..12].try_into().unwrap();
    let shown = mac.map(|b| format!("{b:02x}")).join("-");
    assert!(text.contains(&format!("net: {shown}")), "{text}");
    let answer = cable::ask(&mut machine, mac, "GET /hello HTTP/1.1\r\nHost: demo\r\n\r\n");
    assert!(
        answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nHello World!"),
        "{answer}"
    );
}
