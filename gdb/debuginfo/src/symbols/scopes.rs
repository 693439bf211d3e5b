//! Functions, inlined calls and blocks of one unit, by address.

use super::die::Dies;
use super::elf::{Elf, R};
use super::error::{Budget, SymbolError, SymbolResult};
use super::ranges::RangeMap;
use super::unit::{Covers, UnitEntry, range_bytes};
use gimli::{AttributeValue, DwTag, constants};

/// Kind of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScopeKind {
    /// A function with code of its own.
    Function,
    /// A call that was replaced by the callee's body.
    Inlined,
    /// A block in braces.
    Block,
}

/// A function, inlined call or block that has addresses.
#[derive(Debug)]
pub(super) struct Scope {
    /// Its DIE.
    pub die: u32,
    pub kind: ScopeKind,
    /// Number of the first scope behind the ones inside it.
    pub end: u32,
    /// Its rows in [`Scopes::ranges`].
    pub ranges: (u32, u32),
    /// Call site of an inlined call: file number in the line table.
    pub call_file: u32,
    /// Line; 0: unknown.
    pub call_line: u32,
    /// Column; 0: unknown.
    pub call_column: u32,
}

/// All scopes of a unit, outer before inner.
#[derive(Default)]
pub(super) struct Scopes {
    pub scopes: Vec<Scope>,
    ranges: Vec<(u32, u32)>,
    functions: RangeMap,
}

impl Scopes {
    /// Reads the unit; an error ends it early.
    fn read(elf: &Elf, entry: &UnitEntry) -> Self {
        let mut out = Self::default();
        let mut functions = Vec::new();
        // Scopes read before an error are usable.
        let _ = walk(elf, entry, &mut out, &mut functions);
        out.functions = RangeMap::new(functions);
        out
    }

    /// Returns true if the scope covers `pc`.
    pub(super) fn covers(&self, scope: &Scope, pc: u32) -> bool {
        let rows = &self.ranges[scope.ranges.0 as usize..scope.ranges.1 as usize];
        rows.iter().any(|r| r.0 <= pc && pc < r.1)
    }

    /// Returns the address ranges of the scope.
    pub(super) fn ranges(&self, scope: &Scope) -> &[(u32, u32)] {
        &self.ranges[scope.ranges.0 as usize..scope.ranges.1 as usize]
    }

    /// Returns the function that covers `pc`, the one with the smallest range if several do, and the scopes inside it
    /// that cover `pc`: outermost (the function) first.
    pub(super) fn chain(&self, pc: u32) -> Vec<&Scope> {
        let Some(row) = self.functions.at(pc).min_by_key(|r| r.1 - r.0) else { return Vec::new() };
        let function = row.2 as usize;
        let mut out = vec![&self.scopes[function]];
        let mut n = function + 1;
        let mut end = self.scopes[function].end as usize;
        while n < end {
            let scope = &self.scopes[n];
            if scope.kind != ScopeKind::Function && self.covers(scope, pc) {
                out.push(scope);
                end = scope.end as usize;
                n += 1;
            } else {
                n = scope.end as usize;
            }
        }
        out
    }
}

impl Elf {
    pub(super) fn scopes<'a>(&self, unit: &'a UnitEntry) -> &'a Scopes {
        unit.scopes.get_or_init(|| Scopes::read(self, unit))
    }
}

/// State of reading one unit.
struct Walk<'e> {
    elf: &'e Elf,
    dies: Dies<'e>,
    unit: gimli::Unit<R<'e>>,
    budget: Budget,
    /// Open scopes: depth and number.
    open: Vec<(isize, u32)>,
}

fn walk(
    elf: &Elf,
    entry: &UnitEntry,
    out: &mut Scopes,
    functions: &mut Vec<(u32, u32, u32)>,
) -> SymbolResult<()> {
    let dies = Dies::new(elf);
    let unit = entry.unit(&dies.dwarf)?;
    let budget = Budget::new(1_000_000 + range_bytes(&dies.dwarf));
    let mut walk = Walk { elf, dies, unit, budget, open: Vec::new() };
    let done = walk.all(entry, out, functions);
    walk.close(isize::MIN, out);
    done
}

