//! GDB's agent expressions (GDB manual, appendix "The GDB Agent Expression Mechanism"): bytecode for a stack machine
//! with 64-bit values. It reads registers and memory without side effects. Evaluation is bounded for any bytecode.

mod effects;
mod printf;

pub use effects::Effects;

/// Maximum number of values on the stack.
const MAX_STACK: usize = 100;
/// Maximum number of operations in one evaluation; longer loops end with an error.
const MAX_STEPS: usize = 10_000;
/// Maximum length of an expression, in bytes.
pub const MAX_BYTES: usize = 0x4000;

/// The registers and memory that an expression reads.
pub trait EvalContext {
    /// Reads a register by GDB's number. Returns `None` if there is no such register.
    fn register(&self, number: u16) -> Option<u64>;
    /// Reads memory at `addr` without side effects. Returns false if any of it cannot be read.
    fn memory(&self, addr: u32, out: &mut [u8]) -> bool;
}

/// Reason why an expression has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AgentError {
    /// Execution ran or jumped past the last byte.
    #[error("the expression has no byte {0}")]
    End(usize),
    /// The opcode is unknown, uses floating point, or has side effects where none are allowed.
    #[error("operation {0:#04x} is not supported")]
    Operation(u8),
    /// The stack underflowed or overflowed.
    #[error("stack underflow or overflow in the expression")]
    Stack,
    /// Division by zero.
    #[error("division by zero")]
    Division,
    /// No such register.
    #[error("there is no register {0}")]
    Register(u16),
    /// The address is not readable.
    #[error("nothing answers at {0:#010x}")]
    Memory(u32),
    /// No such trace state variable.
    #[error("there is no trace state variable {0}")]
    Variable(u16),
    /// The collected data does not fit in the trace buffer.
    #[error("the trace buffer is full")]
    Full,
    /// The format has an unknown directive, lacks an argument, or produces too much text.
    #[error("invalid printf format")]
    Format,
    /// The operation limit was reached.
    #[error("more than {MAX_STEPS} operations")]
    Endless,
}

type Result<T> = std::result::Result<T, AgentError>;

/// An agent expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent(Vec<u8>);

impl Agent {
    /// Wraps bytecode. Returns `None` if it is longer than `MAX_BYTES`.
    #[must_use]
    pub fn new(code: Vec<u8>) -> Option<Self> {
        (code.len() <= MAX_BYTES).then_some(Self(code))
    }

    /// Evaluates the expression and returns its value: the top of the stack at its end.
    ///
    /// # Errors
    /// [`AgentError`] if the evaluation fails.
    pub fn evaluate(&self, context: &dyn EvalContext) -> Result<u64> {
        self.run(context, None)?.ok_or(AgentError::Stack)
    }

    /// Executes the expression with its side effects. Returns its value, if it has one.
    ///
    /// # Errors
    /// [`AgentError`] if the evaluation fails; earlier side effects remain.
    pub fn carry_out(&self, context: &dyn EvalContext, effects: &mut dyn Effects) -> Result<Option<u64>> {
        self.run(context, Some(effects))
    }

    fn run(&self, context: &dyn EvalContext, effects: Option<&mut dyn Effects>) -> Result<Option<u64>> {
        let mut run = Run { code: &self.0, at: 0, stack: Vec::new(), context, effects };
        for _ in 0..MAX_STEPS {
            let op = run.number(1)? as u8;
            if op == 0x27 {
                return Ok(run.stack.pop());
            }
            run.step(op)?;
        }
        Err(AgentError::Endless)
    }

    /// Returns the bytecode.
    #[must_use]
    pub fn code(&self) -> &[u8] {
        &self.0
    }
}

struct Run<'a, 'e> {
    code: &'a [u8],
    at: usize,
    stack: Vec<u64>,
    context: &'a dyn EvalContext,
    effects: Option<&'a mut (dyn Effects + 'e)>,
}

impl Run<'_, '_> {
    /// Reads a big-endian operand of `bytes` bytes from the bytecode.
    fn number(&mut self, bytes: usize) -> Result<u64> {
        let end = self.at + bytes;
        let operand = self.code.get(self.at..end).ok_or(AgentError::End(self.code.len()))?;
        self.at = end;
        Ok(operand.iter().fold(0, |v, b| v << 8 | u64::from(*b)))
    }

