//! UN.S, OEQ.S, UEQ.S, OLT.S, ULT.S, OLE.S, ULE.S (ISA manual, instruction pages).
//!
//! Flags, from silicon and QEMU: a signalling NaN raises Invalid in every comparison; a quiet one
//! only in OLT.S and OLE.S, the two that IEEE 754 5.11 calls signalling.

use super::number::{is_nan, is_snan};
use super::{FpCtl, INVALID};

/// Computes UN.S: at least one operand is a NaN.
#[inline]
pub fn un(c: &mut FpCtl, a: u32, b: u32) -> bool {
    unordered(c, a, b, false)
}

/// Computes OEQ.S: equal. Zeros of either sign are equal.
#[inline]
pub fn oeq(c: &mut FpCtl, a: u32, b: u32) -> bool {
    !unordered(c, a, b, false) && f32::from_bits(a) == f32::from_bits(b)
}

/// Computes UEQ.S: unordered or equal.
#[inline]
pub fn ueq(c: &mut FpCtl, a: u32, b: u32) -> bool {
    unordered(c, a, b, false) || f32::from_bits(a) == f32::from_bits(b)
}

/// Computes OLT.S: `a < b`.
#[inline]
pub fn olt(c: &mut FpCtl, a: u32, b: u32) -> bool {
    !unordered(c, a, b, true) && f32::from_bits(a) < f32::from_bits(b)
}

/// Computes ULT.S: unordered or `a < b`.
#[inline]
pub fn ult(c: &mut FpCtl, a: u32, b: u32) -> bool {
    unordered(c, a, b, false) || f32::from_bits(a) < f32::from_bits(b)
}

/// Computes OLE.S: `a <= b`.
#[inline]
pub fn ole(c: &mut FpCtl, a: u32, b: u32) -> bool {
    !unordered(c, a, b, true) && f32::from_bits(a) <= f32::from_bits(b)
}

/// Computes ULE.S: unordered or `a <= b`.
#[inline]
pub fn ule(c: &mut FpCtl, a: u32, b: u32) -> bool {
    unordered(c, a, b, false) || f32::from_bits(a) <= f32::from_bits(b)
}

#[inline]
fn unordered(c: &mut FpCtl, a: u32, b: u32, signalling: bool) -> bool {
    let unordered = is_nan(a) || is_nan(b);
    if unordered && (signalling || is_snan(a) || is_snan(b)) {
        c.raise(INVALID);
    }
    unordered
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [fn(&mut FpCtl, u32, u32) -> bool; 7] = [un, oeq, ueq, olt, ult, ole, ule];

    fn results(a: u32, b: u32) -> [(bool, u32); 7] {
        ALL.map(|op| {
            let mut c = FpCtl::default();
            (op(&mut c, a, b), c.fsr)
        })
    }

    #[test]
    fn ordered_operands() {
        let (one, two) = (0x3f80_0000, 0x4000_0000);
        let less = [false, false, false, true, true, true, true];
        assert_eq!(results(one, two), less.map(|r| (r, 0)));
        assert_eq!(results(two, one), [(false, 0); 7]);
        let equal = [false, true, true, false, false, true, true];
        assert_eq!(results(0, 0x8000_0000), equal.map(|r| (r, 0)));
    }

    #[test]
    fn nans_are_unordered_and_signal_where_they_must() {
        let held = [true, false, true, false, true, false, true];
        let quiet = [0, 0, 0, INVALID, 0, INVALID, 0];
        let quiet_results: [_; 7] = std::array::from_fn(|i| (held[i], quiet[i]));
        assert_eq!(results(0x7fc0_0000, 0), quiet_results);
        assert_eq!(results(0, 0xff80_0001), held.map(|r| (r, INVALID)));
    }
}
