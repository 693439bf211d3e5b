//! The registers of an SD card: OCR, CID, CSD, SCR, SSR, and the status of CMD6 (SD Physical Layer Simplified
//! Specification, chapter 5 and 4.3.10).

use super::crc::crc7;
use serde::{Deserialize, Serialize};

/// Block length of data transfers in bytes.
pub const BLOCK: u64 = 512;
/// Largest capacity in bytes of a standard-capacity card.
pub const SDSC_MAX: u64 = 2 << 30;
/// Largest capacity in bytes that is accepted. Beyond 32 GiB a card is called SDXC; its commands are those of SDHC.
pub const MAX: u64 = 128 << 30;

/// OCR: supply voltages of 2.7 V to 3.6 V.
pub const OCR_VOLTAGES: u32 = 0x00FF_8000;
/// OCR: the card addresses blocks instead of bytes (CCS).
pub const OCR_CCS: u32 = 1 << 30;
/// OCR: initialisation has ended.
pub const OCR_READY: u32 = 1 << 31;

/// Command classes: basic, block read, block write, erase, application-specific, switch.
const CLASSES: u128 = 1 << 0 | 1 << 2 | 1 << 4 | 1 << 5 | 1 << 8 | 1 << 10;
/// TRAN_SPEED of 25 MHz, and of 50 MHz in high-speed mode.
const SPEED: [u128; 2] = [0x32, 0x5A];

/// CardCapacity of a card, as its CSD states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardCapacity {
    /// CardCapacity in bytes.
    bytes: u64,
}

impl CardCapacity {
    /// Returns the smallest capacity of at least `bytes` that a CSD can state.
    #[must_use]
    pub fn fitting(bytes: u64) -> Self {
        let unit = if bytes > SDSC_MAX { 512 << 10 } else { BLOCK << (multiplier(bytes) + 2) };
        Self { bytes: bytes.clamp(1, MAX).next_multiple_of(unit) }
    }

    /// Returns the capacity in bytes.
    #[must_use]
    pub fn bytes(self) -> u64 {
        self.bytes
    }

    /// Returns true for SDHC and SDXC cards, which address blocks; false for SDSC cards, which address bytes.
    #[must_use]
    pub fn is_high(self) -> bool {
        self.bytes > SDSC_MAX
    }

    /// Returns the name of the card's kind.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self.bytes {
            0..=SDSC_MAX => "SDSC",
            b if b <= 32 << 30 => "SDHC",
            _ => "SDXC",
        }
    }

    /// Returns CSD version 1 or 2.
    #[must_use]
    pub fn csd(self, high_speed: bool, write_protected: bool) -> [u8; 16] {
        let mut csd = 0;
        let mut set = |low: u32, value: u128| csd |= value << low;
        set(96, SPEED[usize::from(high_speed)]);
        set(84, CLASSES);
        set(46, 1); // ERASE_BLK_EN
        set(39, 0x7F); // SECTOR_SIZE
        set(26, 2); // R2W_FACTOR
        set(12, write_protected.into()); // TMP_WRITE_PROTECT
        if self.is_high() {
            set(126, 1); // CSD_STRUCTURE
            set(112, 0x0E); // TAAC
            set(80, 9); // READ_BL_LEN
            set(48, u128::from(self.bytes / (512 << 10) - 1)); // C_SIZE
            set(22, 9); // WRITE_BL_LEN
        } else {
            // A card of 2 GiB states its size in blocks of 1024 bytes.
            let len = if self.bytes > 1 << 30 { 10 } else { 9 };
            let mult = multiplier(self.bytes).min(7);
            set(112, 0x26); // TAAC
            set(80, len); // READ_BL_LEN
            set(79, 1); // READ_BL_PARTIAL
            set(62, u128::from((self.bytes >> len >> (mult + 2)) - 1)); // C_SIZE
            set(50, 0xFFF); // VDD_R_CURR_MIN to VDD_W_CURR_MAX
            set(47, mult.into()); // C_SIZE_MULT
            set(22, len); // WRITE_BL_LEN
        }
        with_crc(csd)
    }

    /// Returns the SCR: specification version 3, buses of 1 and 4 bits, CMD23.
    #[must_use]
    pub fn scr(self) -> [u8; 8] {
        let security = if self.is_high() { 3 } else { 2 };
        [0x02, security << 4 | 0x5, 0x80, 0x02, 0, 0, 0, 0]
    }
}

/// Returns C_SIZE_MULT for a standard-capacity card; 8 stands for 7 with blocks of 1024 bytes.
fn multiplier(bytes: u64) -> u32 {
    (0..8).find(|mult| bytes <= (BLOCK << (mult + 2)) * 4096).unwrap_or(8)
}

/// Adds CRC7 and end bit.
fn with_crc(register: u128) -> [u8; 16] {
    let mut bytes = register.to_be_bytes();
    bytes[15] = crc7(&bytes[..15]) << 1 | 1;
    bytes
}

