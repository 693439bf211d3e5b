//! `reverse-continue`, `reverse-stepi`, `record`.

use super::Result;
use super::settings::Switch;
use crate::supervisor::{Back, Handle, RunState};
use clap::Args;
use std::time::{Duration, Instant};

/// How long a command waits for its journey.
const PATIENCE: Duration = Duration::from_secs(10);

/// Goes back; where that led.
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
            Some(RunState::Stopped(stopped)) => return Ok(format!("{stopped}\n")),
            Some(RunState::Running) => return Ok(String::new()),
            None if begun.elapsed() > PATIENCE => return Ok("under way; halt stops it\n".into()),
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// To the last point.
#[derive(Debug, Args)]
pub struct Continue {}

impl Continue {
    pub fn run(&self, handle: &Handle) -> Result {
        go(handle, Back::Continue)
    }
}

/// An instruction.
#[derive(Debug, Args)]
pub struct Step {
    /// Core: 0 PRO_CPU, 1 APP_CPU.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=1))]
    core: u8,
}

impl Step {
    pub fn run(&self, handle: &Handle) -> Result {
        go(handle, Back::Step(self.core.into()))
    }
}

/// Moments to go back to.
#[derive(Debug, Args)]
pub struct Record {
    /// Nothing: show.
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
