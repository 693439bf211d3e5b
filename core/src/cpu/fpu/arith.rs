//! ADD.S, SUB.S, MUL.S, MADD.S, MSUB.S, MADDN.S and the sign operations (ISA manual, their instruction
//! pages).

use super::number::{
    EXP, SIGN, invalid, is_inf, is_nan, is_zero, propagate, round_to_single, sum_to_odd, wide,
};
use super::{FpCtl, INEXACT, INVALID, Rounding};

/// Computes ADD.S: `a + b` (`fs`, `ft`).
#[inline]
pub fn add(c: &mut FpCtl, a: u32, b: u32) -> u32 {
    if c.fcr & 3 != 0 {
        return add_slow(c, a, b, 0);
    }
    let (x, y) = (f32::from_bits(a), f32::from_bits(b));
    let sum = x + y;
    if !sum.is_finite() {
        return add_slow(c, a, b, 0);
    }
    // The rounding error of a sum is itself a floating-point number; zero means exact (Knuth's two-sum).
    let y_part = sum - x;
    if (x - (sum - y_part)) + (y - y_part) != 0.0 {
        c.raise(INEXACT);
    }
    sum.to_bits()
}

/// Computes SUB.S: `a - b`. A NaN in `b` keeps its sign.
#[inline]
pub fn sub(c: &mut FpCtl, a: u32, b: u32) -> u32 {
    if c.fcr & 3 != 0 || exponent_full(b) {
        return add_slow(c, a, b, SIGN);
    }
    // Adding the negated operand rounds alike. It differs only for a NaN, and `b` is none.
    add(c, a, b ^ SIGN)
}

/// Computes MUL.S: `a * b`.
#[inline]
pub fn mul(c: &mut FpCtl, a: u32, b: u32) -> u32 {
    if exponent_full(a) || exponent_full(b) {
        return mul_special(c, a, b);
    }
    // The product of two 24-bit significands is exact in a double, for any exponents.
    let product = wide(a) * wide(b);
    let mode = c.rounding();
    round_to_single(c, product, mode)
}

/// Computes MADD.S: `acc + a * b`, rounded once.
#[inline]
pub fn madd(c: &mut FpCtl, acc: u32, a: u32, b: u32) -> u32 {
    let mode = c.rounding();
    fused(c, [acc, a, b], 0, mode)
}

/// Computes MSUB.S: `acc - a * b`, rounded once.
#[inline]
pub fn msub(c: &mut FpCtl, acc: u32, a: u32, b: u32) -> u32 {
    let mode = c.rounding();
    fused(c, [acc, a, b], SIGN, mode)
}

/// Computes MADDN.S: [`madd`] that rounds to nearest and raises no flags. It is the step of the divide and
/// square-root sequences (silicon; not in the ISA manual).
#[inline]
pub fn maddn(acc: u32, a: u32, b: u32) -> u32 {
    fused(&mut FpCtl::default(), [acc, a, b], 0, Rounding::Nearest)
}

/// Computes ABS.S: clears the sign, also of a NaN.
#[inline]
pub fn abs(a: u32) -> u32 {
    a & !SIGN
}

/// Computes NEG.S: inverts the sign, also of a NaN.
#[inline]
pub fn neg(a: u32) -> u32 {
    a ^ SIGN
}

/// Computes MOV.S: copies every bit.
#[inline]
pub fn mov(a: u32) -> u32 {
    a
}

/// Returns true for infinity and NaN.
#[inline]
fn exponent_full(a: u32) -> bool {
    a & EXP == EXP
}

#[cold]
fn add_slow(c: &mut FpCtl, a: u32, b: u32, flip: u32) -> u32 {
    if is_nan(a) || is_nan(b) {
        return propagate(c, &[b, a]);
    }
    let b = b ^ flip;
    if is_inf(a) || is_inf(b) {
        return match is_inf(a) && is_inf(b) && a != b {
            true => invalid(c),
            false if is_inf(a) => a,
            false => b,
        };
    }
    let mode = c.rounding();
    round_sum(c, wide(a), wide(b), mode)
}

/// Rounds `x + y`. A zero sum takes the sign that the rounding mode prescribes (IEEE 754 6.3).
#[inline]
fn round_sum(c: &mut FpCtl, x: f64, y: f64, mode: Rounding) -> u32 {
    let sum = sum_to_odd(x, y);
    if sum == 0.0 && x.is_sign_negative() != y.is_sign_negative() {
        return if mode == Rounding::Down { SIGN } else { 0 };
    }
    round_to_single(c, sum, mode)
}

#[cold]
fn mul_special(c: &mut FpCtl, a: u32, b: u32) -> u32 {
    if is_nan(a) || is_nan(b) {
        return propagate(c, &[b, a]);
    }
    if is_zero(a) || is_zero(b) {
        return invalid(c);
    }
    ((a ^ b) & SIGN) | EXP
}

#[inline]
fn fused(c: &mut FpCtl, [acc, a, b]: [u32; 3], flip: u32, mode: Rounding) -> u32 {
    if exponent_full(acc) || exponent_full(a) || exponent_full(b) {
        return fused_special(c, [acc, a, b], flip);
    }
    let product = wide(a ^ flip) * wide(b);
    round_sum(c, product, wide(acc), mode)
}

