//! Condition on the running task, evaluated at each hit of a breakpoint or watchpoint.

use super::list::is_object;
use super::{Layout, Rtos, Snapshot};
use crate::unwind::{ReadMemory, Words};
use esplens_core::cpu::Cpu;
use esplens_core::isa::{self, Op};

/// A task by name or handle, with the data to recognise it. A name also matches tasks created later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskIs {
    /// Kernel layout, to find the running task.
    layout: Layout,
    /// Name; ignored if there is a handle.
    name: String,
    /// Offset and length of the name in a control block.
    name_at: (u32, u32),
    /// Handle.
    tcb: Option<u32>,
    /// Address of a word per core that is not 0 in interrupt handlers.
    nesting: Option<u32>,
}

impl Rtos {
    /// Returns the condition for the task called `name`, or with this handle (0x...). Returns `None` if the types do
    /// not give the offset of names and no task exists.
    #[must_use]
    pub fn task_is(&self, mem: &dyn ReadMemory, name: &str) -> Option<TaskIs> {
        let layout = self.layout.tcb(mem)?;
        let tcb = name.strip_prefix("0x").and_then(|h| u32::from_str_radix(h, 16).ok());
        let nesting =
            ["port_interruptNesting", "port_isr_depth"].into_iter().find_map(|n| self.source.symbol(n));
        Some(TaskIs {
            layout: self.layout.clone(),
            name: name.into(),
            name_at: (layout.name, layout.name_len),
            tcb,
            nesting: nesting.map(|s| s.0),
        })
    }
}

impl TaskIs {
    fn matches(&self, mem: &dyn ReadMemory, tcb: u32) -> bool {
        match self.tcb {
            Some(wanted) => wanted == tcb,
            None => {
                let (at, len) = self.name_at;
                is_object(tcb) && mem.text(tcb.wrapping_add(at), len as usize).as_deref() == Some(&self.name)
            }
        }
    }

    /// Returns true while the core runs the task itself. `mem` is memory as that core sees it.
    #[must_use]
    pub fn runs(&self, mem: &dyn ReadMemory, core: usize) -> bool {
        let word = 4 * core as u32;
        let handler = self.nesting.and_then(|at| mem.u32(at + word)).is_some_and(|n| n != 0);
        !handler && self.layout.running(mem, core).is_some_and(|tcb| self.matches(mem, tcb))
    }

    /// Returns true if the store at a core's PC stores the task's handle. `mem` is memory as that core sees it.
    #[must_use]
    pub fn is_stored(&self, mem: &dyn ReadMemory, cpu: &Cpu) -> bool {
        let insn = mem.bytes::<3>(cpu.pc).and_then(|[a, b, c]| isa::decode(u32::from_le_bytes([a, b, c, 0])));
        insn.filter(|i| matches!(i.op, Op::S32i | Op::S32iN)).is_some_and(|i| self.matches(mem, cpu.a(i.t)))
    }

    /// Returns the variable that a task switch writes: address and bytes.
    #[must_use]
    pub fn switched_by(&self, cores: usize) -> (u32, u32) {
        (self.layout.current, 4 * cores as u32)
    }
}

impl Snapshot {
    /// Returns the names of all tasks, for messages.
    #[must_use]
    pub fn names(&self) -> String {
        self.tasks.iter().map(|t| t.name.as_str()).collect::<Vec<_>>().join(", ")
    }
}
