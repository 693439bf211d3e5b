//! `halt`, `resume`, `step`, `next`, `finish`, the reverse steps by line, and `quit`.

use super::core::CoreCommand;
use super::{Result, frame};
use clap::Args;
use esplens_soc::machine::{self, Plan};
use esplens_supervisor::steps::{self, StepKind};
use esplens_supervisor::{Handle, RunState, Why};

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

/// Resumes the machine.
#[derive(Debug, Args)]
pub struct Resume {}

impl Resume {
    pub fn run(&self, handle: &Handle) -> Result {
        let by = handle.client().clone();
        handle.call(move |s| s.resume(&Plan::default(), &by))?;
        Ok(String::new())
    }
}

/// Runs single instructions of one core, like OpenOCD's step; `next` runs source lines.
#[derive(Debug, Args)]
pub struct StepCommand {
    /// Number of instructions.
    #[arg(default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    count: u32,
    #[command(flatten)]
    core: CoreCommand,
}

impl StepCommand {
    pub fn run(&self, handle: &Handle) -> Result {
        let (by, core) = (handle.client().clone(), self.core.of(handle)?);
        for _ in 0..self.count {
            let by = by.clone();
            let done = handle.call(move |s| {
                s.stop(&by);
                let step = machine::Step { core, range: 0..0, irq: s.step_irq() };
                s.resume(&Plan { frozen: [false; 2], step: Some(step) }, &by)
            })?;
            match done {
                None => return Ok("still running; halt stops it\n".into()),
                Some(stopped) if stopped.why != Why::Step => return Ok(format!("{stopped}\n")),
                Some(_) => {}
            }
        }
        let text = handle
            .call(move |s| super::memory::disassemble(s.machine(), core, s.machine().cpu(core).pc, 1))?;
        Ok(text)
    }
}

/// Steps a core by source lines or out of a function, forwards or backwards.
#[derive(Debug, Args)]
pub struct LineStep {
    #[command(flatten)]
    core: CoreCommand,
}

impl LineStep {
    /// Steps the core in the given way.
    pub fn run(&self, handle: &Handle, kind: fn(usize) -> StepKind) -> Result {
        go(handle, kind(self.core.of(handle)?))
    }
}

/// Steps and returns the new location, with the reason for the stop if it is not the end of the step.
fn go(handle: &Handle, kind: StepKind) -> Result {
    match steps::go(handle, kind)? {
        None => Ok("still running; halt stops it\n".into()),
        Some(stopped) => {
            let said = if stopped.why == Why::Step { String::new() } else { format!("{stopped}\n") };
            let stands = handle.call(|s| matches!(s.status().state, RunState::Stopped(_)))?;
            Ok(said + &if stands { frame::whereabouts(handle)? } else { String::new() })
        }
    }
}

/// Ends the program.
#[derive(Debug, Args)]
pub struct QuitCommand {}

impl QuitCommand {
    pub fn run(&self, handle: &Handle) -> Result {
        let by = handle.client().clone();
        handle.call(move |s| s.quit(&by))?;
        Ok(String::new())
    }
}
