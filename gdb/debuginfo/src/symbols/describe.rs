//! Descriptions of addresses.

use super::error::SymbolResult;
use super::set::Symbols;
use super::types::{Type, TypeId};

impl Symbols {
    /// Describes an address: `xTaskIncrementTick+12 in /idf/tasks.c:2601 (app.elf)`,
    /// `pxReadyTasksLists[3].uxNumberOfItems, UBaseType_t (app.elf)`. Returns `None` if no file contains it.
    #[must_use]
    pub fn describe(&self, addr: u32) -> Option<String> {
        if let Some((path, ty, elf)) = self.variable_at(addr) {
            return Some(format!("{path}, {} ({elf})", self.type_name(ty)));
        }
        let symbol = self.symbol_at(addr)?;
        let mut text = symbol.with_offset(addr);
        if let Some((file, line)) = self.line_at(addr) {
            text.push_str(&format!(" in {file}:{line}"));
        }
        Some(format!("{text} ({})", symbol.elf))
    }

    /// Returns the variable that contains `addr`, down to the member: path, type, file.
    #[must_use]
    pub fn variable_at(&self, addr: u32) -> Option<(String, TypeId, String)> {
        let symbol = self.symbol_at(addr)?;
        let mut named = self.variables_named(&symbol.name);
        named.extend(self.variables_named(&symbol.linkage_name));
        let variable = named.into_iter().find(|v| v.addr == symbol.addr)?;
        let (path, ty) = self.path_to(variable.ty, addr - variable.addr).ok()?;
        Some((variable.name + &path, ty, variable.elf))
    }

    /// Returns the member of a type at `offset` in bytes, as a path such as `[3].next`, and the member's type.
    ///
    /// # Errors
    /// Broken debug information.
    pub fn path_to(&self, ty: TypeId, offset: u32) -> SymbolResult<(String, TypeId)> {
        let (mut path, mut ty, mut offset) = (String::new(), ty, offset);
        // Deeper than any real type is nested.
        for _ in 0..32 {
            let stripped = self.strip(ty)?;
            let next = match &*self.resolve(stripped)? {
                Type::Array { .. } => {
                    let (element, size) = self.element(stripped)?;
                    (size > 0).then(|| (format!("[{}]", offset / size), element, offset % size))
                }
                Type::Record(record) => {
                    let mut found = None;
                    for m in record.members.iter().filter(|m| m.offset <= offset) {
                        if offset - m.offset < self.size_of(m.ty)?.max(1) {
                            let name = m.name.as_ref().map_or(String::new(), |n| format!(".{n}"));
                            found = Some((name, m.ty, offset - m.offset));
                            break;
                        }
                    }
                    found
                }
                _ => None,
            };
            let Some((step, inner, rest)) = next else { break };
            path.push_str(&step);
            (ty, offset) = (inner, rest);
        }
        if offset > 0 {
            path.push_str(&format!("+{offset}"));
        }
        Ok((path, ty))
    }
}
