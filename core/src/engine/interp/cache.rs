//! Decoded blocks, found by address, forgotten when their bytes or their mapping change.

use crate::engine::DecOp;
use crate::engine::native::{Native, Region};
use crate::memory::{MAP_PAGES, Map, NO_PAGE, PAGE_SIZE};
use std::collections::BTreeMap;

/// Number of a block in the cache.
pub type BlockId = u32;
/// No block.
const NONE: BlockId = BlockId::MAX;
/// Entries of the table in front of the pages.
const LOOKUPS: usize = 2048;

/// Straight-line code, decoded.
pub struct Block {
    /// Address of the first instruction.
    pub start: u32,
    /// The instructions; conditional branches may stand among them, the rest of what changes control only last.
    pub ops: Box<[DecOp]>,
    /// Highest quad any of them names.
    pub quads: u8,
    /// A breakpoint stands at `start`.
    pub guarded: bool,
    /// Physical page of the bytes beyond the first page, or `NO_PAGE`.
    pub second_page: u32,
    /// Number of the region that starts with this block.
    pub region: Option<usize>,
    /// Instructions run before it is worth a translation; `u32::MAX` where one was refused.
    pub cold: u32,
}

impl Block {
    /// Bytes from the first instruction to the end of the last.
    #[inline(always)]
    pub fn len_bytes(&self) -> u32 {
        self.ops[self.ops.len() - 1].next().wrapping_sub(self.start)
    }
}

/// What running a whole block takes, in 32 bytes: the table in front of the pages holds these, so that a hit touches
/// nothing but the instructions themselves.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Hot {
    /// Address of the first instruction.
    pub pc: u32,
    /// Bytes of the block.
    len: u16,
    /// Instructions; 0 in an empty entry.
    count: u8,
    /// Highest quad any of them names.
    pub quads: u8,
    ops: *const DecOp,
    /// Machine code that starts here.
    pub native: Option<Native>,
    /// See [`Block::cold`].
    cold: u32,
}

// SAFETY: the pointer leads into a block that the same cache owns; it moves between threads with it.
unsafe impl Send for Hot {}

impl Hot {
    const EMPTY: Self = Self {
        pc: 0,
        len: 0,
        count: 0,
        quads: 0,
        ops: std::ptr::NonNull::dangling().as_ptr(),
        native: None,
        cold: u32::MAX,
    };

    fn of(block: &Block, native: Option<Native>) -> Self {
        Self {
            pc: block.start,
            len: block.len_bytes() as u16,
            count: block.ops.len() as u8,
            quads: block.quads,
            ops: block.ops.as_ptr(),
            native,
            cold: block.cold,
        }
    }

    /// Bytes of the block.
    #[inline(always)]
    pub fn len_bytes(&self) -> u32 {
        self.len.into()
    }

    /// Instructions of the block; 0 for no block.
    #[inline(always)]
    pub fn count(&self) -> u64 {
        self.count.into()
    }

    /// The instructions. They stay while no block is dropped, which happens between blocks only.
    #[inline(always)]
    pub fn ops<'a>(&self) -> &'a [DecOp] {
        // SAFETY: an entry leaves the table before its block is dropped, and a copy of it does not outlive the
        // running of the block; an empty entry has a dangling pointer and no length.
        unsafe { std::slice::from_raw_parts(self.ops, self.count.into()) }
    }
}

/// Blocks that start in one virtual page.
struct CodePage {
    phys: u32,
    ids: Box<[BlockId; PAGE_SIZE]>,
    /// Regions with a block in the page.
    regions: Vec<usize>,
}

/// Machine code, and what it was made from.
struct Translation {
    entry: BlockId,
    native: Native,
    /// The code refers to its instructions.
    region: Box<Region>,
}

/// All blocks of one core.
pub struct Cache {
    blocks: Vec<Block>,
    free: Vec<BlockId>,
    lookups: Box<[Hot; LOOKUPS]>,
    pages: Vec<Option<CodePage>>,
    /// Virtual pages whose blocks read a physical page.
    by_phys: BTreeMap<u32, Vec<u16>>,
    /// Regions by number; `None` for a free one.
    regions: Vec<Option<Translation>>,
    /// The maps' generation that the lookups are good for.
    pub map_generation: u64,
    /// Instructions that the interpreter runs of a block before it is translated; `u32::MAX`: never.
    pub threshold: u32,
}

