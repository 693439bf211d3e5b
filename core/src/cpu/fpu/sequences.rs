//! Compilers' code for division and roots, run on the primitives and compared with the host's correctly
//! rounded operations.
//!
//! The data flow is that of libgcc's `__divsf3`, `__ieee754_sqrtf`, `__recipsf2` and `__rsqrtsf2` for cores
//! with XCHAL_HAVE_FP_DIV and the related options (from disassembly). Scheduling does not matter here.

use super::testing::{Rng, oracle, sample};
use super::*;
use rustc_apfloat::{Float, ieee::Single};

const ONE: u32 = 0x3f80_0000;

fn divide(c: &mut FpCtl, a: u32, b: u32) -> u32 {
    let (one, zero) = (const_s(1), const_s(0));
    let (seed, minus_b, minus_a) = (div0(b), nexp01(b), nexp01(a));
    let plus_a = neg(minus_a);
    let y1 = maddn(seed, maddn(one, minus_b, seed), seed);
    let y2 = maddn(y1, maddn(one, minus_b, y1), y1);
    let q1 = maddn(zero, plus_a, seed);
    let q2 = maddn(q1, maddn(plus_a, minus_b, q1), y2);
    let y3 = maddn(y2, maddn(one, minus_b, y2), y2);
    let rest = maddn(neg(minus_a), minus_b, q2);
    let adjust = mkdadj(c, b, a);
    divn(c, addexpm(q2, adjust), rest, addexp(y3, adjust))
}

fn root(c: &mut FpCtl, a: u32) -> u32 {
    let (zero, half) = (const_s(0), const_s(3));
    let (seed, minus_a) = (sqrt0(a), nexp01(a));
    let minus_half_a = addexp(minus_a, half);
    let y1 = maddn(seed, maddn(half, maddn(zero, seed, seed), minus_half_a), seed);
    let s1 = maddn(zero, neg(minus_a), y1);
    let h1 = maddn(zero, half, y1);
    let error = maddn(half, maddn(zero, y1, minus_half_a), y1);
    let s2 = maddn(s1, maddn(minus_a, s1, s1), neg(h1));
    let h2 = maddn(h1, error, h1);
    let adjust = mksadj(c, a);
    let rest = maddn(nexp01(a), s2, s2);
    divn(c, addexpm(s2, adjust), rest, addexp(neg(h2), adjust))
}

fn reciprocal(c: &mut FpCtl, a: u32) -> u32 {
    let mut y = recip0(a);
    for _ in 0..2 {
        let error = msub(c, const_s(1), a, y);
        y = maddn(y, y, error);
    }
    y
}

fn reciprocal_root(c: &mut FpCtl, a: u32) -> u32 {
    let mut y = rsqrt0(a);
    for _ in 0..2 {
        let (ay, half_y) = (mul(c, a, y), mul(c, const_s(3), y));
        let error = msub(c, const_s(1), ay, y);
        y = maddn(y, half_y, error);
    }
    y
}

fn expect(got: u32, want: f32, operands: &[u32]) {
    // LLVM may assume that the root of a non-NaN is not a NaN, and drop the sign. `black_box` prevents that.
    let want = std::hint::black_box(want);
    let want = if want.is_nan() { DEFAULT_NAN } else { want.to_bits() };
    assert_eq!(got, want, "for {operands:08x?}");
}

fn has_nan(operands: &[u32]) -> bool {
    operands.iter().any(|&a| f32::from_bits(a).is_nan())
}

#[test]
fn division_is_correctly_rounded() {
    let mut rng = Rng::new(10);
    for _ in 0..sample() {
        let (a, b) = rng.pair();
        if !has_nan(&[a, b]) {
            let got = divide(&mut FpCtl::default(), a, b);
            expect(got, f32::from_bits(a) / f32::from_bits(b), &[a, b]);
        }
    }
}

#[test]
fn division_honours_every_mode_and_raises_ieee_flags() {
    let mut rng = Rng::new(11);
    for i in 0..sample() {
        let ((a, b), fcr) = (rng.pair(), (i & 3) as u32);
        let mut c = FpCtl { fcr, fsr: 0 };
        let got = divide(&mut c, a, b);
        let [x, y] = [a, b].map(|v| Single::from_bits(v.into()));
        oracle::check(got, c.fsr, x.div_r(y, oracle::mode(fcr)), &[a, b, fcr]);
    }
}

#[test]
fn every_divisor_fraction_divides_one_exactly_rounded() {
    let step = if sample() > 100_000 { 1 } else { 61 };
    for b in (ONE..ONE + 0x80_0000).step_by(step).chain(ONE + 0x7f_ff00..ONE + 0x80_0000) {
        let got = divide(&mut FpCtl::default(), ONE, b);
        expect(got, 1.0 / f32::from_bits(b), &[b]);
    }
}

