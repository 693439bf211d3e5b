//! Several machines on one segment: on the in-process switch, and as processes over `--nic socket`.

use esplens_soc::fleet::{Faults, Lan};
use esplens_soc::machine::{Machine, MachineConfig, RunExit};
use esplens_soc::net::user::UserNetConfig;
use esplens_soc::system::Output;
use esplens_tests::demo::{self, Demo, data, sum};
use esplens_tests::host::free_port;
use esplens_tests::{binary, firmware};
use regex::Regex;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

const US: u64 = esplens_core::time::TICKS_PER_US;
const MS: u64 = 1000 * US;

/// Demos on a switch, with their console output.
struct Demos {
    lan: Lan,
    text: Vec<String>,
}

impl Demos {
    fn new(count: u8, gateway: Option<UserNetConfig>, faults: Faults, seed: u64) -> Self {
        let flash = firmware::input(&demo::image()).unwrap().flash;
        let machine = |n: u8| {
            let mut config = MachineConfig::new(flash.clone());
            config.segment = true;
            // MAC addresses 64 apart, so that none is used twice.
            config.mac = Some([0x24, 0x0A, 0xC4, 0, 1, n * 64]);
            Machine::new(config)
        };
        let lan = Lan::new((0..count).map(machine).collect(), gateway, faults, seed);
        Self { lan, text: vec![String::new(); count.into()] }
    }

    fn run_ms(&mut self, ms: u64) {
        let end = self.lan.now() + ms * MS;
        assert_eq!(self.lan.run(end), RunExit::Until);
        for (n, text) in self.text.iter_mut().enumerate() {
            for output in self.lan.machine(n).unwrap().take_output() {
                if let Output::Uart { n: 0, byte } = output {
                    text.push(byte.into());
                }
            }
        }
    }

    /// Runs until a console shows `pattern`, for at most `ms` of virtual time. Returns the match of the first
    /// group.
    fn expect(&mut self, n: usize, pattern: &str, ms: u64) -> String {
        let regex = Regex::new(pattern).unwrap();
        let end = self.lan.now() + ms * MS;
        loop {
            if let Some(found) = regex.captures(&self.text[n]) {
                return found.get(1).map_or("", |g| g.as_str()).to_string();
            }
            assert!(self.lan.now() < end, "machine {n}: no {pattern:?} in {}", self.text[n]);
            self.run_ms(10);
        }
    }

    fn type_in(&mut self, n: usize, line: &str) {
        self.text[n].clear();
        self.lan.machine(n).unwrap().uart_input(0, format!("{line}\r").as_bytes());
    }

    /// Lets machine 0 fetch `bytes` from the others, one after the other.
    fn fetch(&mut self, from: &[String], bytes: u32) {
        for address in from {
            self.type_in(0, &format!("get {address}/data/{bytes}"));
            let got = self.expect(0, r"get: (.*), \d+ ms", 300_000);
            assert_eq!(got, format!("done, {bytes} bytes, sum {:08x}", sum(&data(bytes))));
        }
    }
}

#[test]
fn two_demos_ping_and_speak_tcp_inside_one_process() {
    let mut d = Demos::new(2, None, Faults::default(), 1);
    // Without a DHCP server each takes its own link-local address.
    let other = d.expect(1, r"no DHCP server answers, ([0-9.]+)/16", 20_000);
    let own = d.expect(0, r"no DHCP server answers, ([0-9.]+)/16", 20_000);
    assert_ne!(own, other);
    d.type_in(0, &format!("ping {other} 3"));
    d.expect(0, "ping: 3 sent, 3 received", 10_000);
    d.type_in(1, &format!("get {own}/hello"));
    d.expect(1, "HTTP/1.1 200 OK\r\nget: done, 12 bytes", 10_000);
    d.fetch(&[other], 50_000);
    d.type_in(0, "ping 169.254.3.3 1");
    d.expect(0, "ping: 1 sent, 0 received", 10_000);
}

/// Issue 5: loss 5%, reordering, duplication, and unplugged cables.
#[test]
fn transfers_complete_on_a_bad_switch_and_the_run_is_the_seeds() {
    let faults = Faults {
        delay: 100 * US,
        jitter: 300 * US,
        loss: 50,
        duplicate: 50,
        reorder: 50,
        flap: (6_000 * MS, 150 * MS),
    };
    let run = |seed| {
        let mut d = Demos::new(3, Some(UserNetConfig::default()), faults, seed);
        let others: Vec<String> = [1, 2].map(|n| d.expect(n, r"net: ([0-9.]+)/24 by DHCP", 60_000)).into();
        d.expect(0, "by DHCP", 60_000);
        d.fetch(&others, 40_000);
        (d.lan.hash(), d.lan.now(), others)
    };
    let first = run(5);
    assert_eq!(first, run(5), "the same seed, the same run");
    assert_ne!(first.0, run(6).0, "another seed, another run");
}

/// Demo process on a segment, with its own address.
struct Process(Demo);

