//! The task list.

use super::layout::Tcb;
use super::list::is_object;
use super::{Rtos, objects};
use crate::unwind::{ReadMemory, Words};
use std::collections::BTreeMap;

/// Most tasks in a snapshot.
const MAX_TASKS: usize = 512;
/// Largest stack whose high-water mark is searched for.
const MAX_STACK: u32 = 1 << 20;
/// Byte that the kernel fills new stacks with (`tskSTACK_FILL_BYTE`).
const FILL: u8 = 0xA5;
/// `tskWAITING_NOTIFICATION`.
const WAITING_NOTIFICATION: u8 = 1;
/// `tskNO_AFFINITY` of IDF's kernel.
const NO_AFFINITY: u32 = 0x7FFF_FFFF;

/// Object that a blocked task waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocker {
    /// Description: `queue s_queue`, `mutex 0x3ffb1234`, `notification`, `delay`.
    pub what: String,
    /// Address of the object; 0 for a notification and a delay.
    pub at: u32,
    /// Tick of the time-out; `None` without one.
    pub until: Option<u32>,
    /// The time-out is after the tick counter's next overflow.
    pub wraps: bool,
}

/// State of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// Running on this core.
    Running(usize),
    /// Ready to run.
    Ready,
    /// Waiting.
    Blocked(Blocker),
    /// Suspended by vTaskSuspend.
    Suspended,
    /// Deleted; its memory is not freed yet.
    Deleted,
    /// In no list at this instant: the kernel is moving it.
    Moving,
}

impl std::fmt::Display for TaskState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Running(core) => write!(f, "running on core {core}"),
            Self::Ready => write!(f, "ready"),
            Self::Blocked(b) => {
                write!(f, "blocked: {}", b.what)?;
                b.until.map_or(Ok(()), |t| write!(f, ", until tick {t}"))?;
                f.write_str(if b.wraps { " after the counter's overflow" } else { "" })
            }
            Self::Suspended => write!(f, "suspended"),
            Self::Deleted => write!(f, "deleted"),
            Self::Moving => write!(f, "between two lists"),
        }
    }
}

/// A task's stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskStack {
    /// Lowest address.
    pub start: u32,
    /// One past the highest; `None` where the kernel does not keep it.
    pub end: Option<u32>,
    /// Current stack pointer.
    pub sp: u32,
    /// Bytes at the low end that were never used.
    pub never_used: Option<u32>,
}

impl TaskStack {
    /// Returns the size in bytes.
    #[must_use]
    pub fn size(&self) -> Option<u32> {
        self.end?.checked_sub(self.start)
    }

    /// Returns the number of bytes in use.
    #[must_use]
    pub fn used(&self) -> Option<u32> {
        self.end?.checked_sub(self.sp)
    }

    /// Returns true if the stack pointer is outside.
    #[must_use]
    pub fn overflown(&self) -> bool {
        self.sp < self.start || self.end.is_some_and(|end| self.sp > end)
    }
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Address of its control block, which is its handle.
    pub tcb: u32,
    /// Name.
    pub name: String,
    /// State.
    pub state: TaskState,
    /// Current priority.
    pub priority: u32,
    /// Priority without inheritance from mutexes.
    pub base_priority: Option<u32>,
    /// Cores that it may run on, one bit each; `None`: any.
    pub affinity: Option<u32>,
    /// Its stack.
    pub stack: TaskStack,
    /// Time on a core, in the unit of the firmware's run-time counter.
    pub run_time: Option<u64>,
    /// `uxTCBNumber`.
    pub number: Option<u32>,
    /// Address of its saved registers while it does not run (`pxTopOfStack`).
    pub top: u32,
}

impl Task {
    /// Returns the core that it runs on.
    #[must_use]
    pub fn core(&self) -> Option<usize> {
        if let TaskState::Running(core) = self.state { Some(core) } else { None }
    }

    /// Returns the cores that it may run on as text: `any`, `0`, `1`.
    #[must_use]
    pub fn affinity_text(&self) -> String {
        match self.affinity {
            None | Some(3) => "any".into(),
            Some(mask) => {
                (0..32).filter(|n| mask >> n & 1 != 0).map(|n| n.to_string()).collect::<Vec<_>>().join("+")
            }
        }
    }
}

/// All tasks at one instant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The scheduler runs on at least one core.
    pub started: bool,
    /// Ticks since it started.
    pub tick: u32,
    /// The tasks, by priority, highest first.
    pub tasks: Vec<Task>,
    /// `uxCurrentNumberOfTasks`.
    pub expected: Option<u32>,
    /// Reason why the list may be wrong: the kernel was stopped while it changed something, or memory is corrupt.
    pub inconsistency: Option<String>,
}

