//! Time that tasks have on the cores, counted from their switches: no help of the firmware's is needed.

use esplens_core::time::Ticks;
use std::collections::BTreeMap;

/// Most tasks told apart; the time of others is in no count.
const MOST: usize = 512;

/// What each task had of the cores since somebody began to look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Since when.
    pub since: Ticks,
    /// Time of each task, by control block, up to its last switch.
    time: BTreeMap<u32, Ticks>,
    /// The task on each core (0: none that is known), and since when.
    running: [(u32, Ticks); 2],
}

impl Usage {
    /// Counts from `now` on, when each core runs the task with this control block.
    pub(super) fn new(now: Ticks, running: [u32; 2]) -> Self {
        Self { since: now, time: BTreeMap::new(), running: running.map(|tcb| (tcb, now)) }
    }

    /// From `at` on a core runs another task; 0: none. What is told after later things is not counted.
    pub(super) fn switch(&mut self, at: Ticks, core: u8, tcb: u32) {
        let slot = &mut self.running[usize::from(core & 1)];
        if at < slot.1 {
            return;
        }
        let (before, since) = std::mem::replace(slot, (tcb, at));
        credit(&mut self.time, before, at.saturating_sub(since));
    }

    /// Time of each task up to `now`.
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
        let mut u = Usage::new(100, [1, 0]);
        u.switch(150, 0, 2);
        u.switch(160, 1, 3);
        u.switch(190, 0, 1);
        let times = |u: &Usage, now| u.times(now).into_iter().collect::<Vec<_>>();
        assert_eq!(times(&u, 200), [(1, 50 + 10), (2, 40), (3, 40)]);
        assert_eq!(times(&u, 300), [(1, 50 + 110), (2, 40), (3, 140)], "looking changes nothing");
        assert_eq!(times(&u, 0), [(1, 50), (2, 40), (3, 0)], "nor does time that went back");
        u.switch(300, 0, 0);
        u.switch(250, 0, 2);
        assert_eq!(u.times(400)[&1], 50 + 110, "nobody runs on core 0 since 300");
    }

    #[test]
    fn tasks_without_end_are_bounded() {
        let mut u = Usage::new(0, [0, 0]);
        (1..10_000).for_each(|n| u.switch(u64::from(n), 0, n));
        assert_eq!(u.times(10_000).len(), MOST);
    }
}
