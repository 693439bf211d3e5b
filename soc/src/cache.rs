//! The flash and PSRAM caches of both CPUs and the MMUs behind them (TRM 1.3.3; IDF `hal/mmu_ll.h`, `hal/cache_ll.h`).
//!
//! The caches are modelled as always coherent: a window maps the chip's storage directly. A write to flash over SPI is
//! visible through the cache at once, and each CPU sees the other's PSRAM writes at once; on silicon both need a flush.
//! The only visible effect of the caches is which pages are accessible. The MMU entry, the enable bit, the bus masks
//! and the page sizes decide this, and each change maps or unmaps exactly the pages it affects.
//!
//! [`Caches`] lives in [`System::cache`]; DPORT and the two MMU tables are its register interface. The functions of
//! this module take the whole [`System`] because they need the chips' regions too.

#[cfg(test)]
mod tests;
mod window;

pub use window::Window;

use crate::irq::IrqSource;
use crate::system::System;
use esplens_core::memory::{Memory, NO_PAGE, Region};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Words in one CPU's MMU table (0x3FF1_0000 and 0x3FF1_2000, 8 KiB each): 16 sets of 128, by process identifier.
/// Only the sets of processes 0 and 1 are modelled.
pub const TABLE_LEN: usize = 2048;
/// Bit of an MMU entry that marks it invalid; bits 7..0 are the page of the chip.
pub const INVALID: u16 = 0x100;
/// Data returned by a load through a closed or unmapped window, as seen in register dumps of silicon
/// (espressif/esp-idf issue 3765, nkolban/duktape-esp32 issue 16).
pub const ILLEGAL_DATA: u32 = 0xBAD0_0BAD;

/// Bits of `DPORT_PRO/APP_CACHE_CTRL_REG` that are modelled.
pub mod ctrl {
    /// Cache enabled.
    pub const ENABLE: u32 = 1 << 3;
    /// Start of a flush.
    pub const FLUSH_ENA: u32 = 1 << 4;
    /// The flush is done (read-only).
    pub const FLUSH_DONE: u32 = 1 << 5;
    /// PSRAM even/odd mode: each cache serves every other 32 bytes.
    pub const DRAM_SPLIT: u32 = 1 << 11;
    /// PSRAM low/high mode of the PRO CPU's register.
    pub const PRO_DRAM_HL: u32 = 1 << 16;
    /// PSRAM low/high mode of the APP CPU's register.
    pub const APP_DRAM_HL: u32 = 1 << 14;
    /// Reset value.
    pub const RESET: u32 = 0x10;
}

/// Fields of `DPORT_PRO/APP_CACHE_CTRL1_REG`.
pub mod ctrl1 {
    /// Shift of the PSRAM page mode: 32 KiB >> mode, 0..4.
    pub const SRAM_PAGE_MODE_S: u32 = 6;
    /// Shift of the flash page mode: 64 KiB >> mode, 0..3.
    pub const FLASH_PAGE_MODE_S: u32 = 9;
    /// Clears the recorded illegal accesses while set.
    pub const MMU_IA_CLR: u32 = 1 << 13;
    /// Reset value: every bus masked.
    pub const RESET: u32 = 0x8FF;
}

const PAGE: u32 = 4096;
/// Half of the PSRAM window: the boundary in low/high mode.
const PSRAM_HALF: u32 = 0x20_0000;

/// State of one core's window that, besides the MMU entries, decides which of its pages are mapped.
#[derive(Clone, Copy, PartialEq, Eq)]
struct WindowState {
    /// Accessibility of the lower and the upper half of the window (they differ for PSRAM only).
    open: [bool; 2],
    /// Page size in bytes; 0 for an unsupported page mode.
    page: u32,
}

/// Illegal accesses of one CPU since the last clear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Illegal {
    /// Accesses while the cache was off: bits as in `DCACHE_DBUG3` [14:9].
    disabled: u32,
    /// Accesses to an invalid entry: bits as in `DCACHE_DBUG0` [6:1].
    invalid: u32,
    /// Bits of `disabled` whose interrupt was enabled at the time, as in `CACHE_IA_INT_EN` [5:0].
    raised: u32,
    /// Last illegal address in each window, indexed by its bit number in `disabled`.
    addr: [u32; 6],
}

/// One CPU's cache.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Cache {
    ctrl: u32,
    ctrl1: u32,
    table: Vec<u16>,
    /// Entries of the modelled windows that are not marked invalid.
    valid: BTreeSet<u16>,
    illegal: Illegal,
}

