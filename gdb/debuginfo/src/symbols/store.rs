//! Symbol files that all clients of a machine share: loaded in the background, one set at a time.

use super::elf::Elf;
use super::error::{SymbolError, SymbolResult};
use super::set::Symbols;
use super::source::SourcePaths;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime};

/// Role of a file; where two files occupy the same memory, the later role takes precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileRole {
    /// The chip's mask ROM.
    Rom,
    /// The second-stage bootloader.
    Bootloader,
    /// The application, or a file added to it.
    App,
}

/// Progress of loading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Names of the files being read now, and the current step of each: `reading`, `indexing`.
    pub loading: Vec<(String, &'static str)>,
    /// Loaded files.
    pub loaded: Vec<String>,
    /// Errors, the latest last: `app.elf: not a valid Xtensa ELF: ...`.
    pub errors: Vec<String>,
}

impl Progress {
    /// Returns true if nothing is being loaded.
    #[must_use]
    pub fn done(&self) -> bool {
        self.loading.is_empty()
    }
}

/// Position of a file in the set, reserved when the file is requested. So the precedence of files does not depend on
/// the order in which reading them ends.
struct Slot {
    role: FileRole,
    /// Number of the request.
    number: u64,
    /// `None` while it is being read.
    elf: Option<Arc<Elf>>,
}

#[derive(Default)]
struct State {
    /// Sorted by role, then in the order of the requests.
    slots: Vec<Slot>,
    requests: u64,
    current: Arc<Symbols>,
    progress: Progress,
}

/// Symbols that are loaded once and shared by all clients.
#[derive(Default)]
pub struct SymbolStore {
    state: Mutex<State>,
    changed: Condvar,
    sources: Mutex<SourcePaths>,
    listener: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SymbolStore {
    /// Returns the current symbols. Type ids belong to this set: keep the set as long as them.
    #[must_use]
    pub fn current(&self) -> Arc<Symbols> {
        lock(&self.state).current.clone()
    }

    /// Returns true if a file of this role is loaded or being read.
    #[must_use]
    pub fn has(&self, role: FileRole) -> bool {
        lock(&self.state).slots.iter().any(|s| s.role == role)
    }

    /// Returns the progress of loading.
    #[must_use]
    pub fn progress(&self) -> Progress {
        lock(&self.state).progress.clone()
    }

    /// Returns the search paths for source files, locked.
    pub fn sources(&self) -> MutexGuard<'_, SourcePaths> {
        lock(&self.sources)
    }

    /// Registers `f` to be called after each change of the set, on the thread that made the change. A file read in the
    /// background is indexed by then. Only the first call has an effect.
    pub fn listen(&self, f: impl Fn() + Send + Sync + 'static) {
        let _ = self.listener.set(Box::new(f));
    }

    /// Calls the listener.
    pub fn tell(&self) {
        if let Some(listener) = self.listener.get() {
            listener();
        }
    }

    /// Adds a file that is already read.
    pub fn add(&self, role: FileRole, elf: Arc<Elf>) {
        let number = lock(&self.state).reserve(role);
        self.fill(number, elf);
        self.tell();
    }

    /// Puts a file into its reserved slot; discards the file if the slot was given up meanwhile.
    fn fill(&self, number: u64, elf: Arc<Elf>) {
        if let Some(dir) = elf.path().and_then(Path::parent) {
            lock(&self.sources).add_directory(dir);
        }
        lock(&self.state).fill(number, elf);
        self.changed.notify_all();
    }

    /// Removes the application's files, including those that are still being read.
    pub fn clear(&self) {
        let mut state = lock(&self.state);
        state.slots.retain(|s| s.role != FileRole::App);
        state.publish();
        drop(state);
        self.tell();
    }

    /// Reads a file on a thread of its own. Functions, lines and symbols are available as soon as it is read. Names of
    /// variables and types are indexed after that; an earlier lookup waits. Of files with one role, the one that was
    /// requested last takes precedence, whichever is read first.
    pub fn load(self: &Arc<Self>, role: FileRole, path: &Path) {
        let path = path.to_path_buf();
        let name = path.file_name().map_or_else(|| "?".into(), |n| n.to_string_lossy().into_owned());
        self.load_with(role, &name, move || open_cached(&path).map(Some));
    }

