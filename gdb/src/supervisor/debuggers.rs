//! Debuggers that hold the machine. Each stands at its prompt, or waits for a stop; the machine that one of them lets go
//! of stays where it is while another one's user is looking at it.

use super::event::Stopped;
use super::handle::Client;
use super::session::Session;
use esplens_soc::machine::Plan;
use std::collections::BTreeMap;

/// The debuggers attached now, by client number: the number of the last stop when each resumed the machine last. A
/// later stop has brought it back to its prompt; so does `None`, which has never resumed.
#[derive(Debug, Default)]
pub struct Debuggers(BTreeMap<u32, Option<u64>>);

/// How a debugger leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// Detached: the machine goes on, unless another debugger's user looks at it.
    Detached,
    /// Its connection ended: the machine stays as it is, running or stopped.
    Disconnected,
    /// It ended the program.
    Killed,
}

impl Debuggers {
    /// Nobody debugs.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Notes that a client lets the machine go on after stop `number`.
    pub(super) fn resumed(&mut self, by: &Client, number: u64) {
        if let Some(at) = self.0.get_mut(&by.id) {
            *at = Some(number);
        }
    }
}

impl Session {
    /// A debugger takes the machine: it stands still. Returns the stop that holds now.
    pub fn attach(&mut self, by: &Client) -> Stopped {
        self.debuggers.0.insert(by.id, None);
        self.machine.take_breaks(true);
        self.stop(by)
    }

    /// A debugger leaves, and its points with it. True when the machine stands still afterwards.
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
            self.record_no_more();
        }
        !self.is_running()
    }
}
