//! Selection of the blocks that are translated together: those reachable from a frequently executed one that
//! have already run.

use super::Interp;
use super::cache::Block;
use super::translate::next_page;
use crate::engine::native::{CodeRegion, RegionBlock, Translated};
use crate::engine::{Ctx, DecOp};
use crate::isa::{self, Flow, Insn, Op};
use crate::memory::NO_PAGE;
use std::collections::VecDeque;

/// Maximum blocks in a region.
const MAX_BLOCKS: usize = 48;
/// Number of instructions from which a region takes no further block.
const MAX_OPS: usize = 200;
/// Host cost of translation per instruction, in units of [`crate::work::Work`].
const TRANSLATE: u64 = 3000;

impl Interp {
    /// Translates the frequently executed block at `pc` together with the blocks reachable from it.
    #[cold]
    #[inline(never)]
    pub(super) fn promote(&mut self, c: &mut Ctx, pc: u32) {
        let Some(region) = self.region(c, pc) else { return };
        let Some(translator) = &mut self.translator else { return };
        let ops: usize = region.blocks.iter().map(|b| b.ops.len()).sum();
        c.mem.work.charge(TRANSLATE * ops as u64);
        let mut translated = translator.translate(&region);
        if let Translated::Full = translated {
            self.cache.drop_regions();
            translator.forget();
            translated = translator.translate(&region);
        }
        let native = if let Translated::Code(native) = translated { Some(native) } else { None };
        self.cache.translated(Box::new(region), native);
    }

    /// Collects the already decoded blocks reachable from `pc`, in order of distance.
    fn region(&self, c: &Ctx, pc: u32) -> Option<CodeRegion> {
        let active = (c.cpu.lcount != 0).then_some((c.cpu.lbeg, c.cpu.lend));
        let mut region = CodeRegion { active, ..CodeRegion::default() };
        let mut todo = VecDeque::from([pc]);
        let mut ops = 0;
        while let Some(at) = todo.pop_front() {
            if region.blocks.len() == MAX_BLOCKS || ops >= MAX_OPS {
                break;
            }
            let known = at >> 29 != pc >> 29 || region.blocks.iter().any(|b| b.start == at);
            if known {
                continue;
            }
            let Some(block) = self.decoded(c, at) else { continue };
            ops += block.ops.len();
            let insns: Box<[_]> = block.ops.iter().map(|op| decode(c, op)).collect();
            let rotates = insns[0].is_some_and(|insn| insn.op == Op::Entry);
            if rotates && !region.blocks.is_empty() {
                continue;
            }
            note_pages(c, block, &mut region.pages);
            leads_to(block, &insns, &mut todo);
            region.blocks.push(RegionBlock { start: at, ops: block.ops.clone(), insns });
        }
        (!region.blocks.is_empty()).then_some(region)
    }

    /// Returns the block at `at` if it has been decoded and no breakpoint guards it.
    fn decoded(&self, c: &Ctx, at: u32) -> Option<&Block> {
        let (index, phys) = c.mem.exec_page(c.core, at)?;
        let block = self.cache.decoded(at, index, phys)?;
        let second = || c.mem.exec_page(c.core, next_page(at)).map_or(NO_PAGE, |(_, p)| p);
        let moved = block.second_page != NO_PAGE && block.second_page != second();
        (!block.guarded && !moved).then_some(block)
    }
}

fn decode(c: &Ctx, op: &DecOp) -> Option<Insn> {
    let (bytes, _) = c.mem.fetch(c.core, op.pc)?;
    isa::decode(u32::from_le_bytes(bytes))
}

fn note_pages(c: &Ctx, block: &Block, pages: &mut Vec<(usize, u32)>) {
    for at in [block.start, block.start.wrapping_add(block.len_bytes() - 1)] {
        if let Some(page) = c.mem.exec_page(c.core, at)
            && !pages.contains(&page)
        {
            pages.push(page);
        }
    }
}

/// Adds the statically known successors of a block: targets of its branches and jump, and its end.
fn leads_to(block: &Block, insns: &[Option<Insn>], todo: &mut VecDeque<u32>) {
    let (Some(last), Some(end)) = (insns.last(), block.ops.last()) else { return };
    match last.map(|insn| insn.op.flow()) {
        Some(Flow::Plain | Flow::Branch | Flow::Loop) => todo.push_back(end.next()),
        // ENTRY rotates the window. Translated code may start with it and continue after it.
        _ if todo.is_empty() && block.ops.len() == 1 && last.is_some_and(|i| i.op == Op::Entry) => {
            todo.push_back(end.next());
        }
        _ => {}
    }
    for (op, insn) in block.ops.iter().zip(insns.iter().flatten()) {
        if matches!(insn.op.flow(), Flow::Branch | Flow::Loop | Flow::Jump) {
            todo.extend(insn.target(op.pc));
        }
    }
}
