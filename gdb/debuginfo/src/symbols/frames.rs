//! Lookup of functions, inlined calls and lines by address, and of addresses by line.

use super::die::{Dies, demangle};
use super::elf::Elf;
use super::names::NameKind;
use super::scopes::ScopeKind;
use super::set::Symbols;
use super::symtab::{Row, SymbolKind};
use super::unit::UnitEntry;

/// One level of the calls at an address: a function, or a call inlined into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFrame {
    /// The function, demangled; `None` if unknown.
    pub function: Option<String>,
    /// Linkage name: mangled in C++ and Rust.
    pub linkage_name: Option<String>,
    /// Path of the source file as the compiler wrote it.
    pub file: Option<String>,
    /// Line; `None` for code that belongs to no line.
    pub line: Option<u32>,
    /// Column; 0 if unknown.
    pub column: u32,
    /// True for a call that was inlined into the next frame.
    pub inlined: bool,
}

impl Symbols {
    /// Returns the calls at `pc`: inlined calls innermost first, the function itself last. Empty if no file contains
    /// `pc`.
    ///
    /// Without debug information, the symbol table gives one frame: in a section with code, the symbol that starts last
    /// before `pc`, as in GNU's tools.
    #[must_use]
    pub fn frames_at(&self, pc: u32) -> Vec<SourceFrame> {
        if let Some((_, elf)) = self.owner(pc) {
            return elf.frames_at(pc);
        }
        self.latest().map(|(_, e)| e.frames_at(pc)).find(|f| !f.is_empty()).unwrap_or_default()
    }

    /// Returns file and line of `pc` in the innermost frame.
    #[must_use]
    pub fn line_at(&self, pc: u32) -> Option<(String, u32)> {
        self.frames_at(pc).into_iter().next().and_then(|f| Some((f.file?, f.line?)))
    }

    /// Returns the first addresses of the code of a line, one per place where it was compiled to. The file is named by
    /// its path or the end of it. If the line has no code, the next line with code is used, as in GDB.
    #[must_use]
    pub fn addresses_of(&self, file: &str, line: u32) -> Vec<u32> {
        let rows: Vec<_> = self.latest().flat_map(|(_, e)| e.rows_of(file, line)).collect();
        let Some(best) = rows.iter().map(|r| r.1).min() else { return Vec::new() };
        let mut found: Vec<_> = rows.into_iter().filter(|r| r.1 == best).collect();
        found.sort_unstable();
        // One per function: the lowest address.
        let mut seen = std::collections::BTreeSet::new();
        found.retain(|r| seen.insert(r.2));
        found.into_iter().map(|r| r.0).collect()
    }
}

impl Elf {
    fn frames_at(&self, pc: u32) -> Vec<SourceFrame> {
        let mut best = Vec::new();
        for (_, _, n) in self.unit_ranges.at(pc) {
            let Some(unit) = self.units.get(n as usize) else { continue };
            let frames = self.unit_frames(unit, pc);
            if frames.iter().any(|f| f.function.is_some()) {
                return frames;
            }
            if best.is_empty() {
                best = frames;
            }
        }
        if best.is_empty() {
            // Padding: the line table reaches further than the functions.
            let before = self.unit_ranges.before(pc).and_then(|r| self.units.get(r.2 as usize));
            best = before.map(|u| self.unit_frames(u, pc)).unwrap_or_default();
        }
        let nearest = self.code_section(pc).and_then(|n| self.symtab.nearest_code(pc, n));
        let symbol = nearest.or_else(|| self.symtab.containing(pc, |r| r.kind != SymbolKind::Object));
        let Some(symbol) = symbol else { return best };
        let empty = SourceFrame {
            function: None,
            linkage_name: None,
            file: None,
            line: None,
            column: 0,
            inlined: false,
        };
        let file = symbol.file.as_deref().map(String::from);
        let frame = best.into_iter().next().unwrap_or(SourceFrame { file, ..empty });
        let (function, linkage_name) = (Some(demangle(&symbol.name)), Some(symbol.name.clone()));
        vec![SourceFrame { function, linkage_name, ..frame }]
    }

