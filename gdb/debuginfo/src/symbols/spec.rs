//! Locations in the syntax of GDB's linespecs.

use super::elf::Elf;
use super::error::{SymbolError, SymbolResult};
use super::names::NameKind;
use super::scopes::ScopeKind;
use super::set::Symbols;
use super::unit::UnitEntry;

impl Symbols {
    /// Returns the addresses of `function`, `file.c:12`, `file.c:function`, `*0x400d1234`, `0x400d1234`. The address of
    /// a function is behind its prologue, where its parameters can be read, as in GDB's `break`.
    ///
    /// # Errors
    /// [`SymbolError::NoSymbol`], [`SymbolError::Syntax`].
    pub fn find(&self, location: &str) -> SymbolResult<Vec<u32>> {
        let location = location.trim();
        let plain = location.strip_prefix('*').unwrap_or(location).trim();
        if let Some(addr) = crate::number::written(plain) {
            return Ok(vec![addr]);
        }
        if location.starts_with('*') {
            let nothing = |_: u32, _: &mut [u8]| 0;
            let value = self.evaluate(plain, &nothing, None)?;
            let addr = value.addr().map_or_else(|| self.number(&value, &nothing).map(|n| n.to_u32()), Ok)?;
            return Ok(vec![addr]);
        }
        if let Some((file, rest)) = location.rsplit_once(':').filter(|(f, _)| !f.ends_with(':')) {
            return self.in_file(file, rest);
        }
        let found = self.functions(location, None);
        if found.is_empty() {
            return match self.symbol(location) {
                Some(symbol) if symbol.kind != super::SymbolKind::Object => Ok(vec![symbol.addr]),
                Some(_) => Err(SymbolError::Syntax(format!("\"{location}\" is not a function"))),
                None => Err(SymbolError::NoSymbol(location.into())),
            };
        }
        Ok(found)
    }

    fn in_file(&self, file: &str, rest: &str) -> SymbolResult<Vec<u32>> {
        let found = match rest.parse::<u32>() {
            Ok(line) => self.addresses_of(file, line),
            Err(_) => self.functions(rest, Some(file)),
        };
        if !found.is_empty() {
            return Ok(found);
        }
        if rest.parse::<u32>().is_ok() {
            return Err(SymbolError::Syntax(format!("no code for line {rest} of {file}")));
        }
        Err(SymbolError::NoSymbol(rest.into()))
    }

    /// Returns the addresses behind the prologues of all functions of a name.
    fn functions(&self, name: &str, file: Option<&str>) -> Vec<u32> {
        let mut out: Vec<u32> = Vec::new();
        for (_, elf) in self.latest() {
            for entry in elf.names().find(elf, name, NameKind::Function).filter(|e| !e.declaration) {
                let Ok(unit) = elf.unit_of(entry.die) else { continue };
                let Some(start) = elf.start_of(unit, entry.die) else { continue };
                let declared = || elf.lines(unit).at(start).and_then(|r| elf.lines(unit).file(r.file));
                if file.is_none_or(|f| declared().is_some_and(|d| super::frames::same_file(d, f))) {
                    out.push(elf.after_prologue(unit, start));
                }
            }
            if !out.is_empty() {
                break;
            }
        }
        out.sort_unstable();
        out.dedup();
        out
    }
}

impl Elf {
    /// Returns the first address of a function's DIE.
    fn start_of(&self, unit: &UnitEntry, die: u32) -> Option<u32> {
        let scopes = self.scopes(unit);
        let scope = scopes.scopes.iter().find(|s| s.die == die && s.kind == ScopeKind::Function)?;
        scopes.ranges(scope).first().map(|r| r.0).filter(|a| *a != 0)
    }

    /// Returns the address of the second line of a function that starts at `start`: behind its prologue.
    fn after_prologue(&self, unit: &UnitEntry, start: u32) -> u32 {
        let chain = self.scopes(unit).chain(start);
        let end = chain.first().and_then(|s| self.scopes(unit).ranges(s).first()).map_or(start, |r| r.1);
        let lines = self.lines(unit);
        let mut rows: Vec<u32> = lines
            .rows()
            .filter(|r| r.addr > start && r.addr < end && r.line != 0 && r.is_stmt)
            .map(|r| r.addr)
            .collect();
        rows.sort_unstable();
        rows.first().copied().unwrap_or(start)
    }
}
