//! Traced events and frames for clients: each has a queue of its own with a bound, and loses the oldest when slow.

use super::pace::Speed;
use super::session::Session;
use esplens_soc::machine::Machine;
use esplens_soc::system::{Frame, Output};
use esplens_soc::trace::{Line, Trace};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::sync::Notify;

/// Most items that a stream keeps, whatever its client asks for.
pub const MAX_QUEUE: usize = 1 << 16;

/// Bytes of the input log that are kept: a server under load takes in a gigabyte a day.
const MAX_LOG: usize = 64 << 20;

/// What a client has not taken yet.
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

/// What was taken from a [`Stream`] at once.
#[derive(Clone, Debug)]
pub struct Batch<T> {
    /// In the order they happened.
    pub items: Vec<Arc<T>>,
    /// How many were dropped before the first of them, because this client was slow.
    pub lost: u64,
}

/// A client's own view of what happens; ends when it is dropped.
pub struct Stream<T>(Arc<Queue<T>>);

impl<T> Stream<T> {
    /// Everything that has come since the last call, without waiting.
    #[must_use]
    pub fn take(&self) -> Batch<T> {
        let (items, lost) = &mut *self.0.lock();
        Batch { items: items.drain(..).collect(), lost: std::mem::take(lost) }
    }

    /// Waits until something has come, then takes it. Never ends when the machine has gone: race it against that.
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

/// Where a line happened, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Where {
    /// The task's name.
    pub task: Option<Arc<str>>,
    /// The function, with an offset.
    pub symbol: Option<Arc<str>>,
}

/// Adds task and symbol to traced lines. Called on the machine's thread shortly after the event, for each line that
/// somebody gets; what it looks up it should keep.
pub trait Context: Send {
    /// Names the task whose control block is at `line.tcb` (0: not known) and the function around `line.pc` (0: no
    /// core caused it).
    fn context(&mut self, machine: &Machine, line: &Line) -> Where;
}

impl<F: FnMut(&Machine, &Line) -> Where + Send> Context for F {
    fn context(&mut self, machine: &Machine, line: &Line) -> Where {
        self(machine, line)
    }
}

/// The clients' ends, and who names things.
#[derive(Default)]
pub(super) struct Streams {
    lines: Vec<(Trace, Weak<Queue<Line>>)>,
    frames: Vec<Weak<Queue<Frame>>>,
    context: Option<Box<dyn Context>>,
}

impl Streams {
    /// Forgets clients that have gone; what those that are left want traced.
    fn tidy(&mut self) -> Trace {
        self.frames.retain(|q| q.strong_count() > 0);
        self.lines.retain(|(_, q)| q.strong_count() > 0);
        self.lines.iter().fold(Trace::default(), |all, (t, _)| all.union(*t))
    }

    fn line(&self, line: &Line) {
        let wanted = |t: &Trace| t.on(line.event);
        let mut queues =
            self.lines.iter().filter(|(t, _)| wanted(t)).filter_map(|(_, q)| q.upgrade()).peekable();
        if queues.peek().is_some() {
            let line = Arc::new(line.clone());
            queues.for_each(|q| q.push(&line));
        }
    }

    fn frame(&self, frame: &Frame) {
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
    /// The events of `trace` from now on, for one client: at most `capacity` wait for it, then the oldest are lost and
    /// counted. Other clients and the command line's `--trace` are not touched.
    pub fn stream_lines(&mut self, trace: Trace, capacity: usize) -> Stream<Line> {
        let queue = queue(capacity);
        self.streams.lines.push((trace, Arc::downgrade(&queue)));
        self.sync_streams();
        Stream(queue)
    }

    /// The frames on the cable from now on, as [`Session::stream_lines`].
    pub fn stream_frames(&mut self, capacity: usize) -> Stream<Frame> {
        let queue = queue(capacity);
        self.streams.frames.push(Arc::downgrade(&queue));
        Stream(queue)
    }

    /// Who adds task and symbol to lines from now on; replaces the one before.
    pub fn set_context(&mut self, context: Box<dyn Context>) {
        self.streams.context = Some(context);
    }

    /// Which events the command line's sinks write, to change it (`trace-event NAME on|off` of QEMU's monitor).
    pub fn trace_mut(&mut self) -> &mut Trace {
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

    /// Ends [`Speed::Auto`] when the guest serves.
    fn go_over_to_real_time(&mut self, output: &[Output]) {
        if self.speed() != Speed::Auto {
            return;
        }
        let frames = output.iter().filter_map(|o| if let Output::Frame(f) = o { Some(f) } else { None });
        frames.for_each(|f| self.serving.see(f));
        if self.serving.done(self.machine.now()) {
            self.set_speed(Speed::Real);
        }
    }

    /// Takes what left the machine: lines with their context to the streams that want them, frames likewise.
    pub(super) fn drain(&mut self) -> Vec<Output> {
        let mut output = self.machine.take_output();
        self.machine.trim_log(MAX_LOG);
        let main = *self.trace_mut();
        let mut streamed = false;
        self.go_over_to_real_time(&output);
        let Self { machine, streams, .. } = self;
        output.retain_mut(|o| match o {
            Output::Trace(line) => {
                if let Some(context) = &mut streams.context {
                    let found = context.context(machine, line);
                    (line.task, line.symbol) = (found.task, found.symbol);
                }
                streams.line(line);
                streamed = true;
                main.on(line.event)
            }
            Output::Frame(frame) => {
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

fn queue<T>(capacity: usize) -> Arc<Queue<T>> {
    let capacity = capacity.clamp(1, MAX_QUEUE);
    Arc::new(Queue { items: Mutex::default(), more: Notify::new(), capacity })
}
