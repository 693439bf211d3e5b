//! Helpers of the divide and square-root sequences: NEXP01.S, MKDADJ.S, MKSADJ.S, ADDEXP.S, ADDEXPM.S,
//! DIVN.S. None is in the ISA manual; all of it is from silicon.
//!
//! A sequence narrows its operands to [1, 4) (NEXP01.S), iterates there with MADDN.S, and gives the result
//! its exponent at the end. MKDADJ.S or MKSADJ.S computes that exponent from the original operands as a
//! number A, or as one of six classes when the result is special. A exceeds the range of a register's
//! exponent field, so it is split in two parts: `8 * (A mod 32)` in the exponent, which ADDEXP.S adds to the
//! reciprocal, and `8 * (A div 32)` in the fraction, which ADDEXPM.S adds to the quotient. DIVN.S extracts
//! both and rounds `(quotient + rest * reciprocal) * 2^A` once.

use super::number::{
    EXP, FRAC, HIDDEN, QUIET, SIGN, exponent, is_inf, is_nan, is_snan, is_zero, normalize, pow2,
    round_to_single, sum_to_odd, wide,
};
use super::{DEFAULT_NAN, DIV_ZERO, FpCtl, INVALID};

/// Value of A in DIVN.S for the first class: 32 times the part that the class marker leaves.
const CLASS_BASE: i32 = 384;
/// Fraction part that marks a class.
const CLASS_MARK: i32 = 223;
/// Classes zero, infinity, NaN; the lowest bit is the sign.
const ZERO: i32 = 0;
/// See [`ZERO`].
const INFINITE: i32 = 2;
/// See [`ZERO`].
const NAN: i32 = 4;

/// Computes NEXP01.S: the operand scaled to [1, 4) by the parity of its exponent, sign inverted. Zero and
/// infinity count as one; a NaN only changes sign.
pub fn nexp01(a: u32) -> u32 {
    let sign = !a & SIGN;
    if is_nan(a) {
        return a ^ SIGN;
    }
    if is_zero(a) || is_inf(a) {
        return sign | 0x3f80_0000;
    }
    let (e, significand) = normalize(a);
    let field = if e & 1 == 0 { 128 } else { 127 };
    sign | (field << 23) | (significand & FRAC)
}

/// Computes MKSADJ.S: the exponent of the root of `a`. Raises Invalid for a negative number or signalling
/// NaN.
pub fn mksadj(c: &mut FpCtl, a: u32) -> u32 {
    let sign = (a >> 31) as i32;
    if is_zero(a) {
        return class(ZERO + sign);
    }
    if is_nan(a) || sign != 0 {
        if !is_nan(a) || is_snan(a) {
            c.raise(INVALID);
        }
        return class(NAN);
    }
    if is_inf(a) {
        return class(INFINITE);
    }
    exponents((normalize(a).0 - 127).div_euclid(2))
}

/// Computes MKDADJ.S: the exponent of `dividend / divisor` (`fs` over `fr`, which it replaces). Raises Divide
/// by Zero, and Invalid for 0/0, infinity/infinity and signalling NaNs.
pub fn mkdadj(c: &mut FpCtl, divisor: u32, dividend: u32) -> u32 {
    let sign = ((divisor ^ dividend) >> 31) as i32;
    let nan = is_nan(divisor) || is_nan(dividend);
    let both = |test: fn(u32) -> bool| test(divisor) && test(dividend);
    if nan || both(is_zero) || both(is_inf) {
        if !nan || is_snan(divisor) || is_snan(dividend) {
            c.raise(INVALID);
        }
        return class(NAN + sign);
    }
    if is_zero(dividend) || is_inf(divisor) {
        return class(ZERO + sign);
    }
    if is_inf(dividend) || is_zero(divisor) {
        if is_zero(divisor) && !is_inf(dividend) {
            c.raise(DIV_ZERO);
        }
        return class(INFINITE + sign);
    }
    let even = |a: u32| (normalize(a).0 - 127) & !1;
    exponents(even(dividend) - even(divisor))
}

/// Computes ADDEXP.S: adds the exponent of `b` (`fs`) to that of `a` (`fr`), modulo 256, and multiplies the
/// signs.
pub fn addexp(a: u32, b: u32) -> u32 {
    with_exponent(a ^ (b & SIGN), exponent(a) + exponent(b) - 127)
}

/// Computes ADDEXPM.S: adds the exponent part in the fraction of `b` (`fs`), bits 14 to 21, to that of `a`
/// (`fr`), modulo 256, and multiplies by the sign in bit 22.
pub fn addexpm(a: u32, b: u32) -> u32 {
    let part = ((b >> 14) & 0xff) as i32;
    with_exponent(a ^ ((b << 9) & SIGN), exponent(a) + part + 129)
}

