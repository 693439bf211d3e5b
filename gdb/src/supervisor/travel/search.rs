//! The last point that was hit: each stretch between two moments is run again, the newest first.

use super::super::event::Why;
use super::super::points::Points;
use super::{Found, History, Journey, run_piece};
use esplens_soc::machine::{Goal, Machine, Place};

/// A search under way: the machine is in the stretch.
pub struct Search {
    /// The moment at which the stretch begins.
    from: usize,
    /// Its end.
    to: Place,
    /// The last hit in it.
    hit: Option<(Place, usize, Why)>,
}

/// Begins a search before where the machine is. `None`: nothing is kept of that.
pub fn begin(m: &mut Machine, history: &History) -> Option<Search> {
    let from = history.before(m).checked_sub(1)?;
    let to = m.place();
    history.get(from)?.visit(m).then_some(Search { from, to, hit: None })
}

impl Search {
    /// Runs a piece of the stretch.
    pub fn piece(&mut self, m: &mut Machine, history: &History, points: &Points) -> Found {
        let Self { to, hit, .. } = self;
        let ended = run_piece(m, Goal::Place(*to), &mut |m, core, stop| {
            let place = m.place();
            if place != *to && points.was_stop(m, core, stop) {
                *hit = Some((place, core, points.why(m, core, stop)));
            }
        });
        if !ended {
            return Found::Nothing;
        }
        let moment = history.get(self.from);
        if let Some((place, core, why)) = self.hit.take() {
            return match moment.is_some_and(|moment| moment.visit(m)) {
                true => Found::Way(Journey::Go(place, core, why)),
                false => Found::Begin,
            };
        }
        let earlier = self.from.checked_sub(1).and_then(|n| history.get(n));
        match (moment, earlier) {
            (Some(moment), Some(earlier)) if earlier.visit(m) => {
                (self.from, self.to) = (self.from - 1, moment.place);
                Found::Nothing
            }
            (Some(moment), _) => {
                moment.visit(m);
                Found::Begin
            }
            _ => Found::Begin,
        }
    }
}