    /// Like [`SymbolStore::load`], with the file that `read` returns; `None`: there is no file after all.
    pub fn load_with(
        self: &Arc<Self>,
        role: FileRole,
        name: &str,
        read: impl FnOnce() -> SymbolResult<Option<Arc<Elf>>> + Send + 'static,
    ) {
        let (store, name) = (self.clone(), name.to_string());
        let mut state = lock(&self.state);
        state.progress.loading.push((name.clone(), "reading"));
        let number = state.reserve(role);
        drop(state);
        let body = move || {
            let result = read();
            if let Ok(Some(elf)) = &result {
                store.fill(number, elf.clone());
                store.step(&name, "indexing");
                elf.index();
                store.tell();
            }
            store.finish(number, &name, result.err());
        };
        let spawned = std::thread::Builder::new().name("symbols".into()).spawn(body);
        if let Err(e) = spawned {
            let mut state = lock(&self.state);
            state.progress.loading.pop();
            state.slots.retain(|s| s.number != number);
            state.progress.error(format!("cannot start the thread that reads symbols: {e}"));
        }
    }

    /// Reads a file and waits for it.
    ///
    /// # Errors
    /// As [`Elf::open`].
    pub fn load_now(&self, role: FileRole, path: &Path) -> SymbolResult<Arc<Elf>> {
        let elf = open_cached(path)?;
        self.add(role, elf.clone());
        Ok(elf)
    }

    /// Waits until nothing is being loaded, at most `limit`; returns false on a time-out.
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

    fn finish(&self, number: u64, name: &str, error: Option<SymbolError>) {
        let mut state = lock(&self.state);
        // A slot without a file is given up.
        state.slots.retain(|s| s.number != number || s.elf.is_some());
        if let Some(at) = state.progress.loading.iter().position(|l| l.0 == name) {
            state.progress.loading.remove(at);
        }
        if let Some(e) = error {
            let text = match e {
                SymbolError::File { .. } => e.to_string(),
                other => format!("{name}: {other}"),
            };
            tracing::warn!("{text}");
            state.progress.error(text);
        }
        self.changed.notify_all();
    }
}

impl State {
    /// Reserves a slot for a file that is requested now.
    fn reserve(&mut self, role: FileRole) -> u64 {
        self.requests += 1;
        let number = self.requests;
        self.slots.push(Slot { role, number, elf: None });
        self.slots.sort_by_key(|s| (s.role, s.number));
        number
    }

    /// Stores the file. Of the ROM's and the bootloader's files, and of the application's with one name, only the one
    /// that was requested last is kept.
    fn fill(&mut self, number: u64, elf: Arc<Elf>) {
        let Some(at) = self.slots.iter().position(|s| s.number == number) else { return };
        let role = self.slots[at].role;
        let rival = |s: &Slot| {
            let named = |e: &Arc<Elf>| role != FileRole::App || e.name() == elf.name();
            s.role == role && s.number != number && s.elf.as_ref().is_some_and(named)
        };
        if self.slots.iter().any(|s| rival(s) && s.number > number) {
            self.slots.remove(at);
        } else {
            self.slots.retain(|s| !rival(s));
            self.slots.iter_mut().filter(|s| s.number == number).for_each(|s| s.elf = Some(elf.clone()));
        }
        self.publish();
    }

    fn publish(&mut self) {
        let files: Vec<Arc<Elf>> = self.slots.iter().filter_map(|s| s.elf.clone()).collect();
        self.progress.loaded = files.iter().map(|f| f.name().to_string()).collect();
        self.current = Arc::new(Symbols::new(files));
    }
}

impl Progress {
    fn error(&mut self, text: String) {
        /// Number of errors kept; older ones are dropped.
        const MOST: usize = 16;
        if self.errors.len() >= MOST {
            self.errors.remove(0);
        }
        self.errors.push(text);
    }
}

/// Properties by which two paths are the same unchanged file.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Identity {
    path: PathBuf,
    size: u64,
    modified: Option<SystemTime>,
}

