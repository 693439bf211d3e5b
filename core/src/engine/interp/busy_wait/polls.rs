//! Noticing that a register is polled.

/// Cycles between two reads of a loop at most.
const MAX_PERIOD: u64 = 1024;
/// Iterations that must fit into the budget for a loop to be looked at.
const WORTH: u64 = 16;
/// Equal intervals before a loop is looked at.
const FEW: u32 = 2;
/// Bytes of code that count as the same part.
const PART: u32 = 128;
/// Runs that begin there, for each interval that would be needed.
const RUNS: u32 = 8;
/// The same after loops that could not be skipped.
const MANY: u32 = 1024;

/// An instruction that reads at regular intervals. Kept from one run of the engine to the next; no part of the machine's
/// state.
#[derive(Clone, Copy)]
pub(crate) struct Polls {
    /// Address of the instruction that is observed.
    pc: u32,
    /// Intervals that were equal.
    equal: u32,
    /// How many of them make a loop worth a look.
    need: u32,
    /// A loop is to be looked at before the next instruction.
    pub(crate) due: bool,
    /// Cycle of its last read.
    cycle: u64,
    /// Cycles between its last two reads.
    period: u64,
    /// Cycle at which the run's budget ends; 0: nothing is skipped.
    end: u64,
    /// Start of the part of the code that recent runs began in, and how many did.
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

    /// Notes a read by the instruction at `pc`.
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
        self.due = self.equal >= self.need && cycle.saturating_add(WORTH.saturating_mul(period)) < self.end;
    }

    /// Whether the reads up to now came at equal intervals, the last one an interval ago at most; or many runs began in the same
    /// part of the code.
    pub(super) fn is_regular(&self, now: u64) -> bool {
        self.equal >= self.need && now.wrapping_sub(self.cycle) <= self.period
            || self.runs >= self.need.saturating_mul(RUNS)
    }

    /// After iterations of so many cycles were skipped.
    pub(super) fn skipped(&mut self, cycles: u64) {
        self.cycle += cycles;
    }

    /// After a loop was looked at: those that cannot be skipped are looked at ever more seldom.
    pub(super) fn tried(&mut self, skipped: bool) {
        self.due = false;
        if skipped {
            self.need = FEW;
        } else {
            (self.equal, self.runs, self.need) = (0, 0, (self.need * 4).min(MANY));
        }
    }
}
