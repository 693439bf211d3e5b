//! The ELF symbol table: names and addresses without DWARF.

use object::{Object, ObjectSymbol, SymbolKind as Kind, SymbolSection};
use std::collections::HashMap;
use std::sync::Arc;

/// Kind of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SymbolKind {
    /// Code.
    Function,
    /// Data.
    Object,
    /// A label: from assembler, a linker script, or the mask ROM's list.
    Label,
}

/// A row of the symbol table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// First byte.
    pub addr: u32,
    /// Bytes; 0 if the table has no size.
    pub size: u32,
    /// Bytes up to the next symbol or the section's end, used if `size` is 0.
    pub reach: u32,
    /// Its kind.
    pub kind: SymbolKind,
    /// Visible outside its file.
    pub global: bool,
    /// Number of its section; `None` for absolute ones.
    section: Option<usize>,
    /// Position in the table.
    order: u32,
    /// The source file that the table names for it.
    pub file: Option<Arc<str>>,
    /// Its name in the table.
    pub name: String,
}

/// All named symbols with an address, by address.
#[derive(Default)]
pub(super) struct SymTab {
    rows: Vec<Row>,
    by_name: HashMap<String, u32>,
    /// The highest end of any row up to this one, for the backward search.
    furthest: Vec<u32>,
}

impl SymTab {
    pub(super) fn parse(file: &object::File<'_>, sections: &[std::ops::Range<u32>], size: usize) -> Self {
        let mut rows = read(file, size);
        // The best row of one address is last: functions and objects before labels, global before local, sized before
        // not.
        rows.sort_by(|a, b| (a.addr, rank(a), &b.name).cmp(&(b.addr, rank(b), &a.name)));
        rows.dedup_by(|a, b| a.addr == b.addr && a.name == b.name);
        reach(&mut rows, sections);
        let mut by_name = HashMap::with_capacity(rows.len());
        for (n, row) in rows.iter().enumerate() {
            let slot = by_name.entry(row.name.clone()).or_insert(n as u32);
            if rank(row) > rank(&rows[*slot as usize]) {
                *slot = n as u32;
            }
        }
        let mut far = 0;
        let mut furthest = Vec::with_capacity(rows.len());
        for row in &rows {
            far = far.max(row.addr.saturating_add(row.size.max(row.reach)));
            furthest.push(far);
        }
        Self { rows, by_name, furthest }
    }

    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub(super) fn named(&self, name: &str) -> Option<&Row> {
        self.by_name.get(name).map(|n| &self.rows[*n as usize])
    }

    /// Returns the code symbol that starts last before `addr` in the same section, even if it ends before `addr`. GNU's
    /// tools report this symbol for padding and literals behind a function.
    pub(super) fn nearest_code(&self, addr: u32, section: usize) -> Option<&Row> {
        let end = self.rows.partition_point(|r| r.addr <= addr);
        let code = |r: &&Row| {
            r.kind != SymbolKind::Object && r.section == Some(section) && !r.name.starts_with(".L")
        };
        let first = self.rows[..end].iter().rev().find(code)?;
        let here = self.rows[..end].iter().rev().skip_while(|r| r.addr != first.addr);
        let mut group: Vec<&Row> = here.take_while(|r| r.addr == first.addr).filter(code).collect();
        group.sort_by_key(|r| r.order);
        group.into_iter().reduce(|best, row| if better(best, row, addr) { row } else { best })
    }

    fn at(&self, addr: u32) -> &[Row] {
        let first = self.rows.partition_point(|r| r.addr < addr);
        let rest = &self.rows[first..];
        &rest[..rest.partition_point(|r| r.addr == addr)]
    }

    /// Returns all functions or objects that begin at the same address as this one, if there are several.
    pub(super) fn twins(&self, row: &Row) -> impl Iterator<Item = &Row> {
        let same = |r: &&Row| r.kind == row.kind && r.size > 0;
        let several = row.kind != SymbolKind::Label && self.at(row.addr).iter().filter(same).count() > 1;
        let kind = row.kind;
        self.at(row.addr).iter().filter(move |r| several && r.kind == kind && r.size > 0)
    }

    /// Returns the function that starts at `addr`.
    pub(super) fn function_from(&self, addr: u32) -> Option<&Row> {
        self.at(addr).iter().rfind(|r| r.kind == SymbolKind::Function)
    }

