//! One task, to be told at any hit of a point.

use super::list::is_object;
use super::{Layout, Rtos, Snapshot};
use crate::unwind::{MachineMemory, Words};
use esplens_core::isa::{self, Op};
use esplens_soc::machine::Machine;

/// A task by name or handle, with what it takes to recognise it. A name also means tasks created later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskIs {
    /// Who runs.
    layout: Layout,
    /// Name; empty where the handle counts.
    name: String,
    /// Where a control block has its name, and how long it is.
    name_at: (u32, u32),
    /// Handle.
    tcb: Option<u32>,
    /// A word a core that is not 0 in interrupt handlers.
    nesting: Option<u32>,
}

impl Rtos {
    /// The task called `name`, or with this handle (0x...). `None`: no type tells where names are, and no task exists.
    #[must_use]
    pub fn task_is(&self, mem: &dyn crate::unwind::Memory, name: &str) -> Option<TaskIs> {
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
    fn matches(&self, mem: &MachineMemory, tcb: u32) -> bool {
        match self.tcb {
            Some(wanted) => wanted == tcb,
            None => {
                let (at, len) = self.name_at;
                is_object(tcb) && mem.text(tcb.wrapping_add(at), len as usize).as_deref() == Some(&self.name)
            }
        }
    }

    /// True while the core runs the task itself.
    #[must_use]
    pub fn runs(&self, machine: &Machine, core: usize) -> bool {
        let mem = MachineMemory { machine, core };
        let word = 4 * core as u32;
        let handler = self.nesting.and_then(|at| mem.u32(at + word)).is_some_and(|n| n != 0);
        !handler && self.layout.running(&mem, core).is_some_and(|tcb| self.matches(&mem, tcb))
    }

    /// True when the store at the core's PC stores the task's handle.
    #[must_use]
    pub fn is_stored(&self, machine: &Machine, core: usize) -> bool {
        let (mem, cpu) = (MachineMemory { machine, core }, machine.cpu(core));
        let insn = mem.bytes::<3>(cpu.pc).and_then(|[a, b, c]| isa::decode(u32::from_le_bytes([a, b, c, 0])));
        insn.filter(|i| matches!(i.op, Op::S32i | Op::S32iN)).is_some_and(|i| self.matches(&mem, cpu.a(i.t)))
    }

    /// The variable that a switch writes: address and bytes.
    #[must_use]
    pub fn switched_by(&self, cores: usize) -> (u32, u32) {
        (self.layout.current, 4 * cores as u32)
    }
}

impl Snapshot {
    /// Names of all tasks, for messages.
    #[must_use]
    pub fn names(&self) -> String {
        self.tasks.iter().map(|t| t.name.as_str()).collect::<Vec<_>>().join(", ")
    }
}
