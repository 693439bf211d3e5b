//! Connection between the dashboard's thread and the machine: requests in one direction, messages in the other, both
//! bounded.

use super::act::ActionExecutor;
use super::collect::stop_info;
use super::pane_id::PaneId;
use super::sampler::{Sampler, Traced};
use super::source::Sources;
use super::state::DashMsg;
use super::wire::*;
use esplens_soc::system::Output;
use esplens_supervisor::{Event, Gone, Handle};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;
use tokio::sync::Notify;
use tokio::sync::broadcast::error::RecvError;

/// Maximum number of events waiting for the dashboard.
const MAX_WAITING: usize = 50_000;
/// Maximum bytes of UART output and frames waiting for the dashboard.
const MAX_BYTES: usize = 4 << 20;

/// Queue of messages for the dashboard.
#[derive(Clone, Default)]
pub struct Inbox(Arc<Shared>);

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    news: Condvar,
    /// Wakes writers that wait for something else when the reader has gone.
    end: Notify,
}

#[derive(Default)]
struct Waiting {
    messages: VecDeque<DashMsg>,
    /// Bytes of the events among the messages.
    bytes: usize,
    lost: u64,
    /// The queue has no reader any more.
    closed: bool,
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks the queue as having no reader, so that writers may end.
    pub fn close(&self) {
        self.lock().closed = true;
        self.0.end.notify_waiters();
    }

    /// Waits until the queue has no reader.
    async fn closed(&self) {
        let end = self.0.end.notified();
        if !self.lock().closed {
            end.await;
        }
    }

    /// Adds a message.
    pub fn push(&self, msg: DashMsg) {
        self.lock().messages.push_back(msg);
        self.0.news.notify_one();
    }

    /// Adds events. Events beyond the limits are dropped and counted.
    pub fn push_events(&self, dash_events: impl IntoIterator<Item = DashEvent>) {
        let mut waiting = self.lock();
        for event in dash_events {
            let size = size(&event);
            if waiting.messages.len() >= MAX_WAITING || waiting.bytes + size > MAX_BYTES {
                waiting.lost += 1;
                continue;
            }
            waiting.bytes += size;
            waiting.messages.push_back(DashMsg::Event(event));
        }
        drop(waiting);
        self.0.news.notify_one();
    }

    /// Takes all messages. Waits for the first one, until `until` if given.
    #[must_use]
    pub fn take(&self, until: Option<Instant>) -> Vec<DashMsg> {
        let mut waiting = self.lock();
        while waiting.messages.is_empty() {
            let news = &self.0.news;
            waiting = match until.map(|at| at.saturating_duration_since(Instant::now())) {
                Some(left) if left.is_zero() => break,
                Some(left) => news.wait_timeout(waiting, left).unwrap_or_else(PoisonError::into_inner).0,
                None => news.wait(waiting).unwrap_or_else(PoisonError::into_inner),
            };
        }
        waiting.bytes = 0;
        let lost = std::mem::take(&mut waiting.lost);
        let mut messages: Vec<DashMsg> = waiting.messages.drain(..).collect();
        if lost > 0 {
            messages.push(DashMsg::Event(DashEvent::Lost(lost)));
        }
        messages
    }
}

fn size(event: &DashEvent) -> usize {
    match event {
        DashEvent::Uart(_, bytes) | DashEvent::Console(bytes) => bytes.len(),
        DashEvent::Frame(frame) => frame.bytes.len(),
        DashEvent::Trace(record) => record.text.len(),
        _ => 0,
    }
}

/// An action and the pane that waits for its reply.
pub type Asked = (Option<PaneId>, Action);

/// Requests to a machine in this or another process.
#[derive(Clone)]
pub struct MachineLink {
    samples: Sender<Query>,
    actions: Sender<Asked>,
}

impl MachineLink {
    /// Returns a link and the receivers of its requests.
    #[must_use]
    pub fn pair() -> (Self, Receiver<Query>, Receiver<Asked>) {
        let ((samples, query), (actions, asked)) = (channel(), channel());
        (Self { samples, actions }, query, asked)
    }

    /// Requests a sample; the answer is [`DashMsg::Sample`].
    pub fn sample(&self, query: Query) {
        let _ = self.samples.send(query);
    }

    /// Requests an action; the answer is [`DashMsg::Reply`].
    pub fn act(&self, pane: Option<PaneId>, action: Action) {
        let _ = self.actions.send((pane, action));
    }
}

