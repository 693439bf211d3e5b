//! The loop around a machine: slices of virtual time, input, output, patterns, time limits.

use crate::cli::args::{ResetPolicy, RunArgs};
use crate::cli::exit::Exit;
use crate::cli::explain::Live;
use crate::cli::patterns::{Hit, Patterns};
use crate::cli::serial::{Event, Lines, UARTS};
use crate::cli::stats::Stats;
use crate::cli::target::{RunExit, Target};
use crate::cli::terminal;
use crate::cli::trace::Sinks;
use esplens_core::time::{TICKS_PER_US, Ticks};
use esplens_gdb::supervisor::{Pace, Speed};
use esplens_soc::system::Output;
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Longest wait before limits are looked at again.
const MAX_WAIT: Duration = Duration::from_millis(50);
/// Longest wait while the machine stands still: whatever ends that wakes.
const REST: Duration = Duration::from_secs(3600);
/// Time between two status lines.
const STATUS: Duration = Duration::from_secs(1);
/// Input kept for a UART that has no room.
const MAX_PENDING: usize = 1 << 20;
/// UART0 silent for this long: a status line tells that something is going on.
const QUIET: Duration = Duration::from_secs(2);

/// What comes after a slice.
struct Wait {
    /// Virtual time to go to next.
    goal: Ticks,
    /// The host's time to wait; `None`: until `goal` is due.
    wall: Option<Duration>,
    /// Nothing needs to be looked at meanwhile.
    rest: bool,
}

impl Wait {
    fn until(goal: Ticks, wall: Option<Duration>) -> Self {
        Self { goal, wall, rest: false }
    }
}

/// Everything the loop keeps.
pub struct Drive {
    lines: Lines,
    events: Receiver<Event>,
    events_open: bool,
    patterns: Patterns,
    pace: Pace,
    speed: Speed,
    /// Number of the last stop the user was told of.
    told: u64,
    policy: ResetPolicy,
    started: Instant,
    start_ticks: Ticks,
    limit: Ticks,
    wall_limit: Option<Duration>,
    /// Input that the UARTs had no room for yet.
    pending: [VecDeque<u8>; UARTS],
    last_output: Instant,
    status_due: Instant,
    /// Where traced events and frames go.
    pub sinks: Sinks,
    /// Explains panics in UART0's output.
    pub explain: Option<Live>,
}

impl Drive {
    /// For a machine whose virtual time is `now`.
    pub fn new(args: &RunArgs, lines: Lines, events: Receiver<Event>, now: Ticks) -> Self {
        let ticks =
            |d: Duration| u64::try_from(d.as_micros()).unwrap_or(u64::MAX).saturating_mul(TICKS_PER_US);
        let started = Instant::now();
        Self {
            lines,
            events,
            events_open: true,
            patterns: Patterns::new(args.exit_on.clone(), args.fail_on.clone()),
            pace: Pace::new(args.speed(), now),
            speed: args.speed(),
            told: 0,
            policy: args.reset_policy,
            started,
            start_ticks: now,
            limit: args.timeout.map_or(Ticks::MAX, |d| now.saturating_add(ticks(d))),
            wall_limit: args.wall_timeout,
            pending: Default::default(),
            last_output: started,
            status_due: started + QUIET,
            sinks: Sinks::default(),
            explain: None,
        }
    }

