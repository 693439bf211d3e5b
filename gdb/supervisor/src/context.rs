//! Task and function names for traced events.

use crate::MachineMemory;
use esplens_core::time::Ticks;
use esplens_debuginfo::rtos::{Rtos, Tcb};
use esplens_debuginfo::symbols::{SymbolStore, Symbols};
use esplens_debuginfo::unwind::ReadMemory;
use esplens_soc::machine::Machine;
use esplens_soc::trace::{TraceEvent, TraceLine};
use std::collections::HashMap;
use std::sync::Arc;

/// Maximum number of names of each kind in the cache; the cache is cleared beyond that.
const MOST: usize = 1 << 16;
/// Maximum length of a task name, in bytes.
const NAME: usize = 64;

/// Adds task and function names to traced events. It only peeks at memory and caches names: an event costs two table
/// lookups and a comparison of the cached task name with memory.
pub(super) struct Context {
    store: Arc<SymbolStore>,
    /// Symbols that `functions` was filled from.
    symbols: Arc<Symbols>,
    functions: HashMap<u32, Option<Arc<str>>>,
    kernel: Option<Arc<Rtos>>,
    /// The kernel's control block layout, once it is known from memory or types.
    tcb: Option<Tcb>,
    /// Task names by control block address: the bytes in memory and the decoded name.
    tasks: HashMap<u32, ([u8; NAME], Arc<str>)>,
    /// Set after a reset: memory still holds the tasks from before it until the firmware clears its variables.
    left_over: bool,
    /// Time at which the scheduler was first seen running. Before that no task runs, although the kernel may have
    /// selected one.
    started: Option<Ticks>,
    /// `started` before the last reset, and the time of that reset: events from before a reset can be processed after
    /// it.
    before: Option<(Ticks, Ticks)>,
}

impl Context {
    pub fn new(store: Arc<SymbolStore>) -> Self {
        Self {
            store,
            symbols: Arc::default(),
            functions: HashMap::new(),
            kernel: None,
            tcb: None,
            tasks: HashMap::new(),
            left_over: false,
            started: None,
            before: None,
        }
    }

    /// Sets the kernel whose tasks run from now on.
    pub fn set_kernel(&mut self, kernel: Option<Arc<Rtos>>) {
        (self.kernel, self.tcb, self.started, self.before) = (kernel, None, None, None);
        self.tasks.clear();
    }

    /// Handles a reset of the chip at time `at`.
    pub fn reset(&mut self, at: Ticks) {
        self.before = self.started.take().map(|started| (started, at));
        self.left_over = true;
    }

    /// Handles a jump of the machine in time (restored snapshot, reverse execution).
    pub fn restored(&mut self) {
        (self.left_over, self.started, self.before) = (false, None, None);
    }

    /// Checks whether the scheduler runs; called after each slice.
    pub fn update(&mut self, machine: &Machine) {
        let (None, Some(kernel)) = (self.started, &self.kernel) else { return };
        if self.left_over && (0..2).all(|core| machine.current_task(core) == 0) {
            self.left_over = false;
        }
        if !self.left_over && kernel.layout.started(&MachineMemory { machine, core: 0 }) {
            self.started = Some(machine.now());
        }
    }

    /// Adds the name of the task with the control block `line.tcb` and of the function at `line.pc`. Clears `line.tcb`
    /// if the scheduler did not run at that time.
    pub fn add(&mut self, machine: &Machine, line: &mut TraceLine) {
        if line.event != TraceEvent::TaskSwitch && !self.tasks_ran(line.at) {
            line.tcb = 0;
        }
        line.task = self.task(machine, line.tcb);
        line.symbol = self.function(line.pc);
    }

    fn tasks_ran(&self, at: Ticks) -> bool {
        self.started.is_some_and(|started| at >= started)
            || self.before.is_some_and(|(started, reset)| started <= at && at <= reset)
    }

    fn function(&mut self, pc: u32) -> Option<Arc<str>> {
        if pc == 0 {
            return None;
        }
        let symbols = self.store.current();
        if !Arc::ptr_eq(&symbols, &self.symbols) || self.functions.len() >= MOST {
            self.functions.clear();
            self.symbols = symbols;
        }
        let find = || self.symbols.function_at(pc).map(|s| s.with_offset(pc).into());
        self.functions.entry(pc).or_insert_with(find).clone()
    }

    fn task(&mut self, machine: &Machine, tcb: u32) -> Option<Arc<str>> {
        let kernel = self.kernel.as_ref().filter(|_| tcb != 0)?;
        let mem = MachineMemory { machine, core: 0 };
        if self.tcb.is_none() {
            self.tcb = kernel.layout.tcb(&mem);
        }
        let t = self.tcb?;
        let mut bytes = [0; NAME];
        let len = NAME.min(t.name_len as usize);
        let n = mem.peek(tcb.wrapping_add(t.name), &mut bytes[..len]);
        let known = self.tasks.get(&tcb);
        if let Some((_, name)) = known.filter(|(was, _)| *was == bytes) {
            return Some(name.clone());
        }
        let Some(name) = text(&bytes[..n]) else {
            // The task was deleted and its memory overwritten.
            let what = || format!("{tcb:#010x}").into();
            return Some(known.map_or_else(what, |(_, name)| name.clone()));
        };
        if self.tasks.len() >= MOST {
            self.tasks.clear();
        }
        self.tasks.insert(tcb, (bytes, name.clone()));
        Some(name)
    }
}

/// Decodes a task name; returns `None` if the bytes are not plausible.
fn text(bytes: &[u8]) -> Option<Arc<str>> {
    let name = std::str::from_utf8(bytes.split(|b| *b == 0).next()?).ok()?;
    (!name.is_empty() && !name.contains(char::is_control)).then(|| name.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_at_its_zero_and_garbage_is_none() {
        assert_eq!(text(b"main\0\xA5\xA5").as_deref(), Some("main"));
        assert_eq!(text(b"sixteen letters!").as_deref(), Some("sixteen letters!"));
        assert_eq!(text("größe\0".as_bytes()).as_deref(), Some("größe"));
        for bytes in [&b""[..], b"\0main", b"\x01\x02\0", b"\xFE\xFF\0"] {
            assert_eq!(text(bytes), None, "{bytes:?}");
        }
    }
}
