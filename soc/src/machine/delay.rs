//! Long turns beside a delay loop.
//!
//! While both cores are busy they take turns of a few cycles. A core that waits in a loop which depends on nothing but its own
//! registers and CCOUNT (`ets_delay_us`) needs no turns: its state after any number of cycles is known in advance. The
//! other one then runs for as long as that wait lasts, and the waiting core follows in one step: to where the short turns
//! would have brought it by then.

use super::Machine;
use super::run::TURN;
use crate::map;
use esplens_core::engine::interp::BusyWait;
use esplens_core::engine::{Engine, Exit};

/// Cycles that a long turn must have.
const WORTH: u64 = 8 * TURN;

/// A turn of one core while the other waits.
pub(super) struct LongTurn {
    /// Cycle of the slice at which it begins.
    from: u64,
    /// Cycle of the slice at which it must end.
    pub(super) end: u64,
    wait: BusyWait,
}

impl Machine {
    /// The long turn that `core` may take now, at the begin of a short one; all of it comes before cycle `stop` of the slice.
    pub(super) fn long_turn(&mut self, core: usize, stop: u64) -> Option<LongTurn> {
        let waiting = 1 - core;
        if !self.engines[waiting].is_polling(&self.cpus[waiting]) {
            return None;
        }
        let (slice, from) = (self.slice?, self.done(core));
        let begins = (from + TURN).min(slice.cycles) == slice.turn_end;
        let waiting_at = if waiting == 1 { from } else { slice.turn_end };
        if !begins || self.done(waiting) != waiting_at || self.idle(0) || self.idle(1) {
            return None;
        }
        let goals = [0, 1].map(|core| self.goal_budget(core, u64::MAX) - 1);
        let most = (slice.cycles - from).min(stop.checked_sub(from + 1)?).min(goals[0]).min(goals[1]);
        if most < WORTH {
            return None;
        }
        let (cpu, engine) = (&self.cpus[waiting], &mut self.engines[waiting]);
        let wait = engine.busy_wait(cpu, waiting, &mut self.mem, &mut self.soc, WORTH + TURN)?;
        let lasts = waiting_at + wait.cycles.saturating_mul(wait.iterations);
        let is_rom = wait.private.is_some_and(|(low, high)| map::is_mask_rom(low) && map::is_mask_rom(high));
        let most = most.min(lasts - from);
        let length = if most == slice.cycles - from { most } else { most / TURN * TURN };
        (is_rom && length >= WORTH).then_some(LongTurn { from, end: from + length, wait })
    }

    /// Ends the long turn of `core`, wherever it stopped: the other core and the slice are as after short turns.
    pub(super) fn end_long_turn(&mut self, core: usize, turn: &LongTurn) {
        let waiting = 1 - core;
        let done = self.done(core);
        let Some(slice) = &mut self.slice else { return };
        let begun = turn.from + (done - turn.from).saturating_sub(1) / TURN * TURN;
        slice.turn_end = (begun + TURN).min(slice.cycles);
        let target = if waiting == 1 { begun } else { slice.turn_end };
        let left = target.saturating_sub(self.done(waiting));
        self.engines[waiting].skip(&mut self.cpus[waiting], &turn.wait, left);
        loop {
            let left = target.saturating_sub(self.done(waiting));
            if left == 0 {
                return;
            }
            let (cpu, engine) = (&mut self.cpus[waiting], &mut self.engines[waiting]);
            let exit = engine.run(cpu, waiting, &mut self.mem, &mut self.soc, left);
            // Nothing else can happen in the loop, whose instructions are known.
            debug_assert!(matches!(exit, Exit::Budget | Exit::Halt), "{exit:?} in a delay loop");
        }
    }
}
