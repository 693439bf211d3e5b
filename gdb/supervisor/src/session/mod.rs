//! The debugger operations on the machine that are available to clients.

mod debuggers;
mod flash;
mod outside;
mod snapshots;
mod stops;
mod stream;
mod travel;

use crate::auto_speed::AutoSpeed;
use crate::commands::Commands;
use crate::condition::Condition;
use crate::event::{Client, Event, PointId, Stopped, Why};
use crate::pace::Speed;
use crate::point::{Point, PointKind};
use crate::points::Points;
use crate::tracepoints::Traces;
use debuggers::Debuggers;
pub use debuggers::Leave;
use esplens_core::debug::Stop;
use esplens_core::memory::CORES;
use esplens_core::time::Ticks;
use esplens_debuginfo::symbols::SymbolStore;
use esplens_soc::machine::{Machine, MachineState, Plan, RunExit};
use esplens_soc::system::{Output, ResetCause};
pub use outside::{DriveFile, HostLine, Outside};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use stops::Stops;
use stream::Streams;
pub use stream::{Batch, MAX_QUEUE, Subscription};
use tokio::sync::broadcast;
pub use travel::ReverseKind;
use travel::{History, ReverseOp};

/// Run state of the machine.
#[derive(Clone, Debug, PartialEq)]
pub enum RunState {
    /// Virtual time passes.
    Running,
    /// The machine is stopped.
    Stopped(Stopped),
}

/// A client's request to end the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quit(pub Client);

/// Summary of the machine's state.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// Run state, with the reason for a stop.
    pub state: RunState,
    /// Virtual time.
    pub now: Ticks,
    /// Instructions retired by both cores.
    pub instructions: u64,
    /// Requested speed of virtual time.
    pub speed: Speed,
    /// PC of each core.
    pub pc: [u32; 2],
}

/// The machine and its clients' settings. Lives on the supervisor's thread.
pub struct Session {
    pub(crate) machine: Machine,
    pub(crate) state: RunState,
    pub(crate) stops: Stops,
    pub(crate) points: Points,
    pub(crate) snapshots: BTreeMap<String, MachineState>,
    speed: Speed,
    /// Single steps may enter interrupt handlers.
    step_irq: bool,
    /// Stop at resets that no client requested.
    pub(crate) stop_on_reset: bool,
    /// Stop when the guest ends the program.
    pub(crate) stop_on_exit: bool,
    quit: Option<Quit>,
    /// The ELF file that clients may read.
    pub(crate) exec_file: Option<PathBuf>,
    pub(crate) outside: Outside,
    events: broadcast::Sender<Event>,
    pub(crate) streams: Streams,
    pub(crate) auto_speed: AutoSpeed,
    /// A change that no event has published yet.
    pub(crate) touched: bool,
    pub(crate) debuggers: Debuggers,
    pub(crate) traces: Traces,
    pub(crate) history: History,
    pub(crate) reverse_op: Option<ReverseOp>,
    /// The core of the last stop before reverse execution began.
    pub(crate) live_edge_core: usize,
    /// Instructions retired by both cores when reverse execution began.
    pub(crate) live_edge_instructions: u64,
    /// Output produced before reverse execution began and not drained yet.
    pub(crate) undrained_output: Vec<Output>,
}

impl Session {
    pub(crate) fn new(machine: Machine, events: broadcast::Sender<Event>, symbols: Arc<SymbolStore>) -> Self {
        let why = Why::Start;
        let stopped = Stopped { core: 0, pc: machine.cpu(0).pc, now: machine.now(), why, number: 0 };
        Self {
            machine,
            state: RunState::Stopped(stopped),
            stops: Stops::default(),
            points: Points::default(),
            snapshots: BTreeMap::new(),
            speed: Speed::Real,
            step_irq: false,
            stop_on_reset: false,
            stop_on_exit: false,
            quit: None,
            exec_file: None,
            outside: Outside::default(),
            events,
            streams: Streams::new(symbols),
            auto_speed: AutoSpeed::default(),
            touched: false,
            debuggers: Debuggers::default(),
            traces: Traces::default(),
            history: History::default(),
            reverse_op: None,
            live_edge_core: 0,
            live_edge_instructions: 0,
            undrained_output: Vec::new(),
        }
    }

    /// Returns the machine, read-only.
    #[must_use]
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Returns the machine for operations that the session does not offer. The caller is responsible for what it
    /// writes.
    pub fn machine_mut(&mut self) -> &mut Machine {
        self.touched = true;
        &mut self.machine
    }

    /// Limits the host work of a run; at the limit it ends with [`RunExit::WorkExhausted`]. `None` removes the limit.
    pub(crate) fn allow_work(&mut self, units: Option<u64>) {
        self.machine.allow_work(units);
    }