    fn push(&mut self, value: u64) -> Result<()> {
        if self.stack.len() == MAX_STACK {
            return Err(AgentError::Stack);
        }
        self.stack.push(value);
        Ok(())
    }

    fn pop(&mut self) -> Result<u64> {
        self.stack.pop().ok_or(AgentError::Stack)
    }

    fn unary(&mut self, f: impl FnOnce(u64) -> u64) -> Result<()> {
        let a = self.pop()?;
        self.push(f(a))
    }

    fn binary(&mut self, f: impl FnOnce(u64, u64) -> Option<u64>) -> Result<()> {
        let b = self.pop()?;
        let a = self.pop()?;
        self.push(f(a, b).ok_or(AgentError::Division)?)
    }

    fn jump(&mut self, to: u64) -> Result<()> {
        self.at = to as usize;
        if self.at < self.code.len() { Ok(()) } else { Err(AgentError::End(self.at)) }
    }

    /// Pushes a copy of the value `depth` below the top.
    fn pick(&mut self, depth: usize) -> Result<()> {
        let at = self.stack.len().checked_sub(depth + 1).ok_or(AgentError::Stack)?;
        self.push(self.stack[at])
    }

    /// Rotates the top `n` values by one: the top one moves below the others.
    fn rotate(&mut self, n: usize) -> Result<()> {
        let at = self.stack.len().checked_sub(n).ok_or(AgentError::Stack)?;
        self.stack[at..].rotate_right(1);
        Ok(())
    }

    fn load(&mut self, bytes: usize) -> Result<()> {
        let addr = self.pop()? as u32;
        let mut out = [0; 8];
        if !self.context.memory(addr, &mut out[..bytes]) {
            return Err(AgentError::Memory(addr));
        }
        self.push(u64::from_le_bytes(out))
    }

    fn step(&mut self, op: u8) -> Result<()> {
        match op {
            0x02..=0x0B | 0x0F..=0x11 | 0x13..=0x15 => self.arithmetic(op),
            0x0E => self.unary(|a| u64::from(a == 0)),
            0x12 => self.unary(|a| !a),
            0x16 => {
                let bits = self.number(1)?;
                self.unary(|a| if bits == 0 || bits >= 64 { a } else { (a << (64 - bits)) as i64 as u64 })?;
                self.unary(|a| if bits == 0 || bits >= 64 { a } else { (a as i64 >> (64 - bits)) as u64 })
            }
            0x2A => {
                let bits = self.number(1)?;
                self.unary(|a| if bits >= 64 { a } else { a & ((1 << bits) - 1) })
            }
            0x17..=0x1A => self.load(1 << (op - 0x17)),
            0x20 => {
                let to = self.number(2)?;
                if self.pop()? != 0 { self.jump(to) } else { Ok(()) }
            }
            0x21 => {
                let to = self.number(2)?;
                self.jump(to)
            }
            0x22..=0x25 => {
                let value = self.number(1 << (op - 0x22))?;
                self.push(value)
            }
            0x26 => {
                let n = self.number(2)? as u16;
                let value = self.context.register(n).ok_or(AgentError::Register(n))?;
                self.push(value)
            }
            0x28 => self.pick(0),
            0x29 => self.pop().map(drop),
            0x2B => self.rotate(2),
            0x32 => {
                let depth = self.number(1)?;
                self.pick(depth as usize)
            }
            0x33 => self.rotate(3),
            other => self.effect(other),
        }
    }

