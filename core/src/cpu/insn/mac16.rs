//! MAC16: the 40-bit accumulator and the four m registers (ISA 4.3.6).

use super::Table;
use super::load_store::attempt;
use crate::engine::{Ctx, DecOp, Done};
use crate::isa::Op;

/// Defines one table row for each of the half selections LL, HL, LH, HH.
macro_rules! halves {
    ($( $what:ident $first:ident $second:ident: $ll:ident $hl:ident $lh:ident $hh:ident; )+) => {
        &[ $(
            (Op::$ll, $what::<$first, $second, 0, 0>),
            (Op::$hl, $what::<$first, $second, 1, 0>),
            (Op::$lh, $what::<$first, $second, 0, 1>),
            (Op::$hh, $what::<$first, $second, 1, 1>),
        )+
            (Op::MulaDaLlLdinc, step::<4, T, 0, 0>), (Op::MulaDaHlLdinc, step::<4, T, 1, 0>),
            (Op::MulaDaLhLdinc, step::<4, T, 0, 1>), (Op::MulaDaHhLdinc, step::<4, T, 1, 1>),
            (Op::MulaDaLlLddec, step::<-4, T, 0, 0>), (Op::MulaDaHlLddec, step::<-4, T, 1, 0>),
            (Op::MulaDaLhLddec, step::<-4, T, 0, 1>), (Op::MulaDaHhLddec, step::<-4, T, 1, 1>),
            (Op::MulaDdLlLdinc, step::<4, Y, 0, 0>), (Op::MulaDdHlLdinc, step::<4, Y, 1, 0>),
            (Op::MulaDdLhLdinc, step::<4, Y, 0, 1>), (Op::MulaDdHhLdinc, step::<4, Y, 1, 1>),
            (Op::MulaDdLlLddec, step::<-4, Y, 0, 0>), (Op::MulaDdHlLddec, step::<-4, Y, 1, 0>),
            (Op::MulaDdLhLddec, step::<-4, Y, 0, 1>), (Op::MulaDdHhLddec, step::<-4, Y, 1, 1>),
            (Op::Ldinc, load::<4>), (Op::Lddec, load::<-4>),
        ]
    };
}

pub(super) const TABLE: Table = halves! {
    umul S T: UmulAaLl UmulAaHl UmulAaLh UmulAaHh;
    mul S T: MulAaLl MulAaHl MulAaLh MulAaHh;
    mul S Y: MulAdLl MulAdHl MulAdLh MulAdHh;
    mul X T: MulDaLl MulDaHl MulDaLh MulDaHh;
    mul X Y: MulDdLl MulDdHl MulDdLh MulDdHh;
    mula S T: MulaAaLl MulaAaHl MulaAaLh MulaAaHh;
    mula S Y: MulaAdLl MulaAdHl MulaAdLh MulaAdHh;
    mula X T: MulaDaLl MulaDaHl MulaDaLh MulaDaHh;
    mula X Y: MulaDdLl MulaDdHl MulaDdLh MulaDdHh;
    muls S T: MulsAaLl MulsAaHl MulsAaLh MulsAaHh;
    muls S Y: MulsAdLl MulsAdHl MulsAdLh MulsAdHh;
    muls X T: MulsDaLl MulsDaHl MulsDaLh MulsDaHh;
    muls X Y: MulsDdLl MulsDdHl MulsDdLh MulsDdHh;
};

/// Code of operand AR(s).
const S: u8 = 0;
/// Code of operand AR(t).
const T: u8 = 1;
/// Code of operand m0 or m1, by bit 2 of r.
const X: u8 = 2;
/// Code of operand m2 or m3, by bit 2 of t.
const Y: u8 = 3;

#[inline(always)]
fn operand<const FROM: u8>(c: &Ctx, o: &DecOp) -> u32 {
    match FROM {
        S => c.a(o.s),
        T => c.a(o.t),
        X => c.cpu.m[usize::from(o.r >> 2 & 1)],
        _ => c.cpu.m[usize::from(2 + (o.t >> 2 & 1))],
    }
}

#[inline(always)]
fn product<const A: u8, const B: u8, const HA: u32, const HB: u32>(c: &Ctx, o: &DecOp) -> i64 {
    let a = (operand::<A>(c, o) >> (16 * HA)) as i16;
    let b = (operand::<B>(c, o) >> (16 * HB)) as i16;
    i64::from(a) * i64::from(b)
}

/// Returns the accumulator, sign-extended from its 40 bits.
#[inline(always)]
fn acc(c: &Ctx) -> i64 {
    ((u64::from(c.cpu.acchi & 0xFF) << 32 | u64::from(c.cpu.acclo)) << 24) as i64 >> 24
}

#[inline(always)]
fn set_acc(c: &mut Ctx, v: i64) -> Done {
    c.cpu.acclo = v as u32;
    c.cpu.acchi = (v >> 32) as u32 & 0xFF;
    Done::Next
}

fn umul<const A: u8, const B: u8, const HA: u32, const HB: u32>(c: &mut Ctx, o: &DecOp) -> Done {
    let a = operand::<A>(c, o) >> (16 * HA) & 0xFFFF;
    let b = operand::<B>(c, o) >> (16 * HB) & 0xFFFF;
    set_acc(c, i64::from(a) * i64::from(b))
}

