//! Physical pages: copy-on-write, so that a snapshot costs one pointer a page.

use serde::{Deserialize, Serialize};
use serde_big_array::BigArray;
use std::sync::Arc;

/// Bytes in a page. 4 KiB is also the flash chip's sector.
pub const PAGE_SIZE: usize = 4096;
/// Bytes covered by one bit of a page's code bitmap.
pub const CODE_CHUNK: usize = PAGE_SIZE / 64;

/// One page of storage, aligned so that a host pointer to it keeps a guest word's alignment.
#[repr(C, align(64))]
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Page(#[serde(with = "BigArray")] pub [u8; PAGE_SIZE]);

impl Page {
    /// A page with every byte set to `fill` (0 for RAM, 0xFF for erased flash).
    #[must_use]
    pub fn filled(fill: u8) -> Self {
        Self([fill; PAGE_SIZE])
    }
}

/// A run of physical pages: one memory of the chip (a RAM bank, a ROM, the flash chip).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    /// Number of the first page.
    pub first: u32,
    /// How many pages.
    pub pages: u32,
}

impl Region {
    /// Size in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.pages as usize * PAGE_SIZE
    }
}

/// All physical pages of a machine, with what the write path must know of each.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Phys {
    pub pages: Vec<Arc<Page>>,
    /// One bit a [`CODE_CHUNK`]: instructions were decoded from here.
    #[serde(skip)]
    pub code: Vec<u64>,
    /// Known to be referenced by this machine alone, so writable in place.
    #[serde(skip)]
    pub owned: Vec<bool>,
}

impl Phys {
    /// Adds `bytes` (rounded up to pages) of memory that all share one page of `fill`.
    pub fn add(&mut self, bytes: usize, fill: u8) -> Region {
        let first = self.pages.len() as u32;
        let pages = bytes.div_ceil(PAGE_SIZE);
        let page = Arc::new(Page::filled(fill));
        self.pages.extend(std::iter::repeat_n(page, pages));
        self.resize_side_tables();
        Region { first, pages: pages as u32 }
    }

    /// Brings the tables that are not saved to the length of the page list.
    pub fn resize_side_tables(&mut self) {
        self.code.resize(self.pages.len(), 0);
        self.owned.resize(self.pages.len(), false);
    }

    /// The page's bytes, made this machine's own first.
    pub fn own(&mut self, page: u32) -> &mut Page {
        self.owned[page as usize] = true;
        Arc::make_mut(&mut self.pages[page as usize])
    }

    /// Marks the bytes `from..to` of a page as decoded code. True when the page had none before.
    pub fn mark_code(&mut self, page: u32, from: usize, to: usize) -> bool {
        let bits = &mut self.code[page as usize];
        let fresh = *bits == 0;
        for chunk in from / CODE_CHUNK..=(to.max(from + 1) - 1) / CODE_CHUNK {
            *bits |= 1 << chunk;
        }
        fresh
    }

    /// True when `from..to` of a page touches decoded code.
    pub fn has_code(&self, page: u32, from: usize, to: usize) -> bool {
        let bits = self.code[page as usize];
        bits != 0 && (from / CODE_CHUNK..=(to - 1) / CODE_CHUNK).any(|c| bits >> c & 1 != 0)
    }
}
