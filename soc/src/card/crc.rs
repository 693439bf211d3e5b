//! The checksums of the SD bus (SD Physical Layer Simplified Specification 4.5).

/// Returns the CRC7 of a command or register, in the lower seven bits.
#[must_use]
pub fn crc7(bytes: &[u8]) -> u8 {
    let step = |crc: u8, byte: &u8| {
        (0..8).rev().fold(crc, |crc, bit| {
            let invert = ((crc >> 6) ^ (byte >> bit)) & 1;
            ((crc << 1) ^ (invert * 0x09)) & 0x7F
        })
    };
    bytes.iter().fold(0, step)
}

/// Returns the CRC16 of a data block.
#[must_use]
pub fn crc16(bytes: &[u8]) -> u16 {
    let step = |crc: u16, byte: &u8| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| (crc << 1) ^ ((crc >> 15) * 0x1021))
    };
    bytes.iter().fold(0, step)
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
