//! Guest registers that a function keeps in variables.

use cranelift_codegen::ir::{Type, types};
use esplens_core::cpu::Cpu;
use std::mem::offset_of;

/// Guest register kept in a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(u8);

impl Slot {
    /// Number of slots.
    pub const COUNT: usize = 37;
    /// The shift amount register.
    pub const SAR: Self = Self(16);
    /// LCOUNT: the remaining iterations of a loop.
    pub const LCOUNT: Self = Self(17);
    /// LBEG: the first instruction of a loop.
    pub const LBEG: Self = Self(18);
    /// LEND: the address of the first instruction after a loop.
    pub const LEND: Self = Self(19);

    /// The floating-point status register.
    pub const FSR: Self = Self(20);

    /// Returns the slot of float register `n`.
    pub fn f(n: u8) -> Self {
        Self(21 + (n & 15))
    }

    /// Returns true for float registers and FSR.
    pub fn is_float(self) -> bool {
        self.0 >= Self::FSR.0
    }

    /// Returns the type of the slot's variable.
    pub fn ty(self) -> Type {
        if self.0 > Self::FSR.0 { types::F32 } else { types::I32 }
    }

    /// Iterates over all slots.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT as u8).map(Self)
    }

    /// Returns the slot of address register `n` of the window.
    pub fn a(n: u8) -> Self {
        Self(n & 15)
    }

    /// Returns the slot's index.
    pub fn index(self) -> usize {
        self.0.into()
    }

    /// Returns the slot's bit in a set.
    pub fn bit(self) -> u64 {
        1 << self.0
    }

    /// Iterates over the slots of a set.
    pub fn of(set: u64) -> impl Iterator<Item = Self> {
        Self::all().filter(move |slot| set & slot.bit() != 0)
    }

    /// Returns the location in [`Cpu`]: quad and offset in it for an address register, `None` and offset for
    /// others.
    pub fn place(self) -> (Option<usize>, i32) {
        let at = match self {
            Self::SAR => offset_of!(Cpu, sar),
            Self::LCOUNT => offset_of!(Cpu, lcount),
            Self::LBEG => offset_of!(Cpu, lbeg),
            Self::LEND => offset_of!(Cpu, lend),
            Self::FSR => offset_of!(Cpu, fp.fsr),
            Self(n) if n > Self::FSR.0 => offset_of!(Cpu, fr) + 4 * usize::from(n - 21),
            Self(n) => return (Some(usize::from(n / 4)), i32::from(n % 4) * 4),
        };
        (None, at as i32)
    }
}
