//! Address spaces: pages with a fast path, everything else on the bus.
//!
//! [`Memory`] owns every byte of a machine's storage (RAM banks, ROMs, flash, PSRAM) as copy-on-write pages,
//! and one page table per CPU. Addresses that the table does not map go to devices on the [`Bus`].

mod access;
mod map;
mod page;
mod watch;

pub use map::{MAP_BASE, MAP_PAGES, Map, NO_PAGE, PageEntry, flag};
pub use page::{CODE_CHUNK, PAGE_SIZE, Page, Region};
pub use watch::{Watch, WatchKind, WatchOwner};

use crate::work::Work;
use page::Phys;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Number of CPUs of the chip.
pub const CORES: usize = 2;

/// Reason why an access failed. The engine turns it into the exception of the manual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No device or memory at the address, or an access size that the memory does not allow:
    /// LoadStoreErrorCause (3).
    #[error("no memory takes this access at {0:#010x}")]
    Bus(u32),
    /// Region protection forbids the access: LoadProhibitedCause (28) / StoreProhibitedCause (29).
    #[error("access at {0:#010x} is prohibited by its region")]
    Prohibited(u32),
    /// Unaligned access by an instruction that needs alignment: LoadStoreAlignmentCause (9).
    #[error("unaligned access at {0:#010x}")]
    Unaligned(u32),
    /// A watchpoint (id in [`Memory::watches`]) covers the address. The access has not been done.
    #[error("watchpoint {0} is hit")]
    Watch(usize),
}

/// Context of a bus access: core, time, instruction and memory.
pub struct Access<'a> {
    /// 0 = PRO_CPU, 1 = APP_CPU.
    pub core: usize,
    /// The core's cycle count at the instruction.
    pub cycle: u64,
    /// Address of the instruction.
    pub pc: u32,
    /// All storage, for DMA and cache mappings.
    pub mem: &'a mut Memory,
    /// Set by the bus when the engine must return to the machine after this instruction (an interrupt line
    /// changed, a reset was requested, ...).
    pub request_exit: bool,
}

/// Exception or interrupt that a core just took; `pc` of the [`Access`] is the address at which it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrapInfo {
    /// The vector's offset from VECBASE ([`crate::cpu::exception::vector`]).
    pub vector: u32,
    /// EXCCAUSE; its previous value for vectors that do not set it.
    pub cause: u32,
    /// EXCVADDR.
    pub vaddr: u32,
    /// Interrupts that are pending and enabled, one bit each.
    pub pending: u32,
}

/// Address space outside the page tables.
pub trait Bus {
    /// Reads `size` (1, 2, 4) bytes.
    ///
    /// # Errors
    /// [`Fault::Bus`] where no device answers.
    fn read(&mut self, a: &mut Access, addr: u32, size: u8) -> Result<u32, Fault>;
    /// Writes the low `size` (1, 2, 4) bytes of `value`.
    ///
    /// # Errors
    /// [`Fault::Bus`] where no device answers.
    fn write(&mut self, a: &mut Access, addr: u32, size: u8, value: u32) -> Result<(), Fault>;
    /// Returns the value of `size` (1, 2, 4) aligned bytes without a read, and the cycle of the core ([`Access::cycle`]) up to
    /// which reads return the same and have no effect, if nothing else happens until then. `None` if that is not known,
    /// which is always allowed.
    fn steady(&self, _a: &Access, _addr: u32, _size: u8) -> Option<(u32, u64)> {
        None
    }
    /// Returns true when a debugger requested a stop before the next instruction. Unlike [`Access::request_exit`] it
    /// must not affect the machine's state.
    fn pause_requested(&self) -> bool {
        false
    }
    /// Reports a failed instruction fetch at `addr`, before the core takes its exception.
    fn fetch_failed(&mut self, _a: &mut Access, _addr: u32) {}
    /// Reports that a core took an exception or interrupt. Called only while
    /// [`crate::engine::Engine::report_traps`] is on.
    fn on_trap(&mut self, _a: &mut Access, _what: TrapInfo) {}
    /// Reports that a core stored `value` over `old` in a word set by [`Memory::set_store_probes`].
    fn on_probed_store(&mut self, _a: &mut Access, _addr: u32, _old: u32, _value: u32) {}
    /// Reads an external register (RER, ISA 4.3.7).
    fn rer(&mut self, _a: &mut Access, _addr: u32) -> u32 {
        0
    }
    /// Writes an external register (WER).
    fn wer(&mut self, _a: &mut Access, _addr: u32, _value: u32) {}
}

