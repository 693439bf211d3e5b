//! Windows of the address space that are served by the caches, and their bits in each register.

use crate::map;
use serde::{Deserialize, Serialize};

/// A window of the address space that is served by the cache, named after its bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the manual's")]
pub enum Window {
    Drom0,
    Iram0,
    Iram1,
    Irom0,
    Dram1,
}

/// Bytes in a window.
const SIZE: u32 = 4 << 20;

impl Window {
    /// All windows.
    pub const ALL: [Window; 5] = [Window::Drom0, Window::Iram0, Window::Iram1, Window::Irom0, Window::Dram1];

    /// Returns the base address of the 4 MiB window. In IRAM0's, only the addresses from the start of [`map::IROM`] on
    /// belong to the window; ROM, SRAM and RTC memory are below (TRM table 1-5).
    #[must_use]
    pub fn base(self) -> u32 {
        match self {
            Window::Drom0 => map::DROM.start,
            Window::Dram1 => map::PSRAM.start,
            Window::Iram0 => map::IROM.end - 3 * SIZE,
            Window::Iram1 => map::IROM.end - 2 * SIZE,
            Window::Irom0 => map::IROM.end - SIZE,
        }
    }

    /// Returns the window that contains an address.
    #[must_use]
    pub fn at(addr: u32) -> Option<Self> {
        let window = Self::ALL.into_iter().find(|w| addr & 0xFFC0_0000 == w.base())?;
        (window != Window::Iram0 || addr >= map::IROM.start).then_some(window)
    }

    /// Returns the index of the first table entry and the number of entries.
    #[must_use]
    pub fn entries(self) -> (u16, u16) {
        match self {
            Window::Drom0 => (0, 64),
            Window::Iram0 => (64, 64),
            Window::Iram1 => (128, 64),
            Window::Irom0 => (192, 64),
            Window::Dram1 => (1152, 128),
        }
    }

    pub(super) fn of_entry(index: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|w| {
            let (first, n) = w.entries();
            (first..first + n).contains(&index)
        })
    }

    /// Returns the bit of `CACHE_CTRL1` that disables the window's bus.
    pub(super) fn mask_bit(self) -> u32 {
        match self {
            Window::Iram0 => 1 << 0,
            Window::Iram1 => 1 << 1,
            Window::Irom0 => 1 << 2,
            Window::Dram1 => 1 << 3,
            Window::Drom0 => 1 << 4,
        }
    }

    pub(super) fn perms(self) -> u32 {
        // The last byte, because IRAM0's window begins in the middle.
        map::region_at(self.base() + (SIZE - 1)).map_or(0, map::ChipRegion::page_flags)
    }

    /// Returns the bit number of the window in the six-bit fields of `DCACHE_DBUG0` and `DCACHE_DBUG3` (bit 0 is the
    /// other CPU's cache, "OPPOSITE").
    pub(super) fn dbug_bit(self) -> u32 {
        match self {
            Window::Dram1 => 1,
            Window::Irom0 => 2,
            Window::Iram1 => 3,
            Window::Iram0 => 4,
            Window::Drom0 => 5,
        }
    }

    /// Returns the bit number of the window in a CPU's part of `CACHE_IA_INT_EN`.
    pub(super) fn enable_bit(self) -> u32 {
        match self {
            Window::Drom0 => 0,
            Window::Iram0 => 1,
            Window::Iram1 => 2,
            Window::Irom0 => 3,
            Window::Dram1 => 4,
        }
    }
}
