//! `system_reset` and `reset`.

use super::Result;
use clap::{Args, ValueEnum};
use esplens_supervisor::Handle;

/// Resets like QEMU: the run state is kept.
#[derive(Debug, Args)]
pub struct SystemReset {}

impl SystemReset {
    pub fn run(&self, handle: &Handle) -> Result {
        let by = handle.client().clone();
        handle.call(move |s| s.reset(&by))?;
        Ok(String::new())
    }
}

/// State after the reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Then {
    /// Run.
    Run,
    /// Stop before the first instruction.
    Halt,
    /// Same as halt; OpenOCD would run its event scripts.
    Init,
}

/// Resets like OpenOCD.
#[derive(Debug, Args)]
pub struct Reset {
    /// State after the reset.
    #[arg(value_enum, default_value = "run")]
    then: Then,
}

impl Reset {
    pub fn run(&self, handle: &Handle) -> Result {
        let (by, then) = (handle.client().clone(), self.then);
        handle.call(move |s| {
            if then != Then::Run {
                s.stop(&by);
            }
            s.reset(&by);
            if then == Then::Run {
                s.resume(&Default::default(), &by);
            }
        })?;
        Ok(match then {
            Then::Run => String::new(),
            _ => "halted at the reset vector, 0x40000400\n".into(),
        })
    }
}
