//! `freertos tasks|queues|timers|heap`.

use super::{Error, Result};
use crate::rtos::{self, Rtos, Snapshot};
use crate::supervisor::Handle;
use crate::unwind::MachineMemory;
use clap::{Args, Subcommand};
use esplens_soc::machine::Machine;
use std::sync::Arc;

/// FreeRTOS as it is in memory.
#[derive(Debug, Args)]
pub struct FreeRtos {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Copy, Debug, Subcommand)]
enum What {
    /// Tasks: state, priority, stack, CPU share.
    Tasks,
    /// Queues, semaphores, mutexes, event groups: fill, holder, who waits.
    Queues,
    /// Software timers.
    Timers,
    /// Heap regions.
    Heap,
}

/// The kernel, or why there is none.
pub fn kernel(handle: &Handle) -> std::result::Result<Arc<Rtos>, Error> {
    let without = if !handle.symbols().current().is_empty() {
        "the symbols name no FreeRTOS"
    } else {
        "no symbols are loaded: --elf FILE names them"
    };
    handle.rtos().ok_or_else(|| Error::User(without.into()))
}

/// The tasks of a machine.
pub fn tasks(rtos: &Rtos, m: &Machine) -> Snapshot {
    let mem = MachineMemory { machine: m, core: 0 };
    rtos.snapshot(&mem, std::array::from_fn(|core| Some(m.cpu(core).a(1))))
}

impl FreeRtos {
    pub fn run(&self, handle: &Handle) -> Result {
        let (rtos, what) = (kernel(handle)?, self.what);
        Ok(handle.call(move |s| tell(&rtos, s.machine(), what))?)
    }
}

fn tell(rtos: &Rtos, m: &Machine, what: What) -> String {
    let mem = MachineMemory { machine: m, core: 0 };
    let tasks = tasks(rtos, m);
    match what {
        What::Tasks => rtos::task_table(&tasks),
        What::Queues => {
            let (queues, groups) = (rtos::queues(rtos, &mem, &tasks), rtos::event_groups(rtos, &mem, &tasks));
            rtos::queue_table(&tasks, &queues, &groups)
        }
        What::Timers => {
            let (timers, torn) = rtos::timers(rtos, &mem);
            let name = |pc| rtos.source.function(pc).map_or(format!("{pc:#010x}"), |f| f.0);
            let torn = torn.map(|t| format!("note: {t}\n")).unwrap_or_default();
            rtos::timer_table(tasks.tick, &timers, name) + &torn
        }
        What::Heap => rtos::heap_table(&rtos::heaps(rtos, &mem)),
    }
}
