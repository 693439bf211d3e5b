//! Operations that do more than look: they collect for a trace frame or work with trace state variables.

use super::{AgentError, Result, Run};

/// What an expression may do where it is more than a breakpoint's condition.
pub trait Effects {
    /// A trace state variable's value. `None`: there is none of this number.
    fn variable(&self, number: u16) -> Option<u64>;
    /// Sets a trace state variable. False: there is none of this number.
    fn set_variable(&mut self, number: u16, value: u64) -> bool;
    /// Collects a trace state variable's value.
    ///
    /// # Errors
    /// [`AgentError::Variable`]: there is none of this number; [`AgentError::Full`]: there is no room.
    fn collect_variable(&mut self, number: u16) -> Result<()>;
    /// Collects `bytes` bytes at `addr`.
    ///
    /// # Errors
    /// [`AgentError::Memory`] where nothing answers, [`AgentError::Full`] when there is no room.
    fn collect(&mut self, addr: u32, bytes: u64) -> Result<()>;
    /// Collects a string: up to and with its zero byte, `max` bytes at most.
    ///
    /// # Errors
    /// As [`Effects::collect`].
    fn collect_string(&mut self, addr: u32, max: u64) -> Result<()>;
    /// Says something. False: nobody listens.
    fn print(&mut self, _text: &str) -> bool {
        false
    }
}

impl<'e> Run<'_, 'e> {
    /// Operations with effects (GDB manual, "Bytecode Descriptions").
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

    /// The effects, where there may be any.
    pub(super) fn allowed(&mut self, op: u8) -> Result<&mut (dyn Effects + 'e)> {
        self.effects.as_deref_mut().ok_or(AgentError::Operation(op))
    }

    /// `getv`, `setv`, `tracev`.
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
