//! `rom-elf`: the mask ROM's symbols for GDB.

use super::{Error, Result};
use clap::Args;
use esplens_soc::boot::rom::builtin_elf;
use esplens_soc::hostfile;
use esplens_supervisor::{Handle, Replace};
use std::io::Write;
use std::path::PathBuf;

/// Writes the mask ROM's ELF file, and shows the command to enter in GDB.
#[derive(Debug, Args)]
pub struct RomElf {
    /// File to write, in the working folder of esplens or in a folder given with --allow-write: a new file, or one that
    /// already has the same contents.
    file: PathBuf,
}

impl RomElf {
    pub fn run(&self, handle: &Handle) -> Result {
        let revision = handle.call(|s| s.machine().soc().dev.efuse.revision())?;
        let elf = builtin_elf(revision);
        let name = self.file.display();
        let failed = |why: String| Error::User(format!("{name}: {why}"));
        if !hostfile::read(&self.file, elf.len() as u64).is_ok_and(|there| there == elf) {
            let mut file = handle.create_file(&self.file, Replace::Never).map_err(failed)?;
            file.write_all(elf).map_err(|e| failed(e.to_string()))?;
        }
        Ok(format!("mask ROM of chip revision {revision}; in GDB: add-symbol-file {name}\n"))
    }
}
