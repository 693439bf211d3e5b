//! Loads and stores on the fast path, as `Ctx::fast_load32` and its relatives. Everything else is left to the
//! interpreter.

use super::InsnAt;
use crate::emit::{AccessKind, Emit, Next};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Type, Value, types};
use esplens_core::engine::DecOp;
use esplens_core::isa::Op;
use esplens_core::memory::{MAP_BASE, MAP_PAGES, PageEntry, flag};
use std::mem::{offset_of, size_of};

/// Translates an instruction of the family.
pub fn lower(e: &mut Emit, at: InsnAt) -> Option<Next> {
    let o = at.o;
    match at.insn.op {
        Op::L32r => {
            let addr = e.word(o.imm);
            let value = load(e, o, addr, types::I32, 4);
            e.set_a(o.t, value);
        }
        Op::L8ui | Op::L16ui | Op::L16si | Op::L32i | Op::L32iN | Op::L32ai | Op::L32e => {
            let addr = based(e, o);
            let value = match at.insn.op {
                Op::L8ui => load(e, o, addr, types::I32, 1),
                Op::L16ui => load(e, o, addr, types::I32, 2),
                Op::L16si => {
                    let value = load(e, o, addr, types::I32, 2);
                    let low = e.b.ins().ireduce(types::I16, value);
                    e.b.ins().sextend(types::I32, low)
                }
                _ => load(e, o, addr, types::I32, 4),
            };
            e.set_a(o.t, value);
        }
        Op::S8i | Op::S16i | Op::S32i | Op::S32iN | Op::S32ri | Op::S32e | Op::S32nb => {
            let (addr, value) = (based(e, o), e.a(o.t));
            let size = match at.insn.op {
                Op::S8i => 1,
                Op::S16i => 2,
                _ => 4,
            };
            store(e, o, addr, size, value);
        }
        _ => return None,
    }
    Some(Next::Falls)
}

fn based(e: &mut Emit, o: &DecOp) -> Value {
    let (base, offset) = (e.a(o.s), e.word(o.imm));
    e.b.ins().iadd(base, offset)
}

/// Loads `size` bytes as a value of type `ty`.
pub fn load(e: &mut Emit, o: &DecOp, addr: Value, ty: Type, size: u8) -> Value {
    let at = host(e, o, addr, size, if size == 4 { flag::F_READ32 } else { flag::F_READ8 });
    let flags = e.flags(AccessKind::Guest);
    match size {
        1 => e.b.ins().uload8(ty, flags, at, 0),
        2 => e.b.ins().uload16(ty, flags, at, 0),
        _ => e.b.ins().load(ty, flags, at, 0),
    }
}

/// Stores the low `size` bytes of a value.
pub fn store(e: &mut Emit, o: &DecOp, addr: Value, size: u8, value: Value) {
    let at = host(e, o, addr, size, if size == 4 { flag::F_WRITE32 } else { flag::F_WRITE8 });
    let flags = e.flags(AccessKind::Guest);
    match size {
        1 => e.b.ins().istore8(flags, value, at, 0),
        2 => e.b.ins().istore16(flags, value, at, 0),
        _ => e.b.ins().store(flags, value, at, 0),
    };
}

/// Returns the host address for an access on the fast path: the table covers the address, it is aligned, and
/// its page has the flag `allowed`. Otherwise exits before `o`.
fn host(e: &mut Emit, o: &DecOp, addr: Value, size: u8, allowed: u32) -> Value {
    let exit = e.exit_at(o);
    let by = i64::from(size.trailing_zeros());
    let base = e.word(MAP_BASE);
    let within = e.b.ins().isub(addr, base);
    // The rotation moves the bits that must be zero for alignment to the top, so one comparison checks
    // alignment and range.
    let turned = if by == 0 { within } else { e.b.ins().rotr_imm_s(within, by) };
    let limit = e.word((MAP_PAGES as u32) << (12 - by));
    let covered = e.b.ins().icmp(IntCC::UnsignedLessThan, turned, limit);
    e.go_on_if(covered, exit);
    const { assert!(size_of::<PageEntry>() == 16) };
    let index = e.b.ins().ushr_imm_s(turned, 12 - 4 - by);
    let index = e.b.ins().band_imm_s(index, !15);
    let index = e.b.ins().uextend(types::I64, index);
    let entry = e.b.ins().iadd(e.map, index);
    let flags = e.flags(AccessKind::Map);
    let granted = e.b.ins().load(types::I32, flags, entry, offset_of!(PageEntry, flags) as i32);
    let granted = e.b.ins().band_imm_s(granted, i64::from(allowed));
    e.go_on_if(granted, exit);
    let page = e.b.ins().load(types::I64, flags, entry, offset_of!(PageEntry, host) as i32);
    let offset = e.b.ins().band_imm_s(addr, 0xFFF);
    let offset = e.b.ins().uextend(types::I64, offset);
    e.b.ins().iadd(page, offset)
}
