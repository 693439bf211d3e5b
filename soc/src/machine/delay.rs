//! Long turns beside a core that waits.
//!
//! While both cores are busy they take turns of a few cycles. A core that waits in a loop which depends on nothing but memory,
//! CCOUNT and its own registers (`ets_delay_us`, a flag of the other core) needs no turns until that memory changes: its
//! state after any number of cycles is known in advance. The other one then runs for as long as the wait lasts, or to
//! its first store there, and the waiting core follows in one step: to where the short turns would have brought it by then.

use super::Machine;
use super::run::TURN;
use esplens_core::engine::interp::BusyWait;

/// Shortest long turn, in cycles.
const MIN_LENGTH: u64 = 8 * TURN;

/// A turn of one core while the other waits.
pub(super) struct LongTurn {
    /// Cycle of the slice at which it begins.
    from: u64,
    /// Cycle of the slice at which it must end.
    pub(super) end: u64,
    wait: BusyWait,
}

impl Machine {
    /// Returns the long turn that `core` may take now, at the start of a short one. All of it comes before cycle `stop` of the slice.
    pub(super) fn long_turn(&mut self, core: usize, stop: u64) -> Option<LongTurn> {
        let waiting = 1 - core;
        let polls = self.engines[waiting].is_polling(&self.cpus[waiting]);
        let turn = if polls { self.find_long_turn(core, stop) } else { None };
        if turn.is_none() && self.mem.is_awaited() {
            self.mem.clear_awaited();
        }
        turn
    }

    fn find_long_turn(&mut self, core: usize, stop: u64) -> Option<LongTurn> {
        let waiting = 1 - core;
        let (slice, from) = (self.slice?, self.done(core));
        let begins = (from + TURN).min(slice.cycles) == slice.turn_end;
        let waiting_at = if waiting == 1 { from } else { slice.turn_end };
        if !begins || self.done(waiting) != waiting_at || self.idle(0) || self.idle(1) {
            return None;
        }
        let goals = [0, 1].map(|core| self.goal_budget(core, u64::MAX) - 1);
        let most = (slice.cycles - from).min(stop.checked_sub(from + 1)?).min(goals[0]).min(goals[1]);
        if most < MIN_LENGTH || self.mem.has_stale(waiting) {
            return None;
        }
        let (cpu, engine) = (&self.cpus[waiting], &mut self.engines[waiting]);
        let wait = engine.busy_wait(cpu, waiting, &mut self.mem, &mut self.soc, MIN_LENGTH + TURN)?;
        let most = most.min(waiting_at + wait.lasts() - from);
        let length = if most == slice.cycles - from { most } else { most / TURN * TURN };
        let quiet = length >= MIN_LENGTH && self.mem.set_awaited(waiting, wait.memory()?);
        quiet.then_some(LongTurn { from, end: from + length, wait })
    }

    /// Ends the long turn of `core`, which may have stopped anywhere. Brings the other core and the slice to the state that
    /// short turns lead to.
    pub(super) fn end_long_turn(&mut self, core: usize, turn: &LongTurn) {
        let waiting = 1 - core;
        let done = self.done(core);
        let Some(slice) = &mut self.slice else { return };
        let begun = turn.from + (done - turn.from).saturating_sub(1) / TURN * TURN;
        slice.turn_end = (begun + TURN).min(slice.cycles);
        let target = if waiting == 1 { begun } else { slice.turn_end };
        let left = target.saturating_sub(self.done(waiting));
        let (cpu, engine) = (&mut self.cpus[waiting], &mut self.engines[waiting]);
        engine.advance(cpu, waiting, &mut self.mem, &mut self.soc, (&turn.wait, left));
        if self.mem.is_disturbed() {
            self.mem.clear_awaited();
        }
    }
}
