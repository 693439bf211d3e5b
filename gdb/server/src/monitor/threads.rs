//! `threads`: selects what GDB shows as threads. The GDB server handles it itself, for each connection.

use super::Result;
use clap::Args;

/// Shows or selects what GDB shows as threads.
#[derive(Debug, Args)]
pub struct Threads {
    /// cores or tasks.
    what: Option<String>,
}

impl Threads {
    pub fn run(&self) -> Result {
        let what = self.what.as_deref().unwrap_or("cores|tasks");
        Ok(format!("threads are set for each GDB connection: use `monitor threads {what}` in GDB\n"))
    }
}
