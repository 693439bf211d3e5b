//! The PSRAM chip on CS1: an ESP-PSRAM16/32/64 (AP Memory APS1604M/3204R/6404L command set).

use super::flash::Storage;
use super::transfer::Transfer;
use serde::{Deserialize, Serialize};

/// State of the PSRAM chip, kept over every reset but power-on. Its content is in `System::psram`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PsramChip {
    /// QPI mode: commands are received on four lines (entered by 35h, left by F5h or a reset).
    pub qpi: bool,
    /// "2T" mode of ESP-PSRAM64: the upper half mirrors the lower half.
    pub two_t: bool,
    /// The last command was 66h.
    reset_armed: bool,
    /// Completed steps of the 2T entry sequence (5Eh, 5Fh, 5Fh).
    two_t_step: u8,
}

/// The Read ID command.
pub(super) const READ_ID: u8 = 0x9F;
/// "Known good die" byte, which follows manufacturer 0Dh in the answer to 9Fh.
const KNOWN_GOOD: u8 = 0x5D;

/// Returns the first byte of the extended id: size in bits 7:5 (IDF `esp_psram_impl_quad.c`). 20h and 26h identify
/// early revisions that need workarounds, so they are not used.
fn size_id(bytes: usize) -> u8 {
    match bytes >> 20 {
        0..=2 => 0x0E,
        3..=4 => 0x31,
        _ => 0x52,
    }
}

impl PsramChip {
    /// Does one exchange. A missing chip (`None`) leaves the lines high.
    pub fn exchange(&mut self, storage: Option<&mut Storage>, t: &Transfer) -> Vec<u8> {
        let silence = vec![0xFF; t.miso];
        let Some(storage) = storage else { return silence };
        let quad = t.first_lanes == 4;
        if quad != self.qpi {
            return silence;
        }
        // Drivers that run the clock ahead of the data prefix quad commands with one delay byte.
        let delay = usize::from(quad && t.out.bytes().first() == Some(&0) && t.out.len() > 8);
        let Some(&op) = t.out.bytes().get(delay).filter(|_| t.out.len() >= 8) else { return silence };
        let armed = std::mem::replace(&mut self.reset_armed, op == 0x66);
        match op {
            READ_ID if !quad => {
                let id = [0x0D, KNOWN_GOOD, size_id(storage.bytes()), 0x4A, 0x51, 0x08, 0x2C, 0x96];
                return t.answer(4, 0, |i| id[i % 8]);
            }
            0x35 => self.qpi = true,
            0xF5 => self.qpi = false,
            0x99 if armed => *self = Self::default(),
            0x03 | 0x0B | 0xEB => return self.read(storage, t, op, delay),
            0x02 | 0x38 => self.write(storage, t, delay),
            0x5E | 0x5F => self.two_t_entry(op),
            _ => {}
        }
        silence
    }

    fn two_t_entry(&mut self, op: u8) {
        self.two_t_step = match (op, self.two_t_step) {
            (0x5E, _) => 1,
            (_, 1) => 2,
            (_, 2) => {
                self.two_t = !self.two_t;
                0
            }
            _ => 0,
        };
    }

    /// Returns the size in bytes of the chip's address space.
    fn span(&self, storage: &Storage) -> usize {
        (if self.two_t { storage.bytes() / 2 } else { storage.bytes() }).max(1)
    }

    fn read(&self, storage: &mut Storage, t: &Transfer, op: u8, delay: usize) -> Vec<u8> {
        let wait = match (op, self.qpi) {
            (0x03, _) => 0,
            (0x0B, false) => 8,
            (0x0B, true) => 4,
            _ => 6,
        };
        let at = t.address(3 + delay) & 0xFF_FFFF;
        let data = storage.read(at as usize % self.span(storage), t.miso);
        t.answer(4 + delay, wait, |i| data[i])
    }

    fn write(&self, storage: &mut Storage, t: &Transfer, delay: usize) {
        let at = t.address(3 + delay) & 0xFF_FFFF;
        storage.write(at as usize % self.span(storage), t.data(4 + delay));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use esplens_core::memory::Memory;

    #[test]
    fn data_goes_round_in_both_modes_and_reset_needs_its_enable() {
        let mut mem = Memory::default();
        let region = mem.add(4 << 20, 0);
        let mut s = Storage { mem: &mut mem, region };
        let mut chip = PsramChip::default();
        let mut go = |out: &[u8], miso, lanes| {
            let mut t = Transfer::plain(out, miso, 0);
            (t.first_lanes, t.addr_lanes, t.dummy) = (lanes, lanes, 6);
            chip.exchange(Some(&mut s), &t)
        };
        assert_eq!(go(&[0x9F, 0, 0, 0], 3, 1), [0x0D, 0x5D, 0x31]);
        go(&[0x02, 0x12, 0x34, 0x56, 0xA1, 0xA2], 0, 1);
        assert_eq!(go(&[0x03, 0x12, 0x34, 0x56], 2, 1), [0xA1, 0xA2]);
        go(&[0x35], 0, 1);
        assert_eq!(go(&[0x9F, 0, 0, 0], 3, 1), [0xFF, 0xFF, 0xFF], "no longer listens on one line");
        assert_eq!(go(&[0xEB, 0x12, 0x34, 0x56], 2, 4), [0xA1, 0xA2]);
        go(&[0x99], 0, 4);
        assert_eq!(go(&[0xEB, 0x12, 0x34, 0x56], 2, 4), [0xA1, 0xA2], "99h alone does nothing");
        go(&[0x66], 0, 4);
        go(&[0x99], 0, 4);
        assert_eq!(go(&[0x9F, 0, 0, 0], 2, 1), [0x0D, 0x5D]);
    }

    #[test]
    fn the_2t_sequence_folds_the_halves_together() {
        let mut mem = Memory::default();
        let region = mem.add(8 << 20, 0);
        let mut s = Storage { mem: &mut mem, region };
        let mut chip = PsramChip::default();
        let mut go = |out: &[u8], miso| chip.exchange(Some(&mut s), &Transfer::plain(out, miso, 0));
        go(&[0x02, 0x40, 0, 0, 0x77], 0);
        assert_eq!(go(&[0x03, 0, 0, 0], 1), [0]);
        for op in [0x5E, 0x5F, 0x00, 0x5F] {
            go(&[op], 0);
        }
        go(&[0x02, 0x40, 0, 0, 0x55], 0);
        assert_eq!(go(&[0x03, 0, 0, 0], 1), [0x55]);
    }
}
