//! `threads`: what GDB's threads are. The GDB server answers it itself, a connection at a time.

use super::Result;
use clap::Args;

/// Shows or says what GDB's threads are.
#[derive(Debug, Args)]
pub struct Threads {
    /// cores or tasks.
    what: Option<String>,
}

impl Threads {
    pub fn run(&self) -> Result {
        let what = self.what.as_deref().unwrap_or("cores|tasks");
        Ok(format!("threads are a GDB connection's: say `monitor threads {what}` there\n"))
    }
}
