//! The double-precision accelerator (XCHAL_HAVE_DFP_ACCEL).
//!
//! It computes no doubles. Its instructions shorten the integer code of a software floating-point library
//! that only Tensilica's own compiler ships. Neither the ESP32's ROM nor the firmware examined executes one;
//! systems only save and restore its three user registers. `docs/decisions/dfp-accel.md` lists what is known:
//! the comparisons are implemented, everything else is an illegal instruction rather than a guess.

/// User registers F64R_LO (234), F64R_HI (235) and F64S (236).
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DfpState {
    /// F64R, bits 0 to 31.
    pub f64r_lo: u32,
    /// F64R, bits 32 to 63.
    pub f64r_hi: u32,
    /// F64S, the status word between two instructions of a sequence.
    pub f64s: u32,
}

/// F64S bits in which [`f64cmpl`] keeps its results. Tensilica's status layout names them Carry0, Carry1,
/// ZeroA and ZeroB. The chip's values are unknown; only RUR.F64S between the two halves of a comparison could
/// show a difference.
const LOW_BELOW: u32 = 1 << 18;
/// See [`LOW_BELOW`].
const LOW_DIFFERS: u32 = 1 << 19;
/// See [`LOW_BELOW`].
const LOW_S_ZERO: u32 = 1 << 0;
/// See [`LOW_BELOW`].
const LOW_T_ZERO: u32 = 1 << 1;

/// `op` values of F64CMPH that compare (Tensilica's `dfpemu_fp.h`). Values 0 to 4 prepare arithmetic and 11
/// classifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compare {
    Lt,
    Le,
    Eq,
    Gt,
    Ge,
    Ne,
}

impl Compare {
    fn from_op(op: u32) -> Option<Self> {
        Some(match op {
            5 => Self::Lt,
            6 => Self::Le,
            7 => Self::Eq,
            8 => Self::Gt,
            9 => Self::Ge,
            10 => Self::Ne,
            _ => return None,
        })
    }
}

/// Executes F64CMPL `ar, as, at`: compares the low words of two doubles for the F64CMPH that follows.
///
/// The value that the chip writes to `ar` is unknown, and comparisons discard it. The caller leaves the
/// register unchanged.
pub fn f64cmpl(state: &mut DfpState, s: u32, t: u32) {
    let found = [(s < t, LOW_BELOW), (s != t, LOW_DIFFERS), (s == 0, LOW_S_ZERO), (t == 0, LOW_T_ZERO)];
    let bits = found.iter().filter(|(holds, _)| *holds);
    state.f64s = bits.fold(0, |all, (_, bit)| all | bit);
}

/// Executes F64CMPH `ar, as, at, op`: completes a comparison with the high words. Returns 0 or 1.
///
/// `op` 5 to 10 are `<`, `<=`, `==`, `>`, `>=`, `!=` as in C, including NaNs. Returns `None` for the
/// operations that prepare an arithmetic sequence (subtract, multiply, root, divide, add, classify). Those
/// also write SAR and F64R; whether a comparison does is unknown, and here it does not.
pub fn f64cmph(state: &DfpState, s: u32, t: u32, op: u32) -> Option<u32> {
    let op = Compare::from_op(op)?;
    let (low_s, low_t) = stand_ins(state.f64s);
    let (a, b) = (double(s, low_s), double(t, low_t));
    Some(u32::from(match op {
        Compare::Lt => a < b,
        Compare::Le => a <= b,
        Compare::Eq => a == b,
        Compare::Gt => a > b,
        Compare::Ge => a >= b,
        Compare::Ne => a != b,
    }))
}

/// Returns low words that compare like the original ones. One is zero only if an original was zero.
fn stand_ins(f64s: u32) -> (u32, u32) {
    let smaller = u32::from(f64s & (LOW_S_ZERO | LOW_T_ZERO) == 0);
    match (f64s & LOW_DIFFERS != 0, f64s & LOW_BELOW != 0) {
        (false, _) => (smaller, smaller),
        (true, true) => (smaller, smaller + 1),
        (true, false) => (smaller + 1, smaller),
    }
}

fn double(high: u32, low: u32) -> f64 {
    f64::from_bits(u64::from(high) << 32 | u64::from(low))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Rng, sample};
    use super::*;

    /// Compares as the inline code of Tensilica's library does: low words, then high words.
    fn compare(a: u64, b: u64, op: u32) -> bool {
        let mut state = DfpState::default();
        f64cmpl(&mut state, a as u32, b as u32);
        f64cmph(&state, (a >> 32) as u32, (b >> 32) as u32, op) == Some(1)
    }

    fn operand(rng: &mut Rng) -> u64 {
        let (high, low) = (rng.word(), rng.word());
        let high = match high & 7 {
            0 => high & 0x8000_0000,
            1 => 0x7ff0_0000 | (high & 0x8000_0000),
            2 => 0x3ff0_0000,
            _ => high,
        };
        u64::from(high) << 32 | u64::from(if low & 3 == 0 { low & 12 } else { low })
    }

    #[test]
    fn comparisons_are_those_of_doubles() {
        let mut rng = Rng::new(20);
        for _ in 0..sample() {
            let (a, b) = (operand(&mut rng), operand(&mut rng));
            let b = if rng.word() & 7 == 0 { a } else { b };
            let (x, y) = (f64::from_bits(a), f64::from_bits(b));
            let want = [x < y, x <= y, x == y, x > y, x >= y, x != y];
            let got = [5, 6, 7, 8, 9, 10].map(|op| compare(a, b, op));
            assert_eq!(got, want, "{a:016x} {b:016x}");
        }
    }

    #[test]
    fn what_is_not_known_is_illegal() {
        let state = DfpState::default();
        for op in [0, 1, 2, 3, 4, 11, 12, 13, 14, 15] {
            assert_eq!(f64cmph(&state, 0, 0, op), None);
        }
    }
}
