//! Attached debuggers. Each one is stopped at its prompt or waits for a stop. If one of them detaches, the machine
//! stays stopped while another one is at its prompt.

use crate::event::{Client, Stopped};
use crate::session::Session;
use esplens_soc::machine::Plan;
use std::collections::BTreeMap;

/// The attached debuggers, by client number, with the number of the last stop when each one last resumed the machine
/// (`None`: never). A debugger is at its prompt if it never resumed the machine or if a later stop exists.
#[derive(Debug, Default)]
pub struct Debuggers(BTreeMap<u32, Option<u64>>);

/// Way in which a debugger session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// Detached: the machine continues unless another debugger is at its prompt.
    Detached,
    /// Its connection ended: the machine stays as it is, running or stopped.
    Disconnected,
    /// The debugger asked to end the program.
    Killed,
}

impl Debuggers {
    /// Returns true if no debugger is attached.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Records that a client resumed the machine after stop `number`.
    pub(crate) fn resumed(&mut self, by: &Client, number: u64) {
        if let Some(at) = self.0.get_mut(&by.id) {
            *at = Some(number);
        }
    }
}

impl Session {
    /// Attaches a debugger and stops the machine. Returns the current stop.
    pub fn attach(&mut self, by: &Client) -> Stopped {
        self.debuggers.0.insert(by.id, None);
        self.machine.take_breaks(true);
        self.stop(by)
    }

    /// Detaches a debugger and removes its points. Returns true if the machine is stopped afterwards.
    pub fn leave(&mut self, by: &Client, how: Leave) -> bool {
        self.debuggers.0.remove(&by.id);
        self.remove_points_of(by);
        let now = self.machine().now();
        self.traces_mut().left(now, by);
        let stops = self.stop_number();
        let looked_at = self.debuggers.0.values().any(|at| at.is_none_or(|at| stops > at));
        match how {
            Leave::Killed => self.quit(by),
            Leave::Detached if !looked_at => _ = self.resume(&Plan::default(), by),
            Leave::Detached | Leave::Disconnected => {}
        }
        self.machine.take_breaks(!self.debuggers.is_empty());
        if self.is_running() && self.debuggers.is_empty() {
            self.disable_default_recording();
        }
        !self.is_running()
    }
}
