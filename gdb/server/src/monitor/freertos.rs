//! `freertos tasks|queues|timers|heap`.

use super::{Error, Result};
use clap::{Args, Subcommand};
use esplens_core::time::{TICKS_PER_SEC, TICKS_PER_US, Ticks};
use esplens_debuginfo::rtos::{self, Rtos, Snapshot};
use esplens_debuginfo::symbols::FileRole;
use esplens_soc::machine::Machine;
use esplens_supervisor::{Handle, MachineMemory};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Shows FreeRTOS objects, read from memory.
#[derive(Debug, Args)]
pub struct FreeRtos {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Copy, Debug, Subcommand)]
enum What {
    /// Tasks: state, priority, stack, CPU share.
    Tasks,
    /// Queues, semaphores, mutexes, event groups: fill level, holder, waiting tasks.
    Queues,
    /// Software timers.
    Timers,
    /// Heap regions.
    Heap,
}

/// Returns the kernel, or an error that explains why none is known.
pub fn kernel(handle: &Handle) -> std::result::Result<Arc<Rtos>, Error> {
    // The mask ROM's symbols are always loaded.
    let without = if handle.symbols().has(FileRole::App) {
        "no FreeRTOS was found in the symbols"
    } else {
        "no ELF file of an application is loaded: use --elf FILE or symbol-file FILE"
    };
    handle.rtos().ok_or_else(|| Error::User(without.into()))
}

/// Returns the tasks of a machine.
pub fn tasks(rtos: &Rtos, m: &Machine) -> Snapshot {
    let mem = MachineMemory { machine: m, core: 0 };
    rtos.snapshot(&mem, std::array::from_fn(|core| Some(m.cpu(core).a(1))))
}

impl FreeRtos {
    pub fn run(&self, handle: &Handle) -> Result {
        let rtos = kernel(handle)?;
        let tell = match self.what {
            What::Tasks => return task_list(&rtos, handle),
            What::Queues => queue_list,
            What::Timers => timer_list,
            What::Heap => heap_list,
        };
        Ok(handle.call(move |s| tell(&rtos, s.machine()))?)
    }
}

fn queue_list(rtos: &Rtos, m: &Machine) -> String {
    let (mem, tasks) = (MachineMemory { machine: m, core: 0 }, tasks(rtos, m));
    let (queues, groups) = (rtos::queues(rtos, &mem, &tasks), rtos::event_groups(rtos, &mem, &tasks));
    rtos::queue_table(&tasks, &queues, &groups)
}

fn timer_list(rtos: &Rtos, m: &Machine) -> String {
    let (timers, inconsistency) = rtos::timers(rtos, &MachineMemory { machine: m, core: 0 });
    let name = |pc| rtos.source.function(pc).map_or(format!("{pc:#010x}"), |f| f.0);
    let inconsistency = inconsistency.map(|t| format!("note: {t}\n")).unwrap_or_default();
    rtos::timer_table(tasks(rtos, m).tick, &timers, name) + &inconsistency
}

fn heap_list(rtos: &Rtos, m: &Machine) -> String {
    rtos::heap_table(&rtos::heaps(rtos, &MachineMemory { machine: m, core: 0 }))
}

/// Virtual time for which CPU time is measured before the first output, while the machine runs.
const WATCHED: Ticks = 200_000 * TICKS_PER_US;
/// Maximum host time for the same.
const TIMEOUT: Duration = Duration::from_millis(500);

/// Returns the task table. If the firmware does not measure its tasks' CPU time, the supervisor does from the first
/// call on.
fn task_list(rtos: &Arc<Rtos>, handle: &Handle) -> Result {
    let counts = rtos.layout.tcb.is_some_and(|t| t.run_time.is_some());
    let end = Instant::now() + TIMEOUT;
    while !counts && Instant::now() < end {
        let more = handle.call(|s| {
            let (now, running) = (s.machine().now(), s.is_running());
            running && now.saturating_sub(s.usage().since) < WATCHED
        })?;
        if !more {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let rtos = rtos.clone();
    Ok(handle.call(move |s| {
        let mut tasks = tasks(&rtos, s.machine());
        if counts {
            return rtos::task_table(&tasks);
        }
        let now = s.machine().now();
        let usage = s.usage();
        let times = usage.times(now);
        for task in &mut tasks.tasks {
            task.run_time = Some(times.get(&task.tcb).copied().unwrap_or(0));
        }
        let counted = if tasks.tasks.is_empty() { String::new() } else { since(usage.since, now) };
        rtos::task_table(&tasks) + &counted
    })?)
}

/// Returns a note about the CPU column.
fn since(since: Ticks, now: Ticks) -> String {
    if since == now {
        return "note: CPU is counted from now on, the firmware does not count it\n".into();
    }
    let seconds = now.saturating_sub(since) as f64 / TICKS_PER_SEC as f64;
    format!("note: CPU over the last {seconds:.3} s, counted by esplens\n")
}
