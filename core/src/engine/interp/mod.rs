//! The block-cached interpreter.
//!
//! Straight-line code is decoded once into a `Block` of [`DecOp`](crate::engine::DecOp)s and run from there.
//! Conditions that may differ between two runs of a block are checked once at its entry: free register
//! windows, an active loop that ends inside it, the budget. Blocks end where control flow, the window,
//! interrupts or the memory map may change.

mod busy_wait;
mod cache;
mod region;
mod run;
mod translate;

pub use busy_wait::BusyWait;
pub(crate) use busy_wait::Polls;

use super::native::Translator;
use super::{Ctx, Done, Engine, Exit};
use crate::cpu::Cpu;
use crate::debug::Stop;
use crate::memory::{Bus, Memory};
use cache::{BlockId, Cache};
use run::{BlockResult, run_cached, run_checked, run_native, run_ops};
use std::collections::BTreeSet;

/// Maximum instructions in a block.
const MAX_BLOCK: usize = 64;
/// Instructions of a block that the interpreter runs before it is translated, if there is a translator.
pub const HOT: u32 = 100_000;

/// Host cost of block handling, in units of [`crate::work::Work`].
mod cost {
    /// Dropping all blocks.
    pub const FLUSH: u64 = 50_000;
    /// Dropping a page's blocks.
    pub const DROP_PAGE: u64 = 10_000;
    /// Dropping a block.
    pub const DROP_BLOCK: u64 = 10_000;
    /// Emptying the jump cache.
    pub const LOOKUPS: u64 = 2_000;
    /// Decoding an instruction.
    pub const DECODE: u64 = 100;
}

/// The interpreter of one core; by default without a translator.
#[derive(Default)]
pub struct Interp {
    cache: Cache,
    /// Translator to machine code for frequently executed blocks.
    translator: Option<Box<dyn Translator>>,
    /// Busy-waiting loops are executed, not skipped.
    pub executes_busy_waits: bool,
    polls: Polls,
    breakpoints: BTreeSet<u32>,
    /// The next instruction ignores breakpoints and watchpoints.
    step_over: bool,
    /// The bus is notified of exceptions and interrupts.
    report_traps: bool,
    /// BREAK stops instead of raising the debug exception.
    stop_at_breaks: bool,
    /// The next instruction raises the debug exception in spite of `stop_at_breaks`.
    raise_break: bool,
    /// Interrupts that stop the run when they are taken, one bit each.
    irq_break: u32,
    /// PC, block and index where the last run stopped inside a block; avoids decoding a new block there.
    resume: Option<(u32, BlockId, usize)>,
    /// IBREAKENABLE and IBREAKA that the cached blocks were decoded for.
    ibreak: (u32, [u32; 2]),
}

impl Engine for Interp {
    fn run(&mut self, cpu: &mut Cpu, core: usize, mem: &mut Memory, bus: &mut dyn Bus, budget: u64) -> Exit {
        let mut c = Ctx::new(cpu, core, mem, bus);
        c.report_traps = self.report_traps;
        c.stops_at_breaks = self.stop_at_breaks;
        let end = c.cpu.cycles.saturating_add(budget);
        c.polls = self.polls;
        c.polls.begin(c.cpu.pc, if self.executes_busy_waits { 0 } else { end });
        let exit = self.run_until(&mut c, end);
        self.polls = c.polls;
        exit
    }

    fn set_breakpoint(&mut self, addr: u32, on: bool) {
        if on {
            self.breakpoints.insert(addr);
        } else {
            self.breakpoints.remove(&addr);
        }
        self.cache.drop_around(addr);
        self.resume = None;
    }

    fn step_over(&mut self) {
        self.step_over = true;
    }

    fn report_traps(&mut self, on: bool) {
        self.report_traps = on;
    }

    fn set_irq_break(&mut self, mask: u32) {
        self.irq_break = mask;
    }

    fn stop_at_breaks(&mut self, on: bool) {
        self.stop_at_breaks = on;
    }

    fn raise_break(&mut self) {
        self.raise_break = true;
    }

    fn flush(&mut self) {
        self.cache.clear();
        self.resume = None;
        if let Some(translator) = &mut self.translator {
            translator.forget();
        }
    }
}

impl Interp {
    /// Creates an interpreter that translates a block after `threshold` of its instructions have run.
    #[must_use]
    pub fn with_translator(translator: Box<dyn Translator>, threshold: u32) -> Self {
        let cache = Cache::with_threshold(threshold.min(u32::MAX - 1));
        Self { cache, translator: Some(translator), ..Self::default() }
    }