impl Default for Cache {
    fn default() -> Self {
        let mut cache = Self {
            ctrl: ctrl::RESET,
            ctrl1: ctrl1::RESET,
            table: vec![0; TABLE_LEN],
            valid: BTreeSet::new(),
            illegal: Illegal::default(),
        };
        cache.valid = (0..TABLE_LEN as u16).filter(|&i| Window::of_entry(i).is_some()).collect();
        cache
    }
}

/// Both CPUs' caches. The tables are RAM: all zero (page 0, valid) at power-on, as the ROM's `mmu_init` leaves them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caches {
    core: [Cache; 2],
    /// `DPORT_CACHE_IA_INT_EN_REG`: PRO CPU in bits 19..14, APP CPU in bits 5..0.
    ia_enable: u32,
}

impl Caches {
    /// Returns a core's `CACHE_CTRL` register.
    #[must_use]
    pub fn ctrl(&self, core: usize) -> u32 {
        self.core[core].ctrl
    }

    /// Returns a core's `CACHE_CTRL1` register.
    #[must_use]
    pub fn ctrl1(&self, core: usize) -> u32 {
        self.core[core].ctrl1
    }

    /// Returns entry `index` (modulo [`TABLE_LEN`]) of a core's MMU table.
    #[must_use]
    pub fn entry(&self, core: usize, index: usize) -> u16 {
        self.core[core].table[index % TABLE_LEN]
    }

    /// Returns `CACHE_IA_INT_EN`.
    #[must_use]
    pub fn ia_enable(&self) -> u32 {
        self.ia_enable
    }

    /// Returns a core's `DCACHE_DBUG0` or `DCACHE_DBUG3` to `DCACHE_DBUG9`, by number: idle state, recorded illegal
    /// accesses.
    #[must_use]
    pub fn dbug(&self, core: usize, number: usize) -> u32 {
        let illegal = &self.core[core].illegal;
        match number {
            0 => 1 << 7 | illegal.invalid << 1 | u32::from(illegal.invalid != 0),
            3 => illegal.disabled << 9,
            4 => illegal.addr[1],
            5 => illegal.addr[5],
            6 => illegal.addr[4],
            7 => illegal.addr[3],
            8 => illegal.addr[2],
            9 => illegal.addr[0],
            _ => 0,
        }
    }

    fn low_high(&self, core: usize) -> bool {
        self.core[core].ctrl & [ctrl::PRO_DRAM_HL, ctrl::APP_DRAM_HL][core] != 0
    }

    /// Returns the core whose cache serves an access to one half of the PSRAM window: in low/high mode the cache of
    /// that half, else the core's own.
    fn server(&self, core: usize, half: usize) -> usize {
        if self.low_high(core) { half } else { core }
    }

    fn enabled(&self, core: usize) -> bool {
        self.core[core].ctrl & ctrl::ENABLE != 0
    }

    fn window_state(&self, core: usize, window: Window) -> WindowState {
        let c = &self.core[core];
        let unmasked = c.ctrl1 & window.mask_bit() == 0;
        if window == Window::Dram1 {
            let mode = c.ctrl1 >> ctrl1::SRAM_PAGE_MODE_S & 7;
            let split = c.ctrl & ctrl::DRAM_SPLIT != 0;
            let both = self.enabled(0) && self.enabled(1);
            let open = |half| unmasked && if split { both } else { self.enabled(self.server(core, half)) };
            return WindowState { open: [open(0), open(1)], page: if mode < 4 { 0x8000 >> mode } else { 0 } };
        }
        let mode = c.ctrl1 >> ctrl1::FLASH_PAGE_MODE_S & 3;
        WindowState { open: [unmasked && self.enabled(core); 2], page: 0x1_0000 >> mode }
    }

    fn window_states(&self) -> [[WindowState; 5]; 2] {
        [0, 1].map(|core| Window::ALL.map(|w| self.window_state(core, w)))
    }

    /// Describes an entry: its core, the addresses it maps, and the page of the chip it maps them to.
    #[must_use]
    pub fn describe_entry(&self, core: usize, index: usize) -> String {
        let value = self.entry(core, index);
        let window = Window::of_entry((index % TABLE_LEN) as u16);
        let at = window.map_or("no window".into(), |w| {
            let nth = index as u32 - u32::from(w.entries().0);
            format!("{:#010x}", w.base() + nth * self.window_state(core, w).page)
        });
        let chip = if window == Some(Window::Dram1) { "PSRAM" } else { "flash" };
        let to = match value & INVALID {
            0 => format!("{chip} page {:#04x}", value & 0xFF),
            _ => "invalid".into(),
        };
        format!("{} MMU[{index:#x}] <- {value:#05x}: {at} {to}", ["PRO", "APP"][core & 1])
    }

