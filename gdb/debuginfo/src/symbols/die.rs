//! Single DIEs by offset: attributes, names, references.

use super::elf::{Dwarf, Elf, R};
use super::error::{SymbolError, SymbolResult};
use gimli::{AttributeValue, DwAt, DwTag, constants};

/// Longest chain of references (abstract origin, specification) that is followed; compilers make two or three.
const HOPS: usize = 16;

/// A DIE with all its attributes.
pub(super) struct Die<'a> {
    /// Offset in `.debug_info`.
    pub offset: u32,
    pub tag: DwTag,
    pub has_children: bool,
    pub attrs: Vec<gimli::Attribute<R<'a>>>,
}

/// Reader of one file's DIEs.
pub(super) struct Dies<'a> {
    pub elf: &'a Elf,
    pub dwarf: Dwarf<'a>,
}

impl<'a> Die<'a> {
    pub(super) fn attr(&self, name: DwAt) -> Option<AttributeValue<R<'a>>> {
        self.attrs.iter().find(|a| a.name() == name).map(gimli::Attribute::value)
    }

    pub(super) fn number(&self, name: DwAt) -> Option<u64> {
        self.attr(name)?.udata_value()
    }

    pub(super) fn flag(&self, name: DwAt) -> bool {
        matches!(self.attr(name), Some(AttributeValue::Flag(true)))
    }
}

impl<'a> Dies<'a> {
    pub(super) fn new(elf: &'a Elf) -> Self {
        Self { elf, dwarf: elf.dwarf() }
    }

