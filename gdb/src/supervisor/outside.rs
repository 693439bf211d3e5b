//! What stands around the machine: files and lines of the host. Only the program that made the machine knows; monitor and
//! QMP tell of it.

use super::session::Session;
use std::path::{Path, PathBuf};

/// The host's side of a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outside {
    /// Files behind its storage.
    pub drives: Vec<Drive>,
    /// Serial lines, monitors, debuggers' sockets.
    pub lines: Vec<Line>,
}

/// A file behind a chip's storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drive {
    /// `mtd0` is the flash chip, `efuse` the fuses.
    pub name: String,
    /// The file.
    pub file: PathBuf,
    /// What the firmware writes goes into the file at the end.
    pub kept: bool,
}

/// A line to the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// `serial0` to `serial2`, `gdb`, `monitor`, `qmp`.
    pub label: String,
    /// Where it leads, as its option has it.
    pub to: String,
}

impl Session {
    /// The ELF file of what runs: GDB clients may read it, and no other file.
    pub fn set_exec_file(&mut self, path: Option<PathBuf>) {
        self.exec_file = path;
    }

    /// The ELF file of what runs.
    #[must_use]
    pub fn exec_file(&self) -> Option<&Path> {
        self.exec_file.as_deref()
    }

    /// Tells what stands around the machine.
    pub fn set_outside(&mut self, outside: Outside) {
        self.outside = outside;
    }

    /// What stands around the machine.
    #[must_use]
    pub fn outside(&self) -> &Outside {
        &self.outside
    }
}
