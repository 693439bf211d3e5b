//! The ESP image format, as loaded by the ROM and by the second-stage bootloader (IDF `esp_app_format.h`).

use super::{fixed_text, half, word};
use crate::map::{self, ChipMemory};
use serde::Serialize;
use sha2::{Digest, Sha256};
use thiserror::Error;

/// First byte of every image.
pub const MAGIC: u8 = 0xE9;
/// Size in bytes of the header with its extension.
pub const HEADER_BYTES: usize = 24;
/// Flash offset from which the ROM loads the second-stage bootloader.
pub const BOOTLOADER_OFFSET: usize = 0x1000;
/// Maximum number of segments in an image (IDF `ESP_IMAGE_MAX_SEGMENTS`).
pub const MAX_SEGMENTS: u8 = 16;
/// First word of an application descriptor.
pub const APP_DESC_MAGIC: u32 = 0xABCD_5432;
/// Offset of the application descriptor in an image: the start of the first segment's data.
pub const APP_DESC_OFFSET: usize = HEADER_BYTES + 8;
const APP_DESC_BYTES: usize = 256;
/// Initial value of the checksum.
const CHECKSUM_SEED: u8 = 0xEF;

/// Error in an image. Offsets count from the start of the file.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ImageError {
    /// Wrong magic byte.
    #[error("offset {at:#x} holds {found:#04x}, expected an image header (0xe9)")]
    Magic {
        /// Offset of the byte.
        at: usize,
        /// The byte found there.
        found: u8,
    },
    /// The file ends inside a structure.
    #[error("the file ends at {end:#x} inside the {what} at {at:#x}, which needs {need} bytes")]
    Truncated {
        /// Offset of the structure.
        at: usize,
        /// Name of the structure.
        what: &'static str,
        /// Length of the structure in bytes.
        need: usize,
        /// The file's length.
        end: usize,
    },
    /// No segments or too many.
    #[error("the image at {at:#x} has {found} segments, expected 1 to 16")]
    SegmentCount {
        /// The image's offset.
        at: usize,
        /// Number of segments.
        found: u8,
    },
    /// The image is for another chip.
    #[error("the image at {at:#x} is for {} (chip id {id}), expected ESP32 (0)", chip_name(*id))]
    Chip {
        /// The image's offset.
        at: usize,
        /// Its chip id.
        id: u16,
    },
}

/// Returns the name of a chip id in an image header.
#[must_use]
pub fn chip_name(id: u16) -> &'static str {
    match id {
        0 => "ESP32",
        2 => "ESP32-S2",
        5 => "ESP32-C3",
        9 => "ESP32-S3",
        12 => "ESP32-C2",
        13 => "ESP32-C6",
        16 => "ESP32-H2",
        18 => "ESP32-P4",
        20 => "ESP32-C61",
        23 => "ESP32-C5",
        25 => "ESP32-H21",
        28 => "ESP32-H4",
        32 => "ESP32-S31",
        _ => "an unknown chip",
    }
}

/// The 24-byte header of every image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Header {
    /// Number of segments that follow.
    pub segments: u8,
    /// Flash mode: 0 QIO, 1 QOUT, 2 DIO, 3 DOUT.
    pub flash_mode: u8,
    /// Flash size code: 0 is 1 MB, each step doubles it.
    pub flash_size: u8,
    /// Flash clock code: 0 40 MHz, 1 26 MHz, 2 20 MHz, 15 80 MHz.
    pub flash_freq: u8,
    /// Address of the first instruction.
    pub entry: u32,
    /// Chip id; 0 is the ESP32.
    pub chip_id: u16,
    /// Lowest chip revision, major * 100 + minor.
    pub min_revision: u16,
    /// Highest chip revision, major * 100 + minor; `None` for no limit.
    pub max_revision: Option<u16>,
    /// A SHA-256 of the image follows its checksum.
    pub hash_appended: bool,
}

impl Header {
    /// Returns the flash size in bytes that the header gives; `None` for unknown codes.
    #[must_use]
    pub fn flash_bytes(&self) -> Option<usize> {
        (self.flash_size < 8).then(|| (1 << 20) << self.flash_size)
    }

