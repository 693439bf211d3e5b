//! Heaps: ESP-IDF's regions (`multi_heap`, with a block list up to 4.2, with TLSF since), FreeRTOS's heap_4.

use super::Rtos;
use super::list::is_object;
use crate::unwind::{ReadMemory, Words};
use std::ops::Range;

/// Most regions, and most blocks per region, that are followed.
const MAX_REGIONS: usize = 64;
const MAX_BLOCKS: usize = 65_536;
/// Most bytes of a TLSF control structure: block_null, bitmaps, 21 lists of 32.
const MAX_CONTROL: u32 = 4 * 1024;

/// Allocator of a heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeapKind {
    /// ESP-IDF's list of all blocks.
    MultiHeap,
    /// Two-level segregated fit.
    Tlsf,
    /// FreeRTOS's heap_4.
    Heap4,
}

/// A heap region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heap {
    /// First byte.
    pub start: u32,
    /// One past the last.
    pub end: u32,
    /// Its allocator.
    pub kind: HeapKind,
    /// Bytes free, as the allocator counts them.
    pub free: u32,
    /// The least number of bytes ever free.
    pub minimum: u32,
    /// Largest free block.
    pub largest: u32,
    /// Free blocks.
    pub blocks: u32,
    /// Capabilities (`MALLOC_CAP_*`), all priorities together.
    pub caps: u32,
    /// An inconsistency in the heap's data, if any.
    pub inconsistency: Option<String>,
}

/// A block of a heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeapBlock {
    /// Address that `malloc` returned, or would return.
    pub start: u32,
    /// Bytes from there on.
    pub size: u32,
    /// The block is not allocated.
    pub free: bool,
}

/// Returns the block that contains `addr`, header included. Returns `None` if no heap has a block there, or if the heap
/// is corrupt before it.
#[must_use]
pub fn heap_block(rtos: &Rtos, mem: &dyn ReadMemory, addr: u32) -> Option<HeapBlock> {
    let heap = heaps(rtos, mem).into_iter().find(|h| (h.start..h.end).contains(&addr))?;
    let s = &*rtos.source;
    let handle = registry(rtos, mem).into_iter().find(|r| r.range.start == heap.start).map(|r| r.handle);
    let member = |path: &str| s.offset("multi_heap_info", path);
    // Header bytes before the contents, and how many of them a block's size includes.
    let (mut at, header, counted) = match heap.kind {
        HeapKind::MultiHeap => (handle?.wrapping_add(member("first_block")?), 4, 4),
        HeapKind::Tlsf => {
            let control = mem.u32(handle?.wrapping_add(member("heap_data").unwrap_or(16)))?;
            (tlsf_heads(mem, &heap, control).1.wrapping_sub(4), 8, 4)
        }
        // portBYTE_ALIGNMENT is 16 on Xtensa.
        HeapKind::Heap4 => ((heap.start + 15) & !15, 16, 16),
    };
    for _ in 0..MAX_BLOCKS {
        let (size, free) = match heap.kind {
            HeapKind::MultiHeap => mem.u32(at).map(|w| ((w & !3).wrapping_sub(at), w & 1 != 0))?,
            HeapKind::Tlsf => mem.u32(at.wrapping_add(4)).map(|w| (w & !3, w & 1 != 0))?,
            HeapKind::Heap4 => mem.u32(at.wrapping_add(4)).map(|w| (w & 0x7FFF_FFFF, w >> 31 == 0))?,
        };
        let start = at.wrapping_add(header);
        let next = start.wrapping_add(size).wrapping_sub(counted);
        if next <= at || next > heap.end || size < counted {
            return None;
        }
        if addr < next + (header - counted) {
            let size = if heap.kind == HeapKind::Tlsf { size } else { size - counted };
            return (addr >= at).then_some(HeapBlock { start, size, free });
        }
        at = next;
    }
    None
}

