//! Busy-waiting loops are skipped: advanced by whole iterations, to the state that executing them leads to.
//!
//! [`Polls`] notices an instruction that reads a device's register, or CCOUNT, at regular intervals. [`dry_run`] then
//! executes one iteration on a copy of the core, without any effect on the machine. If it changes nothing but address
//! registers, and those by constants, [`proof`] computes for how many iterations every branch goes the same way. The
//! core is advanced by that many at once, as long as the devices promise that the values read stay what they are
//! ([`Bus::steady`]) and the budget lasts. The last iteration within the budget is always executed, so that the devices are
//! left as they would be.

mod bound;
mod class;
mod dry_run;
mod polls;
mod proof;

pub(crate) use polls::Polls;

use super::Interp;
use super::run::Ran;
use crate::cpu::{AREGS, Cpu};
use crate::engine::{Ctx, Done};
use crate::memory::{Bus, Memory};

/// A loop of which some iterations are known in advance. All that it changes are address registers.
#[derive(Clone, Debug)]
pub struct BusyWait {
    /// Cycles of an iteration, which is as many instructions.
    pub cycles: u64,
    /// Iterations from now on that are alike.
    pub iterations: u64,
    /// Lowest and highest address that it executes and reads, when it depends on nothing else but the core's own registers
    /// and CCOUNT; `None` when it reads a device, or memory that a core can write.
    pub private: Option<(u32, u32)>,
    change: [u32; AREGS],
}

impl BusyWait {
    /// Advances the core by so many iterations; returns how many cycles that are.
    fn skip(&self, cpu: &mut Cpu, iterations: u64) -> u64 {
        for (register, change) in cpu.ar.iter_mut().zip(self.change) {
            *register = register.wrapping_add(change.wrapping_mul(iterations as u32));
        }
        let cycles = iterations * self.cycles;
        cpu.retired += cycles;
        cpu.cycles += cycles;
        cycles
    }
}

impl Interp {
    /// Whether the core has been reading the same register at regular intervals.
    #[must_use]
    pub fn is_polling(&self, cpu: &Cpu) -> bool {
        !self.executes_busy_waits && self.polls.is_regular(cpu.cycles)
    }

    /// The busy-waiting loop that the core is in, if it is known to last for `cycles` or more.
    pub fn busy_wait(
        &mut self,
        cpu: &Cpu,
        core: usize,
        mem: &mut Memory,
        bus: &mut dyn Bus,
        cycles: u64,
    ) -> Option<BusyWait> {
        if self.is_stepping(cpu) || cpu.deliverable() > 0 {
            return None;
        }
        let mut copy = cpu.clone();
        let mut c = Ctx::new(&mut copy, core, mem, bus);
        let end = cpu.cycles.saturating_add(cpu.cycles_to_timer() - 1);
        let found = self.find_loop(&mut c, end).filter(|l| l.cycles.saturating_mul(l.iterations) >= cycles);
        self.polls.tried(found.is_some());
        found
    }

    /// Advances the core by whole iterations of its loop, to less than one before it has done `cycles` more.
    pub fn skip(&mut self, cpu: &mut Cpu, wait: &BusyWait, cycles: u64) {
        self.resume = None;
        let skipped = wait.skip(cpu, (cycles / wait.cycles).min(wait.iterations));
        self.polls.skipped(skipped);
    }

    /// Skips iterations of the loop at the PC, up to cycle `end`.
    #[cold]
    #[inline(never)]
    pub(super) fn skip_busy_wait(&mut self, c: &mut Ctx, end: u64) -> Ran {
        let mut copy = c.cpu.clone();
        let found = self.find_loop(&mut Ctx::new(&mut copy, c.core, c.mem, c.bus), end);
        // The last one within the budget is executed.
        let iterations = found
            .as_ref()
            .map_or(0, |l| l.iterations.min(((end - c.cpu.cycles) / l.cycles).saturating_sub(1)));
        if let Some(found) = found
            && iterations > 0
        {
            c.polls.skipped(found.skip(c.cpu, iterations));
            self.resume = None;
        }
        c.polls.tried(iterations > 0);
        Ran { count: 0, done: Done::Jump }
    }

    /// Tries the loop at the PC on a copy of the core.
    fn find_loop(&self, c: &mut Ctx, end: u64) -> Option<BusyWait> {
        let start = c.cpu.clone();
        let iteration =
            dry_run::iteration(c, end, |c, pc| self.breakpoints.contains(&pc) || c.cpu.ibreak_at(pc))?;
        let cycles = c.cpu.cycles - start.cycles;
        let change = change(&start, c.cpu)?;
        let same = proof::iterations(&iteration.steps, &change, cycles as u32)?;
        let room = iteration.steady_until.min(end).saturating_sub(start.cycles) / cycles;
        let iterations = same.saturating_add(1).min(room);
        Some(BusyWait { cycles, iterations, private: iteration.private, change })
    }
}

/// How the address registers differ between two states; `None` when anything else differs, time aside.
fn change(before: &Cpu, after: &Cpu) -> Option<[u32; AREGS]> {
    let same = Cpu { ar: before.ar, cycles: before.cycles, retired: before.retired, ..after.clone() };
    (same == *before).then(|| std::array::from_fn(|n| after.ar[n].wrapping_sub(before.ar[n])))
}
