//! Endings of a run and their exit codes.

use super::crash::CrashPanic;
use esplens_soc::boot::BootError;
use esplens_soc::system::ResetCause;
use std::process::ExitCode;
use std::time::Duration;

/// Text at the end of `--help`.
pub const HELP: &str = "Exit codes: 0 --exit-on or the last --expect matched, or the user quit; 1 --fail-on matched, \
                        the firmware panicked under --reset-policy exit, or the guest failed; 2 bad input; 3 timeout; 4 internal error. A program started with --kernel that calls \
                        SIMCALL exit decides its own code.";

/// Ending of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CliExit {
    /// The user quit, or the command has nothing to run.
    Quit,
    /// `--exit-on` or the last `--expect` matched this text.
    Matched(String),
    /// `--fail-on` matched this text, or `--exit-on` before all of `--expect`.
    Failed(String),
    /// The machine cannot continue, with the reason.
    Stopped(String),
    /// Reset under `--reset-policy exit`.
    Reset(ResetCause),
    /// The same after a panic.
    Panicked(Box<CrashPanic>, ResetCause),
    /// `--timeout` of virtual time has passed.
    Timeout,
    /// `--wall-timeout` of host time has passed.
    WallTimeout,
    /// The guest requested this code (SIMCALL exit).
    Guest(i32),
    /// The input is invalid; the reason was printed.
    BadInput,
    /// A defect of esplens; the reason was printed.
    Internal,
}

/// An error caused by the input.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadInput(pub String);

impl CliExit {
    /// Returns the exit for an error.
    pub fn of_error(error: &anyhow::Error) -> Self {
        // `is` also finds errors attached as context; the chain finds wrapped ones.
        let input =
            error.is::<BadInput>() || error.chain().any(|e| e.is::<BootError>() || e.is::<BadInput>());
        if input { Self::BadInput } else { Self::Internal }
    }

    /// Returns the exit code as a number.
    pub fn number(&self) -> u8 {
        match self {
            Self::Quit | Self::Matched(_) => 0,
            Self::Reset(ResetCause::Software | ResetCause::SoftwareCpu | ResetCause::DeepSleep) => 0,
            Self::Failed(_) | Self::Stopped(_) | Self::Panicked(..) | Self::Reset(_) => 1,
            Self::BadInput => 2,
            Self::Timeout | Self::WallTimeout => 3,
            Self::Internal => 4,
            Self::Guest(code) => *code as u8,
        }
    }

    /// Returns the longest wait at the process's end for a reader that does not take the output. It is short after a
    /// time limit or a user's quit: the reader may be the cause.
    pub fn patience(&self) -> Duration {
        match self {
            Self::Quit | Self::WallTimeout => Duration::from_millis(100),
            _ => Duration::from_secs(2),
        }
    }

    /// Returns the number as the process's exit code.
    pub fn code(&self) -> ExitCode {
        ExitCode::from(self.number())
    }
}

impl std::fmt::Display for CliExit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Quit => f.write_str("quit"),
            Self::Matched(text) => write!(f, "matched {text:?}"),
            Self::Failed(text) => write!(f, "failed: matched {text:?}"),
            Self::Stopped(why) => write!(f, "stopped: {why}"),
            Self::Reset(cause) => write!(f, "reset ({cause:?})"),
            Self::Panicked(panic, _) => write!(f, "panic: {panic}"),
            Self::Timeout => f.write_str("timeout (virtual time)"),
            Self::WallTimeout => f.write_str("timeout (wall time)"),
            Self::Guest(code) => write!(f, "guest exit code {code}"),
            Self::BadInput => f.write_str("bad input"),
            Self::Internal => f.write_str("internal error"),
        }
    }
}
