//! Loads and stores, including conditional, windowed and synchronising ones (ISA 4.3.1, 4.3.13, 4.3.14).

use super::Table;
use crate::cpu::exception::Cause;
use crate::engine::{Ctx, DecOp, Done};
use crate::isa::Op;

pub(super) const TABLE: Table = &[
    (Op::L8ui, l8ui),
    (Op::L16ui, l16ui),
    (Op::L16si, l16si),
    (Op::L32i, l32i),
    (Op::L32iN, l32i),
    (Op::L32r, l32r),
    (Op::L32ai, l32ai),
    (Op::L32e, l32i),
    (Op::S8i, s8i),
    (Op::S16i, s16i),
    (Op::S32i, s32i),
    (Op::S32iN, s32i),
    (Op::S32ri, s32ri),
    (Op::S32e, s32i),
    (Op::S32c1i, s32c1i),
    (Op::S32nb, s32i),
];

/// Evaluates a `Result<_, Done>` and returns its error from the handler.
macro_rules! attempt {
    ($e:expr) => {
        match $e {
            Ok(v) => v,
            Err(done) => return done,
        }
    };
}
pub(super) use attempt;

#[inline(always)]
fn load32(c: &mut Ctx, o: &DecOp, addr: u32) -> Done {
    if let Some(v) = c.fast_load32(addr) {
        c.set(o.t, v);
        return Done::Next;
    }
    let v = attempt!(c.slow_load(o, addr, 4));
    c.set(o.t, v);
    c.done()
}

#[inline(always)]
fn store32(c: &mut Ctx, o: &DecOp, addr: u32) -> Done {
    let v = c.a(o.t);
    if c.fast_store32(addr, v) {
        return Done::Next;
    }
    attempt!(c.slow_store(o, addr, 4, v));
    c.done()
}

#[inline(always)]
fn load_small(c: &mut Ctx, o: &DecOp, size: u8, extend: fn(u32) -> u32) -> Done {
    let addr = c.a(o.s).wrapping_add(o.imm);
    if let Some(v) = c.fast_load_small(addr, size) {
        c.set(o.t, extend(v));
        return Done::Next;
    }
    let v = attempt!(c.slow_load(o, addr, size));
    c.set(o.t, extend(v));
    c.done()
}

#[inline(always)]
fn store_small(c: &mut Ctx, o: &DecOp, size: u8) -> Done {
    let addr = c.a(o.s).wrapping_add(o.imm);
    let v = c.a(o.t);
    if c.fast_store_small(addr, size, v) {
        return Done::Next;
    }
    attempt!(c.slow_store(o, addr, size, v));
    c.done()
}

fn l8ui(c: &mut Ctx, o: &DecOp) -> Done {
    load_small(c, o, 1, |v| v)
}

fn l16ui(c: &mut Ctx, o: &DecOp) -> Done {
    load_small(c, o, 2, |v| v)
}

fn l16si(c: &mut Ctx, o: &DecOp) -> Done {
    load_small(c, o, 2, |v| i32::from(v as i16) as u32)
}

fn l32i(c: &mut Ctx, o: &DecOp) -> Done {
    let addr = c.a(o.s).wrapping_add(o.imm);
    load32(c, o, addr)
}

fn l32r(c: &mut Ctx, o: &DecOp) -> Done {
    load32(c, o, o.imm)
}

fn s8i(c: &mut Ctx, o: &DecOp) -> Done {
    store_small(c, o, 1)
}

fn s16i(c: &mut Ctx, o: &DecOp) -> Done {
    store_small(c, o, 2)
}

fn s32i(c: &mut Ctx, o: &DecOp) -> Done {
    let addr = c.a(o.s).wrapping_add(o.imm);
    store32(c, o, addr)
}

/// Checks alignment for the synchronising instructions, which need it in every memory (ISA 4.3.13).
#[inline(always)]
fn misaligned(c: &mut Ctx, o: &DecOp, addr: u32) -> bool {
    if addr & 3 != 0 {
        c.cpu.raise_at(Cause::LoadStoreAlignment, o.pc, addr);
        return true;
    }
    false
}

fn l32ai(c: &mut Ctx, o: &DecOp) -> Done {
    let addr = c.a(o.s).wrapping_add(o.imm);
    if misaligned(c, o, addr) { Done::Fault } else { load32(c, o, addr) }
}

fn s32ri(c: &mut Ctx, o: &DecOp) -> Done {
    let addr = c.a(o.s).wrapping_add(o.imm);
    if misaligned(c, o, addr) { Done::Fault } else { store32(c, o, addr) }
}

/// Executes S32C1I. Both cores run on one host thread, so load, compare and store are atomic.
fn s32c1i(c: &mut Ctx, o: &DecOp) -> Done {
    let addr = c.a(o.s).wrapping_add(o.imm);
    if misaligned(c, o, addr) {
        return Done::Fault;
    }
    let old = match c.fast_load32(addr) {
        Some(v) => v,
        None => attempt!(c.slow_load(o, addr, 4)),
    };
    if old == c.cpu.scompare1 {
        let v = c.a(o.t);
        if !c.fast_store32(addr, v) {
            attempt!(c.slow_store(o, addr, 4, v));
        }
    }
    c.set(o.t, old);
    c.done()
}

#[cfg(test)]
mod tests {
    use crate::cpu::exception::Cause;
    use crate::cpu::insn::testing::{CODE, DATA, InsnBench};
    use crate::isa::Op;

    const BYTES: [u8; 8] = [0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88];

