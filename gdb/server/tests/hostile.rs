//! Protocol fuzzing: arbitrary bytes, truncated packets, huge lengths, disconnects at every point, clients that compete
//! for the machine. A few seconds by default; ESPLENS_FUZZ_SECONDS sets a longer time (the issue requires 600).

use esplens_supervisor::Handle;
use esplens_testkit::counting::{self, Counting, Live};
use esplens_testkit::{Rsp, XorShift, hello_interpreted, serve};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Beginnings of packets: every letter that gdbstub or this server handles.
const HEADS: [&str; 40] = [
    "m",
    "M",
    "X",
    "Z0,",
    "Z1,",
    "Z2,",
    "Z4,",
    "z0,",
    "z2,",
    "vCont;",
    "vCont;s:1;c",
    "vCont;c",
    "qXfer:",
    "qRcmd,",
    "qSupported:",
    "qThreadExtraInfo,",
    "vFile:",
    "vRun;",
    "QStartNoAckMode",
    "p",
    "P",
    "H",
    "g",
    "G",
    "?",
    "s",
    "c",
    "T",
    "D",
    "!",
    "R",
    "vAttach;",
    "vFlashErase:",
    "vFlashWrite:",
    "vFlashDone",
    "qSearch:memory:",
    "qCRC:",
    "Z0,40000400,3;X",
    "qSymbol:",
    "",
];
/// Text that follows them in place of lengths and addresses.
const NUMBERS: [&str; 12] = [
    "0",
    "1",
    "4",
    "ffffffff",
    "7fffffff",
    "80000000",
    "100000000",
    "ffffffffffffffff",
    "10000000000000000",
    "40000400",
    "3ffe0000",
    "-1",
];
/// Simultaneous connections.
const CLIENTS: u64 = 3;
/// Number of pieces that the time is divided into. After each the machine is brought to the same state, and memory is
/// counted.
const ROUNDS: u32 = 12;
/// Rounds after which one-time allocations are done: tables, the guest's pages, buffers at their full size.
const WARM_UP: usize = 3;
/// Allowed difference between two counts of the same state: reserve capacity of hash maps and queues.
const SLACK_BYTES: i64 = 64 * 1024;
const SLACK_BLOCKS: i64 = 64;

/// Random packets.
struct Random(XorShift);

impl Random {
    fn next(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn below(&mut self, n: usize) -> usize {
        self.0.below(n)
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    fn body(&mut self) -> Vec<u8> {
        let mut body = self.pick(&HEADS).as_bytes().to_vec();
        if self.below(2) == 0 {
            let (a, b) = (self.pick(&NUMBERS), self.pick(&NUMBERS));
            body.extend(format!("{a}{}{b}", [",", ":", ";", "="][self.below(4)]).bytes());
        }
        for _ in 0..self.below(30) {
            let byte = match self.below(3) {
                0 => b"0123456789abcdef,:;-"[self.below(20)],
                1 => b' ' + self.below(90) as u8,
                _ => self.next() as u8,
            };
            body.push(byte);
        }
        body.retain(|b| !b"#$".contains(b));
        // Packets that end the program are excluded: kill, and `monitor q...`.
        let ends = body.starts_with(b"k") || body.starts_with(b"vK") || body.starts_with(b"qRcmd,71");
        if ends { b"qC".to_vec() } else { body }
    }

    /// Returns a packet, complete or truncated, or random bytes.
    fn bytes(&mut self) -> Vec<u8> {
        if self.below(12) == 0 {
            return (0..self.below(200)).map(|_| self.next() as u8).filter(|b| *b != b'k').collect();
        }
        let body = self.body();
        let sum = body.iter().fold(0u8, |a, b| a.wrapping_add(*b));
        let mut packet = vec![b'$'];
        packet.extend(&body);
        packet.extend(format!("#{sum:02x}").bytes());
        match self.below(40) {
            0..5 => packet.truncate(self.below(packet.len() + 1)),
            5..10 => packet.push(3),
            10 => packet = [vec![b'$'], vec![b'a'; 1 << self.below(19)], b"#00".to_vec()].concat(),
            _ => {}
        }
        packet
    }

    /// Makes one connection, which ends after a random number of packets.
    fn connection(&mut self, port: u16) {
        let mut g = Rsp::connect(port);
        for _ in 0..self.below(40) {
            if !g.try_raw(&self.bytes()) {
                break;
            }
            // Some clients read replies, some do not; some are slow.
            match self.below(30) {
                0 => std::thread::sleep(Duration::from_millis(self.below(10) as u64)),
                1..10 => g.discard(),
                _ => {}
            }
        }
    }
}

/// Returns the resident memory of this process in KiB; 0 without /proc.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
    line.and_then(|l| l.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Panics outside gdbstub. The server expects and survives gdbstub's own.
static PANICS: AtomicUsize = AtomicUsize::new(0);

fn count_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !panic.location().is_some_and(|l| l.file().contains("gdbstub-")) {
            PANICS.fetch_add(1, Ordering::SeqCst);
            before(panic);
        }
    }));
}

