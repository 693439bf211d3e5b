//! One ELF file: its sections, symbol table and compilation units.

use super::error::{Allowance, SymbolError, SymbolResult};
use super::names::Names;
use super::symtab::SymTab;
use super::unit::{self, UnitEntry};
use esplens_soc::hostfile;
use gimli::{EndianSlice, LittleEndian, SectionId};
use object::{Architecture, Object, ObjectSection, SectionFlags, elf};
use std::borrow::Cow;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// DWARF reader that borrows from the file's bytes.
pub(super) type R<'a> = EndianSlice<'a, LittleEndian>;
/// DWARF sections that borrow from the file's bytes.
pub(super) type Dwarf<'a> = gimli::Dwarf<R<'a>>;

/// Limits for reading a whole file. All units of a hostile file may refer to the same large table.
pub(super) struct Allowed {
    /// Bytes of line programs.
    pub lines: Allowance,
    /// Address ranges.
    pub ranges: Allowance,
    /// Bytes of paths and names.
    pub text: Allowance,
}

impl Allowed {
    fn new(file: usize) -> Self {
        let some = 1 << 20;
        Self {
            lines: Allowance::new(some + 4 * file),
            ranges: Allowance::new(some + file),
            text: Allowance::new(16 * some + 16 * file),
        }
    }
}

/// Largest file that is read, in bytes.
pub const MAX_BYTES: u64 = 1 << 28;

/// One ELF file with the data read from it so far. Opening is cheap: names, functions and lines are read on first use.
pub struct Elf {
    name: String,
    path: Option<PathBuf>,
    pub(super) bytes: Cow<'static, [u8]>,
    sections: Vec<(SectionId, Range<usize>)>,
    memory: Vec<Range<u32>>,
    /// The sections with code, and their numbers.
    code: Vec<(Range<u32>, usize)>,
    pub(super) symtab: SymTab,
    pub(super) units: Vec<UnitEntry>,
    pub(super) unit_ranges: super::ranges::RangeMap,
    pub(super) names: OnceLock<Names>,
    /// Bytes of line programs, address ranges, and bytes of text that may still be read.
    pub(super) allowed: Allowed,
    notes: Vec<String>,
}

impl Elf {
    /// Reads a file.
    ///
    /// # Errors
    /// [`SymbolError::File`] if it cannot be read, [`SymbolError::Elf`] if it is not an ELF file for this chip.
    pub fn open(path: &Path) -> SymbolResult<Self> {
        let fail =
            |e: std::io::Error| SymbolError::File { path: path.display().to_string(), why: e.to_string() };
        let bytes = hostfile::read(path, MAX_BYTES).map_err(fail)?;
        let name = path.file_name().map_or_else(|| "?".into(), |n| n.to_string_lossy().into_owned());
        let mut elf = Self::parse(&name, bytes)?;
        elf.path = Some(path.to_path_buf());
        Ok(elf)
    }

    /// Parses a file's bytes; `name` is the file's name in messages.
    ///
    /// # Errors
    /// [`SymbolError::Elf`] if it is not an ELF file for this chip.
    pub fn parse(name: &str, bytes: impl Into<Cow<'static, [u8]>>) -> SymbolResult<Self> {
        let bytes = bytes.into();
        let file = object::File::parse(&*bytes).map_err(|e| SymbolError::Elf(e.to_string()))?;
        if file.architecture() != Architecture::Xtensa || !file.is_little_endian() || file.is_64() {
            return Err(SymbolError::Elf(format!(
                "{:?}, expected little-endian 32-bit Xtensa",
                file.architecture()
            )));
        }
        let mut notes = Vec::new();
        let sections = debug_sections(&file, bytes.len(), &mut notes);
        let memory: Vec<_> = file.sections().filter_map(|s| occupied(&s)).collect();
        let symtab = SymTab::parse(&file, &memory, bytes.len());
        let mut elf = Self {
            name: name.into(),
            path: None,
            sections,
            memory,
            code: file.sections().filter_map(|s| code(&s)).collect(),
            symtab,
            units: Vec::new(),
            unit_ranges: Default::default(),
            names: OnceLock::new(),
            allowed: Allowed::new(bytes.len()),
            notes,
            bytes,
        };
        let read = unit::read_all(&elf.dwarf());
        elf.unit_ranges = super::ranges::RangeMap::new(read.ranges);
        elf.units = read.units;
        elf.notes.extend(read.notes);
        Ok(elf)
    }