    /// Returns the flash mode in the notation of Espressif's tools.
    #[must_use]
    pub fn flash_mode_name(&self) -> &'static str {
        ["QIO", "QOUT", "DIO", "DOUT", "fast read", "slow read"]
            .get(usize::from(self.flash_mode))
            .copied()
            .unwrap_or("?")
    }

    /// Returns the flash clock in MHz.
    #[must_use]
    pub fn flash_mhz(&self) -> Option<u8> {
        match self.flash_freq {
            0 => Some(40),
            1 => Some(26),
            2 => Some(20),
            15 => Some(80),
            _ => None,
        }
    }
}

/// One segment of an image, with the address it is loaded or mapped to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImageSegment {
    /// Offset of its data in the file.
    pub offset: usize,
    /// Address it is loaded to or mapped at; 0 for padding.
    pub addr: u32,
    /// Length in bytes.
    pub len: usize,
    /// Name of the memory at `addr`.
    pub memory: &'static str,
}

/// Result of verifying a checksum or hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Check {
    /// It matches.
    Ok,
    /// It does not match.
    Wrong,
    /// The image has none.
    Absent,
}

/// Application descriptor: the application's own description of itself (IDF `esp_app_desc_t`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AppDescriptor {
    /// Project name.
    pub project: String,
    /// Application version.
    pub version: String,
    /// ESP-IDF version.
    pub idf: String,
    /// Compile date and time.
    pub built: String,
    /// SHA-256 of the ELF file the image was made from; all zeros if not recorded.
    #[serde(serialize_with = "hex")]
    pub elf_sha256: [u8; 32],
}

fn hex<S: serde::Serializer>(bytes: &[u8; 32], s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(&hex_text(bytes))
}

/// Returns `bytes` in lower-case hexadecimal.
#[must_use]
pub fn hex_text(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// A parsed image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Image {
    /// Its offset in the file.
    pub offset: usize,
    /// Bytes from the header to the end of checksum and hash.
    pub len: usize,
    /// The header.
    pub header: Header,
    /// The segments, in order.
    pub segments: Vec<ImageSegment>,
    /// The XOR checksum.
    pub checksum: Check,
    /// The SHA-256.
    pub hash: Check,
    /// The application's descriptor, if it has one.
    pub app: Option<AppDescriptor>,
}

impl Image {
    /// Returns true if any segment is mapped from flash, which identifies an application rather than a bootloader.
    #[must_use]
    pub fn uses_flash_cache(&self) -> bool {
        self.segments.iter().any(|s| is_flash_mapped(s.addr))
    }
}

/// Returns true for addresses in the flash cache's windows (DROM and IROM).
#[must_use]
pub fn is_flash_mapped(addr: u32) -> bool {
    map::region_at(addr).is_some_and(|r| r.memory == ChipMemory::Flash)
}

/// Returns the linker scripts' name of the memory at an address (TRM 1.3.1).
#[must_use]
pub fn memory_name(addr: u32) -> &'static str {
    match map::region_at(addr) {
        _ if addr == 0 => "padding",
        Some(region) if region.memory != ChipMemory::Registers => region.segment,
        _ => "unknown",
    }
}

/// Parses the header at `at` without parsing the segments.
///
/// # Errors
/// [`ImageError::Truncated`], [`ImageError::Magic`].
pub fn parse_header(data: &[u8], at: usize) -> Result<Header, ImageError> {
    let truncated = ImageError::Truncated { at, what: "image header", need: HEADER_BYTES, end: data.len() };
    let h = at.checked_add(HEADER_BYTES).and_then(|end| data.get(at..end)).ok_or(truncated)?;
    if h[0] != MAGIC {
        return Err(ImageError::Magic { at, found: h[0] });
    }
    let max = half(h, 17).unwrap_or(0);
    let min = half(h, 15).unwrap_or(0);
    Ok(Header {
        segments: h[1],
        flash_mode: h[2],
        flash_freq: h[3] & 15,
        flash_size: h[3] >> 4,
        entry: word(h, 4).unwrap_or(0),
        chip_id: half(h, 12).unwrap_or(0),
        // Before IDF 4.4.3 only this one byte existed: the major revision.
        min_revision: if min == 0 { u16::from(h[14]) * 100 } else { min },
        max_revision: (max != 0 && max != u16::MAX).then_some(max),
        hash_appended: h[23] == 1,
    })
}

