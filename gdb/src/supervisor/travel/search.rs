//! The last point that was hit: each stretch between two moments is run again, the newest first.

use super::super::event::Why;
use super::super::points::Points;
use super::history::{Moment, cycles};
use super::{Found, History, Journey, run_piece};
use esplens_soc::machine::{Goal, Machine, Place};
use std::sync::Arc;

/// A search under way: the machine is in the stretch.
pub struct Search {
    /// The moment at which the stretch begins.
    from: Arc<Moment>,
    /// Its end.
    to: Place,
    /// The last hit in it, and how far the run had come then.
    hit: Option<(u64, Place, usize, Why)>,
}

/// Begins a search before where the machine is. `None`: nothing is kept of that.
pub fn begin(m: &mut Machine, history: &History) -> Option<Search> {
    let from = history.before(cycles(m), |_| true)?;
    let to = m.place();
    from.visit(m).then_some(Search { from, to, hit: None })
}

impl Search {
    /// Runs a piece of the stretch.
    pub fn piece(&mut self, m: &mut Machine, history: &mut History, points: &Points) -> Found {
        let Self { to, hit, .. } = self;
        let ended = run_piece(m, Goal::Place(*to), &mut |m, core, stop| {
            let place = m.place();
            if place != *to && points.was_stop(m, core, stop) {
                *hit = Some((cycles(m), place, core, points.why(m, core, stop)));
            }
        });
        if !ended {
            history.pass(m);
            return Found::Nothing;
        }
        if let Some((at, place, core, why)) = self.hit.take() {
            let moment = history.before(at, |_| true).unwrap_or_else(|| self.from.clone());
            let there = moment.visit(m);
            return if there { Found::Way(Journey::Go(place, core, why)) } else { Found::Begin };
        }
        match history.before(self.from.cycles(), |_| true) {
            Some(earlier) if earlier.visit(m) => {
                self.to = std::mem::replace(&mut self.from, earlier).place;
                Found::Nothing
            }
            _ => {
                self.from.visit(m);
                Found::Begin
            }
        }
    }
}
