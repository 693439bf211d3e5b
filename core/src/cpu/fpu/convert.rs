//! FLOAT.S, UFLOAT.S, TRUNC.S, UTRUNC.S, ROUND.S, FLOOR.S, CEIL.S (ISA manual, instruction pages).
//!
//! `scale` (0 to 15) is the number of fraction bits of the integer. Conversion to float divides by 2^scale,
//! conversion from float multiplies first; both are exact. Results that do not fit saturate and raise Invalid
//! without Inexact. A NaN gives the most positive result. The manual says that UTRUNC.S turns any negative
//! number into `0x80000000`. The chip does so only below -2^31 and otherwise gives the two's complement
//! (silicon, and QEMU).

use super::number::{is_nan, pow2, round_to_single, wide};
use super::{FpCtl, INEXACT, INVALID};

const TWO31: f64 = pow2(31);
const TWO32: f64 = pow2(32);

/// Computes FLOAT.S: a signed integer over 2^scale, rounded by `FCR.RM`.
#[inline]
pub fn float_s(c: &mut FpCtl, value: i32, scale: u32) -> u32 {
    from_integer(c, f64::from(value), scale)
}

/// Computes UFLOAT.S: an unsigned integer over 2^scale, rounded by `FCR.RM`.
#[inline]
pub fn ufloat_s(c: &mut FpCtl, value: u32, scale: u32) -> u32 {
    from_integer(c, f64::from(value), scale)
}

/// Computes TRUNC.S: rounds toward zero. NaN gives `0x7fffffff`.
#[inline]
pub fn trunc(c: &mut FpCtl, a: u32, scale: u32) -> u32 {
    to_signed(c, a, scale, f64::trunc)
}

/// Computes ROUND.S: rounds to nearest, ties to even, for any `FCR.RM`. NaN gives `0x7fffffff`.
#[inline]
pub fn round(c: &mut FpCtl, a: u32, scale: u32) -> u32 {
    to_signed(c, a, scale, f64::round_ties_even)
}

/// Computes FLOOR.S: rounds toward minus infinity. NaN gives `0x7fffffff`.
#[inline]
pub fn floor(c: &mut FpCtl, a: u32, scale: u32) -> u32 {
    to_signed(c, a, scale, f64::floor)
}

/// Computes CEIL.S: rounds toward plus infinity. NaN gives `0x7fffffff`.
#[inline]
pub fn ceil(c: &mut FpCtl, a: u32, scale: u32) -> u32 {
    to_signed(c, a, scale, f64::ceil)
}

/// Computes UTRUNC.S: rounds toward zero, unsigned. NaN and values that are too large give `0xffffffff`. A
/// negative result raises Invalid and gives its two's complement, at least `0x80000000`.
#[inline]
pub fn utrunc(c: &mut FpCtl, a: u32, scale: u32) -> u32 {
    let exact = scaled(a, scale);
    let whole = exact.trunc();
    if is_nan(a) || whole >= TWO32 {
        c.raise(INVALID);
        return u32::MAX;
    }
    if whole < 0.0 {
        c.raise(INVALID);
        return whole as i32 as u32;
    }
    if whole != exact {
        c.raise(INEXACT);
    }
    whole as u32
}

#[inline]
fn scaled(a: u32, scale: u32) -> f64 {
    wide(a) * pow2((scale & 15) as i32)
}

#[inline]
fn from_integer(c: &mut FpCtl, value: f64, scale: u32) -> u32 {
    let mode = c.rounding();
    round_to_single(c, value * pow2(-((scale & 15) as i32)), mode)
}

#[inline]
fn to_signed(c: &mut FpCtl, a: u32, scale: u32, whole: impl Fn(f64) -> f64) -> u32 {
    let exact = scaled(a, scale);
    let rounded = whole(exact);
    if is_nan(a) || !(-TWO31..TWO31).contains(&rounded) {
        c.raise(INVALID);
        let negative = !is_nan(a) && rounded < 0.0;
        return if negative { 0x8000_0000 } else { 0x7fff_ffff };
    }
    if rounded != exact {
        c.raise(INEXACT);
    }
    rounded as i32 as u32
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Rng, oracle, sample};
    use super::*;
    use rustc_apfloat::{Float, ieee::Single};

    type Op = fn(&mut FpCtl, u32, u32) -> u32;

    fn run(op: Op, value: f32, scale: u32) -> (u32, u32) {
        let mut c = FpCtl::default();
        (op(&mut c, value.to_bits(), scale), c.fsr)
    }

    #[test]
    fn each_conversion_rounds_its_own_way() {
        let minus = |n: i32| (-n) as u32;
        assert_eq!(run(trunc, -1.5, 0), (minus(1), INEXACT));
        assert_eq!(run(floor, -1.5, 0), (minus(2), INEXACT));
        assert_eq!(run(ceil, 1.25, 0), (2, INEXACT));
        assert_eq!(run(round, 0.5, 0), (0, INEXACT));
        assert_eq!(run(round, 2.5, 0), (2, INEXACT));
        assert_eq!(run(trunc, 1.5, 1), (3, 0));
    }

    #[test]
    fn what_does_not_fit_saturates() {
        for op in [trunc, round, floor, ceil] {
            assert_eq!(run(op, f32::NAN, 0), (0x7fff_ffff, INVALID));
            assert_eq!(run(op, -f32::NAN, 0), (0x7fff_ffff, INVALID));
            assert_eq!(run(op, 2147483648.0, 0), (0x7fff_ffff, INVALID));
            assert_eq!(run(op, f32::NEG_INFINITY, 3), (0x8000_0000, INVALID));
            assert_eq!(run(op, -1.0, 15), ((-32768i32) as u32, 0));
            assert_eq!(run(op, -2147483648.0, 0), (0x8000_0000, 0));
        }
    }

    #[test]
    fn utrunc_wraps_negative_numbers() {
        assert_eq!(run(utrunc, -1.5, 0), (u32::MAX, INVALID));
        assert_eq!(run(utrunc, -1.9, 15), (0xffff_0ccd, INVALID));
        assert_eq!(run(utrunc, -0.5, 0), (0, INEXACT));
        assert_eq!(run(utrunc, -3e9, 0), (0x8000_0000, INVALID));
        assert_eq!(run(utrunc, f32::NAN, 0), (u32::MAX, INVALID));
        assert_eq!(run(utrunc, 4294967296.0, 0), (u32::MAX, INVALID));
        assert_eq!(run(utrunc, 4294967040.0, 0), (0xffff_ff00, 0));
    }

    #[test]
    fn integers_round_by_the_mode() {
        let mut rng = Rng::new(3);
        for i in 0..sample() {
            let (value, scale, fcr) = (rng.word(), rng.word() & 15, (i & 3) as u32);
            let mode = oracle::mode(fcr);
            let signed = i128::from(value as i32);
            let mut c = FpCtl { fcr, fsr: 0 };
            let got = float_s(&mut c, value as i32, scale);
            let want = Single::from_i128_r(signed, mode).map(|v| v.scalbn(-(scale as i32)));
            oracle::check(got, c.fsr, want, &[]);
            let mut c = FpCtl { fcr, fsr: 0 };
            let got = ufloat_s(&mut c, value, scale);
            let want = Single::from_u128_r(value.into(), mode).map(|v| v.scalbn(-(scale as i32)));
            oracle::check(got, c.fsr, want, &[]);
        }
    }
}
