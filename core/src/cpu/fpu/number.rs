//! Bit fields of binary32, and the only code that rounds an exact value to it.

use super::{DEFAULT_NAN, FpCtl, INEXACT, INVALID, OVERFLOW, Rounding, UNDERFLOW};

/// Sign bit.
pub(super) const SIGN: u32 = 0x8000_0000;
/// Exponent field.
pub(super) const EXP: u32 = 0x7f80_0000;
/// Fraction field.
pub(super) const FRAC: u32 = 0x007f_ffff;
/// The bit that makes a NaN quiet.
pub(super) const QUIET: u32 = 0x0040_0000;
/// The hidden one of a normal significand.
pub(super) const HIDDEN: u32 = 0x0080_0000;

const MIN_NORMAL: f64 = pow2(-126);
const TOO_BIG: f64 = pow2(128);

/// Returns 2^e as a double, for exponents of normal numbers.
pub(super) const fn pow2(e: i32) -> f64 {
    f64::from_bits(((e + 1023) as u64) << 52)
}

#[inline]
pub(super) fn wide(a: u32) -> f64 {
    f64::from(f32::from_bits(a))
}

#[inline]
pub(super) fn is_nan(a: u32) -> bool {
    a & !SIGN > EXP
}

#[inline]
pub(super) fn is_snan(a: u32) -> bool {
    is_nan(a) && a & QUIET == 0
}

#[inline]
pub(super) fn is_inf(a: u32) -> bool {
    a & !SIGN == EXP
}

#[inline]
pub(super) fn is_zero(a: u32) -> bool {
    a & !SIGN == 0
}

#[inline]
pub(super) fn exponent(a: u32) -> i32 {
    ((a >> 23) & 0xff) as i32
}

/// Returns biased exponent and 24-bit significand of a finite non-zero number. The exponent of a denormal is
/// below one.
pub(super) fn normalize(a: u32) -> (i32, u32) {
    let (e, frac) = (exponent(a), a & FRAC);
    if e != 0 {
        return (e, HIDDEN | frac);
    }
    let shift = frac.leading_zeros() as i32 - 8;
    (1 - shift, frac << shift)
}

/// Returns the resulting NaN of operands given in falling priority. At least one must be a NaN.
///
/// The single-only DFPU prefers the last operand: `ft` over `fs`, and the accumulator over both (silicon;
/// QEMU's `use_first_nan` is false for this configuration). Sign and payload are kept.
#[cold]
pub(super) fn propagate(c: &mut FpCtl, by_priority: &[u32]) -> u32 {
    if by_priority.iter().any(|&a| is_snan(a)) {
        c.raise(INVALID);
    }
    let nan = by_priority.iter().copied().find(|&a| is_nan(a));
    nan.map_or(DEFAULT_NAN, |a| a | QUIET)
}

/// Raises Invalid and returns the default NaN, for an operation on numbers.
#[cold]
pub(super) fn invalid(c: &mut FpCtl) -> u32 {
    c.raise(INVALID);
    DEFAULT_NAN
}

/// Returns `a + b` as a double rounded to odd. Rounding that once more to single precision is correct.
#[inline]
pub(super) fn sum_to_odd(a: f64, b: f64) -> f64 {
    let sum = a + b;
    let b_part = sum - a;
    let rest = (a - (sum - b_part)) + (b - b_part);
    let bits = sum.to_bits();
    if rest == 0.0 || bits & 1 == 1 {
        return sum;
    }
    let outward = (rest > 0.0) == (sum > 0.0);
    f64::from_bits(if outward { bits + 1 } else { bits - 1 })
}

/// Rounds an exact value (or one rounded to odd) to single precision and raises its flags.
#[inline]
pub(super) fn round_to_single(c: &mut FpCtl, exact: f64, mode: Rounding) -> u32 {
    let result = narrow(exact, mode);
    let back = f64::from(result);
    if back != exact {
        c.raise(INEXACT);
        if !result.is_finite() || exact.abs() >= TOO_BIG || exact.abs() < MIN_NORMAL {
            raise_range(c, result, exact, mode);
        }
    }
    result.to_bits()
}

/// Raises Overflow, and Underflow when tiny after rounding with an unbounded exponent (IEEE 754 7.5).
#[cold]
fn raise_range(c: &mut FpCtl, result: f32, exact: f64, mode: Rounding) {
    if !result.is_finite() || exact.abs() >= TOO_BIG {
        c.raise(OVERFLOW);
    } else if f64::from(narrow(exact * pow2(200), mode)).abs() < MIN_NORMAL * pow2(200) {
        c.raise(UNDERFLOW);
    }
}

/// Returns the single-precision neighbour that the mode selects.
#[inline]
fn narrow(exact: f64, mode: Rounding) -> f32 {
    let near = exact as f32;
    if mode == Rounding::Nearest {
        return near;
    }
    let back = f64::from(near);
    let up = match mode {
        Rounding::Up => true,
        Rounding::Zero => exact < 0.0,
        _ => false,
    };
    match up {
        true if back < exact => near.next_up(),
        false if back > exact => near.next_down(),
        _ => near,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounded(exact: f64, fcr: u32) -> (u32, u32) {
        let mut c = FpCtl { fcr, fsr: 0 };
        let mode = c.rounding();
        (round_to_single(&mut c, exact, mode), c.fsr)
    }

    #[test]
    fn overflow_depends_on_the_mode() {
        let huge = pow2(130);
        let flags = OVERFLOW | INEXACT;
        assert_eq!(rounded(huge, 0), (EXP, flags));
        assert_eq!(rounded(huge, 1), (0x7f7f_ffff, flags));
        assert_eq!(rounded(-huge, 2), (0xff7f_ffff, flags));
        assert_eq!(rounded(-huge, 3), (SIGN | EXP, flags));
    }

    #[test]
    fn tiny_values_reach_the_smallest_denormal_or_zero() {
        let flags = UNDERFLOW | INEXACT;
        assert_eq!(rounded(pow2(-400), 0), (0, flags));
        assert_eq!(rounded(pow2(-400), 2), (1, flags));
        assert_eq!(rounded(-pow2(-400), 2), (SIGN, flags));
        assert_eq!(rounded(-pow2(-400), 3), (SIGN | 1, flags));
    }

    #[test]
    fn underflow_is_detected_after_rounding() {
        let just_below = MIN_NORMAL - pow2(-151);
        assert_eq!(rounded(just_below, 0), (HIDDEN, INEXACT));
        let below = MIN_NORMAL - pow2(-150);
        assert_eq!(rounded(below, 0), (HIDDEN, INEXACT | UNDERFLOW));
    }

    #[test]
    fn denormals_normalize_below_exponent_one() {
        assert_eq!(normalize(0x0000_0001), (-22, HIDDEN));
        assert_eq!(normalize(0x3f80_0000), (127, HIDDEN));
    }
}
