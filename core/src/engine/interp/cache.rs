//! Decoded blocks, found by address, forgotten when their bytes or their mapping change.

use crate::engine::DecOp;
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
}

impl Block {
    /// Bytes from the first instruction to the end of the last.
    #[inline(always)]
    pub fn len_bytes(&self) -> u32 {
        self.ops[self.ops.len() - 1].next().wrapping_sub(self.start)
    }
}

/// What running a whole block takes, in 16 bytes: the table in front of the pages holds these, so that a hit touches
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
}

// SAFETY: the pointer leads into a block that the same cache owns; it moves between threads with it.
unsafe impl Send for Hot {}

impl Hot {
    const EMPTY: Self =
        Self { pc: 0, len: 0, count: 0, quads: 0, ops: std::ptr::NonNull::dangling().as_ptr() };

    fn of(block: &Block) -> Self {
        Self {
            pc: block.start,
            len: block.len_bytes() as u16,
            count: block.ops.len() as u8,
            quads: block.quads,
            ops: block.ops.as_ptr(),
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
}

/// All blocks of one core.
pub struct Cache {
    blocks: Vec<Block>,
    free: Vec<BlockId>,
    lookups: Box<[Hot; LOOKUPS]>,
    pages: Vec<Option<CodePage>>,
    /// Virtual pages whose blocks read a physical page.
    by_phys: BTreeMap<u32, Vec<u16>>,
    /// The maps' generation that the lookups are good for.
    pub map_generation: u64,
}

impl Default for Cache {
    fn default() -> Self {
        Self {
            blocks: Vec::new(),
            free: Vec::new(),
            lookups: Box::new([Hot::EMPTY; LOOKUPS]),
            pages: std::iter::repeat_with(|| None).take(MAP_PAGES).collect(),
            by_phys: BTreeMap::new(),
            map_generation: 0,
        }
    }
}

#[inline(always)]
fn slot(pc: u32) -> usize {
    (pc ^ pc >> 13) as usize % LOOKUPS
}

impl Cache {
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
            self.lookups[slot(block.start)] = Hot::of(block);
        }
    }

    /// The block at `pc`, whose page index and physical page the caller has checked.
    pub fn find(&mut self, pc: u32, index: usize, phys: u32, second: impl Fn() -> u32) -> Option<BlockId> {
        if self.pages[index].as_ref()?.phys != phys {
            self.drop_page(index);
            return None;
        }
        let id = self.pages[index].as_ref()?.ids[pc as usize % PAGE_SIZE];
        if id == NONE {
            return None;
        }
        let want = self.get(id).second_page;
        if want != NO_PAGE && want != second() {
            self.drop_block(id);
            return None;
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
        let page =
            self.pages[index].get_or_insert_with(|| CodePage { phys, ids: Box::new([NONE; PAGE_SIZE]) });
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
        for page in self.pages.iter_mut().flatten() {
            let entry = &mut page.ids[start as usize % PAGE_SIZE];
            if *entry == id {
                *entry = NONE;
            }
        }
        self.lookups[slot(start)] = Hot::EMPTY;
        self.release(id);
    }

    fn release(&mut self, id: BlockId) {
        self.blocks[id as usize].ops = Box::new([]);
        self.free.push(id);
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
        *self = Self { map_generation: self.map_generation, ..Self::default() };
    }
}
