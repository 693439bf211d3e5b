//! Snapshots by name.

use super::session::{RunState, Session};
use esplens_core::time::Ticks;

/// Most snapshots by name.
const MAX_SNAPSHOTS: usize = 1024;

impl Session {
    /// Keeps the machine as it is under a name.
    ///
    /// # Errors
    /// When there are too many already.
    pub fn save_snapshot(&mut self, name: &str) -> Result<(), String> {
        self.touched = true;
        if self.snapshots.len() >= MAX_SNAPSHOTS && !self.snapshots.contains_key(name) {
            return Err(format!("there are {MAX_SNAPSHOTS} snapshots already"));
        }
        let state = self.machine.save();
        self.snapshots.insert(name.into(), state);
        Ok(())
    }

    /// Goes back to a snapshot. False: there is none of this name.
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

    /// Forgets a snapshot. False: there is none of this name.
    pub fn delete_snapshot(&mut self, name: &str) -> bool {
        self.touched = true;
        self.snapshots.remove(name).is_some()
    }

    /// Names of all snapshots.
    pub fn snapshots(&self) -> impl Iterator<Item = &str> {
        self.snapshots.keys().map(String::as_str)
    }

    /// Names of all snapshots with the virtual time of each.
    pub fn snapshot_times(&self) -> impl Iterator<Item = (&str, Ticks)> {
        self.snapshots.iter().map(|(name, state)| (name.as_str(), state.now()))
    }
}
