//! The checkpoints for reverse execution.

use esplens_core::memory::CORES;
use esplens_core::time::Ticks;
use esplens_soc::machine::{ExecPosition, Machine, MachineState};
use std::sync::Arc;

/// Instructions between two checkpoints: about 20 ms of host time.
const INTERVAL: u64 = 4_000_000;
/// Maximum number of checkpoints; beyond that every second one of the older half is deleted.
const MAX_CHECKPOINTS: usize = 128;
/// Maximum number of recent checkpoints from reverse execution.
const MAX_RECENT: usize = 64;

/// Returns the position in the run: the sum of both cores' cycles.
pub fn cycles(m: &Machine) -> u64 {
    m.cpu(0).cycles + m.cpu(1).cycles
}

/// A checkpoint of the machine.
pub struct Checkpoint {
    state: MachineState,
    pub position: ExecPosition,
    pub at: Ticks,
    /// Position in the run, see [`cycles`].
    pub cycles: u64,
    /// Retired instructions of each core.
    pub retired: [u64; CORES],
    frozen: [bool; CORES],
}

impl Checkpoint {
    pub fn of(m: &mut Machine) -> Self {
        let (cycles, retired) = (cycles(m), [0, 1].map(|core| m.cpu(core).retired));
        Self { position: m.position(), at: m.now(), cycles, retired, frozen: m.frozen(), state: m.save() }
    }

    /// Restores the machine to this checkpoint. Returns false if the input log does not reach back that far.
    pub fn restore(&self, m: &mut Machine) -> bool {
        let there = m.rewind(&self.state, self.frozen);
        m.take_output();
        there
    }
}

/// Checkpoints of the run, oldest first.
pub struct History {
    on: bool,
    /// A client set `on` explicitly.
    explicit: bool,
    /// Instructions between two checkpoints.
    interval: u64,
    checkpoints: Vec<Arc<Checkpoint>>,
    /// Recent checkpoints for the next reverse operation, which likely starts where the last one ended.
    recent: Vec<Arc<Checkpoint>>,
}

impl Default for History {
    fn default() -> Self {
        Self { on: false, explicit: false, interval: INTERVAL, checkpoints: Vec::new(), recent: Vec::new() }
    }
}

impl History {
    /// Enables or disables checkpoints; disabling deletes them all. `explicit` marks a client's explicit setting, which
    /// has priority over the automatic one.
    pub fn set_on(&mut self, on: bool, explicit: bool) {
        (self.on, self.explicit) = (on, self.explicit || explicit);
        if !on {
            self.clear();
        }
    }

    /// Returns true if a client set explicitly whether checkpoints are taken.
    #[must_use]
    pub fn is_explicit(&self) -> bool {
        self.explicit
    }

    /// Returns the virtual time of the oldest checkpoint.
    #[must_use]
    pub fn oldest(&self) -> Option<Ticks> {
        self.checkpoints.first().map(|m| m.at)
    }

    /// Takes a checkpoint if one is due. Deletes checkpoints of a future that no longer exists.
    pub fn maybe_checkpoint(&mut self, m: &mut Machine) {
        if let Some(cycles) = m.take_divergence() {
            self.checkpoints.retain(|checkpoint| checkpoint.cycles <= cycles);
            self.recent.clear();
        }
        if !self.on || m.is_replaying() {
            return;
        }
        self.recent.clear();
        let since = |last: &Checkpoint| m.instructions() - last.retired.iter().sum::<u64>();
        if self.checkpoints.last().is_some_and(|last| since(last) < self.interval) {
            return;
        }
        if self.checkpoints.len() >= MAX_CHECKPOINTS {
            let mut n = 0;
            self.checkpoints.retain(|_| {
                n += 1;
                n % 2 == 1 || n > MAX_CHECKPOINTS / 2
            });
        }
        self.checkpoints.push(Arc::new(Checkpoint::of(m)));
    }

    /// Deletes checkpoints that the machine's input log does not reach.
    pub fn trim(&mut self, m: &Machine) {
        let first = m.log_begin();
        self.checkpoints.retain(|checkpoint| checkpoint.state.applied() >= first);
        self.recent.retain(|checkpoint| checkpoint.state.applied() >= first);
    }

