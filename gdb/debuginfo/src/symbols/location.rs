//! Evaluates DWARF expressions to the location of a variable in a frame.

use super::die::{Die, Dies};
use super::elf::R;
use super::error::{SymbolError, SymbolResult};
use super::values::{FrameContext, ValuePlace};
use gimli::{
    AttributeValue, Evaluation, EvaluationResult as Need, Expression, Location, UnitOffset, Value, ValueType,
    constants,
};

/// Most operations in one expression, and most inputs it may require; real ones have a few dozen.
const STEPS: u32 = 10_000;
/// Most bytes of a value composed of pieces.
const MOST: u64 = 1 << 16;

/// Context for evaluating expressions.
pub(super) struct Evaluate<'s, 'a> {
    pub dies: &'s Dies<'a>,
    pub frame: &'s dyn FrameContext,
    /// The DIE of the function with the frame base.
    pub function: u32,
}

impl<'a> Evaluate<'_, 'a> {
    /// Returns the place described by an attribute, which is an expression or a location list by PC.
    pub(super) fn attribute(&self, die: &Die<'a>, name: gimli::DwAt) -> SymbolResult<ValuePlace> {
        // Without a location, the variable was optimized out.
        let (_, value) = self.dies.inherited(die, name).ok_or(SymbolError::OptimizedOut)?;
        let unit = self.dies.unit(die.offset)?;
        let expression = self.expression(&unit, value)?;
        self.place(&unit, expression, true)
    }

    fn expression(
        &self,
        unit: &gimli::Unit<R<'a>>,
        value: AttributeValue<R<'a>>,
    ) -> SymbolResult<Expression<R<'a>>> {
        match value {
            AttributeValue::Exprloc(e) => return Ok(e),
            AttributeValue::Block(b) => return Ok(Expression(b)),
            _ => {}
        }
        let err = |e: gimli::Error| self.broken(e);
        let list = self.dies.dwarf.attr_locations(unit, value).map_err(err)?;
        let mut list = list.ok_or(SymbolError::OptimizedOut)?;
        let pc = u64::from(self.frame.pc());
        for _ in 0..STEPS {
            let Some(entry) = list.next().map_err(err)? else { break };
            if entry.range.begin <= pc && pc < entry.range.end {
                return Ok(entry.data);
            }
        }
        Err(SymbolError::OptimizedOut)
    }

    fn place(
        &self,
        unit: &gimli::Unit<R<'a>>,
        expression: Expression<R<'a>>,
        based: bool,
    ) -> SymbolResult<ValuePlace> {
        let err = |e: gimli::Error| self.broken(e);
        let mut run = expression.evaluation(unit.encoding());
        run.set_max_iterations(STEPS);
        let mut need = run.evaluate().map_err(err)?;
        for _ in 0..STEPS {
            if let Need::Complete = need {
                return self.result(run.as_result());
            }
            need = self.resume(unit, &mut run, need, based)?;
        }
        Err(SymbolError::Budget(STEPS.into()))
    }

    /// Provides the input that an expression requires, and resumes it.
    fn resume(
        &self,
        unit: &gimli::Unit<R<'a>>,
        run: &mut Evaluation<R<'a>>,
        need: Need<R<'a>>,
        based: bool,
    ) -> SymbolResult<Need<R<'a>>> {
        let next = match need {
            Need::RequiresMemory { address, size, base_type, .. } => {
                let word = self.memory(address, size)?;
                run.resume_with_memory(self.typed(unit, base_type, word)?)
            }
            Need::RequiresRegister { register, base_type } => {
                let word = self.register(register.0)?;
                run.resume_with_register(self.typed(unit, base_type, word.into())?)
            }
            Need::RequiresFrameBase if based => run.resume_with_frame_base(self.frame_base()?.into()),
            Need::RequiresCallFrameCfa => {
                let cfa = self.frame.cfa().ok_or_else(|| SymbolError::Frame("the frame's address".into()))?;
                run.resume_with_call_frame_cfa(cfa.into())
            }
            Need::RequiresRelocatedAddress(a) => run.resume_with_relocated_address(a),
            Need::RequiresIndexedAddress { index, .. } => {
                let addr = self.dies.dwarf.address(unit, index).map_err(|e| self.broken(e))?;
                run.resume_with_indexed_address(addr)
            }
            Need::RequiresBaseType(at) => run.resume_with_base_type(self.base_type(unit, at)?),
            // The value of a register at the function's entry is only known to its caller.
            Need::RequiresEntryValue(_) | Need::RequiresParameterRef(_) => {
                return Err(SymbolError::OptimizedOut);
            }
            other => return Err(self.broken(format!("{other:?} is not supported"))),
        };
        next.map_err(|e| self.broken(e))
    }

    fn broken(&self, why: impl std::fmt::Display) -> SymbolError {
        SymbolError::dwarf(self.function as usize, why)
    }

    /// Reads a number of `size` bytes, at most 8.
    fn memory(&self, address: u64, size: u8) -> SymbolResult<u64> {
        let mut bytes = [0; 8];
        let addr = u32::try_from(address).map_err(|_| SymbolError::Memory(u32::MAX))?;
        let size = usize::from(size).min(8);
        if self.frame.memory().read(addr, &mut bytes[..size]) < size {
            return Err(SymbolError::Memory(addr));
        }
        Ok(u64::from_le_bytes(bytes))
    }

    fn register(&self, number: u16) -> SymbolResult<u32> {
        let name =
            || if number < 16 { format!("register a{number}") } else { format!("DWARF register {number}") };
        self.frame.register(number).ok_or_else(|| SymbolError::Frame(name()))
    }

    /// Returns the base address of `DW_OP_fbreg`.
    fn frame_base(&self) -> SymbolResult<u32> {
        let die = self.dies.get(self.function)?;
        let value = die
            .attr(constants::DW_AT_frame_base)
            .ok_or_else(|| SymbolError::Frame("the frame base".into()))?;
        let unit = self.dies.unit(self.function)?;
        let expression = self.expression(&unit, value)?;
        match self.place(&unit, expression, false)? {
            // Here a register location means the register's contents.
            ValuePlace::Memory(addr) | ValuePlace::Register(_, addr) => Ok(addr),
            ValuePlace::Value(bytes) => {
                let word: Option<Vec<u8>> = bytes.iter().take(4).copied().collect();
                let word = word.and_then(|w| w.try_into().ok()).ok_or(SymbolError::OptimizedOut)?;
                Ok(u32::from_le_bytes(word))
            }
        }
    }

    fn typed(&self, unit: &gimli::Unit<R<'a>>, at: UnitOffset, raw: u64) -> SymbolResult<Value> {
        let ty = self.base_type(unit, at)?;
        Value::from_u64(ty, raw).map_err(|e| SymbolError::dwarf(self.function as usize, e))
    }

    fn base_type(&self, unit: &gimli::Unit<R<'a>>, at: UnitOffset) -> SymbolResult<ValueType> {
        if at.0 == 0 {
            return Ok(ValueType::Generic);
        }
        let err = |e: gimli::Error| self.broken(e);
        let entry = unit.entry(at).map_err(err)?;
        Ok(ValueType::from_entry(&entry).map_err(err)?.unwrap_or(ValueType::Generic))
    }

    fn result(&self, pieces: &[gimli::Piece<R<'a>>]) -> SymbolResult<ValuePlace> {
        match pieces {
            [] => Err(SymbolError::OptimizedOut),
            [one] if one.size_in_bits.is_none() => self.whole(&one.location),
            many => self.pieces(many),
        }
    }

    fn whole(&self, location: &Location<R<'a>>) -> SymbolResult<ValuePlace> {
        Ok(match location {
            Location::Address { address } => {
                ValuePlace::Memory(u32::try_from(*address).map_err(|_| SymbolError::Memory(u32::MAX))?)
            }
            Location::Register { register } => ValuePlace::Register(register.0, self.register(register.0)?),
            Location::Value { value } => {
                let raw = value.to_u64(u64::MAX).map_err(|e| SymbolError::dwarf(self.function as usize, e));
                ValuePlace::Value(raw.unwrap_or_else(|_| float_bits(value)).to_le_bytes().map(Some).to_vec())
            }
            Location::Bytes { value } => ValuePlace::Value(value.slice().iter().map(|b| Some(*b)).collect()),
            Location::Empty | Location::ImplicitPointer { .. } => return Err(SymbolError::OptimizedOut),
        })
    }

    /// Composes a value from pieces; pieces that are not whole bytes are treated as optimized out.
    fn pieces(&self, pieces: &[gimli::Piece<R<'a>>]) -> SymbolResult<ValuePlace> {
        let mut out = Vec::new();
        for piece in pieces {
            let size = piece.size_in_bits.unwrap_or(32) / 8;
            if out.len() as u64 + size > MOST {
                return Err(SymbolError::Budget(MOST));
            }
            let whole_bytes =
                piece.size_in_bits.is_none_or(|b| b % 8 == 0) && piece.bit_offset.is_none_or(|o| o == 0);
            let place = if whole_bytes { self.whole(&piece.location).ok() } else { None };
            out.extend((0..size as usize).map(|n| self.byte(place.as_ref()?, n)));
        }
        Ok(ValuePlace::Value(out))
    }

    fn byte(&self, place: &ValuePlace, n: usize) -> Option<u8> {
        match place {
            ValuePlace::Register(_, word) => word.to_le_bytes().get(n).copied(),
            ValuePlace::Value(bytes) => bytes.get(n).copied().flatten(),
            ValuePlace::Memory(addr) => {
                let mut byte = [0];
                (self.frame.memory().read(addr.wrapping_add(n as u32), &mut byte) == 1).then_some(byte[0])
            }
        }
    }
}

fn float_bits(value: &Value) -> u64 {
    match value {
        Value::F32(f) => f.to_bits().into(),
        Value::F64(f) => f.to_bits(),
        _ => 0,
    }
}
