//! Code execution. [`Engine`] is the interface, [`interp`] the block-cached interpreter, and [`native`] the
//! contract of translators to machine code.

pub mod interp;
pub mod native;

use crate::cpu::Cpu;
use crate::cpu::exception::{Cause, vector};
use crate::debug::Stop;
use crate::memory::{Access, Bus, Fault, MAP_BASE, MAP_PAGES, Memory, PageEntry, TrapInfo, WatchOwner, flag};

/// Reason why [`Engine::run`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The budget is used up.
    Budget,
    /// A device requires the machine's attention before the next instruction.
    Service,
    /// A debugger requested a stop before the next instruction ([`Bus::pause_requested`]), or the allowance of host
    /// work ([`Memory::work`]) is used up. Nothing else is due.
    Pause,
    /// The core waits for an interrupt (WAITI).
    Waiting,
    /// A debug event.
    Stop(Stop),
}

/// Engine that runs one core.
///
/// All engines reach the same state at every instruction count. There is no callback per instruction; CCOUNT
/// is derived from the count.
pub trait Engine: Send {
    /// Runs at most `budget` cycles: to the next event or the end of the turn. Returns early after an access
    /// that may concern the machine, on WAITI and on a debug event. A taken exception counts as one cycle.
    fn run(&mut self, cpu: &mut Cpu, core: usize, mem: &mut Memory, bus: &mut dyn Bus, budget: u64) -> Exit;
    /// Sets or clears a debugger's breakpoint.
    fn set_breakpoint(&mut self, addr: u32, on: bool);
    /// Makes the next run ignore a breakpoint on its first instruction and a watchpoint that this instruction
    /// hits.
    fn step_over(&mut self);
    /// Turns calls of [`Bus::on_trap`] for every exception and interrupt on or off.
    fn report_traps(&mut self, on: bool);
    /// Sets the interrupts that stop the run with [`Stop::Interrupt`] when they are taken, one bit each.
    fn set_irq_break(&mut self, mask: u32) {
        let _ = mask;
    }
    /// Sets whether BREAK and BREAK.N stop with [`Stop::Break`] instead of raising the debug exception.
    fn stop_at_breaks(&mut self, on: bool);
    /// Makes the next instruction raise the debug exception if it is a BREAK, in spite of
    /// [`Engine::stop_at_breaks`].
    fn raise_break(&mut self);
    /// Drops all decoded code (after a restore).
    fn flush(&mut self);
}

/// Result of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Done {
    /// Finished; the next one follows.
    Next,
    /// Finished; the PC is set.
    Jump,
    /// Finished; the engine must check interrupts, code and budget before the next one.
    Exit,
    /// As `Exit`, and the PC is set.
    ExitJump,
    /// Not finished: an exception was taken, the PC is at its vector.
    Fault,
    /// Not finished: a debug event, see [`Ctx::stop`].
    Stop,
}

/// Instruction ready to run.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct DecOp {
    /// Handler of the instruction.
    pub exec: Exec,
    /// The immediate, or the absolute target address if the instruction has one.
    pub imm: u32,
    /// Address of the instruction.
    pub pc: u32,
    /// Field r.
    pub r: u8,
    /// Field s.
    pub s: u8,
    /// Field t.
    pub t: u8,
    /// Position in its block.
    pub index: u8,
    /// Length in bytes.
    pub len: u8,
    /// Highest quad of address registers that the instruction uses (window check).
    pub quad: u8,
    /// Displacement from `pc` + 4 of the branches whose `imm` is a constant or a bit number.
    pub aux: i16,
}

/// Handler that runs one instruction.
pub type Exec = fn(&mut Ctx, &DecOp) -> Done;

impl DecOp {
    /// Returns the address of the instruction after this one.
    #[inline(always)]
    #[must_use]
    pub fn next(&self) -> u32 {
        self.pc.wrapping_add(u32::from(self.len))
    }
}

