//! Conditions on points: asked on the machine's thread when a point is hit; a point whose condition does not hold is
//! passed over without anybody hearing of it.

use super::agent::{Agent, Look};
use crate::rtos::TaskIs;
use crate::server::xtensa;
use esplens_soc::machine::Machine;
use std::sync::Arc;

/// What must be true for a hit to be a stop. Anything that looks at the machine may be added as a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// A GDB agent expression that is not zero. One that cannot be evaluated counts as true, as in gdbserver: the user
    /// should see why.
    Agent(Arc<Agent>),
    /// One of these.
    Any(Vec<Condition>),
    /// All of these.
    All(Vec<Condition>),
    /// This task runs on the core, and no interrupt handler.
    Task(TaskIs),
    /// The instruction that hit a watchpoint makes this task a core's current one.
    SwitchTo(TaskIs),
}

/// A point was hit.
pub struct Hit<'a> {
    /// The machine; the instruction at the core's PC has not run.
    pub machine: &'a Machine,
    /// The core that hit it.
    pub core: usize,
}

impl Condition {
    /// Whether the hit is a stop.
    #[must_use]
    pub fn holds(&self, hit: &Hit) -> bool {
        match self {
            Self::Agent(agent) => agent.evaluate(hit) != Ok(0),
            Self::Any(list) => list.iter().any(|c| c.holds(hit)),
            Self::All(list) => list.iter().all(|c| c.holds(hit)),
            Self::Task(task) => task.runs(hit.machine, hit.core),
            Self::SwitchTo(task) => task.is_stored(hit.machine, hit.core),
        }
    }
}

impl Look for Hit<'_> {
    fn register(&self, number: u16) -> Option<u64> {
        xtensa::read(self.machine, self.core, number.into())
    }

    fn memory(&self, addr: u32, out: &mut [u8]) -> bool {
        self.machine.peek(self.core, addr, out) == out.len()
    }
}
