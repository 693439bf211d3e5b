//! CPU shares of tasks: converts task switches to shares of virtual time.

use std::collections::{BTreeMap, VecDeque};

/// Virtual time of one bucket in ticks: 100 ms.
const BUCKET: u64 = 48_000_000;
/// Number of buckets kept.
const BUCKETS: usize = 40;
/// Maximum number of tasks distinguished.
const MAX_TASKS: usize = 256;

/// CPU shares of the recent past, by task.
#[derive(Clone, Debug, Default)]
pub struct UsageHistory {
    /// Start of the open bucket.
    begun: u64,
    /// Ticks of each task in the open bucket.
    open: BTreeMap<String, u64>,
    /// Finished buckets, the newest last.
    past: VecDeque<BTreeMap<String, u64>>,
    /// Task that runs on each core, and since when.
    running: [Option<(String, u64)>; 2],
}

impl UsageHistory {
    /// Records that another task runs on a core.
    pub fn switch(&mut self, at: u64, core: u8, task: &str) {
        let core = usize::from(core & 1);
        self.advance(at);
        self.credit(core, at);
        self.running[core] = Some((task.into(), at));
    }

    fn credit(&mut self, core: usize, at: u64) {
        if let Some((task, since)) = &mut self.running[core] {
            if self.open.len() < MAX_TASKS || self.open.contains_key(task) {
                *self.open.entry(task.clone()).or_default() += at.saturating_sub(*since);
            }
            *since = at;
        }
    }

    /// Advances the time to `now`. A step back or far ahead discards all buckets.
    pub fn advance(&mut self, now: u64) {
        if now < self.begun || now > self.begun + BUCKET * 2 * BUCKETS as u64 {
            let running = std::mem::take(&mut self.running).map(|r| r.map(|(task, _)| (task, now)));
            *self = Self { begun: now, running, ..Self::default() };
        }
        while now - self.begun >= BUCKET {
            let end = self.begun + BUCKET;
            (0..2).for_each(|core| self.credit(core, end));
            self.past.push_back(std::mem::take(&mut self.open));
            if self.past.len() > BUCKETS {
                self.past.pop_front();
            }
            self.begun = end;
        }
    }

    /// Returns a task's share of one core in each bucket, the newest last: 0.0 to 1.0.
    #[must_use]
    pub fn history(&self, task: &str) -> Vec<f64> {
        self.past.iter().map(|b| b.get(task).copied().unwrap_or(0) as f64 / BUCKET as f64).collect()
    }

    /// Returns a task's share of one core over the last second.
    #[must_use]
    pub fn share(&self, task: &str) -> Option<f64> {
        let last = self.past.iter().rev().take(10);
        let (n, sum) = last.fold((0u32, 0), |(n, sum), b| (n + 1, sum + b.get(task).copied().unwrap_or(0)));
        (n > 0).then(|| sum as f64 / BUCKET as f64 / f64::from(n))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up() {
        let mut usage = UsageHistory::default();
        for n in 0..40 {
            usage.switch(n * BUCKET / 4, 0, if n % 4 == 0 { "a" } else { "b" });
        }
        usage.advance(10 * BUCKET);
        assert_eq!(usage.share("a"), Some(0.25));
        assert_eq!(usage.share("b"), Some(0.75));
        assert_eq!(usage.history("a").len(), 10);
        usage.advance(5);
        assert_eq!(usage.share("a"), None, "a snapshot was loaded");
    }
}
