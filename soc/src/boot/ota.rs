//! Selection of the application that the bootloader starts (IDF `bootloader_utility.c`, `esp_flash_partitions.h`): the
//! newer valid entry of the otadata partition selects the OTA slot. Without one it is the factory application, else the
//! first OTA slot.

use super::partition::{self, Partition};
use super::word;

/// Distance between the two entries: a flash sector.
const SECTOR: usize = 0x1000;
/// `ota_state` values that disqualify an entry: ESP_OTA_IMG_INVALID, ESP_OTA_IMG_ABORTED.
const REFUSED: [u32; 2] = [3, 4];

/// Computes the CRC-32 as the ROM's `crc32_le(UINT32_MAX, ..)` does: the register starts at zero.
fn crc(bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(u32::MAX);
    hasher.update(bytes);
    hasher.finalize()
}

/// Returns the sequence number of the otadata entry at `at`, if the entry is valid.
fn sequence(flash: &[u8], at: usize) -> Option<u32> {
    let seq = word(flash, at)?;
    let (state, sum) = (word(flash, at + 24)?, word(flash, at + 28)?);
    let valid = seq != 0 && seq != u32::MAX && sum == crc(&seq.to_le_bytes()) && !REFUSED.contains(&state);
    valid.then_some(seq)
}

/// Returns the partition whose application is started from these flash contents.
///
/// # Errors
/// [`String`] when there is no partition table, or no application in it.
pub fn selected(flash: &[u8]) -> Result<Partition, String> {
    let table = partition::find(flash).map_err(|e| e.to_string())?;
    let table = table.ok_or("there is no partition table in flash")?;
    let parts = &table.partitions;
    let of = |subtype: u8| parts.iter().find(|p| p.is_app() && p.subtype == subtype);
    let slots = parts.iter().filter(|p| p.is_app() && (0x10..0x20).contains(&p.subtype)).count() as u32;
    let data = parts.iter().find(|p| (p.kind, p.subtype) == (1, 0)).map(|p| p.offset as usize);
    let seq = data.and_then(|at| sequence(flash, at).max(sequence(flash, at + SECTOR)));
    let slot = seq.filter(|_| slots > 0).and_then(|seq| of(0x10 + ((seq - 1) % slots) as u8));
    let chosen = slot.or_else(|| of(0)).or_else(|| of(0x10));
    let chosen = chosen.or_else(|| parts.iter().find(|p| p.is_app()));
    let chosen = chosen.ok_or("the partition table names no application")?;
    if chosen.offset.checked_add(chosen.size).is_none_or(|end| end as usize > flash.len()) {
        return Err(format!("partition {} lies outside the flash", chosen.label));
    }
    Ok(chosen.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: u8, subtype: u8, offset: u32, label: &str) -> Vec<u8> {
        let mut e = vec![0xAA, 0x50, kind, subtype];
        e.extend(offset.to_le_bytes());
        e.extend(0x1000_u32.to_le_bytes());
        e.extend(label.bytes());
        e.resize(32, 0);
        e
    }

    fn flash(seqs: [u32; 2]) -> Vec<u8> {
        let mut f = vec![0xFF; 0x4_0000];
        let table = [entry(1, 0, 0xD000, "otadata"), entry(0, 0, 0x1_0000, "factory")];
        let slots = [entry(0, 0x10, 0x2_0000, "ota_0"), entry(0, 0x11, 0x3_0000, "ota_1")];
        let table = [table, slots].concat().concat();
        f[0x8000..0x8000 + table.len()].copy_from_slice(&table);
        for (n, seq) in seqs.into_iter().enumerate() {
            let at = 0xD000 + n * SECTOR;
            f[at..at + 4].copy_from_slice(&seq.to_le_bytes());
            f[at + 28..at + 32].copy_from_slice(&crc(&seq.to_le_bytes()).to_le_bytes());
        }
        f
    }

    fn label(flash: &[u8]) -> String {
        selected(flash).unwrap().label
    }

    #[test]
    fn the_newer_entry_chooses_and_a_broken_one_does_not_count() {
        // Value that IDF's otatool writes for sequence number 1.
        assert_eq!(crc(&1u32.to_le_bytes()), 0x4743_989A);
        assert_eq!(label(&flash([u32::MAX; 2])), "factory");
        assert_eq!(label(&flash([1, u32::MAX])), "ota_0");
        assert_eq!(label(&flash([1, 2])), "ota_1");
        assert_eq!(label(&flash([3, 2])), "ota_0");
        let mut broken = flash([1, 2]);
        broken[0xE000 + 28] ^= 1;
        assert_eq!(label(&broken), "ota_0");
        broken[0xD000 + 24..0xD000 + 28].copy_from_slice(&4u32.to_le_bytes());
        assert_eq!(label(&broken), "factory");
        assert!(selected(&[0xFF; 0x9000]).unwrap_err().contains("no partition table"));
    }
}
