//! Recent task switches, for the timeline.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

/// Maximum number of switches kept per core.
pub const MAX_SWITCHES: usize = 10_000;

/// Tasks that ran on each core over time.
#[derive(Clone, Debug, Default)]
pub struct Switches {
    /// For each core, the times of its task switches in order, and the new tasks.
    cores: [VecDeque<(u64, String)>; 2],
    /// For each task, its number of recorded switches and the time of the last one.
    tasks: BTreeMap<String, (usize, u64)>,
}

impl Switches {
    /// Records that a core runs this task from `at` on, in ticks. Discards later switches of that core: a snapshot was
    /// loaded.
    pub fn push(&mut self, at: u64, core: u8, task: String) {
        let core = usize::from(core & 1);
        while self.cores[core].back().is_some_and(|last| last.0 > at) {
            let later = self.cores[core].pop_back();
            self.forget(later);
        }
        if self.cores[core].len() >= MAX_SWITCHES {
            let oldest = self.cores[core].pop_front();
            self.forget(oldest);
        }
        match self.tasks.get_mut(&task) {
            Some(known) => *known = (known.0 + 1, at),
            None => drop(self.tasks.insert(task.clone(), (1, at))),
        }
        self.cores[core].push_back((at, task));
    }

    fn forget(&mut self, switch: Option<(u64, String)>) {
        let Some((_, task)) = switch else { return };
        if let Some((count, _)) = self.tasks.get_mut(&task) {
            *count -= 1;
            if *count == 0 {
                self.tasks.remove(&task);
            }
        }
    }

    /// Returns true if no switch is recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns true if a task switch of this core is recorded.
    #[must_use]
    pub fn has(&self, core: usize) -> bool {
        !self.cores[core & 1].is_empty()
    }

    /// Returns the number of switches of both cores.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cores.iter().map(VecDeque::len).sum()
    }

    /// Returns the tasks that ran on a core from `start` to `end`, in ticks: task, start and end within this range.
    pub fn between(&self, core: u8, start: u64, end: u64) -> impl Iterator<Item = (&str, u64, u64)> {
        let all = &self.cores[usize::from(core & 1)];
        let first = all.partition_point(|(at, _)| *at <= start).saturating_sub(1);
        all.range(first..).enumerate().map_while(move |(n, (at, task))| {
            let next = all.get(first + n + 1).map_or(end, |next| next.0.min(end));
            (*at < end).then_some((task.as_str(), (*at).max(start), next))
        })
    }

    /// Returns the tasks that ran, the most recently started first.
    #[must_use]
    pub fn tasks(&self) -> Vec<&str> {
        let mut tasks: Vec<(&String, u64)> = self.tasks.iter().map(|(name, (_, at))| (name, *at)).collect();
        tasks.sort_by_key(|(_, at)| Reverse(*at));
        tasks.into_iter().map(|(name, _)| name.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(switches: &Switches, start: u64, end: u64) -> Vec<(&str, u64, u64)> {
        switches.between(0, start, end).collect()
    }

    #[test]
    fn a_window_has_who_ran_in_it_and_no_other() {
        let mut switches = Switches::default();
        for (at, task) in [(10, "a"), (20, "b"), (30, "a"), (40, "c")] {
            switches.push(at, 0, task.into());
        }
        assert_eq!(between(&switches, 0, 15), [("a", 10, 15)]);
        assert_eq!(between(&switches, 20, 35), [("b", 20, 30), ("a", 30, 35)]);
        assert_eq!(between(&switches, 25, 99), [("b", 25, 30), ("a", 30, 40), ("c", 40, 99)]);
        assert_eq!(between(&switches, 0, 10), []);
        assert_eq!((switches.tasks(), switches.between(1, 0, 99).count()), (vec!["c", "a", "b"], 0));
    }

    #[test]
    fn a_snapshot_takes_back_what_came_after_it() {
        let mut switches = Switches::default();
        for (at, task) in [(10, "a"), (20, "b"), (30, "c"), (15, "d")] {
            switches.push(at, 0, task.into());
        }
        assert_eq!(between(&switches, 0, 99), [("a", 10, 15), ("d", 15, 99)]);
        assert_eq!(switches.tasks(), ["d", "a"]);
    }
}
