//! Queues, semaphores, mutexes, event groups.
//!
//! The kernel keeps no list of them. They are found through references: blocked tasks, the queue registry, and
//! variables that hold the address of something that can be such an object.

use super::list::{Lists, is_object};
use super::source::SymbolSource;
use super::{Rtos, Snapshot, heap};
use crate::unwind::{ReadMemory, Words};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Longest queue that is accepted as valid.
const MAX_LENGTH: u32 = 1 << 16;
/// Most objects returned.
const MAX_OBJECTS: usize = 1024;

/// Use of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueKind {
    /// Items with contents.
    Queue,
    /// Counting or binary semaphore.
    Semaphore,
    /// Mutex.
    Mutex,
}

impl std::fmt::Display for QueueKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Queue => "queue",
            Self::Semaphore => "semaphore",
            Self::Mutex => "mutex",
        })
    }
}

/// A queue, semaphore or mutex.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Its handle.
    pub at: u32,
    /// Name in the registry, or of a variable.
    pub name: Option<String>,
    /// Use.
    pub kind: QueueKind,
    /// Items in it; 1 for a mutex that is free.
    pub waiting: u32,
    /// Capacity in items.
    pub length: u32,
    /// Bytes of an item.
    pub item_size: u32,
    /// Task that holds the mutex.
    pub holder: Option<u32>,
    /// Tasks that wait to receive (to take).
    pub receivers: Vec<u32>,
    /// Tasks that wait to send.
    pub senders: Vec<u32>,
}

/// An event group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventGroup {
    /// Its handle.
    pub at: u32,
    /// Name of a variable.
    pub name: Option<String>,
    /// The event bits.
    pub bits: u32,
    /// Tasks that wait for bits.
    pub waiters: Vec<u32>,
}

/// Offsets in `Queue_t`.
#[derive(Clone, Copy, Debug)]
struct QueueLayout {
    send: u32,
    receive: u32,
    waiting: u32,
    length: u32,
    item_size: u32,
    holder: u32,
}

impl QueueLayout {
    fn find(s: &dyn SymbolSource, lists: &Lists) -> Self {
        Self::typed(s).unwrap_or_else(|| {
            // V10 and later: pcHead, pcWriteTo, u (two words), the lists.
            let (send, receive) = (16, 16 + lists.size);
            let waiting = receive + lists.size;
            Self { send, receive, waiting, length: waiting + 4, item_size: waiting + 8, holder: 8 }
        })
    }

    fn typed(s: &dyn SymbolSource) -> Option<Self> {
        let ty = ["QueueDefinition", "Queue_t", "xQUEUE"]
            .into_iter()
            .find(|t| s.offset(t, "uxItemSize").is_some())?;
        let at = |path: &str| s.offset(ty, path);
        Some(Self {
            send: at("xTasksWaitingToSend")?,
            receive: at("xTasksWaitingToReceive")?,
            waiting: at("uxMessagesWaiting")?,
            length: at("uxLength")?,
            item_size: at("uxItemSize")?,
            // Before V10 the holder is in pcTail.
            holder: at("u.xSemaphore.xMutexHolder").or_else(|| at("pcTail"))?,
        })
    }
}

/// Names of objects, and the objects that lists belong to.
pub struct ObjectNames<'a> {
    rtos: &'a Rtos,
    mem: &'a dyn ReadMemory,
    queue: QueueLayout,
    event_list: u32,
    /// Addresses that variables and the registry point to, with their names.
    pointed: BTreeMap<u32, String>,
    /// The heap's regions. An address in them is not named by a symbol, even if one is linked to that address (released
    /// memory of the ROM or the radio).
    heap: Vec<Range<u32>>,
}

impl<'a> ObjectNames<'a> {
    /// Reads the pointers in variables and in the queue registry.
    pub fn new(rtos: &'a Rtos, mem: &'a dyn ReadMemory) -> Self {
        let s = &*rtos.source;
        let mut pointed = BTreeMap::new();
        for (at, name) in s.pointers() {
            if let Some(to) = mem.u32(at).filter(|to| is_object(*to)) {
                pointed.entry(to).or_insert(name);
            }
        }
        let mut out = Self {
            rtos,
            mem,
            queue: QueueLayout::find(s, &rtos.layout.lists),
            event_list: ["EventGroupDef_t", "EventGroup_t", "xEventGroupDefinition"]
                .into_iter()
                .find_map(|t| s.offset(t, "xTasksWaitingForBits"))
                .unwrap_or(4),
            pointed,
            heap: heap::regions(rtos, mem),
        };
        out.registry();
        out
    }

    fn registry(&mut self) {
        let Some((at, size)) = self.rtos.source.symbol("xQueueRegistry") else { return };
        for entry in (0..(size / 8).min(256)).map(|n| at + 8 * n) {
            let (Some(name), Some(handle)) = (self.mem.u32(entry), self.mem.u32(entry + 4)) else { continue };
            if name != 0 && is_object(handle) {
                let text = self.mem.text(name, 64).filter(|t| !t.is_empty());
                text.into_iter().for_each(|t| _ = self.pointed.insert(handle, t));
            }
        }
    }

    /// Returns the name of an object.
    pub fn name(&self, at: u32) -> Option<String> {
        let object = || self.rtos.source.object(at).filter(|_| !self.heap.iter().any(|h| h.contains(&at)));
        self.pointed.get(&at).cloned().or_else(object)
    }

