//! The checkpoints for reverse execution.

use esplens_core::memory::CORES;
use esplens_core::time::Ticks;
use esplens_soc::machine::{Machine, MachineState, Place};
use std::sync::Arc;

/// Instructions between two checkpoints: about 20 ms of host time.
const INTERVAL: u64 = 4_000_000;
/// Maximum number of checkpoints; beyond that every second one of the older half is deleted.
const MOST: usize = 128;
/// Maximum number of recent checkpoints from reverse execution.
const NEAR: usize = 64;

/// Returns the position in the run: the sum of both cores' cycles.
pub fn cycles(m: &Machine) -> u64 {
    m.cpu(0).cycles + m.cpu(1).cycles
}

/// A checkpoint of the machine.
pub struct Moment {
    state: MachineState,
    pub place: Place,
    pub at: Ticks,
    /// Position in the run, see [`cycles`].
    pub cycles: u64,
    /// Retired instructions of each core.
    pub retired: [u64; CORES],
    frozen: [bool; CORES],
}

impl Moment {
    pub fn of(m: &mut Machine) -> Self {
        let (cycles, retired) = (cycles(m), [0, 1].map(|core| m.cpu(core).retired));
        Self { place: m.place(), at: m.now(), cycles, retired, frozen: m.frozen(), state: m.save() }
    }

    /// Restores the machine to this checkpoint. Returns false if the input log does not reach back that far.
    pub fn visit(&self, m: &mut Machine) -> bool {
        let there = m.rewind(&self.state, self.frozen);
        m.take_output();
        there
    }
}

/// Checkpoints of the run, oldest first.
pub struct History {
    on: bool,
    /// A client set `on` explicitly.
    wished: bool,
    /// Instructions between two checkpoints.
    interval: u64,
    moments: Vec<Arc<Moment>>,
    /// Recent checkpoints for the next reverse operation, which likely starts where the last one ended.
    near: Vec<Arc<Moment>>,
}

impl Default for History {
    fn default() -> Self {
        Self { on: false, wished: false, interval: INTERVAL, moments: Vec::new(), near: Vec::new() }
    }
}

impl History {
    /// Enables or disables checkpoints; disabling deletes them all. `wished` marks a client's explicit setting, which
    /// has priority over the automatic one.
    pub fn set_on(&mut self, on: bool, wished: bool) {
        (self.on, self.wished) = (on, self.wished || wished);
        if !on {
            self.clear();
        }
    }

    /// Returns true if a client set explicitly whether checkpoints are taken.
    #[must_use]
    pub fn is_wished(&self) -> bool {
        self.wished
    }

    /// Returns the virtual time of the oldest checkpoint.
    #[must_use]
    pub fn oldest(&self) -> Option<Ticks> {
        self.moments.first().map(|m| m.at)
    }

    /// Takes a checkpoint if one is due. Deletes checkpoints of a future that no longer exists.
    pub fn look(&mut self, m: &mut Machine) {
        if let Some(cycles) = m.take_parted() {
            self.moments.retain(|moment| moment.cycles <= cycles);
            self.near.clear();
        }
        if !self.on || m.repeats() {
            return;
        }
        self.near.clear();
        let since = |last: &Moment| m.instructions() - last.retired.iter().sum::<u64>();
        if self.moments.last().is_some_and(|last| since(last) < self.interval) {
            return;
        }
        if self.moments.len() >= MOST {
            let mut n = 0;
            self.moments.retain(|_| {
                n += 1;
                n % 2 == 1 || n > MOST / 2
            });
        }
        self.moments.push(Arc::new(Moment::of(m)));
    }

    /// Deletes checkpoints that the machine's input log does not reach.
    pub fn trim(&mut self, m: &Machine) {
        let first = m.log_begin();
        self.moments.retain(|moment| moment.state.applied() >= first);
        self.near.retain(|moment| moment.state.applied() >= first);
    }

    /// Deletes all checkpoints: the run was replaced by another one.
    pub fn clear(&mut self) {
        self.moments.clear();
        self.near.clear();
    }

    /// Returns the last matching checkpoint before the position `cycles`.
    pub fn before(&self, cycles: u64, fits: impl Fn(&Moment) -> bool) -> Option<Arc<Moment>> {
        let last = |list: &[Arc<Moment>]| list.iter().rfind(|m| m.cycles < cycles && fits(m)).cloned();
        [last(&self.moments), last(&self.near)].into_iter().flatten().max_by_key(|m| m.cycles)
    }

    /// Keeps a checkpoint of the current replay position for the next reverse operation.
    pub fn pass(&mut self, m: &mut Machine) -> Arc<Moment> {
        let moment = Arc::new(Moment::of(m));
        // Checkpoints at later positions are no longer useful.
        self.near.retain(|other| other.cycles < moment.cycles);
        if self.near.len() >= NEAR {
            self.near.remove(0);
        }
        self.near.push(moment.clone());
        moment
    }

    /// Describes the recording state for the user.
    pub fn describe(&self, m: &Machine) -> String {
        let ms = |ticks: Ticks| ticks as f64 / 480_000.0;
        let mut out = format!("recording is {}", if self.on { "on" } else { "off" });
        match self.moments.first() {
            Some(oldest) => {
                out += &format!("; {} moments kept, from {:.3} ms on", self.moments.len(), ms(oldest.at));
            }
            None => out += "; nothing is kept",
        }
        let now = ms(m.now());
        match m.present() {
            Some(present) => out + &format!("; this is {now:.3} ms, the present {:.3} ms", ms(present)),
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
        let flash = include_bytes!("../../../../fixtures/demo/flash.bin");
        let input = input::from_bytes("demo".as_ref(), flash, &LoadOptions::default()).unwrap();
        let mut m = Machine::new(MachineConfig::new(input.flash));
        let mut history = History { interval: 5000, ..History::default() };
        history.look(&mut m);
        assert!(history.moments.is_empty(), "it is off");
        history.set_on(true, true);
        let mut ran = 0;
        while ran < 5 * MOST {
            m.run(m.now() + 50 * TICKS_PER_US);
            history.look(&mut m);
            ran += 1;
        }
        assert!((MOST / 2..=MOST).contains(&history.moments.len()), "{}", history.moments.len());
        assert!(history.moments.windows(2).all(|w| w[0].cycles < w[1].cycles));
        assert!(history.moments[0].at < 100 * TICKS_PER_US, "the oldest stays");

        let (middle, all) = (history.moments[MOST / 3].clone(), history.moments.len());
        assert!(middle.visit(&mut m));
        history.look(&mut m);
        assert_eq!(history.moments.len(), all, "nothing is kept of what is repeated");
        m.write_memory(0, 0x3FFB_0000, &[1]);
        history.look(&mut m);
        assert!(history.moments.len() <= MOST / 3 + 2, "{}", history.moments.len());
        history.set_on(false, true);
        assert!(history.moments.is_empty() && history.before(u64::MAX, |_| true).is_none());
    }
}
