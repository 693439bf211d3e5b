//! Decoding of bytes into blocks.

use super::cache::{Block, BlockId};
use super::run::fetch_fault;
use super::{Interp, MAX_BLOCK};
use crate::cpu::insn;
use crate::engine::{Ctx, DecOp, Done};
use crate::isa::{self, Flow, Insn};
use crate::memory::{MAP_BASE, NO_PAGE, PAGE_SIZE};

/// Returns the length of the instruction that starts with `byte` (op0 8..13 are the 16-bit formats; ISA
/// 3.5.5).
fn length(byte: u8) -> u8 {
    if byte & 0xF >= 8 { 2 } else { 3 }
}

/// Decodes the instruction at `pc` as number `index` of a block.
///
/// # Errors
/// [`Done::Fault`] when it cannot be fetched; the exception has been taken.
pub(super) fn decode_one(c: &mut Ctx, pc: u32, index: u8) -> Result<DecOp, Done> {
    decode(c, pc, index).map(|(op, _)| op).ok_or_else(|| fetch_fault(c, pc))
}

/// Decodes the instruction at `pc` as number `index` of a block. `None` if it cannot be fetched; no [`Insn`] if the bytes
/// are no instruction.
pub(super) fn decode(c: &Ctx, pc: u32, index: u8) -> Option<(DecOp, Option<Insn>)> {
    if c.cpu.itlb[(pc >> 29) as usize] == 15 {
        return None;
    }
    let (bytes, have) = c.mem.fetch(c.core, pc)?;
    let len = length(bytes[0]);
    if have < usize::from(len) {
        return None;
    }
    let insn = isa::decode(u32::from_le_bytes(bytes));
    let op =
        insn.map_or_else(|| insn::prepare_illegal(pc, len, index), |insn| insn::prepare(&insn, pc, index));
    Some((op, insn))
}

impl Interp {
    /// Returns the block at `pc`, decoding it if needed. `None` if code at `pc` cannot be cached.
    pub(super) fn find(&mut self, c: &mut Ctx, pc: u32) -> Option<BlockId> {
        if c.cpu.itlb[(pc >> 29) as usize] == 15 {
            return None;
        }
        let (index, phys) = c.mem.exec_page(c.core, pc)?;
        let shown = |index| c.mem.exec_page(c.core, page_address(index)).map_or(NO_PAGE, |(_, p)| p);
        if let Some(id) = self.cache.find(pc, index, phys, shown) {
            return Some(id);
        }
        let block = self.translate(c, pc)?;
        c.mem.work.charge(super::cost::DECODE * block.ops.len() as u64);
        c.mem.note_code(c.core, pc, block.len_bytes() as usize);
        Some(self.cache.insert(block, index, phys))
    }

    /// Decodes from `pc` to the block's end.
    fn translate(&self, c: &Ctx, pc: u32) -> Option<Block> {
        let mut ops = Vec::with_capacity(16);
        let mut at = pc;
        while ops.len() < MAX_BLOCK && (at == pc || !self.must_start_block(c, at)) {
            let Some((op, insn)) = decode(c, at, ops.len() as u8) else { break };
            let last = !insn.is_some_and(|insn| matches!(insn.op.flow(), Flow::Plain | Flow::Branch));
            at = op.next();
            ops.push(op);
            if last || at / PAGE_SIZE as u32 != pc / PAGE_SIZE as u32 {
                break;
            }
        }
        let last = ops.last()?;
        let crosses = (last.next() - 1) / PAGE_SIZE as u32 != pc / PAGE_SIZE as u32;
        let second_page = if crosses { c.mem.exec_page(c.core, next_page(pc))?.1 } else { NO_PAGE };
        let max_quad = ops.iter().map(|o| o.quad).max().unwrap_or(0);
        let guarded = self.breakpoints.contains(&pc) || c.cpu.ibreak_at(pc);
        Some(Block {
            start: pc,
            ops: ops.into(),
            max_quad,
            guarded,
            second_page,
            region: None,
            cold: self.cache.threshold,
        })
    }

    /// Returns whether a block must be cut before `at`: a breakpoint or IBREAK is there, or an active loop
    /// ends there.
    fn must_start_block(&self, c: &Ctx, at: u32) -> bool {
        c.cpu.lcount != 0 && c.cpu.lend == at || self.breakpoints.contains(&at) || c.cpu.ibreak_at(at)
    }
}

/// Returns the first address of the page with a table index. The index one past the table does not wrap.
fn page_address(index: usize) -> u32 {
    MAP_BASE + ((index as u32) << 12)
}

pub(super) fn next_page(pc: u32) -> u32 {
    (pc | (PAGE_SIZE as u32 - 1)).wrapping_add(1)
}
