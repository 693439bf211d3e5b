//! Format of the register tables: one table per `spec.rs`, used by the device, the documentation and the tests.

use serde::Serialize;

/// Degree to which a register is modelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum How {
    /// Reads and writes behave as the manual describes.
    Modelled,
    /// Keeps the written value; nothing depends on it.
    Stored,
    /// Known by name only: it reads its reset value, and a write warns once.
    Absent,
}

/// One register, or an array of equal registers.
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
    /// Degree to which it is modelled.
    pub how: How,
    /// Short description.
    pub doc: &'static str,
}

impl Reg {
    /// Returns the number of the array element at `offset`, or `None` if `offset` is outside this register.
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
    /// Source of the register description: TRM chapter, IDF header.
    pub source: &'static str,
    /// All registers, sorted by offset.
    pub regs: &'static [Reg],
}

impl Spec {
    /// Returns the register at a byte offset.
    #[must_use]
    pub fn at(&self, offset: u32) -> Option<&'static Reg> {
        self.regs.iter().find(|r| r.element(offset).is_some())
    }
}

/// Declares a peripheral's registers: an offset constant for each, and the table `SPEC`.
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