/// Returns the CID of a card with this serial number: manufacturer 0xE5, OEM "ES", product "ESPLN" 1.0, January 2024.
#[must_use]
pub fn cid(serial: u32) -> [u8; 16] {
    let mut cid = *b"\xE5ESESPLN\x10\0\0\0\0\x01\x81\0";
    cid[9..13].copy_from_slice(&serial.to_be_bytes());
    with_crc(u128::from_be_bytes(cid))
}

/// Returns the SD status (SSR): bus width, speed class 10, allocation units of 4 MiB.
#[must_use]
pub fn ssr(four_bits: bool) -> Vec<u8> {
    let mut ssr = vec![0; 64];
    ssr[0] = u8::from(four_bits) << 7;
    ssr[8] = 4; // SPEED_CLASS
    ssr[9] = 0x0A; // PERFORMANCE_MOVE
    ssr[10] = 9 << 4; // AU_SIZE
    ssr[12] = 1; // ERASE_SIZE: one allocation unit
    ssr[13] = 1 << 2; // ERASE_TIMEOUT: 1 s
    ssr
}

/// Carries out CMD6 and returns its status block. Function group 1 has default and high speed; the others have their
/// default only.
pub fn switch_function(arg: u32, high_speed: &mut bool) -> Vec<u8> {
    let selected = |group: u32| {
        let supported = if group == 1 { 2 } else { 1 };
        let current = if group == 1 { u32::from(*high_speed) } else { 0 };
        match arg >> (4 * (group - 1)) & 0xF {
            0xF => current,
            n if n < supported => n,
            _ => 0xF,
        }
    };
    let groups: [u32; 6] = std::array::from_fn(|n| selected(n as u32 + 1));
    let accepted = groups.iter().all(|g| *g != 0xF);
    let mut status = vec![0; 64];
    status[1] = if accepted { 100 } else { 0 }; // mA
    for group in 1..=6 {
        let at = 14 - 2 * group;
        status[at..at + 2].copy_from_slice(&[0x80, if group == 1 { 0x03 } else { 0x01 }]);
        let nibble = groups[group - 1] << (4 * ((group - 1) % 2));
        status[16 - (group - 1) / 2] |= nibble as u8;
    }
    if arg >> 31 != 0 && accepted {
        *high_speed = groups[0] == 1;
    }
    status
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decodes a CSD as ESP-IDF's `sdmmc_decode_csd` does; returns the capacity in bytes.
    fn decoded(csd: [u8; 16]) -> u64 {
        let raw = u128::from_be_bytes(csd);
        let bits = |low: u32, n: u32| (raw >> low) as u64 & ((1 << n) - 1);
        assert_eq!(csd[15], crc7(&csd[..15]) << 1 | 1);
        match bits(126, 2) {
            0 => (bits(62, 12) + 1) << (bits(47, 3) + 2) << bits(80, 4),
            _ => (bits(48, 22) + 1) << 10 << bits(80, 4),
        }
    }

    #[test]
    fn the_csd_states_the_capacity() {
        for bytes in [1, 64 << 10, 16 << 20, 100 << 20, (1 << 30) - 1, (1 << 30) + 1, 2 << 30] {
            let capacity = CardCapacity::fitting(bytes);
            assert_eq!(decoded(capacity.csd(false, false)), capacity.bytes(), "{bytes}");
            assert!(capacity.bytes() >= bytes && capacity.bytes() <= bytes.max(1 << 20) * 2, "{bytes}");
            assert_eq!(capacity.kind(), "SDSC");
        }
        for (bytes, kind) in [((2 << 30) + 1, "SDHC"), (32 << 30, "SDHC"), (64 << 30, "SDXC")] {
            let capacity = CardCapacity::fitting(bytes);
            assert_eq!(decoded(capacity.csd(true, false)), capacity.bytes());
            assert_eq!((capacity.kind(), capacity.is_high()), (kind, true));
        }
        assert_eq!(CardCapacity::fitting(16 << 20).bytes(), 16 << 20);
        assert_eq!(CardCapacity::fitting(2 << 30).bytes(), 2 << 30);
    }

    #[test]
    fn high_speed_is_switched_on_request_only() {
        let mut fast = false;
        let status = switch_function(0x00FF_FFF1, &mut fast);
        assert_eq!((status[13] & 2, status[16] & 0xF, fast), (2, 1, false), "mode 0 only checks");
        switch_function(0x80FF_FFF1, &mut fast);
        assert!(fast);
        let status = switch_function(0x80FF_FFF5, &mut fast);
        assert_eq!(
            (status[16] & 0xF, status[1], fast),
            (0xF, 0, true),
            "an unknown function changes nothing"
        );
        switch_function(0x80FF_FFF0, &mut fast);
        assert!(!fast);
    }
}
