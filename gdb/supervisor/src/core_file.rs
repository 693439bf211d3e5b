//! Reads the contents of a core file from a machine.

use crate::MachineMemory;
use esplens_debuginfo::coredump::{CoreFile, Thread};
use esplens_debuginfo::rtos::{self, Rtos};
use esplens_debuginfo::unwind::Context;
use esplens_soc::machine::{Machine, reg};
use esplens_soc::map;
use std::ops::Range;

/// Returns the memory in a core file: everything that is not in the application's ELF file.
fn memory_ranges() -> Vec<(Range<u32>, ())> {
    map::ranges(|r| r.is_writable_memory().then_some(()))
}

/// Reads a core file's contents from the machine's current state: all tasks, or the cores if there are no tasks. The
/// thread of `core`, which stopped last, comes first.
#[must_use]
pub fn capture(m: &Machine, rtos: Option<&Rtos>, core: usize) -> CoreFile {
    let mem = MachineMemory { machine: m, core };
    let live = |core: usize| {
        let mut context = Context::of_core(m.cpu(core), core);
        // LBEG, LEND, LCOUNT, SAR.
        for n in 0..4 {
            context.others.extend(m.core_register(core, reg::SR + n).map(|value| (reg::SR + n, value)));
        }
        context
    };
    let sp = std::array::from_fn(|c| Some(m.cpu(c).a(1)));
    let tasks = rtos.map(|r| (r, r.snapshot(&mem, sp))).filter(|(_, s)| s.started);
    let mut threads = Vec::new();
    for (r, task) in tasks.iter().flat_map(|(r, s)| s.tasks.iter().map(move |t| (r, t))) {
        let context = match task.core() {
            Some(core) => Some(live(core)),
            None => rtos::task_context(r, &mem, task.tcb).map(|c| c.0),
        };
        let context = context.unwrap_or_else(|| Context::of_window(0, 0, &[0; 16]));
        threads.push(Thread { id: task.tcb, name: Some(task.name.clone()), context });
    }
    for c in 0..rtos.map_or(2, |r| r.layout.cores) {
        if !threads.iter().any(|t| t.context.core == Some(c)) {
            threads.push(Thread { id: c as u32 + 1, name: None, context: live(c) });
        }
    }
    threads.sort_by_key(|t| match t.context.core {
        Some(c) if c == core => 0,
        Some(_) => 1,
        None => 2,
    });
    let memory = memory_ranges().into_iter().filter_map(|(range, ())| {
        let mut bytes = vec![0; range.len()];
        let n = mem.machine.peek(core, range.start, &mut bytes);
        bytes.truncate(n);
        (n > 0).then_some((range.start, bytes))
    });
    CoreFile { threads, memory: memory.collect() }
}
