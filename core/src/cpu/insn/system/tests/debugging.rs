//! BREAK, IBREAK, DBREAK and ICOUNT.

use super::{CODE, InsnBench, nop, op};
use crate::cpu::debug_regs::cause;
use crate::cpu::insn::testing::DATA;
use crate::cpu::ps;
use crate::isa::{Insn, Op, sr};

const DEBUG_VECTOR: u32 = CODE + 0x280;

/// Returns whether the debug exception was taken at `pc`.
fn debugged(b: &InsnBench, why: u32, pc: u32) -> bool {
    (b.cpu.pc, b.cpu.debugcause, b.cpu.epc[6]) == (DEBUG_VECTOR, why, pc)
}

#[test]
fn break_enters_the_debug_vector() {
    for (o, why) in [(Op::Break, cause::BREAK), (Op::BreakN, cause::BREAK_N)] {
        let b = InsnBench::new().run(o, 0, 1, 15, if o == Op::Break { 0x1F } else { 1 });
        assert!(debugged(&b, why, CODE));
        assert_eq!((b.cpu.eps[6], b.cpu.ps), (ps::WOE | ps::UM, ps::WOE | ps::UM | ps::EXCM | 6));
    }
}

#[test]
fn break_does_nothing_at_the_debug_level_and_above() {
    for level in 0..16 {
        let b = InsnBench::new().set(|c| c.set_ps(level)).run(Op::BreakN, 0, 0, 0, 0);
        assert_eq!(debugged(&b, cause::BREAK_N, CODE), level < 6, "{level}");
        assert_eq!(b.cpu.pc == CODE + 2, level >= 6, "{level}");
    }
}

#[test]
fn ibreak_stops_before_its_instruction() {
    for n in 0..2u8 {
        let insns = [nop(), nop(), Insn::new(Op::Movi, 0, 0, 4, 9), nop()];
        let b = InsnBench::new().set(|c| (c.ibreaka[usize::from(n)], c.ibreakenable) = (CODE + 6, 1 << n));
        let b = b.place(CODE, &insns).steps(3);
        assert!(debugged(&b, cause::IBREAK, CODE + 6));
        assert_eq!((b.reg(4), b.cpu.cycles, b.retired()), (0, 3, 2));
        // Masked at the debug level, and when not enabled.
        for (level, enable) in [(6, 3u32), (0, 2 >> n)] {
            let b = InsnBench::new().set(|c| {
                (c.ibreaka, c.ibreakenable) = ([0; 2], enable);
                c.ibreaka[usize::from(n)] = CODE + 6;
                c.set_ps(level);
            });
            assert_eq!(b.place(CODE, &insns).steps(3).reg(4), 9, "{level} {enable}");
        }
    }
}

#[test]
fn ibreak_set_by_running_code_is_in_force_at_once() {
    // The block is decoded before the register is written.
    let insns = [
        op(Op::Wsr, 0, 6, sr::IBREAKENABLE.into()),
        nop(),
        nop(),
        Insn::new(Op::Addi, 0, 4, 4, 1),
        Insn::new(Op::J, 0, 0, 0, -16),
    ];
    let b = InsnBench::new().place(CODE, &insns).with(4, 0).with(6, 0).steps(5);
    assert_eq!((b.cpu.pc, b.reg(4)), (CODE, 1));
    let b = b.set(|c| c.ibreaka[1] = CODE + 9).with(6, 2).steps(4);
    assert!(debugged(&b, cause::IBREAK, CODE + 9));
}

#[test]
fn dbreak_stops_before_the_access() {
    for n in 0..2u8 {
        let c = |kind: u32| kind << 30 | 0x3C;
        let run = |kind: u32, o: Op, addr: u32| {
            let insns = [
                op(Op::Wsr, 0, 6, (sr::DBREAKA0 + n).into()),
                op(Op::Wsr, 0, 7, (sr::DBREAKC0 + n).into()),
                Insn::new(o, 0, 5, 4, 0),
            ];
            let b = InsnBench::new().data(DATA, &[1; 64]).with(6, DATA + 8).with(7, c(kind));
            b.with(5, addr).with(4, 0xAA).place(CODE, &insns).steps(3)
        };
        let why = cause::DBREAK | u32::from(n) << 8;
        let b = run(2, Op::S32i, DATA + 8);
        assert!(debugged(&b, why, CODE + 6));
        assert_eq!((b.word(DATA + 8), b.retired()), (0x0101_0101, 2), "nothing was stored");
        let b = run(1, Op::L32i, DATA + 8);
        assert!(debugged(&b, why, CODE + 6));
        assert_eq!(b.reg(4), 0xAA, "nothing was loaded");
        // Access kinds, neighbouring addresses, partial overlaps.
        assert_eq!(run(1, Op::S32i, DATA + 8).word(DATA + 8), 0xAA);
        assert_eq!(run(2, Op::L32i, DATA + 8).reg(4), 0x0101_0101);
        assert!(debugged(&run(3, Op::L32i, DATA + 8), why, CODE + 6));
        assert!(debugged(&run(3, Op::S8i, DATA + 11), why, CODE + 6));
        assert!(debugged(&run(3, Op::S32i, DATA + 6), why, CODE + 6), "an unaligned access that overlaps");
        for (o, at) in [(Op::S8i, 7), (Op::S8i, 12), (Op::S32i, 4), (Op::S32i, 12), (Op::S16i, 6)] {
            assert_eq!(run(3, o, DATA + at).cpu.pc, CODE + 9, "{o:?} at {at}");
        }
    }
}

