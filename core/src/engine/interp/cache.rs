//! Cache of decoded blocks by address. Blocks are dropped when their bytes or their mapping change.

use crate::engine::DecOp;
use crate::engine::native::{CodeRegion, Native};
use crate::memory::{MAP_PAGES, Map, NO_PAGE, PAGE_SIZE};
use std::collections::BTreeMap;

/// Number of a block in the cache.
pub type BlockId = u32;
/// Marks an absent block.
const NONE: BlockId = BlockId::MAX;
/// Entries of the jump cache.
const JUMP_CACHE_SIZE: usize = 2048;

/// Decoded straight-line code.
pub struct Block {
    /// Address of the first instruction.
    pub start: u32,
    /// The instructions. Conditional branches may be anywhere among them, other changes of control flow only
    /// last.
    pub ops: Box<[DecOp]>,
    /// Highest quad of address registers that the instructions use.
    pub max_quad: u8,
    /// A breakpoint or IBREAK is at `start`, so it is checked before each run.
    pub guarded: bool,
    /// Physical page of the bytes after the first page, or `NO_PAGE`.
    pub second_page: u32,
    /// Number of the region that starts with this block.
    pub region: Option<usize>,
    /// Instructions to run before the block is translated; `u32::MAX` if it is not to be translated (again).
    pub cold: u32,
}

impl Block {
    /// Returns the bytes from the first instruction to the end of the last.
    #[inline(always)]
    pub fn len_bytes(&self) -> u32 {
        self.ops[self.ops.len() - 1].next().wrapping_sub(self.start)
    }
}

/// Entry of the direct-mapped jump cache: everything needed to run a whole block, in 32 bytes, so that a hit
/// touches only the entry and the instructions.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct JumpCacheEntry {
    /// Address of the first instruction.
    pub pc: u32,
    /// Length of the block in bytes.
    len: u16,
    /// Number of instructions; 0 in an empty entry.
    count: u8,
    /// Highest quad of address registers that the instructions use.
    pub max_quad: u8,
    ops: *const DecOp,
    /// Machine code of the region that starts with this block.
    pub native: Option<Native>,
    /// See [`Block::cold`].
    cold: u32,
}

// SAFETY: the pointer leads into a block that the same cache owns; both move between threads together.
unsafe impl Send for JumpCacheEntry {}

impl JumpCacheEntry {
    const EMPTY: Self = Self {
        pc: 0,
        len: 0,
        count: 0,
        max_quad: 0,
        ops: std::ptr::NonNull::dangling().as_ptr(),
        native: None,
        cold: u32::MAX,
    };

    fn of(block: &Block, native: Option<Native>) -> Self {
        Self {
            pc: block.start,
            len: block.len_bytes() as u16,
            count: block.ops.len() as u8,
            max_quad: block.max_quad,
            ops: block.ops.as_ptr(),
            native,
            cold: block.cold,
        }
    }

    /// Returns the length of the block in bytes.
    #[inline(always)]
    pub fn len_bytes(&self) -> u32 {
        self.len.into()
    }

    /// Returns the number of instructions of the block; 0 if the entry is empty.
    #[inline(always)]
    pub fn count(&self) -> u64 {
        self.count.into()
    }

    /// Returns the instructions. They are valid until a block is dropped, which happens between blocks only.
    #[inline(always)]
    pub fn ops<'a>(&self) -> &'a [DecOp] {
        // SAFETY: an entry leaves the table before its block is dropped, and a copy of it does not outlive
        // the run of the block. An empty entry has a dangling pointer and length 0.
        unsafe { std::slice::from_raw_parts(self.ops, self.count.into()) }
    }
}

/// Blocks that start in one virtual page.
struct CodePage {
    phys: u32,
    ids: Box<[BlockId; PAGE_SIZE]>,
    /// Numbers of the regions with a block in the page.
    regions: Vec<usize>,
}

/// Machine code and its source.
struct Translation {
    entry: BlockId,
    native: Native,
    /// The region that the code was translated from. The code refers to its instructions.
    region: Box<CodeRegion>,
}

/// All blocks of one core.
pub struct Cache {
    blocks: Vec<Block>,
    free: Vec<BlockId>,
    jump_cache: Box<[JumpCacheEntry; JUMP_CACHE_SIZE]>,
    pages: Vec<Option<CodePage>>,
    /// Virtual pages whose blocks contain bytes of a physical page, by physical page.
    by_phys: BTreeMap<u32, Vec<u16>>,
    /// Regions by number; `None` for an unused number.
    regions: Vec<Option<Translation>>,
    /// Generation of the memory map that the jump cache is valid for.
    pub map_generation: u64,
    /// Instructions of a block that the interpreter runs before it is translated; `u32::MAX` for never.
    pub threshold: u32,
}

