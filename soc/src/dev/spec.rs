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

/// One bit field of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RegField {
    /// The manual's name, without the register's.
    pub name: &'static str,
    /// Bits of the field; they are adjacent.
    pub mask: u32,
}

impl RegField {
    /// Returns the numbers of the highest and the lowest bit.
    #[must_use]
    pub const fn bits(self) -> (u32, u32) {
        (31 - self.mask.leading_zeros(), self.mask.trailing_zeros())
    }

    /// Returns the value of the field in a register's value.
    #[must_use]
    pub const fn of(self, value: u32) -> u32 {
        (value & self.mask) >> self.mask.trailing_zeros()
    }
}

/// The bit fields of one register, or of several equal ones.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RegLayout {
    /// Offsets of the registers.
    pub regs: &'static [u32],
    /// Their fields, in the order of their bits.
    pub fields: &'static [RegField],
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
    /// Bit fields of the registers that firmware developers look at most.
    pub layouts: &'static [RegLayout],
}

impl Spec {
    /// Returns the register at a byte offset.
    #[must_use]
    pub fn at(&self, offset: u32) -> Option<&'static Reg> {
        self.regs.iter().find(|r| r.element(offset).is_some())
    }

    /// Returns the bit fields of a register of this table, in the order of their bits; empty if they are not listed.
    #[must_use]
    pub fn fields(&self, reg: &Reg) -> &'static [RegField] {
        self.layouts.iter().find(|l| l.regs.contains(&reg.offset)).map_or(&[], |l| l.fields)
    }
}

/// Declares a peripheral's registers: an offset constant for each, and the table `SPEC`. A table of bit fields, declared
/// with [`fields!`](crate::fields), may follow the source.
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
    ($name:literal, $source:literal $(, $layouts:ident)?; $( $(#[doc = $doc:literal])+ $reg:ident $([$count:literal; $stride:literal])? = $off:expr, reset $reset:expr, $how:ident; )+) => {
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
            layouts: $crate::registers!(@layouts $($layouts)?),
        };
    };
    (@or $value:literal; $default:literal) => { $value };
    (@or ; $default:literal) => { $default };
    (@layouts $layouts:ident) => { $layouts };
    (@layouts) => { &[] };
}

/// Declares the bit fields of registers: a module with a mask for each field, and the table `FIELDS`. The fields of a
/// module belong to all registers named after `of`. Other constants of the module follow `with`.
///
/// ```
/// esplens_soc::registers! {
///     "EXAMPLE", "TRM 4.12; soc/example_reg.h", FIELDS;
///     /// Control.
///     CONF = 0x00, reset 0x1, Modelled;
/// }
/// esplens_soc::fields! {
///     /// Fields of [`CONF`], as masks.
///     pub mod conf of CONF {
///         ENABLE = 1;
///         DIVIDER = 0xff << 4;
///     } with {
///         /// Largest divider.
///         pub const MOST: u32 = 0xff;
///     }
/// }
/// let divider = SPEC.fields(SPEC.at(CONF).unwrap())[1];
/// assert_eq!((divider.name, divider.bits(), divider.of(0x123)), ("DIVIDER", (11, 4), 0x12));
/// assert_eq!(conf::DIVIDER, 0xff0);
/// ```
#[macro_export]
macro_rules! fields {
    ($( $(#[$meta:meta])* pub mod $module:ident of $($reg:ident)+ { $( $(#[$doc:meta])* $field:ident = $mask:expr; )+ } $(with { $($rest:tt)* })? )+) => {
        $(
            $(#[$meta])*
            #[allow(missing_docs, reason = "the names are the manual's")]
            pub mod $module {
                $( $(#[$doc])* pub const $field: u32 = $mask; )+
                $( $($rest)* )?
            }
        )+
        /// The bit fields of this peripheral's registers.
        pub const FIELDS: &[$crate::dev::spec::RegLayout] = &[ $( $crate::dev::spec::RegLayout {
            regs: &[$($reg),+],
            fields: &[ $( $crate::dev::spec::RegField { name: stringify!($field), mask: $module::$field } ),+ ],
        } ),+ ];
    };
}

#[cfg(test)]
mod tests {
    use crate::dev::{DevId, Devices};

    /// The bits of a field are adjacent, fields of a register do not overlap and come in the order of their bits, and
    /// every layout belongs to registers of its table.
    #[test]
    fn bit_fields_partition_their_registers() {
        let devices = Devices::new();
        for &id in DevId::ALL {
            let spec = devices.get(id).spec();
            for layout in spec.layouts {
                let mut used = 0u32;
                for field in layout.fields {
                    let (high, low) = field.bits();
                    assert_eq!(field.mask.count_ones(), high - low + 1, "{id:?} {}: gap", field.name);
                    assert!(used < 1 << low, "{id:?} {}: order", field.name);
                    used |= field.mask;
                }
                for &offset in layout.regs {
                    let reg = spec.at(offset).unwrap_or_else(|| panic!("{id:?} {offset:#x}"));
                    assert_eq!(reg.offset, offset, "{id:?} {}", reg.name);
                    let owners = spec.layouts.iter().filter(|l| l.regs.contains(&offset)).count();
                    assert_eq!(owners, 1, "{id:?} {}", reg.name);
                }
            }
        }
        let uart = devices.get(DevId::Uart0).spec();
        let conf0 = uart.fields(uart.at(crate::dev::uart::spec::CONF0).unwrap());
        let bits = conf0.iter().find(|f| f.name == "BIT_NUM").unwrap();
        assert_eq!((bits.bits(), bits.of(0x800_001C)), ((3, 2), 3));
    }
}
