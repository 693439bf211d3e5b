//! Conditions on points, evaluated on the machine's thread when a point is hit. A hit whose condition is false is not
//! reported.

use crate::agent::{Agent, EvalContext};
use crate::{MachineMemory, xtensa};
use esplens_debuginfo::rtos::TaskIs;
use esplens_soc::machine::Machine;
use std::sync::Arc;

/// Condition under which a hit is a stop. Any predicate on the machine can be added as a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// A GDB agent expression with a nonzero value. If it cannot be evaluated it counts as true, as in gdbserver, so
    /// that the user sees the error.
    Agent(Arc<Agent>),
    /// At least one of these holds.
    Any(Vec<Condition>),
    /// All of these hold.
    All(Vec<Condition>),
    /// The core runs this task and is not in an interrupt handler.
    Task(TaskIs),
    /// The instruction that hit a watchpoint makes this task the current one of a core.
    SwitchTo(TaskIs),
}

/// A hit of a point.
pub struct PointHit<'a> {
    /// The machine; the instruction at the core's PC has not run.
    pub machine: &'a Machine,
    /// The core that hit the point.
    pub core: usize,
}

impl PointHit<'_> {
    /// Returns memory as the core sees it.
    fn seen(&self) -> MachineMemory<'_> {
        MachineMemory { machine: self.machine, core: self.core }
    }
}

impl Condition {
    /// Returns true if the hit is a stop.
    #[must_use]
    pub fn holds(&self, hit: &PointHit) -> bool {
        match self {
            Self::Agent(agent) => agent.evaluate(hit) != Ok(0),
            Self::Any(list) => list.iter().any(|c| c.holds(hit)),
            Self::All(list) => list.iter().all(|c| c.holds(hit)),
            Self::Task(task) => task.runs(&hit.seen(), hit.core),
            Self::SwitchTo(task) => task.is_stored(&hit.seen(), hit.machine.cpu(hit.core)),
        }
    }
}

impl EvalContext for PointHit<'_> {
    fn register(&self, number: u16) -> Option<u64> {
        xtensa::read(self.machine, self.core, number.into())
    }

    fn memory(&self, addr: u32, out: &mut [u8]) -> bool {
        self.machine.peek(self.core, addr, out) == out.len()
    }
}
