//! Busy-waiting loops are skipped: advanced by whole iterations, to the state that executing them leads to.
//!
//! [`Polls`] notices an instruction that reads a device's register, or CCOUNT, at regular intervals. [`DryRun`] then
//! executes one iteration on a copy of the core, without any effect on the machine. If it changes nothing but address
//! registers, and those by constants, [`proof`] computes for how many iterations every branch goes the same way. The
//! core is advanced by that many at once, as long as the devices promise that the values read stay what they are
//! ([`Bus::steady`]) and the budget lasts. The last iteration within the budget is always executed, so that the devices
//! are left as they would be.

mod bound;
mod class;
mod dry_run;
mod polls;
mod proof;

pub(crate) use polls::Polls;

use super::Interp;
use super::run::BlockResult;
use crate::cpu::{AREGS, Cpu};
use crate::engine::{Ctx, Done};
use crate::memory::{Bus, Memory};
use dry_run::DryRun;
use proof::Step;

/// Cycles for which an inner loop must last; otherwise the loop around it is tried.
const MIN_CYCLES: u64 = 512;

/// Recurrences of the PC after which a loop is given up: an inner loop may run many times in an iteration.
const MAX_RECURRENCES: usize = 16;

/// A loop of which some iterations are known in advance. They change address registers only.
#[derive(Clone)]
pub struct BusyWait {
    /// Cycles of an iteration, which is as many instructions.
    cycles: u64,
    /// Iterations from now on that are alike.
    iterations: u64,
    /// Memory that it reads and executes, as address and length; `None` when it reads a device, too.
    memory: Option<Vec<(u32, u32)>>,
    steps: Vec<Step>,
    change: [u32; AREGS],
}

impl BusyWait {
    /// Returns the cycles for which the core's state is known in advance.
    #[must_use]
    pub fn lasts(&self) -> u64 {
        self.cycles.saturating_mul(self.iterations)
    }

    /// Returns the memory that it reads and executes, as virtual address and length in bytes; `None` when it reads a
    /// device, too. It depends on nothing else but CCOUNT and the core's own registers.
    #[must_use]
    pub fn memory(&self) -> Option<&[(u32, u32)]> {
        self.memory.as_deref()
    }

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
    /// Returns whether the core seems to wait in a loop: it reads a register at regular intervals, or stays in a small
    /// part of the code.
    #[must_use]
    pub fn is_polling(&self, cpu: &Cpu) -> bool {
        !self.executes_busy_waits && self.polls.is_regular(cpu.cycles)
    }

    /// Returns the busy-waiting loop that the core is in, if it is known to last for `cycles` or more.
    pub fn busy_wait(
        &mut self,
        cpu: &Cpu,
        core: usize,
        mem: &mut Memory,
        bus: &mut dyn Bus,
        cycles: u64,
    ) -> Option<BusyWait> {
        if self.is_stepping(cpu) || cpu.waiting || cpu.deliverable() > 0 {
            return None;
        }
        let mut copy = cpu.clone();
        let end = cpu.cycles.saturating_add(cpu.cycles_to_timer() - 1);
        let found = self.find_loop(cpu, &mut Ctx::new(&mut copy, core, mem, bus), end, cycles);
        self.polls.tried(found.is_some());
        found.filter(|l| l.lasts() >= cycles)
    }

    /// Advances a core by `cycles`, which its loop lasts for. Reads neither memory nor devices.
    pub fn advance(
        &mut self,
        cpu: &mut Cpu,
        core: usize,
        mem: &mut Memory,
        bus: &mut dyn Bus,
        (wait, cycles): (&BusyWait, u64),
    ) {
        self.resume = None;
        let skipped = wait.skip(cpu, cycles / wait.cycles);
        self.polls.skipped(skipped);
        dry_run::repeat(&mut Ctx::new(cpu, core, mem, bus), &wait.steps[..(cycles - skipped) as usize]);
    }

    /// Skips iterations of the loop at the PC, up to cycle `end`.
    #[cold]
    #[inline(never)]
    pub(super) fn skip_busy_wait(&mut self, c: &mut Ctx, end: u64) -> BlockResult {
        let mut copy = c.cpu.clone();
        let found = self.find_loop(c.cpu, &mut Ctx::new(&mut copy, c.core, c.mem, c.bus), end, MIN_CYCLES);
        // The last iteration within the budget is executed.
        let left = end - c.cpu.cycles;
        let iterations = found.as_ref().map_or(0, |l| l.iterations.min((left / l.cycles).saturating_sub(1)));
        if let Some(found) = &found
            && iterations > 0
        {
            c.polls.skipped(found.skip(c.cpu, iterations));
            self.resume = None;
        }
        c.polls.tried(found.is_some());
        BlockResult { count: 0, done: Done::Jump }
    }

    /// Tries the loop that begins at state `start`; `c` has a copy of that core. Returns the first loop that lasts for
    /// `wanted` cycles, or the one that lasts longest.
    fn find_loop(&self, start: &Cpu, c: &mut Ctx, end: u64, wanted: u64) -> Option<BusyWait> {
        let guarded = |c: &Ctx, pc| self.breakpoints.contains(&pc) || c.cpu.ibreak_at(pc);
        let mut run = DryRun::new(start.pc, end);
        let mut best: Option<BusyWait> = None;
        for _ in 0..MAX_RECURRENCES {
            if run.reach_start(c, guarded).is_none() {
                break;
            }
            let cycles = run.steps.len() as u64;
            let Some(change) = change(start, c.cpu) else { continue };
            let Some(same) = proof::iterations(&run.steps, &change, cycles as u32) else { continue };
            let room = run.steady_until.min(end).saturating_sub(start.cycles) / cycles;
            let found = BusyWait {
                cycles,
                iterations: same.saturating_add(1).min(room),
                memory: run.memory.clone(),
                steps: Vec::new(),
                change,
            };
            let lasts = found.lasts();
            if lasts > best.as_ref().map_or(0, BusyWait::lasts) {
                best = Some(found);
            }
            if lasts >= wanted {
                break;
            }
        }
        let mut best = best?;
        // Each step takes a cycle.
        run.steps.truncate(best.cycles as usize);
        best.steps = run.steps;
        Some(best)
    }
}

/// Returns how the address registers differ between two states; `None` when anything else differs, time aside.
fn change(before: &Cpu, after: &Cpu) -> Option<[u32; AREGS]> {
    let same = Cpu { ar: before.ar, cycles: before.cycles, retired: before.retired, ..after.clone() };
    (same == *before).then(|| std::array::from_fn(|n| after.ar[n].wrapping_sub(before.ar[n])))
}