impl Default for Cache {
    fn default() -> Self {
        Self {
            blocks: Vec::new(),
            free: Vec::new(),
            jump_cache: Box::new([JumpCacheEntry::EMPTY; JUMP_CACHE_SIZE]),
            pages: std::iter::repeat_with(|| None).take(MAP_PAGES).collect(),
            by_phys: BTreeMap::new(),
            regions: Vec::new(),
            map_generation: 0,
            threshold: u32::MAX,
        }
    }
}

#[inline(always)]
fn slot(pc: u32) -> usize {
    (pc ^ pc >> 13) as usize % JUMP_CACHE_SIZE
}

impl Cache {
    /// Creates an empty cache whose blocks are translated after `threshold` instructions.
    pub fn with_threshold(threshold: u32) -> Self {
        Self { threshold, ..Self::default() }
    }

    /// Returns a block by number.
    #[inline(always)]
    pub fn get(&self, id: BlockId) -> &Block {
        &self.blocks[id as usize]
    }

    /// Returns the jump cache entry for `pc`. It may belong to another address.
    #[inline(always)]
    pub fn lookup(&self, pc: u32) -> JumpCacheEntry {
        self.jump_cache[slot(pc)]
    }

    /// Puts a block in the jump cache, unless a breakpoint guards it.
    fn publish(&mut self, id: BlockId) {
        let block = self.get(id);
        if !block.guarded {
            let native = block.region.and_then(|n| self.regions[n].as_ref()).map(|r| r.native);
            let mut cached = JumpCacheEntry::of(block, native);
            let entry = &mut self.jump_cache[slot(block.start)];
            if entry.pc == cached.pc && cached.cold != u32::MAX {
                cached.cold = cached.cold.min(entry.cold);
            }
            *entry = cached;
        }
    }

    /// Returns the block at `pc`, whose page index and physical page the caller has checked. `shown` maps a
    /// page index to its physical page.
    pub fn find(
        &mut self,
        pc: u32,
        index: usize,
        phys: u32,
        shown: impl Fn(usize) -> u32,
    ) -> Option<BlockId> {
        if self.pages[index].as_ref()?.phys != phys {
            self.drop_page(index);
            return None;
        }
        let id = self.pages[index].as_ref()?.ids[pc as usize % PAGE_SIZE];
        if id == NONE {
            return None;
        }
        let want = self.get(id).second_page;
        if want != NO_PAGE && want != shown(index + 1) {
            self.drop_block(id);
            return None;
        }
        if let Some(n) = self.get(id).region
            && let Some(translation) = &self.regions[n]
            && translation.region.pages.iter().any(|&(index, phys)| shown(index) != phys)
        {
            self.drop_region(n);
        }
        self.publish(id);
        Some(id)
    }

    /// Adds a block that starts in virtual page `index`, which maps physical page `phys`.
    pub fn insert(&mut self, block: Block, index: usize, phys: u32) -> BlockId {
        let (pc, second) = (block.start, block.second_page);
        let id = if let Some(id) = self.free.pop() {
            self.blocks[id as usize] = block;
            id
        } else {
            self.blocks.push(block);
            (self.blocks.len() - 1) as BlockId
        };
        let page = self.pages[index].get_or_insert_with(|| CodePage {
            phys,
            ids: Box::new([NONE; PAGE_SIZE]),
            regions: Vec::new(),
        });
        page.ids[pc as usize % PAGE_SIZE] = id;
        for p in [phys, second] {
            let users = self.by_phys.entry(p).or_default();
            if p != NO_PAGE && !users.contains(&(index as u16)) {
                users.push(index as u16);
            }
        }
        self.publish(id);
        id
    }

    /// Drops one block.
    pub fn drop_block(&mut self, id: BlockId) {
        let start = self.get(id).start;
        let index = Map::index(start);
        if let Some(page) = index.and_then(|i| self.pages[i].as_mut()) {
            page.ids[start as usize % PAGE_SIZE] = NONE;
            let regions = page.regions.clone();
            for n in regions {
                if self.covers(n, start) {
                    self.drop_region(n);
                }
            }
        }
        self.jump_cache[slot(start)] = JumpCacheEntry::EMPTY;
        self.release(id);
    }

