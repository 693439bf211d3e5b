//! The cloneable way to a supervisor.

use super::bell::Bell;
use super::drive::soon;
use super::event::Event;
use super::session::Session;
use super::slot::Slot;
use crate::rtos::Rtos;
use crate::symbols::{SymbolStore, Symbols};
use esplens_soc::hostfile;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Sender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use tokio::sync::{broadcast, oneshot};

/// A request: runs on the machine's thread.
pub(super) type Job = Box<dyn FnOnce(&mut Session) + Send>;

/// What a client wants done, and its answer.
type Work<R> = Box<dyn FnOnce(&mut Session) -> R + Send>;

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

/// The FreeRTOS that the symbols tell of, and the symbols it was found in.
#[derive(Default)]
struct Known {
    of: Option<Arc<Symbols>>,
    rtos: Option<Arc<Rtos>>,
    /// Found otherwise, for lack of symbols.
    told: Option<Arc<Rtos>>,
}

impl Known {
    fn rtos(&self) -> Option<Arc<Rtos>> {
        self.rtos.clone().or_else(|| self.told.clone())
    }
}

/// The kernel that the symbols of now tell of; looked for again when they have changed.
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

/// Lets the session know of the kernel whenever the symbols change. The search is done on the thread that changed
/// them: the machine's waits for nothing.
fn follow(requests: &Requests, known: &Arc<RwLock<Known>>, symbols: &Arc<SymbolStore>) {
    let (requests, known, store) = (requests.clone(), known.clone(), Arc::downgrade(symbols));
    let turn = Mutex::new(());
    symbols.listen(move || {
        let Some(store) = store.upgrade() else { return };
        // One after the other: the last one to come sees the latest symbols, and is heard last.
        let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
        let rtos = kernel(&known, &store);
        let _ = requests.queue(Box::new(move |s| s.set_kernel(rtos)));
    });
}

/// What is asked of the machine's thread, and what wakes it.
#[derive(Clone)]
pub(super) struct Requests {
    jobs: Sender<Job>,
    pub bell: Bell,
    /// Where the session lies while nobody else has it.
    pub slot: Slot,
}

impl Requests {
    fn queue(&self, job: Job) -> Result<(), Gone> {
        self.jobs.send(job).map_err(|_| Gone)?;
        self.bell.request();
        Ok(())
    }
}

/// Which files that are there already a client's new file may replace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replace {
    /// None.
    Never,
    /// Those that clients of this machine had written.
    Own,
    /// Any regular file.
    Always,
}

/// A client's way to the machine; clones are the same client.
#[derive(Clone)]
pub struct Handle {
    pub(super) requests: Requests,
    pub(super) events: broadcast::Sender<Event>,
    pub(super) clients: Arc<AtomicU32>,
    known: Arc<RwLock<Known>>,
    client: Client,
    symbols: Arc<SymbolStore>,
    roster: Roster,
    /// Folders that clients may have files written to; none: the working folder.
    folders: Arc<RwLock<Vec<PathBuf>>>,
    /// Files that clients had written; they may be replaced.
    written: Arc<RwLock<BTreeSet<PathBuf>>>,
    /// Keeps the client on the roster while a clone of this handle lives.
    _seat: Option<Arc<Seat>>,
}

/// Clients that hold a handle now.
type Roster = Arc<Mutex<Vec<Client>>>;

/// A client's place on the roster.
struct Seat {
    client: Client,
    roster: Roster,
    events: broadcast::Sender<Event>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        lock(&self.roster).retain(|c| *c != self.client);
        let _ = self.events.send(Event::Touched);
    }
}

/// A panic elsewhere leaves the list sound.
fn lock(roster: &Roster) -> MutexGuard<'_, Vec<Client>> {
    roster.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Handle {
    pub(super) fn new(jobs: Sender<Job>, events: broadcast::Sender<Event>) -> Self {
        let client = Client { id: 0, name: "esplens".into() };
        let (roster, known, clients, symbols) =
            (Roster::default(), Arc::default(), Arc::default(), Arc::default());
        let requests = Requests { jobs, bell: Bell::default(), slot: Slot::default() };
        follow(&requests, &known, &symbols);
        let (folders, written) = (Arc::default(), Arc::default());
        Self { requests, events, clients, known, client, symbols, roster, folders, written, _seat: None }
    }

    /// A handle for a new client of this kind.
    #[must_use]
    pub fn register(&self, name: &str) -> Self {
        let id = self.clients.fetch_add(1, Ordering::Relaxed) + 1;
        let client = Client { id, name: name.into() };
        lock(&self.roster).push(client.clone());
        let seat = Seat { client: client.clone(), roster: self.roster.clone(), events: self.events.clone() };
        self.touched();
        Self { client, _seat: Some(Arc::new(seat)), ..self.clone() }
    }

    /// The clients attached now, in the order they came.
    #[must_use]
    pub fn attached(&self) -> Vec<Client> {
        lock(&self.roster).clone()
    }

    /// The firmware's FreeRTOS, when symbols tell of one. Looked for again when the symbols change.
    #[must_use]
    pub fn rtos(&self) -> Option<Arc<Rtos>> {
        kernel(&self.known, &self.symbols)
    }

    /// Shares a FreeRTOS found otherwise: by a debugger that has symbols where we have none.
    pub fn set_rtos(&self, rtos: Rtos) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).told = Some(Arc::new(rtos));
        self.symbols.tell();
    }

    /// Lets clients have files written to this folder besides the working folder.
    pub fn allow_write(&self, folder: PathBuf) {
        self.folders.write().unwrap_or_else(PoisonError::into_inner).push(folder);
    }

    /// Opens a file that a client wants written, in the working folder or below or where [`Handle::allow_write`] says.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn create_file(&self, path: &Path, replace: Replace) -> Result<File, String> {
        let mut folders = vec![PathBuf::from(".")];
        folders.extend(self.folders.read().unwrap_or_else(PoisonError::into_inner).iter().cloned());
        let real = hostfile::confine(path, &folders).map_err(|e| match e.kind() {
            ErrorKind::PermissionDenied => {
                "outside of the working folder and of what --allow-write DIR allows".to_string()
            }
            _ => e.to_string(),
        })?;
        let mut written = self.written.write().unwrap_or_else(PoisonError::into_inner);
        let replace = replace == Replace::Always || replace == Replace::Own && written.contains(&real);
        let file = if replace { hostfile::create(&real) } else { hostfile::create_new(&real) };
        written.extend(file.is_ok().then_some(real));
        file.map_err(|e| match e.kind() {
            ErrorKind::AlreadyExists => "there already (--force replaces it)".into(),
            _ => e.to_string(),
        })
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

    /// Tells all clients that something changed which no other event tells.
    pub fn touched(&self) {
        // Nobody listening is fine.
        let _ = self.events.send(Event::Touched);
    }

    /// Carries out `f` on the machine and waits for its answer, blocking this thread: here, where the machine rests, else
    /// on the machine's thread.
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
            // A panic is the end of the machine's thread, whoever did the work.
            Ok((Err(panic), _)) => {
                self.requests.queue(Box::new(move |_| resume_unwind(panic)))?;
                return Err(Gone);
            }
            Err(f) => f,
        };
        let (tx, rx) = sync_channel(1);
        self.requests.queue(Box::new(move |s| _ = tx.send(f(s))))?;
        soon(|| rx.try_recv().ok()).map_or_else(|| rx.recv().map_err(|_| Gone), Ok)
    }

    /// As [`Handle::call`], for async code; always on the machine's thread.
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
