//! Facts from the machine's state that a panic's text does not contain.

use crate::MachineMemory;
use esplens_debuginfo::rtos::{Rtos, Task};
use esplens_debuginfo::unwind::{ReadMemory, Words};
use esplens_soc::machine::Machine;
use std::collections::BTreeMap;

/// Names of kernel locks, used if no type is known: ESP-IDF's of all versions, the SMP kernels', the demo's.
const LOCKS: [&str; 7] = [
    "xKernelLock",
    "xTaskQueueMutex",
    "xISRLock",
    "xTaskLock",
    "xStateLock",
    "port_task_lock",
    "port_isr_lock",
];

/// Describes the machine when `core` panics: the running tasks, how much of their stacks was used, and which core holds
/// which lock.
#[must_use]
pub fn live(m: &Machine, rtos: Option<&Rtos>, core: usize) -> Vec<String> {
    let Some(rtos) = rtos else { return Vec::new() };
    let mem = MachineMemory { machine: m, core };
    let tasks = rtos.snapshot(&mem, std::array::from_fn(|c| Some(m.cpu(c).a(1))));
    let mut out: Vec<String> = tasks.tasks.iter().filter_map(running).collect();
    out.sort_by_key(|l| !l.contains(&format!("on core {core}")));
    if !tasks.started && !rtos.layout.boots(&mem, 0) {
        out.push("the scheduler does not run yet".into());
    }
    let typed = rtos.source.of_type(&["portMUX_TYPE", "spinlock_t"]);
    let known = LOCKS.iter().filter_map(|n| Some((rtos.source.symbol(n)?.0, (*n).to_string())));
    let locks: BTreeMap<u32, String> = typed.into_iter().chain(known).collect();
    out.extend(locks.into_iter().filter_map(|(at, name)| held(&mem, at, &name)));
    out
}

fn running(t: &Task) -> Option<String> {
    let core = t.core()?;
    let stack = match (t.stack.size(), t.stack.never_used) {
        (Some(size), Some(0)) => format!("its stack of {size} bytes was full at least once"),
        (Some(size), Some(free)) => {
            format!("{} of {size} bytes of its stack were ever used", size.saturating_sub(free))
        }
        _ => "stack unknown".into(),
    };
    Some(format!("task {} on core {core}: {stack}", t.name))
}

/// Describes a held spinlock. Its owner is a PRID in ESP-IDF, the core number plus 1 in the demo.
fn held(mem: &dyn ReadMemory, at: u32, name: &str) -> Option<String> {
    let core = match mem.u32(at)? {
        0xCDCD | 1 => 0,
        0xABAB | 2 => 1,
        _ => return None,
    };
    Some(format!("lock {name} is held by core {core}"))
}