    /// Returns the best symbol whose bytes contain `addr`: the nearest start, sized ones before labels.
    pub(super) fn containing(&self, addr: u32, want: impl Fn(&Row) -> bool) -> Option<&Row> {
        let mut label: Option<&Row> = None;
        let end = self.rows.partition_point(|r| r.addr <= addr);
        for n in (0..end).rev() {
            let row = &self.rows[n];
            if self.furthest[n] <= addr {
                break;
            }
            if !want(row) {
                continue;
            }
            if row.size > 0 && addr - row.addr < row.size {
                return Some(
                    label.filter(|l| l.addr > row.addr && l.kind != SymbolKind::Label).unwrap_or(row),
                );
            }
            if label.is_none() && row.size == 0 && (addr - row.addr < row.reach || addr == row.addr) {
                label = Some(row);
            }
        }
        label
    }
}

fn rank(row: &Row) -> (bool, bool, bool) {
    (row.kind != SymbolKind::Label, row.size > 0, row.global)
}

/// Returns true if GNU's tools prefer `row` to `best`, which is at the same address.
fn better(best: &Row, row: &Row, addr: u32) -> bool {
    let reaches = |r: &Row| addr - r.addr < r.size.max(1);
    let function = |r: &Row| r.kind == SymbolKind::Function;
    match (reaches(best), reaches(row)) {
        (false, _) => row.size.max(1) > best.size.max(1),
        (true, false) => false,
        (true, true) if function(best) != function(row) => function(row),
        (true, true) => row.size.max(1) < best.size.max(1),
    }
}

/// Returns all rows; local symbols belong to the source file named before them.
///
/// `size` is the file's size and limits the work: names in a hostile file may overlap or have no end.
fn read(file: &object::File<'_>, size: usize) -> Vec<Row> {
    let mut left = (4 * size).saturating_add(1 << 20);
    let mut source: Option<Arc<str>> = None;
    let mut out = Vec::new();
    for s in file.symbols() {
        match left.checked_sub(s.name().map_or(size, |n| n.len() + 1)) {
            Some(n) => left = n,
            None => break,
        }
        if s.kind() == Kind::File {
            source = s.name().ok().map(Arc::from);
        } else if let Some(row) = row(&s) {
            let file = source.clone().filter(|_| !row.global);
            out.push(Row { file, order: out.len() as u32, ..row });
        }
    }
    out
}

fn row(s: &object::Symbol<'_, '_>) -> Option<Row> {
    let name = s.name().ok().filter(|n| !n.is_empty())?;
    let kind = match s.kind() {
        Kind::Text => SymbolKind::Function,
        Kind::Data | Kind::Tls => SymbolKind::Object,
        Kind::Unknown | Kind::Label => SymbolKind::Label,
        _ => return None,
    };
    if matches!(s.section(), SymbolSection::Undefined | SymbolSection::Common) {
        return None;
    }
    let addr = u32::try_from(s.address()).ok()?;
    let size = u32::try_from(s.size()).unwrap_or(0);
    let size = if u64::from(addr) + u64::from(size) > 1 << 32 { 0 } else { size };
    let section = s.section_index().map(|n| n.0);
    let (global, name) = (s.is_global(), name.into());
    Some(Row { addr, size, reach: 0, kind, global, section, order: 0, file: None, name })
}

/// Sets the reach of symbols without a size to the next symbol, within their section.
fn reach(rows: &mut [Row], sections: &[std::ops::Range<u32>]) {
    /// Limit for symbols outside of sections: the mask ROM's symbols are absolute.
    const MOST: u32 = 0x4000;
    let mut next = u32::MAX;
    for n in (0..rows.len()).rev() {
        let addr = rows[n].addr;
        if rows.get(n + 1).is_some_and(|r| r.addr != addr) {
            next = rows[n + 1].addr;
        }
        // A mark at the end of a section (`_etext`, `_iram_end`) covers no bytes behind it.
        let mark = rows[n].section.is_some() || sections.iter().any(|s| s.end == addr);
        let far = if mark { addr } else { addr.saturating_add(MOST) };
        let end = sections.iter().find(|s| s.contains(&addr)).map_or(far, |s| s.end);
        rows[n].reach = next.min(end) - addr;
    }
}
