//! Identification of the flash chip: ids and the JEDEC parameter table (JESD216).

/// Manufacturer id: GigaDevice (the same as in QEMU's ESP32 machine).
pub const MANUFACTURER: u8 = 0xC8;
/// Memory type of the GD25Q family.
pub const MEMORY_TYPE: u8 = 0x40;
/// The 128-bit unique id (4Bh); the same in every machine, so that runs are reproducible.
pub const UNIQUE_ID: [u8; 16] = *b"esplens-flash-01";

/// Returns log2 of the size, which is the third byte of the answer to 9Fh.
#[must_use]
pub fn capacity(bytes: usize) -> u8 {
    bytes.max(1).next_power_of_two().trailing_zeros() as u8
}

/// Offset of the basic flash parameter table.
const BASIC: usize = 0x30;

/// Returns a byte of the SFDP space: header, one parameter header, the nine double words of the first JESD216 revision.
#[must_use]
pub fn sfdp(bytes: usize, offset: usize) -> u8 {
    const HEADERS: [u8; 16] = [
        b'S',
        b'F',
        b'D',
        b'P',
        0x00,
        0x01,
        0x00,
        0xFF, // signature, revision 1.0, one parameter header
        0x00,
        0x00,
        0x01,
        9,
        BASIC as u8,
        0x00,
        0x00,
        0xFF, // JEDEC basic, revision 1.0, 9 words
    ];
    match offset {
        0..16 => HEADERS[offset],
        BASIC.. if offset < BASIC + 36 => basic(bytes)[(offset - BASIC) / 4].to_le_bytes()[offset % 4],
        _ => 0xFF,
    }
}

/// Builds the basic flash parameter table.
fn basic(bytes: usize) -> [u32; 9] {
    let bits = (1u64 << capacity(bytes)) * 8;
    [
        // 4 KiB erase by 20h, 64-byte write buffer, WREN by 06h, 1-1-2, 1-2-2, 1-4-4 and 1-1-4 reads, 3-byte address
        0xFFF1_20E5,
        (bits - 1) as u32,
        // 1-4-4: EBh, 4 wait + 2 mode clocks; 1-1-4: 6Bh, 8 wait
        0x6B08_EB44,
        // 1-1-2: 3Bh, 8 wait; 1-2-2: BBh, 4 mode clocks
        0xBB80_3B08,
        0xFFFF_FFEE, // no 2-2-2, no 4-4-4
        0xFF00_FFFF,
        0xFF00_FFFF,
        0x520F_200C, // 4 KiB by 20h, 32 KiB by 52h
        0xFF00_D810, // 64 KiB by D8h
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_density_is_the_chips_size_in_bits() {
        let word = |o: usize| u32::from_le_bytes(std::array::from_fn(|i| sfdp(4 << 20, o + i)));
        assert_eq!(word(0), u32::from_le_bytes(*b"SFDP"));
        assert_eq!(word(BASIC + 4) + 1, 32 << 20);
        assert_eq!(sfdp(4 << 20, 0x1000), 0xFF);
        assert_eq!(capacity(4 << 20), 0x16);
        assert_eq!(capacity(16 << 20), 0x18);
    }
}
