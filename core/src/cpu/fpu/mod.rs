//! The floating-point coprocessor (single precision) and the double-precision accelerator, as pure functions
//! on raw bit patterns, independent of registers, engine and the host's NaN payloads.
//!
//! Sources, by the names used throughout:
//! - **ISA manual**: Xtensa Instruction Set Architecture Reference Manual, section 4.3.11
//!   (Floating-Point Coprocessor Option; table 4-47 FCR, table 4-48 FSR) and the instruction pages.
//! - **silicon**: measurements of an ESP32-S3, which has the same single-only DFPU, published as
//!   `lp-xt-emu` in light-player/lightplayer (exhaustive seed sweeps, about 11,000 operand rows).
//!   They supply what the manual omits: it does not list the divide and square-root helpers.
//! - **QEMU**: `target/xtensa/fpu_helper.c`, read to confirm NaN order and conversions.
//!
//! All sources agree: arithmetic is IEEE 754 binary32 with denormals, in all four rounding modes; the last
//! NaN operand is the result, quieted; a NaN from numbers is `0x7fc00000`; `FSR` flags are sticky; no flag
//! ever traps (the enables in `FCR` are storage only).

mod arith;
mod compare;
mod convert;
pub mod dfp;
mod divide;
mod number;
mod seed;
#[cfg(test)]
mod sequences;
#[cfg(test)]
mod testing;

pub use arith::{abs, add, madd, maddn, mov, msub, mul, neg, sub};
pub use compare::{oeq, ole, olt, ueq, ule, ult, un};
pub use convert::{ceil, float_s, floor, round, trunc, ufloat_s, utrunc};
pub use divide::{addexp, addexpm, divn, mkdadj, mksadj, nexp01};
pub use seed::{const_s, div0, recip0, rsqrt0, sqrt0};

/// `FSR` Inexact: the result was rounded (ISA manual, table 4-48).
pub const INEXACT: u32 = 1 << 7;
/// `FSR` Underflow: tiny after rounding, and inexact.
pub const UNDERFLOW: u32 = 1 << 8;
/// `FSR` Overflow: above the largest finite number after rounding.
pub const OVERFLOW: u32 = 1 << 9;
/// `FSR` Divide by Zero: raised by [`mkdadj`] for a finite number over zero.
pub const DIV_ZERO: u32 = 1 << 10;
/// `FSR` Invalid: a signalling NaN, a NaN from numbers, or an impossible conversion.
pub const INVALID: u32 = 1 << 11;
/// Bits that `WUR.FCR` keeps: rounding mode and the five enables (ISA manual, table 4-47).
pub const FCR_MASK: u32 = 0x0000_007f;
/// Bits that `WUR.FSR` keeps: the five flags (ISA manual, table 4-48).
pub const FSR_MASK: u32 = 0x0000_0f80;
/// NaN result when no operand is a NaN.
pub const DEFAULT_NAN: u32 = 0x7fc0_0000;

/// `FCR.RM` (ISA manual, table 4-47).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To nearest, ties to even.
    Nearest,
    /// Toward zero.
    Zero,
    /// Toward plus infinity.
    Up,
    /// Toward minus infinity.
    Down,
}

/// The user registers `FCR` (232) and `FSR` (233).
///
/// FCR: rounding mode in bits 0-1, enables Inexact, Underflow, Overflow, DivZero, Invalid in 2-6.
/// FSR: the flags in the same order in bits 7-11.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FpCtl {
    /// Control: rounding mode and enables.
    pub fcr: u32,
    /// Status: sticky flags.
    pub fsr: u32,
}

impl FpCtl {
    /// Returns the rounding mode that FCR selects.
    #[inline]
    pub fn rounding(&self) -> Rounding {
        match self.fcr & 3 {
            0 => Rounding::Nearest,
            1 => Rounding::Zero,
            2 => Rounding::Up,
            _ => Rounding::Down,
        }
    }

    /// Writes FCR (`WUR.FCR`). Reserved bits read back as zero.
    pub fn set_fcr(&mut self, value: u32) {
        self.fcr = value & FCR_MASK;
    }

    /// Writes FSR (`WUR.FSR`). Reserved bits read back as zero.
    pub fn set_fsr(&mut self, value: u32) {
        self.fsr = value & FSR_MASK;
    }

    /// Sets flags; they stay set until FSR is written.
    #[inline]
    pub fn raise(&mut self, flags: u32) {
        self.fsr |= flags;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_drop_reserved_bits() {
        let mut c = FpCtl::default();
        c.set_fcr(u32::MAX);
        c.set_fsr(u32::MAX);
        assert_eq!((c.fcr, c.fsr), (0x7f, 0xf80));
        assert_eq!(c.rounding(), Rounding::Down);
    }
}
