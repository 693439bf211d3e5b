//! GDB's threads: FreeRTOS tasks once the scheduler runs; the cores before that, without symbols, or on request
//! (`monitor threads cores`).
//!
//! A task's thread ID is the address of its control block, as in OpenOCD; a core's is its number plus 1. No state is
//! kept between packets: the running tasks are read from memory for each request.

use super::selected_threads::SelectedThreads;
use super::xtensa::{self, table};
use esplens_core::memory::CORES;
use esplens_debuginfo::rtos::{self, Rtos};
use esplens_debuginfo::unwind::exception::Form;
use esplens_debuginfo::unwind::{Context, Words};
use esplens_soc::machine::{Machine, reg};
use esplens_supervisor::{MachineMemory, Session};
use gdbstub::common::Tid;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// Thread settings of a connection.
#[derive(Clone, Default)]
pub struct ThreadView {
    /// Threads are the cores, independently of the tasks that run on them.
    pub cores: bool,
    /// The kernel, if symbols describe one.
    pub rtos: Option<Arc<Rtos>>,
    /// Tasks with a core's thread ID: the client attached to the core before the kernel was known, and its current
    /// thread must not vanish.
    pub kept: [Option<u32>; CORES],
    /// Threads that the client may have selected although they no longer exist.
    pub selected: SelectedThreads,
}

/// State of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadState {
    /// Running on this core.
    Core(usize),
    /// Not running; address of its control block.
    Task(u32),
}

/// A line of `info threads`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadLine {
    /// Thread ID.
    pub tid: Tid,
    /// Core on which it runs.
    pub core: Option<usize>,
    /// Name.
    pub name: String,
    /// State.
    pub state: String,
}

/// Returns the thread ID of a core: 1 for PRO_CPU, 2 for APP_CPU.
pub fn core_tid(core: usize) -> Tid {
    NonZeroUsize::MIN.saturating_add(core)
}

impl ThreadView {
    fn kernel(&self) -> Option<&Rtos> {
        self.rtos.as_deref().filter(|_| !self.cores)
    }

    /// Returns true if threads are tasks once the scheduler runs; otherwise thread IDs can be computed without the
    /// machine.
    pub fn has_tasks(&self) -> bool {
        self.kernel().is_some()
    }

    /// Returns the thread that a core runs.
    pub fn on_core(&self, m: &Machine, core: usize) -> Tid {
        self.task_on(m, core).and_then(|tcb| self.task_tid(tcb)).unwrap_or_else(|| core_tid(core))
    }

    /// Returns the control block of the task that a core runs.
    pub fn task_on(&self, m: &Machine, core: usize) -> Option<u32> {
        self.kernel()?.running(&MachineMemory { machine: m, core }, core)
    }

    fn task_tid(&self, tcb: u32) -> Option<Tid> {
        let kept = self.kept.iter().position(|k| *k == Some(tcb));
        kept.map(core_tid).or_else(|| NonZeroUsize::new(tcb as usize))
    }

    /// Returns the state of a thread, or `None` if it does not exist.
    pub fn place(&self, m: &Machine, tid: Tid) -> Option<ThreadState> {
        let id = u32::try_from(tid.get()).ok()?;
        let mem = MachineMemory { machine: m, core: 0 };
        let started = self.kernel().is_some_and(|r| r.layout.started(&mem));
        let tcb = match self.kept.get(tid.get() - 1) {
            Some(Some(tcb)) if started => *tcb,
            Some(_) => return Some(ThreadState::Core(tid.get() - 1)),
            None => id,
        };
        if let Some(core) = (0..CORES).find(|core| self.task_on(m, *core) == Some(tcb)) {
            return Some(ThreadState::Core(core));
        }
        // GDB may ask about a task that was deleted; it is treated as a task if its memory is readable.
        let there = started && mem.u32(tcb).is_some();
        // After a reset there are no tasks, but GDB still has one selected until the next stop: show the core instead.
        let running = |core: usize| if m.soc().sys.cores[core].held() { 0 } else { core };
        let stood = || self.selected.core(tid).map(|core| ThreadState::Core(running(core)));
        there.then_some(ThreadState::Task(tcb)).or_else(stood)
    }

    /// Returns the core whose address map is used for this thread's memory accesses.
    pub fn memory_core(&self, m: &Machine, tid: Tid) -> usize {
        if let Some(ThreadState::Core(core)) = self.place(m, tid) { core } else { 0 }
    }

    /// Returns all threads, running ones first.
    pub fn list(&self, m: &Machine) -> Vec<ThreadLine> {
        let mem = MachineMemory { machine: m, core: 0 };
        let sp = std::array::from_fn(|c| Some(m.cpu(c).a(1)));
        let tasks = self.kernel().map(|r| r.snapshot(&mem, sp)).filter(|s| s.started).unwrap_or_default();
        let mut lines: Vec<ThreadLine> = tasks
            .tasks
            .iter()
            .filter_map(|t| {
                let tid = self.task_tid(t.tcb)?;
                Some(ThreadLine { tid, core: t.core(), name: t.name.clone(), state: t.state.to_string() })
            })
            .collect();
        lines.sort_by_key(|l| l.core.unwrap_or(CORES));
        let kernel_cores = self.kernel().filter(|_| !lines.is_empty()).map_or(CORES, |r| r.layout.cores);
        let mut at = 0;
        for core in 0..kernel_cores {
            if lines.iter().any(|l| l.core == Some(core) || l.tid == core_tid(core)) {
                at += 1;
                continue;
            }
            let status = m.core_status(core);
            let name = status.split(' ').next().unwrap_or_default().to_string();
            let state = status[name.len()..].trim().trim_matches(['(', ')']).to_string();
            lines.insert(at, ThreadLine { tid: core_tid(core), core: Some(core), name, state });
            at += 1;
        }
        lines
    }

