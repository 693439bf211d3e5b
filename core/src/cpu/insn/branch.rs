//! Branches, jumps and zero-overhead loops (ISA 4.3.2 and 4.3.8).

use super::Table;
use crate::engine::{Ctx, DecOp, Done};
use crate::isa::Op;

pub(super) const TABLE: Table = &[
    (Op::Beqz, beqz),
    (Op::Bnez, bnez),
    (Op::Bgez, bgez),
    (Op::Bltz, bltz),
    (Op::BeqzN, beqz),
    (Op::BnezN, bnez),
    (Op::Beqi, beqi),
    (Op::Bnei, bnei),
    (Op::Bgei, bgei),
    (Op::Blti, blti),
    (Op::Bgeui, bgeui),
    (Op::Bltui, bltui),
    (Op::Bbci, bbci),
    (Op::Bbsi, bbsi),
    (Op::Beq, beq),
    (Op::Bne, bne),
    (Op::Bge, bge),
    (Op::Blt, blt),
    (Op::Bgeu, bgeu),
    (Op::Bltu, bltu),
    (Op::Bany, bany),
    (Op::Bnone, bnone),
    (Op::Ball, ball),
    (Op::Bnall, bnall),
    (Op::Bbc, bbc),
    (Op::Bbs, bbs),
    (Op::Bf, bf),
    (Op::Bt, bt),
    (Op::Loop, loop_),
    (Op::Loopnez, loopnez),
    (Op::Loopgtz, loopgtz),
    (Op::J, j),
    (Op::Jx, jx),
];

/// Defines branches whose target is resolved into `imm`.
macro_rules! branch {
    ($( $name:ident: |$c:ident, $o:ident| $taken:expr; )+) => {
        $( fn $name($c: &mut Ctx, $o: &DecOp) -> Done {
            if $taken {
                $c.cpu.pc = $o.imm;
                return Done::Jump;
            }
            Done::Next
        } )+
    };
}

/// Defines branches that compare with `imm`; their displacement is in `aux`.
macro_rules! branch_imm {
    ($( $name:ident: |$c:ident, $o:ident| $taken:expr; )+) => {
        $( fn $name($c: &mut Ctx, $o: &DecOp) -> Done {
            if $taken {
                $c.cpu.pc = $o.pc.wrapping_add(4).wrapping_add_signed($o.aux.into());
                return Done::Jump;
            }
            Done::Next
        } )+
    };
}

branch! {
    beqz: |c, o| c.a(o.s) == 0;
    bnez: |c, o| c.a(o.s) != 0;
    bgez: |c, o| c.a(o.s) as i32 >= 0;
    bltz: |c, o| (c.a(o.s) as i32) < 0;
    beq: |c, o| c.a(o.s) == c.a(o.t);
    bne: |c, o| c.a(o.s) != c.a(o.t);
    bge: |c, o| c.a(o.s) as i32 >= c.a(o.t) as i32;
    blt: |c, o| (c.a(o.s) as i32) < c.a(o.t) as i32;
    bgeu: |c, o| c.a(o.s) >= c.a(o.t);
    bltu: |c, o| c.a(o.s) < c.a(o.t);
    bany: |c, o| c.a(o.s) & c.a(o.t) != 0;
    bnone: |c, o| c.a(o.s) & c.a(o.t) == 0;
    ball: |c, o| !c.a(o.s) & c.a(o.t) == 0;
    bnall: |c, o| !c.a(o.s) & c.a(o.t) != 0;
    bbc: |c, o| c.a(o.s) >> (c.a(o.t) & 31) & 1 == 0;
    bbs: |c, o| c.a(o.s) >> (c.a(o.t) & 31) & 1 != 0;
    bf: |c, o| c.cpu.br >> o.s & 1 == 0;
    bt: |c, o| c.cpu.br >> o.s & 1 != 0;
    j: |_c, _o| true;
}

