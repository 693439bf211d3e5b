//! Named snapshots.

use crate::session::{RunState, Session};
use esplens_core::time::Ticks;

/// Maximum number of named snapshots.
const MAX_SNAPSHOTS: usize = 1024;

impl Session {
    /// Saves the machine's state under a name.
    ///
    /// # Errors
    /// If there are too many snapshots.
    pub fn save_snapshot(&mut self, name: &str) -> Result<(), String> {
        self.touched = true;
        if self.snapshots.len() >= MAX_SNAPSHOTS && !self.snapshots.contains_key(name) {
            return Err(format!("there are {MAX_SNAPSHOTS} snapshots already"));
        }
        let state = self.machine.save();
        self.snapshots.insert(name.into(), state);
        Ok(())
    }

    /// Restores a snapshot. Returns false if it does not exist.
    pub fn load_snapshot(&mut self, name: &str) -> bool {
        self.touched = true;
        let Some(state) = self.snapshots.get(name) else { return false };
        self.machine.abandon_plan();
        self.machine.restore(state);
        self.history.clear();
        self.points.panicked = false;
        self.tasks_restored();
        self.traces.forget_seen();
        let (pc, now) = (self.machine.cpu(0).pc, self.machine.now());
        if let RunState::Stopped(stopped) = &mut self.state {
            (stopped.core, stopped.pc, stopped.now) = (0, pc, now);
        }
        true
    }

    /// Deletes a snapshot. Returns false if it does not exist.
    pub fn delete_snapshot(&mut self, name: &str) -> bool {
        self.touched = true;
        self.snapshots.remove(name).is_some()
    }

    /// Returns the names of all snapshots.
    pub fn snapshots(&self) -> impl Iterator<Item = &str> {
        self.snapshots.keys().map(String::as_str)
    }

    /// Returns the names of all snapshots with their virtual times.
    pub fn snapshot_times(&self) -> impl Iterator<Item = (&str, Ticks)> {
        self.snapshots.iter().map(|(name, state)| (name.as_str(), state.now()))
    }
}