    /// Returns the registers of a task that is not running.
    fn context(&self, m: &Machine, tcb: u32) -> Option<(Context, Form)> {
        let (rtos, mem) = (self.kernel()?, MachineMemory { machine: m, core: 0 });
        let (mut context, form) = rtos::task_context(rtos, &mem, tcb)?;
        if !context.others.contains_key(&reg::F0)
            && let Some(core) = rtos::fpu_owner(rtos, &mem, tcb)
        {
            let numbers = (reg::F0..reg::F0 + 16).chain([reg::UR + 232, reg::UR + 233]);
            let live = numbers.filter_map(|n| Some((n, m.core_register(core, n)?)));
            context.others.extend(live);
        }
        Some((context, form))
    }

    /// Reads registers of a thread by GDB's numbers; registers that were not saved read as 0. Returns `None` if the
    /// thread does not exist.
    pub fn read(&self, m: &Machine, tid: Tid, numbers: impl Iterator<Item = usize>) -> Option<Vec<u64>> {
        match self.place(m, tid)? {
            ThreadState::Core(core) => Some(numbers.map(|n| xtensa::read(m, core, n).unwrap_or(0)).collect()),
            ThreadState::Task(tcb) => {
                let context = self.context(m, tcb);
                Some(numbers.map(|n| context.as_ref().map_or(0, |c| saved(&c.0, n))).collect())
            }
        }
    }

    /// Writes a register of a thread. Returns false if it is not saved in memory or if the thread does not exist.
    pub fn write(&self, s: &mut Session, tid: Tid, number: usize, value: u64) -> bool {
        let tcb = match self.place(s.machine(), tid) {
            Some(ThreadState::Core(core)) => {
                return xtensa::write(s.machine_mut(), core, number, value).is_some();
            }
            Some(ThreadState::Task(tcb)) => tcb,
            None => return false,
        };
        let Some((context, form)) = self.context(s.machine(), tcb) else { return false };
        if saved(&context, number) == value {
            return true;
        }
        let a = |n: usize| (n < 16).then_some(n as u32);
        let ar = number
            .checked_sub(1)
            .filter(|_| number <= 16)
            .or_else(|| number.checked_sub(table::A0))
            .and_then(a);
        let offset = match (form, ar) {
            (Form::Interrupt, Some(n)) => 12 + 4 * n,
            (Form::Interrupt, None) if number == 0 => 4,
            (Form::Demo, Some(n)) => 4 * n,
            (Form::Demo, None) if number == 0 => 68,
            _ => return false,
        };
        let at = MachineMemory { machine: s.machine(), core: 0 }.u32(tcb).map(|top| top.wrapping_add(offset));
        at.is_some_and(|at| s.machine_mut().write_memory(0, at, &(value as u32).to_le_bytes()) == 4)
    }

    /// Returns the address at which a task that is not running will continue; a pending step waits there.
    pub fn resumes_at(&self, m: &Machine, tid: Tid) -> Option<u32> {
        let Some(ThreadState::Task(tcb)) = self.place(m, tid) else { return None };
        self.context(m, tcb).map(|c| c.0.pc)
    }

    /// Returns the condition that the task of a thread runs.
    pub fn condition(&self, m: &Machine, tid: Tid) -> Option<esplens_supervisor::Condition> {
        let mem = MachineMemory { machine: m, core: 0 };
        let Some(ThreadState::Task(tcb)) = self.place(m, tid) else { return None };
        let task = self.kernel()?.task_is(&mem, &format!("{tcb:#x}"))?;
        Some(esplens_supervisor::Condition::Task(task))
    }
}

/// Reads a register of a saved context by GDB's number.
fn saved(c: &Context, number: usize) -> u64 {
    let raw = |n: usize| -> u32 {
        match table::RAW[n].target {
            reg::PC => c.pc,
            reg::PS => c.ps,
            target @ 0x0100..=0x013F => c.ar[usize::from(target - 0x100)],
            0x0248 => c.windowbase,
            0x0249 => c.windowstart,
            target => c.others.get(&target).copied().unwrap_or(0),
        }
    };
    xtensa::compose(number, raw).unwrap_or(0)
}

/// Kernel symbols looked up by GDB, one of [`rtos::WANTED`] after the other.
#[derive(Default)]
pub struct Asking {
    next: usize,
    found: rtos::Addresses,
}

impl Asking {
    /// Handles `qSymbol:VALUE:NAME`, with an empty VALUE for a name that GDB does not know, or `qSymbol::` at the
    /// start. Returns the next request, or `None` after the last one.
    pub fn answer(&mut self, packet: &str) -> Option<String> {
        let mut parts = packet.split(':').skip(1);
        let value = parts.next().and_then(|v| u32::from_str_radix(v, 16).ok());
        if packet == "qSymbol::" {
            *self = Self::default();
        } else if let (Some(value), Some(name)) = (value, rtos::WANTED.get(self.next.wrapping_sub(1))) {
            self.found.0.insert((*name).into(), value);
        }
        let name = rtos::WANTED.get(self.next)?;
        self.next += 1;
        Some(format!("qSymbol:{}", super::frame::to_hex(name.as_bytes())))
    }

    /// Returns the kernel described by the symbols.
    pub fn kernel(&mut self) -> Option<Rtos> {
        Rtos::find(Arc::new(std::mem::take(&mut self.found)))
    }
}
