//! An allocator that counts live allocations. It detects leaks exactly, independent of the memory that the C library's
//! arenas keep.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicI64, Ordering};

/// The system's allocator with two counters, for `#[global_allocator]`.
pub struct Counting;

static BYTES: AtomicI64 = AtomicI64::new(0);
static BLOCKS: AtomicI64 = AtomicI64::new(0);

/// Memory that is allocated and not freed.
#[derive(Clone, Copy, Debug)]
pub struct Live {
    /// Bytes.
    pub bytes: i64,
    /// Allocations.
    pub blocks: i64,
}

/// Returns the memory that is allocated now.
#[must_use]
pub fn live() -> Live {
    Live { bytes: BYTES.load(Ordering::SeqCst), blocks: BLOCKS.load(Ordering::SeqCst) }
}

fn count(bytes: i64, blocks: i64) {
    BYTES.fetch_add(bytes, Ordering::Relaxed);
    BLOCKS.fetch_add(blocks, Ordering::Relaxed);
}

// SAFETY: every call is passed unchanged to the system's allocator; counting touches no memory of the caller's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64, 1);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64, 1);
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(-(layout.size() as i64), -1);
        // SAFETY: the caller keeps the contract of `dealloc`, and `at` came from the same allocator.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as i64 - layout.size() as i64, 0);
        // SAFETY: the caller keeps the contract of `realloc`, and `at` came from the same allocator.
        unsafe { System.realloc(at, layout, size) }
    }
}
