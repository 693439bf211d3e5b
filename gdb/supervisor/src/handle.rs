//! Cloneable handle to the supervisor.

use crate::event::{Client, Event};
use crate::session::Session;
use crate::slot::Slot;
use crate::waker::Waker;
use esplens_debuginfo::rtos::Rtos;
use esplens_debuginfo::symbols::{SymbolStore, Symbols};
use esplens_soc::hostfile;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Sender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::{broadcast, oneshot};

/// A request, executed on the machine's thread.
pub(super) type Job = Box<dyn FnOnce(&mut Session) + Send>;

/// A request with a return value.
type Work<R> = Box<dyn FnOnce(&mut Session) -> R + Send>;

/// Time spent polling before blocking: waking a blocked thread takes longer than executing a step.
const SPIN_TIME: Duration = Duration::from_micros(40);

/// Repeats `attempt` until it succeeds or [`SPIN_TIME`] has passed.
pub(super) fn spin<T>(mut attempt: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + SPIN_TIME;
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

/// The supervisor has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the machine is gone")]
pub struct Gone;

/// The FreeRTOS kernel found in the symbols, and the symbols in which it was found.
#[derive(Default)]
struct Known {
    of: Option<Arc<Symbols>>,
    rtos: Option<Arc<Rtos>>,
    /// The kernel from another source, used if the symbols have none.
    fallback: Option<Arc<Rtos>>,
}

impl Known {
    fn rtos(&self) -> Option<Arc<Rtos>> {
        self.rtos.clone().or_else(|| self.fallback.clone())
    }
}

/// Returns the kernel described by the current symbols; searches again after the symbols change.
fn kernel(known: &RwLock<Known>, symbols: &SymbolStore) -> Option<Arc<Rtos>> {
    let symbols = symbols.current();
    let same = |k: &Known| k.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, &symbols));
    let now = known.read().unwrap_or_else(PoisonError::into_inner);
    if same(&now) {
        return now.rtos();
    }
    drop(now);
    let rtos = Rtos::find(symbols.clone()).map(Arc::new);
    let mut known = known.write().unwrap_or_else(PoisonError::into_inner);
    (known.of, known.rtos) = (Some(symbols), rtos);
    known.rtos()
}

/// Updates the session's kernel whenever the symbols change. The search runs on the thread that changed them, so that
/// the machine's thread does not wait for it.
fn follow(requests: &Requests, known: &Arc<RwLock<Known>>, symbols: &Arc<SymbolStore>) {
    let (requests, known, store) = (requests.clone(), known.clone(), Arc::downgrade(symbols));
    let turn = Mutex::new(());
    symbols.listen(move || {
        let Some(store) = store.upgrade() else { return };
        // Serialized: the last caller sees the latest symbols and queues its update last.
        let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
        let rtos = kernel(&known, &store);
        let _ = requests.queue(Box::new(move |s| s.set_kernel(rtos)));
    });
}

/// The request queue of the machine's thread and its waker.
#[derive(Clone)]
pub(super) struct Requests {
    jobs: Sender<Job>,
    pub waker: Waker,
    /// Holds the session while its thread waits.
    pub slot: Slot,
}

impl Requests {
    fn queue(&self, job: Job) -> Result<(), Gone> {
        self.jobs.send(job).map_err(|_| Gone)?;
        self.waker.request();
        Ok(())
    }
}

/// Existing files that a client's new file may replace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replace {
    /// None.
    Never,
    /// Files that clients of this machine wrote.
    Own,
    /// Any regular file.
    Always,
}

/// A client's handle to the machine; clones belong to the same client.
#[derive(Clone)]
pub struct Handle {
    pub(super) requests: Requests,
    pub(super) events: broadcast::Sender<Event>,
    pub(super) clients: Arc<AtomicU32>,
    known: Arc<RwLock<Known>>,
    client: Client,
    symbols: Arc<SymbolStore>,
    registered: RegisteredClients,
    /// Folders that clients may write to, besides the working folder.
    folders: Arc<RwLock<Vec<PathBuf>>>,
    /// Files that clients wrote; they may be replaced.
    written: Arc<RwLock<BTreeSet<PathBuf>>>,
    /// Unregisters the client when the last clone of this handle is dropped.
    _registration: Option<Arc<Registration>>,
}

/// The registered clients.
type RegisteredClients = Arc<Mutex<Vec<Client>>>;

/// A client's registration; dropping it removes the client from the roster.
struct Registration {
    client: Client,
    registered: RegisteredClients,
    events: broadcast::Sender<Event>,
}

impl Drop for Registration {
    fn drop(&mut self) {
        lock(&self.registered).retain(|c| *c != self.client);
        let _ = self.events.send(Event::Touched);
    }
}