    fn unit_frames(&self, unit: &UnitEntry, pc: u32) -> Vec<SourceFrame> {
        let lines = self.lines(unit);
        let row = lines.at(pc);
        let mut place = row.map_or((None, None, 0), |r| {
            (lines.file(r.file).map(String::from), Some(r.line).filter(|l| *l != 0), r.column)
        });
        let chain = self.scopes(unit).chain(pc);
        let dies = Dies::new(self);
        let mut out = Vec::new();
        for scope in chain.iter().rev().filter(|s| s.kind != ScopeKind::Block) {
            let (mut function, mut linkage_name) = names(&dies, scope.die);
            let start = self.scopes(unit).ranges(scope).first().map(|r| r.0);
            if scope.kind == ScopeKind::Function
                && !unit.is_c()
                && function == linkage_name
                && let Some(row) = start.and_then(|s| self.symtab.function_from(s))
            {
                // Static functions of C++ have their mangled name in the symbol table only.
                (function, linkage_name) = (Some(demangle(&row.name)), Some(row.name.clone()));
            }
            let inlined = scope.kind == ScopeKind::Inlined;
            let (file, line, column) = place;
            out.push(SourceFrame { function, linkage_name, file, line, column, inlined });
            let call_file = lines.file(scope.call_file).map(String::from);
            place = (call_file, Some(scope.call_line).filter(|l| *l != 0), scope.call_column);
        }
        if out.is_empty() && place.0.is_some() {
            let (file, line, column) = place;
            out.push(SourceFrame { function: None, linkage_name: None, file, line, column, inlined: false });
        }
        out
    }

    /// Returns true if the debug information contains a function or variable with the symbol's name.
    pub(super) fn is_in_source(&self, row: &Row) -> bool {
        if row.kind == SymbolKind::Object {
            return self.names().find(self, &row.name, NameKind::Variable).next().is_some();
        }
        let unit = self.unit_ranges.at(row.addr).find_map(|(_, _, n)| self.units.get(n as usize));
        let function = unit.and_then(|u| self.scopes(u).chain(row.addr).first().map(|s| s.die));
        function.is_some_and(|f| names(&Dies::new(self), f).1.as_ref() == Some(&row.name))
    }

    /// Returns (address, line, first address of the function or the unit) for the code of `line` or, if it has none, of
    /// the next line with code.
    fn rows_of(&self, file: &str, line: u32) -> Vec<(u32, u32, u32)> {
        let mut out = Vec::new();
        for unit in &self.units {
            let lines = self.lines(unit);
            let wanted: Vec<u32> = lines.files().filter(|f| same_file(f.1, file)).map(|f| f.0).collect();
            if wanted.is_empty() {
                continue;
            }
            let scopes = self.scopes(unit);
            let rows = lines.rows().filter(|r| r.line >= line && r.is_stmt && wanted.contains(&r.file));
            let rows: Vec<_> = rows.collect();
            let Some(best) = rows.iter().map(|r| r.line).min() else { continue };
            for row in rows.into_iter().filter(|r| r.line == best) {
                let chain = scopes.chain(row.addr);
                let inner = chain.iter().rev().find(|s| s.kind != ScopeKind::Block);
                let start = inner.map_or(unit.start, |s| scopes.ranges(s)[0].0);
                out.push((row.addr, row.line, start));
            }
        }
        out
    }
}

/// Returns the demangled name and the linkage name of a function's DIE.
fn names(dies: &Dies<'_>, die: u32) -> (Option<String>, Option<String>) {
    let Ok(die) = dies.get(die) else { return (None, None) };
    let name = dies.name(&die);
    let linkage = dies.linkage_name(&die);
    (linkage.map(demangle).or_else(|| name.map(String::from)), linkage.or(name).map(String::from))
}

/// Returns true if `path` is the file that `asked` names: all parts of `asked` are the last parts of the path.
pub(super) fn same_file(path: &str, asked: &str) -> bool {
    let asked = asked.trim_start_matches("./");
    path.ends_with(asked)
        && (path.len() == asked.len()
            || asked.starts_with('/')
            || path.as_bytes().get(path.len() - asked.len() - 1).is_some_and(|b| matches!(b, b'/' | b'\\')))
}