    fn label(&self, what: &str, at: u32) -> String {
        self.name(at).map_or_else(|| format!("{what} {at:#010x}"), |name| format!("{what} {name}"))
    }

    /// Returns the object that a task waits for if its event item is in the list at `list`, and the object's address.
    pub fn waiting_in(&self, list: u32) -> (String, u32) {
        for (offset, verb) in [(self.queue.receive, "receive"), (self.queue.send, "send")] {
            if let Some(q) = self.read_queue(list.wrapping_sub(offset)) {
                let verb = if q.kind == QueueKind::Queue { format!(" ({verb})") } else { String::new() };
                return (format!("{}{verb}", self.label(&q.kind.to_string(), q.at)), q.at);
            }
        }
        let group = list.wrapping_sub(self.event_list);
        if self.rtos.layout.lists.is_list(self.mem, list) && self.pointed.contains_key(&group) {
            return (self.label("event group", group), group);
        }
        (self.rtos.source.object(list).unwrap_or_else(|| format!("list {list:#010x}")), list)
    }

    /// Reads the queue at `at`, if the memory there can be one.
    pub fn read_queue(&self, at: u32) -> Option<Queue> {
        let (q, mem, lists) = (&self.queue, self.mem, &self.rtos.layout.lists);
        let word = |o: u32| mem.u32(at.wrapping_add(o));
        if !is_object(at) || ![q.send, q.receive].iter().all(|o| lists.is_list(mem, at.wrapping_add(*o))) {
            return None;
        }
        let (head, waiting, length, item_size) =
            (word(0)?, word(q.waiting)?, word(q.length)?, word(q.item_size)?);
        let kind = match (head, item_size) {
            (0, 0) => QueueKind::Mutex,
            (_, 0) => QueueKind::Semaphore,
            _ => QueueKind::Queue,
        };
        if length == 0
            || length > MAX_LENGTH
            || waiting > length
            || item_size > MAX_LENGTH
            || (head != 0 && !is_object(head & !3))
        {
            return None;
        }
        let owners = |o: u32| lists.walk(mem, at.wrapping_add(o)).items.iter().map(|i| i.owner).collect();
        let holder = word(q.holder).filter(|h| kind == QueueKind::Mutex && waiting == 0 && is_object(*h));
        Some(Queue {
            at,
            name: self.name(at),
            kind,
            waiting,
            length,
            item_size,
            holder,
            receivers: owners(q.receive),
            senders: owners(q.send),
        })
    }
}

/// Returns all queues, semaphores and mutexes that something points to or that are variables themselves, by address.
#[must_use]
pub fn queues(rtos: &Rtos, mem: &dyn ReadMemory, tasks: &Snapshot) -> Vec<Queue> {
    if rtos.layout.is_stale(mem) {
        return Vec::new();
    }
    let mut names = ObjectNames::new(rtos, mem);
    for (at, name) in rtos.source.of_type(&["StaticQueue_t", "StaticSemaphore_t", "Queue_t"]) {
        names.pointed.entry(at).or_insert(name);
    }
    let blockers = tasks.tasks.iter().filter_map(|t| match &t.state {
        super::TaskState::Blocked(b) => Some(b.at),
        _ => None,
    });
    let at: BTreeSet<u32> = blockers.chain(names.pointed.keys().copied()).collect();
    at.into_iter().filter_map(|at| names.read_queue(at)).take(MAX_OBJECTS).collect()
}

/// Returns the event groups that variables are or point to, by their types, and those that tasks wait for; by address.
#[must_use]
pub fn event_groups(rtos: &Rtos, mem: &dyn ReadMemory, tasks: &Snapshot) -> Vec<EventGroup> {
    if rtos.layout.is_stale(mem) {
        return Vec::new();
    }
    let mut names = ObjectNames::new(rtos, mem);
    let handles = rtos.source.of_type(&["EventGroupHandle_t", "EventGroup_t *"]);
    let handles = handles.into_iter().filter_map(|(at, name)| Some((mem.u32(at)?, name)));
    let whole = rtos.source.of_type(&["StaticEventGroup_t", "EventGroup_t"]);
    let mut found: BTreeSet<u32> = tasks.tasks.iter().filter_map(waits_for_group).collect();
    for (at, name) in handles.chain(whole).filter(|(at, _)| is_object(*at)) {
        names.pointed.entry(at).or_insert(name);
        found.insert(at);
    }
    found.into_iter().filter_map(|at| names.read_group(at)).take(MAX_OBJECTS).collect()
}

fn waits_for_group(task: &super::Task) -> Option<u32> {
    match &task.state {
        super::TaskState::Blocked(b) if b.what.starts_with("event group") => Some(b.at),
        _ => None,
    }
}

impl ObjectNames<'_> {
    /// Reads the event group at `at`, if the memory there can be one.
    fn read_group(&self, at: u32) -> Option<EventGroup> {
        let (list, lists) = (at.wrapping_add(self.event_list), &self.rtos.layout.lists);
        lists.is_list(self.mem, list).then(|| EventGroup {
            at,
            name: self.name(at),
            bits: self.mem.u32(at).unwrap_or(0),
            waiters: lists.walk(self.mem, list).items.iter().map(|i| i.owner).collect(),
        })
    }
}
