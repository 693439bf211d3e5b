//! Compilation units: their position, the addresses they cover, and access to their DIEs.

use super::elf::{Dwarf, Elf, R};
use super::error::{Budget, SymbolError, SymbolResult};
use super::lines::Lines;
use super::scopes::Scopes;
use gimli::{AttributeValue, DebugInfoOffset, DwAt, Reader, Section, UnitOffset, constants};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// Data kept of a compilation unit; the rest is read again when needed.
pub(super) struct UnitEntry {
    /// Offset of its header in `.debug_info`.
    pub start: u32,
    /// Offset behind it.
    pub end: u32,
    /// Its root DIE.
    pub root: u32,
    abbreviations: Arc<gimli::Abbreviations>,
    low_pc: u64,
    bases: Bases,
    /// `.debug_line` offset of its line program.
    pub stmt_list: Option<u32>,
    /// Source language.
    pub language: Option<gimli::DwLang>,
    /// Functions and inlined calls.
    pub scopes: OnceLock<Scopes>,
    /// Line table.
    pub lines: OnceLock<Lines>,
}

#[derive(Clone, Copy, Default)]
struct Bases {
    str_offsets: Option<usize>,
    addr: usize,
    loclists: Option<usize>,
    rnglists: Option<usize>,
}

/// Units of a file.
pub(super) struct Units {
    pub units: Vec<UnitEntry>,
    /// (begin, end, unit).
    pub ranges: Vec<(u32, u32, u32)>,
    pub notes: Vec<String>,
}

/// Reads all unit headers and root DIEs.
pub(super) fn read_all(dwarf: &Dwarf<'_>) -> Units {
    let mut out = Units { units: Vec::new(), ranges: Vec::new(), notes: Vec::new() };
    let mut reading = Reading {
        abbreviations: HashMap::new(),
        budget: Budget::new(1_000_000 + 4 * dwarf.debug_abbrev.reader().len() as u64),
        range_budget: Budget::new(1_000_000 + range_bytes(dwarf)),
    };
    let mut headers = dwarf.units();
    loop {
        match headers.next() {
            Ok(Some(header)) => {
                if let Err(e) = reading.unit(dwarf, header, &mut out) {
                    note(&mut out.notes, e.to_string());
                }
            }
            Ok(None) => break,
            Err(e) => {
                note(&mut out.notes, format!(".debug_info: {e}"));
                break;
            }
        }
    }
    out
}

/// Returns the bytes of range lists: units of a valid file cannot have more ranges than that.
pub(super) fn range_bytes(dwarf: &Dwarf<'_>) -> u64 {
    let (old, new) = (dwarf.ranges.debug_ranges().reader(), dwarf.ranges.debug_rnglists().reader());
    (old.len() + new.len()) as u64
}

/// Adds a note, but at most 20; a last one replaces all further notes.
pub(super) fn note(notes: &mut Vec<String>, text: String) {
    const MOST: usize = 20;
    match notes.len() {
        n if n < MOST => notes.push(text),
        MOST => notes.push("and more".into()),
        _ => {}
    }
}

struct Reading {
    abbreviations: HashMap<usize, Arc<gimli::Abbreviations>>,
    budget: Budget,
    range_budget: Budget,
}

impl Reading {
    fn unit(
        &mut self,
        dwarf: &Dwarf<'_>,
        header: gimli::UnitHeader<R<'_>>,
        out: &mut Units,
    ) -> SymbolResult<()> {
        let Some(DebugInfoOffset(start)) = header.offset().to_debug_info_offset(&header) else {
            return Ok(());
        };
        let err = |e: gimli::Error| SymbolError::dwarf(start, e);
        let abbreviations = self.abbreviations(dwarf, &header)?;
        let mut entry = UnitEntry {
            start: start as u32,
            end: (start + header.length_including_self()) as u32,
            root: (start + header.size_of_header()) as u32,
            abbreviations,
            low_pc: 0,
            bases: Bases::default(),
            stmt_list: None,
            language: None,
            scopes: OnceLock::new(),
            lines: OnceLock::new(),
        };
        let mut covers = Covers::default();
        let abbreviations = entry.abbreviations.clone();
        let mut raw = header.entries_raw(&abbreviations, None).map_err(err)?;
        let Some(abbrev) = raw.read_abbreviation().map_err(err)? else { return Ok(()) };
        for spec in abbrev.attributes() {
            let attr = raw.read_attribute(*spec).map_err(err)?;
            root_attribute(&mut entry, &mut covers, attr.name(), attr.value());
        }
        let unit = entry.unit(dwarf)?;
        if let Some(AttributeValue::DebugAddrIndex(_)) = covers.low {
            entry.low_pc = covers.low.and_then(|v| dwarf.attr_address(&unit, v).ok()?).unwrap_or(0);
        }
        let unit = entry.unit(dwarf)?;
        let number = out.units.len() as u32;
        covers
            .each(dwarf, &unit, &mut self.range_budget, |begin, end| out.ranges.push((begin, end, number)))?;
        out.units.push(entry);
        Ok(())
    }

