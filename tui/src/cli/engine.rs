//! `--engine`: what runs the guest's code.

use super::terminal;
use clap::ValueEnum;
use esplens_soc::machine::EngineKind;

/// What runs the guest's code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// The interpreter.
    Interp,
    /// The interpreter, and machine code for what runs often.
    #[default]
    Jit,
}

impl Engine {
    /// The machine's engine. Says so where the host does not allow the one asked for.
    pub fn kind(self) -> EngineKind {
        match self {
            Self::Interp => EngineKind::Interp,
            Self::Jit => match EngineKind::Jit.check() {
                Ok(()) => EngineKind::Jit,
                Err(why) => {
                    terminal::message(&format!("no translation to machine code here, interpreting: {why}"));
                    EngineKind::Interp
                }
            },
        }
    }
}