/// Parses the image at `at` and verifies checksum and hash. A mismatch is reported in the result, not as an error: the
/// bootloader decides how to handle it.
///
/// # Errors
/// [`ImageError`] with the offset.
pub fn parse(data: &[u8], at: usize) -> Result<Image, ImageError> {
    let header = parse_header(data, at)?;
    if header.segments == 0 || header.segments > MAX_SEGMENTS {
        return Err(ImageError::SegmentCount { at, found: header.segments });
    }
    // RTOSes other than ESP-IDF store arbitrary values in these bytes: only known chip ids are checked.
    if header.chip_id != 0 && chip_name(header.chip_id) != "an unknown chip" {
        return Err(ImageError::Chip { at, id: header.chip_id });
    }
    let (segments, end, sum) = parse_segments(data, at, header.segments)?;
    // The checksum is the last byte of a block of 16, counted from the image's start.
    let checksum_at = at + ((end - at) | 15);
    let found = data.get(checksum_at).ok_or(ImageError::Truncated {
        at: end,
        what: "checksum",
        need: checksum_at + 1 - end,
        end: data.len(),
    })?;
    let checksum = if *found == sum { Check::Ok } else { Check::Wrong };
    let hash = check_hash(data, at, checksum_at + 1, header.hash_appended)?;
    let len = checksum_at + 1 - at + if header.hash_appended { 32 } else { 0 };
    let app = parse_app_desc(data, at + APP_DESC_OFFSET);
    Ok(Image { offset: at, len, header, segments, checksum, hash, app })
}

/// Returns the segments, the offset past the last one, and the checksum over them.
fn parse_segments(data: &[u8], at: usize, count: u8) -> Result<(Vec<ImageSegment>, usize, u8), ImageError> {
    let mut segments = Vec::with_capacity(count.into());
    let mut pos = at + HEADER_BYTES;
    let mut sum = CHECKSUM_SEED;
    for _ in 0..count {
        let truncated = |what, at, need| ImageError::Truncated { at, what, need, end: data.len() };
        let (Some(addr), Some(len)) = (word(data, pos), word(data, pos + 4)) else {
            return Err(truncated("segment header", pos, 8));
        };
        let (offset, len) = (pos + 8, len as usize);
        let end = offset.checked_add(len);
        let Some(bytes) = end.and_then(|end| data.get(offset..end)) else {
            return Err(truncated("segment", offset, len));
        };
        sum = bytes.iter().fold(sum, |sum, b| sum ^ b);
        segments.push(ImageSegment { offset, addr, len, memory: memory_name(addr) });
        pos = offset + len;
    }
    Ok((segments, pos, sum))
}

fn check_hash(data: &[u8], from: usize, to: usize, appended: bool) -> Result<Check, ImageError> {
    if !appended {
        return Ok(Check::Absent);
    }
    let truncated = ImageError::Truncated { at: to, what: "SHA-256", need: 32, end: data.len() };
    let stored = data.get(to..to + 32).ok_or(truncated)?;
    let right = Sha256::digest(&data[from..to]).as_slice() == stored;
    Ok(if right { Check::Ok } else { Check::Wrong })
}

/// Returns the application descriptor at an offset, if there is one.
#[must_use]
pub fn parse_app_desc(data: &[u8], at: usize) -> Option<AppDescriptor> {
    let d = data.get(at..at.checked_add(APP_DESC_BYTES)?)?;
    if word(d, 0)? != APP_DESC_MAGIC {
        return None;
    }
    let (time, date) = (fixed_text(&d[80..96]), fixed_text(&d[96..112]));
    Some(AppDescriptor {
        version: fixed_text(&d[16..48]),
        project: fixed_text(&d[48..80]),
        built: format!("{date} {time}").trim().to_string(),
        idf: fixed_text(&d[112..144]),
        elf_sha256: d[144..176].try_into().ok()?,
    })
}
