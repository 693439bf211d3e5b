//! Reads memory without side effects.

/// Readable memory: a machine's or a core dump's.
pub trait ReadMemory {
    /// Reads up to `out.len()` bytes from `addr` on, without side effects; returns the number of bytes read.
    fn peek(&self, addr: u32, out: &mut [u8]) -> usize;

    /// Returns PC and stack pointer of a core; `None` if there is only memory.
    fn core(&self, _core: usize) -> Option<(u32, u32)> {
        None
    }
}

/// Typed reads: bytes, words, numbers and text.
pub trait Words: ReadMemory {
    /// Reads exactly `N` bytes, or returns `None`.
    fn bytes<const N: usize>(&self, addr: u32) -> Option<[u8; N]> {
        let mut out = [0; N];
        (self.peek(addr, &mut out) == N).then_some(out)
    }

    /// Reads a byte.
    fn u8(&self, addr: u32) -> Option<u8> {
        self.bytes::<1>(addr).map(|b| b[0])
    }

    /// Reads a word.
    fn u32(&self, addr: u32) -> Option<u32> {
        self.bytes(addr).map(u32::from_le_bytes)
    }

    /// Reads `N` consecutive words.
    fn words<const N: usize>(&self, addr: u32) -> Option<[u32; N]> {
        let mut out = [0; N];
        for (n, word) in out.iter_mut().enumerate() {
            *word = self.u32(addr.wrapping_add(4 * n as u32))?;
        }
        Some(out)
    }

    /// Reads an unsigned number of 1, 2, 4 or 8 bytes.
    fn number(&self, addr: u32, size: u32) -> Option<u64> {
        let mut out = [0; 8];
        let size = (size as usize).min(8);
        (self.peek(addr, &mut out[..size]) == size).then(|| u64::from_le_bytes(out))
    }

    /// Reads a zero-terminated string of at most `max` bytes; bytes that are not printable ASCII become `.`.
    fn text(&self, addr: u32, max: usize) -> Option<String> {
        let mut out = vec![0; max.min(256)];
        let n = self.peek(addr, &mut out);
        let text = out[..n].split(|b| *b == 0).next()?;
        Some(text.iter().map(|b| if (0x20..0x7F).contains(b) { char::from(*b) } else { '.' }).collect())
    }
}

impl<T: ReadMemory + ?Sized> Words for T {}