    fn load(op: Op, offset: i32) -> u32 {
        InsnBench::new().data(DATA + 8, &BYTES).with(5, DATA).run(op, 0, 5, 4, offset).reg(4)
    }

    #[test]
    fn loads_extend_as_they_say() {
        assert_eq!(load(Op::L8ui, 9), 0x82);
        assert_eq!(load(Op::L16ui, 8), 0x8281);
        assert_eq!(load(Op::L16si, 10), 0xFFFF_8483);
        assert_eq!(load(Op::L32i, 8), 0x8483_8281);
        assert_eq!(load(Op::L32iN, 12), 0x8887_8685);
        assert_eq!(load(Op::L32ai, 8), 0x8483_8281);
    }

    #[test]
    fn unaligned_data_is_loaded_and_stored_in_hardware() {
        let b = InsnBench::new().data(DATA + 8, &BYTES).with(5, DATA + 9);
        let b = b.run(Op::L32i, 0, 5, 4, 0).run(Op::S32i, 0, 5, 4, 0xFF8 & 0x3FC);
        assert_eq!(b.reg(4), 0x8584_8382);
        assert_eq!(b.word(DATA + 9 + 0x3F8), 0x8584_8382);
        // Across a page boundary.
        let b = InsnBench::new().with(5, DATA + 0xFFE).with(4, 0xAABB_CCDD).run(Op::S32i, 0, 5, 4, 0);
        assert_eq!(b.word(DATA + 0xFFE), 0xAABB_CCDD);
        assert_eq!(b.run(Op::L32i, 0, 5, 6, 0).reg(6), 0xAABB_CCDD);
    }

    #[test]
    fn stores_write_their_width() {
        let b = InsnBench::new().data(DATA, &[0; 8]).with(5, DATA).with(4, 0xAABB_CCDD);
        let b = b.run(Op::S8i, 0, 5, 4, 1).run(Op::S16i, 0, 5, 4, 4);
        assert_eq!((b.word(DATA), b.word(DATA + 4)), (0xDD00, 0xCCDD));
        assert_eq!(b.run(Op::S32ri, 0, 5, 4, 8).word(DATA + 8), 0xAABB_CCDD);
    }

    #[test]
    fn literals_are_relative_to_the_aligned_next_word() {
        let b = InsnBench::new().set(|c| c.pc = CODE + 0x43);
        let b = b.place(CODE + 0x40, &[]).run(Op::L32r, 0, 0, 4, -4);
        // (0x43 + 3) & !3 = 0x44, minus 4 is 0x40: the literal overlaps the instruction, which starts at
        // 0x43.
        assert_eq!(b.reg(4) & 0x00FF_FFFF, 0);
        assert_eq!(b.cpu.pc, CODE + 0x46);
    }

    #[test]
    fn window_loads_and_stores_reach_below_the_stack_pointer() {
        let b = InsnBench::new().with(5, DATA + 64).with(4, 7).run(Op::S32e, 0, 5, 4, -16);
        assert_eq!(b.word(DATA + 48), 7);
        assert_eq!(b.run(Op::L32e, 0, 5, 6, -16).reg(6), 7);
    }

    #[test]
    fn compare_and_swap_stores_on_a_match_only_and_returns_the_old_value() {
        let cas = |compare: u32| {
            let b = InsnBench::new().data(DATA, &5u32.to_le_bytes()).with(5, DATA).with(4, 9);
            b.set(|c| c.scompare1 = compare).run(Op::S32c1i, 0, 5, 4, 0)
        };
        assert_eq!((cas(5).word(DATA), cas(5).reg(4)), (9, 5));
        assert_eq!((cas(6).word(DATA), cas(6).reg(4)), (5, 5));
    }

    #[test]
    fn synchronising_accesses_must_be_aligned() {
        for op in [Op::L32ai, Op::S32ri, Op::S32c1i] {
            let b = InsnBench::new().with(5, DATA + 2).run(op, 0, 5, 4, 0);
            assert_eq!(b.cpu.exccause, Cause::LoadStoreAlignment as u32, "{op:?}");
            assert_eq!(b.cpu.excvaddr, DATA + 2);
        }
    }

    #[test]
    fn nothing_there_is_a_load_store_error() {
        for op in [Op::L8ui, Op::L32i, Op::S8i, Op::S32i] {
            let b = InsnBench::new().with(5, 0x3F00_0000).run(op, 0, 5, 4, 8);
            assert_eq!(
                (b.cpu.exccause, b.cpu.excvaddr),
                (Cause::LoadStoreError as u32, 0x3F00_0008),
                "{op:?}"
            );
        }
    }

    #[test]
    fn instruction_memory_takes_words_only() {
        let b = InsnBench::new().with(5, CODE + 0x80).run(Op::L8ui, 0, 5, 4, 0);
        assert_eq!(b.cpu.exccause, Cause::LoadStoreError as u32);
        let b = InsnBench::new().with(5, CODE + 0x80).with(4, 3).run(Op::S32i, 0, 5, 4, 0).run(
            Op::L32i,
            0,
            5,
            6,
            0,
        );
        assert_eq!(b.reg(6), 3);
    }

    #[test]
    fn a_region_with_attribute_15_is_prohibited() {
        let b = || InsnBench::new().set(|c| c.dtlb[0] = 15).with(5, 0);
        let r = b().run(Op::L32i, 0, 5, 4, 0);
        assert_eq!((r.cpu.exccause, r.cpu.excvaddr), (Cause::LoadProhibited as u32, 0));
        assert_eq!(b().run(Op::S32i, 0, 5, 4, 4).cpu.exccause, Cause::StoreProhibited as u32);
    }
}
