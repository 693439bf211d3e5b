//! Running the machine between requests.

use super::event::Event;
use super::handle::{Handle, Job};
use super::pace::{Pace, Speed};
use super::session::Session;
use esplens_core::time::{TICKS_PER_US, Ticks};
use esplens_soc::machine::{Machine, RunExit};
use esplens_soc::system::Output;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use tokio::sync::broadcast;

/// Events kept for a client that is slow to take them.
const EVENTS: usize = 1024;
/// Outputs after which the caller of [`Supervisor::run`] gets a turn, however short.
const MAX_OUTPUT: usize = 4096;
/// Virtual time between two looks at the requests: half a millisecond of emulation at the most.
const SLICE: Ticks = 100 * TICKS_PER_US;
/// Host work ([`Machine::allow_work`]) before the caller of [`Supervisor::run`] gets a turn, however little virtual time
/// passed. Estimates may be short of the truth by a factor of ten.
const WORK: u64 = 10_000_000;
/// Longest wait for a request before the caller of [`Supervisor::run`] gets a turn.
const PATIENCE: Duration = Duration::from_millis(20);

/// How long the next word is looked out for before sleeping: waking a sleeper takes longer than a step's whole work.
const SOON: Duration = Duration::from_micros(40);

/// Why there is a session.
const HERE: &str = "the session is lent only while this thread waits";

/// Tries again for a moment.
pub(super) fn soon<T>(mut attempt: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + SOON;
    loop {
        if let Some(found) = attempt() {
            return Some(found);
        }
        if Instant::now() >= end {
            return None;
        }
        std::thread::yield_now();
    }
}

/// A machine with its clients' requests.
pub struct Supervisor {
    /// Always here, but while [`Supervisor::lend`] waits.
    session: Option<Box<Session>>,
    jobs: Receiver<Job>,
    handle: Handle,
    _farewell: Farewell,
}

/// Tells the clients of the end, also when that is a panic.
struct Farewell(broadcast::Sender<Event>);

impl Drop for Farewell {
    fn drop(&mut self) {
        let _ = self.0.send(Event::Gone);
    }
}

impl Drop for Supervisor {
    /// A wait that panics leaves the session lent: nobody works on it after the end.
    fn drop(&mut self) {
        self.handle.requests.slot.take();
    }
}

/// What [`Supervisor::run`] came back with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ran {
    /// As the machine says.
    Machine(RunExit),
    /// The machine stands still by a client's wish, or is on its way back: virtual time did not move on.
    Paused,
    /// A client wants the program to end.
    Quit,
}

impl Supervisor {
    /// Takes a machine in; it stands still until somebody resumes it.
    #[must_use]
    pub fn new(machine: Machine) -> Self {
        let (tx, jobs) = channel();
        let (events, _) = broadcast::channel(EVENTS);
        let handle = Handle::new(tx, events.clone());
        let farewell = Farewell(events.clone());
        let session = Session::new(machine, events, handle.symbols().clone());
        Self { session: Some(Box::new(session)), jobs, handle, _farewell: farewell }
    }

    /// A handle for clients to be made from.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// The session, for the owner of the thread.
    pub fn session(&mut self) -> &mut Session {
        self.session.as_mut().expect(HERE)
    }

    /// The session, for looking.
    #[must_use]
    pub fn view(&self) -> &Session {
        self.session.as_ref().expect(HERE)
    }

    /// Waits for something while clients work on the machine themselves, where it stands still. What then needs this
    /// thread is a request, which rings the bell.
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