#[test]
fn square_root_is_correctly_rounded() {
    let mut rng = Rng::new(12);
    for _ in 0..sample() {
        let a = rng.single();
        if !has_nan(&[a]) {
            expect(root(&mut FpCtl::default(), a), f32::from_bits(a).sqrt(), &[a]);
        }
    }
}

#[test]
fn square_root_honours_every_mode() {
    let mut rng = Rng::new(13);
    for i in 0..sample() {
        let (a, fcr) = (rng.single() & 0x7fff_ffff, (i & 3) as u32);
        if a == 0 || a >= 0x7f80_0000 {
            continue;
        }
        let mut c = FpCtl { fcr, fsr: 0 };
        let got = f64::from(f32::from_bits(root(&mut c, a)));
        let (x, near) = (f64::from(f32::from_bits(a)), f64::from(f32::from_bits(a).sqrt()));
        // The square of a single is exact in a double, so this compares with the exact root.
        let next = |v: f64, up: bool| {
            let v = v as f32;
            f64::from(if up { v.next_up() } else { v.next_down() })
        };
        let want = match fcr {
            1 | 3 if near * near > x => next(near, false),
            2 if near * near < x => next(near, true),
            _ => near,
        };
        assert_eq!(got, want, "root of {a:08x}, mode {fcr}");
        assert_eq!(c.fsr & !INEXACT, 0);
        assert_eq!(c.fsr == 0, near * near == x);
    }
}

#[test]
fn every_mantissa_of_both_parities_has_its_root() {
    let step = if sample() > 100_000 { 1 } else { 127 };
    for a in (ONE..ONE + 0x100_0000).step_by(step) {
        expect(root(&mut FpCtl::default(), a), f32::from_bits(a).sqrt(), &[a]);
    }
}

#[test]
fn special_divisions_and_roots() {
    let (inf, nan) = (0x7f80_0000, 0x7fc0_0000);
    let div = |a, b| {
        let mut c = FpCtl::default();
        (divide(&mut c, a, b), c.fsr)
    };
    assert_eq!(div(ONE, 0x8000_0000), (0xff80_0000, DIV_ZERO));
    assert_eq!(div(inf, 0), (inf, 0));
    assert_eq!(div(0x8000_0000, ONE), (0x8000_0000, 0));
    assert_eq!(div(ONE, inf), (0, 0));
    assert_eq!(div(0, 0), (nan, INVALID));
    assert_eq!(div(inf, inf), (nan, INVALID));
    assert_eq!(div(ONE, 0x7fc1_2345).0 & nan, nan);
    assert_eq!(div(0x7f80_0001, ONE).1, INVALID);
    let sqrt = |a| {
        let mut c = FpCtl::default();
        (root(&mut c, a), c.fsr)
    };
    assert_eq!(sqrt(0x8000_0000), (0x8000_0000, 0));
    assert_eq!(sqrt(inf), (inf, 0));
    assert_eq!(sqrt(0xbf80_0000), (nan, INVALID));
    assert_eq!(sqrt(0xff80_0000), (nan, INVALID));
    assert_eq!(sqrt(nan).0 & nan, nan);
}

/// Expected values from QEMU's guest tests (tests/tcg/xtensa, division and root).
#[test]
fn out_of_range_quotients_in_every_mode() {
    let (max, half) = (0x7f7f_ffff, 0x3f00_0000);
    for fcr in 0..4 {
        let mut c = FpCtl { fcr, fsr: 0 };
        let inward = fcr & 1 == 1;
        let want = if inward { max } else { 0x7f80_0000 };
        assert_eq!(divide(&mut c, max, half), want);
        assert_eq!(c.fsr, OVERFLOW | INEXACT);
        let mut c = FpCtl { fcr, fsr: 0 };
        let want = 0x0010_0000 + u32::from(fcr == 2);
        assert_eq!(divide(&mut c, half, max), want);
        assert_eq!(c.fsr, UNDERFLOW | INEXACT);
    }
}

/// These two sequences end in MADDN.S without the final correction, so they are not correctly rounded by
/// design. The bounds are what they reach for normal operands with normal results.
#[test]
fn reciprocals_are_within_a_unit_in_the_last_place() {
    let mut rng = Rng::new(14);
    for _ in 0..sample() {
        let a = (rng.single() & 0x807f_ffff) | (rng.word() % 250 + 2) << 23;
        let distance = |got: u32, want: f64| got.abs_diff((want as f32).to_bits());
        let x = f64::from(f32::from_bits(a));
        let got = reciprocal(&mut FpCtl::default(), a);
        assert!(distance(got, 1.0 / x) <= 1, "1/{a:08x}: {got:08x}");
        let got = reciprocal_root(&mut FpCtl::default(), a & 0x7fff_ffff);
        assert!(distance(got, 1.0 / x.abs().sqrt()) <= 1, "1/sqrt {a:08x}: {got:08x}");
    }
}