branch_imm! {
    beqi: |c, o| c.a(o.s) == o.imm;
    bnei: |c, o| c.a(o.s) != o.imm;
    bgei: |c, o| c.a(o.s) as i32 >= o.imm as i32;
    blti: |c, o| (c.a(o.s) as i32) < o.imm as i32;
    bgeui: |c, o| c.a(o.s) >= o.imm;
    bltui: |c, o| c.a(o.s) < o.imm;
    bbci: |c, o| c.a(o.s) >> (o.imm & 31) & 1 == 0;
    bbsi: |c, o| c.a(o.s) >> (o.imm & 31) & 1 != 0;
}

fn jx(c: &mut Ctx, o: &DecOp) -> Done {
    c.cpu.pc = c.a(o.s);
    Done::Jump
}

/// Sets up LBEG, LEND and LCOUNT. Skips the body if `enter` is false.
#[inline(always)]
fn start_loop(c: &mut Ctx, o: &DecOp, enter: bool) -> Done {
    c.cpu.lcount = c.a(o.s).wrapping_sub(1);
    c.cpu.lbeg = o.next();
    c.cpu.lend = o.imm;
    c.cpu.pc = if enter { o.next() } else { o.imm };
    Done::Jump
}

fn loop_(c: &mut Ctx, o: &DecOp) -> Done {
    start_loop(c, o, true)
}

fn loopnez(c: &mut Ctx, o: &DecOp) -> Done {
    let enter = c.a(o.s) != 0;
    start_loop(c, o, enter)
}

fn loopgtz(c: &mut Ctx, o: &DecOp) -> Done {
    let enter = c.a(o.s) as i32 > 0;
    start_loop(c, o, enter)
}

#[cfg(test)]
mod tests {
    use crate::cpu::insn::testing::{CODE, InsnBench};
    use crate::cpu::ps;
    use crate::isa::{Insn, Op};

    fn taken(op: Op, s: u32, t: u32) -> bool {
        let pc = InsnBench::new().with(5, s).with(6, t).run(op, 0, 5, 6, 0x20).cpu.pc;
        assert!(pc == CODE + 0x24 || pc == CODE + u32::from(Insn::new(op, 0, 0, 0, 0).len), "{op:?} {pc:#x}");
        pc == CODE + 0x24
    }

    #[test]
    fn register_branches() {
        let minus = u32::MAX;
        for (op, yes, no) in [
            (Op::Beqz, (0, 0), (1, 0)),
            (Op::Bnez, (1, 0), (0, 0)),
            (Op::Bgez, (0, 0), (minus, 0)),
            (Op::Bltz, (minus, 0), (0, 0)),
            (Op::BeqzN, (0, 0), (1, 0)),
            (Op::BnezN, (1, 0), (0, 0)),
            (Op::Beq, (5, 5), (5, 6)),
            (Op::Bne, (5, 6), (5, 5)),
            (Op::Bge, (0, minus), (minus, 0)),
            (Op::Blt, (minus, 0), (0, minus)),
            (Op::Bgeu, (minus, 0), (0, minus)),
            (Op::Bltu, (0, minus), (minus, 0)),
            (Op::Bany, (6, 2), (4, 3)),
            (Op::Bnone, (4, 3), (6, 2)),
            (Op::Ball, (7, 5), (6, 5)),
            (Op::Bnall, (6, 5), (7, 5)),
            (Op::Bbc, (!4, 34), (4, 34)),
            (Op::Bbs, (4, 34), (!4, 34)),
        ] {
            assert!(taken(op, yes.0, yes.1), "{op:?}");
            assert!(!taken(op, no.0, no.1), "{op:?}");
        }
    }