    /// Returns a unit's abbreviations; many units share a table, and tables of hostile files may overlap.
    fn abbreviations(
        &mut self,
        dwarf: &Dwarf<'_>,
        header: &gimli::UnitHeader<R<'_>>,
    ) -> SymbolResult<Arc<gimli::Abbreviations>> {
        let at = header.debug_abbrev_offset().0;
        if let Some(known) = self.abbreviations.get(&at) {
            return Ok(known.clone());
        }
        let section = dwarf.debug_abbrev.reader().slice();
        let length = table_length(section.get(at..).unwrap_or_default());
        self.budget.spend(
            length.ok_or_else(|| SymbolError::dwarf(at, "an abbreviation with too many attributes"))?,
        )?;
        let table = header.abbreviations(&dwarf.debug_abbrev).map_err(|e| SymbolError::dwarf(at, e))?;
        let table = Arc::new(table);
        self.abbreviations.insert(at, table.clone());
        Ok(table)
    }
}

/// Most attributes of a DIE. Some take no bytes, so a hostile file could have any number in every DIE.
const ATTRIBUTES: usize = 64;

/// Returns the bytes of the abbreviation table at the start of `bytes`, plus one. Returns `None` if a DIE has too many
/// attributes.
fn table_length(bytes: &[u8]) -> Option<u64> {
    let mut too_many = false;
    let mut r = R::new(bytes, gimli::LittleEndian);
    let mut walk = || -> gimli::Result<()> {
        while r.read_uleb128()? != 0 {
            r.read_uleb128()?;
            r.read_u8()?;
            for n in 0.. {
                if n > ATTRIBUTES {
                    too_many = true;
                    return Ok(());
                }
                let (name, form) = (r.read_uleb128()?, r.read_uleb128()?);
                if form == u64::from(constants::DW_FORM_implicit_const.0) {
                    r.read_sleb128()?;
                }
                if (name, form) == (0, 0) {
                    break;
                }
            }
        }
        Ok(())
    };
    // Other defects are reported by the real parser.
    let _ = walk();
    (!too_many).then(|| (bytes.len() - r.len()) as u64 + 1)
}

fn root_attribute(entry: &mut UnitEntry, covers: &mut Covers<'_>, name: DwAt, value: AttributeValue<R<'_>>) {
    use gimli::AttributeValue as V;
    match (name, value) {
        (constants::DW_AT_low_pc, V::Addr(a)) => entry.low_pc = a,
        (constants::DW_AT_stmt_list, V::DebugLineRef(o)) => entry.stmt_list = u32::try_from(o.0).ok(),
        (constants::DW_AT_language, V::Language(l)) => entry.language = Some(l),
        (constants::DW_AT_str_offsets_base, V::DebugStrOffsetsBase(b)) => entry.bases.str_offsets = Some(b.0),
        (constants::DW_AT_addr_base | constants::DW_AT_GNU_addr_base, V::DebugAddrBase(b)) => {
            entry.bases.addr = b.0;
        }
        (constants::DW_AT_loclists_base, V::DebugLocListsBase(b)) => entry.bases.loclists = Some(b.0),
        (constants::DW_AT_rnglists_base | constants::DW_AT_GNU_ranges_base, V::DebugRngListsBase(b)) => {
            entry.bases.rnglists = Some(b.0);
        }
        _ => {}
    }
    covers.take(name, value);
}

/// The attributes with the addresses that a DIE covers.
#[derive(Default, Clone, Copy)]
pub(super) struct Covers<'a> {
    low: Option<AttributeValue<R<'a>>>,
    high: Option<AttributeValue<R<'a>>>,
    ranges: Option<AttributeValue<R<'a>>>,
}

