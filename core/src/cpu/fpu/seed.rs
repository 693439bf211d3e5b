//! CONST.S and the seeds RECIP0.S, DIV0.S, RSQRT0.S, SQRT0.S.
//!
//! None is in the ISA manual. The chip holds these tables (silicon: sweeps over all significands, which
//! the formulas below reproduce entry by entry):
//! - reciprocal, 128 entries indexed by the top 7 fraction bits;
//! - reciprocal root, 64 entries for each parity of the exponent, indexed by the top 6 fraction bits.
//!
//! An entry is 7 fraction bits of a number in [1/2, 1). The relative error is at most 2^-7 for the
//! reciprocal and 2^-7.3 for the root. None of the seeds raises a flag: those of a division come from
//! MKDADJ.S and MKSADJ.S. Denormal operands are normalized first.

use super::number::{EXP, FRAC, HIDDEN, QUIET, SIGN, exponent, is_inf, is_nan, is_zero, normalize};

/// Exponent field of 1/2: with its hidden one, an entry represents a number in [1/2, 1).
const HALF: u32 = 126 << 23;

static RECIP: [u8; 128] = recip_table();
static RSQRT_ODD: [u8; 64] = rsqrt_table(1);
static RSQRT_EVEN: [u8; 64] = rsqrt_table(2);

/// Returns the reciprocals of the interval middles 1 + (i + 1/2)/128, to nearest, but never 1/2 itself: the
/// last entry is one higher, so that the divide sequence converges for fractions of all ones.
const fn recip_table() -> [u8; 128] {
    let mut table = [0; 128];
    let mut i = 0;
    while i < 128 {
        let middle = 257 + 2 * i as u32;
        let entry = (2 * 65536 + middle) / (2 * middle) - 128;
        table[i] = if entry == 0 { 1 } else { entry as u8 };
        i += 1;
    }
    table
}

/// Returns the means of 1/sqrt(x) over the two ends of each interval, to nearest, for x in [1, 2) times
/// `times`.
const fn rsqrt_table(times: u64) -> [u8; 64] {
    let mut table = [0; 64];
    let mut i = 0;
    while i < 64 {
        let ends = rsqrt_fixed(times * (64 + i as u64)) + rsqrt_fixed(times * (65 + i as u64));
        table[i] = (((ends + (1 << 16)) >> 17) - 128) as u8;
        i += 1;
    }
    table
}

/// Returns 256 / sqrt(x / 64) with 16 fraction bits.
const fn rsqrt_fixed(x: u64) -> u64 {
    ((1u64 << (22 + 32)) / x).isqrt()
}

fn recip_entry(significand: u32) -> u32 {
    u32::from(RECIP[(significand >> 16) as usize & 0x7f]) << 16
}

fn rsqrt_entry(exponent: i32, significand: u32) -> u32 {
    let odd = exponent & 1 != 0;
    let table = if odd { &RSQRT_ODD } else { &RSQRT_EVEN };
    u32::from(table[(significand >> 17) as usize & 0x3f]) << 16
}

/// Computes CONST.S: 0.0, 1.0, 2.0, 0.5 for 0 to 3. The upper two bits of the operand are ignored (silicon,
/// all sixteen).
#[inline]
pub fn const_s(n: u32) -> u32 {
    match n & 3 {
        0 => 0,
        1 => 0x3f80_0000,
        2 => 0x4000_0000,
        _ => 0x3f00_0000,
    }
}

/// Computes RECIP0.S: a seed for 1/a. Zero gives infinity, infinity gives zero, a NaN gives a quiet NaN from
/// the table.
pub fn recip0(a: u32) -> u32 {
    let sign = a & SIGN;
    if is_nan(a) {
        return sign | EXP | ((HIDDEN | recip_entry(a)) >> 1);
    }
    if is_inf(a) || is_zero(a) {
        return sign | if is_inf(a) { 0 } else { EXP };
    }
    let (e, significand) = normalize(a);
    pack(sign, 253 - e, HIDDEN | recip_entry(significand))
}

/// Computes DIV0.S: a seed for the reciprocal of the divisor as NEXP01.S narrows it. No special cases: zero,
/// infinity and NaN read the table too.
pub fn div0(a: u32) -> u32 {
    let (e, significand) = narrowed(a, 1);
    let half = if e & 1 == 0 { 125 } else { 126 };
    (a & SIGN) | (half << 23) | recip_entry(significand)
}