    #[test]
    fn constant_branches() {
        let taken = |op, s, imm| {
            let insn = Insn::new(op, 0, 5, 0, imm).with_disp(-8);
            InsnBench::new().with(5, s).run_insn(insn).cpu.pc == CODE - 4
        };
        assert!(taken(Op::Beqi, u32::MAX, -1) && !taken(Op::Beqi, 0, -1));
        assert!(taken(Op::Bnei, 5, 256) && !taken(Op::Bnei, 256, 256));
        assert!(taken(Op::Bgei, 10, 10) && !taken(Op::Bgei, u32::MAX, 10));
        assert!(taken(Op::Blti, u32::MAX, 10) && !taken(Op::Blti, 10, 10));
        assert!(taken(Op::Bgeui, u32::MAX, 65536) && !taken(Op::Bgeui, 65535, 65536));
        assert!(taken(Op::Bltui, 65535, 65536) && !taken(Op::Bltui, u32::MAX, 65536));
        assert!(taken(Op::Bbci, 0, 31) && !taken(Op::Bbci, 1 << 31, 31));
        assert!(taken(Op::Bbsi, 1 << 31, 31) && !taken(Op::Bbsi, 0, 31));
    }

    #[test]
    fn boolean_branches() {
        let b = |op, br| InsnBench::new().set(|c| c.br = br).run(op, 0, 5, 0, 0x20).cpu.pc == CODE + 0x24;
        assert!(b(Op::Bt, 1 << 5) && !b(Op::Bt, !(1 << 5) & 0xFFFF));
        assert!(b(Op::Bf, 0) && !b(Op::Bf, 1 << 5));
    }

    #[test]
    fn jumps() {
        assert_eq!(InsnBench::new().run(Op::J, 0, 0, 0, 0x100).cpu.pc, CODE + 0x104);
        assert_eq!(InsnBench::new().with(5, CODE + 0x123).run(Op::Jx, 0, 5, 0, 0).cpu.pc, CODE + 0x123);
    }

    /// Runs `addi a4, a4, 1` in a loop of `n` iterations.
    fn looped(op: Op, n: u32, cycles: u64) -> InsnBench {
        let insns =
            [Insn::new(op, 0, 5, 0, 2), Insn::new(Op::Addi, 0, 4, 4, 1), Insn::new(Op::Nop, 0, 0, 0, 0)];
        InsnBench::new().with(4, 0).with(5, n).place(CODE, &insns).steps(cycles)
    }

    #[test]
    fn loops_run_their_count() {
        let b = looped(Op::Loop, 10, 11);
        assert_eq!((b.reg(4), b.cpu.pc, b.cpu.lcount), (10, CODE + 6, 0));
        assert_eq!((b.cpu.lbeg, b.cpu.lend), (CODE + 3, CODE + 6));
    }

    #[test]
    fn skipped_loops_still_set_the_registers() {
        for (op, n) in [(Op::Loopnez, 0), (Op::Loopgtz, 0), (Op::Loopgtz, u32::MAX)] {
            let b = looped(op, n, 1);
            assert_eq!((b.reg(4), b.cpu.pc, b.cpu.lcount), (0, CODE + 6, n.wrapping_sub(1)), "{op:?}");
        }
        assert_eq!(looped(Op::Loopgtz, 3, 4).reg(4), 3);
    }

    #[test]
    fn a_taken_branch_at_the_loop_end_leaves_the_loop() {
        let insns = [Insn::new(Op::Loop, 0, 5, 0, 2), Insn::new(Op::J, 0, 0, 0, 0x40)];
        let b = InsnBench::new().with(5, 9).place(CODE, &insns).steps(2);
        assert_eq!((b.cpu.pc, b.cpu.lcount), (CODE + 3 + 0x44, 8));
    }

    #[test]
    fn exception_mode_stops_looping_back() {
        let insns = [Insn::new(Op::Nop, 0, 0, 0, 0)];
        let b = InsnBench::new()
            .place(CODE, &insns)
            .set(|c| {
                (c.lbeg, c.lend, c.lcount) = (CODE, CODE + 3, 5);
                c.ps |= ps::EXCM;
            })
            .steps(1);
        assert_eq!((b.cpu.pc, b.cpu.lcount), (CODE + 3, 5));
    }
}