    /// Returns the unit of a DIE.
    pub(super) fn unit(&self, die: u32) -> SymbolResult<gimli::Unit<R<'a>>> {
        self.elf.unit_of(die)?.unit(&self.dwarf)
    }

    /// Returns the DIE at an offset in `.debug_info`.
    pub(super) fn get(&self, offset: u32) -> SymbolResult<Die<'a>> {
        let unit = self.unit(offset)?;
        self.read(&unit, offset)
    }

    fn read(&self, unit: &gimli::Unit<R<'a>>, offset: u32) -> SymbolResult<Die<'a>> {
        let err = |e: gimli::Error| SymbolError::dwarf(offset as usize, e);
        let local = self.elf.unit_of(offset)?.local(offset);
        let mut raw = unit.entries_raw(Some(local)).map_err(err)?;
        let none = || SymbolError::dwarf(offset as usize, "no DIE is there");
        let abbrev = raw.read_abbreviation().map_err(err)?.ok_or_else(none)?;
        let mut attrs = Vec::with_capacity(abbrev.attributes().len());
        for spec in abbrev.attributes() {
            attrs.push(raw.read_attribute(*spec).map_err(err)?);
        }
        Ok(Die { offset, tag: abbrev.tag(), has_children: abbrev.has_children(), attrs })
    }

    /// Returns the children of a DIE, at most `most`.
    pub(super) fn children(&self, die: &Die<'a>, most: usize) -> SymbolResult<Vec<Die<'a>>> {
        if !die.has_children {
            return Ok(Vec::new());
        }
        let unit = self.unit(die.offset)?;
        let entry = self.elf.unit_of(die.offset)?;
        let err = |e: gimli::Error| SymbolError::dwarf(die.offset as usize, e);
        let mut raw = unit.entries_raw(Some(entry.local(die.offset))).map_err(err)?;
        let mut out = Vec::new();
        let mut steps = 0;
        while !raw.is_empty() {
            let (depth, at) = (raw.next_depth(), entry.start + raw.next_offset().0 as u32);
            let Some(abbrev) = raw.read_abbreviation().map_err(err)? else {
                if raw.next_depth() <= 0 {
                    break;
                }
                continue;
            };
            if depth <= 0 && steps > 0 {
                break;
            }
            steps += 1;
            if steps > most {
                return Err(SymbolError::Budget(most as u64));
            }
            if depth == 1 {
                let mut attrs = Vec::with_capacity(abbrev.attributes().len());
                for spec in abbrev.attributes() {
                    attrs.push(raw.read_attribute(*spec).map_err(err)?);
                }
                out.push(Die { offset: at, tag: abbrev.tag(), has_children: abbrev.has_children(), attrs });
            } else {
                raw.skip_attributes(abbrev.attributes()).map_err(err)?;
            }
        }
        Ok(out)
    }

    /// Returns the string that an attribute's value of the DIE at `offset` refers to.
    pub(super) fn string(&self, offset: u32, value: AttributeValue<R<'a>>) -> Option<&'a str> {
        let bytes = match value {
            AttributeValue::String(s) => s,
            AttributeValue::DebugStrRef(o) => self.dwarf.string(o).ok()?,
            other => self.dwarf.attr_string(&self.unit(offset).ok()?, other).ok()?,
        };
        std::str::from_utf8(bytes.slice()).ok()
    }

    /// Returns the offset of the DIE that a reference attribute refers to.
    pub(super) fn reference(&self, die: &Die<'a>, name: DwAt) -> Option<u32> {
        self.target(die.offset, die.attr(name)?)
    }

    /// Returns the offset of the DIE that a reference from the DIE at `offset` refers to.
    pub(super) fn target(&self, offset: u32, value: AttributeValue<R<'a>>) -> Option<u32> {
        match value {
            AttributeValue::UnitRef(o) => {
                let start = self.elf.unit_of(offset).ok()?.start;
                u32::try_from(o.0).ok()?.checked_add(start)
            }
            AttributeValue::DebugInfoRef(o) => u32::try_from(o.0).ok(),
            _ => None,
        }
    }

    /// Returns an attribute of the DIE or of the DIE that it completes (abstract origin, specification), and the offset
    /// of the DIE that has the attribute.
    pub(super) fn inherited(&self, die: &Die<'a>, name: DwAt) -> Option<(u32, AttributeValue<R<'a>>)> {
        if let Some(value) = die.attr(name) {
            return Some((die.offset, value));
        }
        let mut next = self.origin(die)?;
        for _ in 0..HOPS {
            let die = self.get(next).ok()?;
            if let Some(value) = die.attr(name) {
                return Some((die.offset, value));
            }
            next = self.origin(&die)?;
        }
        None
    }

    /// Returns the offset of the DIE that this one completes.
    pub(super) fn origin(&self, die: &Die<'a>) -> Option<u32> {
        let of = |name| self.reference(die, name);
        of(constants::DW_AT_abstract_origin).or_else(|| of(constants::DW_AT_specification))
    }

    /// Returns an inherited string.
    pub(super) fn inherited_text(&self, die: &Die<'a>, name: DwAt) -> Option<&'a str> {
        let (at, value) = self.inherited(die, name)?;
        self.string(at, value)
    }

    /// Returns the offset of a DIE's type; `None` is void.
    pub(super) fn type_of(&self, die: &Die<'a>) -> Option<u32> {
        let (at, value) = self.inherited(die, constants::DW_AT_type)?;
        self.target(at, value)
    }

    /// Returns the linkage name, which is mangled in C++ and Rust; `None` if the DIE has none.
    pub(super) fn linkage_name(&self, die: &Die<'a>) -> Option<&'a str> {
        self.inherited_text(die, constants::DW_AT_linkage_name)
            .or_else(|| self.inherited_text(die, constants::DW_AT_MIPS_linkage_name))
    }

    /// Returns the name as written in the source.
    pub(super) fn name(&self, die: &Die<'a>) -> Option<&'a str> {
        self.inherited_text(die, constants::DW_AT_name)
    }
}

/// Returns a constant, sign-extended if its form is signed. Forms of fixed size are not: GCC writes 200 in one byte.
pub(super) fn constant(die: &Die<'_>, name: DwAt) -> Option<i64> {
    match die.attr(name)? {
        AttributeValue::Data1(n) => Some(n.into()),
        AttributeValue::Data2(n) => Some(n.into()),
        AttributeValue::Data4(n) => Some(n.into()),
        AttributeValue::Data8(n) => Some(n as i64),
        other => other.sdata_value().or_else(|| other.udata_value().map(|n| n as i64)),
    }
}

/// Demangles Rust's and C++'s names; returns other names unchanged.
pub(super) fn demangle(name: &str) -> String {
    // Demanglers recurse on deeply nested names; no real name is this long.
    const LONGEST: usize = 4096;
    if name.len() > LONGEST || !(name.starts_with("_Z") || name.starts_with("_R")) {
        return name.into();
    }
    if name.starts_with("_R")
        || name.starts_with("_ZN") && addr2line::demangle(name, gimli::DW_LANG_Rust).is_some()
    {
        return addr2line::demangle_auto(name.into(), Some(gimli::DW_LANG_Rust)).into_owned();
    }
    demangle_cpp(name).unwrap_or_else(|| name.into())
}

/// Demangles a C++ name; returns `None` if it is not one, or if it expands beyond a limit.
fn demangle_cpp(name: &str) -> Option<String> {
    struct Short(String);
    impl std::fmt::Write for Short {
        fn write_str(&mut self, s: &str) -> std::fmt::Result {
            const LONGEST: usize = 1 << 14;
            self.0.push_str(s);
            if self.0.len() > LONGEST { Err(std::fmt::Error) } else { Ok(()) }
        }
    }
    let mut out = Short(String::new());
    let symbol = cpp_demangle::Symbol::new(name).ok()?;
    symbol.structured_demangle(&mut out, &cpp_demangle::DemangleOptions::default()).ok()?;
    Some(out.0)
}
