//! `--engine`: the engine for the guest's code.

use super::terminal;
use clap::ValueEnum;
use esplens_soc::machine::EngineKind;

/// Engine for the guest's code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum EngineChoice {
    /// The interpreter.
    Interp,
    /// Interpreter, with machine code for frequently run code.
    #[default]
    Jit,
}

impl EngineChoice {
    /// Returns the machine's engine. Prints a message if the host does not allow the requested one.
    pub fn kind(self) -> EngineKind {
        match self {
            Self::Interp => EngineKind::Interp,
            Self::Jit => match EngineKind::Jit.check() {
                Ok(()) => EngineKind::Jit,
                Err(why) => {
                    terminal::message(&format!("cannot translate to machine code, interpreting: {why}"));
                    EngineKind::Interp
                }
            },
        }
    }
}
