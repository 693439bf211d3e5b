//! `reverse-continue`, `reverse-stepi`, `record`.

use super::core::Core;
use super::settings::Switch;
use super::{Result, frame};
use crate::supervisor::{Back, Handle, RunState};
use clap::Args;
use std::time::{Duration, Instant};

/// Maximum time that a command waits for a reverse operation.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs a reverse operation and returns the stop.
fn go(handle: &Handle, how: Back) -> Result {
    let by = handle.client().clone();
    handle.call(move |s| {
        s.stop(&by);
        s.go_back(how, &by);
    })?;
    let begun = Instant::now();
    loop {
        let state = handle.call(|s| (!s.is_travelling()).then(|| s.status().state))?;
        match state {
            Some(RunState::Stopped(stopped)) => {
                return Ok(format!("{stopped}\n{}", frame::whereabouts(handle)?));
            }
            Some(RunState::Running) => return Ok(String::new()),
            None if begun.elapsed() > PATIENCE => return Ok("still running; halt stops it\n".into()),
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// Runs backwards to the last breakpoint or watchpoint that was hit.
#[derive(Debug, Args)]
pub struct Continue {}

impl Continue {
    pub fn run(&self, handle: &Handle) -> Result {
        go(handle, Back::Continue)
    }
}

/// Undoes an instruction.
#[derive(Debug, Args)]
pub struct Step {
    #[command(flatten)]
    core: Core,
}

impl Step {
    pub fn run(&self, handle: &Handle) -> Result {
        go(handle, Back::Step(self.core.of(handle)?))
    }
}

/// Switches checkpoints for reverse execution on or off.
#[derive(Debug, Args)]
pub struct Record {
    /// Without argument: show the state.
    #[arg(value_enum)]
    to: Option<Switch>,
}

impl Record {
    pub fn run(&self, handle: &Handle) -> Result {
        let to = self.to;
        let text = handle.call(move |s| {
            if let Some(to) = to {
                s.set_recording(to == Switch::On);
            }
            s.recording()
        })?;
        Ok(text + "\n")
    }
}