impl Default for Cache {
    fn default() -> Self {
        Self {
            blocks: Vec::new(),
            free: Vec::new(),
            lookups: Box::new([Hot::EMPTY; LOOKUPS]),
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
    (pc ^ pc >> 13) as usize % LOOKUPS
}

impl Cache {
    /// An empty cache whose blocks get hot after `threshold` instructions.
    pub fn with_threshold(threshold: u32) -> Self {
        Self { threshold, ..Self::default() }
    }

    /// A block by number.
    #[inline(always)]
    pub fn get(&self, id: BlockId) -> &Block {
        &self.blocks[id as usize]
    }

    /// The entry in front of the pages that `pc` falls on; it may be another address's.
    #[inline(always)]
    pub fn hot(&self, pc: u32) -> Hot {
        self.lookups[slot(pc)]
    }

    /// Puts a block in front of the pages, unless it needs a look before each run.
    fn heat(&mut self, id: BlockId) {
        let block = self.get(id);
        if !block.guarded {
            let native = block.region.and_then(|n| self.regions[n].as_ref()).map(|r| r.native);
            let mut hot = Hot::of(block, native);
            let entry = &mut self.lookups[slot(block.start)];
            if entry.pc == hot.pc && hot.cold != u32::MAX {
                hot.cold = hot.cold.min(entry.cold);
            }
            *entry = hot;
        }
    }

    /// The block at `pc`, whose page index and physical page the caller has checked.
    /// `shown` tells which physical page a page index shows.
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
        self.heat(id);
        Some(id)
    }

    /// Adds a block that starts in virtual page `index`, shown from `phys`.
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
        self.heat(id);
        id
    }

    /// Forgets one block.
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
        self.lookups[slot(start)] = Hot::EMPTY;
        self.release(id);
    }

    fn release(&mut self, id: BlockId) {
        self.blocks[id as usize].ops = Box::new([]);
        self.free.push(id);
    }

    /// Whether a region has the block at `start`.
    fn covers(&self, n: usize, start: u32) -> bool {
        self.regions[n].as_ref().is_some_and(|t| t.region.blocks.iter().any(|b| b.start == start))
    }

    /// The block that was decoded at `pc`, when its page still shows `phys`.
    pub fn decoded(&self, pc: u32, index: usize, phys: u32) -> Option<&Block> {
        let page = self.pages[index].as_ref().filter(|page| page.phys == phys)?;
        let id = page.ids[pc as usize % PAGE_SIZE];
        (id != NONE).then(|| self.get(id))
    }

    /// Counts the instructions of the block at `pc`, which is in front of the pages. True when it has become hot.
    #[inline(always)]
    pub fn warm(&mut self, pc: u32) -> bool {
        let hot = &mut self.lookups[slot(pc)];
        if hot.cold == u32::MAX {
            return false;
        }
        hot.cold = hot.cold.saturating_sub(hot.count.into());
        hot.cold == 0
    }

    /// Adds machine code for `region`, or notes that there is none for its first block.
    pub fn translated(&mut self, region: Box<Region>, native: Option<Native>) {
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
        self.heat(entry);
    }

    /// Forgets a region's machine code; its first block may be translated again.
    fn drop_region(&mut self, n: usize) {
        let Some(gone) = self.regions[n].take() else { return };
        let block = &mut self.blocks[gone.entry as usize];
        (block.region, block.cold) = (None, self.threshold);
        let hot = &mut self.lookups[slot(gone.region.blocks[0].start)];
        if hot.pc == gone.region.blocks[0].start {
            *hot = Hot::EMPTY;
        }
        for &(index, _) in &gone.region.pages {
            if let Some(page) = &mut self.pages[index] {
                page.regions.retain(|&other| other != n);
            }
        }
    }

    /// Forgets all machine code.
    pub fn drop_regions(&mut self) {
        (0..self.regions.len()).for_each(|n| self.drop_region(n));
    }

    /// Forgets every block that reads physical page `phys`.
    pub fn drop_phys(&mut self, phys: u32) {
        for index in self.by_phys.remove(&phys).unwrap_or_default() {
            self.drop_page(index.into());
        }
    }

    /// Forgets every block that may run over `addr`: those that start in its page, or reach into it.
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
            self.forget_lookups();
        }
    }

    /// Empties the table in front of the pages: their mappings are looked at again.
    pub fn forget_lookups(&mut self) {
        self.lookups.fill(Hot::EMPTY);
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        let (map_generation, threshold) = (self.map_generation, self.threshold);
        *self = Self { map_generation, threshold, ..Self::default() };
    }
}