    /// Runs the machine until something ends it.
    pub fn run(&mut self, target: &mut dyn Target) -> Exit {
        let mut goal = target.now();
        loop {
            if let Some(speed) = target.speed().filter(|s| *s != self.speed) {
                self.speed = speed;
                self.pace = Pace::new(speed, target.now());
            }
            self.pace.hold(target.host_busy(), target.now());
            let slice_end = target.now().saturating_add(self.pace.slice());
            let why = target.run(goal.max(slice_end).min(self.limit));
            if let Some(exit) = self.deliver(target).or_else(|| self.check_limits(target)) {
                return exit;
            }
            let now = target.now();
            self.pace.settle(now);
            let wait = match why {
                RunExit::Until => Wait::until(now, None),
                RunExit::Paused => {
                    self.tell_stop(target);
                    self.after_pause(target)
                }
                RunExit::Quit => return Exit::Quit,
                RunExit::Idle { until } => self.after_idle(now, until),
                RunExit::Exit(code) => return Exit::Guest(code),
                RunExit::Stopped(why) => return Exit::Stopped(why),
                RunExit::Reset(_) if self.policy == ResetPolicy::Reboot => Wait::until(now, None),
                RunExit::Reset(cause) if self.policy == ResetPolicy::Exit => return Exit::Reset(cause),
                RunExit::Reset(cause) => return self.halt(&format!("halted at a reset ({cause:?})")),
            };
            let woken = self.take_events(target, &wait);
            self.feed(target);
            match woken {
                // Input ends an idle period: the machine goes on from where it is.
                Ok(woken) => goal = if woken { now } else { wait.goal },
                Err(exit) => return exit,
            }
        }
    }

    /// What the run took so far.
    pub fn stats(&self, target: &dyn Target) -> Stats {
        let ticks = target.now() - self.start_ticks;
        Stats { ticks, wall: self.started.elapsed(), instructions: target.instructions() }
    }

    /// Where to go, and how long to wait, when nothing happens before `next`.
    fn after_idle(&self, now: Ticks, next: Ticks) -> Wait {
        let step = now.saturating_add(MAX_WAIT.as_micros() as Ticks * TICKS_PER_US);
        let next = next.min(self.limit);
        match self.pace.skips_idle() {
            false => Wait::until(next.min(step), None),
            // Nothing but input can happen: real time then, whatever the speed.
            true if next == Ticks::MAX => Wait::until(step, Some(MAX_WAIT)),
            true => Wait::until(next, None),
        }
    }

    /// While the machine stands still: until somebody wants something, or a limit or a status line is due.
    fn after_pause(&self, target: &mut dyn Target) -> Wait {
        let now = target.now();
        if !target.rest() {
            return Wait::until(now, None);
        }
        let status = if self.wants_status() { STATUS } else { REST };
        let left = self.wall_limit.map_or(REST, |limit| limit.saturating_sub(self.started.elapsed()));
        Wait { goal: now, wall: Some(status.min(left)), rest: true }
    }

    /// Waits until the goal is due or input comes, and hands over the input: true when there was some.
    fn take_events(&mut self, target: &mut dyn Target, wait: &Wait) -> Result<bool, Exit> {
        let mut woken = false;
        let start = Instant::now();
        loop {
            let left = match wait.wall {
                Some(wall) => wall.saturating_sub(start.elapsed()),
                None => self.pace.wait(wait.goal),
            };
            let done = left.is_zero() || woken;
            let look = if wait.rest { left } else { left.min(MAX_WAIT) };
            let event = if done { self.events.try_recv().ok() } else { self.wait_event(look) };
            match event {
                Some(Event::Input(uart, bytes)) => {
                    let queue = &mut self.pending[usize::from(uart) % UARTS];
                    queue.extend(bytes);
                    // Firmware that never reads: as on a real line, what does not fit is lost.
                    queue.truncate(MAX_PENDING);
                }
                Some(Event::Wake) => {}
                Some(Event::Quit) => return Err(Exit::Quit),
                None if done => return Ok(woken),
                None => {
                    if let Some(exit) = self.check_limits(target) {
                        return Err(exit);
                    }
                    continue;
                }
            }
            woken = true;
        }
    }

    /// Hands over as much input as the UARTs take.
    fn feed(&mut self, target: &mut dyn Target) {
        for (uart, queue) in self.pending.iter_mut().enumerate() {
            let n = queue.len().min(target.uart_room(uart as u8));
            if n > 0 {
                let bytes: Vec<u8> = queue.drain(..n).collect();
                target.uart_input(uart as u8, &bytes);
            }
        }
    }