fn mul<const A: u8, const B: u8, const HA: u32, const HB: u32>(c: &mut Ctx, o: &DecOp) -> Done {
    let v = product::<A, B, HA, HB>(c, o);
    set_acc(c, v)
}

fn mula<const A: u8, const B: u8, const HA: u32, const HB: u32>(c: &mut Ctx, o: &DecOp) -> Done {
    let v = acc(c) + product::<A, B, HA, HB>(c, o);
    set_acc(c, v)
}

fn muls<const A: u8, const B: u8, const HA: u32, const HB: u32>(c: &mut Ctx, o: &DecOp) -> Done {
    let v = acc(c) - product::<A, B, HA, HB>(c, o);
    set_acc(c, v)
}

/// Executes LDINC and LDDEC: adds `BY` to AR(s), then loads m(w) from there.
fn load<const BY: i32>(c: &mut Ctx, o: &DecOp) -> Done {
    let addr = c.a(o.s).wrapping_add_signed(BY);
    let v = match c.fast_load32(addr) {
        Some(v) => v,
        None => attempt!(c.slow_load(o, addr, 4)),
    };
    c.set(o.s, addr);
    c.cpu.m[usize::from(o.r & 3)] = v;
    c.done()
}

/// Executes MULA.*.LDINC and .LDDEC: the multiplication uses the register values from before the load.
fn step<const BY: i32, const B: u8, const HA: u32, const HB: u32>(c: &mut Ctx, o: &DecOp) -> Done {
    let v = acc(c) + product::<X, B, HA, HB>(c, o);
    match load::<BY>(c, o) {
        done @ (Done::Next | Done::Exit) => {
            set_acc(c, v);
            done
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use crate::cpu::exception::Cause;
    use crate::cpu::insn::testing::{DATA, InsnBench};
    use crate::isa::Op;

    fn acc(b: &InsnBench) -> i64 {
        ((i64::from(b.cpu.acchi as i8)) << 32) | i64::from(b.cpu.acclo)
    }

    fn aa(op: Op, start: i64) -> i64 {
        let b = InsnBench::new().with(5, 0x0003_FFFE).with(6, 0xFFFB_0007);
        let b = b.set(|c| (c.acclo, c.acchi) = (start as u32, (start >> 32) as u32 & 0xFF));
        acc(&b.run(op, 0, 5, 6, 0))
    }

    #[test]
    fn half_selections_of_a_product() {
        assert_eq!(aa(Op::MulAaLl, 99), -2 * 7);
        assert_eq!(aa(Op::MulAaHl, 99), 3 * 7);
        assert_eq!(aa(Op::MulAaLh, 99), -2 * -5);
        assert_eq!(aa(Op::MulAaHh, 99), 3 * -5);
        assert_eq!(aa(Op::UmulAaLl, 99), 0xFFFE * 7);
        assert_eq!(aa(Op::UmulAaHh, 99), 3 * 0xFFFB);
    }

    #[test]
    fn accumulation_wraps_at_40_bits() {
        assert_eq!(aa(Op::MulaAaHl, 100), 121);
        assert_eq!(aa(Op::MulsAaHl, 100), 79);
        assert_eq!(aa(Op::MulaAaHl, (1 << 39) - 1), -(1 << 39) + 20);
        assert_eq!(aa(Op::MulsAaHl, -(1 << 39)), (1 << 39) - 21);
    }

    #[test]
    fn m_registers_as_operands() {
        let b = || InsnBench::new().set(|c| c.m = [2, 3, 5, 7]).with(5, 11).with(6, 13);
        assert_eq!(acc(&b().run(Op::MulDdLl, 4, 0, 4, 0)), 21);
        assert_eq!(acc(&b().run(Op::MulDdLl, 0, 0, 0, 0)), 10);
        assert_eq!(acc(&b().run(Op::MulDaLl, 4, 0, 6, 0)), 39);
        assert_eq!(acc(&b().run(Op::MulAdLl, 0, 5, 4, 0)), 77);
    }

    #[test]
    fn loads_move_the_pointer_first() {
        let b = InsnBench::new().data(DATA, &[1, 0, 0, 0, 2, 0, 0, 0]).with(5, DATA);
        let b = b.run(Op::Ldinc, 2, 5, 0, 0);
        assert_eq!((b.cpu.m[2], b.reg(5)), (2, DATA + 4));
        let b = b.run(Op::Lddec, 1, 5, 0, 0);
        assert_eq!((b.cpu.m[1], b.reg(5)), (1, DATA));
    }

    #[test]
    fn combined_steps_multiply_the_old_values() {
        let b = InsnBench::new().data(DATA + 4, &[9, 0, 0, 0]).with(5, DATA).with(6, 10);
        let b = b.set(|c| c.m = [4, 0, 0, 0]).run(Op::MulaDaLlLdinc, 0, 5, 6, 0);
        assert_eq!((acc(&b), b.cpu.m[0], b.reg(5)), (40, 9, DATA + 4));
    }

    #[test]
    fn a_faulting_step_changes_nothing() {
        let b = InsnBench::new().with(5, 0x3F00_0000).with(6, 1).set(|c| c.m = [4, 0, 0, 0]);
        let b = b.run(Op::MulaDaLlLddec, 0, 5, 6, 0);
        assert_eq!(b.cpu.exccause, Cause::LoadStoreError as u32);
        assert_eq!((acc(&b), b.cpu.m[0], b.reg(5)), (0, 4, 0x3F00_0000));
    }
}
