//! FreeRTOS, read from memory: tasks, queues, timers, heaps, at any instant and without the kernel's help.
//!
//! [`Rtos`] knows where things are: addresses from symbols, offsets from DWARF types, known layouts where there are
//! none. Its readers take memory as it is; what does not fit together is said, not shown. How layouts are told apart:
//! docs/decisions/freertos-layout.md.

mod context;
mod heap;
mod layout;
mod list;
mod objects;
mod select;
mod show;
mod source;
mod tasks;
#[cfg(test)]
mod tests;
mod timers;

pub use context::{backtrace, core_backtrace, fpu_owner, task_context};
pub use heap::{Block, Heap, Kind as HeapKind, heap_block, heaps};
pub use layout::{Layout, Tcb};
pub use list::Walk;
pub use objects::{EventGroup, Queue, QueueKind, event_groups, queues};
pub use select::TaskIs;
pub use show::{bytes, heap_table, queue_table, task_table, timer_table};
pub use source::{Addresses, Source, WANTED};
pub use tasks::{Blocker, Snapshot, Stack, State, Task};
pub use timers::{Timer, timers};

use crate::unwind::Memory;
use std::sync::Arc;

/// A FreeRTOS kernel that symbols name.
#[derive(Clone)]
pub struct Rtos {
    /// Where names and types come from.
    pub source: Arc<dyn Source>,
    /// Where things are.
    pub layout: Layout,
}

impl Rtos {
    /// The kernel that these symbols describe. `None`: they name none.
    #[must_use]
    pub fn find(source: Arc<dyn Source>) -> Option<Self> {
        let layout = Layout::find(&*source)?;
        Some(Self { source, layout })
    }

    /// All tasks as memory has them now. `sp` is each core's stack pointer, for the stacks of running tasks.
    #[must_use]
    pub fn snapshot(&self, mem: &dyn Memory, sp: [Option<u32>; 2]) -> Snapshot {
        tasks::snapshot(self, mem, sp)
    }

    /// The TCB of the task that a core runs; `None` before its scheduler runs.
    #[must_use]
    pub fn running(&self, mem: &dyn Memory, core: usize) -> Option<u32> {
        self.layout.running(mem, core)
    }
}