    fn release(&mut self, id: BlockId) {
        self.blocks[id as usize].ops = Box::new([]);
        self.free.push(id);
    }

    /// Returns whether a region contains the block at `start`.
    fn covers(&self, n: usize, start: u32) -> bool {
        self.regions[n].as_ref().is_some_and(|t| t.region.blocks.iter().any(|b| b.start == start))
    }

    /// Returns the block that was decoded at `pc`, if its page still maps `phys`.
    pub fn decoded(&self, pc: u32, index: usize, phys: u32) -> Option<&Block> {
        let page = self.pages[index].as_ref().filter(|page| page.phys == phys)?;
        let id = page.ids[pc as usize % PAGE_SIZE];
        (id != NONE).then(|| self.get(id))
    }

    /// Counts the instructions of the block at `pc`, which is in the jump cache. Returns true when it is to
    /// be translated.
    #[inline(always)]
    pub fn warm(&mut self, pc: u32) -> bool {
        let cached = &mut self.jump_cache[slot(pc)];
        if cached.cold == u32::MAX {
            return false;
        }
        cached.cold = cached.cold.saturating_sub(cached.count.into());
        cached.cold == 0
    }

    /// Adds machine code for `region`, or records that its first block has none.
    pub fn translated(&mut self, region: Box<CodeRegion>, native: Option<Native>) {
        let start = region.blocks[0].start;
        let Some(page) = Map::index(start).and_then(|i| self.pages[i].as_ref()) else { return };
        let entry = page.ids[start as usize % PAGE_SIZE];
        self.blocks[entry as usize].cold = u32::MAX;
        if let Some(native) = native {
            let n = self.regions.iter().position(Option::is_none).unwrap_or(self.regions.len());
            for &(index, _) in &region.pages {
                if let Some(page) = &mut self.pages[index] {
                    page.regions.push(n);
                }
            }
            self.blocks[entry as usize].region = Some(n);
            let translation = Some(Translation { entry, native, region });
            if n == self.regions.len() {
                self.regions.push(translation);
            } else {
                self.regions[n] = translation;
            }
        }
        self.publish(entry);
    }

    /// Drops a region's machine code; its first block may be translated again.
    fn drop_region(&mut self, n: usize) {
        let Some(gone) = self.regions[n].take() else { return };
        let block = &mut self.blocks[gone.entry as usize];
        (block.region, block.cold) = (None, self.threshold);
        let cached = &mut self.jump_cache[slot(gone.region.blocks[0].start)];
        if cached.pc == gone.region.blocks[0].start {
            *cached = JumpCacheEntry::EMPTY;
        }
        for &(index, _) in &gone.region.pages {
            if let Some(page) = &mut self.pages[index] {
                page.regions.retain(|&other| other != n);
            }
        }
    }

    /// Drops all machine code.
    pub fn drop_regions(&mut self) {
        (0..self.regions.len()).for_each(|n| self.drop_region(n));
    }

    /// Drops every block that contains bytes of physical page `phys`.
    pub fn drop_phys(&mut self, phys: u32) {
        for index in self.by_phys.remove(&phys).unwrap_or_default() {
            self.drop_page(index.into());
        }
    }

    /// Drops every block that may contain `addr`: those that start in its page or in the page before.
    pub fn drop_around(&mut self, addr: u32) {
        for at in [addr, addr.wrapping_sub(PAGE_SIZE as u32)] {
            if let Some(index) = Map::index(at) {
                self.drop_page(index);
            }
        }
    }

    fn drop_page(&mut self, index: usize) {
        let regions = self.pages[index].as_ref().map_or_else(Vec::new, |page| page.regions.clone());
        regions.into_iter().for_each(|n| self.drop_region(n));
        if let Some(page) = self.pages[index].take() {
            for id in page.ids.iter().filter(|id| **id != NONE) {
                self.release(*id);
            }
            self.clear_jump_cache();
        }
    }

    /// Empties the jump cache, so that mappings are checked again.
    pub fn clear_jump_cache(&mut self) {
        self.jump_cache.fill(JumpCacheEntry::EMPTY);
    }

    /// Drops all blocks and machine code.
    pub fn clear(&mut self) {
        let (map_generation, threshold) = (self.map_generation, self.threshold);
        *self = Self { map_generation, threshold, ..Self::default() };
    }
}