/// All storage of a machine and both CPUs' maps of it.
#[derive(Default)]
pub struct Memory {
    phys: Phys,
    maps: [Map; CORES],
    /// Table entries that map each physical page: (core, index).
    shown_at: Vec<Vec<(u8, u16)>>,
    /// Counted host work for the guest; not part of the machine's state.
    pub work: Work,
    /// Pages whose decoded code was overwritten, for each core's engine to collect.
    stale: [Vec<u32>; CORES],
    /// Counts changes of either map, so that engines can detect them.
    pub map_generation: u64,
    watches: BTreeMap<usize, Watch>,
    /// Words whose stores are reported to the bus; 0 for none.
    store_probes: [u32; CORES],
    /// Parts of pages that a busy-waiting core reads: physical page, first byte, end.
    awaited: Vec<(u32, usize, usize)>,
    /// A write has reached one of them.
    disturbed: bool,
    /// True while watchpoints must not fire, because an instruction is being stepped over.
    pub watch_paused: bool,
}

/// All pages of a machine at one instant; cheap to clone and to keep.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct MemoryState {
    pages: Vec<Arc<Page>>,
}

impl Memory {
    /// Adds a memory of `bytes` (rounded up to whole pages) filled with `fill`.
    pub fn add(&mut self, bytes: usize, fill: u8) -> Region {
        let region = self.phys.add(bytes, fill);
        self.shown_at.resize(self.phys.pages.len(), Vec::new());
        region
    }

    /// Adds pages that other machines may hold too (a ROM, a flash image). They are shared until written.
    pub fn add_shared(&mut self, pages: &[Arc<Page>]) -> Region {
        let region = self.phys.add(pages.len() * PAGE_SIZE, 0);
        self.phys.pages[region.first as usize..].clone_from_slice(pages);
        self.shown_at.resize(self.phys.pages.len(), Vec::new());
        region
    }

    /// Returns the page table of a core.
    #[must_use]
    pub fn map(&self, core: usize) -> &Map {
        &self.maps[core]
    }

    /// Maps physical page `phys` at the virtual page of `addr` for `core`, with `perms` of [`flag`] (`EXEC`,
    /// `READ`, `WRITE`, `WORD_ONLY`, `REVERSED`). `NO_PAGE` unmaps. Addresses outside the table are ignored.
    pub fn map_page(&mut self, core: usize, addr: u32, phys: u32, perms: u32) {
        let Some(i) = Map::index(addr) else { return };
        let old = *self.maps[core].at(i);
        let keep = old.flags & (flag::WATCH | flag::GUARDED);
        if old.phys == phys && old.flags & !(flag::FAST | flag::WATCH | flag::GUARDED) == perms {
            return;
        }
        let shown = |phys: u32| if phys == NO_PAGE { 0 } else { self.shown_at[phys as usize].len() as u64 };
        self.work.charge(50 + shown(old.phys) + shown(phys) / 4);
        if old.phys != NO_PAGE {
            self.shown_at[old.phys as usize].retain(|&at| at != (core as u8, i as u16));
        }
        if phys != NO_PAGE {
            self.shown_at[phys as usize].push((core as u8, i as u16));
        }
        let flags = if phys == NO_PAGE { keep } else { perms | keep };
        *self.maps[core].at_mut(i) = PageEntry { host: std::ptr::null_mut(), phys, flags };
        self.refresh(core, i);
        self.map_generation += 1;
    }

    /// Maps a whole region at `addr`, page by page.
    pub fn map_region(&mut self, core: usize, addr: u32, region: Region, perms: u32) {
        for n in 0..region.pages {
            self.map_page(core, addr + n * PAGE_SIZE as u32, region.first + n, perms);
        }
    }

    /// Sets or clears `GUARDED` (region protection forbids the fast path) for the 512 MiB region `region` of
    /// a core.
    pub fn guard_region(&mut self, core: usize, region: u32, guarded: bool) {
        self.work.charge(4 * MAP_PAGES as u64);
        for i in 0..MAP_PAGES {
            let addr = MAP_BASE + ((i as u32) << 12);
            let e = self.maps[core].at_mut(i);
            if addr >> 29 == region && (e.flags & flag::GUARDED != 0) != guarded {
                e.flags ^= flag::GUARDED;
                self.refresh(core, i);
            }
        }
        self.map_generation += 1;
    }

