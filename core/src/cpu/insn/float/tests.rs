//! Floating-point instructions on the engine: fields, accumulators, flags, updates, the coprocessor enable
//! bit. The arithmetic itself is tested in [`crate::cpu::fpu`].

use super::TABLE;
use crate::cpu::exception::{Cause, vector};
use crate::cpu::fpu::{self, FpCtl};
use crate::cpu::insn::testing::{CODE, DATA, InsnBench};
use crate::isa::Op;

/// Returns a bench with distinct values in all registers that can be operands.
fn bench() -> InsnBench {
    let b = InsnBench::new().set(|c| {
        for (n, fr) in c.fr.iter_mut().enumerate() {
            *fr = (1.25 + n as f32 * 3.7).to_bits();
        }
        (c.br, c.f64r_lo, c.f64r_hi) = (0x0040, 0, 0);
    });
    (2..16).fold(b, |b, n| b.with(n, 0x0101_0000 + u32::from(n)))
}

fn fp(n: u8) -> u32 {
    bench().cpu.fr[usize::from(n)]
}

/// Runs `op r, s, t` with distinct fields in several positions and checks FR(r) against `expect(d, s, t)`.
fn fr_of(op: Op, expect: impl Fn(u32, u32, u32) -> u32) {
    for (r, s, t) in [(0u8, 1u8, 2u8), (15, 14, 13), (4, 4, 4), (7, 8, 7)] {
        let b = bench().run(op, r, s, t, 0);
        assert_eq!(b.cpu.fr[usize::from(r)], expect(fp(r), fp(s), fp(t)), "{op:?} {r} {s} {t}");
        let others = (0..16u8).filter(|n| *n != r).all(|n| b.cpu.fr[usize::from(n)] == fp(n));
        assert!(others && b.cpu.ar == bench().cpu.ar && b.cpu.br == 0x40, "{op:?} writes only its result");
    }
}

#[test]
fn arithmetic_reads_and_writes_the_fields_it_names() {
    let ctl = FpCtl::default;
    fr_of(Op::AddS, |_, s, t| fpu::add(&mut ctl(), s, t));
    fr_of(Op::SubS, |_, s, t| fpu::sub(&mut ctl(), s, t));
    fr_of(Op::MulS, |_, s, t| fpu::mul(&mut ctl(), s, t));
    fr_of(Op::MaddS, |d, s, t| fpu::madd(&mut ctl(), d, s, t));
    fr_of(Op::MsubS, |d, s, t| fpu::msub(&mut ctl(), d, s, t));
    fr_of(Op::MaddnS, fpu::maddn);
    fr_of(Op::DivnS, |d, s, t| fpu::divn(&mut ctl(), d, s, t));
}

/// Does the same as [`fr_of`] for instructions whose t field is part of the opcode.
fn fr_of_one(op: Op, expect: impl Fn(u32, u32) -> u32) {
    for (r, s) in [(0u8, 1u8), (15, 14), (4, 4)] {
        let b = bench().run(op, r, s, 0, 0);
        assert_eq!(b.cpu.fr[usize::from(r)], expect(fp(r), fp(s)), "{op:?} {r} {s}");
    }
}

#[test]
fn one_operand_forms() {
    let ctl = FpCtl::default;
    fr_of_one(Op::AbsS, |_, s| fpu::abs(s));
    fr_of_one(Op::NegS, |_, s| fpu::neg(s));
    fr_of_one(Op::MovS, |_, s| s);
    fr_of_one(Op::Sqrt0S, |_, s| fpu::sqrt0(s));
    fr_of_one(Op::Div0S, |_, s| fpu::div0(s));
    fr_of_one(Op::Recip0S, |_, s| fpu::recip0(s));
    fr_of_one(Op::Rsqrt0S, |_, s| fpu::rsqrt0(s));
    fr_of_one(Op::Nexp01S, |_, s| fpu::nexp01(s));
    fr_of_one(Op::AddexpS, fpu::addexp);
    fr_of_one(Op::AddexpmS, fpu::addexpm);
    fr_of_one(Op::MkdadjS, |d, s| fpu::mkdadj(&mut ctl(), d, s));
    fr_of_one(Op::MksadjS, |_, s| fpu::mksadj(&mut ctl(), s));
    for n in 0..16 {
        assert_eq!(bench().run(Op::ConstS, 9, 0, 0, n).cpu.fr[9], fpu::const_s(n as u32), "{n}");
    }
}

#[test]
fn moves_between_the_files() {
    assert_eq!(bench().run(Op::Wfr, 3, 11, 0, 0).cpu.fr[3], 0x0101_000B);
    assert_eq!(bench().run(Op::Rfr, 11, 3, 0, 0).reg(11), fp(3));
}