impl Snapshot {
    /// Finds the task with this name (exact, then by prefix) or handle.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Task> {
        let number = name.strip_prefix("0x").and_then(|h| u32::from_str_radix(h, 16).ok());
        let exact = self.tasks.iter().find(|t| t.name == name || Some(t.tcb) == number);
        exact.or_else(|| self.tasks.iter().find(|t| !name.is_empty() && t.name.starts_with(name)))
    }

    /// Returns the task that runs on a core.
    #[must_use]
    pub fn on_core(&self, core: usize) -> Option<&Task> {
        self.tasks.iter().find(|t| t.core() == Some(core))
    }

    /// Returns all tasks that [`Snapshot::find`] may mean: those with exactly this name, otherwise the one that it
    /// finds.
    #[must_use]
    pub fn find_all(&self, name: &str) -> Vec<&Task> {
        let exact: Vec<&Task> = self.tasks.iter().filter(|t| t.name == name).collect();
        if exact.is_empty() { self.find(name).into_iter().collect() } else { exact }
    }

    /// Returns one line about anything unusual, for display.
    #[must_use]
    pub fn remark(&self) -> Option<String> {
        if !self.started {
            return Some("the scheduler does not run yet".into());
        }
        self.inconsistency
            .as_ref()
            .map(|why| format!("in the middle of a list update, tasks may be missing: {why}"))
    }
}

/// List that a task was found in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Ready,
    Delayed(u32),
    /// Delayed until a tick after the counter's overflow.
    Overflow(u32),
    Pending,
    Suspended,
    Deleted,
    Current,
}

struct Finder<'a> {
    rtos: &'a Rtos,
    mem: &'a dyn ReadMemory,
    found: BTreeMap<u32, Found>,
    inconsistency: Option<String>,
}

impl Finder<'_> {
    fn list(&mut self, at: u32, found: impl Fn(u32) -> Found) {
        let lists = &self.rtos.layout.lists;
        if !lists.is_list(self.mem, at) {
            return;
        }
        let walk = lists.walk(self.mem, at);
        if walk.inconsistency.is_some() && self.inconsistency.is_none() {
            self.inconsistency = walk.inconsistency;
        }
        for item in walk.items {
            if is_object(item.owner) && self.found.len() < MAX_TASKS {
                self.found.entry(item.owner).or_insert_with(|| found(item.value));
            }
        }
    }

    fn all(&mut self) {
        let l = &self.rtos.layout;
        let (mut ready, pending) = (l.ready_lists(self.mem), l.pending.clone());
        let (delayed, suspended, deleted) = (l.delayed.clone(), l.suspended, l.deleted);
        ready.reverse();
        ready.into_iter().for_each(|at| self.list(at, |_| Found::Ready));
        let overflow = l.overflow.and_then(|at| self.mem.u32(at));
        for at in delayed {
            self.list(at, if Some(at) == overflow { Found::Overflow } else { Found::Delayed });
        }
        suspended.into_iter().for_each(|at| self.list(at, |_| Found::Suspended));
        deleted.into_iter().for_each(|at| self.list(at, |_| Found::Deleted));
        // A task that is being moved to the ready list is in a state list as well; only its event item is here.
        for at in pending {
            let lists = &self.rtos.layout.lists;
            if !lists.is_list(self.mem, at) {
                continue;
            }
            for item in lists.walk(self.mem, at).items.iter().filter(|i| is_object(i.owner)) {
                self.found.insert(item.owner, Found::Pending);
            }
        }
    }
}

/// Reads the task list.
pub fn snapshot(rtos: &Rtos, mem: &dyn ReadMemory, sp: [Option<u32>; 2]) -> Snapshot {
    let l = &rtos.layout;
    if l.is_stale(mem) {
        return Snapshot::default();
    }
    let mut finder = Finder { rtos, mem, found: BTreeMap::new(), inconsistency: None };
    finder.all();
    let running = [0, 1].map(|core| l.running(mem, core));
    for tcb in running.into_iter().flatten() {
        finder.found.entry(tcb).or_insert(Found::Current);
    }
    let word = |at: Option<u32>| at.and_then(|at| mem.u32(at));
    let mut out = Snapshot {
        started: l.started(mem),
        tick: word(l.tick).unwrap_or(0),
        expected: word(l.count),
        inconsistency: finder.inconsistency,
        tasks: Vec::new(),
    };
    let Some(tcb) = l.tcb(mem) else { return out };
    let pointers = objects::ObjectNames::new(rtos, mem);
    let read = |(at, found)| task(rtos, mem, &tcb, &pointers, at, found, running, sp);
    out.tasks = finder.found.into_iter().filter_map(read).collect();
    out.tasks.sort_by(|a, b| b.priority.cmp(&a.priority).then(a.tcb.cmp(&b.tcb)));
    let held = out.tasks.len();
    if let Some(expected) = out.expected.filter(|n| *n as usize != held && out.started) {
        out.inconsistency
            .get_or_insert_with(|| format!("the kernel counts {expected} tasks, its lists hold {held}"));
    }
    if !out.started && (out.expected.is_none_or(|n| n as usize != held) || out.inconsistency.is_some()) {
        // Uninitialised memory.
        (out.tasks, out.inconsistency) = (Vec::new(), None);
    }
    out
}