    /// Carries out what was asked; waits up to `wait` for the first request.
    pub fn serve(&mut self, wait: Duration) {
        let end = Instant::now() + wait;
        let mut served = false;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let job = if left.is_zero() {
                self.jobs.try_recv().ok()
            } else {
                let next = if served { soon(|| self.jobs.try_recv().ok()) } else { None };
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

    /// For an owner of the thread that waits for more than requests: `ring` wakes it when one comes while it rests.
    pub fn on_request(&self, ring: impl Fn() + Send + Sync + 'static) {
        self.handle.requests.bell.connect(ring);
    }

    /// True when there is nothing to do until the bell rings: the machine stands still and nobody asks for anything.
    pub fn rest(&mut self) -> bool {
        let connected = self.handle.requests.bell.arm();
        // What was asked before the bell was armed rings for nobody.
        self.serve(Duration::ZERO);
        connected && !self.session().is_running() && self.session().quit_asked().is_none()
    }

    /// Runs until virtual time `until`, until an event that the caller must handle, or until the output queue is full.
    /// Carries out clients' requests in between. While the machine is stopped, waits briefly for requests and returns
    /// [`Ran::Paused`].
    ///
    /// Comes back early, as if `until` were reached, when the guest makes the host work so much that the caller should
    /// look around: whatever the guest does, that is a few milliseconds.
    pub fn run(&mut self, until: Ticks) -> Ran {
        let mut work = WORK;
        loop {
            self.serve(Duration::ZERO);
            if self.session().quit_asked().is_some() {
                return Ran::Quit;
            }
            if !self.session().is_running() {
                self.serve(PATIENCE);
                if !self.session().is_running() {
                    return Ran::Paused;
                }
                continue;
            }
            if self.session().is_travelling() {
                self.session().travel();
                return Ran::Paused;
            }
            let now = self.session().machine().now();
            if now >= until {
                return Ran::Machine(RunExit::Until);
            }
            let goal = until.min(now + SLICE);
            let exit = self.run_counted(goal, &mut work);
            let stopped = self.session().note_exit(exit).is_some();
            match exit {
                RunExit::Look => return Ran::Machine(RunExit::Until),
                // Nobody takes what leaves the machine while it runs here.
                RunExit::Until if self.session().machine().output_len() >= MAX_OUTPUT => {
                    return Ran::Machine(exit);
                }
                RunExit::Until if goal < until => {}
                _ if stopped => return Ran::Paused,
                other => return Ran::Machine(other),
            }
        }
    }

    /// Runs the machine and takes its host work from an allowance. Requests of clients, which may run the machine
    /// themselves, have no limit.
    fn run_counted(&mut self, goal: Ticks, work: &mut u64) -> RunExit {
        let session = self.session();
        session.allow_work(Some(*work));
        let exit = session.run(goal);
        *work = work.saturating_sub(session.machine().memory().work.done());
        session.allow_work(None);
        if *work == 0 && exit == RunExit::Until { RunExit::Look } else { exit }
    }

    /// Publishes what left the machine and hands it over; of traced events those of the command line's `--trace`.
    pub fn take_output(&mut self) -> Vec<Output> {
        let output = self.session().drain();
        if self.handle.events.receiver_count() > 0 {
            let plain = |o: &&Output| !matches!(o, Output::Trace(_) | Output::Frame(_));
            let text: Vec<Output> = output.iter().filter(plain).cloned().collect();
            if !text.is_empty() {
                self.session().publish(Event::Output(text.into()));
            }
        }
        output
    }

    /// Runs until a client asks for the end, pacing virtual time by the session's speed.
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
                Ran::Quit => return self.session.take().expect(HERE).into_machine(),
                // A guest that ended without anybody to see it stands still.
                Ran::Machine(RunExit::Exit(code)) => {
                    self.session().stopped(0, super::Why::Exited(code));
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
        while self.session().is_running() && !self.session().is_travelling() {
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

/// Starts a thread that owns the machine and runs it as its clients want, at `speed`, stopped at first.
///
/// # Errors
/// When the host gives no thread.
pub fn spawn(machine: Machine, speed: Speed) -> std::io::Result<(Handle, std::thread::JoinHandle<Machine>)> {
    let mut supervisor = Supervisor::new(machine);
    supervisor.session().set_speed(speed);
    let handle = supervisor.handle();
    let thread = std::thread::Builder::new().name("machine".into()).spawn(move || supervisor.drive())?;
    Ok((handle, thread))
}
