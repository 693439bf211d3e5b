//! `system_reset` and `reset`.

use super::Result;
use crate::supervisor::Handle;
use clap::{Args, ValueEnum};

/// QEMU's reset: running or stopped, the machine stays so.
#[derive(Debug, Args)]
pub struct SystemReset {}

impl SystemReset {
    pub fn run(&self, handle: &Handle) -> Result {
        let by = handle.client().clone();
        handle.call(move |s| s.reset(&by))?;
        Ok(String::new())
    }
}

/// What follows the reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Then {
    /// The machine runs.
    Run,
    /// It stops before the first instruction.
    Halt,
    /// The same; OpenOCD would run its event scripts.
    Init,
}

/// OpenOCD's reset.
#[derive(Debug, Args)]
pub struct Reset {
    /// What follows.
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
