//! Reverse step: bisects between checkpoints to get close to a core's last instruction, then single-steps.
//!
//! Like a forward step, a reverse step skips completed interrupt and window handlers unless the client wants to step
//! into them.

use super::history::{self, Checkpoint, History};
use super::search::{self, SearchTarget};
use super::{Progress, ReverseOp, replay_towards};
use crate::event::Why;
use esplens_core::cpu::ps;
use esplens_soc::machine::{ExecPosition, Goal, Machine};
use std::sync::Arc;

/// Distance, in cycles, that is covered by single-stepping.
const NEAR: u64 = 1024;
/// Maximum number of instructions single-stepped per call.
const PIECE: usize = 4096;

/// A reverse step in progress.
pub struct ReverseStep {
    core: usize,
    /// Handlers are not skipped.
    irq: bool,
    /// Retired instructions and cycles of the core at the start of the reverse step.
    retired: u64,
    cycles: u64,
    /// Upper bound: the last instruction ran before the core reached this cycle count.
    limit: u64,
    /// The latest known checkpoint before the last instruction; the machine was continued from there.
    start: Arc<Checkpoint>,
    /// Cycle count to run to for a closer checkpoint.
    target: Option<u64>,
    /// Instructions since `start`, each with its handler nesting depth; `None` until `start` is close enough.
    seen: Option<Vec<(i32, ExecPosition)>>,
    depth: i32,
}

/// Starts a reverse step of a core. Returns `None` if there is no checkpoint before its last instruction.
pub fn start(m: &mut Machine, history: &History, core: usize, irq: bool) -> Option<ReverseOp> {
    let (retired, cycles) = (m.cpu(core).retired, m.cpu(core).cycles);
    let start = history.before(history::cycles(m), |checkpoint| checkpoint.retired[core] < retired)?;
    let step =
        ReverseStep { core, irq, retired, cycles, limit: cycles, start, target: None, seen: None, depth: 0 };
    step.start.restore(m).then(|| ReverseOp::Step(Box::new(step)))
}

impl ReverseStep {
    /// Runs a part of the reverse step.
    pub fn poll(&mut self, m: &mut Machine, history: &mut History) -> Progress {
        match &self.seen {
            Some(_) => self.step_to_end(m, history),
            None => {
                self.approach(m, history);
                Progress::Pending
            }
        }
    }

    /// Halves the distance between the checkpoint and the limit.
    fn approach(&mut self, m: &mut Machine, history: &mut History) {
        let Some(target) = self.target else {
            let left = self.limit.saturating_sub(m.cpu(self.core).cycles);
            if left <= NEAR {
                (self.seen, self.depth) = (Some(Vec::new()), 0);
            } else {
                self.target = Some(m.cpu(self.core).cycles + left / 2);
            }
            return;
        };
        if !replay_towards(m, Goal::Cycles(self.core, target)) {
            return;
        }
        self.target = None;
        if m.cpu(self.core).retired < self.retired {
            self.start = history.add_recent(m);
        } else {
            self.limit = target;
            self.start.restore(m);
        }
    }

    /// Single-steps up to the start of the reverse step.
    fn step_to_end(&mut self, m: &mut Machine, history: &History) -> Progress {
        for _ in 0..PIECE {
            let cpu = m.cpu(self.core);
            if cpu.retired >= self.retired || cpu.cycles >= self.cycles {
                return self.choose(m, history);
            }
            self.step(m);
        }
        Progress::Pending
    }

    fn step(&mut self, m: &mut Machine) {
        let before = m.cpu(self.core);
        let (position, pc, cycles, retired) = (m.position(), before.pc, before.cycles, before.retired);
        let (status, epc, returns) = (before.ps, before.epc, returns(m, self.core, pc));
        while !replay_towards(m, Goal::Cycles(self.core, cycles + 1)) {}
        let after = m.cpu(self.core);
        // An exception takes a cycle and retires no instruction; an interrupt takes no cycle.
        let newly = after.ps & !status & ps::EXCM != 0 || !epc.contains(&pc);
        let entered = newly && after.epc.contains(&pc);
        let ran = after.retired > retired;
        if let Some(seen) = self.seen.as_mut().filter(|_| ran) {
            // An interrupt was taken before the instruction at the old PC: the retired instruction is the handler's.
            seen.push((self.depth + i32::from(entered), position));
        }
        self.depth += i32::from(entered) - i32::from(returns && ran);
    }

    /// Selects the last instruction that is not nested deeper in handlers than the start of the reverse step.
    fn choose(&mut self, m: &mut Machine, history: &History) -> Progress {
        let seen = self.seen.take().unwrap_or_default();
        let Some((_, last)) = seen.last() else { return Progress::AtOldest };
        let fitting = seen.iter().rfind(|(depth, _)| self.irq || *depth <= self.depth);
        if let Some((_, position)) = fitting {
            let there = self.start.restore(m);
            let go = ReverseOp::GoTo(*position, self.core, Why::Step);
            return if there { Progress::Continue(go) } else { Progress::AtOldest };
        }
        // The core returned from a handler that ran longer, perhaps because other tasks ran: continue from the
        // interrupt's entry.
        let cpu = m.cpu(self.core);
        let wanted = SearchTarget::Interrupt { core: self.core, pc: cpu.pc, sp: cpu.a(1), else_at: *last };
        search::start(m, history, wanted).map_or(Progress::AtOldest, Progress::Continue)
    }
}

/// Returns true if the instruction at `pc` returns from an exception or interrupt: RFE, RFUE, RFDE, RFWO, RFWU, RFI
/// (ISA chapter 6).
fn returns(m: &Machine, core: usize, pc: u32) -> bool {
    let mut bytes = [0; 4];
    m.peek(core, pc, &mut bytes[..3]) == 3 && {
        let op = u32::from_le_bytes(bytes);
        matches!(op, 0x00_3000 | 0x00_3100 | 0x00_3200 | 0x00_3400 | 0x00_3500) || op & 0xFF_F0FF == 0x00_3010
    }
}
