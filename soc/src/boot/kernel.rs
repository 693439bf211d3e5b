//! Bare ELF files whose segments are loaded directly into memory (`--kernel`), without ROM boot and flash image.

use super::BootError;
use super::error::read_file;
use object::{Architecture, Object, ObjectSegment};
use std::path::Path;
use std::sync::Arc;

/// Largest ELF file that is read, in bytes.
pub const MAX_ELF_FILE: u64 = 256 << 20;
/// Limit on the total size of all segments in bytes: more than all of the chip's memories.
const MAX_LOADED: u64 = 32 << 20;

/// Segments to load and the entry point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kernel {
    /// Pieces of memory, in the file's order.
    pub segments: Vec<KernelSegment>,
    /// Address of the first instruction.
    pub entry: u32,
}

/// One segment: `bytes` at `addr`, followed by zeros up to `size`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelSegment {
    /// Load address.
    pub addr: u32,
    /// Content from the file.
    pub bytes: Arc<[u8]>,
    /// Size in memory in bytes, at least `bytes.len()`.
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
/// A message that describes the problem.
pub fn parse(data: &[u8]) -> Result<Kernel, String> {
    let file = parse_xtensa(data)?;
    let mut segments = Vec::new();
    let mut total = 0;
    for s in file.segments().filter(|s| s.size() > 0) {
        let bytes = s.data().map_err(|e| format!("segment at {:#010x}: {e}", s.address()))?;
        // In a valid ELF, a segment's file size never exceeds its memory size.
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

/// Parses an ELF file for little-endian Xtensa.
pub(crate) fn parse_xtensa(data: &[u8]) -> Result<object::File<'_>, String> {
    let file = object::File::parse(data).map_err(|e| e.to_string())?;
    match file.architecture() {
        Architecture::Xtensa if file.is_little_endian() && !file.is_64() => Ok(file),
        other => Err(format!("for {other:?}, expected 32-bit little-endian Xtensa")),
    }
}
