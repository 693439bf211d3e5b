//! `reverse-continue`, `reverse-stepi`, `record`.

use super::core::CoreCommand;
use super::settings::OnOff;
use super::{Result, frame};
use clap::Args;
use esplens_supervisor::{Handle, ReverseKind, RunState};
use std::time::{Duration, Instant};

/// Maximum time that a command waits for a reverse operation.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Runs a reverse operation and returns the stop.
fn go(handle: &Handle, how: ReverseKind) -> Result {
    let by = handle.client().clone();
    handle.call(move |s| {
        s.stop(&by);
        s.start_reverse_op(how, &by);
    })?;
    let begun = Instant::now();
    loop {
        let state = handle.call(|s| (!s.is_reversing()).then(|| s.status().state))?;
        match state {
            Some(RunState::Stopped(stopped)) => {
                return Ok(format!("{stopped}\n{}", frame::whereabouts(handle)?));
            }
            Some(RunState::Running) => return Ok(String::new()),
            None if begun.elapsed() > TIMEOUT => return Ok("still running; halt stops it\n".into()),
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// Runs backwards to the last breakpoint or watchpoint that was hit.
#[derive(Debug, Args)]
pub struct Continue {}

impl Continue {
    pub fn run(&self, handle: &Handle) -> Result {
        go(handle, ReverseKind::Continue)
    }
}

/// Undoes an instruction.
#[derive(Debug, Args)]
pub struct ReverseStepCommand {
    #[command(flatten)]
    core: CoreCommand,
}

impl ReverseStepCommand {
    pub fn run(&self, handle: &Handle) -> Result {
        go(handle, ReverseKind::Step(self.core.of(handle)?))
    }
}

/// Switches checkpoints for reverse execution on or off.
#[derive(Debug, Args)]
pub struct RecordCommand {
    /// Without argument: show the state.
    #[arg(value_enum)]
    to: Option<OnOff>,
}

impl RecordCommand {
    pub fn run(&self, handle: &Handle) -> Result {
        let to = self.to;
        let text = handle.call(move |s| {
            if let Some(to) = to {
                s.set_recording(to == OnOff::On);
            }
            s.recording()
        })?;
        Ok(text + "\n")
    }
}