/// Context that instructions work on.
pub struct Ctx<'a> {
    /// The core's state. Its `pc`, `cycles` and `retired` are up to date between blocks only.
    pub cpu: &'a mut Cpu,
    /// Number of the core.
    pub core: usize,
    /// All storage of the machine.
    pub mem: &'a mut Memory,
    /// Everything outside storage.
    pub bus: &'a mut dyn Bus,
    /// The core's page table.
    map: *const PageEntry,
    /// Cycle count at the block's start, minus the index of the first instruction run.
    pub(crate) base: u64,
    /// Set when the machine must be asked before the next instruction.
    pub service_due: bool,
    /// Set when decoded code or a mapping may have changed, so the engine must check before the next
    /// instruction. Unlike `service_due` it must not affect the machine's state, because decoded code is not
    /// part of that.
    code_moved: bool,
    /// The bus is notified of exceptions and interrupts.
    pub report_traps: bool,
    /// Set when a debugger requested a stop before the next instruction.
    pub(crate) pause: bool,
    /// BREAK stops instead of raising the debug exception.
    pub(crate) stops_at_breaks: bool,
    /// Debug event of a [`Done::Stop`].
    pub stop: Option<Stop>,
    /// Data shared between native code and the engine.
    pub(crate) native: native::NativeLink,
    /// Detects busy-waiting loops.
    pub(crate) polls: interp::Polls,
}

impl<'a> Ctx<'a> {
    /// Creates a context for one run of `core`.
    pub fn new(cpu: &'a mut Cpu, core: usize, mem: &'a mut Memory, bus: &'a mut dyn Bus) -> Self {
        let map = mem.map(core).base();
        Self {
            cpu,
            core,
            mem,
            bus,
            map,
            base: 0,
            service_due: false,
            code_moved: false,
            pause: false,
            report_traps: false,
            stops_at_breaks: false,
            stop: None,
            native: native::NativeLink::default(),
            polls: interp::Polls::default(),
        }
    }

    /// Returns address register `n` of the current window.
    #[inline(always)]
    #[must_use]
    pub fn a(&self, n: u8) -> u32 {
        self.cpu.a(n)
    }

    /// Sets address register `n` of the current window.
    #[inline(always)]
    pub fn set(&mut self, n: u8, value: u32) {
        self.cpu.set_a(n, value);
    }

    #[inline(always)]
    fn entry(&self, addr: u32) -> Option<&PageEntry> {
        let i = (addr.wrapping_sub(MAP_BASE) >> 12) as usize;
        // SAFETY: `map` points at the core's table of MAP_PAGES entries, which never moves while `mem` lives.
        (i < MAP_PAGES).then(|| unsafe { &*self.map.add(i) })
    }

    /// Loads an aligned word from plain memory. `None` means that the slow path is needed.
    #[inline(always)]
    #[must_use]
    pub fn fast_load32(&self, addr: u32) -> Option<u32> {
        let e = self.entry(addr)?;
        if e.flags & flag::F_READ32 == 0 || addr & 3 != 0 {
            return None;
        }
        // SAFETY: a fast bit means that `host` points at the page; the offset is aligned and inside it.
        Some(unsafe { e.host.add((addr & 0xFFF) as usize).cast::<u32>().read() }.to_le())
    }

    /// Loads 1 or 2 aligned bytes from plain memory. `None` means that the slow path is needed.
    #[inline(always)]
    #[must_use]
    pub fn fast_load_small(&self, addr: u32, size: u8) -> Option<u32> {
        let e = self.entry(addr)?;
        if e.flags & flag::F_READ8 == 0 || addr & u32::from(size - 1) != 0 {
            return None;
        }
        let offset = (addr & 0xFFF) as usize;
        // SAFETY: as in `fast_load32`.
        Some(unsafe {
            if size == 1 {
                u32::from(*e.host.add(offset))
            } else {
                u32::from(e.host.add(offset).cast::<u16>().read().to_le())
            }
        })
    }

    /// Stores an aligned word to plain memory. False means that the slow path is needed.
    #[inline(always)]
    pub fn fast_store32(&mut self, addr: u32, value: u32) -> bool {
        let Some(e) = self.entry(addr) else { return false };
        if e.flags & flag::F_WRITE32 == 0 || addr & 3 != 0 {
            return false;
        }
        // SAFETY: the write bit means that the page belongs to this machine alone and holds no decoded code.
        unsafe { e.host.add((addr & 0xFFF) as usize).cast::<u32>().write(value.to_le()) };
        true
    }