/// The list is valid even if another thread panicked while holding the lock.
fn lock(registered: &RegisteredClients) -> MutexGuard<'_, Vec<Client>> {
    registered.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Handle {
    pub(super) fn new(jobs: Sender<Job>, events: broadcast::Sender<Event>) -> Self {
        let client = Client { id: 0, name: "esplens".into() };
        let (registered, known, clients, symbols) =
            (RegisteredClients::default(), Arc::default(), Arc::default(), Arc::default());
        let requests = Requests { jobs, waker: Waker::default(), slot: Slot::default() };
        follow(&requests, &known, &symbols);
        let (folders, written) = (Arc::default(), Arc::default());
        Self {
            requests,
            events,
            clients,
            known,
            client,
            symbols,
            registered,
            folders,
            written,
            _registration: None,
        }
    }

    /// Registers a new client with this name and returns its handle.
    #[must_use]
    pub fn register(&self, name: &str) -> Self {
        let id = self.clients.fetch_add(1, Ordering::Relaxed) + 1;
        let client = Client { id, name: name.into() };
        lock(&self.registered).push(client.clone());
        let registration = Registration {
            client: client.clone(),
            registered: self.registered.clone(),
            events: self.events.clone(),
        };
        self.touched();
        Self { client, _registration: Some(Arc::new(registration)), ..self.clone() }
    }

    /// Returns the registered clients, in registration order.
    #[must_use]
    pub fn attached(&self) -> Vec<Client> {
        lock(&self.registered).clone()
    }

    /// Returns the firmware's FreeRTOS kernel if one is known. Searches again after the symbols change.
    #[must_use]
    pub fn rtos(&self) -> Option<Arc<Rtos>> {
        kernel(&self.known, &self.symbols)
    }

    /// Sets the FreeRTOS kernel from another source: a debugger that has symbols that esplens does not have.
    pub fn set_rtos(&self, rtos: Rtos) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).fallback = Some(Arc::new(rtos));
        self.symbols.tell();
    }

    /// Allows clients to write files in this folder, besides the working folder.
    pub fn allow_write(&self, folder: PathBuf) {
        self.folders.write().unwrap_or_else(PoisonError::into_inner).push(folder);
    }

    /// Creates a file for a client in the working folder or in a folder allowed by [`Handle::allow_write`].
    ///
    /// # Errors
    /// A message for the user.
    pub fn create_file(&self, path: &Path, replace: Replace) -> Result<File, String> {
        let real = self.allowed(path)?;
        let mut written = self.written.write().unwrap_or_else(PoisonError::into_inner);
        let replace = replace == Replace::Always || replace == Replace::Own && written.contains(&real);
        let file = if replace { hostfile::create(&real) } else { hostfile::create_new(&real) };
        written.extend(file.is_ok().then_some(real));
        file.map_err(|e| match e.kind() {
            ErrorKind::AlreadyExists => "there already (--force replaces it)".into(),
            _ => e.to_string(),
        })
    }

    /// Returns the canonical path of a file in the working folder or in a folder allowed by [`Handle::allow_write`].
    ///
    /// # Errors
    /// A message for the user.
    pub fn allowed(&self, path: &Path) -> Result<PathBuf, String> {
        let mut folders = vec![PathBuf::from(".")];
        folders.extend(self.folders.read().unwrap_or_else(PoisonError::into_inner).iter().cloned());
        hostfile::confine(path, &folders).map_err(|e| match e.kind() {
            ErrorKind::PermissionDenied => {
                "outside of the working folder and of the folders allowed with --allow-write DIR".to_string()
            }
            _ => e.to_string(),
        })
    }

    /// Returns the client that this handle belongs to.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Returns the symbols shared by all clients of this machine.
    #[must_use]
    pub fn symbols(&self) -> &Arc<SymbolStore> {
        &self.symbols
    }

    /// Subscribes to all events from now on. A slow client loses the oldest events; it does not delay the machine.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Publishes a change that no other event covers.
    pub fn touched(&self) {
        // An error means that there are no subscribers.
        let _ = self.events.send(Event::Touched);
    }

    /// Executes `f` on the machine and returns its result, blocking this thread. Runs on this thread while the
    /// machine's thread is idle, otherwise on the machine's thread.
    ///
    /// # Errors
    /// [`Gone`] when the supervisor has ended.
    pub fn call<R: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Session) -> R + Send + 'static,
    ) -> Result<R, Gone> {
        let here = |s: &mut Session, f: Work<R>| {
            let done = catch_unwind(AssertUnwindSafe(|| f(s)));
            s.publish_touch();
            (done, s.wants_its_thread())
        };
        let f: Work<R> = Box::new(f);
        let f = match self.requests.slot.with(f, here) {
            Ok((Ok(answer), wakes)) => {
                if wakes {
                    self.requests.queue(Box::new(|_| ()))?;
                }
                return Ok(answer);
            }
            // A panic ends the machine's thread, whichever thread ran the request.
            Ok((Err(panic), _)) => {
                self.requests.queue(Box::new(move |_| resume_unwind(panic)))?;
                return Err(Gone);
            }
            Err(f) => f,
        };
        let (tx, rx) = sync_channel(1);
        self.requests.queue(Box::new(move |s| _ = tx.send(f(s))))?;
        spin(|| rx.try_recv().ok()).map_or_else(|| rx.recv().map_err(|_| Gone), Ok)
    }

    /// Same as [`Handle::call`] for async code; always runs on the machine's thread.
    ///
    /// # Errors
    /// [`Gone`] when the supervisor has ended.
    pub async fn ask<R: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Session) -> R + Send + 'static,
    ) -> Result<R, Gone> {
        let (tx, rx) = oneshot::channel();
        self.requests.queue(Box::new(move |s| _ = tx.send(f(s))))?;
        rx.await.map_err(|_| Gone)
    }
}
