//! Streams of traced events and network frames: each client has a bounded queue and loses the oldest items if it is
//! slow.

use crate::context::Context;
use crate::pace::Speed;
use crate::session::Session;
use crate::usage::TaskUsage;
use esplens_debuginfo::rtos::Rtos;
use esplens_debuginfo::symbols::SymbolStore;
use esplens_soc::machine::Machine;
use esplens_soc::system::{NetFrame, Output};
use esplens_soc::trace::{TraceEvent, TraceLine, TraceSet};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::sync::Notify;

/// Maximum capacity of a stream.
pub const MAX_QUEUE: usize = 1 << 16;

/// Maximum size of the input log, in bytes: a server under load receives a gigabyte a day.
const MAX_LOG: usize = 64 << 20;

/// Items that a client has not taken yet, with the number of lost ones.
struct Queue<T> {
    items: Mutex<(VecDeque<Arc<T>>, u64)>,
    more: Notify,
    capacity: usize,
}

impl<T> Queue<T> {
    fn lock(&self) -> MutexGuard<'_, (VecDeque<Arc<T>>, u64)> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, item: &Arc<T>) {
        let (items, lost) = &mut *self.lock();
        if items.len() >= self.capacity {
            items.pop_front();
            *lost += 1;
        }
        items.push_back(Arc::clone(item));
    }
}

/// Items taken from a [`Subscription`] in one call.
#[derive(Clone, Debug)]
pub struct Batch<T> {
    /// Items in chronological order.
    pub items: Vec<Arc<T>>,
    /// Number of items dropped before the first of these because the client was slow.
    pub lost: u64,
}

/// A client's subscription; dropping it unsubscribes.
pub struct Subscription<T>(Arc<Queue<T>>);

impl<T> Subscription<T> {
    /// Returns the items received since the last call, without waiting.
    #[must_use]
    pub fn take(&self) -> Batch<T> {
        let (items, lost) = &mut *self.0.lock();
        Batch { items: items.drain(..).collect(), lost: std::mem::take(lost) }
    }

    /// Waits for items, then returns them. Waits forever if the machine is gone; use it with a select on that event.
    pub async fn next(&self) -> Batch<T> {
        loop {
            let more = self.0.more.notified();
            let batch = self.take();
            if !batch.items.is_empty() {
                return batch;
            }
            more.await;
        }
    }
}

/// The clients' queues, the name lookup and the CPU time counters.
pub(crate) struct Streams {
    lines: Vec<(TraceSet, Weak<Queue<TraceLine>>)>,
    frames: Vec<Weak<Queue<NetFrame>>>,
    pub context: Context,
    /// The command line's trace output contains task and function names.
    named: bool,
    /// CPU time per task; `Some` after the first query.
    usage: Option<TaskUsage>,
}

impl Streams {
    pub fn new(symbols: Arc<SymbolStore>) -> Self {
        let context = Context::new(symbols);
        Self { lines: Vec::new(), frames: Vec::new(), context, named: false, usage: None }
    }

    /// Removes the queues of dropped streams. Returns the events that the others need.
    fn tidy(&mut self) -> TraceSet {
        self.frames.retain(|q| q.strong_count() > 0);
        self.lines.retain(|(_, q)| q.strong_count() > 0);
        let counted = if self.usage.is_some() { switches() } else { TraceSet::default() };
        self.lines.iter().fold(counted, |all, (t, _)| all.union(*t))
    }

    /// Counts a task switch, and adds names to an event that is delivered with names.
    fn see(&mut self, machine: &Machine, line: &mut TraceLine, main: bool) {
        // An event in the future dates from before the machine went back in time.
        if let (TraceEvent::TaskSwitch, Some(usage)) = (line.event, &mut self.usage)
            && line.at <= machine.now()
        {
            usage.switch(line.at, line.core, line.tcb);
        }
        if main && self.named || self.lines.iter().any(|(t, _)| t.on(line.event)) {
            self.context.add(machine, line);
        }
    }

    fn line(&self, line: &TraceLine) {
        let wanted = |t: &TraceSet| t.on(line.event);
        let mut queues =
            self.lines.iter().filter(|(t, _)| wanted(t)).filter_map(|(_, q)| q.upgrade()).peekable();
        if queues.peek().is_some() {
            let line = Arc::new(line.clone());
            queues.for_each(|q| q.push(&line));
        }
    }

    fn frame(&self, frame: &NetFrame) {
        if !self.frames.is_empty() {
            let frame = Arc::new(frame.clone());
            self.frames.iter().filter_map(Weak::upgrade).for_each(|q| q.push(&frame));
        }
    }

    fn notify(&self) {
        self.lines.iter().filter_map(|(_, q)| q.upgrade()).for_each(|q| q.more.notify_one());
        self.frames.iter().filter_map(Weak::upgrade).for_each(|q| q.more.notify_one());
    }
}

