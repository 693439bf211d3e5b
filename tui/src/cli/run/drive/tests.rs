use super::*;
use crate::cli::args::{Cli, CliCommand};
use clap::Parser;
use esplens_core::time::TICKS_PER_SEC;
use esplens_soc::system::{Output, ResetCause};
use std::sync::mpsc::{SyncSender, sync_channel};

/// Target that is idle except for a line of text on UART0 each virtual second; echoes input; `end` ends it after
/// `lines` lines.
struct Fake {
    now: Ticks,
    lines: u64,
    end: (u64, TargetExit),
    out: Vec<Output>,
    got: Vec<u8>,
}

impl Fake {
    fn new(after: u64, end: TargetExit) -> Self {
        Self { now: 0, lines: 0, end: (after, end), out: Vec::new(), got: Vec::new() }
    }
}

impl Target for Fake {
    fn run(&mut self, until: Ticks) -> TargetExit {
        let next = (self.lines + 1) * TICKS_PER_SEC;
        if until < next {
            self.now = self.now.max(until);
            return TargetExit::Idle { until: next };
        }
        self.now = next;
        self.lines += 1;
        self.out.extend(format!("line {}\n", self.lines).bytes().map(|byte| Output::Uart { n: 0, byte }));
        if self.lines == self.end.0 { self.end.1.clone() } else { TargetExit::Until }
    }
    fn now(&self) -> Ticks {
        self.now
    }
    fn instructions(&self) -> u64 {
        self.lines
    }
    fn uart_room(&self, _uart: u8) -> usize {
        1
    }
    fn uart_input(&mut self, _uart: u8, bytes: &[u8]) {
        self.got.extend(bytes);
        self.out.extend(bytes.iter().map(|&byte| Output::Uart { n: 0, byte }));
    }
    fn take_output(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.out)
    }
    fn flash_bytes(&self) -> Vec<u8> {
        Vec::new()
    }
    fn efuse_bytes(&self) -> [u8; 124] {
        [0; 124]
    }
}

fn drive(line: &str) -> (RunLoop, SyncSender<SerialEvent>) {
    let line = format!("esplens run --serial 0=null {line}");
    let CliCommand::Run(args) = Cli::parse_from(line.split_whitespace()).command else { unreachable!("run") };
    let (events, rx) = sync_channel(4);
    let flow = PendingBytes::default();
    let lines = SerialLines::open(&args.serial, &events, &flow).unwrap();
    (RunLoop::new(&args, lines, (rx, flow), 0), events)
}

#[test]
fn idle_hours_are_skipped_at_max_speed() {
    let (mut drive, _events) = drive("--exit-on line.7200 --wall-timeout 60s");
    let mut fake = Fake::new(0, TargetExit::Until);
    assert_eq!(drive.run(&mut fake), CliExit::Matched("line 7200".into()));
    assert!(drive.stats(&fake).wall < Duration::from_secs(30));
}

#[test]
fn limits_end_a_run_at_the_exact_virtual_time() {
    let (mut drive, _events) = drive("--timeout 2500ms");
    let mut fake = Fake::new(0, TargetExit::Until);
    assert_eq!(drive.run(&mut fake), CliExit::Timeout);
    assert_eq!((fake.now, fake.lines), (TICKS_PER_SEC * 5 / 2, 2));
}

#[test]
fn real_time_is_kept_while_idle() {
    let (mut drive, _events) = drive("--wall-timeout 300ms");
    let mut fake = Fake::new(0, TargetExit::Until);
    assert_eq!(drive.run(&mut fake), CliExit::WallTimeout);
    let ms = drive.stats(&fake).virtual_ms();
    assert!((200.0..=400.0).contains(&ms), "{ms} virtual ms in 300 ms");
}

#[test]
fn input_reaches_the_machine_and_quit_ends_it() {
    let (mut drive, events) = drive("--exit-on zz");
    events.send(SerialEvent::Input(0, b"zz".to_vec())).unwrap();
    let mut fake = Fake::new(0, TargetExit::Until);
    assert_eq!(drive.run(&mut fake), CliExit::Matched("zz".into()));
    events.send(SerialEvent::Quit).unwrap();
    assert_eq!(drive.run(&mut fake), CliExit::Quit);
    assert_eq!(fake.got, b"zz");
}

/// Target that is stopped for a while, then accepts a few bytes at a time.
struct Slow {
    fake: Fake,
    paused: u32,
    changes: Vec<esplens_soc::machine::Input>,
}

