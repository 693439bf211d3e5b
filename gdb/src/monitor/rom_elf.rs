//! `rom-elf`: the mask ROM's symbols for GDB.

use super::{Error, Result};
use crate::supervisor::Handle;
use clap::Args;
use esplens_soc::boot::rom::builtin_elf;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

/// Writes the mask ROM's ELF file, and says what to type in GDB.
#[derive(Debug, Args)]
pub struct RomElf {
    /// File to write: a new one, or one that holds the same already.
    file: PathBuf,
}

impl RomElf {
    pub fn run(&self, handle: &Handle) -> Result {
        let revision = handle.call(|s| s.machine().soc().dev.efuse.revision())?;
        let elf = builtin_elf(revision);
        let name = self.file.display();
        let failed = |e: std::io::Error| Error::User(format!("{name}: {e}"));
        if !std::fs::read(&self.file).is_ok_and(|there| there == elf) {
            let mut file =
                OpenOptions::new().write(true).create_new(true).open(&self.file).map_err(failed)?;
            file.write_all(elf).map_err(failed)?;
        }
        Ok(format!("mask ROM of chip revision {revision}; in GDB: add-symbol-file {name}\n"))
    }
}
