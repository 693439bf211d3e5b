//! The run loop around a machine: slices of virtual time, input, output, patterns, time limits.

mod ending;
mod incoming;
mod output;

use crate::cli::args::{ResetPolicy, RunArgs};
use crate::cli::crash::Crashes;
use crate::cli::exit::CliExit;
use crate::cli::explain::LiveExplainer;
use crate::cli::patterns::{PatternHit, Patterns};
use crate::cli::serial::{PendingBytes, SerialEvent, SerialLines};
use crate::cli::stats::Stats;
use crate::cli::target::{Target, TargetExit};
use crate::cli::terminal;
use crate::cli::trace::Sinks;
use crate::dash::remote::UartBacklog;
use crate::outlet;
pub use ending::is_told;
use esplens_core::time::{TICKS_PER_US, Ticks};
use esplens_supervisor::{Pace, Speed};
use incoming::Incoming;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// Longest wait before limits are checked again.
const MAX_WAIT: Duration = Duration::from_millis(50);
/// Longest wait while the machine is stopped: any wake-up ends it.
const REST: Duration = Duration::from_secs(3600);
/// Time between two status lines.
const STATUS: Duration = Duration::from_secs(1);
/// Maximum number of events processed at once.
const MANY: usize = 256;
/// Time between two checks of output readers that do not keep up.
const READERS: Duration = Duration::from_millis(10);
/// Silence of UART0 after which status lines are printed.
const QUIET: Duration = Duration::from_secs(2);

/// Time without input or output after which a client no longer counts as talking to the chip's download mode.
const TALK: Duration = Duration::from_secs(1);

/// Action after a slice.
struct Wait {
    /// Virtual time to run to next.
    goal: Ticks,
    /// Host time to wait; `None`: until `goal` is due.
    wall: Option<Duration>,
    /// Nothing needs to be checked meanwhile.
    rest: bool,
}

impl Wait {
    fn until(goal: Ticks, wall: Option<Duration>) -> Self {
        Self { goal, wall, rest: false }
    }
}

/// State of the run loop.
pub struct RunLoop {
    lines: SerialLines,
    incoming: Incoming,
    patterns: Patterns,
    /// The pattern that ends the run, and when it matched.
    hit: Option<(PatternHit, Ticks)>,
    /// Time when `--fail-on` matched; the run continues until the rest of the line or panic is printed.
    closing: Option<Ticks>,
    crashes: Crashes,
    /// Text of `--send`, and the time when it is typed.
    typed: VecDeque<(Ticks, Vec<u8>)>,
    ready_file: Option<PathBuf>,
    pace: Pace,
    speed: Speed,
    /// Number of the last stop reported to the user.
    told: u64,
    policy: ResetPolicy,
    started: Instant,
    start_ticks: Ticks,
    limit: Ticks,
    wall_limit: Option<Duration>,
    last_output: Instant,
    /// Time of the last input for a UART.
    talk: Option<Instant>,
    status_due: Instant,
    /// Destinations of traced events and captured frames.
    pub sinks: Sinks,
    /// Backlog of the UARTs' text.
    pub backlog: UartBacklog,
    /// Explainer of panics in UART0's output.
    pub explain: Option<LiveExplainer>,
}

impl RunLoop {
    /// Creates the loop for a machine whose virtual time is `now`.
    pub fn new(
        args: &RunArgs,
        lines: SerialLines,
        (events, flow): (Receiver<SerialEvent>, PendingBytes),
        now: Ticks,
    ) -> Self {
        let ticks =
            |d: Duration| u64::try_from(d.as_micros()).unwrap_or(u64::MAX).saturating_mul(TICKS_PER_US);
        let started = Instant::now();
        Self {
            lines,
            incoming: Incoming::new(events, flow),
            talk: None,
            patterns: Patterns::new(&args.script),
            hit: None,
            closing: None,
            crashes: Crashes::default(),
            typed: VecDeque::new(),
            ready_file: args.script.ready_file.clone(),
            pace: Pace::new(args.speed(), now),
            speed: args.speed(),
            told: 0,
            policy: args.reset_policy,
            started,
            start_ticks: now,
            limit: args.timeout.map_or(Ticks::MAX, |d| now.saturating_add(ticks(d))),
            wall_limit: args.wall_timeout,
            last_output: started,
            status_due: started + QUIET,
            sinks: Sinks::default(),
            backlog: UartBacklog::default(),
            explain: None,
        }
    }

