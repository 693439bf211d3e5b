//! Address map of one CPU: a flat table from virtual page to host pointer and permission bits.

/// First address that the table covers.
pub const MAP_BASE: u32 = 0x3F00_0000;
/// Entries in the table: 32 MiB, which cover flash data, PSRAM, peripherals, SRAM, ROM and flash code.
pub const MAP_PAGES: usize = 0x0200_0000 >> 12;
/// Marks an absent physical page.
pub const NO_PAGE: u32 = u32::MAX;

/// Bits of [`PageEntry::flags`]. The `F_` bits are derived: they are set where the fast path is allowed.
pub mod flag {
    /// Fast: loads of 1 and 2 bytes.
    pub const F_READ8: u32 = 1;
    /// Fast: stores of 1 and 2 bytes.
    pub const F_WRITE8: u32 = 2;
    /// Fast: aligned loads of 4 bytes.
    pub const F_READ32: u32 = 4;
    /// Fast: aligned stores of 4 bytes.
    pub const F_WRITE32: u32 = 8;
    /// Instructions may be fetched.
    pub const EXEC: u32 = 16;
    /// Loads are allowed.
    pub const READ: u32 = 32;
    /// Stores are allowed.
    pub const WRITE: u32 = 64;
    /// Instruction bus: only aligned 32-bit data accesses (TRM 1.3.1; others raise LoadStoreError).
    pub const WORD_ONLY: u32 = 128;
    /// SRAM1 on the instruction bus: words are in reverse order (TRM 1.3.2).
    pub const REVERSED: u32 = 256;
    /// A watchpoint covers part of the page.
    pub const WATCH: u32 = 512;
    /// Region protection forbids the fast path for this page.
    pub const GUARDED: u32 = 1024;
    /// All derived bits.
    pub const FAST: u32 = F_READ8 | F_WRITE8 | F_READ32 | F_WRITE32;
}

/// Table entry of one virtual page.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct PageEntry {
    /// Host address of the page's first byte; valid only while a fast bit is set.
    pub host: *mut u8,
    /// Physical page, or [`NO_PAGE`].
    pub phys: u32,
    /// Bits of [`flag`].
    pub flags: u32,
}

impl PageEntry {
    /// Entry of an unmapped page.
    pub const EMPTY: Self = Self { host: std::ptr::null_mut(), phys: NO_PAGE, flags: 0 };
}

/// Page table of one CPU.
pub struct Map {
    entries: Box<[PageEntry; MAP_PAGES]>,
}

// SAFETY: the pointers lead into pages that the same `Memory` owns; both move between threads together.
unsafe impl Send for Map {}

impl Default for Map {
    fn default() -> Self {
        let entries = vec![PageEntry::EMPTY; MAP_PAGES].into_boxed_slice();
        Self { entries: entries.try_into().unwrap_or_else(|_| unreachable!("length is MAP_PAGES")) }
    }
}

impl Map {
    /// Returns the index of the page of an address, if the table covers it.
    #[inline(always)]
    #[must_use]
    pub fn index(addr: u32) -> Option<usize> {
        let i = (addr.wrapping_sub(MAP_BASE) >> 12) as usize;
        (i < MAP_PAGES).then_some(i)
    }

    /// Returns the entry that covers `addr`; [`PageEntry::EMPTY`] outside the table.
    #[inline(always)]
    #[must_use]
    pub fn entry(&self, addr: u32) -> &PageEntry {
        static EMPTY: SyncEntry = SyncEntry(PageEntry::EMPTY);
        Self::index(addr).map_or(&EMPTY.0, |i| &self.entries[i])
    }

    /// Returns the entry at a table index.
    #[must_use]
    pub fn at(&self, index: usize) -> &PageEntry {
        &self.entries[index]
    }

    /// Returns the entry at a table index, for modification.
    pub fn at_mut(&mut self, index: usize) -> &mut PageEntry {
        &mut self.entries[index]
    }

    /// Returns the address of the first entry, for code that indexes the table itself.
    #[must_use]
    pub fn base(&self) -> *const PageEntry {
        self.entries.as_ptr()
    }
}

struct SyncEntry(PageEntry);
// SAFETY: the static entry is immutable and holds a null pointer.
unsafe impl Sync for SyncEntry {}
