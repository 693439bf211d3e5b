//! Text tables of tasks, queues, timers and heaps.

use super::{EventGroup, Heap, HeapKind, Queue, RtosTimer, Snapshot, Task, TaskState};

/// Formats rows in columns, each as wide as its widest cell; the last one is not padded.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |c: usize| rows.iter().filter_map(|r| r.get(c)).map(String::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, w)| format!("{cell:w$}")).collect();
        cells.join("  ").trim_end().to_string() + "\n"
    };
    rows.iter().map(line).collect()
}

fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.iter().map(ToString::to_string).collect()
}

/// Formats a number of bytes: `1536`, `15.0K`, `1.5M`.
#[must_use]
pub fn bytes(n: u32) -> String {
    match n {
        0..10_240 => n.to_string(),
        10_240..1_048_576 => format!("{:.1}K", f64::from(n) / 1024.0),
        _ => format!("{:.1}M", f64::from(n) / 1_048_576.0),
    }
}

/// Returns the share of the cores' time of each task in percent, if the firmware counts it.
fn shares(tasks: &[Task]) -> Vec<Option<f64>> {
    let total: u64 = tasks.iter().filter_map(|t| t.run_time).fold(0, u64::saturating_add);
    let share = |t: &Task| t.run_time.filter(|_| total > 0).map(|r| 100.0 * r as f64 / total as f64);
    tasks.iter().map(share).collect()
}

/// Returns the table of `freertos tasks`.
#[must_use]
pub fn task_table(s: &Snapshot) -> String {
    let mut rows = vec![row(["NAME", "STATE", "PRIO", "BASE", "CORE", "STACK", "FREE-MIN", "CPU", "HANDLE"])];
    for (t, share) in s.tasks.iter().zip(shares(&s.tasks)) {
        let stack = match (t.stack.used(), t.stack.size()) {
            _ if t.stack.overflown() => "OVERFLOW".into(),
            (Some(used), Some(size)) => format!("{used}/{size}"),
            _ => "?".into(),
        };
        rows.push(vec![
            t.name.clone(),
            t.state.to_string(),
            t.priority.to_string(),
            t.base_priority.map_or("-".into(), |p| p.to_string()),
            t.affinity_text(),
            stack,
            t.stack.never_used.map_or("?".into(), |n| n.to_string()),
            share.map_or("-".into(), |p| format!("{p:.1}%")),
            format!("{:#010x}", t.tcb),
        ]);
    }
    let count = format!("{} tasks, tick {}\n", s.tasks.len(), s.tick);
    let remark = s.remark().map(|r| format!("note: {r}\n")).unwrap_or_default();
    if s.tasks.is_empty() { remark } else { table(&rows) + &count + &remark }
}

fn names(s: &Snapshot, tcbs: &[u32]) -> String {
    let name =
        |tcb: &u32| s.tasks.iter().find(|t| t.tcb == *tcb).map_or(format!("{tcb:#010x}"), |t| t.name.clone());
    if tcbs.is_empty() { "-".into() } else { tcbs.iter().map(name).collect::<Vec<_>>().join(" ") }
}

/// Returns the table of `freertos queues`.
#[must_use]
pub fn queue_table(s: &Snapshot, queues: &[Queue], groups: &[EventGroup]) -> String {
    let mut rows = vec![row(["HANDLE", "KIND", "FILL", "ITEM", "HOLDER", "RECEIVERS", "SENDERS", "NAME"])];
    for q in queues {
        rows.push(vec![
            format!("{:#010x}", q.at),
            q.kind.to_string(),
            format!("{}/{}", q.waiting, q.length),
            q.item_size.to_string(),
            q.holder.map_or("-".into(), |h| names(s, &[h])),
            names(s, &q.receivers),
            names(s, &q.senders),
            q.name.clone().unwrap_or_else(|| "-".into()),
        ]);
    }
    for g in groups {
        let mut line = row(["", "event group", "", "-", "-", "", "-", ""]);
        line[0] = format!("{:#010x}", g.at);
        line[2] = format!("{:#x}", g.bits);
        line[5] = names(s, &g.waiters);
        line[7] = g.name.clone().unwrap_or_else(|| "-".into());
        rows.push(line);
    }
    if rows.len() == 1 { "no queue is known: nothing points to one\n".into() } else { table(&rows) }
}

/// Returns the table of `freertos timers`; `name` returns a function's name.
#[must_use]
pub fn timer_table(now: u32, timers: &[RtosTimer], name: impl Fn(u32) -> String) -> String {
    let mut rows = vec![row(["NAME", "PERIOD", "EXPIRES", "RELOAD", "CALLBACK", "HANDLE"])];
    for t in timers {
        rows.push(vec![
            t.name.clone(),
            t.period.to_string(),
            format!("{} (in {})", t.expires, t.expires.wrapping_sub(now) as i32),
            if t.reload { "auto".into() } else { "once".into() },
            name(t.callback),
            format!("{:#010x}", t.at),
        ]);
    }
    if timers.is_empty() { "no timer runs\n".into() } else { table(&rows) }
}

/// Returns the names of the most used capabilities.
fn caps(caps: u32) -> String {
    const NAMES: [(u32, &str); 7] = [
        (0, "EXEC"),
        (1, "32BIT"),
        (2, "8BIT"),
        (3, "DMA"),
        (10, "SPIRAM"),
        (11, "INTERNAL"),
        (12, "DEFAULT"),
    ];
    let set: Vec<&str> =
        NAMES.iter().filter(|(bit, _)| caps >> bit & 1 != 0).map(|(_, name)| *name).collect();
    if set.is_empty() { "-".into() } else { set.join("|") }
}

/// Returns the table of `freertos heap`.
#[must_use]
pub fn heap_table(heaps: &[Heap]) -> String {
    let mut rows = vec![row(["REGION", "SIZE", "FREE", "LARGEST", "BLOCKS", "MIN-FREE", "KIND", "CAPS"])];
    for h in heaps {
        let kind = match h.kind {
            HeapKind::MultiHeap => "multi_heap",
            HeapKind::Tlsf => "tlsf",
            HeapKind::Heap4 => "heap_4",
        };
        rows.push(vec![
            format!("{:08x}-{:08x}", h.start, h.end),
            (h.end - h.start).to_string(),
            h.free.to_string(),
            h.largest.to_string(),
            h.blocks.to_string(),
            h.minimum.to_string(),
            kind.into(),
            caps(h.caps),
        ]);
    }
    let inconsistency: String =
        heaps.iter().filter_map(|h| h.inconsistency.as_ref()).map(|t| format!("note: {t}\n")).collect();
    if heaps.is_empty() { "no heap is initialised\n".into() } else { table(&rows) + &inconsistency }
}

impl TaskState {
    /// Returns the state in one word, for thread lists.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Running(_) => "running",
            Self::Ready => "ready",
            Self::Blocked(_) => "blocked",
            Self::Suspended => "suspended",
            Self::Deleted => "deleted",
            Self::Moving => "moving",
        }
    }
}