    /// Runs the machine until the run ends.
    pub fn run(&mut self, target: &mut dyn Target) -> CliExit {
        let why = self.run_on(target);
        self.ended(why)
    }

    fn run_on(&mut self, target: &mut dyn Target) -> CliExit {
        let mut goal = target.now();
        loop {
            if let Some(speed) = target.speed().filter(|s| *s != self.speed) {
                self.speed = speed;
                self.pace = Pace::new(speed, target.now());
            }
            if let Some(exit) = self.wait_for_readers(target) {
                return exit;
            }
            self.pace.hold(target.host_busy(), target.now());
            let talks = self.talk.is_some_and(|at| at.max(self.last_output).elapsed() < TALK);
            self.pace.hurry(talks && target.download_boot(), target.now());
            let slice_end = self.slice_end(target.now());
            let why = target.run(goal.max(slice_end).min(self.limit));
            let goes_on = matches!(why, TargetExit::Until | TargetExit::Idle { .. } | TargetExit::Paused);
            let last = !goes_on || target.now() >= self.limit;
            if let Some(exit) = self.deliver(target, last).or_else(|| self.check_limits(target)) {
                return exit;
            }
            let now = target.now();
            self.type_in(now);
            self.pace.settle(now);
            if target.waits_for_beacon() {
                self.pace.skip_wait(now);
            }
            let wait = match why {
                TargetExit::Until => Wait::until(now, None),
                TargetExit::Paused => {
                    self.tell_stop(target);
                    self.after_pause(target)
                }
                TargetExit::Quit => return CliExit::Quit,
                TargetExit::Idle { until } => self.after_idle(now, until),
                TargetExit::Exit(code) => return CliExit::Guest(code),
                TargetExit::Stopped(why) => return CliExit::Stopped(why),
                TargetExit::Reset(cause) if self.closing.is_some() => return CliExit::Reset(cause),
                TargetExit::Reset(_) if self.policy == ResetPolicy::Reboot => Wait::until(now, None),
                TargetExit::Reset(cause) if self.policy == ResetPolicy::Exit => {
                    return self.reset(cause, target);
                }
                TargetExit::Reset(cause) => return self.halt(&format!("halted at a reset ({cause:?})")),
            };
            let woken = self.take_events(target, &wait);
            self.incoming.feed(target);
            match woken {
                // Input ends an idle period: the machine continues from its current time.
                Ok(woken) => goal = if woken { now } else { wait.goal },
                Err(exit) => return exit,
            }
        }
    }

    /// Pauses the machine while the reader of standard output or error does not keep up, so that nothing is lost.
    /// Limits, signals and clients are served meanwhile.
    fn wait_for_readers(&mut self, target: &mut dyn Target) -> Option<CliExit> {
        while outlet::full() {
            let now = target.now();
            // No virtual time passes, but clients are served.
            if target.run(now) == TargetExit::Quit {
                return Some(CliExit::Quit);
            }
            if let Some(exit) = self.check_limits(target) {
                return Some(exit);
            }
            let wait = Wait::until(now, Some(READERS));
            if let Err(exit) = self.take_events(target, &wait) {
                return Some(exit);
            }
        }
        None
    }

    /// Returns the statistics of the run so far.
    pub fn stats(&self, target: &dyn Target) -> Stats {
        let ticks = target.now() - self.start_ticks;
        Stats { ticks, wall: self.started.elapsed(), instructions: target.instructions(), ..Stats::default() }
    }

    /// Returns the virtual time to run to and the host time to wait when nothing happens before `next`.
    fn after_idle(&self, now: Ticks, next: Ticks) -> Wait {
        let step = now.saturating_add(MAX_WAIT.as_micros() as Ticks * TICKS_PER_US);
        let next = next.min(self.limit);
        match self.pace.skips_idle() {
            false => Wait::until(next.min(step), None),
            // Only input can happen: the machine then runs in real time at any speed setting.
            true if next == Ticks::MAX => Wait::until(step, Some(MAX_WAIT)),
            true => Wait::until(next, None),
        }
    }