    /// Runs up to cycle `end`.
    fn run_until(&mut self, c: &mut Ctx, end: u64) -> Exit {
        self.drop_stale(c);
        while c.cpu.cycles < end {
            if c.cpu.waiting && c.cpu.deliverable() == 0 {
                return Exit::Waiting;
            }
            c.cpu.waiting = false;
            let due = if self.irq_break == 0 { 0 } else { c.cpu.due() };
            if c.cpu.take_interrupt() {
                if c.report_traps {
                    c.on_trap(c.cpu.cycles);
                }
                if due & self.irq_break != 0 {
                    self.step_over = false;
                    return Exit::Stop(Stop::Interrupt { taken: due });
                }
            }
            let slice = (end - c.cpu.cycles).min(c.cpu.cycles_to_timer());
            if let Some(exit) = self.run_slice(c, slice) {
                return exit;
            }
        }
        if c.cpu.waiting && c.cpu.deliverable() == 0 { Exit::Waiting } else { Exit::Budget }
    }

    /// Runs at most `slice` cycles, in which no timer matches except at the very end. Returns `None` when the
    /// caller must check interrupts and the budget again.
    fn run_slice(&mut self, c: &mut Ctx, slice: u64) -> Option<Exit> {
        let end = c.cpu.cycles + slice;
        if (c.cpu.ibreakenable, c.cpu.ibreaka) != self.ibreak {
            self.flush();
            c.mem.work.charge(cost::FLUSH);
            self.ibreak = (c.cpu.ibreakenable, c.cpu.ibreaka);
        }
        let stepping = self.is_stepping(c.cpu);
        let mut poll = std::mem::take(&mut c.polls.due);
        while c.cpu.cycles < end {
            let budget = end - c.cpu.cycles;
            let mut over = false;
            let ran = if stepping {
                self.step_one(c)
            } else if std::mem::take(&mut poll) {
                self.skip_busy_wait(c, end)
            } else if self.resume.is_none()
                && let Some(ran) = self.run_ready(c, budget)
            {
                ran
            } else {
                let ran = self.run_block(c, budget);
                over = c.mem.work.is_over();
                ran
            };
            c.cpu.cycles += ran.count;
            match ran.done {
                Done::Next | Done::Jump => {
                    if over {
                        c.cpu.match_timers();
                        return Some(Exit::Pause);
                    }
                    if stepping {
                        break;
                    }
                }
                Done::Fault => {
                    if c.report_traps {
                        c.on_trap(c.cpu.cycles);
                    }
                    // A taken exception costs a cycle, so that a loop of exceptions cannot stop time.
                    c.cpu.cycles += 1;
                    c.cpu.match_timers();
                    return self.check_exit(c);
                }
                Done::Exit | Done::ExitJump => {
                    c.cpu.match_timers();
                    return self.check_exit(c);
                }
                Done::Stop => {
                    self.step_over = false;
                    return c.stop.take().map(Exit::Stop);
                }
            }
        }
        c.cpu.match_timers();
        None
    }

    /// Whether instructions are executed one at a time.
    #[inline]
    fn is_stepping(&self, cpu: &Cpu) -> bool {
        self.step_over || self.raise_break || cpu.icountlevel != 0 && cpu.icount_active()
    }

    /// Runs the block at the PC without per-instruction checks: its machine code, or all of it if it is in
    /// the jump cache, the budget covers it, the registers it uses are free and no active loop ends inside
    /// it. Returns `None` otherwise.
    #[inline(always)]
    fn run_ready(&mut self, c: &mut Ctx, budget: u64) -> Option<BlockResult> {
        let mut cached = self.cache.lookup(c.cpu.pc);
        if cached.pc != c.cpu.pc {
            return None;
        }
        if self.cache.warm(cached.pc) {
            self.promote(c, cached.pc);
            cached = self.cache.lookup(cached.pc);
        }
        if let Some(native) = cached.native
            && let Some(ran) = run_native(c, native, budget)
        {
            return Some(ran);
        }
        let whole = cached.count().wrapping_sub(1) < budget && cached.max_quad <= c.cpu.window_room;
        let loops_inside = c.cpu.lcount != 0
            && c.cpu.lend.wrapping_sub(cached.pc.wrapping_add(1)) < cached.len_bytes().wrapping_sub(1);
        (whole && !loops_inside).then(|| run_cached(c, &cached))
    }

    /// Handles the end of an instruction that may have changed more than registers. Returns the exit that is
    /// due, if any.
    fn check_exit(&mut self, c: &mut Ctx) -> Option<Exit> {
        self.drop_stale(c);
        let pause = std::mem::take(&mut c.pause);
        if std::mem::take(&mut c.service_due) { Some(Exit::Service) } else { pause.then_some(Exit::Pause) }
    }

