//! Parameters and local variables at a PC.

use super::die::{Die, Dies};
use super::error::{SymbolError, SymbolResult};
use super::location;
use super::scopes::{Scope, ScopeKind};
use super::set::Symbols;
use super::types::TypeId;
use super::values::{FrameContext, Value, ValuePlace};
use gimli::{AttributeValue, constants};

/// Most DIEs that are read in one scope.
const MOST: usize = 1 << 16;

/// A parameter or local variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: TypeId,
    /// True for a parameter.
    pub parameter: bool,
    /// Its DIE.
    die: u32,
    /// The function's DIE, for the frame base.
    function: u32,
}

impl Symbols {
    /// Returns the parameters, then the variables (those of inner blocks first) that are visible at `pc` in frame
    /// `level` of [`Symbols::frames_at`]: 0 is the innermost inlined call.
    #[must_use]
    pub fn locals_at(&self, pc: u32, level: usize) -> Vec<Local> {
        for (number, elf) in self.around(pc) {
            for (_, _, n) in elf.unit_ranges.at(pc) {
                let Some(unit) = elf.units.get(n as usize) else { continue };
                let chain = elf.scopes(unit).chain(pc);
                let Some(function) = chain.first() else { continue };
                let scopes = of_level(&chain, level);
                return collect(&Dies::new(elf), number, &scopes, function.die);
            }
        }
        Vec::new()
    }

    /// Returns the current location of a local.
    ///
    /// # Errors
    /// [`SymbolError::OptimizedOut`], [`SymbolError::Frame`] if the frame does not know a register, broken debug
    /// information.
    pub fn locate(&self, local: &Local, frame: &dyn FrameContext) -> SymbolResult<ValuePlace> {
        let elf = self.elfs().get(usize::from(local.ty.elf)).ok_or(SymbolError::OptimizedOut)?;
        let dies = Dies::new(elf);
        let die = dies.get(local.die)?;
        if let Some(value) = constant(&die) {
            return Ok(value);
        }
        let place = location::Evaluate { dies: &dies, frame, function: local.function };
        place.attribute(&die, constants::DW_AT_location)
    }

    /// Returns a local's value.
    ///
    /// # Errors
    /// As [`Symbols::locate`].
    pub fn local_value(&self, local: &Local, frame: &dyn FrameContext) -> SymbolResult<Value> {
        Ok(Value { ty: local.ty, place: self.locate(local, frame)?, bits: None })
    }
}

/// Returns the scopes of one frame, innermost first: its blocks and the function or inlined call that contains them.
fn of_level<'a>(chain: &[&'a Scope], level: usize) -> Vec<&'a Scope> {
    let mut out = Vec::new();
    let mut at = 0;
    for scope in chain.iter().rev() {
        if at == level {
            out.push(*scope);
        }
        if scope.kind != ScopeKind::Block {
            if at == level {
                break;
            }
            at += 1;
        }
    }
    out
}

fn collect(dies: &Dies<'_>, elf: u16, scopes: &[&Scope], function: u32) -> Vec<Local> {
    let (mut parameters, mut variables): (Vec<Local>, Vec<Local>) = (Vec::new(), Vec::new());
    for scope in scopes {
        let Ok(die) = dies.get(scope.die) else { continue };
        // If the children of a scope cannot be read, its locals are omitted.
        for child in dies.children(&die, MOST).unwrap_or_default() {
            let parameter = child.tag == constants::DW_TAG_formal_parameter;
            if !parameter && child.tag != constants::DW_TAG_variable {
                continue;
            }
            let Some(name) = dies.name(&child) else { continue };
            let ty = TypeId { elf, die: dies.type_of(&child).unwrap_or(0) };
            let local = Local { name: name.into(), ty, parameter, die: child.offset, function };
            // A name in an inner scope hides the same name in outer scopes, also a parameter's.
            if !parameters.iter().chain(&variables).any(|l| l.name == local.name) {
                if parameter { &mut parameters } else { &mut variables }.push(local);
            }
        }
    }
    parameters.append(&mut variables);
    parameters
}

/// Returns the value of a variable that is a constant.
fn constant(die: &Die<'_>) -> Option<ValuePlace> {
    let bytes = match die.attr(constants::DW_AT_const_value)? {
        AttributeValue::Block(b) => b.slice().to_vec(),
        AttributeValue::String(s) => s.slice().to_vec(),
        _ => super::die::constant(die, constants::DW_AT_const_value)?.to_le_bytes().to_vec(),
    };
    Some(ValuePlace::Value(bytes.into_iter().map(Some).collect()))
}