    /// Stores 1 or 2 aligned bytes to plain memory. False means that the slow path is needed.
    #[inline(always)]
    pub fn fast_store_small(&mut self, addr: u32, size: u8, value: u32) -> bool {
        let Some(e) = self.entry(addr) else { return false };
        if e.flags & flag::F_WRITE8 == 0 || addr & u32::from(size - 1) != 0 {
            return false;
        }
        let offset = (addr & 0xFFF) as usize;
        // SAFETY: as in `fast_store32`.
        unsafe {
            if size == 1 {
                *e.host.add(offset) = value as u8;
            } else {
                e.host.add(offset).cast::<u16>().write((value as u16).to_le());
            }
        }
        true
    }

    /// Runs `f` with the access description of `op`, and records whether the machine must be asked.
    fn access<R>(&mut self, op: &DecOp, f: impl FnOnce(&mut Access, &mut dyn Bus) -> R) -> R {
        let mut a = Access {
            core: self.core,
            cycle: self.cycle_of(op),
            pc: op.pc,
            mem: self.mem,
            request_exit: false,
        };
        let generation = a.mem.map_generation;
        let r = f(&mut a, self.bus);
        // A device may have changed code or its mapping (DMA, cache reconfiguration) without reporting it.
        self.service_due |= a.request_exit | (a.mem.map_generation != generation);
        self.code_moved |= a.mem.has_stale(a.core);
        let over = a.mem.work.is_over() | a.mem.is_disturbed();
        self.pause |= self.bus.pause_requested() | over;
        r
    }

    /// Loads on the slow path. `Err` is the result that the instruction returns at once.
    ///
    /// # Errors
    /// [`Done::Fault`] after an exception was taken, [`Done::Stop`] at a debugger's watchpoint.
    #[cold]
    #[inline(never)]
    pub fn slow_load(&mut self, op: &DecOp, addr: u32, size: u8) -> Result<u32, Done> {
        let core = self.core;
        let value = self.slow(op, addr, false, |a, bus| Memory::load(core, a, bus, addr, size))?;
        self.polls.note(op.pc, self.cycle_of(op));
        Ok(value)
    }

    /// Stores on the slow path.
    ///
    /// # Errors
    /// As [`Ctx::slow_load`].
    #[cold]
    #[inline(never)]
    pub fn slow_store(&mut self, op: &DecOp, addr: u32, size: u8, value: u32) -> Result<(), Done> {
        let core = self.core;
        self.slow(op, addr, true, |a, bus| Memory::store(core, a, bus, addr, size, value))
    }

    fn slow<R>(
        &mut self,
        op: &DecOp,
        addr: u32,
        store: bool,
        mut f: impl FnMut(&mut Access, &mut dyn Bus) -> Result<R, Fault>,
    ) -> Result<R, Done> {
        self.region_check(addr).map_err(|e| self.fault(op, e, store))?;
        let mut result = self.access(op, &mut f);
        if let Err(Fault::Watch(id)) = result
            && self.guest_watch_masked(id)
        {
            self.mem.watch_paused = true;
            result = self.access(op, &mut f);
            self.mem.watch_paused = false;
        }
        result.map_err(|e| self.fault(op, e, store))
    }

    /// Returns whether a watchpoint is the guest's own DBREAK, masked by its interrupt level.
    fn guest_watch_masked(&self, id: usize) -> bool {
        let guest = self.mem.watch(id).is_some_and(|w| matches!(w.owner, WatchOwner::Guest { .. }));
        guest && !self.cpu.debug_enabled()
    }

    /// Returns `size` (1, 2, 4) bytes of plain memory; `None` requests the slow path.
    pub(crate) fn fast_load(&self, addr: u32, size: u8) -> Option<u32> {
        if size == 4 { self.fast_load32(addr) } else { self.fast_load_small(addr, size) }
    }

    /// Returns true if plain memory at `addr` holds the low `size` (1, 2, 4) bytes of `value` and a store of them would
    /// take the fast path.
    pub(crate) fn plain_store_of(&self, addr: u32, size: u8, value: u32) -> bool {
        let flags = self.entry(addr).map_or(0, |e| e.flags);
        let wanted = if size == 4 { flag::F_WRITE32 } else { flag::F_WRITE8 };
        flags & wanted != 0 && self.fast_load(addr, size) == Some(value)
    }

