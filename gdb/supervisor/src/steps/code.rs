//! Code lookups for steps, and functions that resume the machine.

use crate::{Client, MachineMemory, Point, PointId, PointKind, Session};
use esplens_core::isa;
use esplens_debuginfo::symbols::Symbols;
use esplens_debuginfo::unwind::{self};
use esplens_soc::machine::{Plan, Step};
use std::ops::Range;

/// Farthest distance that one line's code is followed to either side, in bytes.
const MAX_LINE: u32 = 512;

/// Returns the return address in `a0` for code at `pc`. With `windowed`, a nonzero window increment in the top two bits
/// of `a0` marks the return address of a windowed call.
pub fn return_address(a0: u32, pc: u32, windowed: bool) -> u32 {
    if windowed && a0 >> 30 != 0 { unwind::return_address(a0, pc) } else { a0 }
}

/// Returns the instruction at `pc` as a core sees it.
pub fn insn_at(s: &Session, core: usize, pc: u32) -> Option<isa::Insn> {
    unwind::insn(&MachineMemory { machine: s.machine(), core }, pc)
}

/// Returns the addresses around `pc` that belong to its source line.
pub fn line_range(symbols: &Symbols, pc: u32) -> Option<Range<u32>> {
    let line = symbols.line_at(pc)?;
    let same = |at: u32| symbols.line_at(at).as_ref() == Some(&line);
    let start = (1..MAX_LINE).take_while(|n| same(pc.wrapping_sub(*n))).last().map_or(pc, |n| pc - n);
    let end = (1..MAX_LINE).take_while(|n| same(pc.wrapping_add(*n))).last().map_or(pc, |n| pc + n);
    Some(start..end + 1)
}

/// Steps a core until it leaves `range`; a running machine is stopped first.
pub fn step(s: &mut Session, core: usize, range: Range<u32>, by: &Client) {
    s.stop(by);
    let step = Step { core, range, irq: s.step_irq() };
    s.resume(&Plan { frozen: [false; 2], step: Some(step) }, by);
}

/// Returns a breakpoint that is not listed.
pub fn temporary(addr: u32, by: &Client) -> Point {
    Point { hidden: true, ..Point::new(PointKind::Break, addr, 1, by) }
}

/// Sets a temporary breakpoint and resumes the machine.
pub fn run_to(s: &mut Session, addr: u32, by: &Client) -> Option<PointId> {
    let id = s.insert_point(temporary(addr, by));
    s.resume(&Plan::default(), by);
    id
}
