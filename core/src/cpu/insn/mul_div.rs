//! Multiplication and division (ISA 4.3.3 to 4.3.5: MUL16, MUL32, MUL32HIGH, DIV32).

use super::{Table, compute};
use crate::cpu::exception::Cause;
use crate::engine::{Ctx, DecOp, Done};
use crate::isa::Op;

pub(super) const TABLE: Table = &[
    (Op::Mul16u, mul16u),
    (Op::Mul16s, mul16s),
    (Op::Mull, mull),
    (Op::Muluh, muluh),
    (Op::Mulsh, mulsh),
    (Op::Quou, quou),
    (Op::Quos, quos),
    (Op::Remu, remu),
    (Op::Rems, rems),
];

compute! {
    mul16u: r = |c, o| (c.a(o.s) & 0xFFFF) * (c.a(o.t) & 0xFFFF);
    mul16s: r = |c, o| (i32::from(c.a(o.s) as i16) * i32::from(c.a(o.t) as i16)) as u32;
    mull: r = |c, o| c.a(o.s).wrapping_mul(c.a(o.t));
    muluh: r = |c, o| ((u64::from(c.a(o.s)) * u64::from(c.a(o.t))) >> 32) as u32;
    mulsh: r = |c, o| ((i64::from(c.a(o.s) as i32) * i64::from(c.a(o.t) as i32)) >> 32) as u32;
}

macro_rules! divide {
    ($( $name:ident: |$a:ident, $b:ident| $value:expr; )+) => {
        $( fn $name(c: &mut Ctx, o: &DecOp) -> Done {
            let ($a, $b) = (c.a(o.s), c.a(o.t));
            if $b == 0 {
                return c.raise(o, Cause::IntegerDivideByZero);
            }
            c.set(o.r, $value);
            Done::Next
        } )+
    };
}

divide! {
    quou: |a, b| a / b;
    // 0x80000000 / -1 gives 0x80000000 and remainder 0 (ISA 6, QUOS and REMS).
    quos: |a, b| (a as i32).wrapping_div(b as i32) as u32;
    remu: |a, b| a % b;
    rems: |a, b| (a as i32).wrapping_rem(b as i32) as u32;
}

#[cfg(test)]
mod tests {
    use crate::cpu::exception::{Cause, vector};
    use crate::cpu::insn::testing::{CODE, InsnBench};
    use crate::isa::Op;

    fn rst(op: Op, s: u32, t: u32) -> u32 {
        InsnBench::new().with(5, s).with(6, t).run(op, 4, 5, 6, 0).reg(4)
    }

    #[test]
    fn products() {
        assert_eq!(rst(Op::Mul16u, 0x1_FFFF, 0xFFFF), 0xFFFE_0001);
        assert_eq!(rst(Op::Mul16s, 0xFFFF, 2), (-2i32) as u32);
        assert_eq!(rst(Op::Mull, 0x1_0001, 0x1_0001), 0x2_0001);
        assert_eq!(rst(Op::Muluh, u32::MAX, u32::MAX), 0xFFFF_FFFE);
        assert_eq!(rst(Op::Mulsh, u32::MAX, 2), u32::MAX);
        assert_eq!(rst(Op::Mulsh, 0x8000_0000, 0x8000_0000), 0x4000_0000);
    }

    #[test]
    fn quotients_truncate_toward_zero() {
        assert_eq!(rst(Op::Quou, u32::MAX, 2), 0x7FFF_FFFF);
        assert_eq!(rst(Op::Quos, (-7i32) as u32, 2), (-3i32) as u32);
        assert_eq!(rst(Op::Rems, (-7i32) as u32, 2), (-1i32) as u32);
        assert_eq!(rst(Op::Remu, 7, 4), 3);
        assert_eq!(rst(Op::Quos, 0x8000_0000, u32::MAX), 0x8000_0000);
        assert_eq!(rst(Op::Rems, 0x8000_0000, u32::MAX), 0);
    }

    #[test]
    fn a_zero_divisor_raises_and_keeps_the_destination() {
        for op in [Op::Quou, Op::Quos, Op::Remu, Op::Rems] {
            let b = InsnBench::new().with(4, 77).with(5, 1).run(op, 4, 5, 6, 0);
            assert_eq!(b.reg(4), 77);
            assert_eq!(b.cpu.exccause, Cause::IntegerDivideByZero as u32);
            assert_eq!((b.cpu.epc[1], b.cpu.pc), (CODE, CODE + vector::USER));
        }
    }
}
