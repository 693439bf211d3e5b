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

/// The place of a file in the set, kept from the moment it is asked for: which file counts before which does not
/// depend on whose reading ends first.
struct Slot {
    role: Role,
    /// Counts the requests.
    number: u64,
    /// `None` while it is being read.
    elf: Option<Arc<Elf>>,
}

#[derive(Default)]
struct State {
    /// By role, then in the order of the requests.
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
    /// The symbols as they are now. Types belong to this set: keep it as long as them.
    #[must_use]
    pub fn current(&self) -> Arc<Symbols> {
        lock(&self.state).current.clone()
    }

    /// True when a file of this role is loaded or being read.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        lock(&self.state).slots.iter().any(|s| s.role == role)
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

    /// Calls `f` after each change of the set, on the thread that changed it; a file read in the background is indexed
    /// by then. Only the first call has an effect.
    pub(crate) fn listen(&self, f: impl Fn() + Send + Sync + 'static) {
        let _ = self.listener.set(Box::new(f));
    }

    /// Tells the listener.
    pub(crate) fn tell(&self) {
        if let Some(listener) = self.listener.get() {
            listener();
        }
    }

    /// Takes a file in that was read already.
    pub fn add(&self, role: Role, elf: Arc<Elf>) {
        let number = lock(&self.state).reserve(role);
        self.fill(number, elf);
        self.tell();
    }

    /// Puts a file where a place was kept for it; nowhere, when that was given up meanwhile.
    fn fill(&self, number: u64, elf: Arc<Elf>) {
        if let Some(dir) = elf.path().and_then(Path::parent) {
            lock(&self.sources).add_directory(dir);
        }
        lock(&self.state).fill(number, elf);
        self.changed.notify_all();
    }

    /// Forgets the application's files, those that are still being read too.
    pub fn clear(&self) {
        let mut state = lock(&self.state);
        state.slots.retain(|s| s.role != Role::App);
        state.publish();
        drop(state);
        self.tell();
    }

    /// Reads a file on a thread of its own. Functions, lines and symbols are there as soon as it is read; names of
    /// variables and types are indexed after that, and whoever asks for one earlier waits. Of files with one role the
    /// one that was asked for last counts first, whichever is read first.
    pub fn load(self: &Arc<Self>, role: Role, path: &Path) {
        let path = path.to_path_buf();
        let name = path.file_name().map_or_else(|| "?".into(), |n| n.to_string_lossy().into_owned());
        self.load_with(role, &name, move || open_cached(&path).map(Some));
    }

    /// As [`SymbolStore::load`], for what `read` makes of whatever it reads; `None`: there is no file after all.
    pub fn load_with(
        self: &Arc<Self>,
        role: Role,
        name: &str,
        read: impl FnOnce() -> Result<Option<Arc<Elf>>> + Send + 'static,
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

    fn finish(&self, number: u64, name: &str, error: Option<Error>) {
        let mut state = lock(&self.state);
        // A place without a file is given up.
        state.slots.retain(|s| s.number != number || s.elf.is_some());
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
    /// A place for a file that is asked for now.
    fn reserve(&mut self, role: Role) -> u64 {
        self.requests += 1;
        let number = self.requests;
        self.slots.push(Slot { role, number, elf: None });
        self.slots.sort_by_key(|s| (s.role, s.number));
        number
    }

    /// Of the ROM's and the bootloader's files, and of the application's with one name, the one that was asked for
    /// last stays.
    fn fill(&mut self, number: u64, elf: Arc<Elf>) {
        let Some(at) = self.slots.iter().position(|s| s.number == number) else { return };
        let role = self.slots[at].role;
        let rival = |s: &Slot| {
            let named = |e: &Arc<Elf>| role != Role::App || e.name() == elf.name();
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Sender, channel};

    const LONG: Duration = Duration::from_secs(120);

    /// An ELF file with nothing behind its header.
    fn elf(name: &str) -> Arc<Elf> {
        let mut bytes = vec![0; 52];
        bytes[..7].copy_from_slice(b"\x7fELF\x01\x01\x01");
        // ET_EXEC, EM_XTENSA, version 1; the header's own size.
        (bytes[16], bytes[18], bytes[20], bytes[40]) = (2, 94, 1, 52);
        Arc::new(Elf::parse(name, bytes).unwrap())
    }

    /// Starts to load a file that is read when the answer is told to go on.
    fn gated(store: &Arc<SymbolStore>, role: Role, name: &'static str) -> Sender<()> {
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
        let wanted =
            [(Role::App, "a.elf"), (Role::App, "b.elf"), (Role::Rom, "rom.elf"), (Role::App, "c.elf")];
        let gates = wanted.map(|(role, name)| (name, gated(&store, role, name)));
        store.load_with(Role::Bootloader, "none", || Ok(None));
        wait_for(&store, "none");
        assert_eq!(store.progress().loading.len(), 4);
        // The last first.
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
        let early = gated(&store, Role::App, "a.elf");
        store.add(Role::App, elf("b.elf"));
        let later = elf("a.elf");
        store.add(Role::App, later.clone());
        early.send(()).unwrap();
        assert!(store.wait(LONG));
        assert_eq!(names(&store), ["b.elf", "a.elf"]);
        assert!(Arc::ptr_eq(&store.current().elfs()[1], &later));
        let given_up = gated(&store, Role::App, "c.elf");
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
        store.add(Role::App, elf("a.elf"));
        store.load_with(Role::App, "b.elf", || Ok(Some(elf("b.elf"))));
        assert!(store.wait(LONG));
        store.clear();
        assert_eq!(seen.try_iter().collect::<Vec<_>>(), [1, 2, 0]);
    }
}