    /// Returns the wait of a stopped machine: until a client's request, a limit or a status line.
    fn after_pause(&self, target: &mut dyn Target) -> Wait {
        let now = target.now();
        if !target.is_idle() {
            // The machine runs again, or a reverse operation is in progress.
            return Wait::until(now, Some(Duration::ZERO));
        }
        let status = if self.wants_status() { STATUS } else { REST };
        let left = self.wall_limit.map_or(REST, |limit| limit.saturating_sub(self.started.elapsed()));
        Wait { goal: now, wall: Some(status.min(left)), rest: true }
    }

    /// Waits until the goal is due or input arrives, and passes the input on. Returns true if there was any.
    fn take_events(&mut self, target: &mut dyn Target, wait: &Wait) -> Result<bool, CliExit> {
        let (mut woken, mut seen) = (false, 0);
        let start = Instant::now();
        loop {
            let left = match wait.wall {
                Some(wall) => wall.saturating_sub(start.elapsed()),
                None => self.pace.wait(wait.goal),
            };
            let done = left.is_zero() || woken;
            let look = if wait.rest { left } else { left.min(MAX_WAIT) };
            let look = if done { Duration::ZERO } else { look };
            match self.next(target, look, wait.rest) {
                Some(SerialEvent::Input(uart, bytes)) => {
                    self.talk = Some(Instant::now());
                    self.incoming.queue(uart, bytes);
                }
                Some(SerialEvent::Chip(change)) => self.incoming.chip(change, target),
                Some(SerialEvent::Purge(uart)) => self.incoming.purge(uart),
                Some(SerialEvent::Wake) => {}
                Some(SerialEvent::Quit) => return Err(CliExit::Quit),
                None if done => return Ok(woken),
                None => {
                    if let Some(exit) = self.check_limits(target) {
                        return Err(exit);
                    }
                    continue;
                }
            }
            woken = true;
            seen += 1;
            // A sender that never pauses must not keep the machine from running.
            if seen >= MANY {
                return Ok(true);
            }
        }
    }

    /// Returns the next event; clients have access to the machine while it is idle.
    fn next(&mut self, target: &mut dyn Target, look: Duration, rest: bool) -> Option<SerialEvent> {
        let mut event = None;
        let mut wait = || event = self.incoming.next(look);
        if rest {
            target.lend(&mut wait)
        } else {
            wait()
        }
        event
    }

    fn check_limits(&mut self, target: &dyn Target) -> Option<CliExit> {
        if self.closes(target.now()) {
            return self.hit.as_ref().map(|(hit, _)| CliExit::Failed(hit.text.clone()));
        }
        if target.now() >= self.limit {
            return Some(CliExit::Timeout);
        }
        if self.wall_limit.is_some_and(|limit| self.started.elapsed() >= limit) {
            return Some(CliExit::WallTimeout);
        }
        self.show_status(target);
        None
    }

    fn wants_status(&self) -> bool {
        self.patterns.awaited().is_some() || self.limit != Ticks::MAX
    }

    /// Prints a line on stderr once a second while UART0 is silent and the user waits for a pattern.
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

    /// Prints a message for a stop that no client requested.
    fn tell_stop(&mut self, target: &dyn Target) {
        if let Some((number, why)) = target.unasked_stop().filter(|(n, _)| *n != self.told) {
            self.told = number;
            terminal::message(&format!("{why}; continue with gdb or the monitor"));
        }
    }

    /// Keeps the machine stopped until the user quits or the host time limit is reached.
    fn halt(&mut self, why: &str) -> CliExit {
        terminal::message(why);
        loop {
            if self.incoming.next(MAX_WAIT) == Some(SerialEvent::Quit) {
                return CliExit::Quit;
            }
            if self.wall_limit.is_some_and(|limit| self.started.elapsed() >= limit) {
                return CliExit::WallTimeout;
            }
        }
    }
}

#[cfg(test)]
mod tests;
