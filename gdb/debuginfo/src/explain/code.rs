//! Memory contents from ELF files, for decoding instructions without a machine.

use crate::symbols::Symbols;
use crate::unwind::ReadMemory;
use object::{Object, ObjectSegment};

/// Contents of ELF files' segments.
#[derive(Clone, Debug, Default)]
pub struct CodeBytes(Vec<(u32, Vec<u8>)>);

impl CodeBytes {
    /// Reads the segments of all files; skips files and segments that cannot be read.
    #[must_use]
    pub fn of(symbols: &Symbols) -> Self {
        let mut out = Vec::new();
        for path in symbols.elfs().iter().rev().filter_map(|e| e.path()) {
            let Ok(bytes) = esplens_soc::hostfile::read(path, crate::symbols::MAX_BYTES) else { continue };
            let Ok(elf) = object::File::parse(&*bytes) else { continue };
            for segment in elf.segments() {
                if let (Ok(addr), Ok(data)) = (u32::try_from(segment.address()), segment.data())
                    && !data.is_empty()
                {
                    out.push((addr, data.to_vec()));
                }
            }
        }
        Self(out)
    }
}

impl ReadMemory for CodeBytes {
    fn peek(&self, addr: u32, out: &mut [u8]) -> usize {
        let inside = |s: &&(u32, Vec<u8>)| addr >= s.0 && ((addr - s.0) as usize) < s.1.len();
        let Some((start, bytes)) = self.0.iter().find(inside) else { return 0 };
        let from = &bytes[(addr - start) as usize..];
        let n = from.len().min(out.len());
        out[..n].copy_from_slice(&from[..n]);
        n
    }
}