/// Returns all heap regions.
#[must_use]
pub fn heaps(rtos: &Rtos, mem: &dyn ReadMemory) -> Vec<Heap> {
    let s = &*rtos.source;
    if rtos.layout.is_stale(mem) {
        return Vec::new();
    }
    if s.symbol("registered_heaps").is_some() {
        return registered(rtos, mem);
    }
    heap_4(rtos, mem).into_iter().collect()
}

/// Reads ESP-IDF's `heap_t` structures, one per region.
fn registry(rtos: &Rtos, mem: &dyn ReadMemory) -> Vec<Registered> {
    let s = &*rtos.source;
    let Some((head, _)) = s.symbol("registered_heaps") else { return Vec::new() };
    let at = |path: &str, known: u32| s.offset("heap_t_", path).unwrap_or(known);
    // caps[3], start, end, heap_mux (two words), heap, next.
    let (caps, start, end) = (at("caps", 0), at("start", 12), at("end", 16));
    let (handle, next) = (at("heap", 28), at("next", 32));
    let mut out = Vec::new();
    let mut heap = mem.u32(head).unwrap_or(0);
    while is_object(heap) && heap != 0 && out.len() < MAX_REGIONS {
        let word = |o: u32| mem.u32(heap.wrapping_add(o)).unwrap_or(0);
        out.push(Registered {
            caps: (caps..start).step_by(4).fold(0, |all, o| all | word(o)),
            range: word(start)..word(end),
            handle: word(handle),
        });
        heap = word(next);
    }
    // A region that ESP-IDF registered but has not initialised has no handle.
    out.retain(|r| is_object(r.handle) && r.handle != 0 && r.range.start < r.range.end);
    out
}

/// Entry of ESP-IDF's registry of heap regions.
struct Registered {
    caps: u32,
    range: Range<u32>,
    handle: u32,
}

/// Returns the address ranges of ESP-IDF's heaps.
pub fn regions(rtos: &Rtos, mem: &dyn ReadMemory) -> Vec<Range<u32>> {
    registry(rtos, mem).into_iter().map(|r| r.range).collect()
}

fn registered(rtos: &Rtos, mem: &dyn ReadMemory) -> Vec<Heap> {
    let all = registry(rtos, mem).into_iter();
    let mut out: Vec<Heap> =
        all.filter_map(|r| Some(Heap { caps: r.caps, ..region(rtos, mem, r.handle, &r.range)? })).collect();
    out.sort_by_key(|h| h.start);
    out
}

fn region(rtos: &Rtos, mem: &dyn ReadMemory, handle: u32, range: &Range<u32>) -> Option<Heap> {
    let s = &*rtos.source;
    let (start, end) = (range.start, range.end);
    let at = |path: &str| s.offset("multi_heap_info", path);
    let word = |o: u32| mem.u32(handle.wrapping_add(o));
    let (free, minimum) =
        (word(at("free_bytes").unwrap_or(4))?, word(at("minimum_free_bytes").unwrap_or(8))?);
    let mut heap = Heap {
        start,
        end,
        kind: HeapKind::Tlsf,
        free,
        minimum,
        largest: 0,
        blocks: 0,
        caps: 0,
        inconsistency: None,
    };
    if let (Some(first), Some(last)) = (at("first_block"), at("last_block")) {
        heap.kind = HeapKind::MultiHeap;
        block_list(mem, &mut heap, handle.wrapping_add(first), word(last)?);
    } else {
        tlsf(mem, &mut heap, word(at("heap_data").unwrap_or(16))?);
    }
    if heap.free.max(heap.minimum) > end - start {
        heap.inconsistency.get_or_insert_with(|| format!("the heap at {start:#010x} is overwritten"));
    }
    Some(heap)
}

