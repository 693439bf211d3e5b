//! Physical pages: copy-on-write, so that a snapshot costs one pointer per page.

use serde::{Deserialize, Serialize};
use serde_big_array::BigArray;
use std::sync::Arc;

/// Bytes in a page. 4 KiB is also the sector size of the flash chip.
pub const PAGE_SIZE: usize = 4096;
/// Bytes covered by one bit of a page's code bitmap.
pub const CODE_CHUNK: usize = PAGE_SIZE / 64;

/// Page of storage, aligned so that host pointers to it keep a guest word's alignment.
#[repr(C, align(64))]
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Page(#[serde(with = "BigArray")] pub [u8; PAGE_SIZE]);

impl Page {
    /// Creates a page with every byte set to `fill` (0 for RAM, 0xFF for erased flash).
    #[must_use]
    pub fn filled(fill: u8) -> Self {
        Self([fill; PAGE_SIZE])
    }
}

/// Run of physical pages: one memory of the chip (a RAM bank, a ROM, the flash chip).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    /// Number of the first page.
    pub first: u32,
    /// Number of pages.
    pub pages: u32,
}

impl Region {
    /// Returns the size in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.pages as usize * PAGE_SIZE
    }
}

/// All physical pages of a machine, with per-page ownership and code bitmaps.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Phys {
    pub pages: Vec<Arc<Page>>,
    /// One bit per [`CODE_CHUNK`]: instructions were decoded from it.
    #[serde(skip)]
    pub code: Vec<u64>,
    /// The page is known to be referenced by this machine alone, so it is writable in place.
    #[serde(skip)]
    pub exclusive: Vec<bool>,
}

impl Phys {
    /// Adds `bytes` (rounded up to pages) of memory. All pages share one page of `fill`.
    pub fn add(&mut self, bytes: usize, fill: u8) -> Region {
        let first = self.pages.len() as u32;
        let pages = bytes.div_ceil(PAGE_SIZE);
        let page = Arc::new(Page::filled(fill));
        self.pages.extend(std::iter::repeat_n(page, pages));
        self.resize_side_tables();
        Region { first, pages: pages as u32 }
    }

    /// Resizes the tables that are not saved to the length of the page list.
    pub fn resize_side_tables(&mut self) {
        self.code.resize(self.pages.len(), 0);
        self.exclusive.resize(self.pages.len(), false);
    }

    /// Returns the page for writing, after making it exclusive to this machine.
    pub fn make_exclusive(&mut self, page: u32) -> &mut Page {
        self.exclusive[page as usize] = true;
        Arc::make_mut(&mut self.pages[page as usize])
    }

    /// Marks the bytes `from..to` of a page as decoded code. Returns true if the page had none before.
    pub fn mark_code(&mut self, page: u32, from: usize, to: usize) -> bool {
        let bits = &mut self.code[page as usize];
        let fresh = *bits == 0;
        for chunk in from / CODE_CHUNK..=(to.max(from + 1) - 1) / CODE_CHUNK {
            *bits |= 1 << chunk;
        }
        fresh
    }

    /// Returns true when `from..to` of a page overlaps decoded code.
    pub fn has_code(&self, page: u32, from: usize, to: usize) -> bool {
        let bits = self.code[page as usize];
        bits != 0 && (from / CODE_CHUNK..=(to - 1) / CODE_CHUNK).any(|c| bits >> c & 1 != 0)
    }
}