    fn interrupt(&self) -> bool {
        let pro = self.core[0].illegal.raised & self.ia_enable >> 14;
        let app = self.core[1].illegal.raised & self.ia_enable;
        (pro | app) & 0x3F != 0
    }
}

/// Writes an MMU entry: only bits 8..0 exist.
pub fn set_entry(sys: &mut System, mem: &mut Memory, core: usize, index: usize, value: u32) {
    let (i, value) = (index % TABLE_LEN, (value & 0x1FF) as u16);
    let cache = &mut sys.cache.core[core];
    if cache.table[i] == value {
        return;
    }
    cache.table[i] = value;
    let Some(window) = Window::of_entry(i as u16) else { return };
    if value & INVALID == 0 {
        cache.valid.insert(i as u16);
    } else {
        cache.valid.remove(&(i as u16));
    }
    let window_state = sys.cache.window_state(core, window);
    show(sys, mem, core, window, i as u16, window_state);
}

/// Writes a core's `CACHE_CTRL`: enable, flush, PSRAM mode. A flush completes at once.
pub fn set_ctrl(sys: &mut System, mem: &mut Memory, core: usize, value: u32) {
    let before = sys.cache.window_states();
    let done = if value & ctrl::FLUSH_ENA != 0 { ctrl::FLUSH_DONE } else { 0 };
    // Bits 12 and 13, and 14 and 15 of the PRO CPU's register, are bus requests: read-only, always 0.
    let writable = [0x0001_0FDC, 0x0000_4FDC][core];
    sys.cache.core[core].ctrl = value & writable | done;
    apply(sys, mem, &before);
}

/// Writes a core's `CACHE_CTRL1`: bus masks, page sizes, clearing of recorded illegal accesses.
pub fn set_ctrl1(sys: &mut System, mem: &mut Memory, core: usize, value: u32) {
    let before = sys.cache.window_states();
    sys.cache.core[core].ctrl1 = value & 0x3FFF;
    if value & ctrl1::MMU_IA_CLR != 0 {
        sys.cache.core[core].illegal = Illegal::default();
    }
    apply(sys, mem, &before);
    sync_irq(sys);
}

/// Writes `CACHE_IA_INT_EN`.
pub fn set_ia_enable(sys: &mut System, value: u32) {
    sys.cache.ia_enable = value & 0x0FFF_FFFF;
    sync_irq(sys);
}

/// Resets the control registers: both caches off. The MMU tables keep their contents.
pub fn reset(sys: &mut System, mem: &mut Memory) {
    let before = sys.cache.window_states();
    for cache in &mut sys.cache.core {
        (cache.ctrl, cache.ctrl1) = (ctrl::RESET, ctrl1::RESET);
        cache.illegal = Illegal::default();
    }
    sys.cache.ia_enable = 0;
    apply(sys, mem, &before);
    sync_irq(sys);
}

/// Rebuilds the mappings of every window: after a restore, or when a chip was attached or removed.
pub fn refresh(sys: &mut System, mem: &mut Memory) {
    for core in 0..2 {
        for window in Window::ALL {
            for page in (window.base()..window.base() + 0x40_0000).step_by(PAGE as usize) {
                if Window::at(page).is_some() {
                    mem.map_page(core, page, NO_PAGE, 0);
                }
            }
            let window_state = sys.cache.window_state(core, window);
            show_valid(sys, mem, core, window, window_state);
        }
    }
}

/// Returns true for an address in one of the cached windows, mapped or not.
#[must_use]
pub fn is_window(addr: u32) -> bool {
    Window::at(addr).is_some()
}

