//! Sizes, members and member paths of types.

use super::super::error::{Budget, SymbolError, SymbolResult};
use super::super::set::Symbols;
use super::{Member, RecordType, Type, TypeId};

/// Deepest nesting of types: typedefs of typedefs, arrays of structures. Real ones stay below a dozen.
pub(in super::super) const DEPTH: usize = 64;

impl Symbols {
    /// Returns the type without typedefs and qualifiers, and the definition instead of a declaration.
    ///
    /// # Errors
    /// Broken debug information.
    pub fn strip(&self, ty: TypeId) -> SymbolResult<TypeId> {
        let mut at = ty;
        for _ in 0..DEPTH {
            match &*self.resolve(at)? {
                Type::Typedef { target, .. } | Type::Qualified { target, .. } => at = *target,
                Type::Record(RecordType { declaration: true, name: Some(name), .. }) => {
                    return Ok(self.type_definition(name).unwrap_or(at));
                }
                Type::Enum { declaration: true, name: Some(name), .. } => {
                    return Ok(self.type_definition(name).unwrap_or(at));
                }
                _ => return Ok(at),
            }
        }
        Err(SymbolError::Budget(DEPTH as u64))
    }

    /// Returns the bytes of a value of this type; 0 if unknown.
    ///
    /// # Errors
    /// Broken debug information, a type that contains itself.
    pub fn size_of(&self, ty: TypeId) -> SymbolResult<u32> {
        self.size_below(ty, DEPTH)
    }

    fn size_below(&self, ty: TypeId, depth: usize) -> SymbolResult<u32> {
        let depth = depth.checked_sub(1).ok_or(SymbolError::Budget(DEPTH as u64))?;
        let ty = self.strip(ty)?;
        Ok(match &*self.resolve(ty)? {
            Type::Base { size, .. } | Type::Pointer { size, .. } | Type::Enum { size, .. } => *size,
            Type::Unknown { size, .. } => *size,
            Type::Record(r) => r.size,
            Type::Array { element, dims } => {
                let one = u64::from(self.size_below(*element, depth)?);
                let all = dims.iter().try_fold(one, |n, d| n.checked_mul(u64::from(d.unwrap_or(0))));
                all.and_then(|n| u32::try_from(n).ok())
                    .ok_or_else(|| SymbolError::Type("an array larger than memory".into()))?
            }
            Type::Void | Type::Function { .. } => 1,
            Type::Typedef { .. } | Type::Qualified { .. } => 0,
        })
    }

    /// Returns a member by name, including those of unnamed members and base classes. Its offset counts from the start
    /// of `ty`.
    ///
    /// # Errors
    /// [`SymbolError::NoMember`], broken debug information.
    pub fn member(&self, ty: TypeId, name: &str) -> SymbolResult<Member> {
        let found = self.member_below(ty, name, 16, &mut Budget::new(1 << 12))?;
        found.ok_or_else(|| SymbolError::NoMember { ty: self.type_name(ty), member: name.into() })
    }

    fn member_below(
        &self,
        ty: TypeId,
        name: &str,
        depth: usize,
        budget: &mut Budget,
    ) -> SymbolResult<Option<Member>> {
        let Some(depth) = depth.checked_sub(1) else { return Ok(None) };
        budget.spend(1)?;
        let ty = self.strip(ty)?;
        let Type::Record(record) = &*self.resolve(ty)? else { return Ok(None) };
        if let Some(found) = record.members.iter().find(|m| m.name.as_deref() == Some(name) && !m.base) {
            return Ok(Some(found.clone()));
        }
        let cases = record.variants.iter().flat_map(|v| v.cases.iter().map(|c| &c.1));
        if let Some(found) = cases.clone().find(|m| m.name.as_deref() == Some(name)) {
            return Ok(Some(found.clone()));
        }
        for inner in record.members.iter().filter(|m| m.base || m.name.is_none()) {
            if let Some(found) = self.member_below(inner.ty, name, depth, budget)? {
                return Ok(Some(Member { offset: found.offset.wrapping_add(inner.offset), ..found }));
            }
        }
        Ok(None)
    }

    /// Returns offset and type of `a.b[2].c` in a value of type `ty`; does not follow pointers.
    ///
    /// # Errors
    /// [`SymbolError::NoMember`], [`SymbolError::Type`], [`SymbolError::Syntax`], broken debug information.
    pub fn member_path(&self, ty: TypeId, path: &str) -> SymbolResult<(u32, TypeId)> {
        let (mut at, mut ty) = (0u32, ty);
        for part in path.split('.').filter(|p| !p.is_empty()) {
            let (name, mut indices) = part.find('[').map_or((part, ""), |n| part.split_at(n));
            if !name.is_empty() {
                let member = self.member(ty, name)?;
                (at, ty) = (at.wrapping_add(member.offset), member.ty);
            }
            while let Some(rest) = indices.strip_prefix('[') {
                let bad = || SymbolError::Syntax(format!("no index in \"{part}\""));
                let (number, rest) = rest.split_once(']').ok_or_else(bad)?;
                let (element, size) = self.element(ty)?;
                let index: u32 = number.trim().parse().map_err(|_| bad())?;
                (at, ty) = (at.wrapping_add(index.wrapping_mul(size)), element);
                indices = rest;
            }
        }
        Ok((at, ty))
    }

    /// Returns type and size of an array's elements; those of a two-dimensional array are arrays.
    ///
    /// # Errors
    /// [`SymbolError::Type`] if it is not an array, broken debug information.
    pub fn element(&self, ty: TypeId) -> SymbolResult<(TypeId, u32)> {
        let stripped = self.strip(ty)?;
        match &*self.resolve(stripped)? {
            Type::Array { element, dims } if dims.len() > 1 => {
                let inner = self.intern(Type::Array { element: *element, dims: dims[1..].to_vec() });
                Ok((inner, self.size_of(inner)?))
            }
            Type::Array { element, .. } => Ok((*element, self.size_of(*element)?)),
            Type::Pointer { target, .. } => Ok((*target, self.size_of(*target)?)),
            _ => Err(SymbolError::Type(format!("{} is not an array", self.type_name(ty)))),
        }
    }
}
