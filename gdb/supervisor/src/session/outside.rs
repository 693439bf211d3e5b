//! Host files and serial lines connected to the machine. The program that creates the machine provides them; the
//! monitor and QMP list them.

use crate::session::Session;
use std::path::{Path, PathBuf};

/// The host resources of a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outside {
    /// Files that back its storage.
    pub drives: Vec<DriveFile>,
    /// Images of SD cards whose changes are saved at exit.
    pub kept_cards: Vec<PathBuf>,
    /// Serial lines, monitors and debugger sockets.
    pub lines: Vec<HostLine>,
}

/// A file that backs one of the chip's storage devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriveFile {
    /// `mtd0` is the flash chip, `efuse` the eFuses.
    pub name: String,
    /// The file.
    pub file: PathBuf,
    /// The firmware's writes are saved to the file at exit.
    pub kept: bool,
}

/// A serial line or socket of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostLine {
    /// `serial0` to `serial2`, `gdb`, `monitor`, `qmp`.
    pub label: String,
    /// Destination, as given on the command line.
    pub to: String,
}

impl Session {
    /// Sets the ELF file of the running firmware. GDB clients may read this host file and no other.
    pub fn set_exec_file(&mut self, path: Option<PathBuf>) {
        self.exec_file = path;
    }

    /// Returns the ELF file of the running firmware.
    #[must_use]
    pub fn exec_file(&self) -> Option<&Path> {
        self.exec_file.as_deref()
    }

    /// Sets the host resources of the machine.
    pub fn set_outside(&mut self, outside: Outside) {
        self.outside = outside;
    }

    /// Returns the host resources of the machine.
    #[must_use]
    pub fn outside(&self) -> &Outside {
        &self.outside
    }
}