impl<'e> Walk<'e> {
    fn all(
        &mut self,
        entry: &UnitEntry,
        out: &mut Scopes,
        functions: &mut Vec<(u32, u32, u32)>,
    ) -> SymbolResult<()> {
        let err = |e: gimli::Error| SymbolError::dwarf(entry.start as usize, e);
        let unit = entry.unit(&self.dies.dwarf)?;
        let mut raw = unit.entries_raw(None).map_err(err)?;
        while !raw.is_empty() {
            let (depth, die) = (raw.next_depth(), entry.start + raw.next_offset().0 as u32);
            let Some(abbrev) = raw.read_abbreviation().map_err(err)? else { continue };
            self.close(depth, out);
            let Some(kind) = kind(abbrev.tag()) else {
                raw.skip_attributes(abbrev.attributes()).map_err(err)?;
                continue;
            };
            let mut found = Found::default();
            for spec in abbrev.attributes() {
                found.take(&raw.read_attribute(*spec).map_err(err)?);
            }
            let Some(number) = self.scope(die, kind, &found, out)? else { continue };
            self.open.push((depth, number));
            if kind == ScopeKind::Function {
                let ranges = out.ranges(&out.scopes[number as usize]);
                functions.extend(ranges.iter().map(|r| (r.0, r.1, number)));
            }
        }
        Ok(())
    }

    /// Ends the scopes that do not contain a DIE of this depth.
    fn close(&mut self, depth: isize, out: &mut Scopes) {
        while let Some((_, n)) = self.open.pop_if(|o| o.0 >= depth) {
            out.scopes[n as usize].end = out.scopes.len() as u32;
        }
    }

    /// Adds a scope if it has addresses; returns its number.
    fn scope(
        &mut self,
        die: u32,
        kind: ScopeKind,
        found: &Found<'e>,
        out: &mut Scopes,
    ) -> SymbolResult<Option<u32>> {
        let first = out.ranges.len() as u32;
        found.covers.each(&self.dies.dwarf, &self.unit, &mut self.budget, |b, e| out.ranges.push((b, e)))?;
        let last = out.ranges.len() as u32;
        self.elf.allowed.ranges.spend((last - first) as usize)?;
        if first == last {
            return Ok(None);
        }
        let (call_file, call_line, call_column) = found.call;
        let ranges = (first, last);
        out.scopes.push(Scope { die, kind, end: u32::MAX, ranges, call_file, call_line, call_column });
        Ok(Some(out.scopes.len() as u32 - 1))
    }
}

fn kind(tag: DwTag) -> Option<ScopeKind> {
    match tag {
        constants::DW_TAG_subprogram => Some(ScopeKind::Function),
        constants::DW_TAG_inlined_subroutine => Some(ScopeKind::Inlined),
        constants::DW_TAG_lexical_block | constants::DW_TAG_try_block | constants::DW_TAG_catch_block => {
            Some(ScopeKind::Block)
        }
        _ => None,
    }
}

#[derive(Default)]
struct Found<'a> {
    covers: Covers<'a>,
    call: (u32, u32, u32),
}

impl<'a> Found<'a> {
    fn take(&mut self, attr: &gimli::Attribute<R<'a>>) {
        let value = attr.value();
        let small = |v: AttributeValue<R<'a>>| match v {
            AttributeValue::FileIndex(n) => n as u32,
            other => other.udata_value().and_then(|n| u32::try_from(n).ok()).unwrap_or(0),
        };
        match attr.name() {
            constants::DW_AT_call_file => self.call.0 = small(value),
            constants::DW_AT_call_line => self.call.1 = small(value),
            constants::DW_AT_call_column => self.call.2 = small(value),
            name => self.covers.take(name, value),
        }
    }
}
