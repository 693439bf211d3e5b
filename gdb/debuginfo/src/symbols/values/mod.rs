//! Values: the location of their bytes, and reading them.

mod children;
mod format;
mod number;
mod rust;
mod text;

pub use children::Child;
pub use format::ValueFormat;
pub use number::Number;

use super::error::{SymbolError, SymbolResult};
use super::set::Symbols;
use super::types::TypeId;

/// Memory of the machine, read without side effects.
pub trait ValueMemory {
    /// Reads from `addr` on; returns the number of bytes read, which is less where no memory can be read.
    fn read(&self, addr: u32, buf: &mut [u8]) -> usize;
}

impl<F: Fn(u32, &mut [u8]) -> usize> ValueMemory for F {
    fn read(&self, addr: u32, buf: &mut [u8]) -> usize {
        self(addr, buf)
    }
}

/// A stack frame, as an unwinder provides it.
pub trait FrameContext {
    /// Returns the address to look up: for a caller, inside the call instruction rather than behind it.
    fn pc(&self) -> u32;
    /// Returns a register by its DWARF number: 0 to 15 are `a0` to `a15` of this frame's window.
    fn register(&self, number: u16) -> Option<u32>;
    /// Returns the current contents of a register that a user names, which may differ from what the debug information
    /// means.
    fn named(&self, number: u16) -> Option<u32> {
        self.register(number)
    }
    /// Returns the stack pointer before this frame was created (DWARF's canonical frame address).
    fn cfa(&self) -> Option<u32>;
    /// Returns the memory.
    fn memory(&self) -> &dyn ValueMemory;
}

/// Location of a value's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValuePlace {
    /// At an address.
    Memory(u32),
    /// In a register, by DWARF number, with its contents.
    Register(u16, u32),
    /// Not stored: computed, or composed of pieces; `None` is a byte that was optimized out.
    Value(Vec<Option<u8>>),
}

/// A typed value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// Its type.
    pub ty: TypeId,
    /// Location of its bytes.
    pub place: ValuePlace,
    /// A bit field: lowest bit and number of bits.
    pub bits: Option<(u32, u32)>,
}

/// Most bytes of one value that are read at once.
const MOST: u32 = 1 << 20;

impl Value {
    /// Creates the value of a variable at an address.
    #[must_use]
    pub fn at(ty: TypeId, addr: u32) -> Self {
        Self { ty, place: ValuePlace::Memory(addr), bits: None }
    }

    /// Creates a value that is not stored anywhere.
    #[must_use]
    pub fn computed(ty: TypeId, bytes: &[u8]) -> Self {
        Self { ty, place: ValuePlace::Value(bytes.iter().map(|b| Some(*b)).collect()), bits: None }
    }

    /// Returns its address, if it has one.
    #[must_use]
    pub fn addr(&self) -> Option<u32> {
        match self.place {
            ValuePlace::Memory(addr) => Some(addr),
            _ => None,
        }
    }

    /// Returns the part of it at `offset` in bytes.
    #[must_use]
    pub fn part(&self, offset: u32, ty: TypeId, bits: Option<(u32, u32)>) -> Self {
        let place = match &self.place {
            ValuePlace::Memory(addr) => ValuePlace::Memory(addr.wrapping_add(offset)),
            ValuePlace::Register(n, word) if offset == 0 => ValuePlace::Register(*n, *word),
            ValuePlace::Register(_, word) => tail(&word.to_le_bytes().map(Some), offset),
            ValuePlace::Value(bytes) => tail(bytes, offset),
        };
        Self { ty, place, bits }
    }

    /// Returns its first `size` bytes.
    ///
    /// # Errors
    /// [`SymbolError::Memory`] with the first address that cannot be read, [`SymbolError::OptimizedOut`].
    pub fn bytes(&self, memory: &dyn ValueMemory, size: u32) -> SymbolResult<Vec<u8>> {
        if size > MOST {
            return Err(SymbolError::Type(format!("{size} bytes are too many for one value")));
        }
        match &self.place {
            ValuePlace::Memory(addr) => {
                let mut buf = vec![0; size as usize];
                let n = memory.read(*addr, &mut buf);
                if n < buf.len() { Err(SymbolError::Memory(addr.wrapping_add(n as u32))) } else { Ok(buf) }
            }
            ValuePlace::Register(_, word) => {
                let word = word.to_le_bytes();
                Ok((0..size as usize).map(|n| word.get(n).copied().unwrap_or(0)).collect())
            }
            ValuePlace::Value(bytes) => {
                let all = bytes.get(..size as usize).ok_or(SymbolError::OptimizedOut)?;
                all.iter().copied().collect::<Option<_>>().ok_or(SymbolError::OptimizedOut)
            }
        }
    }
}

fn tail(bytes: &[Option<u8>], offset: u32) -> ValuePlace {
    ValuePlace::Value(bytes.get(offset as usize..).unwrap_or_default().to_vec())
}

impl Symbols {
    /// Returns the number in a value of a number, pointer or enumeration type.
    ///
    /// # Errors
    /// [`SymbolError::Type`] for other types, memory that cannot be read.
    pub fn number(&self, value: &Value, memory: &dyn ValueMemory) -> SymbolResult<Number> {
        number::read(self, value, memory)
    }

    /// Returns the member `name` of a structure's value.
    ///
    /// # Errors
    /// [`SymbolError::NoMember`], broken debug information.
    pub fn member_of(&self, value: &Value, name: &str) -> SymbolResult<Value> {
        let member = self.member(value.ty, name)?;
        Ok(value.part(member.offset, member.ty, member.bits))
    }

    /// Returns the target of a pointer's value.
    ///
    /// # Errors
    /// [`SymbolError::Type`] if it is not a pointer, memory that cannot be read.
    pub fn deref(&self, value: &Value, memory: &dyn ValueMemory) -> SymbolResult<Value> {
        let (target, _) = self.pointee(value.ty)?;
        let addr = match self.array_start(value)? {
            Some(addr) => addr,
            None => self.number(value, memory)?.to_u32(),
        };
        Ok(Value::at(target, addr))
    }

    /// Returns an array's address, which represents the array where a pointer is expected.
    pub(super) fn array_start(&self, value: &Value) -> SymbolResult<Option<u32>> {
        let ty = self.strip(value.ty)?;
        let is_array = matches!(&*self.resolve(ty)?, super::Type::Array { .. });
        Ok(value.addr().filter(|_| is_array))
    }

    /// Returns type and size of a pointer's target or of an array's elements.
    pub(super) fn pointee(&self, ty: TypeId) -> SymbolResult<(TypeId, u32)> {
        self.element(ty)
    }
}
