//! How a peripheral's registers are written down: one table a `spec.rs`, read by the device, the docs and the tests.

use serde::Serialize;

/// How much of a register is behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum How {
    /// Reads and writes do what the manual says.
    Modelled,
    /// Keeps what is written; nothing depends on it.
    Stored,
    /// Known by name only: reads its reset value, a write warns once.
    Absent,
}

/// One register, or an array of equal ones.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Reg {
    /// The manual's name.
    pub name: &'static str,
    /// Byte offset from the peripheral's base.
    pub offset: u32,
    /// Elements of the array; 1 for a single register.
    pub count: u32,
    /// Bytes from one element to the next.
    pub stride: u32,
    /// Value after reset.
    pub reset: u32,
    /// How much of it is behaviour.
    pub how: How,
    /// What it is, in a few words.
    pub doc: &'static str,
}

impl Reg {
    /// The element number that `offset` addresses, when it is one of this register's.
    #[must_use]
    pub fn element(&self, offset: u32) -> Option<u32> {
        let rel = offset.checked_sub(self.offset)?;
        (rel % self.stride == 0 && rel / self.stride < self.count).then(|| rel / self.stride)
    }
}

/// A peripheral's page in the register reference (`docs/peripherals.md`).
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Spec {
    /// The manual's name of the peripheral.
    pub name: &'static str,
    /// Where it is described: TRM chapter, IDF header.
    pub source: &'static str,
    /// All registers, by offset.
    pub regs: &'static [Reg],
}

impl Spec {
    /// The register at a byte offset.
    #[must_use]
    pub fn at(&self, offset: u32) -> Option<&'static Reg> {
        self.regs.iter().find(|r| r.element(offset).is_some())
    }
}

/// Declares a peripheral's registers: a constant offset for each and the table `SPEC`.
///
/// ```
/// esplens_soc::registers! {
///     "EXAMPLE", "TRM 4.12; soc/example_reg.h";
///     /// Control.
///     CONF = 0x00, reset 0x1, Modelled;
///     /// Sixteen words of data.
///     DATA[16; 4] = 0x40, reset 0, Stored;
/// }
/// assert_eq!(DATA, 0x40);
/// assert_eq!(SPEC.at(0x7C).unwrap().name, "DATA");
/// ```
#[macro_export]
macro_rules! registers {
    ($name:literal, $source:literal; $( $(#[doc = $doc:literal])+ $reg:ident $([$count:literal; $stride:literal])? = $off:expr, reset $reset:expr, $how:ident; )+) => {
        $( $(#[doc = $doc])+ pub const $reg: u32 = $off; )+
        /// The register table of this peripheral.
        pub const SPEC: $crate::dev::spec::Spec = $crate::dev::spec::Spec {
            name: $name,
            source: $source,
            regs: &[ $( $crate::dev::spec::Reg {
                name: stringify!($reg),
                offset: $off,
                count: $crate::registers!(@or $($count)?; 1),
                stride: $crate::registers!(@or $($stride)?; 4),
                reset: $reset,
                how: $crate::dev::spec::How::$how,
                doc: concat!($($doc),+),
            } ),+ ],
        };
    };
    (@or $value:literal; $default:literal) => { $value };
    (@or ; $default:literal) => { $default };
}