/// Connects to a machine in this process. The threads end with the machine or with the link.
///
/// # Errors
/// When the host cannot create threads.
pub fn local(handle: &Handle, inbox: &Inbox, roots: Vec<PathBuf>) -> std::io::Result<MachineLink> {
    let (link, query, asked) = MachineLink::pair();
    let traced = Traced::default();
    let executor = ActionExecutor::new(handle.register("dashboard"), traced.clone());
    // If the machine is gone already, the threads below report it.
    let _ = executor.prepare();
    spawn("dash samples", inbox, {
        let (handle, inbox) = (executor.handle().clone(), inbox.clone());
        move || {
            let mut sampler = Sampler::new(handle, Sources::new(roots), traced);
            for query in query {
                let (sample, dash_events) = sampler.take(query)?;
                inbox.push_events(dash_events);
                inbox.push(DashMsg::Sample(Box::new(sample)));
            }
            Ok(())
        }
    })?;
    spawn("dash events", inbox, {
        let (executor, inbox) = (executor.clone(), inbox.clone());
        let mut events = executor.handle().subscribe();
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let next = move |inbox: &Inbox| {
            runtime.block_on(async {
                tokio::select! {
                    event = events.recv() => Some(event),
                    () = inbox.closed() => None,
                }
            })
        };
        move || hear(&inbox, &executor, next)
    })?;
    spawn("dash actions", inbox, {
        let inbox = inbox.clone();
        move || {
            for (pane, action) in asked {
                inbox.push(DashMsg::Reply(pane, executor.perform(action)?));
            }
            Ok(())
        }
    })?;
    Ok(link)
}

/// Processes the machine's events until the inbox is closed.
fn hear(
    inbox: &Inbox,
    executor: &ActionExecutor,
    mut next: impl FnMut(&Inbox) -> Option<Result<Event, RecvError>>,
) -> Result<(), Gone> {
    while let Some(event) = next(inbox) {
        match event {
            Ok(Event::Quit(_) | Event::Gone) | Err(RecvError::Closed) => return Err(Gone),
            Ok(event) => {
                inbox.push_events(dash_events(&event));
                if let Event::Stopped(stop) = &event {
                    executor.stopped(stop)?;
                }
            }
            Err(RecvError::Lagged(n)) => inbox.push_events([DashEvent::Lost(n)]),
        }
    }
    Ok(())
}

/// Spawns a thread that notifies the dashboard if the machine is gone.
fn spawn(
    name: &str,
    inbox: &Inbox,
    body: impl FnOnce() -> Result<(), Gone> + Send + 'static,
) -> std::io::Result<()> {
    let inbox = inbox.clone();
    thread::Builder::new().name(name.into()).spawn(move || {
        if body().is_err() {
            inbox.push(DashMsg::Gone);
        }
    })?;
    Ok(())
}

/// Converts an event into the dashboard's form.
#[must_use]
pub fn dash_events(event: &Event) -> Vec<DashEvent> {
    match event {
        Event::Stopped(stopped) => vec![DashEvent::Stopped(stop_info(stopped))],
        Event::Resumed(by) => vec![DashEvent::Resumed(by.to_string())],
        Event::Reset { cause, by } => {
            vec![DashEvent::Reset(format!("{cause:?}"), by.as_ref().map(ToString::to_string))]
        }
        Event::Output(output) => outputs(output),
        Event::Exited(code) => vec![DashEvent::Exited(*code)],
        Event::Touched => vec![DashEvent::Touched],
        Event::Quit(_) | Event::Gone => Vec::new(),
    }
}

/// Converts the machine's output; consecutive bytes of one UART become one event.
fn outputs(output: &[Output]) -> Vec<DashEvent> {
    let mut out: Vec<DashEvent> = Vec::new();
    for o in output {
        match o {
            Output::Uart { n, byte } => match out.last_mut() {
                Some(DashEvent::Uart(last, bytes)) if last == n => bytes.push(*byte),
                _ => out.push(DashEvent::Uart(*n, vec![*byte])),
            },
            Output::Console { bytes, .. } => out.push(DashEvent::Console(bytes.clone())),
            Output::Warning(text) => out.push(DashEvent::Message(format!("warning: {text}"))),
            Output::Note(text) => out.push(DashEvent::Message(text.clone())),
            // The sampler's streams contain the others.
            Output::NetFrame(_) | Output::Trace(_) | Output::Pad { .. } => {}
        }
    }
    out
}
