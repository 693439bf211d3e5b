//! The cloneable way to a supervisor.

use super::event::Event;
use super::session::Session;
use crate::symbols::SymbolStore;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Sender, sync_channel};
use tokio::sync::{broadcast, oneshot};

/// A request: runs on the machine's thread.
pub(super) type Job = Box<dyn FnOnce(&mut Session) + Send>;

/// Who asks: a name and a number of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Number, from 1.
    pub id: u32,
    /// What it is: `gdb`, `monitor`, `dashboard`.
    pub name: Arc<str>,
}

impl std::fmt::Display for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.name, self.id)
    }
}

/// The supervisor has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the machine is gone")]
pub struct Gone;

/// A client's way to the machine; clones are the same client.
#[derive(Clone)]
pub struct Handle {
    pub(super) jobs: Sender<Job>,
    pub(super) events: broadcast::Sender<Event>,
    pub(super) clients: Arc<AtomicU32>,
    client: Client,
    symbols: Arc<SymbolStore>,
}

impl Handle {
    pub(super) fn new(jobs: Sender<Job>, events: broadcast::Sender<Event>) -> Self {
        let client = Client { id: 0, name: "esplens".into() };
        Self { jobs, events, clients: Arc::default(), client, symbols: Arc::default() }
    }

    /// A handle for a new client of this kind.
    #[must_use]
    pub fn register(&self, name: &str) -> Self {
        let id = self.clients.fetch_add(1, Ordering::Relaxed) + 1;
        Self { client: Client { id, name: name.into() }, ..self.clone() }
    }

    /// Who this handle speaks for.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The symbols that all clients of this machine share.
    #[must_use]
    pub fn symbols(&self) -> &Arc<SymbolStore> {
        &self.symbols
    }

    /// Everything that happens from now on. A client that lags loses the oldest events, not the machine's time.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Carries out `f` on the machine's thread and waits for its answer, blocking this thread.
    ///
    /// # Errors
    /// [`Gone`] when the supervisor has ended.
    pub fn call<R: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Session) -> R + Send + 'static,
    ) -> Result<R, Gone> {
        let (tx, rx) = sync_channel(1);
        self.jobs.send(Box::new(move |s| _ = tx.send(f(s)))).map_err(|_| Gone)?;
        rx.recv().map_err(|_| Gone)
    }

    /// As [`Handle::call`], for async code.
    ///
    /// # Errors
    /// [`Gone`] when the supervisor has ended.
    pub async fn ask<R: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Session) -> R + Send + 'static,
    ) -> Result<R, Gone> {
        let (tx, rx) = oneshot::channel();
        self.jobs.send(Box::new(move |s| _ = tx.send(f(s)))).map_err(|_| Gone)?;
        rx.await.map_err(|_| Gone)
    }
}
