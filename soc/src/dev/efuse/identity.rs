//! Who the chip is: the fuses' meaning that a user sets, and their file.

use super::spec::*;
use super::{Blocks, Efuse};
use crate::dev::RegFile;

/// Bytes of an eFuse file: block 0's seven words, then eight words each of blocks 1 to 3, little-endian, as
/// Espressif's QEMU takes it.
pub const FILE_LEN: usize = 124;

/// An eFuse file of a wrong length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an eFuse file has {FILE_LEN} bytes, this one has {0}")]
pub struct WrongLength(pub usize);

/// The MAC address of a chip that was given none: Espressif's prefix 24:0A:C4.
const DEFAULT_MAC: [u8; 6] = [0x24, 0x0A, 0xC4, 0x00, 0x32, 0x01];
/// Package ESP32-D0WD.
const PACKAGE_D0WD: u32 = 1;
/// What the factory measured of the 8 MHz oscillator (BLK0_RDATA4.CK8M_FREQ); the ROM finds the crystal by it.
const CK8M_FREQ: u32 = 85;
/// ADC reference 3 steps of 7 mV above 1100 mV.
const ADC_VREF: u32 = 3;

/// The checksum of a MAC address: CRC-8 with the reflected polynomial 0x8C from 0 (IDF
/// `esp_rom_efuse_mac_address_crc8`).
fn mac_crc(mac: [u8; 6]) -> u8 {
    mac.into_iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ byte, |c: u8, _| if c & 1 != 0 { c >> 1 ^ 0x8C } else { c >> 1 })
    })
}

/// Block and word of each word of a file.
fn words() -> impl Iterator<Item = (usize, usize)> {
    (0..4).flat_map(|block| (0..if block == 0 { 7 } else { 8 }).map(move |word| (block, word)))
}

impl Default for Efuse {
    /// An ESP32-D0WD of revision 3.0 with an unencrypted, unlocked set of fuses.
    fn default() -> Self {
        let mut efuse = Self::of_fuses(Blocks::default());
        efuse.fuses[0][3] = PACKAGE_D0WD << blk0_rdata3::CHIP_PACKAGE_S | blk0_rdata3::CHIP_CPU_FREQ_RATED;
        efuse.fuses[0][4] = CK8M_FREQ | ADC_VREF << blk0_rdata4::ADC_VREF_S;
        efuse.set_revision(3);
        efuse.set_mac(DEFAULT_MAC);
        efuse
    }
}

impl Efuse {
    pub(super) fn of_fuses(fuses: Blocks) -> Self {
        let mut efuse = Self { fuses, shown: fuses, regs: RegFile::default(), cmd: 0, int_raw: 0 };
        efuse.reload();
        efuse
    }

    /// The fuses of a file in the layout of Espressif's QEMU.
    ///
    /// # Errors
    /// [`WrongLength`] unless there are [`FILE_LEN`] bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WrongLength> {
        if bytes.len() != FILE_LEN {
            return Err(WrongLength(bytes.len()));
        }
        let mut fuses = Blocks::default();
        for ((block, word), b) in words().zip(bytes.chunks_exact(4)) {
            fuses[block][word] = u32::from_le_bytes([b[0], b[1], b[2], b[3]]);
        }
        Ok(Self::of_fuses(fuses))
    }

    /// The fuses as such a file.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; FILE_LEN] {
        let mut out = [0; FILE_LEN];
        for ((block, word), chunk) in words().zip(out.chunks_exact_mut(4)) {
            chunk.copy_from_slice(&self.fuses[block][word].to_le_bytes());
        }
        out
    }

    /// The factory MAC address.
    #[must_use]
    pub fn mac(&self) -> [u8; 6] {
        let [low, high] = [self.fuses[0][1], self.fuses[0][2]];
        let ([h1, h0, ..], [l3, l2, l1, l0]) = (high.to_le_bytes(), low.to_le_bytes());
        [h0, h1, l0, l1, l2, l3]
    }

    /// Sets the factory MAC address and its checksum.
    pub fn set_mac(&mut self, mac: [u8; 6]) {
        self.fuses[0][1] = u32::from_be_bytes([mac[2], mac[3], mac[4], mac[5]]);
        let high = u32::from(mac[0]) << 8 | u32::from(mac[1]) | u32::from(mac_crc(mac)) << 16;
        self.fuses[0][2] = self.fuses[0][2] & 0xFF00_0000 | high;
        self.reload();
    }

    /// The major revision that the fuses stand for, 0, 1 or 3: with both version bits burnt it takes
    /// APB_CTRL_DATE to tell 2 from 3, and chips of revision 2 were never sold.
    #[must_use]
    pub fn revision(&self) -> u8 {
        let rev1 = self.fuses[0][3] & blk0_rdata3::CHIP_VER_REV1 != 0;
        let rev2 = self.fuses[0][5] & blk0_rdata5::CHIP_VER_REV2 != 0;
        if rev1 && rev2 { 3 } else { u8::from(rev1) }
    }

    /// Makes this the eFuse of a chip of major revision 0 to 3. Revision 3 shows in
    /// [`ApbCtrl::set_revision`](crate::dev::apb_ctrl::ApbCtrl::set_revision) too: set both.
    pub fn set_revision(&mut self, major: u8) {
        let bits = [(3, blk0_rdata3::CHIP_VER_REV1, 1), (5, blk0_rdata5::CHIP_VER_REV2, 2)];
        for (word, bit, from) in bits {
            let fuses = &mut self.fuses[0][word];
            *fuses = if major >= from { *fuses | bit } else { *fuses & !bit };
        }
        self.reload();
    }
}
