//! Values as an expandable tree, for the dashboard.

use super::super::error::SymbolResult;
use super::super::set::Symbols;
use super::super::types::{Type, TypeId};
use super::{Value, ValueFormat, ValueMemory, rust};
use std::ops::Range;

/// A part of a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Child {
    /// Member's name, `[3]`, or `*` for the target of a pointer.
    pub name: String,
    /// The part's value.
    pub value: Value,
    /// True if it has parts itself.
    pub unfolds: bool,
}

impl Symbols {
    /// Returns the parts `range` of a value: members, elements, the target of a pointer. Numbers have none.
    ///
    /// # Errors
    /// Broken debug information, memory that cannot be read.
    pub fn children(
        &self,
        value: &Value,
        memory: &dyn ValueMemory,
        range: Range<usize>,
    ) -> SymbolResult<Vec<Child>> {
        let ty = self.strip(value.ty)?;
        let (skip, take) = (range.start, range.len());
        let parts: Vec<(String, Value)> = match &*self.resolve(ty)? {
            Type::Record(record) => {
                let active = match &record.variants {
                    Some(v) => rust::active(self, memory, value, v)?,
                    None => None,
                };
                let all = record.members.iter().chain(active).skip(skip).take(take);
                let name = |m: &super::super::Member| match &m.name {
                    _ if m.base => format!("<{}>", self.type_name(m.ty)),
                    Some(name) => name.clone(),
                    None => String::new(),
                };
                all.map(|m| (name(m), value.part(m.offset, m.ty, m.bits))).collect()
            }
            Type::Array { .. } => {
                let (element, size) = self.element(ty)?;
                let end = (self.length(ty)? as usize).min(range.end);
                let part = |n: usize| value.part((n as u32).wrapping_mul(size), element, None);
                (range.start..end).map(|n| (format!("[{n}]"), part(n))).collect()
            }
            Type::Pointer { .. } if skip == 0 && take > 0 && self.points_to_data(ty) => {
                vec![("*".into(), self.deref(value, memory)?)]
            }
            _ => Vec::new(),
        };
        Ok(parts.into_iter().map(|(name, v)| Child { unfolds: self.unfolds(v.ty), name, value: v }).collect())
    }

    /// Returns true if values of this type have parts.
    #[must_use]
    pub fn unfolds(&self, ty: TypeId) -> bool {
        let Ok(ty) = self.strip(ty) else { return false };
        match self.resolve(ty).as_deref() {
            Ok(Type::Record(r)) => !r.members.is_empty() || r.variants.is_some(),
            Ok(Type::Array { .. }) => true,
            Ok(Type::Pointer { .. }) => self.points_to_data(ty),
            _ => false,
        }
    }

    fn points_to_data(&self, ty: TypeId) -> bool {
        let Ok(Type::Pointer { target, .. }) = self.resolve(ty).as_deref().cloned() else { return false };
        let target = self.strip(target).and_then(|t| self.resolve(t));
        !matches!(target.as_deref(), Err(_) | Ok(Type::Void | Type::Function { .. }))
    }

    /// Formats a value as one short line, as a pane shows it beside its name.
    #[must_use]
    pub fn summary(&self, value: &Value, memory: &dyn ValueMemory) -> String {
        self.format(value, memory, &ValueFormat { depth: 2, elements: 32, length: 120, hex: false })
    }
}
