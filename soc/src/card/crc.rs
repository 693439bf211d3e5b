//! The checksums of the SD bus (SD Physical Layer Simplified Specification 4.5).

use ::crc::{CRC_7_MMC, CRC_16_XMODEM, Crc};

const CRC7: Crc<u8> = Crc::<u8>::new(&CRC_7_MMC);
const CRC16: Crc<u16> = Crc::<u16>::new(&CRC_16_XMODEM);

/// Returns the CRC7 of a command or register, in the lower seven bits.
#[must_use]
pub fn crc7(bytes: &[u8]) -> u8 {
    CRC7.checksum(bytes)
}

/// Returns the CRC16 of a data block.
#[must_use]
pub fn crc16(bytes: &[u8]) -> u16 {
    CRC16.checksum(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specifications_examples() {
        assert_eq!(crc7(&[0x40, 0, 0, 0, 0]), 0b100_1010, "CMD0");
        assert_eq!(crc7(&[0x51, 0, 0, 0, 0]), 0b010_1010, "CMD17");
        assert_eq!(crc7(&[0x11, 0, 0, 9, 0]), 0b011_0011, "response to CMD17");
        assert_eq!(crc16(&[0xFF; 512]), 0x7FA1);
    }
}
