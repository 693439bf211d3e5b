//! The last point that was hit: each stretch between two moments is run again, the newest first.

use super::super::event::Why;
use super::super::points::Points;
use super::history::{Moment, cycles};
use super::{Found, History, Journey, run_piece};
use esplens_core::debug::Stop;
use esplens_soc::machine::{Goal, Machine, Place};
use std::sync::Arc;

/// What is searched.
pub enum Wanted {
    /// Anybody's point.
    Points,
    /// The interrupt that a core came back from, to this PC and stack. What else counts as its last instruction.
    Interrupt { core: usize, pc: u32, sp: u32, else_at: Place },
}

/// A search under way: the machine is in the stretch.
pub struct Search {
    wanted: Wanted,
    /// The moment at which the stretch begins.
    from: Arc<Moment>,
    /// Its end.
    to: Place,
    /// The last hit in it, and how far the run had come then.
    hit: Option<(u64, Journey)>,
}

/// Begins a search before where the machine is. `None`: nothing is kept of that.
pub fn begin(m: &mut Machine, history: &History, wanted: Wanted) -> Option<Journey> {
    let from = history.before(cycles(m), |_| true)?;
    let to = m.place();
    from.visit(m).then(|| Journey::Search(Box::new(Search { wanted, from, to, hit: None })))
}

impl Wanted {
    /// Where a hit leads.
    fn hit(&self, m: &Machine, core: usize, stop: Stop, points: &Points) -> Option<Journey> {
        match self {
            Self::Points => {
                let hit = points.was_stop(m, core, stop);
                hit.then(|| Journey::Go(m.place(), core, points.why(m, core, stop)))
            }
            Self::Interrupt { core: wanted, pc, sp, .. } => {
                let cpu = m.cpu(core);
                let taken = matches!(stop, Stop::Interrupt { .. }) && core == *wanted;
                let hit = taken && cpu.epc.contains(pc) && cpu.a(1) == *sp;
                hit.then(|| Journey::Before(m.place().before_interrupt(core, *pc), core))
            }
        }
    }

    /// What remains when there was no hit in all that is kept.
    fn none(&self) -> Found {
        match self {
            Self::Points => Found::Begin,
            Self::Interrupt { core, else_at, .. } => Found::Way(Journey::Go(*else_at, *core, Why::Step)),
        }
    }
}

impl Search {
    /// Runs a piece of the stretch.
    pub fn piece(&mut self, m: &mut Machine, history: &mut History, points: &Points) -> Found {
        let Self { wanted, to, hit, .. } = self;
        let interrupts = matches!(wanted, Wanted::Interrupt { .. });
        if interrupts {
            m.break_on_interrupts(u32::MAX);
        }
        let ended = run_piece(m, Goal::Place(*to), &mut |m, core, stop| {
            let found = wanted.hit(m, core, stop, points).filter(|_| m.place() != *to);
            if let Some(way) = found {
                *hit = Some((cycles(m), way));
            }
        });
        if interrupts {
            points.tell(m);
        }
        if !ended {
            history.pass(m);
            return Found::Nothing;
        }
        if let Some((at, way)) = self.hit.take() {
            let moment = history.before(at, |_| true).unwrap_or_else(|| self.from.clone());
            return if moment.visit(m) { Found::Way(way) } else { Found::Begin };
        }
        match history.before(self.from.cycles, |_| true) {
            Some(earlier) if earlier.visit(m) => {
                self.to = std::mem::replace(&mut self.from, earlier).place;
                Found::Nothing
            }
            _ => {
                self.from.visit(m);
                self.wanted.none()
            }
        }
    }
}
