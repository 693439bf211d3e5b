//! The line table of one unit.

use super::die::Dies;
use super::elf::{Elf, R};
use super::error::{SymbolError, SymbolResult};
use super::unit::UnitEntry;
use gimli::{AttributeValue, ColumnType, DebugLineOffset, constants};

/// A row of the line table: code from this address up to the next row's belongs to this line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub addr: u32,
    pub file: u32,
    /// Line; 0: none.
    pub line: u32,
    pub column: u32,
    /// Recommended location for a breakpoint.
    pub is_stmt: bool,
}

/// Rows with ascending addresses; `end` is behind the code of the last row.
#[derive(Debug)]
struct Sequence {
    begin: u32,
    end: u32,
    rows: std::ops::Range<usize>,
}

/// Rows and file names of a unit.
#[derive(Default)]
pub(super) struct Lines {
    rows: Vec<Row>,
    sequences: super::ranges::RangeMap,
    list: Vec<Sequence>,
    files: Vec<Option<String>>,
}

impl Lines {
    /// Returns the row that `pc` belongs to.
    pub(super) fn at(&self, pc: u32) -> Option<&Row> {
        let sequence = self.sequences.at(pc).min_by_key(|s| s.1 - s.0)?;
        let rows = &self.rows[self.list[sequence.2 as usize].rows.clone()];
        rows.partition_point(|r| r.addr <= pc).checked_sub(1).map(|n| &rows[n])
    }

    /// Returns the path of a file by its number in the table.
    pub(super) fn file(&self, number: u32) -> Option<&str> {
        self.files.get(number as usize)?.as_deref()
    }

    /// Returns all file paths with their numbers.
    pub(super) fn files(&self) -> impl Iterator<Item = (u32, &str)> {
        self.files.iter().enumerate().filter_map(|(n, f)| Some((n as u32, f.as_deref()?)))
    }

    /// Returns all rows of sequences that are in the file's memory, in order.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.list.iter().filter(|s| s.begin != 0).flat_map(|s| &self.rows[s.rows.clone()])
    }
}

impl Elf {
    pub(super) fn lines<'a>(&self, unit: &'a UnitEntry) -> &'a Lines {
        unit.lines.get_or_init(|| {
            let mut lines = Lines::default();
            // Rows read before an error are usable.
            let _ = read(self, unit, &mut lines);
            let spans = lines.list.iter().enumerate().map(|(n, s)| (s.begin, s.end, n as u32)).collect();
            lines.sequences = super::ranges::RangeMap::new(spans);
            lines
        })
    }
}

fn read(elf: &Elf, entry: &UnitEntry, out: &mut Lines) -> SymbolResult<()> {
    let Some(at) = entry.stmt_list else { return Ok(()) };
    let dies = Dies::new(elf);
    let length = elf.section(gimli::SectionId::DebugLine).get(at as usize..).and_then(|b| b.first_chunk());
    elf.allowed.lines.spend(length.map_or(0, |b| u32::from_le_bytes(*b) as usize))?;
    let unit = entry.unit(&dies.dwarf)?;
    let root = dies.get(entry.root)?;
    let err = |e: gimli::Error| SymbolError::dwarf(at as usize, e);
    let (dir, name) = (root.attr(constants::DW_AT_comp_dir), root.attr(constants::DW_AT_name));
    let text = |v| dies.dwarf.attr_string(&unit, v).ok();
    let address_size = unit.encoding().address_size;
    let program = dies
        .dwarf
        .debug_line
        .program(DebugLineOffset(at as usize), address_size, dir.and_then(text), name.and_then(text))
        .map_err(err)?;
    let header = program.header();
    let paths =
        Paths { dies: &dies, unit: &unit, header, base: dir.and_then(|v| dies.string(entry.root, v)) };
    out.files = paths.all();
    let mut rows = program.rows();
    let mut first = 0;
    while let Some((_, row)) = rows.next_row().map_err(err)? {
        let addr = u32::try_from(row.address()).unwrap_or(u32::MAX);
        if row.end_sequence() {
            close(out, first, addr);
            first = out.rows.len();
            continue;
        }
        let column = match row.column() {
            ColumnType::LeftEdge => 0,
            ColumnType::Column(c) => u32::try_from(c.get()).unwrap_or(0),
        };
        out.rows.push(Row {
            addr,
            file: u32::try_from(row.file_index()).unwrap_or(0),
            line: row.line().and_then(|l| u32::try_from(l.get()).ok()).unwrap_or(0),
            column,
            is_stmt: row.is_stmt(),
        });
    }
    Ok(())
}

/// Ends a sequence that began with row `first`.
fn close(out: &mut Lines, first: usize, end: u32) {
    let rows = &mut out.rows[first..];
    if rows.windows(2).any(|w| w[0].addr > w[1].addr) {
        rows.sort_by_key(|r| r.addr);
    }
    let Some(begin) = rows.first().map(|r| r.addr) else { return };
    out.list.push(Sequence { begin, end, rows: first..out.rows.len() });
}

struct Paths<'s, 'a> {
    dies: &'s Dies<'a>,
    unit: &'s gimli::Unit<R<'a>>,
    header: &'s gimli::LineProgramHeader<R<'a>>,
    base: Option<&'a str>,
}

impl<'a> Paths<'_, 'a> {
    /// Returns the paths by file number; before DWARF 5 numbers begin at 1.
    fn all(&self) -> Vec<Option<String>> {
        let names = self.header.file_names();
        let five = self.header.version() >= 5;
        let skip = usize::from(!five);
        let mut out = vec![None; skip];
        for file in names {
            // A hostile table may use one long folder in a million files.
            let path = self.path(file);
            let allowed = &self.dies.elf.allowed.text;
            out.push(path.filter(|p| allowed.spend(p.len()).is_ok()));
        }
        out
    }

    fn path(&self, file: &gimli::FileEntry<R<'a>>) -> Option<String> {
        let name = self.text(file.path_name())?;
        let five = self.header.version() >= 5;
        let dir = match file.directory_index() {
            0 if !five => None,
            _ => file.directory(self.header).and_then(|d| self.text(d)),
        };
        Some(join(&[self.base, dir, Some(name)]))
    }

    fn text(&self, value: AttributeValue<R<'a>>) -> Option<&'a str> {
        let bytes = self.dies.dwarf.attr_string(self.unit, value).ok()?;
        std::str::from_utf8(bytes.slice()).ok()
    }
}

/// Joins parts of a path; an absolute part discards the parts before it. Windows paths from the compiler stay
/// unchanged.
fn join(parts: &[Option<&str>]) -> String {
    let mut out = String::new();
    for part in parts.iter().flatten().filter(|p| !p.is_empty()) {
        if is_absolute(part) {
            out.clear();
        } else if !out.is_empty() && !out.ends_with(['/', '\\']) {
            out.push('/');
        }
        out.push_str(part);
    }
    out
}

pub(super) fn is_absolute(path: &str) -> bool {
    let b = path.as_bytes();
    b.first().is_some_and(|c| matches!(c, b'/' | b'\\'))
        || b.len() > 2 && b[1] == b':' && b[0].is_ascii_alphabetic()
}
