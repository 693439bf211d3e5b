//! The files that all clients of a machine share: loaded in the background, one set at a time.

use super::elf::Elf;
use super::error::{Error, Result};
use super::set::Symbols;
use super::source::SourcePaths;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime};

/// What a file is to the machine; where two occupy the same memory, the later role counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The chip's mask ROM.
    Rom,
    /// The second-stage bootloader.
    Bootloader,
    /// The application, or what was added to it.
    App,
}

/// How far loading is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Files being read now, by name, and what is done with each: `reading`, `indexing`.
    pub loading: Vec<(String, &'static str)>,
    /// Files that are there.
    pub loaded: Vec<String>,
    /// What went wrong, the latest last: `app.elf: not a sound Xtensa ELF: ...`.
    pub errors: Vec<String>,
}

impl Progress {
    /// True when nothing is being loaded.
    #[must_use]
    pub fn done(&self) -> bool {
        self.loading.is_empty()
    }
}

#[derive(Default)]
struct State {
    files: Vec<(Role, Arc<Elf>)>,
    current: Arc<Symbols>,
    progress: Progress,
}

/// Symbols that are loaded once and shared by all clients.
#[derive(Default)]
pub struct SymbolStore {
    state: Mutex<State>,
    changed: Condvar,
    sources: Mutex<SourcePaths>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SymbolStore {
    /// The symbols as they are now. Types belong to this set: keep it as long as them.
    #[must_use]
    pub fn current(&self) -> Arc<Symbols> {
        lock(&self.state).current.clone()
    }

    /// How far loading is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        lock(&self.state).progress.clone()
    }

    /// Where source files are looked for.
    pub fn sources(&self) -> MutexGuard<'_, SourcePaths> {
        lock(&self.sources)
    }

    /// Takes a file in that was read already.
    pub fn add(&self, role: Role, elf: Arc<Elf>) {
        if let Some(dir) = elf.path().and_then(Path::parent) {
            lock(&self.sources).add_directory(dir);
        }
        let mut state = lock(&self.state);
        state.files.retain(|f| !(f.0 == role && (role != Role::App || f.1.name() == elf.name())));
        state.files.push((role, elf));
        state.files.sort_by_key(|f| f.0);
        state.publish();
        self.changed.notify_all();
    }

    /// Forgets the application's files.
    pub fn clear(&self) {
        let mut state = lock(&self.state);
        state.files.retain(|f| f.0 != Role::App);
        state.publish();
    }

    /// Reads a file on a thread of its own. Functions, lines and symbols are there as soon as it is read; names of
    /// variables and types are indexed after that, and whoever asks for one earlier waits.
    pub fn load(self: &Arc<Self>, role: Role, path: &Path) {
        let (store, path) = (self.clone(), path.to_path_buf());
        let name = path.file_name().map_or_else(|| "?".into(), |n| n.to_string_lossy().into_owned());
        lock(&self.state).progress.loading.push((name.clone(), "reading"));
        let body = move || {
            let result = open_cached(&path);
            if let Ok(elf) = &result {
                store.add(role, elf.clone());
                store.step(&name, "indexing");
                elf.index();
            }
            store.finish(&name, result.err());
        };
        let spawned = std::thread::Builder::new().name("symbols".into()).spawn(body);
        if let Err(e) = spawned {
            let mut state = lock(&self.state);
            state.progress.loading.pop();
            state.progress.error(format!("no thread to read symbols with: {e}"));
        }
    }

    /// Reads a file and waits for it.
    ///
    /// # Errors
    /// As [`Elf::open`].
    pub fn load_now(&self, role: Role, path: &Path) -> Result<Arc<Elf>> {
        let elf = open_cached(path)?;
        self.add(role, elf.clone());
        Ok(elf)
    }

    /// Waits until nothing is being loaded, at most `limit`; false when that was too short.
    #[must_use]
    pub fn wait(&self, limit: Duration) -> bool {
        let end = Instant::now() + limit;
        let mut state = lock(&self.state);
        while !state.progress.done() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    fn step(&self, name: &str, step: &'static str) {
        let mut state = lock(&self.state);
        if let Some(row) = state.progress.loading.iter_mut().find(|l| l.0 == name) {
            row.1 = step;
        }
    }

    fn finish(&self, name: &str, error: Option<Error>) {
        let mut state = lock(&self.state);
        if let Some(at) = state.progress.loading.iter().position(|l| l.0 == name) {
            state.progress.loading.remove(at);
        }
        if let Some(e) = error {
            let text = match e {
                Error::File { .. } => e.to_string(),
                other => format!("{name}: {other}"),
            };
            tracing::warn!("{text}");
            state.progress.error(text);
        }
        self.changed.notify_all();
    }
}

impl State {
    fn publish(&mut self) {
        self.current = Arc::new(Symbols::new(self.files.iter().map(|f| f.1.clone()).collect()));
        self.progress.loaded = self.files.iter().map(|f| f.1.name().to_string()).collect();
    }
}

impl Progress {
    fn error(&mut self, text: String) {
        /// Older ones nobody asks for.
        const MOST: usize = 16;
        if self.errors.len() >= MOST {
            self.errors.remove(0);
        }
        self.errors.push(text);
    }
}

/// What makes two paths the same unchanged file.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Identity {
    path: PathBuf,
    size: u64,
    modified: Option<SystemTime>,
}

/// Opens a file, or shares it with whoever in this process has it open unchanged.
///
/// # Errors
/// As [`Elf::open`].
pub fn open_cached(path: &Path) -> Result<Arc<Elf>> {
    static OPEN: OnceLock<Mutex<HashMap<Identity, Weak<Elf>>>> = OnceLock::new();
    let fail = |e: std::io::Error| Error::File { path: path.display().to_string(), why: e.to_string() };
    let meta = std::fs::metadata(path).map_err(fail)?;
    let full = path.canonicalize().map_err(fail)?;
    let identity = Identity { path: full, size: meta.len(), modified: meta.modified().ok() };
    let open = OPEN.get_or_init(Mutex::default);
    if let Some(elf) = lock(open).get(&identity).and_then(Weak::upgrade) {
        return Ok(elf);
    }
    let elf = Arc::new(Elf::open(path)?);
    let mut open = lock(open);
    open.retain(|_, elf| elf.strong_count() > 0);
    open.insert(identity, Arc::downgrade(&elf));
    Ok(elf)
}