    /// Checks region protection (ISA 4.6.3): attribute 15 is "illegal".
    pub(crate) fn region_check(&self, addr: u32) -> Result<(), Fault> {
        if self.cpu.dtlb[(addr >> 29) as usize] == 15 { Err(Fault::Prohibited(addr)) } else { Ok(()) }
    }

    /// Returns the result of an instruction finished on the slow path: continue, unless the engine must check
    /// first.
    #[inline(always)]
    #[must_use]
    pub fn done(&self) -> Done {
        let exit = self.service_due | self.pause | self.code_moved | self.polls.due;
        if exit { Done::Exit } else { Done::Next }
    }

    /// Maps a fault of a load or store to its exception or stop. No other code does.
    fn fault(&mut self, op: &DecOp, fault: Fault, store: bool) -> Done {
        let (cause, addr) = match fault {
            Fault::Watch(id) => return self.watch_hit(op, id, store),
            Fault::Bus(addr) => (Cause::LoadStoreError, addr),
            Fault::Unaligned(addr) => (Cause::LoadStoreAlignment, addr),
            Fault::Prohibited(addr) if store => (Cause::StoreProhibited, addr),
            Fault::Prohibited(addr) => (Cause::LoadProhibited, addr),
        };
        self.cpu.raise_at(cause, op.pc, addr);
        Done::Fault
    }

    fn watch_hit(&mut self, op: &DecOp, id: usize, store: bool) -> Done {
        let Some(watch) = self.mem.watch(id).copied() else { return Done::Next };
        match watch.owner {
            WatchOwner::Debugger => {
                self.stop = Some(Stop::Watchpoint { id, addr: watch.addr, store });
                Done::Stop
            }
            WatchOwner::Guest { n, .. } => {
                self.cpu.raise_debug(4 | (n as u32) << 8, op.pc);
                Done::Fault
            }
        }
    }

    /// Reads an external register.
    pub fn rer(&mut self, op: &DecOp, addr: u32) -> u32 {
        self.access(op, |a, bus| bus.rer(a, addr))
    }

    /// Writes an external register.
    pub fn wer(&mut self, op: &DecOp, addr: u32, value: u32) {
        self.access(op, |a, bus| bus.wer(a, addr, value));
    }

    /// Notifies the bus that nothing could be fetched at `pc`.
    pub fn fetch_failed(&mut self, pc: u32) {
        let mut a =
            Access { core: self.core, cycle: self.cpu.cycles, pc, mem: self.mem, request_exit: false };
        self.bus.fetch_failed(&mut a, pc);
        self.service_due |= a.request_exit;
    }

    /// Takes a general exception for `op`.
    #[cold]
    pub fn raise(&mut self, op: &DecOp, cause: Cause) -> Done {
        self.cpu.raise(cause, op.pc);
        Done::Fault
    }

    /// Returns the core's cycle count at `op`.
    pub(crate) fn cycle_of(&self, op: &DecOp) -> u64 {
        self.base.wrapping_add(u64::from(op.index))
    }

    /// Notifies the bus of the exception or interrupt that was just taken.
    #[cold]
    pub(crate) fn on_trap(&mut self, cycle: u64) {
        let cpu = &self.cpu;
        let vector = cpu.pc.wrapping_sub(cpu.vecbase);
        let pc = match vector {
            vector::DOUBLE => cpu.depc,
            // The levels' vectors are 0x40 apart; level 2 is the first.
            vector::LEVEL2..vector::KERNEL => cpu.epc[((vector - vector::LEVEL2) / 0x40 + 2) as usize & 7],
            _ => cpu.epc[1],
        };
        let (cause, vaddr) = (cpu.exccause, cpu.excvaddr);
        let what = TrapInfo { vector, cause, vaddr, pending: cpu.interrupt() & cpu.intenable };
        let mut a = Access { core: self.core, cycle, pc, mem: self.mem, request_exit: false };
        self.bus.on_trap(&mut a, what);
    }

    /// Returns CCOUNT at `op`.
    #[must_use]
    pub fn ccount_at(&self, op: &DecOp) -> u32 {
        (self.base.wrapping_add(u64::from(op.index)) as u32).wrapping_add(self.cpu.ccount_offset)
    }
}