    /// Returns the name for messages: the file's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the file's bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the path that it was read from.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Returns the defects of the debug information, one line each; the rest of it is usable.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Returns the size of the file in bytes.
    #[must_use]
    pub fn file_size(&self) -> usize {
        self.bytes.len()
    }

    /// Returns true if there is debug information, not only a symbol table.
    #[must_use]
    pub fn has_dwarf(&self) -> bool {
        !self.units.is_empty()
    }

    /// Returns the addresses that its sections occupy.
    #[must_use]
    pub fn memory(&self) -> &[Range<u32>] {
        &self.memory
    }

    /// Returns true if one of its sections contains `addr`.
    #[must_use]
    pub fn occupies(&self, addr: u32) -> bool {
        self.memory.iter().any(|r| r.contains(&addr))
    }

    /// Reads all names, which otherwise happens at the first lookup of a name.
    pub fn index(&self) {
        self.names();
    }

    /// Returns the entry point.
    #[must_use]
    pub fn entry(&self) -> u32 {
        object::File::parse(&*self.bytes).map_or(0, |f| f.entry() as u32)
    }

    /// Returns the number of the section with code that contains `addr`.
    pub(super) fn code_section(&self, addr: u32) -> Option<usize> {
        self.code.iter().find(|c| c.0.contains(&addr)).map(|c| c.1)
    }

    pub(super) fn section(&self, id: SectionId) -> &[u8] {
        let range = self.sections.iter().find(|s| s.0 == id).map(|s| s.1.clone());
        range.and_then(|r| self.bytes.get(r)).unwrap_or_default()
    }

    pub(super) fn dwarf(&self) -> Dwarf<'_> {
        let load = |id| Ok::<_, std::convert::Infallible>(EndianSlice::new(self.section(id), LittleEndian));
        let Ok(dwarf) = gimli::Dwarf::load(load);
        dwarf
    }
}

/// Returns the file ranges of the debug sections.
fn debug_sections(
    file: &object::File<'_>,
    len: usize,
    notes: &mut Vec<String>,
) -> Vec<(SectionId, Range<usize>)> {
    let mut found = Vec::new();
    for s in file.sections() {
        let Ok(name) = s.name() else { continue };
        let Some(id) = SECTIONS.into_iter().find(|id| id.name() == name) else { continue };
        let compressed = matches!(s.flags(), SectionFlags::Elf { sh_flags, .. }
            if sh_flags.contains(elf::SHF_COMPRESSED));
        if compressed {
            notes.push(format!("{name} is compressed: not read (objcopy --decompress-debug-sections helps)"));
            continue;
        }
        let range = s.file_range().map(|(at, n)| at as usize..(at as usize).saturating_add(n as usize));
        match range {
            Some(r) if r.end <= len => found.push((id, r)),
            _ => notes.push(format!("{name} lies outside the file")),
        }
    }
    found
}

/// Debug sections that are read.
const SECTIONS: [SectionId; 13] = [
    SectionId::DebugAbbrev,
    SectionId::DebugAddr,
    SectionId::DebugAranges,
    SectionId::DebugInfo,
    SectionId::DebugLine,
    SectionId::DebugLineStr,
    SectionId::DebugLoc,
    SectionId::DebugLocLists,
    SectionId::DebugRanges,
    SectionId::DebugRngLists,
    SectionId::DebugStr,
    SectionId::DebugStrOffsets,
    SectionId::DebugTypes,
];

fn occupied(s: &object::Section<'_, '_>) -> Option<Range<u32>> {
    let SectionFlags::Elf { sh_flags, .. } = s.flags() else { return None };
    let start = u32::try_from(s.address()).ok()?;
    let end = start.checked_add(u32::try_from(s.size()).ok()?)?;
    (sh_flags.contains(elf::SHF_ALLOC) && start < end && start != 0).then_some(start..end)
}

fn code(s: &object::Section<'_, '_>) -> Option<(Range<u32>, usize)> {
    let SectionFlags::Elf { sh_flags, .. } = s.flags() else { return None };
    let range = occupied(s).filter(|_| sh_flags.contains(elf::SHF_EXECINSTR))?;
    Some((range, s.index().0))
}
