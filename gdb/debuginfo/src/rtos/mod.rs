//! FreeRTOS, read from memory: tasks, queues, timers, heaps, at any instant and without the kernel's help.
//!
//! [`Rtos`] holds addresses from symbols and offsets from DWARF types, or known layouts if there are no types. Its
//! readers take memory as it is. Inconsistent data is reported, not shown. Detection of layouts:
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
pub use heap::{Heap, HeapBlock, HeapKind, heap_block, heaps};
pub use layout::{Layout, Tcb};
pub use list::Walk;
pub use objects::{EventGroup, Queue, QueueKind, event_groups, queues};
pub use select::TaskIs;
pub use show::{bytes, heap_table, queue_table, task_table, timer_table};
pub use source::{Addresses, SymbolSource, WANTED};
pub use tasks::{Blocker, Snapshot, Task, TaskStack, TaskState};
pub use timers::{RtosTimer, timers};

use crate::unwind::ReadMemory;
use std::sync::Arc;

/// A FreeRTOS kernel described by symbols.
#[derive(Clone)]
pub struct Rtos {
    /// Source of names and types.
    pub source: Arc<dyn SymbolSource>,
    /// Addresses and layouts of the kernel's data.
    pub layout: Layout,
}

impl Rtos {
    /// Finds the kernel that these symbols describe. Returns `None` if they describe none.
    #[must_use]
    pub fn find(source: Arc<dyn SymbolSource>) -> Option<Self> {
        let layout = Layout::find(&*source)?;
        Some(Self { source, layout })
    }

    /// Reads all tasks from the current contents of memory. `sp` is each core's stack pointer, for the stacks of
    /// running tasks.
    #[must_use]
    pub fn snapshot(&self, mem: &dyn ReadMemory, sp: [Option<u32>; 2]) -> Snapshot {
        tasks::snapshot(self, mem, sp)
    }

    /// Returns the TCB of the task that a core runs; `None` before its scheduler runs.
    #[must_use]
    pub fn running(&self, mem: &dyn ReadMemory, core: usize) -> Option<u32> {
        self.layout.running(mem, core)
    }
}