impl Session {
    /// Creates a stream of the events in `trace` for one client. At most `capacity` events are queued; beyond that the
    /// oldest are dropped and counted. Other clients and the command line's `--trace` are not affected.
    pub fn stream_lines(&mut self, trace: TraceSet, capacity: usize) -> Subscription<TraceLine> {
        let queue = queue(capacity);
        self.streams.lines.push((trace, Arc::downgrade(&queue)));
        self.sync_streams();
        Subscription(queue)
    }

    /// Creates a stream of network frames, like [`Session::stream_lines`].
    pub fn stream_frames(&mut self, capacity: usize) -> Subscription<NetFrame> {
        let queue = queue(capacity);
        self.streams.frames.push(Arc::downgrade(&queue));
        Subscription(queue)
    }

    /// Sets whether the command line's trace output contains task and function names, if symbols provide them. Streams
    /// always contain them.
    pub fn name_trace(&mut self, on: bool) {
        self.streams.named = on;
    }

    /// Sets the running kernel, if symbols describe one: task switches are detected and events name their tasks.
    pub(crate) fn set_kernel(&mut self, kernel: Option<Arc<Rtos>>) {
        let words = kernel.as_ref().map_or([0; 2], |k| k.layout.words());
        self.watch_tasks(words);
        self.streams.context.set_kernel(kernel);
        if self.streams.usage.is_some() {
            self.count_anew();
        }
    }

    /// Returns the CPU time of each task since the first call, which starts the count. Counting makes writes to the
    /// page with the kernel's current-task variables slower.
    pub fn usage(&mut self) -> &TaskUsage {
        if self.streams.usage.is_none() {
            self.count_anew();
            self.sync_streams();
        }
        self.streams.usage.get_or_insert_default()
    }

    fn count_anew(&mut self) {
        let m = &self.machine;
        let running = [0, 1].map(|core| m.current_task(core));
        self.streams.usage = Some(TaskUsage::new(m.now(), running));
    }

    /// Handles a reset of the chip: no task runs.
    pub(crate) fn tasks_ended(&mut self) {
        let now = self.machine.now();
        self.streams.context.reset(now);
        if let Some(usage) = &mut self.streams.usage {
            (0..2).for_each(|core| usage.switch(now, core, 0));
        }
    }

    /// Handles a jump of the machine in time.
    pub(crate) fn tasks_restored(&mut self) {
        self.streams.context.restored();
        if self.streams.usage.is_some() {
            self.count_anew();
        }
    }

    /// Returns the events that the command line traces, for modification (`trace-event NAME on|off` of QEMU's monitor).
    pub fn trace_mut(&mut self) -> &mut TraceSet {
        self.machine.trace_mut()
    }

    /// See [`Machine::watch_tasks`].
    pub fn watch_tasks(&mut self, words: [u32; 2]) {
        self.machine.watch_tasks(words);
    }

    fn sync_streams(&mut self) {
        let wanted = self.streams.tidy();
        self.machine.trace_too(wanted);
    }

    /// Switches [`Speed::Auto`] to real time once a server on the guest answers.
    fn go_over_to_real_time(&mut self, output: &[Output]) {
        if self.speed() != Speed::Auto {
            return;
        }
        let frames = output.iter().filter_map(|o| if let Output::NetFrame(f) = o { Some(f) } else { None });
        frames.for_each(|f| self.auto_speed.see(f));
        if self.auto_speed.done(self.machine.now()) {
            self.set_speed(Speed::Real);
        }
    }

    /// Drains the machine's output. Traced events, with names, and network frames go to the streams. Returns the output
    /// except traced events that the command line did not select.
    pub(crate) fn drain(&mut self) -> Vec<Output> {
        let mut output = std::mem::take(&mut self.undrained_output);
        output.extend(self.machine.take_output());
        self.machine.trim_log(MAX_LOG);
        let main = *self.trace_mut();
        let mut streamed = false;
        self.go_over_to_real_time(&output);
        let Self { machine, streams, .. } = self;
        output.retain_mut(|o| match o {
            Output::Trace(line) => {
                let main = main.on(line.event);
                streams.see(machine, line, main);
                streams.line(line);
                streamed = true;
                main
            }
            Output::NetFrame(frame) => {
                streams.frame(frame);
                streamed = true;
                true
            }
            _ => true,
        });
        if streamed {
            self.streams.notify();
        }
        let gone = |q: usize| q == 0;
        if self.streams.lines.iter().any(|(_, q)| gone(q.strong_count())) {
            self.sync_streams();
        }
        output
    }
}

fn switches() -> TraceSet {
    let mut trace = TraceSet::default();
    trace.apply(TraceEvent::TaskSwitch.name());
    trace
}

fn queue<T>(capacity: usize) -> Arc<Queue<T>> {
    let capacity = capacity.clamp(1, MAX_QUEUE);
    Arc::new(Queue { items: Mutex::default(), more: Notify::new(), capacity })
}