    fn wait_event(&mut self, wait: Duration) -> Option<Event> {
        if !self.events_open {
            std::thread::sleep(wait);
            return None;
        }
        match self.events.recv_timeout(wait) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                self.events_open = false;
                None
            }
        }
    }

    /// Hands output to the serial lines, warnings to stderr, UART0 to the patterns.
    fn deliver(&mut self, target: &mut dyn Target) -> Option<Exit> {
        let mut text: [Vec<u8>; 3] = Default::default();
        let (mut warnings, mut console) = (Vec::new(), Vec::new());
        for output in target.take_output() {
            match output {
                Output::Uart { n, byte } => {
                    if let Some(line) = text.get_mut(usize::from(n)) {
                        line.push(byte);
                    }
                }
                Output::Warning(warning) => warnings.push(warning),
                Output::Console { fd, bytes } => {
                    terminal::console(fd, &bytes);
                    console.extend(bytes);
                }
                Output::Trace(line) => self.sinks.line(&line),
                Output::Frame(f) => self.sinks.frame(f.at, f.to_guest, f.core, f.pc, &f.bytes),
                Output::Pad { .. } => {}
            }
        }
        for (uart, bytes) in text.iter().enumerate().filter(|(_, b)| !b.is_empty()) {
            match &mut self.explain {
                Some(explain) if uart == 0 => self.lines.write(0, &explain.feed(bytes, target.machine())),
                _ => self.lines.write(uart as u8, bytes),
            }
            self.last_output = Instant::now();
        }
        self.sinks.flush();
        warnings.iter().for_each(|w| terminal::message(&format!("warning: {w}")));
        let hit = self.patterns.feed(&text[0]).or_else(|| self.patterns.feed(&console));
        hit.map(|hit| match hit {
            Hit::Exit(text) => Exit::Matched(text),
            Hit::Fail(text) => Exit::Failed(text),
        })
    }

    fn check_limits(&mut self, target: &dyn Target) -> Option<Exit> {
        if target.now() >= self.limit {
            return Some(Exit::Timeout);
        }
        if self.wall_limit.is_some_and(|limit| self.started.elapsed() >= limit) {
            return Some(Exit::WallTimeout);
        }
        self.show_status(target);
        None
    }

    fn wants_status(&self) -> bool {
        self.patterns.awaited().is_some() || self.limit != Ticks::MAX
    }

    /// A line on stderr once a second while UART0 is silent and somebody waits for it.
    fn show_status(&mut self, target: &dyn Target) {
        let now = Instant::now();
        if !self.wants_status() || now < self.status_due || now - self.last_output < QUIET {
            return;
        }
        self.status_due = now + STATUS;
        let stats = self.stats(target);
        let goal = self.patterns.awaited().map_or(String::new(), |regex| format!(", waiting for {regex:?}"));
        let (virt, wall) = (stats.virtual_ms() / 1e3, stats.wall.as_secs_f64());
        terminal::status(&format!("{virt:.1} s virtual, {wall:.1} s wall, {:.0} MIPS{goal}", stats.mips()));
    }

    /// A stop that nobody asked for is worth a line.
    fn tell_stop(&mut self, target: &dyn Target) {
        if let Some((number, why)) = target.unasked_stop().filter(|(n, _)| *n != self.told) {
            self.told = number;
            terminal::message(&format!("{why}; gdb or the monitor goes on"));
        }
    }

    /// Stands still until the user quits or the host's time is up.
    fn halt(&mut self, why: &str) -> Exit {
        terminal::message(why);
        loop {
            if self.wait_event(MAX_WAIT) == Some(Event::Quit) {
                return Exit::Quit;
            }
            if self.wall_limit.is_some_and(|limit| self.started.elapsed() >= limit) {
                return Exit::WallTimeout;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{Cli, Command};
    use clap::Parser;
    use esplens_core::time::TICKS_PER_SEC;
    use esplens_soc::system::ResetCause;
    use std::sync::mpsc::{SyncSender, sync_channel};

    /// Idle but for a line of text on UART0 each virtual second; echoes input; `end` ends it after `lines` lines.
    struct Fake {
        now: Ticks,
        lines: u64,
        end: (u64, RunExit),
        out: Vec<Output>,
        got: Vec<u8>,
    }

    impl Fake {
        fn new(after: u64, end: RunExit) -> Self {
            Self { now: 0, lines: 0, end: (after, end), out: Vec::new(), got: Vec::new() }
        }
    }

    impl Target for Fake {
        fn run(&mut self, until: Ticks) -> RunExit {
            let next = (self.lines + 1) * TICKS_PER_SEC;
            if until < next {
                self.now = self.now.max(until);
                return RunExit::Idle { until: next };
            }
            self.now = next;
            self.lines += 1;
            self.out.extend(format!("line {}\n", self.lines).bytes().map(|byte| Output::Uart { n: 0, byte }));
            if self.lines == self.end.0 { self.end.1.clone() } else { RunExit::Until }
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

    fn drive(line: &str) -> (Drive, SyncSender<Event>) {
        let line = format!("esplens run --serial 0=null {line}");
        let Command::Run(args) = Cli::parse_from(line.split_whitespace()).command else {
            unreachable!("run")
        };
        let (events, rx) = sync_channel(4);
        let lines = Lines::open(&args.serial, &events).unwrap();
        (Drive::new(&args, lines, rx, 0), events)
    }

    #[test]
    fn idle_hours_are_skipped_at_max_speed() {
        let (mut drive, _events) = drive("--exit-on line.7200 --wall-timeout 60s");
        let mut fake = Fake::new(0, RunExit::Until);
        assert_eq!(drive.run(&mut fake), Exit::Matched("line 7200".into()));
        assert!(drive.stats(&fake).wall < Duration::from_secs(30));
    }

    #[test]
    fn limits_end_a_run_at_the_exact_virtual_time() {
        let (mut drive, _events) = drive("--timeout 2500ms");
        let mut fake = Fake::new(0, RunExit::Until);
        assert_eq!(drive.run(&mut fake), Exit::Timeout);
        assert_eq!((fake.now, fake.lines), (TICKS_PER_SEC * 5 / 2, 2));
    }

    #[test]
    fn real_time_is_kept_while_idle() {
        let (mut drive, _events) = drive("--wall-timeout 300ms");
        let mut fake = Fake::new(0, RunExit::Until);
        assert_eq!(drive.run(&mut fake), Exit::WallTimeout);
        let ms = drive.stats(&fake).virtual_ms();
        assert!((200.0..=400.0).contains(&ms), "{ms} virtual ms in 300 ms");
    }

    #[test]
    fn input_reaches_the_machine_and_quit_ends_it() {
        let (mut drive, events) = drive("--exit-on zz");
        events.send(Event::Input(0, b"zz".to_vec())).unwrap();
        let mut fake = Fake::new(0, RunExit::Until);
        assert_eq!(drive.run(&mut fake), Exit::Matched("zz".into()));
        events.send(Event::Quit).unwrap();
        assert_eq!(drive.run(&mut fake), Exit::Quit);
        assert_eq!(fake.got, b"zz");
    }

    #[test]
    fn a_machine_that_only_waits_for_input_does_not_race_through_time() {
        struct Waiting(Ticks);
        impl Target for Waiting {
            fn run(&mut self, until: Ticks) -> RunExit {
                self.0 = until;
                RunExit::Idle { until: Ticks::MAX }
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
        assert_eq!(drive.run(&mut waiting), Exit::WallTimeout);
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
            let got = drive.run(&mut Fake::new(2, RunExit::Reset(cause)));
            assert_eq!(got.number(), exit, "{line}: {got}");
        }
    }

    #[test]
    fn the_guests_own_exit_code_is_the_processs() {
        let (mut drive, _events) = drive("--speed max");
        assert_eq!(drive.run(&mut Fake::new(1, RunExit::Exit(42))).number(), 42);
    }
}