    fn arithmetic(&mut self, op: u8) -> Result<()> {
        let signed =
            |f: fn(i64, i64) -> Option<i64>| move |a: u64, b: u64| f(a as i64, b as i64).map(|v| v as u64);
        match op {
            0x02 => self.binary(|a, b| Some(a.wrapping_add(b))),
            0x03 => self.binary(|a, b| Some(a.wrapping_sub(b))),
            0x04 => self.binary(|a, b| Some(a.wrapping_mul(b))),
            0x05 => self.binary(signed(|a, b| (b != 0).then(|| a.wrapping_div(b)))),
            0x06 => self.binary(u64::checked_div),
            0x07 => self.binary(signed(|a, b| (b != 0).then(|| a.wrapping_rem(b)))),
            0x08 => self.binary(u64::checked_rem),
            // A shift by more than the width gives 0, or the sign for the arithmetic shift.
            0x09 => self.binary(|a, b| Some(if b < 64 { a << b } else { 0 })),
            0x0A => self.binary(|a, b| Some((a as i64 >> b.min(63)) as u64)),
            0x0B => self.binary(|a, b| Some(if b < 64 { a >> b } else { 0 })),
            0x0F => self.binary(|a, b| Some(a & b)),
            0x10 => self.binary(|a, b| Some(a | b)),
            0x11 => self.binary(|a, b| Some(a ^ b)),
            0x13 => self.binary(|a, b| Some((a == b).into())),
            0x14 => self.binary(|a, b| Some(((a as i64) < b as i64).into())),
            _ => self.binary(|a, b| Some((a < b).into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Fake;

    impl EvalContext for Fake {
        fn register(&self, number: u16) -> Option<u64> {
            (number < 4).then_some(u64::from(number) * 100)
        }

        fn memory(&self, addr: u32, out: &mut [u8]) -> bool {
            out.iter_mut().enumerate().for_each(|(n, b)| *b = n as u8 + 1);
            addr < 0x1000
        }
    }

    fn value(code: &[u8]) -> Result<u64> {
        Agent::new(code.to_vec()).unwrap().evaluate(&Fake)
    }

    #[test]
    fn operations_do_what_the_manual_says() {
        let ok: [(&[u8], u64); 15] = [
            (&[0x22, 7, 0x22, 3, 0x03, 0x27], 4),
            (&[0x22, 0xFE, 0x16, 8, 0x22, 2, 0x05, 0x27], u64::MAX),
            (&[0x23, 1, 0, 0x22, 7, 0x08, 0x27], 4),
            (&[0x22, 1, 0x22, 5, 0x09, 0x27], 32),
            (&[0x22, 0x80, 0x16, 8, 0x22, 3, 0x0A, 0x27], -16i64 as u64),
            (&[0x22, 0, 0x0E, 0x27], 1),
            (&[0x22, 0xFF, 0x16, 8, 0x22, 0, 0x14, 0x27], 1),
            (&[0x22, 0xFF, 0x16, 8, 0x22, 0, 0x15, 0x27], 0),
            (&[0x22, 16, 0x19, 0x27], 0x0403_0201),
            (&[0x22, 16, 0x1A, 0x27], 0x0807_0605_0403_0201),
            (&[0x26, 0, 3, 0x27], 300),
            (&[0x22, 1, 0x20, 0, 6, 0x27, 0x22, 9, 0x27], 9),
            (&[0x22, 1, 0x22, 2, 0x22, 3, 0x33, 0x29, 0x27], 1),
            (&[0x22, 1, 0x22, 2, 0x2B, 0x03, 0x27], 1),
            (&[0x22, 1, 0x22, 2, 0x32, 1, 0x27], 1),
        ];
        for (code, expected) in ok {
            assert_eq!(value(code), Ok(expected), "{code:02x?}");
        }
    }

    #[test]
    fn what_is_wrong_is_an_error() {
        assert_eq!(value(&[]), Err(AgentError::End(0)));
        assert_eq!(value(&[0x27]), Err(AgentError::Stack));
        assert_eq!(value(&[0x22, 1, 0x22, 0, 0x06, 0x27]), Err(AgentError::Division));
        assert_eq!(value(&[0x26, 1, 0, 0x27]), Err(AgentError::Register(256)));
        assert_eq!(value(&[0x23, 0x10, 0, 0x19, 0x27]), Err(AgentError::Memory(0x1000)));
        assert_eq!(value(&[0x21, 0, 0]), Err(AgentError::Endless));
        assert_eq!(value(&[0x22, 1, 0x21, 0, 0]), Err(AgentError::Stack), "the stack is bounded");
        assert_eq!(value(&[0x0D, 4, 0x27]), Err(AgentError::Operation(0x0D)));
        assert_eq!(Agent::new(vec![0; MAX_BYTES + 1]), None);
    }

    proptest! {
        #[test]
        fn no_bytecode_panics_or_loops(code in proptest::collection::vec(prop_oneof![0u8..0x36, any::<u8>()], 0..200)) {
            // The test passes if the evaluation returns at all; a value requires an end operation.
            if value(&code).is_ok() {
                prop_assert!(code.contains(&0x27));
            }
        }
    }
}