#[test]
fn conditional_moves_keep_or_replace() {
    let moved = |op, a6: u32| bench().with(6, a6).run(op, 2, 3, 6, 0).cpu.fr[2] == fp(3);
    assert!(moved(Op::MoveqzS, 0) && !moved(Op::MoveqzS, 1));
    assert!(moved(Op::MovnezS, 1) && !moved(Op::MovnezS, 0));
    assert!(moved(Op::MovltzS, 1 << 31) && !moved(Op::MovltzS, 0));
    assert!(moved(Op::MovgezS, 0) && !moved(Op::MovgezS, 1 << 31));
    // Booleans: b6 is set, b7 clear.
    let by = |op, t| bench().run(op, 2, 3, t, 0).cpu.fr[2];
    assert_eq!((by(Op::MovtS, 6), by(Op::MovtS, 7)), (fp(3), fp(2)));
    assert_eq!((by(Op::MovfS, 6), by(Op::MovfS, 7)), (fp(2), fp(3)));
}

#[test]
fn comparisons_write_one_boolean() {
    // (op, less, equal, greater, unordered)
    let cases = [
        (Op::UnS, [false, false, false, true]),
        (Op::OeqS, [false, true, false, false]),
        (Op::UeqS, [false, true, false, true]),
        (Op::OltS, [true, false, false, false]),
        (Op::UltS, [true, false, false, true]),
        (Op::OleS, [true, true, false, false]),
        (Op::UleS, [true, true, false, true]),
    ];
    let pairs = [(1.0f32, 2.0f32), (2.0, 2.0), (3.0, 2.0), (f32::NAN, 2.0)];
    for (op, expect) in cases {
        for ((a, b), want) in pairs.into_iter().zip(expect) {
            for before in [0u32, 0xFFFF] {
                let x =
                    InsnBench::new().set(|c| (c.fr[5], c.fr[9], c.br) = (a.to_bits(), b.to_bits(), before));
                let x = x.run(op, 12, 5, 9, 0);
                assert_eq!(x.cpu.br, before & !(1 << 12) | u32::from(want) << 12, "{op:?} {a} {b}");
            }
        }
    }
}

#[test]
fn conversions_scale_by_their_t_field() {
    let to =
        |op, v: f32, by| InsnBench::new().set(|c| c.fr[5] = v.to_bits()).run(op, 7, 5, 0, by).reg(7) as i32;
    assert_eq!([0, 1, 15].map(|n| to(Op::TruncS, 2.5, n)), [2, 5, 81_920]);
    assert_eq!((to(Op::RoundS, 2.5, 0), to(Op::RoundS, -3.5, 0)), (2, -4));
    assert_eq!((to(Op::CeilS, 2.25, 0), to(Op::CeilS, -2.25, 2)), (3, -9));
    assert_eq!((to(Op::FloorS, 2.25, 0), to(Op::FloorS, -2.125, 2)), (2, -9));
    assert_eq!(to(Op::UtruncS, 3e9, 0) as u32, 3_000_000_000);
    let from = |op, v: u32, by| f32::from_bits(InsnBench::new().with(5, v).run(op, 7, 5, 0, by).cpu.fr[7]);
    assert_eq!((from(Op::FloatS, -5i32 as u32, 0), from(Op::FloatS, -5i32 as u32, 1)), (-5.0, -2.5));
    assert_eq!(
        (from(Op::UfloatS, 0x8000_0000, 0), from(Op::UfloatS, 6, 15)),
        (2_147_483_648.0, 6.0 / 32768.0)
    );
}

#[test]
fn flags_stick_until_written() {
    let set = |a: f32, b: f32| InsnBench::new().set(|c| (c.fr[1], c.fr[2]) = (a.to_bits(), b.to_bits()));
    let b = set(1.0, 1e-9).run(Op::AddS, 3, 1, 2, 0);
    assert_eq!(b.cpu.fp.fsr, fpu::INEXACT);
    let b = b.run(Op::AddS, 3, 1, 1, 0);
    assert_eq!(b.cpu.fp.fsr, fpu::INEXACT, "an exact sum takes nothing away");
    let b = set(f32::MAX, 2.0).run(Op::MulS, 3, 1, 2, 0);
    assert_eq!(b.cpu.fp.fsr, fpu::INEXACT | fpu::OVERFLOW);
    let b = set(f32::INFINITY, 0.0).run(Op::MulS, 3, 1, 2, 0);
    assert_eq!((b.cpu.fp.fsr, b.cpu.fr[3]), (fpu::INVALID, fpu::DEFAULT_NAN));
    let b = set(f32::NAN, 0.0).run(Op::TruncS, 3, 1, 0, 0);
    assert_eq!(b.cpu.fp.fsr, fpu::INVALID);
}

#[test]
fn rounding_follows_fcr() {
    let third = |mode: u32| {
        let b = InsnBench::new().set(|c| {
            c.fp.set_fcr(mode);
            (c.fr[1], c.fr[2]) = (1f32.to_bits(), 2f32.powi(-30).to_bits());
        });
        b.run(Op::AddS, 3, 1, 2, 0).cpu.fr[3]
    };
    let one = 1f32.to_bits();
    assert_eq!([0, 1, 2, 3].map(third), [one, one, one + 1, one]);
}

