//! Evaluates a tracepoint's condition and executes its actions at a hit, on the machine's thread, using peeks only.

use super::{CollectAction, TraceBlock, TraceFrame, Tracepoint, Variables};
use crate::agent::{Effects, EvalContext};
use crate::{Agent, AgentError, PointHit};

/// Number of bytes read at a time while searching a string's end.
const STRING_CHUNK: usize = 64;

/// Size of the register save area below a frame's stack pointer, in bytes.
const SAVE_AREA: usize = 16;

/// Collection for one hit.
pub struct Collector<'a> {
    hit: &'a PointHit<'a>,
    variables: &'a mut Variables,
    frame: TraceFrame,
    /// Maximum size of the frame, in bytes.
    room: usize,
}

impl<'a> Collector<'a> {
    /// Creates a collector for a hit of tracepoint `number`.
    pub fn new(hit: &'a PointHit<'a>, number: u32, variables: &'a mut Variables, room: usize) -> Self {
        Self { hit, variables, frame: TraceFrame::new(number, hit.machine, hit.core), room }
    }

    /// Evaluates the condition. Returns true if the hit counts.
    pub fn wanted(&mut self, condition: Option<&Agent>) -> Result<bool, AgentError> {
        let Some(agent) = condition else { return Ok(true) };
        let hit = self.hit;
        Ok(agent.carry_out(hit, self)?.ok_or(AgentError::Stack)? != 0)
    }

    /// Executes all actions. Returns the collected frame and the first error.
    pub fn collect_all(mut self, point: &Tracepoint) -> (TraceFrame, Result<(), AgentError>) {
        self.save_area();
        let result = point.actions.iter().try_for_each(|action| self.action(action));
        (self.frame, result)
    }

    /// Collects the bytes below the stack pointer where the windowed ABI saves the caller's a0 to a3: GDB needs them to
    /// distinguish stack frames.
    fn save_area(&mut self) {
        let addr = self.frame.stack_pointer().wrapping_sub(SAVE_AREA as u32);
        if self.left() >= Some(SAVE_AREA) {
            let (bytes, _) = self.peek(addr, SAVE_AREA);
            self.keep(addr, bytes);
        }
    }

    fn action(&mut self, action: &CollectAction) -> Result<(), AgentError> {
        let hit = self.hit;
        match action {
            // The frame already contains all registers.
            CollectAction::Registers(_) => Ok(()),
            CollectAction::Memory { base, offset, len } => {
                let base = base.map_or(Ok(0), |n| hit.register(n).ok_or(AgentError::Register(n)))?;
                self.collect((base as u32).wrapping_add(*offset), (*len).into())
            }
            CollectAction::Expression(agent) => agent.carry_out(hit, self).map(drop),
        }
    }

    /// Returns the maximum size of the next block, or `None` if no block fits.
    fn left(&self) -> Option<usize> {
        self.room.checked_sub(self.frame.size() + TraceFrame::BLOCK)
    }

    /// Reads up to `bytes` bytes at `addr`; the error names the first byte that is not readable.
    fn peek(&self, addr: u32, bytes: usize) -> (Vec<u8>, Result<(), AgentError>) {
        let mut out = vec![0; bytes];
        let n = self.hit.machine.peek(self.hit.core, addr, &mut out);
        out.truncate(n);
        (out, if n < bytes { Err(AgentError::Memory(addr.wrapping_add(n as u32))) } else { Ok(()) })
    }

    fn keep(&mut self, addr: u32, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            self.frame.push(TraceBlock::Memory { addr, bytes });
        }
    }
}

impl Effects for Collector<'_> {
    fn variable(&self, number: u16) -> Option<u64> {
        self.variables.value(number, self.hit.machine)
    }

    fn set_variable(&mut self, number: u16, value: u64) -> bool {
        self.variables.set(number, value)
    }

    fn collect_variable(&mut self, number: u16) -> Result<(), AgentError> {
        let value = self.variable(number).ok_or(AgentError::Variable(number))?;
        self.left().ok_or(AgentError::Full)?;
        self.frame.push(TraceBlock::Variable { number, value });
        Ok(())
    }

    fn collect(&mut self, addr: u32, bytes: u64) -> Result<(), AgentError> {
        let bytes =
            usize::try_from(bytes).ok().filter(|b| Some(*b) <= self.left()).ok_or(AgentError::Full)?;
        let (found, result) = self.peek(addr, bytes);
        self.keep(addr, found);
        result
    }

    fn collect_string(&mut self, addr: u32, max: u64) -> Result<(), AgentError> {
        let max = usize::try_from(max).unwrap_or(usize::MAX);
        let mut found = Vec::new();
        let mut result = Ok(());
        while found.len() < max && found.last() != Some(&0) && result.is_ok() {
            let (mut chunk, answer) =
                self.peek(addr.wrapping_add(found.len() as u32), STRING_CHUNK.min(max - found.len()));
            let end = chunk.iter().position(|b| *b == 0);
            chunk.truncate(end.map_or(chunk.len(), |n| n + 1));
            result = if end.is_some() { Ok(()) } else { answer };
            found.extend(chunk);
            if Some(found.len()) > self.left() {
                return Err(AgentError::Full);
            }
        }
        self.keep(addr, found);
        result
    }
}
