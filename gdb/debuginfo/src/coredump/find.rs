//! ESP-IDF's own core dumps: base64 on the UART, raw in a flash partition. Both hold an ELF core file between a short
//! header and a checksum.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use esplens_soc::boot::partition;

/// Largest dump that is read, in bytes.
const MAX_DUMP: usize = 64 << 20;
/// Longest header before the ELF file over all versions, in bytes.
const MAX_HEADER: usize = 64;

/// Base64 with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Returns the ELF file in a dump, which begins at its magic number.
fn elf(dump: &[u8]) -> Option<Vec<u8>> {
    let at = dump.windows(4).take(MAX_HEADER).position(|w| w == b"\x7fELF")?;
    Some(dump[at..].to_vec())
}

/// Decodes the core file in a UART log between the lines CORE DUMP START and CORE DUMP END. Returns `None` without one.
///
/// Other lines in between (log lines of the other core) are skipped.
#[must_use]
pub fn decode_uart(text: &str) -> Option<Vec<u8>> {
    let start = text.find("CORE DUMP START")?;
    decode_lines(text[start..].lines().skip(1).take_while(|l| !l.contains("CORE DUMP END")))
}

/// Returns the core file from a file that holds nothing else: the contents of a `coredump` partition (`esptool
/// read_flash`), or the base64 text between the marks of a UART log. `espcoredump.py` reads the same files with `-t
/// raw` and `-t b64`.
#[must_use]
pub fn alone(bytes: &[u8]) -> Option<Vec<u8>> {
    if let Some(dump) = in_partition(bytes) {
        return Some(dump);
    }
    let head = &bytes[..bytes.len().min(64)];
    let is_base64 = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'\r' | b'\n' | b'=');
    let text = std::str::from_utf8(bytes).ok().filter(|_| head.iter().all(is_base64))?;
    decode_lines(text.lines())
}

fn decode_lines<'a>(body: impl Iterator<Item = &'a str>) -> Option<Vec<u8>> {
    let mut dump = Vec::new();
    for line in body.map(str::trim).filter(|l| !l.is_empty()) {
        dump.extend(BASE64.decode(line).unwrap_or_default());
        if dump.len() > MAX_DUMP {
            return None;
        }
    }
    elf(&dump)
}

/// Returns the core file in a flash image's `coredump` partition (data, subtype 3); `None` without one.
#[must_use]
pub fn in_flash(flash: &[u8]) -> Option<Vec<u8>> {
    let table = partition::find(flash).ok().flatten()?;
    let entry = table.partitions.iter().find(|p| (p.kind, p.subtype) == (1, 3))?;
    let (start, len) = (entry.offset as usize, entry.size as usize);
    in_partition(flash.get(start..start.checked_add(len)?.min(flash.len()))?)
}

/// Returns the core file in a partition's contents. They are the number of used bytes, the version, the core file and
/// its checksum.
fn in_partition(partition: &[u8]) -> Option<Vec<u8>> {
    let used = partition.first_chunk().map(|w| u32::from_le_bytes(*w) as usize)?;
    elf(&partition[..Some(used).filter(|n| *n > MAX_HEADER && *n <= partition.len())?])
}