    /// Returns the trace experiment.
    #[must_use]
    pub fn traces(&self) -> &Traces {
        &self.traces
    }

    /// Returns the trace experiment for modification.
    pub fn traces_mut(&mut self) -> &mut Traces {
        &mut self.traces
    }

    pub(crate) fn publish(&self, event: Event) {
        // An error means that there are no subscribers.
        let _ = self.events.send(event);
    }

    /// Publishes changes of a stopped machine; a running one publishes none.
    pub(crate) fn publish_touch(&mut self) {
        if std::mem::take(&mut self.touched) && !self.is_running() {
            self.publish(Event::Touched);
        }
    }

    pub(crate) fn into_machine(self) -> Machine {
        self.machine
    }

    /// Returns true while virtual time passes.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.state == RunState::Running
    }

    /// Returns true if the session's thread has work: the machine runs, or output or a quit request is pending.
    pub(crate) fn wants_its_thread(&self) -> bool {
        let output = self.machine.output_len() > 0 || !self.undrained_output.is_empty();
        self.is_running() || self.quit.is_some() || output
    }

    /// Returns a summary of the machine's state.
    #[must_use]
    pub fn status(&self) -> Status {
        let m = &self.machine;
        Status {
            state: self.state.clone(),
            now: m.now(),
            instructions: m.instructions(),
            speed: self.speed,
            pc: [m.cpu(0).pc, m.cpu(1).pc],
        }
    }

    /// Stops the machine; has no effect if it is stopped. Returns the current stop.
    pub fn stop(&mut self, by: &Client) -> Stopped {
        self.enable_recording_by_default();
        if let RunState::Stopped(stopped) = &self.state {
            return stopped.clone();
        }
        self.machine.abandon_plan();
        self.end_reverse_op();
        self.stopped(0, Why::Asked(by.clone()))
    }

    /// Resumes the machine with `plan`. A short step is executed at once and its stop returned.
    pub fn resume(&mut self, plan: &Plan, by: &Client) -> Option<Stopped> {
        if self.is_running() && plan.step.is_none() {
            return None;
        }
        self.end_reverse_op();
        let was_running = self.is_running();
        self.debuggers.resumed(by, self.stops.count);
        if let Some(stopped) = self.leave_breaks(plan) {
            return Some(stopped);
        }
        self.machine.begin(plan);
        self.state = RunState::Running;
        if let Some(step) = &plan.step {
            // A step executes the instruction at its start even if a breakpoint is there, so collect for tracepoints
            // now.
            self.traces.collect_at(&self.machine, step.core, Stop::Breakpoint);
            // Most steps take far less than this microsecond of virtual time, so they need no pass through the run
            // loop.
            let until = self.machine.now() + esplens_core::time::TICKS_PER_US;
            let exit = self.run(until);
            if let Some(stopped) = self.note_exit(exit) {
                return Some(stopped);
            }
        }
        if !was_running {
            self.publish(Event::Resumed(by.clone()));
        }
        None
    }

    /// Moves cores past BREAK instructions that were reported as stops. Returns the stop if this completes the
    /// requested step.
    fn leave_breaks(&mut self, plan: &Plan) -> Option<Stopped> {
        let mut stepped = None;
        for core in (0..CORES).filter(|c| !plan.frozen[*c]) {
            if self.machine.step_over_break(core) {
                let pc = self.machine.cpu(core).pc;
                let done = plan.step.as_ref().is_some_and(|s| s.core == core && !s.range.contains(&pc));
                stepped = stepped.or(done.then_some(core));
            }
        }
        stepped.map(|core| self.stopped(core, Why::Step))
    }

    /// Runs to virtual time `until` or to the next stop.
    pub(crate) fn run(&mut self, until: Ticks) -> RunExit {
        let is_replaying = self.machine.is_replaying();
        let Self { machine, points, traces, .. } = self;
        traces.install(machine);
        let exit = machine.run_filtered(until, &mut |m, core, stop| {
            traces.collect_at(m, core, stop);
            points.is_stop(m, core, stop)
        });
        self.streams.context.update(&self.machine);
        if is_replaying {
            // Discard: this output was already delivered.
            self.machine.take_output();
        }
        self.history.maybe_checkpoint(&mut self.machine);
        exit
    }

    /// Handles the machine's exit reason. Returns the stop, if it is one.
    pub(crate) fn note_exit(&mut self, exit: RunExit) -> Option<Stopped> {
        match exit {
            RunExit::Until | RunExit::WorkExhausted => None,
            // No debugger is attached that needs to know that the replay has ended.
            RunExit::ReplayFinished if self.debuggers.is_empty() => None,
            RunExit::ReplayFinished => Some(self.stopped(self.live_edge_core, Why::Newest)),
            RunExit::Stopped { core, stop } => {
                let why = self.why(core, stop);
                self.points.count(&self.machine, core, stop);
                self.points.panicked |= matches!(why, Why::Panic(_));
                Some(self.stopped(core, why))
            }
            RunExit::Exit(code) => {
                self.publish(Event::Exited(code));
                self.stop_on_exit.then(|| self.stopped(0, Why::Exited(code)))
            }
            RunExit::Reset(_, cause) => {
                self.tasks_ended();
                self.publish(Event::Reset { cause, by: None });
                let told = std::mem::take(&mut self.points.panicked);
                let expected = told || matches!(cause, ResetCause::PowerOn | ResetCause::DeepSleep);
                (self.stop_on_reset && !expected).then(|| self.stopped(0, Why::Reset(cause)))
            }
        }
    }

    /// Resets the chip as its reset button does. Breakpoints and the run state are kept.
    pub fn reset(&mut self, by: &Client) {
        self.machine.abandon_plan();
        self.machine.reset();
        self.points.panicked = false;
        self.tasks_ended();
        if let RunState::Stopped(stopped) = &mut self.state {
            (stopped.pc, stopped.core) = (self.machine.cpu(0).pc, 0);
        }
        self.publish(Event::Reset { cause: ResetCause::PowerOn, by: Some(by.clone()) });
    }

    /// Adds a breakpoint or watchpoint. Returns `None` if there are too many.
    pub fn add_point(&mut self, kind: PointKind, addr: u32, len: u32, client: &Client) -> Option<PointId> {
        self.insert_point(Point::new(kind, addr, len, client))
    }

    /// Adds a point. Returns `None` if there are too many.
    pub fn insert_point(&mut self, point: Point) -> Option<PointId> {
        self.touched = true;
        self.enable_recording_by_default();
        self.points.insert(&mut self.machine, point)
    }

    /// Replaces a point's condition and commands. Returns false if the point does not exist.
    pub fn refine_point(
        &mut self,
        id: PointId,
        condition: Option<Condition>,
        commands: Option<Commands>,
    ) -> bool {
        self.touched = true;
        self.points.refine(id, condition, commands)
    }

    /// Removes a point. Returns false if it does not exist.
    pub fn remove_point(&mut self, id: PointId) -> bool {
        self.touched = true;
        self.points.remove(&mut self.machine, id)
    }

    /// Enables or disables a point. Returns false if it does not exist.
    pub fn enable_point(&mut self, id: PointId, on: bool) -> bool {
        self.touched = true;
        self.points.enable(&mut self.machine, id, on)
    }

    /// Returns all points set by users, by number.
    pub fn points(&self) -> impl Iterator<Item = (PointId, &Point)> {
        self.points.iter().filter(|(_, p)| !p.hidden)
    }

    /// Removes all points of a client.
    pub fn remove_points_of(&mut self, client: &Client) {
        let ids: Vec<_> = self.points.iter().filter(|(_, p)| p.client == *client).map(|(id, _)| id).collect();
        ids.into_iter().for_each(|id| _ = self.remove_point(id));
    }

    /// Sets the speed of virtual time.
    pub fn set_speed(&mut self, speed: Speed) {
        self.touched = true;
        self.speed = speed;
        self.auto_speed = AutoSpeed::default();
    }

    /// Returns the speed of virtual time.
    #[must_use]
    pub fn speed(&self) -> Speed {
        self.speed
    }

    /// Returns true if single steps may enter interrupt handlers.
    #[must_use]
    pub fn step_irq(&self) -> bool {
        self.step_irq
    }

    /// Sets whether single steps may enter interrupt handlers.
    pub fn set_step_irq(&mut self, on: bool) {
        self.step_irq = on;
    }

    /// Sets whether the machine stops at resets other than power-on and wake from deep sleep. A reset after a panic
    /// that was reported as a stop is not a stop.
    pub fn stop_on_reset(&mut self, on: bool) {
        self.stop_on_reset = on;
    }

    /// Sets whether the machine stops when the guest ends the program.
    pub fn stop_on_exit(&mut self, on: bool) {
        self.stop_on_exit = on;
    }

    /// Requests the end of the whole program.
    pub fn quit(&mut self, by: &Client) {
        self.quit = Some(Quit(by.clone()));
        self.publish(Event::Quit(by.clone()));
    }

    /// Returns the request to end the program, if there is one.
    #[must_use]
    pub fn quit_asked(&self) -> Option<&Quit> {
        self.quit.as_ref()
    }
}
