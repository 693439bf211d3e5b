//! The machine's run loop, which serves client requests.

use crate::event::Event;
use crate::handle::{Handle, Job, spin};
use crate::pace::{Pace, Speed};
use crate::session::Session;
use esplens_core::time::{TICKS_PER_US, Ticks};
use esplens_soc::machine::{Machine, RunExit};
use esplens_soc::system::Output;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use tokio::sync::broadcast;

/// Maximum number of events queued for a slow client.
const EVENTS: usize = 1024;
/// Number of outputs after which [`Supervisor::run`] returns early.
const MAX_OUTPUT: usize = 4096;
/// Virtual time between two polls of the request queue: at most half a millisecond of host time.
const SLICE: Ticks = 100 * TICKS_PER_US;
/// Host work ([`Machine::allow_work`]) after which [`Supervisor::run`] returns early, however little virtual time has
/// passed. The estimates can be low by a factor of ten.
const WORK: u64 = 10_000_000;
/// Maximum time that [`Supervisor::run`] waits for a request before it returns.
const TIMEOUT: Duration = Duration::from_millis(20);

/// Panic message if the session is missing.
const HERE: &str = "the session is lent only while this thread waits";

/// A machine and the queue of its clients' requests.
pub struct Supervisor {
    /// Always `Some`, except while [`Supervisor::lend`] waits.
    session: Option<Box<Session>>,
    jobs: Receiver<Job>,
    handle: Handle,
    _gone_on_drop: GoneOnDrop,
}

/// Publishes [`Event::Gone`] when dropped, including after a panic.
struct GoneOnDrop(broadcast::Sender<Event>);

impl Drop for GoneOnDrop {
    fn drop(&mut self) {
        let _ = self.0.send(Event::Gone);
    }
}

impl Drop for Supervisor {
    /// Takes the session out of the slot: after a panic in [`Supervisor::lend`] no client may use it.
    fn drop(&mut self) {
        self.handle.requests.slot.take();
    }
}

/// Result of [`Supervisor::run`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DriveResult {
    /// The machine returned with this reason.
    Machine(RunExit),
    /// A client stopped the machine, or a reverse operation is running: virtual time did not advance.
    Paused,
    /// A client requested the end of the program.
    Quit,
}

impl Supervisor {
    /// Creates a supervisor for a machine, initially stopped.
    #[must_use]
    pub fn new(machine: Machine) -> Self {
        let (tx, jobs) = channel();
        let (events, _) = broadcast::channel(EVENTS);
        let handle = Handle::new(tx, events.clone());
        let gone_on_drop = GoneOnDrop(events.clone());
        let session = Session::new(machine, events, handle.symbols().clone());
        Self { session: Some(Box::new(session)), jobs, handle, _gone_on_drop: gone_on_drop }
    }

    /// Returns a handle from which clients are registered.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Returns the session, for the owner of the thread.
    pub fn session(&mut self) -> &mut Session {
        self.session.as_mut().expect(HERE)
    }

    /// Returns the session, read-only.
    #[must_use]
    pub fn view(&self) -> &Session {
        self.session.as_ref().expect(HERE)
    }

    /// Calls `wait` and, while the machine is stopped, lets clients use the session from their own threads. Requests
    /// that need this thread call the waker ([`Supervisor::on_request`]).
    pub fn lend<R>(&mut self, wait: impl FnOnce() -> R) -> R {
        let Some(session) = self.session.take_if(|s| !s.wants_its_thread()) else { return wait() };
        let slot = self.handle.requests.slot.clone();
        slot.put(session);
        let got = wait();
        self.session = slot.take();
        got
    }

    fn next_job(&mut self, wait: Duration) -> Option<Job> {
        let Self { session, jobs, handle, .. } = self;
        let slot = &handle.requests.slot;
        let lent = session.take_if(|s| !s.wants_its_thread()).map(|s| slot.put(s)).is_some();
        let job = jobs.recv_timeout(wait).ok();
        if lent {
            *session = slot.take();
        }
        job
    }

