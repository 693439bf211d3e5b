//! CPU time of tasks, measured at task switches without support by the firmware.

use esplens_core::time::Ticks;
use std::collections::BTreeMap;

/// Maximum number of tasks that are counted; the time of further tasks is not.
const MOST: usize = 512;

/// CPU time of each task since counting began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskUsage {
    /// Virtual time at which counting began.
    pub since: Ticks,
    /// Time of each task up to its last switch, by control block address.
    time: BTreeMap<u32, Ticks>,
    /// The task on each core (0 if unknown) and the time since when it runs.
    running: [(u32, Ticks); 2],
}

impl TaskUsage {
    /// Starts counting at `now` with the control blocks of the tasks that run on each core.
    pub(super) fn new(now: Ticks, running: [u32; 2]) -> Self {
        Self { since: now, time: BTreeMap::new(), running: running.map(|tcb| (tcb, now)) }
    }

    /// Records that a core runs another task (0 for none) from `at` on. Ignores switches older than the last one.
    pub(super) fn switch(&mut self, at: Ticks, core: u8, tcb: u32) {
        let slot = &mut self.running[usize::from(core & 1)];
        if at < slot.1 {
            return;
        }
        let (before, since) = std::mem::replace(slot, (tcb, at));
        credit(&mut self.time, before, at.saturating_sub(since));
    }

    /// Returns the time of each task up to `now`.
    #[must_use]
    pub fn times(&self, now: Ticks) -> BTreeMap<u32, Ticks> {
        let mut times = self.time.clone();
        for (tcb, since) in self.running {
            credit(&mut times, tcb, now.saturating_sub(since));
        }
        times
    }
}

fn credit(times: &mut BTreeMap<u32, Ticks>, tcb: u32, time: Ticks) {
    if tcb != 0 && (times.len() < MOST || times.contains_key(&tcb)) {
        *times.entry(tcb).or_default() += time;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_time_is_somebodys() {
        let mut u = TaskUsage::new(100, [1, 0]);
        u.switch(150, 0, 2);
        u.switch(160, 1, 3);
        u.switch(190, 0, 1);
        let times = |u: &TaskUsage, now| u.times(now).into_iter().collect::<Vec<_>>();
        assert_eq!(times(&u, 200), [(1, 50 + 10), (2, 40), (3, 40)]);
        assert_eq!(times(&u, 300), [(1, 50 + 110), (2, 40), (3, 140)], "looking changes nothing");
        assert_eq!(times(&u, 0), [(1, 50), (2, 40), (3, 0)], "nor does time that went back");
        u.switch(300, 0, 0);
        u.switch(250, 0, 2);
        assert_eq!(u.times(400)[&1], 50 + 110, "nobody runs on core 0 since 300");
    }

    #[test]
    fn tasks_without_end_are_bounded() {
        let mut u = TaskUsage::new(0, [0, 0]);
        (1..10_000).for_each(|n| u.switch(u64::from(n), 0, n));
        assert_eq!(u.times(10_000).len(), MOST);
    }
}
