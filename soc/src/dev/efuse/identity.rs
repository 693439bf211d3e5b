//! The chip's identity in the fuses (MAC address, revision), and the eFuse file format.

use super::spec::*;
use super::{Blocks, Efuse};
use crate::dev::RegFile;
use crc::{CRC_8_MAXIM_DOW, Crc};

/// Length of an eFuse file in bytes: the seven words of block 0, then the eight words each of blocks 1 to 3. The words
/// are little-endian. Espressif's QEMU uses the same format.
pub const FILE_LEN: usize = 124;

/// Error: an eFuse file has the wrong length. The field is its length in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an eFuse file has {FILE_LEN} bytes, this one has {0}")]
pub struct WrongLength(pub usize);

/// Default MAC address; it has Espressif's prefix 24:0A:C4.
const DEFAULT_MAC: [u8; 6] = [0x24, 0x0A, 0xC4, 0x00, 0x32, 0x01];
/// Package ESP32-D0WD.
const PACKAGE_D0WD: u32 = 1;
/// Factory measurement of the 8 MHz oscillator (BLK0_RDATA4.CK8M_FREQ). The ROM uses it to detect the crystal
/// frequency.
const CK8M_FREQ: u32 = 85;
/// ADC reference voltage: 3 steps of 7 mV above 1100 mV.
const ADC_VREF: u32 = 3;

/// Returns the checksum of a MAC address: CRC-8 with the reflected polynomial 0x8C and initial value 0 (IDF
/// `esp_rom_efuse_mac_address_crc8`).
fn mac_crc(mac: [u8; 6]) -> u8 {
    Crc::<u8>::new(&CRC_8_MAXIM_DOW).checksum(&mac)
}

/// Returns block and word index of each word of an eFuse file, in file order.
fn words() -> impl Iterator<Item = (usize, usize)> {
    (0..4).flat_map(|block| (0..if block == 0 { 7 } else { 8 }).map(move |word| (block, word)))
}

impl Default for Efuse {
    /// Returns the fuses of an ESP32-D0WD of revision 3.0 without encryption and without protection.
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

    /// Reads the fuses from the bytes of an eFuse file (format: [`FILE_LEN`]).
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

    /// Returns the fuses as the bytes of an eFuse file.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; FILE_LEN] {
        let mut out = [0; FILE_LEN];
        for ((block, word), chunk) in words().zip(out.chunks_exact_mut(4)) {
            chunk.copy_from_slice(&self.fuses[block][word].to_le_bytes());
        }
        out
    }

    /// Returns the factory MAC address.
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

    /// Returns the major revision that the fuses encode: 0, 1 or 3. With both version bits set, only APB_CTRL_DATE
    /// distinguishes 2 from 3; this returns 3 because chips of revision 2 were never sold.
    #[must_use]
    pub fn revision(&self) -> u8 {
        let rev1 = self.fuses[0][3] & blk0_rdata3::CHIP_VER_REV1 != 0;
        let rev2 = self.fuses[0][5] & blk0_rdata5::CHIP_VER_REV2 != 0;
        if rev1 && rev2 { 3 } else { u8::from(rev1) }
    }

    /// Sets the revision fuses for major revision 0 to 3. The caller must also call
    /// [`ApbCtrl::set_revision`](crate::dev::apb_ctrl::ApbCtrl::set_revision), which holds the bit of revision 3.
    pub fn set_revision(&mut self, major: u8) {
        let bits = [(3, blk0_rdata3::CHIP_VER_REV1, 1), (5, blk0_rdata5::CHIP_VER_REV2, 2)];
        for (word, bit, from) in bits {
            let fuses = &mut self.fuses[0][word];
            *fuses = if major >= from { *fuses | bit } else { *fuses & !bit };
        }
        self.reload();
    }
}