/// Computes DIVN.S: `acc + a * b`, the last step of a sequence (`fr`, `fs`, `ft`). Undoes the split exponent
/// of `acc` and `b`, rounds once by `FCR.RM` and raises the result's flags.
///
/// Outside the sequences, an exact zero sum gives 2^(A-50), as measured. The result for an infinite `a` is
/// unknown; here it is infinity with the sum's sign.
pub fn divn(c: &mut FpCtl, acc: u32, a: u32, b: u32) -> u32 {
    if is_nan(a) {
        return a | QUIET;
    }
    let (acc_high, quotient) = split(acc);
    let (b_low, reciprocal) = split(b);
    let exponent = 32 * acc_high + (b_low & 31);
    let code = exponent - CLASS_BASE;
    if (ZERO..NAN + 2).contains(&code) {
        return special(c, code);
    }
    let sum = sum_to_odd(quotient, wide(a) * reciprocal);
    if is_inf(a) {
        return (sum as f32).to_bits();
    }
    let exact = if sum == 0.0 { pow2(-50) } else { sum };
    let mode = c.rounding();
    round_to_single(c, exact * pow2(exponent), mode)
}

/// Splits the exponent into `8 * high + low` with low in [-4, 3]. Returns high, and the significand times
/// 2^low. The exponent is read as a signed byte relative to 127, and every significand has its hidden one.
fn split(a: u32) -> (i32, f64) {
    let excess = i32::from((exponent(a) - 127) as i8);
    let high = (excess + 4).div_euclid(8);
    let significand = f64::from(HIDDEN | (a & FRAC)) * pow2(excess - 8 * high - 23);
    (high, if a & SIGN != 0 { -significand } else { significand })
}

fn special(c: &mut FpCtl, code: i32) -> u32 {
    let sign = (code as u32) << 31;
    match code & !1 {
        ZERO => sign,
        INFINITE => sign | EXP,
        _ => {
            c.raise(INVALID);
            DEFAULT_NAN
        }
    }
}

fn with_exponent(a: u32, e: i32) -> u32 {
    (a & !EXP) | ((e as u32 & 0xff) << 23)
}

fn exponents(a: i32) -> u32 {
    adjustment(127 + 8 * (a & 31), 127 + 8 * (a >> 5))
}

fn class(code: i32) -> u32 {
    adjustment(127 + 8 * code, CLASS_MARK)
}

fn adjustment(exponent: i32, part: i32) -> u32 {
    with_exponent(((part as u32 & 0xff) << 14) | 0xc000, exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nexp01_keeps_the_parity_of_the_exponent() {
        assert_eq!(nexp01(0x4049_0fdb), 0xc049_0fdb);
        assert_eq!(nexp01(0x3f00_0000), 0xc000_0000);
        assert_eq!(nexp01(0x0000_0001), 0xc000_0000);
        assert_eq!(nexp01(0x8000_0000), 0x3f80_0000);
        assert_eq!(nexp01(0x7fd5_aa55), 0xffd5_aa55);
    }

    #[test]
    fn adjustments_are_the_measured_ones() {
        let mut c = FpCtl::default();
        assert_eq!(mksadj(&mut c, 0x3f80_0000), 0x3f9f_c000);
        assert_eq!(mkdadj(&mut c, 0x3f80_0000, 0x3f00_0000), 0x379d_c000);
        assert_eq!(mkdadj(&mut c, 0x1234_5678, 0x3f80_0000), 0x2fa3_c000);
        assert_eq!(c.fsr, 0);
        assert_eq!(mksadj(&mut c, 0xbf80_0000), 0x4fb7_c000);
        assert_eq!(c.fsr, INVALID);
        assert_eq!(addexp(0x1234_5678, 0x1f80_0000), 0x7234_5678);
        assert_eq!(addexpm(0x1234_5678, 0x4049_0fdb), 0xe4b4_5678);
    }

    #[test]
    fn division_flags_come_from_the_adjustment() {
        let flags = |divisor, dividend| {
            let mut c = FpCtl::default();
            mkdadj(&mut c, divisor, dividend);
            c.fsr
        };
        assert_eq!(flags(0, 0x3f80_0000), DIV_ZERO);
        assert_eq!(flags(0, EXP), 0);
        assert_eq!(flags(0, 0), INVALID);
        assert_eq!(flags(EXP, SIGN | EXP), INVALID);
        assert_eq!(flags(0x7fc0_0000, 0), 0);
        assert_eq!(flags(0x7f80_0001, 0), INVALID);
    }
}
