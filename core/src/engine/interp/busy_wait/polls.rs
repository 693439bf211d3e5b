//! Detection of polling: a heuristic that decides when a loop is tried.

/// Cycles between two reads of a loop at most.
const MAX_PERIOD: u64 = 1024;
/// Iterations that must fit into the budget for a loop to be tried.
const MIN_ITERATIONS: u64 = 16;
/// Equal intervals after which a loop is tried.
const FEW: u32 = 2;
/// Upper limit of that number, which grows with each loop that cannot be skipped.
const MANY: u32 = 1024;
/// Bytes of code that count as the same part.
const PART: u32 = 128;
/// Consecutive runs that begin in the same part of the code and count as one interval.
const RUNS: u32 = 8;

/// An instruction that reads at regular intervals. Kept from one run of the engine to the next; no part of the machine's
/// state.
#[derive(Clone, Copy)]
pub(crate) struct Polls {
    /// Address of the instruction that is observed.
    pc: u32,
    /// Number of consecutive equal intervals.
    equal: u32,
    /// Equal intervals after which the loop is tried.
    need: u32,
    /// A loop is to be tried before the next instruction.
    pub(crate) due: bool,
    /// Cycle of its last read.
    cycle: u64,
    /// Cycles between its last two reads.
    period: u64,
    /// Cycle at which the run's budget ends; 0: nothing is skipped.
    end: u64,
    /// Start of the part of the code in which recent runs began, and their number.
    part: u32,
    runs: u32,
}

impl Default for Polls {
    fn default() -> Self {
        Self { pc: 0, equal: 0, need: FEW, due: false, cycle: 0, period: 0, end: 0, part: 0, runs: 0 }
    }
}

impl Polls {
    /// Begins a run at `pc` whose budget ends at cycle `end`; 0: nothing is skipped.
    #[inline]
    pub(crate) fn begin(&mut self, pc: u32, end: u64) {
        (self.end, self.due) = (end, false);
        if pc.wrapping_sub(self.part) < PART {
            self.runs = self.runs.saturating_add(1);
        } else {
            (self.part, self.runs) = (pc.wrapping_sub(PART / 2), 0);
        }
    }

    /// Records a read by the instruction at `pc`.
    #[inline]
    pub(crate) fn note(&mut self, pc: u32, cycle: u64) {
        let period = cycle.wrapping_sub(self.cycle);
        if pc != self.pc {
            if period > MAX_PERIOD {
                (self.pc, self.cycle, self.period, self.equal) = (pc, cycle, 0, 0);
            }
            return;
        }
        self.cycle = cycle;
        if period != self.period {
            (self.period, self.equal) = (period, 0);
            return;
        }
        self.equal = self.equal.saturating_add(1);
        self.due =
            self.equal >= self.need && cycle.saturating_add(MIN_ITERATIONS.saturating_mul(period)) < self.end;
    }

    /// Returns true if the last reads came at equal intervals up to now, or if many runs began in the same part of the code.
    pub(super) fn is_regular(&self, now: u64) -> bool {
        self.equal >= self.need && now.wrapping_sub(self.cycle) <= self.period
            || self.runs >= self.need.saturating_mul(RUNS)
    }

    /// Records that iterations of `cycles` cycles were skipped.
    pub(super) fn skipped(&mut self, cycles: u64) {
        self.cycle += cycles;
    }

    /// Records that a loop was tried. Those that cannot be skipped are tried less and less often.
    pub(super) fn tried(&mut self, skipped: bool) {
        self.due = false;
        if skipped {
            self.need = FEW;
        } else {
            (self.equal, self.runs, self.need) = (0, 0, (self.need * 4).min(MANY));
        }
    }
}
