//! Shared test helpers: significant operands and an independent oracle.

/// Returns the number of random cases; all of them with `ESPLENS_FULL=1`.
pub(super) fn sample() -> usize {
    match std::env::var_os("ESPLENS_FULL") {
        Some(v) if v == "1" => 1_000_000,
        _ => 50_000,
    }
}

/// Reproducible stream of operands (xorshift64*).
pub(super) struct Rng(u64);

const EDGES: [u32; 20] = [
    0x0000_0000,
    0x0000_0001,
    0x0000_0002,
    0x0040_0000,
    0x007f_ffff,
    0x0080_0000,
    0x0080_0001,
    0x3f00_0000,
    0x3f7f_ffff,
    0x3f80_0000,
    0x3f80_0001,
    0x4000_0000,
    0x4040_0000,
    0x4b80_0000,
    0x7e80_0000,
    0x7f00_0000,
    0x7f7f_ffff,
    0x7f80_0000,
    0x7f80_0001,
    0x7fc1_2345,
];

impl Rng {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn word(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) as u32
    }

    /// Returns any bit pattern, with edge cases, denormals and all-ones fractions more often than by chance.
    pub(super) fn single(&mut self) -> u32 {
        let (kind, bits) = (self.word() & 15, self.word());
        match kind {
            0 => EDGES[bits as usize % EDGES.len()] | (bits & 0x8000_0000),
            1 => bits & 0x807f_ffff,
            2 => bits | 0x007f_ff00,
            3 => bits & 0xffff_0000,
            4..=7 => (bits & 0x81ff_ffff) | 0x3e00_0000,
            _ => bits,
        }
    }

    /// Returns two operands, half of the time with similar exponents.
    pub(super) fn pair(&mut self) -> (u32, u32) {
        let (a, b) = (self.single(), self.single());
        if self.word() & 1 == 0 {
            return (a, b);
        }
        (a, (a & 0x7f00_0000) | (b & 0x80ff_ffff))
    }

    /// Returns an accumulator that the product of `a` and `b` may cancel.
    pub(super) fn near_product(&mut self, a: u32, b: u32) -> u32 {
        let product = (f32::from_bits(a) * f32::from_bits(b)).to_bits();
        match self.word() & 3 {
            0 => self.single(),
            1 => product,
            2 => product ^ 0x8000_0000,
            _ => product ^ (self.word() & 0x81ff_ffff),
        }
    }
}

/// LLVM's software floating point, ported to Rust.
pub(super) mod oracle {
    use super::super::{DEFAULT_NAN, DIV_ZERO, INEXACT, INVALID, OVERFLOW, UNDERFLOW};
    use rustc_apfloat::{Float, Round, Status, StatusAnd, ieee::Single};

    pub(in super::super) fn mode(fcr: u32) -> Round {
        match fcr & 3 {
            0 => Round::NearestTiesToEven,
            1 => Round::TowardZero,
            2 => Round::TowardPositive,
            _ => Round::TowardNegative,
        }
    }

    fn flags(status: Status) -> u32 {
        [
            (Status::INVALID_OP, INVALID),
            (Status::DIV_BY_ZERO, DIV_ZERO),
            (Status::OVERFLOW, OVERFLOW),
            (Status::UNDERFLOW, UNDERFLOW),
            (Status::INEXACT, INEXACT),
        ]
        .iter()
        .filter(|(s, _)| status.contains(*s))
        .fold(0, |all, (_, flag)| all | flag)
    }

    /// Compares value and flags. NaN operands are tested separately. Compared with IEEE 754, the oracle
    /// misses Underflow when a tiny number rounds to the smallest normal, and Overflow when a huge one rounds
    /// to the largest finite number. Tests next to the rounding code cover these two.
    pub(in super::super) fn check(got: u32, fsr: u32, want: StatusAnd<Single>, operands: &[u32]) {
        if operands.iter().any(|&a| a & 0x7fff_ffff > 0x7f80_0000) {
            return;
        }
        let bits = want.value.to_bits() as u32;
        let bits = if want.value.is_nan() { DEFAULT_NAN } else { bits };
        assert_eq!(got, bits, "value for {operands:08x?}");
        let mask = match got & 0x7fff_ffff {
            0x0080_0000 => !UNDERFLOW,
            0x7f7f_ffff => !OVERFLOW,
            _ => !0,
        };
        assert_eq!(fsr & mask, flags(want.status) & mask, "flags for {operands:08x?}");
    }
}