#[test]
fn dbreak_masks_choose_the_block() {
    for (mask, size) in [(0x3Fu32, 1u32), (0x3E, 2), (0x3C, 4), (0x38, 8), (0x30, 16), (0x20, 32), (0, 64)] {
        for (addr, hit) in [(0, true), (size - 1, true), (size, false)] {
            let mut b =
                InsnBench::new().set(|c| (c.dbreaka[0], c.dbreakc[0]) = (DATA + 0x40, 2 << 30 | mask));
            b.cpu.sync_dbreak(0, &mut b.mem);
            let b = b.with(5, DATA + 0x40 + addr).run(Op::S8i, 0, 5, 4, 0);
            assert_eq!(debugged(&b, cause::DBREAK, CODE), hit, "{mask:#x} {addr}");
        }
        // The low bits of the address are ignored.
        let mut b =
            InsnBench::new().set(|c| (c.dbreaka[0], c.dbreakc[0]) = (DATA + 0x40 + size - 1, 2 << 30 | mask));
        b.cpu.sync_dbreak(0, &mut b.mem);
        let b = b.with(5, DATA + 0x40).run(Op::S8i, 0, 5, 4, 0);
        assert!(debugged(&b, cause::DBREAK, CODE), "{mask:#x}");
    }
}

#[test]
fn dbreak_is_masked_at_the_debug_level() {
    for level in 0..16 {
        let mut b = InsnBench::new().set(|c| {
            (c.dbreaka[1], c.dbreakc[1]) = (DATA, 3 << 30 | 0x3C);
            c.set_ps(level);
        });
        b.cpu.sync_dbreak(0, &mut b.mem);
        let b = b.with(5, DATA).with(4, 77).run(Op::S32i, 0, 5, 4, 0);
        assert_eq!(debugged(&b, cause::DBREAK | 1 << 8, CODE), level < 6, "{level}");
        assert_eq!(b.word(DATA), if level < 6 { 0 } else { 77 }, "{level}");
    }
}

#[test]
fn dbreak_goes_when_it_is_cleared_and_is_one_cores_own() {
    let mut b = InsnBench::new().set(|c| (c.dbreaka[0], c.dbreakc[0]) = (DATA, 2 << 30 | 0x3C));
    b.cpu.sync_dbreak(1, &mut b.mem);
    let b = b.with(5, DATA).with(4, 5).run(Op::S32i, 0, 5, 4, 0);
    assert_eq!((b.word(DATA), b.cpu.debugcause), (5, 0), "the other core's");
    let mut b = b;
    b.cpu.sync_dbreak(0, &mut b.mem);
    let b = b.with(6, 0).run(Op::Wsr, 0, 0, 6, sr::DBREAKC0.into()).with(4, 6).run(Op::S32i, 0, 5, 4, 0);
    assert_eq!((b.word(DATA), b.cpu.debugcause), (6, 0));
}

#[test]
fn icount_counts_below_its_level_and_stops_before_it_overflows() {
    let b = InsnBench::new()
        .set(|c| (c.icount, c.icountlevel) = (-3i32 as u32, 1))
        .place(CODE, &[nop(); 8])
        .steps(3);
    assert!(debugged(&b, cause::ICOUNT, CODE + 6));
    assert_eq!((b.cpu.icount, b.retired()), (u32::MAX, 2));
    // At or above its level ICOUNT does not count.
    let b = InsnBench::new().set(|c| {
        (c.icount, c.icountlevel) = (-3i32 as u32, 2);
        c.set_ps(2);
    });
    let b = b.place(CODE, &[nop(); 8]).steps(5);
    assert_eq!((b.cpu.icount, b.retired()), (-3i32 as u32, 5));
    // No exception where debug exceptions are masked, for any ICOUNTLEVEL.
    let b = InsnBench::new().set(|c| {
        (c.icount, c.icountlevel) = (u32::MAX, 15);
        c.set_ps(6);
    });
    assert_eq!(b.place(CODE, &[nop(); 8]).steps(2).retired(), 2);
}

#[test]
fn icount_sees_breaks_too() {
    let b = InsnBench::new().set(|c| {
        (c.icount, c.icountlevel) = (0, 1);
        (c.ibreaka[0], c.ibreakenable) = (CODE + 3, 1);
    });
    let b = b.place(CODE, &[nop(); 8]).steps(2);
    assert!(debugged(&b, cause::IBREAK, CODE + 3));
}
