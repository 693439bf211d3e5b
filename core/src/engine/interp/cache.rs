//! Decoded blocks, found by address, forgotten when their bytes or their mapping change.

use crate::engine::DecOp;
use crate::memory::{MAP_PAGES, Map, NO_PAGE, PAGE_SIZE};
use std::collections::BTreeMap;

/// Number of a block in the cache.
pub type BlockId = u32;
/// No block.
const NONE: BlockId = BlockId::MAX;
/// Entries of the table in front of the pages.
const LOOKUPS: usize = 8192;

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

/// Blocks that start in one virtual page.
struct CodePage {
    phys: u32,
    ids: Box<[BlockId; PAGE_SIZE]>,
}

/// All blocks of one core.
pub struct Cache {
    blocks: Vec<Block>,
    free: Vec<BlockId>,
    lookups: Box<[(u32, BlockId); LOOKUPS]>,
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
            lookups: Box::new([(0, NONE); LOOKUPS]),
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

    /// The block at `pc` if it was looked up lately.
    #[inline(always)]
    pub fn lookup(&self, pc: u32) -> Option<BlockId> {
        let (at, id) = self.lookups[slot(pc)];
        (at == pc && id != NONE).then_some(id)
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
        self.lookups[slot(pc)] = (pc, id);
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
        self.lookups[slot(pc)] = (pc, id);
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
        self.lookups[slot(start)] = (0, NONE);
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
        self.lookups.fill((0, NONE));
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self { map_generation: self.map_generation, ..Self::default() };
    }
}
