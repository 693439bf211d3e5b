//! Heaps: IDF's regions (`multi_heap`, by block list up to 4.2, by TLSF since), FreeRTOS's heap_4.

use super::Rtos;
use super::list::is_object;
use crate::unwind::{Memory, Words};

/// Most regions, and most blocks of one, that are followed.
const MAX_REGIONS: usize = 64;
const MAX_BLOCKS: usize = 65_536;
/// Words of a TLSF control structure at most: block_null, bitmaps, 21 lists of 32.
const MAX_CONTROL: u32 = 4 * 1024;

/// How a heap keeps its blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A list of all blocks.
    MultiHeap,
    /// Two-level segregated fit.
    Tlsf,
    /// FreeRTOS's heap_4.
    Heap4,
}

/// A region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heap {
    /// First byte.
    pub start: u32,
    /// One past the last.
    pub end: u32,
    /// Its allocator.
    pub kind: Kind,
    /// Bytes free, as the allocator counts them.
    pub free: u32,
    /// The least that ever was free.
    pub minimum: u32,
    /// Largest free block.
    pub largest: u32,
    /// Free blocks.
    pub blocks: u32,
    /// Capabilities (`MALLOC_CAP_*`), all priorities together.
    pub caps: u32,
    /// What does not fit together.
    pub torn: Option<String>,
}

/// All heap regions.
#[must_use]
pub fn heaps(rtos: &Rtos, mem: &dyn Memory) -> Vec<Heap> {
    let s = &*rtos.source;
    if let Some((head, _)) = s.symbol("registered_heaps") {
        return registered(rtos, mem, head);
    }
    heap_4(rtos, mem).into_iter().collect()
}

fn registered(rtos: &Rtos, mem: &dyn Memory, head: u32) -> Vec<Heap> {
    let s = &*rtos.source;
    let at = |path: &str, known: u32| s.offset("heap_t_", path).unwrap_or(known);
    // caps[3], start, end, heap_mux (two words), heap, next.
    let (caps, start, end) = (at("caps", 0), at("start", 12), at("end", 16));
    let (handle, next) = (at("heap", 28), at("next", 32));
    let mut out = Vec::new();
    let mut heap = mem.u32(head).unwrap_or(0);
    while is_object(heap) && heap != 0 && out.len() < MAX_REGIONS {
        let word = |o: u32| mem.u32(heap.wrapping_add(o)).unwrap_or(0);
        let all = (caps..start).step_by(4).fold(0, |all, o| all | word(o));
        if let Some(region) = region(rtos, mem, word(handle), word(start), word(end)) {
            out.push(Heap { caps: all, ..region });
        }
        heap = word(next);
    }
    out.sort_by_key(|h| h.start);
    out
}

fn region(rtos: &Rtos, mem: &dyn Memory, handle: u32, start: u32, end: u32) -> Option<Heap> {
    let s = &*rtos.source;
    // A region that IDF registered but has not started has no handle.
    if !is_object(handle) || end <= start {
        return None;
    }
    let at = |path: &str| s.offset("multi_heap_info", path);
    let word = |o: u32| mem.u32(handle.wrapping_add(o));
    let (free, minimum) =
        (word(at("free_bytes").unwrap_or(4))?, word(at("minimum_free_bytes").unwrap_or(8))?);
    let mut heap =
        Heap { start, end, kind: Kind::Tlsf, free, minimum, largest: 0, blocks: 0, caps: 0, torn: None };
    if let (Some(first), Some(last)) = (at("first_block"), at("last_block")) {
        heap.kind = Kind::MultiHeap;
        block_list(mem, &mut heap, handle.wrapping_add(first), word(last)?);
    } else {
        tlsf(mem, &mut heap, word(at("heap_data").unwrap_or(16))?);
    }
    Some(heap)
}

/// Blocks in a row: a word with the next block's address and, in bit 0, whether it is free.
fn block_list(mem: &dyn Memory, heap: &mut Heap, first: u32, last: u32) {
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
    heap.torn = Some(format!("the block at {block:#010x} leads nowhere"));
}

/// A free block at `at`, by its header: size with bit 0 set.
fn tlsf_free(mem: &dyn Memory, heap: &Heap, at: u32) -> Option<u32> {
    let header = mem.u32(at.wrapping_add(4)).filter(|_| at >= heap.start && at < heap.end && at & 3 == 0)?;
    let size = header & !3;
    (header & 1 != 0 && size >= 12 && size <= heap.end - at).then_some(size)
}

/// The lists of free blocks stand in the control structure, one word a list, each the control structure's own address
/// when it is empty; before them bitmaps, after them the pool.
fn tlsf(mem: &dyn Memory, heap: &mut Heap, control: u32) {
    let mut at = control.wrapping_add(16);
    let end = control.wrapping_add(MAX_CONTROL);
    let is_head = |w: u32| w == control || tlsf_free(mem, heap, w).is_some();
    while at < end && !mem.u32(at).is_some_and(is_head) {
        at += 4;
    }
    let mut heads = Vec::new();
    while let Some(head) =
        mem.u32(at).filter(|w| at < end && (*w == control || tlsf_free(mem, heap, *w).is_some()))
    {
        heads.push(head);
        at += 4;
    }
    for head in heads {
        let mut block = head;
        while block != control {
            let Some(size) = tlsf_free(mem, heap, block).filter(|_| (heap.blocks as usize) < MAX_BLOCKS)
            else {
                heap.torn = Some(format!("the free block at {block:#010x} is none"));
                break;
            };
            heap.blocks += 1;
            heap.largest = heap.largest.max(size);
            block = mem.u32(block.wrapping_add(8)).unwrap_or(0);
        }
    }
}

/// FreeRTOS's own: a list of free blocks from `xStart` to `pxEnd`.
fn heap_4(rtos: &Rtos, mem: &dyn Memory) -> Option<Heap> {
    let s = &*rtos.source;
    let at = |name: &str| s.symbol(name);
    let (start, size) = at("ucHeap")?;
    let end = mem.u32(at("pxEnd")?.0)?;
    let free = mem.u32(at("xFreeBytesRemaining")?.0)?;
    let minimum = mem.u32(at("xMinimumEverFreeBytesRemaining")?.0)?;
    let mut heap = Heap {
        start,
        end: start + size,
        kind: Kind::Heap4,
        free,
        minimum,
        largest: 0,
        blocks: 0,
        caps: 0,
        torn: None,
    };
    let mut block = mem.u32(at("xStart")?.0)?;
    while block != end && end != 0 {
        let [next, size] = mem.words(block)?;
        if (heap.blocks as usize) >= MAX_BLOCKS || block < heap.start || block >= heap.end {
            heap.torn = Some(format!("the free block at {block:#010x} is none"));
            break;
        }
        heap.blocks += 1;
        heap.largest = heap.largest.max(size);
        block = next;
    }
    Some(heap)
}
