//! Search for the last point that was hit: replays each interval between two checkpoints, newest first.

use super::super::event::Why;
use super::super::points::Points;
use super::history::{Moment, cycles};
use super::{Found, History, Journey, run_piece};
use esplens_core::debug::Stop;
use esplens_soc::machine::{Goal, Machine, Place};
use std::sync::Arc;

/// Target of the search.
pub enum Wanted {
    /// A point of any client.
    Points,
    /// The interrupt entry from which the core later returned to this PC and stack pointer. `else_at` is used if none
    /// is found.
    Interrupt { core: usize, pc: u32, sp: u32, else_at: Place },
}

/// A search in progress: the machine replays an interval.
pub struct Search {
    wanted: Wanted,
    /// The checkpoint at the start of the interval.
    from: Arc<Moment>,
    /// The end of the interval.
    to: Place,
    /// The last hit in the interval with its position in the run.
    hit: Option<(u64, Journey)>,
}

/// Starts a search before the machine's position. Returns `None` if there is no earlier checkpoint.
pub fn begin(m: &mut Machine, history: &History, wanted: Wanted) -> Option<Journey> {
    let from = history.before(cycles(m), |_| true)?;
    let to = m.place();
    from.visit(m).then(|| Journey::Search(Box::new(Search { wanted, from, to, hit: None })))
}

impl Wanted {
    /// Returns the operation that a hit leads to.
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

    /// Returns the result if there was no hit in any interval.
    fn none(&self) -> Found {
        match self {
            Self::Points => Found::Begin,
            Self::Interrupt { core, else_at, .. } => Found::Way(Journey::Go(*else_at, *core, Why::Step)),
        }
    }
}

impl Search {
    /// Replays one piece of the interval.
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
