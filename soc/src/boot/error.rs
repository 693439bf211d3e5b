//! Everything that can be wrong with what the user hands over. Each text starts with the file's name.

use super::image::ImageError;
use std::path::PathBuf;
use thiserror::Error;

/// Why an input cannot be used.
#[derive(Debug, Error)]
pub enum BootError {
    /// The operating system refused.
    #[error("{}: {why}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: std::io::Error,
    },
    /// Nothing in it.
    #[error("{}: the file is empty", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// More than fits.
    #[error("{}: {size} bytes, but {what} holds at most {max}", path.display())]
    TooBig {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        max: u64,
        /// What it is to fit into.
        what: &'static str,
    },
    /// An application or bootloader image is damaged.
    #[error("{}: {why}", path.display())]
    Image {
        /// The file.
        path: PathBuf,
        /// What is wrong and where.
        why: ImageError,
    },
    /// Nothing in the file tells the ROM how to start.
    #[error("{}: no ESP32 flash image: offset {offset:#x} holds {found}, expected a bootloader (0xe9)", path.display())]
    NotBootable {
        /// The file.
        path: PathBuf,
        /// Where a bootloader's header belongs.
        offset: usize,
        /// What is there.
        found: String,
    },
    /// An ELF file cannot be used.
    #[error("{}: ELF file: {why}", path.display())]
    Elf {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A build folder's description cannot be used.
    #[error("{}: {why}", path.display())]
    BuildDir {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The mask ROM file cannot be used.
    #[error("{}: mask ROM: {why}", path.display())]
    Rom {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// An eFuse file has the wrong size.
    #[error("{}: eFuse file of {size} bytes, expected {expected}", path.display())]
    Efuse {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
        /// What it must be.
        expected: usize,
    },
}

/// Reads a whole file of at most `max` bytes; the size is checked before anything is read.
///
/// # Errors
/// [`BootError::Io`], [`BootError::TooBig`].
pub(crate) fn read_file(path: &std::path::Path, max: u64, what: &'static str) -> Result<Vec<u8>, BootError> {
    let io = |why| BootError::Io { path: path.to_path_buf(), why };
    let file = crate::hostfile::open(path).map_err(io)?;
    let size = file.metadata().map_err(io)?.len();
    let too_big = |size| BootError::TooBig { path: path.to_path_buf(), size, max, what };
    if size > max {
        return Err(too_big(size));
    }
    match crate::hostfile::read_stream(file, max) {
        Err(e) if e.kind() == std::io::ErrorKind::FileTooLarge => Err(too_big(max + 1)),
        result => result.map_err(io),
    }
}