/// Loads and stores as (op, register field is r, indexed, post-modified, store).
const ACCESSES: [(Op, bool, bool, bool); 8] = [
    (Op::Lsi, false, false, false),
    (Op::Lsip, false, true, false),
    (Op::Lsx, true, false, false),
    (Op::Lsxp, true, true, false),
    (Op::Ssi, false, false, true),
    (Op::Ssip, false, true, true),
    (Op::Ssx, true, false, true),
    (Op::Ssxp, true, true, true),
];

/// Runs an access with base `base`, offset 0x24 and FR(9).
fn access(op: Op, indexed: bool, base: u32) -> InsnBench {
    let b = InsnBench::new().set(|c| c.fr[9] = 0xAABB_CCDD).with(5, base).with(6, 0x24);
    let b = b.data(DATA, &[0x11; 256]);
    if indexed { b.run(op, 9, 5, 6, 0) } else { b.run(op, 0, 5, 9, 0x24) }
}

#[test]
fn loads_and_stores_and_their_updates() {
    for (op, indexed, post, store) in ACCESSES {
        let b = access(op, indexed, DATA + 8);
        let at = if post { DATA + 8 } else { DATA + 8 + 0x24 };
        let other = if post { DATA + 8 + 0x24 } else { DATA + 8 };
        if store {
            assert_eq!((b.word(at), b.word(other)), (0xAABB_CCDD, 0x1111_1111), "{op:?}");
        } else {
            assert_eq!(b.cpu.fr[9], 0x1111_1111, "{op:?}");
        }
        assert_eq!(b.reg(5), if post { DATA + 8 + 0x24 } else { DATA + 8 }, "{op:?}");
    }
}

#[test]
fn a_faulting_access_changes_nothing() {
    for (op, indexed, post, _) in ACCESSES {
        let b = access(op, indexed, 0x6000_0000);
        assert_eq!((b.cpu.fr[9], b.reg(5)), (0xAABB_CCDD, 0x6000_0000), "{op:?}");
        let addr = if post { 0x6000_0000 } else { 0x6000_0024 };
        let state = (b.cpu.exccause, b.cpu.excvaddr, b.cpu.epc[1], b.cpu.pc);
        assert_eq!(state, (Cause::LoadStoreError as u32, addr, CODE, CODE + vector::USER), "{op:?}");
    }
}

#[test]
fn loads_and_stores_may_be_unaligned_in_data_memory() {
    let b = access(Op::Ssi, false, DATA + 1);
    assert_eq!(b.word(DATA + 0x25), 0xAABB_CCDD);
    assert_eq!(b.run(Op::Lsi, 0, 5, 3, 0x24).cpu.fr[3], 0xAABB_CCDD);
}

#[test]
fn nothing_of_the_coprocessor_runs_while_it_is_off() {
    let mut tried = 0;
    for (op, _) in TABLE {
        let accelerator = op.mnemonic().contains("f64");
        let before = bench().set(|c| c.cpenable = !1 & 0xFF).with(5, DATA);
        let (fr, ar, br) = (before.cpu.fr, before.cpu.ar, before.cpu.br);
        // Scaled offsets of the loads must be multiples of 4; other immediates take 0.
        let b = before.run(*op, 4, 5, 6, 0);
        let off = b.cpu.exccause == Cause::Coprocessor0Disabled as u32;
        assert_eq!(off, !accelerator, "{op:?}");
        if off {
            assert_eq!((b.cpu.epc[1], b.cpu.pc), (CODE, CODE + vector::USER), "{op:?}");
            assert!(
                b.cpu.fr == fr && b.cpu.ar == ar && b.cpu.br == br && b.cpu.fp == FpCtl::default(),
                "{op:?}"
            );
            tried += 1;
        }
        // It does not raise the exception when the coprocessor is enabled.
        let b = bench().with(5, DATA).with(6, 4).run(*op, 4, 5, 6, 0);
        assert_ne!(b.cpu.exccause, Cause::Coprocessor0Disabled as u32, "{op:?}");
    }
    assert_eq!(tried, TABLE.len() - 11);
}

#[test]
fn what_the_accelerator_lacks_is_illegal_not_wrong() {
    for op in [
        Op::F64iter,
        Op::F64rnd,
        Op::F64addc,
        Op::F64subc,
        Op::F64sig,
        Op::F64norm,
        Op::F64sexp,
        Op::Rf64r,
        Op::Wf64r,
    ] {
        let imm = match op {
            Op::F64iter | Op::F64addc | Op::F64subc => 1 << 8,
            _ => 0,
        };
        let b = InsnBench::new().set(|c| c.exccause = 63).run(op, 4, 5, 6, imm);
        assert_eq!((b.cpu.exccause, b.cpu.epc[1]), (Cause::IllegalInstruction as u32, CODE), "{op:?}");
    }
}
