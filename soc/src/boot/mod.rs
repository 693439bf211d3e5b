//! Loading of a machine's initial memory contents: the mask ROM, flash images, ELF files, ESP-IDF build folders, eFuse
//! files. Nothing here runs a machine. Every parser takes bytes and returns a typed error.

pub mod app_elf;
pub mod build_dir;
mod error;
pub mod image;
pub mod info;
pub mod input;
pub mod kernel;
pub mod merged;
mod offer;
pub mod ota;
pub mod partition;
pub mod persist;
pub mod rom;
pub mod sketch;
#[cfg(test)]
mod tests;

pub use error::BootError;
pub use input::{BootInput, InputKind, LoadOptions, load};
pub use kernel::Kernel;
pub use rom::RomSet;

/// Reads a little-endian word at a byte offset; `None` past the end.
pub(crate) fn word(data: &[u8], at: usize) -> Option<u32> {
    let bytes = data.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

/// Reads a little-endian half word at a byte offset; `None` past the end.
pub(crate) fn half(data: &[u8], at: usize) -> Option<u16> {
    let bytes = data.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(bytes.try_into().ok()?))
}

/// Returns the text of a fixed-size field that ends at the first NUL. Bytes that are not printable ASCII become `?`.
pub(crate) fn fixed_text(field: &[u8]) -> String {
    let end = field.iter().position(|&b| b == 0).unwrap_or(field.len());
    field[..end].iter().map(|&b| if (0x20..0x7F).contains(&b) { b as char } else { '?' }).collect()
}
