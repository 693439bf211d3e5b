//! Operations with side effects: collecting data for a trace frame and accessing trace state variables.

use super::{AgentError, Result, Run};

/// The side effects available to an expression other than a breakpoint's condition.
pub trait Effects {
    /// Returns a trace state variable's value, or `None` if it does not exist.
    fn variable(&self, number: u16) -> Option<u64>;
    /// Sets a trace state variable. Returns false if it does not exist.
    fn set_variable(&mut self, number: u16, value: u64) -> bool;
    /// Collects a trace state variable's value.
    ///
    /// # Errors
    /// [`AgentError::Variable`] if it does not exist; [`AgentError::Full`] if the buffer is full.
    fn collect_variable(&mut self, number: u16) -> Result<()>;
    /// Collects `bytes` bytes at `addr`.
    ///
    /// # Errors
    /// [`AgentError::Memory`] if the memory is not readable; [`AgentError::Full`] if the buffer is full.
    fn collect(&mut self, addr: u32, bytes: u64) -> Result<()>;
    /// Collects a string up to and including its zero byte, at most `max` bytes.
    ///
    /// # Errors
    /// Same as [`Effects::collect`].
    fn collect_string(&mut self, addr: u32, max: u64) -> Result<()>;
    /// Prints text. Returns false if there is no output for it.
    fn print(&mut self, _text: &str) -> bool {
        false
    }
}

impl<'e> Run<'_, 'e> {
    /// Executes an operation with side effects (GDB manual, "Bytecode Descriptions").
    pub(super) fn effect(&mut self, op: u8) -> Result<()> {
        self.allowed(op)?;
        match op {
            0x0C | 0x2F => {
                let bytes = self.pop()?;
                let addr = self.pop()? as u32;
                let effects = self.allowed(op)?;
                if op == 0x0C { effects.collect(addr, bytes) } else { effects.collect_string(addr, bytes) }
            }
            0x0D | 0x30 => {
                let bytes = self.number(if op == 0x0D { 1 } else { 2 })?;
                let addr = *self.stack.last().ok_or(AgentError::Stack)? as u32;
                self.allowed(op)?.collect(addr, bytes)
            }
            0x2C..=0x2E => self.on_variable(op),
            0x34 => self.printf(),
            other => Err(AgentError::Operation(other)),
        }
    }

    /// Returns the side effects.
    ///
    /// # Errors
    /// [`AgentError::Operation`] if none are allowed here.
    pub(super) fn allowed(&mut self, op: u8) -> Result<&mut (dyn Effects + 'e)> {
        self.effects.as_deref_mut().ok_or(AgentError::Operation(op))
    }

    /// Executes `getv`, `setv` or `tracev`.
    fn on_variable(&mut self, op: u8) -> Result<()> {
        let number = self.number(2)? as u16;
        let top = self.stack.last().copied();
        let effects = self.allowed(op)?;
        match op {
            0x2C => {
                let value = effects.variable(number).ok_or(AgentError::Variable(number))?;
                self.push(value)
            }
            0x2D if effects.set_variable(number, top.ok_or(AgentError::Stack)?) => Ok(()),
            0x2E => effects.collect_variable(number),
            _ => Err(AgentError::Variable(number)),
        }
    }
}