    /// Executes queued requests; waits up to `wait` for the first one.
    pub fn serve(&mut self, wait: Duration) {
        let end = Instant::now() + wait;
        let mut served = false;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let job = if left.is_zero() {
                self.jobs.try_recv().ok()
            } else {
                let next = if served { spin(|| self.jobs.try_recv().ok()) } else { None };
                next.or_else(|| self.next_job(left))
            };
            match job {
                Some(job) => {
                    job(self.session());
                    served = true;
                }
                None => return,
            }
            self.session().publish_touch();
            if self.session().is_running() && wait > Duration::ZERO {
                return;
            }
        }
    }

    /// Sets the function that wakes the owner of the thread when a request arrives while the thread is idle. For owners
    /// that also wait for other events.
    pub fn on_request(&self, wake: impl Fn() + Send + Sync + 'static) {
        self.handle.requests.waker.connect(wake);
    }

    /// Arms the waker and returns true if there is nothing to do until it is called: the machine is stopped and no
    /// request is queued.
    pub fn is_idle(&mut self) -> bool {
        let connected = self.handle.requests.waker.arm();
        // Requests queued before the waker was armed do not call it.
        self.serve(Duration::ZERO);
        connected && !self.session().is_running() && self.session().quit_asked().is_none()
    }

    /// Runs until virtual time `until`, until an event that the caller must handle, or until the output queue is full.
    /// Executes clients' requests in between. While the machine is stopped, waits briefly for requests and returns
    /// [`DriveResult::Paused`].
    ///
    /// Returns early, as if `until` were reached, when the guest causes so much host work that the caller should handle
    /// other events. This bounds a call to a few milliseconds for any guest.
    pub fn run(&mut self, until: Ticks) -> DriveResult {
        let mut work = WORK;
        loop {
            self.serve(Duration::ZERO);
            if self.session().quit_asked().is_some() {
                return DriveResult::Quit;
            }
            if !self.session().is_running() {
                self.serve(TIMEOUT);
                if !self.session().is_running() {
                    return DriveResult::Paused;
                }
                continue;
            }
            if self.session().is_reversing() {
                self.session().poll_reverse_op();
                return DriveResult::Paused;
            }
            let now = self.session().machine().now();
            if now >= until {
                return DriveResult::Machine(RunExit::Until);
            }
            let goal = until.min(now + SLICE);
            let exit = self.run_counted(goal, &mut work);
            let stopped = self.session().note_exit(exit).is_some();
            match exit {
                RunExit::WorkExhausted => return DriveResult::Machine(RunExit::Until),
                // The output queue is not drained while the machine runs here.
                RunExit::Until if self.session().machine().output_len() >= MAX_OUTPUT => {
                    return DriveResult::Machine(exit);
                }
                RunExit::Until if goal < until => {}
                _ if stopped => return DriveResult::Paused,
                other => return DriveResult::Machine(other),
            }
        }
    }

    /// Runs the machine and subtracts its host work from `work`. Requests, which may run the machine themselves, are
    /// not limited.
    fn run_counted(&mut self, goal: Ticks, work: &mut u64) -> RunExit {
        let session = self.session();
        session.allow_work(Some(*work));
        let exit = session.run(goal);
        *work = work.saturating_sub(session.machine().memory().work.done());
        session.allow_work(None);
        if *work == 0 && exit == RunExit::Until { RunExit::WorkExhausted } else { exit }
    }

    /// Drains the machine's output, publishes it to clients and returns it. Of the traced events it returns only those
    /// selected by `--trace`.
    pub fn take_output(&mut self) -> Vec<Output> {
        let output = self.session().drain();
        if self.handle.events.receiver_count() > 0 {
            let plain = |o: &&Output| !matches!(o, Output::Trace(_) | Output::NetFrame(_));
            let text: Vec<Output> = output.iter().filter(plain).cloned().collect();
            if !text.is_empty() {
                self.session().publish(Event::Output(text.into()));
            }
        }
        output
    }

    /// Runs until a client requests the end, pacing virtual time by the session's speed.
    pub fn drive(mut self) -> Machine {
        let mut pace =
            (self.session().speed(), Pace::new(self.session().speed(), self.session().machine().now()));
        loop {
            let speed: Speed = self.session().speed();
            let now = self.session().machine().now();
            if speed != pace.0 {
                pace = (speed, Pace::new(speed, now));
            }
            let ran = self.run(now + pace.1.slice());
            self.take_output();
            match ran {
                DriveResult::Quit => return self.session.take().expect(HERE).into_machine(),
                // The guest ended the program and no client handles it: stop the machine.
                DriveResult::Machine(RunExit::Exit(code)) => {
                    self.session().stopped(0, crate::Why::Exited(code));
                }
                _ => {}
            }
            let now = self.session().machine().now();
            pace.1.settle(now);
            self.wait(&pace.1, now);
        }
    }

    /// Waits until virtual time `now` is due, serving requests.
    fn wait(&mut self, pace: &Pace, now: Ticks) {
        while self.session().is_running() && !self.session().is_reversing() {
            let left = pace.wait(now);
            if left.is_zero() {
                return;
            }
            match self.jobs.recv_timeout(left) {
                Ok(job) => job(self.session()),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}

/// Starts a thread that owns the machine and runs it for its clients at `speed`. The machine is initially stopped.
///
/// # Errors
/// If the thread cannot be created.
pub fn spawn(machine: Machine, speed: Speed) -> std::io::Result<(Handle, std::thread::JoinHandle<Machine>)> {
    let mut supervisor = Supervisor::new(machine);
    supervisor.session().set_speed(speed);
    let handle = supervisor.handle();
    let thread = std::thread::Builder::new().name("machine".into()).spawn(move || supervisor.drive())?;
    Ok((handle, thread))
}