#[test]
fn hostile_clients_for_a_while() {
    count_panics();
    let seconds = std::env::var("ESPLENS_FUZZ_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(3);
    let (handle, port) = serve(hello_interpreted());
    handle.call(|s| s.save_snapshot("begin")).unwrap().unwrap();
    let begin = Instant::now();
    let (mut counts, mut connections): (Vec<Live>, u32) = (Vec::new(), 0);
    for round in 1..=ROUNDS {
        let end = begin + Duration::from_secs(seconds) * round / ROUNDS;
        connections += fight(port, u64::from(round), end);
        let live = at_rest(&handle);
        let (at, rss) = (begin.elapsed().as_secs(), resident_kib());
        eprintln!("{at:>4} s: {connections} connections; {live:?}; {rss} KiB resident");
        counts.push(live);
    }
    still_works(&handle, port);
    assert_eq!(PANICS.load(Ordering::SeqCst), 0, "a panic on a thread of the server's");
    let (early, late) = (counts[WARM_UP], counts[counts.len() - 1]);
    assert!(late.bytes < early.bytes + SLACK_BYTES, "bytes that nobody frees: {counts:#?}");
    assert!(late.blocks < early.blocks + SLACK_BLOCKS, "blocks that nobody frees: {counts:#?}");
}

/// Runs hostile clients until `end`; returns the number of connections they made.
fn fight(port: u16, round: u64, end: Instant) -> u32 {
    let worker = move |n| {
        let mut random = Random(XorShift(0x9E37_79B9_7F4A_7C15 ^ (round << 8 | n)));
        let mut rounds = 0u32;
        // At least one connection, however late it is.
        while rounds == 0 || Instant::now() < end {
            rounds += 1;
            random.connection(port);
        }
        rounds
    };
    let threads: Vec<_> = (1..=CLIENTS).map(|n| std::thread::spawn(move || worker(n))).collect();
    threads.into_iter().map(|t| t.join().expect("no panic")).sum()
}

/// Returns the live allocations once all clients are gone and the machine is in its first state again: at power-on,
/// with an empty input log.
fn at_rest(handle: &Handle) -> Live {
    all_gone(handle);
    let by = handle.client().clone();
    let begin = Instant::now();
    loop {
        let by = by.clone();
        let settle = move |s: &mut esplens_supervisor::Session| {
            s.stop(&by);
            assert!(s.load_snapshot("begin"));
            s.machine_mut().trim_log(0);
            s.machine_mut().take_output();
        };
        handle.call(settle).unwrap();
        let live = counting::live();
        std::thread::sleep(Duration::from_millis(20));
        // Threads release their stacks and handles a moment after their clients have left.
        let again = counting::live();
        if again.bytes == live.bytes || begin.elapsed() > Duration::from_secs(20) {
            return again;
        }
    }
}

/// Waits until no client is attached and no point is left.
fn all_gone(handle: &Handle) {
    let patience = Instant::now() + Duration::from_secs(120);
    while !handle.attached().is_empty() || handle.call(|s| s.points().count()).unwrap() > 0 {
        assert!(Instant::now() < patience, "clients go, and points with them: {:?}", handle.attached());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Checks that the machine answers and obeys, and that nothing is left of the clients that disconnected.
fn still_works(handle: &Handle, port: u16) {
    all_gone(handle);
    let mut g = Rsp::ready(port);
    assert_eq!(g.call("g").len(), 840);
    g.monitor("system_reset");
    assert_eq!(g.pc(), 0x4000_0400, "the reset vector");
    for _ in 0..100 {
        assert!(g.call("vCont;s:1;c").starts_with("T05"));
    }
    assert_ne!(g.pc(), 0x4000_0400);
    assert_eq!(g.call("Z0,400076c4,2"), "OK");
}
