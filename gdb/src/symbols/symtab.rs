//! The ELF symbol table: names and addresses without any DWARF.

use object::{Object, ObjectSymbol, SymbolKind as Kind, SymbolSection};
use std::collections::HashMap;

/// What a symbol stands for.
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
    /// Bytes; 0 where the table does not say.
    pub size: u32,
    /// Bytes until the next symbol or the section's end, where `size` is 0.
    pub reach: u32,
    /// What it is.
    pub kind: SymbolKind,
    /// Visible outside its file.
    pub global: bool,
    /// As in the table.
    pub name: String,
}

/// All named symbols with an address, by address.
#[derive(Default)]
pub(super) struct SymTab {
    rows: Vec<Row>,
    by_name: HashMap<String, u32>,
    /// The furthest end of any row up to this one, for the search backwards.
    furthest: Vec<u32>,
}

impl SymTab {
    pub(super) fn parse(file: &object::File<'_>, sections: &[std::ops::Range<u32>]) -> Self {
        let mut rows: Vec<Row> = file.symbols().filter_map(|s| row(&s)).collect();
        // Best of one address last: functions and objects before labels, global before local, sized before not.
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

    /// The best symbol whose bytes contain `addr`: the nearest start, sized ones before labels.
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
    Some(Row { addr, size, reach: 0, kind, global: s.is_global(), name: name.into() })
}

/// Gives symbols without a size the bytes up to the next one, inside their section.
fn reach(rows: &mut [Row], sections: &[std::ops::Range<u32>]) {
    /// Where no section says: the mask ROM's symbols are absolute.
    const MOST: u32 = 0x4000;
    let mut next = u32::MAX;
    for n in (0..rows.len()).rev() {
        let addr = rows[n].addr;
        if rows.get(n + 1).is_some_and(|r| r.addr != addr) {
            next = rows[n + 1].addr;
        }
        let end = sections.iter().find(|s| s.contains(&addr)).map_or(addr.saturating_add(MOST), |s| s.end);
        rows[n].reach = next.min(end) - addr;
    }
}
