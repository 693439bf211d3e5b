//! A bare ELF whose segments are put straight into memory (`--kernel`): no ROM boot, no flash image.

use super::BootError;
use super::error::read_file;
use object::{Architecture, Object, ObjectSegment};
use std::path::Path;
use std::sync::Arc;

/// No ELF file larger than this is read.
pub const MAX_ELF_FILE: u64 = 256 << 20;
/// Bytes that all segments may fill together: all of the chip's memories and then some.
const MAX_LOADED: u64 = 32 << 20;

/// What to load and where to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kernel {
    /// Pieces of memory, in the file's order.
    pub segments: Vec<KernelSegment>,
    /// First instruction.
    pub entry: u32,
}

/// One piece: `bytes` at `addr`, then zeros up to `size`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelSegment {
    /// Where it goes.
    pub addr: u32,
    /// What the file holds of it.
    pub bytes: Arc<[u8]>,
    /// Bytes in memory, at least `bytes.len()`.
    pub size: u32,
}

/// Reads a bare ELF file.
///
/// # Errors
/// [`BootError::Io`], [`BootError::TooBig`], [`BootError::Elf`].
pub fn load(path: &Path) -> Result<Kernel, BootError> {
    let data = read_file(path, MAX_ELF_FILE, "an ELF file")?;
    parse(&data).map_err(|why| BootError::Elf { path: path.to_path_buf(), why })
}

/// Parses a bare ELF file.
///
/// # Errors
/// What is wrong, as text.
pub fn parse(data: &[u8]) -> Result<Kernel, String> {
    let file = parse_xtensa(data)?;
    let mut segments = Vec::new();
    let mut total = 0;
    for s in file.segments().filter(|s| s.size() > 0) {
        let bytes = s.data().map_err(|e| format!("segment at {:#010x}: {e}", s.address()))?;
        // The file part of a segment never exceeds its memory part in a sound ELF.
        let size = s.size().max(bytes.len() as u64);
        total += size;
        if s.address() + size > 1 << 32 || total > MAX_LOADED {
            return Err(format!("segment at {:#010x} of {size} bytes does not fit", s.address()));
        }
        segments.push(KernelSegment { addr: s.address() as u32, bytes: bytes.into(), size: size as u32 });
    }
    if segments.is_empty() {
        return Err("no segment to load".into());
    }
    Ok(Kernel { segments, entry: file.entry() as u32 })
}

/// An ELF file for little-endian Xtensa.
pub(crate) fn parse_xtensa(data: &[u8]) -> Result<object::File<'_>, String> {
    let file = object::File::parse(data).map_err(|e| e.to_string())?;
    match file.architecture() {
        Architecture::Xtensa if file.is_little_endian() && !file.is_64() => Ok(file),
        other => Err(format!("for {other:?}, expected 32-bit little-endian Xtensa")),
    }
}
