//! `dump-core`.

use super::{Error, Result};
use clap::Args;
use esplens_debuginfo::coredump;
use esplens_supervisor::{Handle, Replace, RunState};
use std::io::Write;
use std::path::PathBuf;

/// Writes an ELF core file with all tasks as threads.
#[derive(Debug, Args)]
pub struct DumpCore {
    /// File to write, in the working folder of esplens or in a folder given with --allow-write.
    file: PathBuf,
    /// Replace an existing file.
    #[arg(long)]
    force: bool,
}

impl DumpCore {
    pub fn run(&self, handle: &Handle) -> Result {
        let rtos = handle.rtos();
        let core = handle.call(move |s| {
            let core = if let RunState::Stopped(stopped) = s.status().state { stopped.core } else { 0 };
            esplens_supervisor::core_file::capture(s.machine(), rtos.as_deref(), core)
        })?;
        let bytes = coredump::write(&core);
        let name = self.file.display();
        let replace = if self.force { Replace::Always } else { Replace::Never };
        let file = handle.create_file(&self.file, replace);
        let mut file = file.map_err(|why| Error::User(format!("{name}: {why}")))?;
        file.write_all(&bytes).map_err(|e| Error::User(format!("{name}: {e}")))?;
        Ok(format!("{name}: {} threads, {} bytes\n", core.threads.len(), bytes.len()))
    }
}
