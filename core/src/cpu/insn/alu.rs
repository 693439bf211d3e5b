//! Integer arithmetic, logic, moves, bit counts (ISA 4.3, core and miscellaneous operations).

use super::{Table, compute};
use crate::engine::{Ctx, DecOp, Done};
use crate::isa::Op;

pub(super) const TABLE: Table = &[
    (Op::Abs, abs),
    (Op::Add, add),
    (Op::AddN, add),
    (Op::Addi, addi),
    (Op::Addmi, addi),
    (Op::AddiN, addi_n),
    (Op::Addx2, addx2),
    (Op::Addx4, addx4),
    (Op::Addx8, addx8),
    (Op::Sub, sub),
    (Op::Subx2, subx2),
    (Op::Subx4, subx4),
    (Op::Subx8, subx8),
    (Op::Neg, neg),
    (Op::And, and),
    (Op::Or, or),
    (Op::Xor, xor),
    (Op::MovN, mov_n),
    (Op::Movi, movi),
    (Op::MoviN, movi_n),
    (Op::Moveqz, moveqz),
    (Op::Movnez, movnez),
    (Op::Movltz, movltz),
    (Op::Movgez, movgez),
    (Op::Nop, nop),
    (Op::NopN, nop),
    (Op::Min, min),
    (Op::Max, max),
    (Op::Minu, minu),
    (Op::Maxu, maxu),
    (Op::Nsa, nsa),
    (Op::Nsau, nsau),
    (Op::Sext, sext),
    (Op::Clamps, clamps),
];

compute! {
    abs: r = |c, o| (c.a(o.t) as i32).unsigned_abs();
    add: r = |c, o| c.a(o.s).wrapping_add(c.a(o.t));
    addi: t = |c, o| c.a(o.s).wrapping_add(o.imm);
    addi_n: r = |c, o| c.a(o.s).wrapping_add(o.imm);
    addx2: r = |c, o| (c.a(o.s) << 1).wrapping_add(c.a(o.t));
    addx4: r = |c, o| (c.a(o.s) << 2).wrapping_add(c.a(o.t));
    addx8: r = |c, o| (c.a(o.s) << 3).wrapping_add(c.a(o.t));
    sub: r = |c, o| c.a(o.s).wrapping_sub(c.a(o.t));
    subx2: r = |c, o| (c.a(o.s) << 1).wrapping_sub(c.a(o.t));
    subx4: r = |c, o| (c.a(o.s) << 2).wrapping_sub(c.a(o.t));
    subx8: r = |c, o| (c.a(o.s) << 3).wrapping_sub(c.a(o.t));
    neg: r = |c, o| c.a(o.t).wrapping_neg();
    and: r = |c, o| c.a(o.s) & c.a(o.t);
    or: r = |c, o| c.a(o.s) | c.a(o.t);
    xor: r = |c, o| c.a(o.s) ^ c.a(o.t);
    mov_n: t = |c, o| c.a(o.s);
    movi: t = |_c, o| o.imm;
    movi_n: s = |_c, o| o.imm;
    moveqz: r = |c, o| if c.a(o.t) == 0 { c.a(o.s) } else { c.a(o.r) };
    movnez: r = |c, o| if c.a(o.t) != 0 { c.a(o.s) } else { c.a(o.r) };
    movltz: r = |c, o| if (c.a(o.t) as i32) < 0 { c.a(o.s) } else { c.a(o.r) };
    movgez: r = |c, o| if (c.a(o.t) as i32) >= 0 { c.a(o.s) } else { c.a(o.r) };
    min: r = |c, o| (c.a(o.s) as i32).min(c.a(o.t) as i32) as u32;
    max: r = |c, o| (c.a(o.s) as i32).max(c.a(o.t) as i32) as u32;
    minu: r = |c, o| c.a(o.s).min(c.a(o.t));
    maxu: r = |c, o| c.a(o.s).max(c.a(o.t));
    nsa: t = |c, o| normalise(c.a(o.s));
    nsau: t = |c, o| c.a(o.s).leading_zeros();
    sext: r = |c, o| sign_extend(c.a(o.s), o.imm);
    clamps: r = |c, o| clamp(c.a(o.s), o.imm);
}

fn nop(_c: &mut Ctx, _o: &DecOp) -> Done {
    Done::Next
}

/// Computes NSA: the number of redundant sign bits; 31 for 0 and -1.
fn normalise(v: u32) -> u32 {
    let folded = v ^ ((v as i32) >> 31) as u32;
    folded.leading_zeros() - 1
}

/// Copies bit `bit` (7..22) into all bits above it.
fn sign_extend(v: u32, bit: u32) -> u32 {
    let by = 31 - (bit & 31);
    ((v << by) as i32 >> by) as u32
}

/// Saturates to the signed range whose sign bit is `bit` (7..22).
fn clamp(v: u32, bit: u32) -> u32 {
    let top = (1i32 << (bit & 31)) - 1;
    (v as i32).clamp(-top - 1, top) as u32
}

#[cfg(test)]
mod tests {
    use crate::cpu::insn::testing::InsnBench;
    use crate::isa::Op;

    fn rst(op: Op, s: u32, t: u32) -> u32 {
        InsnBench::new().with(5, s).with(6, t).run(op, 4, 5, 6, 0).reg(4)
    }