impl Process {
    fn start(id: u8, nic: &str) -> Self {
        let mut demo = Demo::start(&["--nic", nic, "--id", &id.to_string()]);
        demo.type_in(&format!("ip 10.1.0.{id}/24"));
        demo.expect("as told");
        Self(demo)
    }

    fn visits(&mut self, other: u8) {
        self.0.type_in(&format!("ping 10.1.0.{other} 2"));
        self.0.expect("ping: 2 sent, 2 received");
        self.0.type_in(&format!("get 10.1.0.{other}/data/20000"));
        self.0.expect(&format!("get: done, 20000 bytes, sum {:08x}", sum(&data(20_000))));
    }
}

/// Three processes: the listener is the hub, so that those that connect reach each other as well.
#[test]
fn processes_on_a_tcp_segment_ping_and_speak_tcp() {
    let port = free_port();
    // The connecting process may start before the listening one.
    let mut second = Process::start(2, &format!("socket,connect=127.0.0.1:{port}"));
    let mut first = Process::start(1, &format!("socket,listen=:{port}"));
    let third = Process::start(3, &format!("socket,connect=127.0.0.1:{port}"));
    first.visits(2);
    second.visits(3);
    drop(third);
    second.visits(1);
}

#[test]
fn processes_on_a_multicast_segment_ping_and_speak_tcp() {
    let nic = format!("socket,mcast=230.0.0.77:{},localaddr=127.0.0.1", free_port());
    let mut first = Process::start(1, &nic);
    let _second = Process::start(2, &nic);
    first.visits(2);
}

/// Peer of a `socket,connect=`, with QEMU's framing: a length of four bytes, big-endian, then the Ethernet
/// frame.
struct Peer(TcpStream);

impl Peer {
    fn accept(listener: &TcpListener) -> Self {
        let (peer, _) = listener.accept().unwrap();
        peer.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        Self(peer)
    }

    fn read(&mut self) -> Vec<u8> {
        let mut len = [0; 4];
        self.0.read_exact(&mut len).unwrap();
        let mut frame = vec![0; u32::from_be_bytes(len) as usize];
        self.0.read_exact(&mut frame).unwrap();
        frame
    }

    fn write(&mut self, frame: &[u8]) -> std::io::Result<()> {
        self.0.write_all(&[&(frame.len() as u32).to_be_bytes(), frame].concat())
    }

    /// Asks for the owner of 10.1.0.`last`, until there is an answer to exactly that.
    fn who_has(&mut self, last: u8) {
        let mut ask = vec![0xFF; 6];
        ask.extend([2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 1, 0, 5]);
        ask.extend([0, 0, 0, 0, 0, 0, 10, 1, 0, last]);
        ask.resize(60, 0);
        self.write(&ask).unwrap();
        let end = Instant::now() + Duration::from_secs(60);
        while Instant::now() < end {
            let f = self.read();
            if f[12..14] == [8, 6] && f[20..22] == [0, 2] && f[28..32] == [10, 1, 0, last] {
                assert_eq!(&f[..6], &[2, 0, 0, 0, 0, 1]);
                return;
            }
        }
        panic!("no answer");
    }
}

#[test]
fn a_tcp_segment_is_framed_as_qemus() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let nic = format!("socket,connect={}", listener.local_addr().unwrap());
    let _demo = Process::start(9, &nic);
    let mut peer = Peer::accept(&listener);
    let hello = peer.read();
    assert!(hello.len() >= 60 && hello[6..9] == [0x24, 0x0A, 0xC4], "{hello:x?}");
    peer.who_has(9);
}

/// Noise, oversized Ethernet frames, broadcast storms and invalid framing: the connection is dropped and made
/// again, memory stays bounded, and the guest still answers.
#[test]
fn a_hostile_segment_does_no_harm() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let nic = format!("socket,connect={}", listener.local_addr().unwrap());
    let demo = Process::start(9, &nic);
    let mut peer = Peer::accept(&listener);
    let mut x = 88_172_645_463_325_252_u64;
    let mut next = || {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        x
    };
    let kinds = [[8, 0], [8, 6], [0x86, 0xDD], [0x81, 0], [0, 0]];
    for n in 0..20_000_usize {
        let long = if n % 200 == 0 { 60_000 } else { 200 };
        let mut frame = vec![0xFF; 12];
        frame[6] = 2;
        frame.extend(kinds[n % kinds.len()]);
        frame.extend((0..next() as usize % long).map(|_| next() as u8));
        frame.truncate(if n % 7 == 0 { 1 + n % 20 } else { frame.len() });
        peer.write(&frame).unwrap();
    }
    for length in [0_u32, u32::MAX] {
        peer.0.write_all(&length.to_be_bytes()).unwrap();
        // The peer disconnects, and is connected again.
        peer = Peer::accept(&listener);
    }
    peer.who_has(9);
    let peak = binary::peak_kib(demo.0.running.0.id()).unwrap_or(0);
    assert!(peak < 200 << 10, "{peak} KiB");
}
