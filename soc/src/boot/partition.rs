//! The partition table (IDF `esp_flash_partitions.h`): 32-byte entries, an optional MD5 over them.

use super::{fixed_text, word};
use md5::{Digest, Md5};
use serde::Serialize;
use thiserror::Error;

/// Usual offset of the table.
pub const DEFAULT_OFFSET: usize = 0x8000;
/// Bytes reserved for a table.
pub const MAX_BYTES: usize = 0xC00;
const ENTRY_BYTES: usize = 32;
const ENTRY_MAGIC: [u8; 2] = [0xAA, 0x50];
const MD5_MAGIC: [u8; 2] = [0xEB, 0xEB];
/// End of the search for tables at other offsets (CONFIG_PARTITION_TABLE_OFFSET), in steps of one sector.
const SEARCH_END: usize = 0x10_0000;

/// Error in a partition table.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PartitionError {
    /// Neither an entry nor the end marker.
    #[error("partition table entry at {at:#x} starts {found:#06x}, expected 0x50aa, 0xebeb or 0xffff")]
    Magic {
        /// The entry's offset in the file.
        at: usize,
        /// Its first half word.
        found: u16,
    },
    /// The MD5 does not match the entries.
    #[error("partition table at {at:#x}: its MD5 does not match its entries")]
    Md5 {
        /// The table's offset in the file.
        at: usize,
    },
}

/// One partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Partition {
    /// Its label.
    pub label: String,
    /// 0 application, 1 data, 2 bootloader, 3 partition table, 0x40.. custom.
    pub kind: u8,
    /// Subtype; its meaning depends on `kind`.
    pub subtype: u8,
    /// Offset in flash.
    pub offset: u32,
    /// Size in bytes.
    pub size: u32,
    /// Bit 0 encrypted, bit 1 read-only.
    pub flags: u32,
}

impl Partition {
    /// Returns true for application partitions.
    #[must_use]
    pub fn is_app(&self) -> bool {
        self.kind == 0
    }

    /// Returns type and subtype in the notation of `gen_esp32part.py`.
    #[must_use]
    pub fn kind_name(&self) -> String {
        let name = match (self.kind, self.subtype) {
            (0, 0) => "app, factory",
            (0, n @ 0x10..=0x1F) => return format!("app, ota_{}", n - 0x10),
            (0, 0x20) => "app, test",
            (1, 0) => "data, ota",
            (1, 1) => "data, phy",
            (1, 2) => "data, nvs",
            (1, 3) => "data, coredump",
            (1, 4) => "data, nvs_keys",
            (1, 5) => "data, efuse",
            (1, 6) => "data, undefined",
            (1, 0x80) => "data, esphttpd",
            (1, 0x81) => "data, fat",
            (1, 0x82) => "data, spiffs",
            (1, 0x83) => "data, littlefs",
            (2, _) => "bootloader",
            (3, _) => "partition table",
            _ => return format!("{:#04x}, {:#04x}", self.kind, self.subtype),
        };
        name.to_string()
    }
}

/// A partition table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartitionTable {
    /// Its offset in the file.
    pub offset: usize,
    /// The entries, in order; at most 95.
    pub partitions: Vec<Partition>,
    /// True if the table carries an MD5 (which then matches).
    pub md5: bool,
}

impl PartitionTable {
    /// Returns the partition with a label.
    #[must_use]
    pub fn find(&self, label: &str) -> Option<&Partition> {
        self.partitions.iter().find(|p| p.label == label)
    }
}

/// Parses the table at `at`; `None` if no table starts there.
///
/// # Errors
/// [`PartitionError`] if a table starts there and is damaged.
pub fn parse(data: &[u8], at: usize) -> Result<Option<PartitionTable>, PartitionError> {
    let table = data.get(at..).unwrap_or_default();
    let table = &table[..table.len().min(MAX_BYTES)];
    if !table.starts_with(&ENTRY_MAGIC) {
        return Ok(None);
    }
    let mut partitions = Vec::new();
    for (n, entry) in table.chunks_exact(ENTRY_BYTES).enumerate() {
        match [entry[0], entry[1]] {
            ENTRY_MAGIC => partitions.push(parse_entry(entry)),
            MD5_MAGIC => {
                if Md5::digest(&table[..n * ENTRY_BYTES]).as_slice() != &entry[16..] {
                    return Err(PartitionError::Md5 { at });
                }
                return Ok(Some(PartitionTable { offset: at, partitions, md5: true }));
            }
            [0xFF, 0xFF] => break,
            other => {
                let at = at + n * ENTRY_BYTES;
                return Err(PartitionError::Magic { at, found: u16::from_le_bytes(other) });
            }
        }
    }
    Ok(Some(PartitionTable { offset: at, partitions, md5: false }))
}

fn parse_entry(e: &[u8]) -> Partition {
    Partition {
        kind: e[2],
        subtype: e[3],
        offset: word(e, 4).unwrap_or(0),
        size: word(e, 8).unwrap_or(0),
        label: fixed_text(&e[12..28]),
        flags: word(e, 28).unwrap_or(0),
    }
}

/// Finds the table: at the usual offset, else in the first sector that holds a valid one.
///
/// # Errors
/// [`PartitionError`] if the table at the usual offset is damaged and there is no valid one elsewhere.
pub fn find(data: &[u8]) -> Result<Option<PartitionTable>, PartitionError> {
    let usual = parse(data, DEFAULT_OFFSET);
    if let Ok(Some(table)) = usual {
        return Ok(Some(table));
    }
    let elsewhere = (0x2000..SEARCH_END.min(data.len()))
        .step_by(0x1000)
        .filter(|&at| at != DEFAULT_OFFSET)
        .find_map(|at| parse(data, at).ok().flatten());
    elsewhere.map_or(usual, |table| Ok(Some(table)))
}