    #[test]
    fn sums_wrap() {
        assert_eq!(rst(Op::Add, u32::MAX, 2), 1);
        assert_eq!(rst(Op::AddN, 1, 2), 3);
        assert_eq!(rst(Op::Sub, 1, 2), u32::MAX);
        assert_eq!(rst(Op::Addx2, 0x8000_0001, 5), 7);
        assert_eq!(rst(Op::Addx4, 0x4000_0001, 5), 9);
        assert_eq!(rst(Op::Addx8, 3, 5), 29);
        assert_eq!(rst(Op::Subx2, 3, 5), 1);
        assert_eq!(rst(Op::Subx4, 3, 5), 7);
        assert_eq!(rst(Op::Subx8, 3, 5), 19);
    }

    #[test]
    fn immediates() {
        assert_eq!(InsnBench::new().with(5, 10).run(Op::Addi, 0, 5, 4, -11).reg(4), u32::MAX);
        assert_eq!(InsnBench::new().with(5, 10).run(Op::AddiN, 4, 5, 0, -1).reg(4), 9);
        assert_eq!(
            InsnBench::new().with(5, 10).run(Op::Addmi, 0, 5, 4, -32768).reg(4),
            10u32.wrapping_sub(32768)
        );
        assert_eq!(InsnBench::new().run(Op::Movi, 0, 0, 4, -2048).reg(4), (-2048i32) as u32);
        assert_eq!(InsnBench::new().run(Op::MoviN, 0, 4, 0, 95).reg(4), 95);
        assert_eq!(InsnBench::new().with(5, 9).run(Op::MovN, 0, 5, 4, 0).reg(4), 9);
    }

    #[test]
    fn abs_and_neg_of_the_most_negative_number_are_itself() {
        assert_eq!(rst(Op::Abs, 0, 0x8000_0000), 0x8000_0000);
        assert_eq!(rst(Op::Abs, 0, (-5i32) as u32), 5);
        assert_eq!(rst(Op::Neg, 0, 0x8000_0000), 0x8000_0000);
        assert_eq!(rst(Op::Neg, 0, 1), u32::MAX);
    }

    #[test]
    fn logic() {
        assert_eq!(rst(Op::And, 0xFF00, 0x0FF0), 0x0F00);
        assert_eq!(rst(Op::Or, 0xFF00, 0x0FF0), 0xFFF0);
        assert_eq!(rst(Op::Xor, 0xFF00, 0x0FF0), 0xF0F0);
    }

    #[test]
    fn conditional_moves_keep_or_replace() {
        let moved = |op, t| InsnBench::new().with(4, 1).with(5, 2).with(6, t).run(op, 4, 5, 6, 0).reg(4) == 2;
        assert!(moved(Op::Moveqz, 0) && !moved(Op::Moveqz, 1));
        assert!(moved(Op::Movnez, 1) && !moved(Op::Movnez, 0));
        assert!(moved(Op::Movltz, 0x8000_0000) && !moved(Op::Movltz, 0));
        assert!(moved(Op::Movgez, 0) && !moved(Op::Movgez, 0x8000_0000));
    }

    #[test]
    fn minimum_and_maximum_differ_by_sign() {
        assert_eq!(rst(Op::Min, u32::MAX, 1), u32::MAX);
        assert_eq!(rst(Op::Max, u32::MAX, 1), 1);
        assert_eq!(rst(Op::Minu, u32::MAX, 1), 1);
        assert_eq!(rst(Op::Maxu, u32::MAX, 1), u32::MAX);
    }

    #[test]
    fn bit_counts() {
        let t = |op, s| InsnBench::new().with(5, s).run(op, 0, 5, 4, 0).reg(4);
        assert_eq!(t(Op::Nsa, 0), 31);
        assert_eq!(t(Op::Nsa, u32::MAX), 31);
        assert_eq!(t(Op::Nsa, 1), 30);
        assert_eq!(t(Op::Nsa, 0x8000_0000), 0);
        assert_eq!(t(Op::Nsau, 0), 32);
        assert_eq!(t(Op::Nsau, 0x8000_0000), 0);
    }

    #[test]
    fn sext_and_clamps_at_both_ends_of_their_range() {
        let r = |op, s, imm| InsnBench::new().with(5, s).run(op, 4, 5, 0, imm).reg(4);
        assert_eq!(r(Op::Sext, 0x80, 7), 0xFFFF_FF80);
        assert_eq!(r(Op::Sext, 0xFFFF_FF7F, 7), 0x7F);
        assert_eq!(r(Op::Sext, 0x0040_0000, 22), 0xFFC0_0000);
        assert_eq!(r(Op::Clamps, 1000, 7), 127);
        assert_eq!(r(Op::Clamps, (-1000i32) as u32, 7), (-128i32) as u32);
        assert_eq!(r(Op::Clamps, 0x7FFF_FFFF, 22), 0x003F_FFFF);
        assert_eq!(r(Op::Clamps, 5, 7), 5);
    }

    #[test]
    fn nops_do_nothing() {
        let b = InsnBench::new().with(4, 7).run(Op::Nop, 0, 0, 0, 0).run(Op::NopN, 0, 0, 0, 0);
        assert_eq!((b.reg(4), b.retired()), (7, 2));
    }
}
