//! Errors in the user's input files. Each message starts with the file's name.

use super::image::ImageError;
use std::path::PathBuf;
use thiserror::Error;

/// Reason why an input cannot be used.
#[derive(Debug, Error)]
pub enum BootError {
    /// I/O error from the operating system.
    #[error("{}: {why}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Error from the operating system.
        why: std::io::Error,
    },
    /// The file is empty.
    #[error("{}: the file is empty", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The file is too big.
    #[error("{}: {size} bytes, but {what} holds at most {max}", path.display())]
    TooBig {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        max: u64,
        /// The memory it must fit into.
        what: &'static str,
    },
    /// An application or bootloader image is damaged.
    #[error("{}: {why}", path.display())]
    Image {
        /// The file.
        path: PathBuf,
        /// The problem and its offset.
        why: ImageError,
    },
    /// The flash image holds no bootloader header for the ROM to start.
    #[error("{}: no ESP32 flash image: offset {offset:#x} holds {found}, expected a bootloader (0xe9)", path.display())]
    NotBootable {
        /// The file.
        path: PathBuf,
        /// Offset where a bootloader's header is expected.
        offset: usize,
        /// Description of the data found there.
        found: String,
    },
    /// An ELF file cannot be used.
    #[error("{}: ELF file: {why}", path.display())]
    Elf {
        /// The file.
        path: PathBuf,
        /// The problem.
        why: String,
    },
    /// A build folder's description cannot be used.
    #[error("{}: {why}", path.display())]
    BuildDir {
        /// The file or folder.
        path: PathBuf,
        /// The problem.
        why: String,
    },
    /// The mask ROM file cannot be used.
    #[error("{}: mask ROM: {why}", path.display())]
    Rom {
        /// The file.
        path: PathBuf,
        /// The problem.
        why: String,
    },
    /// An eFuse file has the wrong size.
    #[error("{}: eFuse file of {size} bytes, expected {expected}", path.display())]
    Efuse {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
        /// The expected size in bytes.
        expected: usize,
    },
}

/// Reads a whole file of at most `max` bytes. The size is checked before anything is read.
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