    /// Derives the fast bits and the host pointer of an entry from the state of its page.
    fn refresh(&mut self, core: usize, index: usize) {
        let e = self.maps[core].at_mut(index);
        e.flags &= !flag::FAST;
        if e.phys == NO_PAGE {
            return;
        }
        let p = e.phys as usize;
        e.host = Arc::as_ptr(&self.phys.pages[p]).cast::<u8>().cast_mut();
        if e.flags & (flag::WATCH | flag::REVERSED | flag::GUARDED) != 0 {
            return;
        }
        let bytes = e.flags & flag::WORD_ONLY == 0;
        if e.flags & flag::READ != 0 {
            e.flags |= flag::F_READ32 | if bytes { flag::F_READ8 } else { 0 };
        }
        let awaited = self.awaited.iter().any(|(phys, ..)| *phys as usize == p);
        if e.flags & flag::WRITE != 0 && self.phys.exclusive[p] && self.phys.code[p] == 0 && !awaited {
            e.flags |= flag::F_WRITE32 | if bytes { flag::F_WRITE8 } else { 0 };
        }
    }

    fn refresh_phys(&mut self, phys: u32) {
        self.work.charge(5 * self.shown_at[phys as usize].len() as u64);
        for n in 0..self.shown_at[phys as usize].len() {
            let (core, index) = self.shown_at[phys as usize][n];
            self.refresh(core as usize, index as usize);
        }
    }

    /// Makes a page exclusive to this machine before a write, and updates every pointer to it.
    fn make_exclusive(&mut self, phys: u32) -> &mut Page {
        if !self.phys.exclusive[phys as usize] {
            self.phys.make_exclusive(phys);
            self.refresh_phys(phys);
        }
        self.phys.make_exclusive(phys)
    }

    /// Marks a page as possibly shared: no store may write to it directly.
    fn mark_shared(&mut self, phys: u32) {
        self.phys.exclusive[phys as usize] = false;
        self.refresh_phys(phys);
    }

    /// Marks `len` bytes at `offset` of a physical page as decoded code.
    pub fn mark_code(&mut self, phys: u32, offset: usize, len: usize) {
        if self.phys.mark_code(phys, offset, (offset + len).min(PAGE_SIZE)) {
            self.refresh_phys(phys);
        }
    }

    /// Returns the physical pages with stale decoded code since the last call, for `core`'s engine.
    pub fn take_stale(&mut self, core: usize) -> Vec<u32> {
        std::mem::take(&mut self.stale[core])
    }

    /// Returns true when [`Memory::take_stale`] has pages for `core`.
    #[must_use]
    pub fn has_stale(&self, core: usize) -> bool {
        !self.stale[core].is_empty()
    }

    fn code_changed(&mut self, phys: u32) {
        self.phys.code[phys as usize] = 0;
        for list in &mut self.stale {
            if !list.contains(&phys) {
                list.push(phys);
            }
        }
        self.refresh_phys(phys);
    }

    /// Saves the current state of all pages. The next write to each copies it first.
    pub fn save(&mut self) -> MemoryState {
        self.phys.exclusive.fill(false);
        for core in 0..CORES {
            for i in 0..MAP_PAGES {
                self.maps[core].at_mut(i).flags &= !(flag::F_WRITE8 | flag::F_WRITE32);
            }
        }
        MemoryState { pages: self.phys.pages.clone() }
    }

    /// Restores all pages. Maps do not change: their owner restores them.
    pub fn restore(&mut self, state: &MemoryState) {
        for phys in 0..self.phys.pages.len().min(state.pages.len()) {
            if !Arc::ptr_eq(&self.phys.pages[phys], &state.pages[phys]) {
                self.phys.pages[phys] = Arc::clone(&state.pages[phys]);
                if self.phys.code[phys] != 0 {
                    self.code_changed(phys as u32);
                }
            }
            self.phys.exclusive[phys] = false;
            self.refresh_phys(phys as u32);
        }
        self.clear_awaited();
        self.map_generation += 1;
    }
}
