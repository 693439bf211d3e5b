//! `--pidfile`.

use super::exit::BadInput;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The file with the process's number; it goes with this.
#[derive(Debug)]
pub struct PidFile(PathBuf);

impl PidFile {
    /// Writes it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(path: &Path) -> anyhow::Result<Self> {
        let failed = |e: std::io::Error| BadInput(format!("--pidfile {}: {e}", path.display()));
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).open(path).map_err(failed)?;
        writeln!(file, "{}", std::process::id()).map_err(failed)?;
        Ok(Self(path.into()))
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