/// Walks adjacent blocks. Each begins with a word that holds the next block's address and, in bit 0, whether the block
/// is free.
fn block_list(mem: &dyn ReadMemory, heap: &mut Heap, first: u32, last: u32) {
    let mut block = first;
    for _ in 0..MAX_BLOCKS {
        if block == last {
            return;
        }
        let Some(header) = mem.u32(block) else { break };
        let next = header & !3;
        if next <= block || next > heap.end {
            break;
        }
        if header & 1 != 0 {
            heap.blocks += 1;
            heap.largest = heap.largest.max(next - block - 4);
        }
        block = next;
    }
    heap.inconsistency = Some(format!("the block at {block:#010x} has an invalid link"));
}

/// Returns the size of the free block at `at`, from its header: the size with bit 0 set.
fn tlsf_free(mem: &dyn ReadMemory, heap: &Heap, at: u32) -> Option<u32> {
    let header = mem.u32(at.wrapping_add(4)).filter(|_| at >= heap.start && at < heap.end && at & 3 == 0)?;
    let size = header & !3;
    (header & 1 != 0 && size >= 12 && size <= heap.end - at).then_some(size)
}

/// Returns the heads of the free lists, and the start of the pool. The heads are in the control structure, one word per
/// list; the head of an empty list is the control structure's own address. Bitmaps precede them, the pool follows.
fn tlsf_heads(mem: &dyn ReadMemory, heap: &Heap, control: u32) -> (Vec<u32>, u32) {
    let mut at = control.wrapping_add(16);
    let end = control.wrapping_add(MAX_CONTROL);
    let is_head = |w: &u32| *w == control || tlsf_free(mem, heap, *w).is_some();
    while at < end && !mem.u32(at).as_ref().is_some_and(is_head) {
        at += 4;
    }
    let mut heads = Vec::new();
    while let Some(head) = mem.u32(at).filter(|w| at < end && is_head(w)) {
        heads.push(head);
        at += 4;
    }
    (heads, at)
}

fn tlsf(mem: &dyn ReadMemory, heap: &mut Heap, control: u32) {
    let (heads, _) = tlsf_heads(mem, heap, control);
    if heads.is_empty() {
        heap.inconsistency = Some(format!("the heap at {:#010x} has no lists of free blocks", heap.start));
    }
    for head in heads {
        let mut block = head;
        while block != control {
            let Some(size) = tlsf_free(mem, heap, block).filter(|_| (heap.blocks as usize) < MAX_BLOCKS)
            else {
                heap.inconsistency = Some(format!("the free block at {block:#010x} is invalid"));
                break;
            };
            heap.blocks += 1;
            heap.largest = heap.largest.max(size);
            block = mem.u32(block.wrapping_add(8)).unwrap_or(0);
        }
    }
}

/// Reads FreeRTOS's heap_4: a list of free blocks from `xStart` to `pxEnd`.
fn heap_4(rtos: &Rtos, mem: &dyn ReadMemory) -> Option<Heap> {
    let s = &*rtos.source;
    let at = |name: &str| s.symbol(name);
    let (start, size) = at("ucHeap")?;
    let end = mem.u32(at("pxEnd")?.0)?;
    let free = mem.u32(at("xFreeBytesRemaining")?.0)?;
    let minimum = mem.u32(at("xMinimumEverFreeBytesRemaining")?.0)?;
    let mut heap = Heap {
        start,
        end: start + size,
        kind: HeapKind::Heap4,
        free,
        minimum,
        largest: 0,
        blocks: 0,
        caps: 0,
        inconsistency: None,
    };
    let mut block = mem.u32(at("xStart")?.0)?;
    while block != end && end != 0 {
        let [next, size] = mem.words(block)?;
        if (heap.blocks as usize) >= MAX_BLOCKS || block < heap.start || block >= heap.end {
            heap.inconsistency = Some(format!("the free block at {block:#010x} is invalid"));
            break;
        }
        heap.blocks += 1;
        heap.largest = heap.largest.max(size);
        block = next;
    }
    Some(heap)
}