/// Opens a file, or shares it if it is already open in this process and unchanged.
///
/// # Errors
/// As [`Elf::open`].
pub fn open_cached(path: &Path) -> SymbolResult<Arc<Elf>> {
    static OPEN: OnceLock<Mutex<HashMap<Identity, Weak<Elf>>>> = OnceLock::new();
    let fail = |e: std::io::Error| SymbolError::File { path: path.display().to_string(), why: e.to_string() };
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Sender, channel};

    const LONG: Duration = Duration::from_secs(120);

    /// Returns an ELF file that consists of its header only.
    fn elf(name: &str) -> Arc<Elf> {
        let mut bytes = vec![0; 52];
        bytes[..7].copy_from_slice(b"\x7fELF\x01\x01\x01");
        // ET_EXEC, EM_XTENSA, version 1; the header's own size.
        (bytes[16], bytes[18], bytes[20], bytes[40]) = (2, 94, 1, 52);
        Arc::new(Elf::parse(name, bytes).unwrap())
    }

    /// Starts to load a file; reading it waits until the returned channel receives a message.
    fn gated(store: &Arc<SymbolStore>, role: FileRole, name: &'static str) -> Sender<()> {
        let (go, gate) = channel();
        store.load_with(role, name, move || {
            gate.recv_timeout(LONG).unwrap();
            Ok(Some(elf(name)))
        });
        go
    }

    fn names(store: &SymbolStore) -> Vec<String> {
        store.current().elfs().iter().map(|e| e.name().to_string()).collect()
    }

    fn wait_for(store: &SymbolStore, name: &str) {
        let end = Instant::now() + LONG;
        while store.progress().loading.iter().any(|l| l.0 == name) {
            assert!(Instant::now() < end, "{name} is not read");
            std::thread::yield_now();
        }
    }

    #[test]
    fn files_count_in_the_order_they_were_asked_for() {
        let store = Arc::new(SymbolStore::default());
        let wanted = [
            (FileRole::App, "a.elf"),
            (FileRole::App, "b.elf"),
            (FileRole::Rom, "rom.elf"),
            (FileRole::App, "c.elf"),
        ];
        let gates = wanted.map(|(role, name)| (name, gated(&store, role, name)));
        store.load_with(FileRole::Bootloader, "none", || Ok(None));
        wait_for(&store, "none");
        assert_eq!(store.progress().loading.len(), 4);
        // In reverse order.
        for (name, gate) in gates.iter().rev() {
            gate.send(()).unwrap();
            wait_for(&store, name);
        }
        assert!(store.wait(LONG));
        assert_eq!(names(&store), ["rom.elf", "a.elf", "b.elf", "c.elf"]);
        assert_eq!(store.progress().errors, Vec::<String>::new());
    }

    #[test]
    fn the_later_request_for_a_name_wins_and_clear_gives_up_what_is_being_read() {
        let store = Arc::new(SymbolStore::default());
        let early = gated(&store, FileRole::App, "a.elf");
        store.add(FileRole::App, elf("b.elf"));
        let later = elf("a.elf");
        store.add(FileRole::App, later.clone());
        early.send(()).unwrap();
        assert!(store.wait(LONG));
        assert_eq!(names(&store), ["b.elf", "a.elf"]);
        assert!(Arc::ptr_eq(&store.current().elfs()[1], &later));
        let given_up = gated(&store, FileRole::App, "c.elf");
        store.clear();
        given_up.send(()).unwrap();
        assert!(store.wait(LONG));
        assert_eq!(names(&store), Vec::<String>::new());
    }

    #[test]
    fn each_change_is_told_after_it_can_be_seen() {
        let store = Arc::new(SymbolStore::default());
        let (told, seen) = channel();
        let (weak, told) = (Arc::downgrade(&store), Mutex::new(told));
        store.listen(move || {
            let _ = lock(&told).send(weak.upgrade().map_or(0, |s| s.current().elfs().len()));
        });
        store.add(FileRole::App, elf("a.elf"));
        store.load_with(FileRole::App, "b.elf", || Ok(Some(elf("b.elf"))));
        assert!(store.wait(LONG));
        store.clear();
        assert_eq!(seen.try_iter().collect::<Vec<_>>(), [1, 2, 0]);
    }
}