impl Target for Slow {
    fn run(&mut self, until: Ticks) -> TargetExit {
        if self.paused > 0 {
            self.paused -= 1;
            return TargetExit::Paused;
        }
        self.fake.run(until)
    }
    fn now(&self) -> Ticks {
        self.fake.now()
    }
    fn instructions(&self) -> u64 {
        0
    }
    fn uart_room(&self, _: u8) -> usize {
        if self.paused > 0 { 0 } else { 1000 }
    }
    fn uart_input(&mut self, uart: u8, bytes: &[u8]) {
        self.fake.uart_input(uart, bytes);
    }
    fn chip_input(&mut self, change: esplens_soc::machine::Input) {
        self.changes.push(change);
    }
    fn take_output(&mut self) -> Vec<Output> {
        self.fake.take_output()
    }
    fn flash_bytes(&self) -> Vec<u8> {
        Vec::new()
    }
    fn efuse_bytes(&self) -> [u8; 124] {
        [0; 124]
    }
}

#[test]
fn input_for_a_machine_that_stands_still_waits_and_arrives_whole() {
    let line = "esplens run --serial 0=null --exit-on END";
    let CliCommand::Run(args) = Cli::parse_from(line.split_whitespace()).command else { unreachable!("run") };
    let (events, rx) = sync_channel(4);
    let flow = PendingBytes::default();
    let lines = SerialLines::open(&args.serial, &events, &flow).unwrap();
    let inlet = crate::cli::serial::Inlet::new(0, events, flow.clone());
    let mut drive = RunLoop::new(&args, lines, (rx, flow), 0);
    let sent: Vec<u8> = (0..300_000u32).map(|n| b'a' + (n % 23) as u8).collect();
    let bytes = sent.clone();
    let reader = std::thread::spawn(move || {
        bytes.chunks(1024).all(|part| inlet.input(part.to_vec())) && inlet.input(b"\nEND\n".to_vec())
    });
    let mut slow = Slow { fake: Fake::new(0, TargetExit::Until), paused: 20, changes: Vec::new() };
    assert_eq!(drive.run(&mut slow), CliExit::Matched("END".into()));
    assert!(reader.join().unwrap());
    assert_eq!(slow.fake.got[..sent.len()], sent);
}

#[test]
fn a_chip_without_power_receives_nothing_that_was_sent_before() {
    use esplens_soc::machine::Input;
    let (mut drive, events) = drive("--exit-on new");
    events.send(SerialEvent::Input(0, b"old".to_vec())).unwrap();
    events.send(SerialEvent::Chip(Input::Enable(false))).unwrap();
    events.send(SerialEvent::Chip(Input::Enable(true))).unwrap();
    events.send(SerialEvent::Input(0, b"new".to_vec())).unwrap();
    let mut slow = Slow { fake: Fake::new(0, TargetExit::Until), paused: 1, changes: Vec::new() };
    assert_eq!(drive.run(&mut slow), CliExit::Matched("new".into()));
    assert_eq!(slow.fake.got, b"new");
    assert_eq!(slow.changes, [Input::Enable(false), Input::Enable(true)]);
}

#[test]
fn a_machine_that_only_waits_for_input_does_not_race_through_time() {
    struct Waiting(Ticks);
    impl Target for Waiting {
        fn run(&mut self, until: Ticks) -> TargetExit {
            self.0 = until;
            TargetExit::Idle { until: Ticks::MAX }
        }
        fn now(&self) -> Ticks {
            self.0
        }
        fn instructions(&self) -> u64 {
            0
        }
        fn uart_room(&self, _: u8) -> usize {
            0
        }
        fn uart_input(&mut self, _: u8, _: &[u8]) {}
        fn take_output(&mut self) -> Vec<Output> {
            Vec::new()
        }
        fn flash_bytes(&self) -> Vec<u8> {
            Vec::new()
        }
        fn efuse_bytes(&self) -> [u8; 124] {
            [0; 124]
        }
    }
    let (mut drive, events) = drive("--exit-on never --wall-timeout 200ms");
    drop(events); // standard input closed
    let mut waiting = Waiting(0);
    assert_eq!(drive.run(&mut waiting), CliExit::WallTimeout);
    assert!(waiting.0 < TICKS_PER_SEC, "{} ticks", waiting.0);
}

#[test]
fn resets_follow_the_policy() {
    for (line, cause, exit) in [
        ("--reset-policy exit", ResetCause::Software, 0),
        ("--reset-policy exit", ResetCause::RtcWdtSys, 1),
        ("--reset-policy reboot --exit-on line.5", ResetCause::RtcWdtSys, 0),
        ("--reset-policy halt --wall-timeout 100ms", ResetCause::Software, 3),
    ] {
        let (mut drive, _events) = drive(&format!("--speed max {line}"));
        let got = drive.run(&mut Fake::new(2, TargetExit::Reset(cause)));
        assert_eq!(got.number(), exit, "{line}: {got}");
    }
}

#[test]
fn the_guests_own_exit_code_is_the_processs() {
    let (mut drive, _events) = drive("--speed max");
    assert_eq!(drive.run(&mut Fake::new(1, TargetExit::Exit(42))).number(), 42);
}