    /// Deletes all checkpoints: the run was replaced by another one.
    pub fn clear(&mut self) {
        self.checkpoints.clear();
        self.recent.clear();
    }

    /// Returns the last matching checkpoint before the position `cycles`.
    pub fn before(&self, cycles: u64, fits: impl Fn(&Checkpoint) -> bool) -> Option<Arc<Checkpoint>> {
        let last = |list: &[Arc<Checkpoint>]| list.iter().rfind(|m| m.cycles < cycles && fits(m)).cloned();
        [last(&self.checkpoints), last(&self.recent)].into_iter().flatten().max_by_key(|m| m.cycles)
    }

    /// Keeps a checkpoint of the current replay position for the next reverse operation.
    pub fn add_recent(&mut self, m: &mut Machine) -> Arc<Checkpoint> {
        let checkpoint = Arc::new(Checkpoint::of(m));
        // Checkpoints at later positions are no longer useful.
        self.recent.retain(|other| other.cycles < checkpoint.cycles);
        if self.recent.len() >= MAX_RECENT {
            self.recent.remove(0);
        }
        self.recent.push(checkpoint.clone());
        checkpoint
    }

    /// Describes the recording state for the user.
    pub fn describe(&self, m: &Machine) -> String {
        let ms = |ticks: Ticks| ticks as f64 / 480_000.0;
        let mut out = format!("recording is {}", if self.on { "on" } else { "off" });
        match self.checkpoints.first() {
            Some(oldest) => {
                out += &format!("; {} moments kept, from {:.3} ms on", self.checkpoints.len(), ms(oldest.at));
            }
            None => out += "; nothing is kept",
        }
        let now = ms(m.now());
        match m.live_edge() {
            Some(live_edge) => out + &format!("; this is {now:.3} ms, the present {:.3} ms", ms(live_edge)),
            None => out + &format!("; this is {now:.3} ms, the present"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use esplens_core::time::TICKS_PER_US;
    use esplens_soc::boot::{LoadOptions, input};
    use esplens_soc::machine::MachineConfig;

    #[test]
    fn few_moments_are_kept_and_none_of_another_run() {
        let flash = include_bytes!("../../../../../fixtures/demo/flash.bin");
        let input = input::from_bytes("demo".as_ref(), flash, &LoadOptions::default()).unwrap();
        let mut m = Machine::new(MachineConfig::new(input.flash));
        let mut history = History { interval: 5000, ..History::default() };
        history.maybe_checkpoint(&mut m);
        assert!(history.checkpoints.is_empty(), "it is off");
        history.set_on(true, true);
        let mut ran = 0;
        while ran < 5 * MAX_CHECKPOINTS {
            m.run(m.now() + 50 * TICKS_PER_US);
            history.maybe_checkpoint(&mut m);
            ran += 1;
        }
        assert!(
            (MAX_CHECKPOINTS / 2..=MAX_CHECKPOINTS).contains(&history.checkpoints.len()),
            "{}",
            history.checkpoints.len()
        );
        assert!(history.checkpoints.windows(2).all(|w| w[0].cycles < w[1].cycles));
        assert!(history.checkpoints[0].at < 100 * TICKS_PER_US, "the oldest stays");

        let (middle, all) = (history.checkpoints[MAX_CHECKPOINTS / 3].clone(), history.checkpoints.len());
        assert!(middle.restore(&mut m));
        history.maybe_checkpoint(&mut m);
        assert_eq!(history.checkpoints.len(), all, "nothing is kept of what is repeated");
        m.write_memory(0, 0x3FFB_0000, &[1]);
        history.maybe_checkpoint(&mut m);
        assert!(history.checkpoints.len() <= MAX_CHECKPOINTS / 3 + 2, "{}", history.checkpoints.len());
        history.set_on(false, true);
        assert!(history.checkpoints.is_empty() && history.before(u64::MAX, |_| true).is_none());
    }
}