/// Computes RSQRT0.S: a seed for 1/sqrt(a). Zero gives infinity of its sign, +infinity gives zero, a negative
/// number or a NaN gives a quiet NaN from the table.
pub fn rsqrt0(a: u32) -> u32 {
    let sign = a & SIGN;
    if is_zero(a) {
        return sign | EXP;
    }
    if a == EXP {
        return 0;
    }
    let (e, significand) = narrowed(a, 1);
    let entry = rsqrt_entry(e, significand);
    if sign != 0 || is_nan(a) {
        return sign | EXP | QUIET | entry;
    }
    pack(0, (380 - e) >> 1, HIDDEN | entry)
}

/// Computes SQRT0.S: a seed for 1/sqrt of the operand as NEXP01.S narrows it, with the operand's sign. No
/// special cases.
pub fn sqrt0(a: u32) -> u32 {
    let (e, significand) = narrowed(a, 0);
    (a & SIGN) | HALF | rsqrt_entry(e, significand)
}

/// Returns exponent and significand for the table. Infinity and NaN count as odd, zero as `zero_exponent`.
fn narrowed(a: u32, zero_exponent: i32) -> (i32, u32) {
    match exponent(a) {
        255 => (255, a & FRAC),
        _ if is_zero(a) => (zero_exponent, 0),
        _ => normalize(a),
    }
}

/// Packs a seed. Truncates it to a denormal where its exponent requires one.
fn pack(sign: u32, e: i32, significand: u32) -> u32 {
    match e {
        255.. => sign | EXP,
        1..255 => sign | ((e as u32) << 23) | (significand & FRAC),
        _ => sign | significand.checked_shr((1 - e) as u32).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worst(seed: fn(u32) -> u32, from: u32, to: u32, exact: impl Fn(f64) -> f64) -> f64 {
        let error = |a: u32| {
            let (x, y) = (f64::from(f32::from_bits(a)), f64::from(f32::from_bits(seed(a))));
            (y / exact(x) - 1.0).abs()
        };
        (from..to).step_by(251).map(error).fold(0.0, f64::max)
    }

    #[test]
    fn seeds_are_good_to_seven_bits() {
        let (one, four) = (0x3f80_0000, 0x4080_0000);
        assert!(worst(recip0, one, four, |x| 1.0 / x) < 1.0 / 128.0);
        assert!(worst(div0, one, four, |x| 1.0 / x) < 1.0 / 128.0);
        assert!(worst(rsqrt0, one, four, |x| 1.0 / x.sqrt()) < 1.0 / 158.0);
        assert!(worst(sqrt0, one, four, |x| 1.0 / x.sqrt()) < 1.0 / 158.0);
    }

    #[test]
    fn table_entries_are_the_measured_ones() {
        assert_eq!(RECIP[..8], [0x7f, 0x7d, 0x7b, 0x79, 0x77, 0x75, 0x74, 0x72]);
        assert_eq!(RECIP[120..], [0x04, 0x03, 0x03, 0x02, 0x02, 0x01, 0x01, 0x01]);
        assert_eq!(RSQRT_ODD[..4], [0x7f, 0x7d, 0x7b, 0x79]);
        assert_eq!(RSQRT_ODD[60..], [0x38, 0x37, 0x36, 0x35]);
        assert_eq!(RSQRT_EVEN[12..16], [0x26, 0x25, 0x23, 0x22]);
        assert_eq!(RSQRT_EVEN[60..], [0x02, 0x01, 0x01, 0x00]);
        // FNV-1a hash of the complete measured tables.
        let hash = |t: &[u8]| {
            t.iter().fold(0xcbf2_9ce4_8422_2325_u64, |h, &entry| {
                (h ^ u64::from(entry)).wrapping_mul(0x0100_0000_01b3)
            })
        };
        assert_eq!(hash(&RECIP), 0x5476_b092_a15d_9c67);
        assert_eq!(hash(&RSQRT_ODD), 0x8352_1170_f7d7_fbbf);
        assert_eq!(hash(&RSQRT_EVEN), 0x71f3_f4c8_2734_a1eb);
    }

    #[test]
    fn seeds_of_special_operands() {
        assert_eq!(recip0(0x3f80_0000), 0x3f7f_0000);
        assert_eq!(recip0(0x8000_0000), 0xff80_0000);
        assert_eq!(recip0(0x7e80_0000), 0x007f_8000);
        assert_eq!(recip0(0x7f80_0001), 0x7fff_8000);
        assert_eq!(div0(0x7fc0_0000), 0x3f2a_0000);
        assert_eq!(div0(0x8000_0000), 0xbf7f_0000);
        assert_eq!(rsqrt0(0xbf80_0000), 0xffff_0000);
        assert_eq!(sqrt0(0x7f80_0000), 0x3f7f_0000);
        assert_eq!(sqrt0(0x4000_0000), 0x3f34_0000);
        assert_eq!(sqrt0(0), 0x3f34_0000);
    }
}