/// Handles an access to `addr` that the machine's bus found unmapped. For an address in a cached window, records the
/// reason (cache off or entry invalid) in DPORT's registers, raises `CACHE_IA` where enabled, and returns the value
/// that the CPU reads. Returns `None` if the address is in no cached window, or (`ifetch`) in a data window that cannot
/// be fetched from.
///
/// An access to an invalid entry raises no interrupt: `CACHE_IA_INT_EN` names only accesses to a disabled cache.
pub fn illegal_access(sys: &mut System, core: usize, addr: u32, ifetch: bool) -> Option<u32> {
    let window = Window::at(addr)?;
    if ifetch && matches!(window, Window::Drom0 | Window::Dram1) {
        return None;
    }
    let half = usize::from(window == Window::Dram1 && addr - window.base() >= PSRAM_HALF);
    let window_state = sys.cache.window_state(core, window);
    let index = entry_of(window, addr, window_state);
    if window_state.open[half] && index.is_some_and(|i| sys.cache.core[core].table[i] & INVALID == 0) {
        sys.warn(format!("cache: a page of {window:?} is mapped beyond its chip, reads 0xffffffff"));
        return Some(u32::MAX);
    }
    let opposite = window == Window::Dram1 && sys.cache.server(core, half) != core;
    let bit = if opposite { 0 } else { window.dbug_bit() };
    let enable = 1 << if opposite { 5 } else { window.enable_bit() };
    let enabled = sys.cache.ia_enable >> [14, 0][core] & enable;
    let illegal = &mut sys.cache.core[core].illegal;
    illegal.addr[bit as usize] = (addr & 0x3F_FFFF) >> 2;
    if window_state.open[half] {
        illegal.invalid |= 1 << bit;
    } else {
        illegal.disabled |= 1 << bit;
        illegal.raised |= enabled;
    }
    sync_irq(sys);
    Some(ILLEGAL_DATA)
}

fn sync_irq(sys: &mut System) {
    let level = sys.cache.interrupt();
    sys.irq.set(IrqSource::CacheIa, level);
}

/// Returns the table entry that maps an address.
fn entry_of(window: Window, addr: u32, window_state: WindowState) -> Option<usize> {
    let n = (addr - window.base()).checked_div(window_state.page)?;
    let (first, count) = window.entries();
    (n < u32::from(count)).then_some(usize::from(first) + n as usize)
}

/// Returns the chip, and the byte offset in it, to which the MMU table of `core` maps an address, whether the cache is
/// on or off. A debugger uses this to read memory while firmware erases flash. Returns `None` where the table has no
/// mapping. Page 0 of the chip counts as no mapping: it is the contents of a table that was never filled.
#[must_use]
pub fn behind(sys: &System, core: usize, addr: u32) -> Option<(Region, usize)> {
    let window = Window::at(addr)?;
    let window_state = sys.cache.window_state(core, window);
    let entry = sys.cache.core[core].table[entry_of(window, addr, window_state)?];
    if entry & INVALID != 0 || entry == 0 {
        return None;
    }
    let region = chip(sys, window)?;
    let offset = u32::from(entry & 0xFF) * window_state.page + (addr - window.base()) % window_state.page;
    ((offset as usize) < region.bytes()).then_some((region, offset as usize))
}

/// Maps and unmaps the pages of the windows whose state differs from `before`.
fn apply(sys: &mut System, mem: &mut Memory, before: &[[WindowState; 5]; 2]) {
    for (core, old) in before.iter().enumerate() {
        for (window, old) in Window::ALL.into_iter().zip(old) {
            let new = sys.cache.window_state(core, window);
            if new == *old {
                continue;
            }
            if new.page != old.page && old.open != [false; 2] {
                let closed = WindowState { open: [false; 2], ..*old };
                show_valid(sys, mem, core, window, closed);
            }
            show_valid(sys, mem, core, window, new);
        }
    }
}

fn chip(sys: &System, window: Window) -> Option<Region> {
    if window == Window::Dram1 { sys.psram } else { sys.flash }
}

fn show_valid(sys: &System, mem: &mut Memory, core: usize, window: Window, window_state: WindowState) {
    if chip(sys, window).is_none() {
        return; // without PSRAM, IDF leaves 128 valid PSRAM entries
    }
    let (first, n) = window.entries();
    for &index in sys.cache.core[core].valid.range(first..first + n) {
        show(sys, mem, core, window, index, window_state);
    }
}

/// Maps one entry's pages according to `window_state` if it is open, valid and inside the chip; unmaps them otherwise.
fn show(sys: &System, mem: &mut Memory, core: usize, window: Window, index: u16, window_state: WindowState) {
    let entry = sys.cache.core[core].table[usize::from(index)];
    let chip = chip(sys, window);
    let offset = u32::from(index - window.entries().0) * window_state.page;
    let half = usize::from(window == Window::Dram1 && offset >= PSRAM_HALF);
    let shown = window_state.open[half] && entry & INVALID == 0;
    let first = u32::from(entry & 0xFF) * (window_state.page / PAGE);
    for n in 0..window_state.page / PAGE {
        let addr = window.base() + offset + n * PAGE;
        if Window::at(addr) != Some(window) {
            continue;
        }
        let page = chip.filter(|r| shown && first + n < r.pages).map_or(NO_PAGE, |r| r.first + first + n);
        mem.map_page(core, addr, page, window.perms());
    }
}
