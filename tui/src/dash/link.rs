//! Between the dashboard's thread and the machine: requests one way, messages the other, both bounded.

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
use std::time::{Duration, Instant};
use tokio::sync::broadcast::error::RecvError;

/// Events waiting for the dashboard.
const MAX_WAITING: usize = 50_000;
/// Bytes of UARTs and frames waiting for the dashboard.
const MAX_BYTES: usize = 4 << 20;

/// Messages for the dashboard.
#[derive(Clone, Default)]
pub struct Inbox(Arc<(Mutex<Waiting>, Condvar)>);

#[derive(Default)]
struct Waiting {
    messages: VecDeque<Msg>,
    /// Bytes in those of them that are events.
    bytes: usize,
    lost: u64,
    /// Nobody reads any more.
    closed: bool,
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nobody reads any more: whoever writes may end.
    pub fn close(&self) {
        self.lock().closed = true;
    }

    fn closed(&self) -> bool {
        self.lock().closed
    }

    /// Adds a message.
    pub fn push(&self, msg: Msg) {
        self.lock().messages.push_back(msg);
        self.0.1.notify_one();
    }

    /// Adds events; what the dashboard is too slow for is lost and counted.
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
        self.0.1.notify_one();
    }

    /// All messages; waits for the first until `until`.
    #[must_use]
    pub fn take(&self, until: Instant) -> Vec<Msg> {
        let mut waiting = self.lock();
        while waiting.messages.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let (again, _) = self.0.1.wait_timeout(waiting, left).unwrap_or_else(PoisonError::into_inner);
            waiting = again;
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

/// An action and the pane that waits for its answer.
pub type Asked = (Option<PaneId>, Action);

/// Requests to a machine, wherever it is.
#[derive(Clone)]
pub struct Link {
    samples: Sender<Wants>,
    actions: Sender<Asked>,
}

impl Link {
    /// A link whose requests come out of these ends.
    #[must_use]
    pub fn pair() -> (Self, Receiver<Wants>, Receiver<Asked>) {
        let ((samples, wants), (actions, asked)) = (channel(), channel());
        (Self { samples, actions }, wants, asked)
    }

    /// Asks for a sample; [`Msg::Sample`] answers.
    pub fn sample(&self, wants: Wants) {
        let _ = self.samples.send(wants);
    }

    /// Asks for an action; [`Msg::Reply`] answers.
    pub fn act(&self, pane: Option<PaneId>, action: Action) {
        let _ = self.actions.send((pane, action));
    }
}

/// Connects to a machine in this process. The threads end with the machine or with the link.
///
/// # Errors
/// When the host gives no threads.
pub fn local(handle: &Handle, inbox: &Inbox, roots: Vec<PathBuf>) -> std::io::Result<Link> {
    let (link, wants, asked) = Link::pair();
    let traced = Traced::default();
    let actor = Actor::new(handle.register("dashboard"), traced.clone());
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
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        move || {
            while !inbox.closed() {
                match runtime.block_on(async { tokio::time::timeout(PATIENCE, events.recv()).await }) {
                    Ok(Ok(Event::Quit(_)) | Err(RecvError::Closed)) => return Err(Gone),
                    Ok(Ok(event)) => {
                        inbox.feed(feeds(&event));
                        if let Event::Stopped(stop) = &event {
                            actor.stopped(stop)?;
                        }
                    }
                    Ok(Err(RecvError::Lagged(n))) => inbox.feed([Feed::Lost(n)]),
                    Err(_) => {}
                }
            }
            Ok(())
        }
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

/// A thread that tells the dashboard when the machine is gone.
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

/// An event as the dashboard takes it.
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
        Event::Quit(_) => Vec::new(),
    }
}

/// What left the machine; runs of bytes of one UART are one event.
#[must_use]
pub fn outputs(output: &[Output]) -> Vec<Feed> {
    let mut out: Vec<Feed> = Vec::new();
    for o in output {
        match o {
            Output::Uart { n, byte } => match out.last_mut() {
                Some(Feed::Uart(last, bytes)) if last == n => bytes.push(*byte),
                _ => out.push(Feed::Uart(*n, vec![*byte])),
            },
            Output::Console { bytes, .. } => out.push(Feed::Console(bytes.clone())),
            Output::Warning(text) => out.push(Feed::Message(format!("warning: {text}"))),
            // The sampler's streams have the rest.
            Output::Frame(_) | Output::Trace(_) | Output::Pad { .. } => {}
        }
    }
    out
}

/// How long a dashboard waits at most before it looks around.
pub const PATIENCE: Duration = Duration::from_secs(1);
