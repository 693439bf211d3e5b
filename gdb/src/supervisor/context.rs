//! Task and function of traced lines, in words.

use crate::rtos::{Rtos, Tcb};
use crate::symbols::{SymbolStore, Symbols};
use crate::unwind::{MachineMemory, Memory};
use esplens_core::time::Ticks;
use esplens_soc::machine::Machine;
use esplens_soc::trace::{Event, Line};
use std::collections::HashMap;
use std::sync::Arc;

/// Most names kept of each kind; beyond that all are looked up anew.
const MOST: usize = 1 << 16;
/// Longest name of a task that is read, in bytes.
const NAME: usize = 64;

/// Adds task and function to traced lines. It reads memory by peeks alone and keeps what it found: a line costs two
/// lookups by number, and a comparison of the task's name with what memory holds now.
pub(super) struct Context {
    store: Arc<SymbolStore>,
    /// What `functions` were found in.
    symbols: Arc<Symbols>,
    functions: HashMap<u32, Option<Arc<str>>>,
    kernel: Option<Arc<Rtos>>,
    /// The kernel's control blocks, once memory or types have told.
    tcb: Option<Tcb>,
    /// By control block: the bytes of the name, and the name.
    tasks: HashMap<u32, ([u8; NAME], Arc<str>)>,
    /// After a reset memory still shows the tasks from before it, until the firmware clears its variables.
    left_over: bool,
    /// When the scheduler was seen running: what was before is nobody's, though the kernel may have chosen a task.
    started: Option<Ticks>,
    /// The same before the last reset, and when that was: its last lines come here after it.
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

    /// The kernel whose tasks run from now on.
    pub fn set_kernel(&mut self, kernel: Option<Arc<Rtos>>) {
        (self.kernel, self.tcb, self.started, self.before) = (kernel, None, None, None);
        self.tasks.clear();
    }

    /// The chip was reset.
    pub fn reset(&mut self, at: Ticks) {
        self.before = self.started.take().map(|started| (started, at));
        self.left_over = true;
    }

    /// The machine went elsewhere in time.
    pub fn restored(&mut self) {
        (self.left_over, self.started, self.before) = (false, None, None);
    }

    /// Looks whether tasks run meanwhile; called after each slice of time.
    pub fn look(&mut self, machine: &Machine) {
        let (None, Some(kernel)) = (self.started, &self.kernel) else { return };
        if self.left_over && (0..2).all(|core| machine.current_task(core) == 0) {
            self.left_over = false;
        }
        if !self.left_over && kernel.layout.started(&MachineMemory { machine, core: 0 }) {
            self.started = Some(machine.now());
        }
    }

    /// Names the task whose control block is at `line.tcb` and the function around `line.pc`. A control block from
    /// before the scheduler runs is taken out of the line.
    pub fn add(&mut self, machine: &Machine, line: &mut Line) {
        if line.event != Event::TaskSwitch && !self.tasks_ran(line.at) {
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
            // Deleted since, and its memory overwritten.
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

/// A task's name, if it can be one.
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