/// Handles NaN and infinity operands. Infinity times zero is invalid even when the accumulator's NaN is the
/// result (silicon).
#[cold]
fn fused_special(c: &mut FpCtl, [acc, a, b]: [u32; 3], flip: u32) -> u32 {
    let impossible = (is_inf(a) && is_zero(b)) || (is_zero(a) && is_inf(b));
    if is_nan(acc) || is_nan(a) || is_nan(b) {
        if impossible {
            c.raise(INVALID);
        }
        return propagate(c, &[acc, b, a]);
    }
    if impossible {
        return invalid(c);
    }
    if !is_inf(a) && !is_inf(b) {
        return acc;
    }
    let product = ((a ^ b ^ flip) & SIGN) | EXP;
    if is_inf(acc) && acc != product {
        return invalid(c);
    }
    product
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Rng, oracle, sample};
    use super::super::{FpCtl, INEXACT, INVALID, OVERFLOW, UNDERFLOW};
    use super::*;
    use rustc_apfloat::{Float, ieee::Single};

    type Op = fn(&mut FpCtl, u32, u32) -> u32;

    #[test]
    fn add_sub_mul_agree_with_apfloat_in_every_mode() {
        let mut rng = Rng::new(1);
        for i in 0..sample() {
            let (a, b) = rng.pair();
            let fcr = (i & 3) as u32;
            let (x, y) = (Single::from_bits(a.into()), Single::from_bits(b.into()));
            let rm = oracle::mode(fcr);
            let cases: [(Op, _); 3] = [(add, x.add_r(y, rm)), (sub, x.sub_r(y, rm)), (mul, x.mul_r(y, rm))];
            for (op, want) in cases {
                let mut c = FpCtl { fcr, fsr: 0 };
                let got = op(&mut c, a, b);
                oracle::check(got, c.fsr, want, &[a, b, fcr]);
            }
        }
    }

    #[test]
    fn madd_and_msub_agree_with_apfloat_in_every_mode() {
        let mut rng = Rng::new(2);
        for i in 0..sample() {
            let ((a, b), fcr) = (rng.pair(), (i & 3) as u32);
            let acc = rng.near_product(a, b);
            let [x, y, z] = [a, b, acc].map(|v| Single::from_bits(v.into()));
            let rm = oracle::mode(fcr);
            let mut c = FpCtl { fcr, fsr: 0 };
            let got = madd(&mut c, acc, a, b);
            oracle::check(got, c.fsr, x.mul_add_r(y, z, rm), &[acc, a, b, fcr]);
            let mut c = FpCtl { fcr, fsr: 0 };
            let got = msub(&mut c, acc, a, b);
            oracle::check(got, c.fsr, (-x).mul_add_r(y, z, rm), &[acc, a, b, fcr]);
        }
    }

    #[test]
    fn the_last_nan_wins_and_is_quieted() {
        let (first, last) = (0x7f81_2345, 0xffc5_4321);
        let mut c = FpCtl::default();
        assert_eq!(add(&mut c, first, last), last);
        assert_eq!(c.fsr, INVALID);
        let mut c = FpCtl::default();
        assert_eq!(sub(&mut c, 0, last), last);
        assert_eq!(mul(&mut c, last, 0), last);
        assert_eq!(c.fsr, 0);
        assert_eq!(add(&mut c, first, 0), first | 0x0040_0000);
        assert_eq!(madd(&mut c, last, 0, first), last);
        assert_eq!(madd(&mut c, 0, last, 0x7fc0_0001), 0x7fc0_0001);
    }

    #[test]
    fn impossible_operations_make_the_default_nan() {
        let mut c = FpCtl::default();
        assert_eq!(sub(&mut c, EXP, EXP), 0x7fc0_0000);
        assert_eq!(c.fsr, INVALID);
        let mut c = FpCtl::default();
        assert_eq!(mul(&mut c, SIGN, EXP), 0x7fc0_0000);
        assert_eq!(c.fsr, INVALID);
        let mut c = FpCtl::default();
        assert_eq!(madd(&mut c, 0x7fc0_0007, SIGN, EXP), 0x7fc0_0007);
        assert_eq!(c.fsr, INVALID);
    }

    #[test]
    fn flags_accumulate() {
        let mut c = FpCtl::default();
        mul(&mut c, 0x7f7f_ffff, 0x7f7f_ffff);
        assert_eq!(c.fsr, OVERFLOW | INEXACT);
        mul(&mut c, 1, 1);
        assert_eq!(c.fsr, OVERFLOW | INEXACT | UNDERFLOW);
    }

    #[test]
    fn a_zero_difference_is_negative_only_when_rounding_down() {
        let one = 0x3f80_0000;
        for (fcr, want) in [(0, 0), (1, 0), (2, 0), (3, SIGN)] {
            let mut c = FpCtl { fcr, fsr: 0 };
            assert_eq!(sub(&mut c, one, one), want);
            assert_eq!(msub(&mut c, one, one, one), want);
        }
    }

    #[test]
    fn maddn_ignores_the_mode() {
        assert_eq!(maddn(0x3f80_0000, 1, 1), 0x3f80_0000);
        assert_eq!(mov(neg(abs(0xff80_0001))), 0xff80_0001);
    }
}
