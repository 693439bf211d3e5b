//! Options that wait for the firmware's output and answer it.

use crate::cli::exit::BadInput;
use crate::cli::units::{self, Typed};
use clap::{Args, ValueEnum};
use regex::bytes::Regex;
use std::io::IsTerminal;
use std::path::PathBuf;

/// What is waited for on UART0, and what is typed there. Patterns are regular expressions; a line is matched without
/// its colours, when it has ended or stays as it is for 10 ms of virtual time.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Waiting for output")]
pub struct ScriptArgs {
    /// End with code 0 when UART0 prints this; of several any one.
    #[arg(long, value_name = "REGEX")]
    pub exit_on: Vec<Regex>,
    /// End with code 1 when UART0 prints this; of several any one. A panic is printed to its end first.
    #[arg(long, value_name = "REGEX")]
    pub fail_on: Vec<Regex>,
    /// Expect this; several in this order. The last one ends the run with code 0; with --exit-on that does, with code 1
    /// when one is missing.
    #[arg(long, value_name = "REGEX")]
    pub expect: Vec<Regex>,
    /// Type this on UART0 when the --after of the same number has matched; \r, \n, \t, \xHH and \\ as in C. Several
    /// one after the other.
    #[arg(long, value_name = "TEXT", value_parser = units::typed)]
    pub send: Vec<Typed>,
    /// What --send waits for.
    #[arg(long, value_name = "REGEX")]
    pub after: Vec<Regex>,
    /// Say so on stderr when UART0 prints this, and go on.
    #[arg(long, value_name = "REGEX")]
    pub ready_on: Option<Regex>,
    /// Make this file when --ready-on matches; one that is there is removed at the start.
    #[arg(long, value_name = "FILE", requires = "ready_on")]
    pub ready_file: Option<PathBuf>,
    /// Print UART0 without its colours: on, off, or auto for where standard output is no terminal.
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

    /// True when standard output is to have no colours of the firmware's.
    pub fn is_plain(&self) -> bool {
        match self.plain {
            When::Auto => !std::io::stdout().is_terminal(),
            When::On => true,
            When::Off => false,
        }
    }

    /// Takes the file of `--ready-file` away that an earlier run left.
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

/// When something is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// Where nobody sees it otherwise.
    #[default]
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}
