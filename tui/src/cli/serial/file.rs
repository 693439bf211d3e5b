//! A UART that writes into a file.

use super::Backend;
use std::io::Write;
use std::path::Path;

/// Output file; a failed write closes it with one message.
pub struct File(Option<std::fs::File>);

impl File {
    /// Creates or empties the file.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        Ok(Self(Some(esplens_soc::hostfile::create(path)?)))
    }
}

impl Backend for File {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(file) = &mut self.0
            && let Err(error) = file.write_all(bytes)
        {
            crate::cli::terminal::warning(&format!("serial file: {error}"));
            self.0 = None;
        }
    }
}