    /// Drops blocks whose code was overwritten or remapped.
    fn drop_stale(&mut self, c: &mut Ctx) {
        if c.mem.has_stale(c.core) {
            for phys in c.mem.take_stale(c.core) {
                c.mem.work.charge(cost::DROP_PAGE);
                self.cache.drop_phys(phys);
            }
            self.resume = None;
        }
        c.code_moved = false;
        if self.cache.map_generation != c.mem.map_generation {
            self.cache.map_generation = c.mem.map_generation;
            self.cache.clear_jump_cache();
            c.mem.work.charge(cost::LOOKUPS);
            self.resume = None;
        }
    }

    /// Runs the block at the PC, or as much of it as the budget, the window and the loop registers allow.
    fn run_block(&mut self, c: &mut Ctx, budget: u64) -> BlockResult {
        let pc = c.cpu.pc;
        let (id, from) = match self.resume.take() {
            Some((at, id, from)) if at == pc => (id, from),
            _ => match self.find(c, pc) {
                Some(id) => (id, 0),
                None => return self.uncached(c, pc),
            },
        };
        if from == 0
            && self.cache.get(id).guarded
            && let Some(ran) = self.guard(c, pc, false)
        {
            return ran;
        }
        let block = self.cache.get(id);
        let cut_short =
            c.cpu.lcount != 0 && c.cpu.lend.wrapping_sub(block.start.wrapping_add(1)) < block.len_bytes() - 1;
        // A LEND in the middle of an instruction never ends a loop.
        if cut_short && block.ops.iter().any(|o| o.pc == c.cpu.lend) {
            // The active loop ends inside the block: decode it again up to there.
            self.cache.drop_block(id);
            c.mem.work.charge(cost::DROP_BLOCK);
            return self.run_block(c, budget);
        }
        let n = block.ops.len();
        if block.max_quad > c.cpu.window_room {
            return run_checked(c, &block.ops[from..], budget);
        }
        if budget < (n - from) as u64 {
            let to = from + budget as usize;
            let ran = run_ops(c, &block.ops[from..to]);
            if ran.done == Done::Next {
                self.resume = Some((c.cpu.pc, id, to));
            }
            return ran;
        }
        run_ops(c, &block.ops[from..])
    }

    /// Checks for a breakpoint or IBREAK at `pc` and stops there if it applies. `quiet` ignores the
    /// debugger's breakpoints.
    fn guard(&mut self, c: &mut Ctx, pc: u32, quiet: bool) -> Option<BlockResult> {
        if !quiet && self.breakpoints.contains(&pc) {
            c.stop = Some(Stop::Breakpoint);
            return Some(BlockResult { count: 0, done: Done::Stop });
        }
        if c.cpu.ibreak_at(pc) && c.cpu.debug_enabled() {
            c.cpu.raise_debug(crate::cpu::debug_regs::cause::IBREAK, pc);
            return Some(BlockResult { count: 0, done: Done::Fault });
        }
        None
    }

    /// Runs one instruction that is not cached: its code is outside the page table, or its fetch faults.
    fn uncached(&mut self, c: &mut Ctx, pc: u32) -> BlockResult {
        match translate::decode_one(c, pc, 0) {
            Ok(op) => run_checked(c, &[op], 1),
            Err(done) => BlockResult { count: 0, done },
        }
    }

    /// Runs one instruction with ICOUNT active, or past a debugger's breakpoint.
    fn step_one(&mut self, c: &mut Ctx) -> BlockResult {
        let quiet = std::mem::take(&mut self.step_over);
        let pc = c.cpu.pc;
        if let Some(ran) = self.guard(c, pc, quiet) {
            return ran;
        }
        let icount = c.cpu.icount_active().then_some(c.cpu.icount);
        if icount == Some(u32::MAX) && c.cpu.debug_enabled() {
            c.cpu.raise_debug(crate::cpu::debug_regs::cause::ICOUNT, pc);
            return BlockResult { count: 0, done: Done::Fault };
        }
        self.resume = None;
        let paused = std::mem::replace(&mut c.mem.watch_paused, quiet);
        c.stops_at_breaks &= !std::mem::take(&mut self.raise_break);
        let ran = self.uncached(c, pc);
        c.stops_at_breaks = self.stop_at_breaks;
        c.mem.watch_paused = paused;
        // Only a completed instruction counts, and a value that it wrote to ICOUNT is kept.
        if ran.count == 1 && icount == Some(c.cpu.icount) {
            c.cpu.icount = c.cpu.icount.wrapping_add(1);
        }
        ran
    }
}
