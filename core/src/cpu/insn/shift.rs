//! Shifts and the shift amount register (ISA 4.3.7).

use super::{Table, compute};
use crate::engine::{Ctx, DecOp, Done};
use crate::isa::Op;

pub(super) const TABLE: Table = &[
    (Op::Ssr, ssr),
    (Op::Ssl, ssl),
    (Op::Ssa8l, ssa8l),
    (Op::Ssa8b, ssa8b),
    (Op::Ssai, ssai),
    (Op::Sll, sll),
    (Op::Src, src),
    (Op::Srl, srl),
    (Op::Sra, sra),
    (Op::Slli, slli),
    (Op::Srai, srai),
    (Op::Srli, srli),
    (Op::Extui, extui),
];

macro_rules! set_sar {
    ($( $name:ident: |$c:ident, $o:ident| $value:expr; )+) => {
        $( fn $name($c: &mut Ctx, $o: &DecOp) -> Done {
            $c.cpu.sar = $value;
            Done::Next
        } )+
    };
}

set_sar! {
    ssr: |c, o| c.a(o.s) & 31;
    ssl: |c, o| 32 - (c.a(o.s) & 31);
    ssa8l: |c, o| (c.a(o.s) & 3) * 8;
    ssa8b: |c, o| 32 - (c.a(o.s) & 3) * 8;
    ssai: |c, o| o.imm & 31;
}

compute! {
    sll: r = |c, o| (u64::from(c.a(o.s)) << 32 >> (c.cpu.sar & 63)) as u32;
    src: r = |c, o| ((u64::from(c.a(o.s)) << 32 | u64::from(c.a(o.t))) >> (c.cpu.sar & 63)) as u32;
    srl: r = |c, o| (u64::from(c.a(o.t)) >> (c.cpu.sar & 63)) as u32;
    sra: r = |c, o| (i64::from(c.a(o.t) as i32) >> (c.cpu.sar & 63)) as u32;
    slli: r = |c, o| (u64::from(c.a(o.s)) << (o.imm & 63)) as u32;
    srai: r = |c, o| (c.a(o.t) as i32 >> (o.imm & 31)) as u32;
    srli: r = |c, o| c.a(o.t) >> (o.imm & 31);
    extui: r = |c, o| c.a(o.t) >> (o.imm & 31) & (u32::MAX >> (32 - (o.imm >> 8 & 31).clamp(1, 16)));
}

#[cfg(test)]
mod tests {
    use crate::cpu::insn::testing::InsnBench;
    use crate::isa::Op;

    fn sar(op: Op, s: u32) -> u32 {
        InsnBench::new().with(5, s).run(op, 0, 5, 0, 0).cpu.sar
    }

    #[test]
    fn shift_amount_setters() {
        assert_eq!(sar(Op::Ssr, 33), 1);
        assert_eq!(sar(Op::Ssl, 0), 32);
        assert_eq!(sar(Op::Ssl, 31), 1);
        assert_eq!(sar(Op::Ssa8l, 7), 24);
        assert_eq!(sar(Op::Ssa8b, 1), 24);
        assert_eq!(InsnBench::new().run(Op::Ssai, 0, 15, 0, 31).cpu.sar, 31);
    }

    #[test]
    fn shifts_by_sar_over_its_whole_range() {
        let v = 0x8765_4321u32;
        let w = 0x1234_5678u32;
        for n in 0..64u32 {
            let run =
                |op| InsnBench::new().set(|c| c.sar = n).with(5, v).with(6, w).run(op, 4, 5, 6, 0).reg(4);
            let left = if n == 0 { 0 } else { v.checked_shl(32u32.wrapping_sub(n)).unwrap_or(0) };
            if n <= 32 {
                assert_eq!(run(Op::Sll), left, "sll {n}");
            }
            assert_eq!(run(Op::Srl), w.checked_shr(n).unwrap_or(0), "srl {n}");
            assert_eq!(run(Op::Src), ((u64::from(v) << 32 | u64::from(w)) >> n) as u32, "src {n}");
        }
        let sra = |n: u32| InsnBench::new().set(|c| c.sar = n).with(6, v).run(Op::Sra, 4, 0, 6, 0).reg(4);
        assert_eq!(sra(4), 0xF876_5432);
        assert_eq!(sra(32), u32::MAX);
    }

    #[test]
    fn shifts_by_constants() {
        let v = 0x8000_00F1;
        assert_eq!(InsnBench::new().with(5, v).run(Op::Slli, 4, 5, 0, 1).reg(4), 0x1E2);
        assert_eq!(InsnBench::new().with(5, v).run(Op::Slli, 4, 5, 0, 31).reg(4), 0x8000_0000);
        assert_eq!(InsnBench::new().with(6, v).run(Op::Srai, 4, 0, 6, 31).reg(4), u32::MAX);
        assert_eq!(InsnBench::new().with(6, v).run(Op::Srli, 4, 0, 6, 15).reg(4), 0x1_0000);
        assert_eq!(InsnBench::new().with(6, v).run(Op::Extui, 4, 0, 6, 4 | 4 << 8).reg(4), 0xF);
        assert_eq!(InsnBench::new().with(6, v).run(Op::Extui, 4, 0, 6, 31 | 1 << 8).reg(4), 1);
        assert_eq!(InsnBench::new().with(6, v).run(Op::Extui, 4, 0, 6, 16 << 8).reg(4), 0xF1);
    }
}