#[allow(clippy::too_many_arguments, reason = "everything that one task is read from")]
fn task(
    rtos: &Rtos,
    mem: &dyn ReadMemory,
    t: &Tcb,
    names: &objects::ObjectNames,
    at: u32,
    found: Found,
    running: [Option<u32>; 2],
    sp: [Option<u32>; 2],
) -> Option<Task> {
    let word = |offset: u32| mem.u32(at.wrapping_add(offset));
    let optional = |offset: Option<u32>| offset.and_then(word);
    let top = word(0)?;
    let on = running.iter().position(|r| *r == Some(at));
    let start = word(t.stack)?;
    // pxEndOfStack is the highest word, in ESP-IDF's kernel as in FreeRTOS's own: the stack ends behind it, 16-byte
    // aligned.
    let end = optional(t.end).filter(|e| *e > start && e - start <= MAX_STACK).map(|e| (e + 15) & !15);
    let live = on.and_then(|core| sp[core]).filter(|sp| *sp >= start && end.is_none_or(|e| *sp <= e));
    let size = end.map_or(0x8000, |e| e - start);
    let stack = TaskStack { start, end, sp: live.unwrap_or(top), never_used: never_used(mem, start, size) };
    Some(Task {
        tcb: at,
        name: mem.text(at.wrapping_add(t.name), t.name_len as usize)?,
        state: on.map_or_else(|| state(rtos, mem, t, names, at, found), TaskState::Running),
        priority: word(t.priority)?,
        base_priority: optional(t.base_priority),
        affinity: affinity(mem, t, at),
        stack,
        run_time: t.run_time.and_then(|(o, size)| mem.number(at.wrapping_add(o), size)),
        number: optional(t.number),
        top,
    })
}

fn affinity(mem: &dyn ReadMemory, t: &Tcb, at: u32) -> Option<u32> {
    if let Some(o) = t.affinity {
        return mem.u32(at.wrapping_add(o)).map(|mask| mask & 3).filter(|m| *m != 3);
    }
    let core = mem.u32(at.wrapping_add(t.core?))?;
    (core != NO_AFFINITY && core < 2).then(|| 1 << core)
}

fn state(
    rtos: &Rtos,
    mem: &dyn ReadMemory,
    t: &Tcb,
    names: &objects::ObjectNames,
    at: u32,
    found: Found,
) -> TaskState {
    let event_list = mem.u32(at.wrapping_add(t.event_item + rtos.layout.lists.container)).filter(|l| *l != 0);
    let notified = t.notify_state.and_then(|o| mem.u8(at.wrapping_add(o))) == Some(WAITING_NOTIFICATION);
    let blocked = |until| {
        let (what, at) = match event_list {
            Some(list) => {
                let (what, at) = names.waiting_in(list);
                (what + &held(mem, t, names, at), at)
            }
            None => (if notified { "notification" } else { "delay" }.to_string(), 0),
        };
        TaskState::Blocked(Blocker { what, at, until, wraps: matches!(found, Found::Overflow(_)) })
    };
    match found {
        Found::Ready | Found::Pending => TaskState::Ready,
        Found::Delayed(tick) | Found::Overflow(tick) => blocked(Some(tick)),
        // A task that waits without a time-out is in the list of suspended tasks.
        Found::Suspended if event_list.is_some() || notified => blocked(None),
        Found::Suspended => TaskState::Suspended,
        Found::Deleted => TaskState::Deleted,
        Found::Current => TaskState::Moving,
    }
}

/// Returns `, held by NAME` for a mutex that a task holds.
fn held(mem: &dyn ReadMemory, t: &Tcb, names: &objects::ObjectNames, mutex: u32) -> String {
    let holder = names.read_queue(mutex).and_then(|q| q.holder);
    let name = holder.and_then(|tcb| mem.text(tcb.wrapping_add(t.name), t.name_len as usize));
    name.filter(|n| !n.is_empty()).map_or(String::new(), |name| format!(", held by {name}"))
}

/// Counts the bytes from the stack's low end that still hold the fill byte.
fn never_used(mem: &dyn ReadMemory, start: u32, size: u32) -> Option<u32> {
    let mut bytes = vec![0; size.min(MAX_STACK) as usize];
    let n = mem.peek(start, &mut bytes);
    let free = bytes[..n].iter().take_while(|b| **b == FILL).count();
    (n > 0).then_some(free as u32)
}
