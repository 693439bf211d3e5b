//! `qSearch:memory` and `qCRC`: searches memory here instead of transferring it to GDB.

use super::target::GdbTarget;
use crc::{CRC_32_MPEG_2, Crc};
use esplens_debuginfo::number::packed as number;

/// Maximum number of bytes processed for one packet.
const MAX_BYTES: u64 = 16 << 20;
/// Bytes read at a time.
const CHUNK: usize = 0x1_0000;

/// Removes the escapes from data (GDB manual, "Binary Data").
pub fn unescape(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len());
    let mut bytes = data.iter();
    while let Some(&byte) = bytes.next() {
        out.push(if byte == b'}' { bytes.next().map_or(byte, |b| b ^ 0x20) } else { byte });
    }
    out
}

/// Reads memory with the core's address map, up to the first unreadable byte.
fn read(guest: &GdbTarget, core: usize, addr: u32, len: usize) -> Option<Vec<u8>> {
    if let Some(loaded) = guest.loaded(addr, len) {
        return Some(loaded);
    }
    let read = guest.handle.call(move |s| {
        let mut bytes = vec![0; len];
        let n = s.machine().peek(core, addr, &mut bytes);
        bytes.truncate(n);
        bytes
    });
    read.ok()
}

/// Handles `qSearch:memory:ADDR;LENGTH;PATTERN`: returns `1,ADDR` if the pattern was found, else `0`.
pub fn search(packet: &[u8], guest: &GdbTarget, core: usize) -> Vec<u8> {
    let mut fields = packet.splitn(3, |b| *b == b';');
    let (addr, len) = (fields.next().and_then(number), fields.next().and_then(number));
    let (Some(addr), Some(len), Some(pattern)) = (addr, len, fields.next().map(unescape)) else {
        return b"E16".to_vec();
    };
    let end = addr.saturating_add(len.min(MAX_BYTES)).min(1 << 32);
    if pattern.is_empty() || addr >= end {
        return if pattern.is_empty() { b"E16".to_vec() } else { b"0".to_vec() };
    }
    let mut at = addr;
    while at + (pattern.len() as u64) <= end {
        // Chunks overlap so that a match across their boundary is found.
        let want = (CHUNK + pattern.len() - 1).min((end - at) as usize);
        let Some(bytes) = read(guest, core, at as u32, want) else { return b"E05".to_vec() };
        if let Some(n) = bytes.windows(pattern.len()).position(|w| w == pattern) {
            return format!("1,{:x}", at + n as u64).into_bytes();
        }
        if bytes.len() < want {
            // GDB reports the unreadable part if there was no match before it.
            return if bytes.is_empty() && at == addr { b"E14".to_vec() } else { b"0".to_vec() };
        }
        at += CHUNK as u64;
    }
    b"0".to_vec()
}

/// The CRC-32 of `compare-sections`: polynomial 0x04C11DB7, MSB first, initial value all ones.
const COMPARE_SECTIONS: Crc<u32> = Crc::<u32>::new(&CRC_32_MPEG_2);

/// Handles `qCRC:ADDR,LENGTH`: returns `C` and the checksum.
pub fn checksum(packet: &[u8], guest: &GdbTarget, core: usize) -> Vec<u8> {
    let mut fields = packet.splitn(2, |b| *b == b',').map(number);
    let (Some(Some(addr)), Some(Some(len))) = (fields.next(), fields.next()) else { return b"E16".to_vec() };
    let end = addr.checked_add(len).filter(|end| len <= MAX_BYTES && *end <= 1 << 32);
    let Some(end) = end else { return b"E16".to_vec() };
    let (mut sum, mut at) = (COMPARE_SECTIONS.digest(), addr);
    while at < end {
        let want = CHUNK.min((end - at) as usize);
        match read(guest, core, at as u32, want) {
            Some(bytes) if bytes.len() == want => sum.update(&bytes),
            _ => return b"E14".to_vec(),
        }
        at += want as u64;
    }
    format!("C{:x}", sum.finalize()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_escapes_are_the_manuals() {
        // CRC-32/MPEG-2 of the usual check string.
        assert_eq!(COMPARE_SECTIONS.checksum(b"123456789"), 0x0376_E6E7);
        assert_eq!(unescape(b"a}\x03}]b}"), b"a#}b}");
    }
}
