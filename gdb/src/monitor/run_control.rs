//! `halt`, `resume`, `step`, `quit`.

use super::Result;
use crate::supervisor::Handle;
use clap::Args;
use esplens_soc::machine::{self, Plan};

/// Stops the machine.
#[derive(Debug, Args)]
pub struct Halt {}

impl Halt {
    pub fn run(&self, handle: &Handle) -> Result {
        let by = handle.client().clone();
        let stopped = handle.call(move |s| s.stop(&by))?;
        Ok(format!("{stopped}\n"))
    }
}

/// Lets it go on.
#[derive(Debug, Args)]
pub struct Resume {}

impl Resume {
    pub fn run(&self, handle: &Handle) -> Result {
        let by = handle.client().clone();
        handle.call(move |s| s.resume(&Plan::default(), &by))?;
        Ok(String::new())
    }
}

/// Runs single instructions of one core.
#[derive(Debug, Args)]
pub struct Step {
    /// How many.
    #[arg(default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    count: u32,
    /// Core: 0 PRO_CPU, 1 APP_CPU.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=1))]
    core: u8,
}

impl Step {
    pub fn run(&self, handle: &Handle) -> Result {
        let (by, core) = (handle.client().clone(), usize::from(self.core));
        for _ in 0..self.count {
            let by = by.clone();
            let done = handle.call(move |s| {
                s.stop(&by);
                let step = machine::Step { core, range: 0..0, irq: s.step_irq() };
                s.resume(&Plan { frozen: [false; 2], step: Some(step) }, &by)
            })?;
            match done {
                None => return Ok("under way; halt stops it\n".into()),
                Some(stopped) if stopped.why != crate::supervisor::Why::Step => {
                    return Ok(format!("{stopped}\n"));
                }
                Some(_) => {}
            }
        }
        let text = handle
            .call(move |s| super::memory::disassemble(s.machine(), core, s.machine().cpu(core).pc, 1))?;
        Ok(text)
    }
}

/// Ends the program.
#[derive(Debug, Args)]
pub struct Quit {}

impl Quit {
    pub fn run(&self, handle: &Handle) -> Result {
        let by = handle.client().clone();
        handle.call(move |s| s.quit(&by))?;
        Ok(String::new())
    }
}
