//! Variables with one location for the whole run: globals and statics.

use super::die::{Die, Dies};
use super::elf::Elf;
use super::names::{Entry, NameKind};
use super::set::Symbols;
use super::types::TypeId;
use gimli::{AttributeValue, Operation, constants};

/// A variable in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Name with its namespaces.
    pub name: String,
    /// First byte.
    pub addr: u32,
    /// Its type.
    pub ty: TypeId,
    /// A static variable of a function.
    pub local: bool,
    /// The file's name.
    pub elf: String,
}

impl Symbols {
    /// Returns a variable by name. Of several, it is the one outside of functions, in the file that was loaded last.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<Variable> {
        self.latest().find_map(|(n, e)| {
            let dies = Dies::new(e);
            e.names().find(e, name, NameKind::Variable).find_map(|x| variable(&dies, n, x))
        })
    }

    /// Returns all variables of a name: statics of different source files may share one.
    #[must_use]
    pub fn variables_named(&self, name: &str) -> Vec<Variable> {
        let of = |(n, e): (u16, &Elf)| {
            let dies = Dies::new(e);
            e.names()
                .find(e, name, NameKind::Variable)
                .filter_map(|x| variable(&dies, n, x))
                .collect::<Vec<_>>()
        };
        self.latest().flat_map(of).collect()
    }

    /// Returns all variables of all files, by name within a file.
    #[must_use]
    pub fn variables(&self) -> Vec<Variable> {
        let of = |(n, e): (u16, &Elf)| {
            let dies = Dies::new(e);
            e.names().all(NameKind::Variable).filter_map(|x| variable(&dies, n, x)).collect::<Vec<_>>()
        };
        self.latest().flat_map(of).collect()
    }
}

fn variable(dies: &Dies<'_>, elf: u16, entry: &Entry) -> Option<Variable> {
    let die = dies.get(entry.die).ok()?;
    let addr = address(dies, &die)?;
    let ty = TypeId { elf, die: dies.type_of(&die)? };
    let name = dies.elf.names().full(dies.elf, entry);
    Some(Variable { name, addr, ty, local: entry.inner, elf: dies.elf.name().into() })
}

/// Returns the address of a variable whose location is a plain address.
pub(super) fn address(dies: &Dies<'_>, die: &Die<'_>) -> Option<u32> {
    let AttributeValue::Exprloc(expression) = die.attr(constants::DW_AT_location)? else { return None };
    let unit = dies.unit(die.offset).ok()?;
    let mut ops = expression.operations(unit.encoding());
    let addr = match ops.next().ok()?? {
        Operation::Address { address } => address,
        Operation::AddressIndex { index } => dies.dwarf.address(&unit, index).ok()?,
        _ => return None,
    };
    // The linker dropped a variable at address 0.
    let addr = u32::try_from(addr).ok().filter(|a| *a != 0)?;
    ops.next().ok()?.is_none().then_some(addr)
}
