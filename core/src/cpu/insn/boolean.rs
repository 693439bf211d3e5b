//! Boolean registers (ISA 4.3.9).

use super::{Table, compute};
use crate::engine::{Ctx, DecOp, Done};
use crate::isa::Op;

pub(super) const TABLE: Table = &[
    (Op::Andb, andb),
    (Op::Andbc, andbc),
    (Op::Orb, orb),
    (Op::Orbc, orbc),
    (Op::Xorb, xorb),
    (Op::Any4, any4),
    (Op::All4, all4),
    (Op::Any8, any8),
    (Op::All8, all8),
    (Op::Movf, movf),
    (Op::Movt, movt),
];

/// Returns boolean register `n`.
#[inline(always)]
pub(super) fn get(c: &Ctx, n: u8) -> bool {
    c.cpu.br >> n & 1 != 0
}

/// Sets boolean register `n`.
#[inline(always)]
pub(super) fn put(c: &mut Ctx, n: u8, value: bool) -> Done {
    c.cpu.br = c.cpu.br & !(1 << n) | u32::from(value) << n;
    Done::Next
}

macro_rules! combine {
    ($( $name:ident: |$a:ident, $b:ident| $value:expr; )+) => {
        $( fn $name(c: &mut Ctx, o: &DecOp) -> Done {
            let ($a, $b) = (get(c, o.s), get(c, o.t));
            put(c, o.r, $value)
        } )+
    };
}

combine! {
    andb: |a, b| a && b;
    andbc: |a, b| a && !b;
    orb: |a, b| a || b;
    orbc: |a, b| a || !b;
    xorb: |a, b| a != b;
}

/// Returns the group of `n` booleans that starts at `s`.
fn group(c: &Ctx, o: &DecOp, n: u32) -> u32 {
    c.cpu.br >> (u32::from(o.s) & !(n - 1)) & ((1 << n) - 1)
}

fn any4(c: &mut Ctx, o: &DecOp) -> Done {
    let v = group(c, o, 4) != 0;
    put(c, o.t, v)
}

fn all4(c: &mut Ctx, o: &DecOp) -> Done {
    let v = group(c, o, 4) == 0xF;
    put(c, o.t, v)
}

fn any8(c: &mut Ctx, o: &DecOp) -> Done {
    let v = group(c, o, 8) != 0;
    put(c, o.t, v)
}

fn all8(c: &mut Ctx, o: &DecOp) -> Done {
    let v = group(c, o, 8) == 0xFF;
    put(c, o.t, v)
}

compute! {
    movf: r = |c, o| if get(c, o.t) { c.a(o.r) } else { c.a(o.s) };
    movt: r = |c, o| if get(c, o.t) { c.a(o.s) } else { c.a(o.r) };
}

#[cfg(test)]
mod tests {
    use crate::cpu::insn::testing::InsnBench;
    use crate::isa::Op;

    /// Returns the truth table of `op` over b5 (bit 0 of the index) and b6 (bit 1), result in b4.
    fn truth(op: Op) -> u32 {
        (0..4).fold(0, |table, i| {
            let b = InsnBench::new().set(|c| c.br = (i & 1) << 5 | (i >> 1) << 6).run(op, 4, 5, 6, 0);
            table | (b.cpu.br >> 4 & 1) << i
        })
    }

    #[test]
    fn truth_tables() {
        assert_eq!(truth(Op::Andb), 0b1000);
        assert_eq!(truth(Op::Andbc), 0b0010);
        assert_eq!(truth(Op::Orb), 0b1110);
        assert_eq!(truth(Op::Orbc), 0b1011);
        assert_eq!(truth(Op::Xorb), 0b0110);
    }

    #[test]
    fn groups() {
        let t = |op, s, br| InsnBench::new().set(|c| c.br = br).run(op, 0, s, 1, 0).cpu.br >> 1 & 1 != 0;
        assert!(t(Op::Any4, 4, 0x80) && !t(Op::Any4, 4, 0xF00));
        assert!(t(Op::All4, 12, 0xF000) && !t(Op::All4, 12, 0xE000));
        assert!(t(Op::Any8, 8, 0x100) && !t(Op::Any8, 8, 0xFC));
        assert!(t(Op::All8, 8, 0xFF00) && !t(Op::All8, 8, 0xFE00));
    }

    #[test]
    fn conditional_moves() {
        let m = |op, br| InsnBench::new().set(|c| c.br = br).with(4, 1).with(5, 2).run(op, 4, 5, 6, 0).reg(4);
        assert_eq!((m(Op::Movt, 0x40), m(Op::Movt, 0)), (2, 1));
        assert_eq!((m(Op::Movf, 0x40), m(Op::Movf, 0)), (1, 2));
    }
}