impl<'a> Covers<'a> {
    /// Stores an attribute if it is one of them.
    pub(super) fn take(&mut self, name: DwAt, value: AttributeValue<R<'_>>) {
        // Only plain numbers are stored, so that the result does not borrow from `value`.
        let plain: Option<AttributeValue<R<'a>>> = match value {
            AttributeValue::Addr(a) => Some(AttributeValue::Addr(a)),
            AttributeValue::DebugAddrIndex(i) => Some(AttributeValue::DebugAddrIndex(i)),
            AttributeValue::RangeListsRef(r) => Some(AttributeValue::RangeListsRef(r)),
            AttributeValue::DebugRngListsIndex(i) => Some(AttributeValue::DebugRngListsIndex(i)),
            other => other.udata_value().map(AttributeValue::Udata),
        };
        match name {
            constants::DW_AT_low_pc => self.low = plain,
            constants::DW_AT_high_pc => self.high = plain,
            constants::DW_AT_ranges => self.ranges = plain,
            _ => {}
        }
    }

    /// Calls `f` with each (begin, end) that is not empty.
    pub(super) fn each(
        self,
        dwarf: &Dwarf<'a>,
        unit: &gimli::Unit<R<'a>>,
        budget: &mut Budget,
        mut f: impl FnMut(u32, u32),
    ) -> SymbolResult<()> {
        let err = |e: gimli::Error| {
            SymbolError::dwarf(unit.header.offset().to_debug_info_offset(&unit.header).map_or(0, |o| o.0), e)
        };
        let mut give = |begin: u64, end: u64| {
            if let (Ok(b), Ok(e)) = (u32::try_from(begin), u32::try_from(end))
                && b < e
            {
                f(b, e);
            }
        };
        if let Some(ranges) = self.ranges {
            let Some(mut list) = dwarf.attr_ranges(unit, ranges).map_err(err)? else { return Ok(()) };
            while let Some(r) = list.next().map_err(err)? {
                budget.spend(1)?;
                give(r.begin, r.end);
            }
            return Ok(());
        }
        let Some(low) = self.low else { return Ok(()) };
        let Some(low) = dwarf.attr_address(unit, low).map_err(err)? else { return Ok(()) };
        let high = match self.high {
            Some(AttributeValue::Udata(size)) => low.saturating_add(size),
            Some(v) => dwarf.attr_address(unit, v).map_err(err)?.unwrap_or(low),
            None => low,
        };
        budget.spend(1)?;
        give(low, high);
        Ok(())
    }
}

impl UnitEntry {
    /// Returns the unit for gimli, without its line program.
    pub(super) fn unit<'a>(&self, dwarf: &Dwarf<'a>) -> SymbolResult<gimli::Unit<R<'a>>> {
        let at = self.start as usize;
        let header = dwarf
            .debug_info
            .header_from_offset(DebugInfoOffset(at))
            .map_err(|e| SymbolError::dwarf(at, e))?;
        let (encoding, file) = (header.encoding(), dwarf.file_type);
        let b = &self.bases;
        let base = |given: Option<usize>, default: usize| given.unwrap_or(default);
        let strings = gimli::DebugStrOffsetsBase::<usize>::default_for_encoding_and_file(encoding, file).0;
        let loc = gimli::DebugLocListsBase::<usize>::default_for_encoding_and_file(encoding, file).0;
        let rng = gimli::DebugRngListsBase::<usize>::default_for_encoding_and_file(encoding, file).0;
        Ok(gimli::Unit {
            header,
            abbreviations: self.abbreviations.clone(),
            name: None,
            comp_dir: None,
            low_pc: self.low_pc,
            str_offsets_base: gimli::DebugStrOffsetsBase(base(b.str_offsets, strings)),
            addr_base: gimli::DebugAddrBase(b.addr),
            loclists_base: gimli::DebugLocListsBase(base(b.loclists, loc)),
            rnglists_base: gimli::DebugRngListsBase(base(b.rnglists, rng)),
            line_program: None,
            dwo_id: None,
        })
    }

    /// Returns true if it is written in C.
    pub(super) fn is_c(&self) -> bool {
        use constants as c;
        matches!(
            self.language,
            Some(c::DW_LANG_C | c::DW_LANG_C89 | c::DW_LANG_C99 | c::DW_LANG_C11 | c::DW_LANG_C17)
        )
    }

    /// Converts a DIE's offset in `.debug_info` to its offset in the unit.
    pub(super) fn local(&self, die: u32) -> UnitOffset {
        UnitOffset(die.wrapping_sub(self.start) as usize)
    }
}

impl Elf {
    /// Returns the unit that contains the DIE of this offset.
    pub(super) fn unit_of(&self, die: u32) -> SymbolResult<&UnitEntry> {
        let n = self.units.partition_point(|u| u.end <= die);
        let unit = self.units.get(n).filter(|u| u.root <= die);
        unit.ok_or_else(|| SymbolError::dwarf(die as usize, "no compilation unit is there"))
    }
}
