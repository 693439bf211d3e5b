//! Search for the last point that was hit: replays each interval between two checkpoints, newest first.

use super::history::{Checkpoint, cycles};
use super::{History, Progress, ReverseOp, replay_piece};
use crate::event::Why;
use crate::points::Points;
use esplens_core::debug::Stop;
use esplens_soc::machine::{ExecPosition, Goal, Machine};
use std::sync::Arc;

/// Target of the search.
pub enum SearchTarget {
    /// A point of any client.
    Points,
    /// The interrupt entry from which the core later returned to this PC and stack pointer. `else_at` is used if none
    /// is found.
    Interrupt { core: usize, pc: u32, sp: u32, else_at: ExecPosition },
}

/// A search in progress: the machine replays an interval.
pub struct Search {
    wanted: SearchTarget,
    /// The checkpoint at the start of the interval.
    from: Arc<Checkpoint>,
    /// The end of the interval.
    to: ExecPosition,
    /// The last hit in the interval with its position in the run.
    hit: Option<(u64, ReverseOp)>,
}

/// Starts a search before the machine's position. Returns `None` if there is no earlier checkpoint.
pub fn start(m: &mut Machine, history: &History, wanted: SearchTarget) -> Option<ReverseOp> {
    let from = history.before(cycles(m), |_| true)?;
    let to = m.position();
    from.restore(m).then(|| ReverseOp::Search(Box::new(Search { wanted, from, to, hit: None })))
}

impl SearchTarget {
    /// Returns the operation that a hit leads to.
    fn hit(&self, m: &Machine, core: usize, stop: Stop, points: &Points) -> Option<ReverseOp> {
        match self {
            Self::Points => {
                let hit = points.was_stop(m, core, stop);
                hit.then(|| ReverseOp::GoTo(m.position(), core, points.why(m, core, stop)))
            }
            Self::Interrupt { core: wanted, pc, sp, .. } => {
                let cpu = m.cpu(core);
                let taken = matches!(stop, Stop::Interrupt { .. }) && core == *wanted;
                let hit = taken && cpu.epc.contains(pc) && cpu.a(1) == *sp;
                hit.then(|| ReverseOp::Before(m.position().before_interrupt(core, *pc), core))
            }
        }
    }

    /// Returns the result if there was no hit in any interval.
    fn none(&self) -> Progress {
        match self {
            Self::Points => Progress::AtOldest,
            Self::Interrupt { core, else_at, .. } => {
                Progress::Continue(ReverseOp::GoTo(*else_at, *core, Why::Step))
            }
        }
    }
}

impl Search {
    /// Replays one piece of the interval.
    pub fn poll(&mut self, m: &mut Machine, history: &mut History, points: &Points) -> Progress {
        let Self { wanted, to, hit, .. } = self;
        let interrupts = matches!(wanted, SearchTarget::Interrupt { .. });
        if interrupts {
            m.break_on_interrupts(u32::MAX);
        }
        let ended = replay_piece(m, Goal::Position(*to), &mut |m, core, stop| {
            let found = wanted.hit(m, core, stop, points).filter(|_| m.position() != *to);
            if let Some(way) = found {
                *hit = Some((cycles(m), way));
            }
        });
        if interrupts {
            points.sync_breakpoints(m);
        }
        if !ended {
            history.add_recent(m);
            return Progress::Pending;
        }
        if let Some((at, way)) = self.hit.take() {
            let checkpoint = history.before(at, |_| true).unwrap_or_else(|| self.from.clone());
            return if checkpoint.restore(m) { Progress::Continue(way) } else { Progress::AtOldest };
        }
        match history.before(self.from.cycles, |_| true) {
            Some(earlier) if earlier.restore(m) => {
                self.to = std::mem::replace(&mut self.from, earlier).position;
                Progress::Pending
            }
            _ => {
                self.from.restore(m);
                self.wanted.none()
            }
        }
    }
}
