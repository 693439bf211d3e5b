//! Expressions as typed into a watch pane: `pxCurrentTCBs[0]->pcTaskName`, `*p`, `&x`, `(uint32_t)y + 4`.

mod eval;
mod lex;
mod parse;

use super::error::SymbolResult;
use super::set::Symbols;
use super::values::{FrameContext, Value, ValueMemory};

/// Longest expression, in bytes.
const LONGEST: usize = 4096;

impl Symbols {
    /// Evaluates a C expression: names, numbers, `. -> [] * & ~ ! -`, casts, `sizeof`, arithmetic and comparisons,
    /// GDB's `array@count` and registers `$a2`. Names are looked up among the frame's locals, then variables,
    /// enumerators, functions, and symbols without a type (which are words).
    ///
    /// Writes nothing and calls no function.
    ///
    /// # Errors
    /// Errors of the expression; memory that cannot be read.
    pub fn evaluate(
        &self,
        text: &str,
        memory: &dyn ValueMemory,
        frame: Option<&dyn FrameContext>,
    ) -> SymbolResult<Value> {
        self.evaluate_in(text, memory, frame.map(|f| (f, 0)))
    }

    /// Like [`Symbols::evaluate`], in frame `level` of the calls inlined there.
    ///
    /// # Errors
    /// As [`Symbols::evaluate`].
    pub fn evaluate_in(
        &self,
        text: &str,
        memory: &dyn ValueMemory,
        frame: Option<(&dyn FrameContext, usize)>,
    ) -> SymbolResult<Value> {
        if text.len() > LONGEST {
            return Err(super::SymbolError::Syntax(format!(
                "an expression of {} bytes is too long",
                text.len()
            )));
        }
        let tree = parse::parse(self, &lex::tokens(text)?)?;
        eval::Eval { symbols: self, memory, frame }.value(&tree)
    }
}
