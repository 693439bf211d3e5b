//! Connection between the dashboard's thread and the machine: requests in one direction, messages in the other, both
//! bounded.

use super::act::Actor;
use super::collect::stop_info;
use super::pane::PaneId;
use super::sampler::{Sampler, Traced};
use super::source::Sources;
use super::state::Msg;
use super::wire::*;
use esplens_gdb::supervisor::{Event, Gone, Handle};
use esplens_soc::system::Output;
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
    messages: VecDeque<Msg>,
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
    pub fn push(&self, msg: Msg) {
        self.lock().messages.push_back(msg);
        self.0.news.notify_one();
    }

    /// Adds events. Events beyond the limits are dropped and counted.
    pub fn feed(&self, feeds: impl IntoIterator<Item = Feed>) {
        let mut waiting = self.lock();
        for feed in feeds {
            let size = size(&feed);
            if waiting.messages.len() >= MAX_WAITING || waiting.bytes + size > MAX_BYTES {
                waiting.lost += 1;
                continue;
            }
            waiting.bytes += size;
            waiting.messages.push_back(Msg::Feed(feed));
        }
        drop(waiting);
        self.0.news.notify_one();
    }

    /// Takes all messages. Waits for the first one, until `until` if given.
    #[must_use]
    pub fn take(&self, until: Option<Instant>) -> Vec<Msg> {
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
        let mut messages: Vec<Msg> = waiting.messages.drain(..).collect();
        if lost > 0 {
            messages.push(Msg::Feed(Feed::Lost(lost)));
        }
        messages
    }
}

fn size(feed: &Feed) -> usize {
    match feed {
        Feed::Uart(_, bytes) | Feed::Console(bytes) => bytes.len(),
        Feed::Frame(frame) => frame.bytes.len(),
        Feed::Trace(record) => record.text.len(),
        _ => 0,
    }
}

/// An action and the pane that waits for its reply.
pub type Asked = (Option<PaneId>, Action);

/// Requests to a machine in this or another process.
#[derive(Clone)]
pub struct Link {
    samples: Sender<Wants>,
    actions: Sender<Asked>,
}

impl Link {
    /// Returns a link and the receivers of its requests.
    #[must_use]
    pub fn pair() -> (Self, Receiver<Wants>, Receiver<Asked>) {
        let ((samples, wants), (actions, asked)) = (channel(), channel());
        (Self { samples, actions }, wants, asked)
    }

    /// Requests a sample; the answer is [`Msg::Sample`].
    pub fn sample(&self, wants: Wants) {
        let _ = self.samples.send(wants);
    }

    /// Requests an action; the answer is [`Msg::Reply`].
    pub fn act(&self, pane: Option<PaneId>, action: Action) {
        let _ = self.actions.send((pane, action));
    }
}

/// Connects to a machine in this process. The threads end with the machine or with the link.
///
/// # Errors
/// When the host cannot create threads.
pub fn local(handle: &Handle, inbox: &Inbox, roots: Vec<PathBuf>) -> std::io::Result<Link> {
    let (link, wants, asked) = Link::pair();
    let traced = Traced::default();
    let actor = Actor::new(handle.register("dashboard"), traced.clone());
    // If the machine is gone already, the threads below report it.
    let _ = actor.prepare();
    spawn("dash samples", inbox, {
        let (handle, inbox) = (actor.handle().clone(), inbox.clone());
        move || {
            let mut sampler = Sampler::new(handle, Sources::new(roots), traced);
            for wants in wants {
                let (sample, feeds) = sampler.take(wants)?;
                inbox.feed(feeds);
                inbox.push(Msg::Sample(Box::new(sample)));
            }
            Ok(())
        }
    })?;
    spawn("dash events", inbox, {
        let (actor, inbox) = (actor.clone(), inbox.clone());
        let mut events = actor.handle().subscribe();
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let next = move |inbox: &Inbox| {
            runtime.block_on(async {
                tokio::select! {
                    event = events.recv() => Some(event),
                    () = inbox.closed() => None,
                }
            })
        };
        move || hear(&inbox, &actor, next)
    })?;
    spawn("dash actions", inbox, {
        let inbox = inbox.clone();
        move || {
            for (pane, action) in asked {
                inbox.push(Msg::Reply(pane, actor.perform(action)?));
            }
            Ok(())
        }
    })?;
    Ok(link)
}

/// Processes the machine's events until the inbox is closed.
fn hear(
    inbox: &Inbox,
    actor: &Actor,
    mut next: impl FnMut(&Inbox) -> Option<Result<Event, RecvError>>,
) -> Result<(), Gone> {
    while let Some(event) = next(inbox) {
        match event {
            Ok(Event::Quit(_) | Event::Gone) | Err(RecvError::Closed) => return Err(Gone),
            Ok(event) => {
                inbox.feed(feeds(&event));
                if let Event::Stopped(stop) = &event {
                    actor.stopped(stop)?;
                }
            }
            Err(RecvError::Lagged(n)) => inbox.feed([Feed::Lost(n)]),
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
            inbox.push(Msg::Gone);
        }
    })?;
    Ok(())
}

/// Converts an event into the dashboard's form.
#[must_use]
pub fn feeds(event: &Event) -> Vec<Feed> {
    match event {
        Event::Stopped(stopped) => vec![Feed::Stopped(stop_info(stopped))],
        Event::Resumed(by) => vec![Feed::Resumed(by.to_string())],
        Event::Reset { cause, by } => {
            vec![Feed::Reset(format!("{cause:?}"), by.as_ref().map(ToString::to_string))]
        }
        Event::Output(output) => outputs(output),
        Event::Exited(code) => vec![Feed::Exited(*code)],
        Event::Touched => vec![Feed::Touched],
        Event::Quit(_) | Event::Gone => Vec::new(),
    }
}

/// Converts the machine's output; consecutive bytes of one UART become one event.
fn outputs(output: &[Output]) -> Vec<Feed> {
    let mut out: Vec<Feed> = Vec::new();
    for o in output {
        match o {
            Output::Uart { n, byte } => match out.last_mut() {
                Some(Feed::Uart(last, bytes)) if last == n => bytes.push(*byte),
                _ => out.push(Feed::Uart(*n, vec![*byte])),
            },
            Output::Console { bytes, .. } => out.push(Feed::Console(bytes.clone())),
            Output::Warning(text) => out.push(Feed::Message(format!("warning: {text}"))),
            Output::Note(text) => out.push(Feed::Message(text.clone())),
            // The sampler's streams contain the others.
            Output::Frame(_) | Output::Trace(_) | Output::Pad { .. } => {}
        }
    }
    out
}
