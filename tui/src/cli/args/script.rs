//! Options that wait for the firmware's output and answer it.

use crate::cli::exit::BadInput;
use crate::cli::units::{self, Typed};
use clap::{Args, ValueEnum};
use regex::bytes::Regex;
use std::io::IsTerminal;
use std::path::PathBuf;

/// Patterns to wait for on UART0 and text to type there. Patterns are regular expressions. A line is matched without
/// its colours when it has ended or has not changed for 10 ms of virtual time.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Waiting for output")]
pub struct ScriptArgs {
    /// End with code 0 when UART0 prints this; if repeated, any one of them.
    #[arg(long, value_name = "REGEX")]
    pub exit_on: Vec<Regex>,
    /// End with code 1 when UART0 prints this; if repeated, any one of them. A panic is printed to its end first.
    #[arg(long, value_name = "REGEX")]
    pub fail_on: Vec<Regex>,
    /// Expect this; if repeated, in this order. The last one ends the run with code 0. With --exit-on, that option ends
    /// the run instead: with code 1 if an expected pattern is missing.
    #[arg(long, value_name = "REGEX")]
    pub expect: Vec<Regex>,
    /// Type this on UART0 when the --after with the same index has matched; \r, \n, \t, \xHH and \\ as in C. Several
    /// are typed one after the other.
    #[arg(long, value_name = "TEXT", value_parser = units::typed)]
    pub send: Vec<Typed>,
    /// Pattern that --send waits for.
    #[arg(long, value_name = "REGEX")]
    pub after: Vec<Regex>,
    /// Report on stderr when UART0 prints this, and continue.
    #[arg(long, value_name = "REGEX")]
    pub ready_on: Option<Regex>,
    /// Create this file when --ready-on matches; an existing one is removed at the start.
    #[arg(long, value_name = "FILE", requires = "ready_on")]
    pub ready_file: Option<PathBuf>,
    /// Print UART0 without its colours: on, off, or auto: if standard output is not a terminal.
    #[arg(long, value_name = "WHEN", num_args = 0..=1, require_equals = true, default_value = "auto", default_missing_value = "on")]
    pub plain: When,
}

impl ScriptArgs {
    /// Refuses a `--send` without its `--after`.
    pub fn check(&self) -> Result<(), String> {
        let (send, after) = (self.send.len(), self.after.len());
        if send == after {
            return Ok(());
        }
        Err(format!("--send and --after go in pairs: there are {send} of --send and {after} of --after"))
    }

    /// Returns true if the firmware's colours are to be removed from standard output.
    pub fn is_plain(&self) -> bool {
        match self.plain {
            When::Auto => !std::io::stdout().is_terminal(),
            When::On => true,
            When::Off => false,
        }
    }

    /// Removes a `--ready-file` left by an earlier run.
    pub fn clear_ready_file(&self) -> anyhow::Result<()> {
        let Some(path) = &self.ready_file else { return Ok(()) };
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(BadInput(format!("--ready-file {}: {error}", path.display())).into())
            }
            _ => Ok(()),
        }
    }
}

/// Condition for an option.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// Depends on whether standard output is a terminal.
    #[default]
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}
