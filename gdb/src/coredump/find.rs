//! ESP-IDF's own core dumps: base64 on the UART, raw in a flash partition. Both hold an ELF core file behind a short
//! header and before a checksum.

/// Largest dump that is taken.
const MAX_DUMP: usize = 64 << 20;
/// Longest header before the ELF file, over all versions.
const MAX_HEADER: usize = 64;

/// The value of a base64 character.
fn digit(c: u8) -> Option<u32> {
    Some(
        match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        }
        .into(),
    )
}

/// One line of base64, padded or not. `None`: it is none.
fn decode(line: &str, out: &mut Vec<u8>) -> Option<()> {
    let text = line.trim_end_matches('=').as_bytes();
    for group in text.chunks(4) {
        let value = group.iter().try_fold(0, |v, c| Some(v << 6 | digit(*c)?))? << (6 * (4 - group.len()));
        let bytes = [(value >> 16) as u8, (value >> 8) as u8, value as u8];
        out.extend(&bytes[..group.len().checked_sub(1)?]);
    }
    Some(())
}

/// The ELF file in a dump: from its magic on.
fn elf(dump: &[u8]) -> Option<Vec<u8>> {
    let at = dump.windows(4).take(MAX_HEADER).position(|w| w == b"\x7fELF")?;
    Some(dump[at..].to_vec())
}

/// The core file that a UART log holds between the lines CORE DUMP START and CORE DUMP END; `None` without one.
///
/// Other lines in between (log lines of the other core) are skipped.
#[must_use]
pub fn decode_uart(text: &str) -> Option<Vec<u8>> {
    let start = text.find("CORE DUMP START")?;
    let body = text[start..].lines().skip(1).take_while(|l| !l.contains("CORE DUMP END"));
    let mut dump = Vec::new();
    for line in body.map(str::trim).filter(|l| !l.is_empty()) {
        let before = dump.len();
        if decode(line, &mut dump).is_none() {
            dump.truncate(before);
        }
        if dump.len() > MAX_DUMP {
            return None;
        }
    }
    elf(&dump)
}

/// The core file in a flash image's `coredump` partition (data, subtype 3); `None` without one.
#[must_use]
pub fn in_flash(flash: &[u8]) -> Option<Vec<u8>> {
    let word = |at: usize| flash.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    // The partition table stands at 0x8000 unless the project moves it; entries have the magic 0x50AA.
    let entries = (0x8000..0x8C00).step_by(32).take_while(|at| flash.get(*at..at + 2) == Some(&[0xAA, 0x50]));
    let entry = entries.into_iter().find(|at| flash.get(at + 2..at + 4) == Some(&[1, 3]))?;
    let (start, len) = (word(entry + 4)? as usize, word(entry + 8)? as usize);
    let partition = flash.get(start..start.checked_add(len)?.min(flash.len()))?;
    let used = word(start).map(|n| n as usize).filter(|n| *n > MAX_HEADER && *n <= partition.len())?;
    elf(&partition[..used])
}
