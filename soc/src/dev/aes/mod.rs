//! AES accelerator: transforms one ECB block at a time. Other modes are implemented in the driver.

pub mod spec;
#[cfg(test)]
mod tests;

use super::spec::Spec;
use super::{Cx, DevView, Device, STEADY, steady_before};
use ::aes::cipher::{Block, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use ::aes::{Aes128, Aes192, Aes256};
use esplens_core::time::{Ticks, periods_to_ticks};
use serde::{Deserialize, Serialize};
use spec::*;

/// Host work of one block including its key schedule.
const WORK: u64 = 500;

/// The AES accelerator's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aes {
    key: [u32; 8],
    text: [u32; 4],
    mode: u32,
    endian: u32,
    busy_until: Ticks,
}

impl Default for Aes {
    fn default() -> Self {
        Self { key: [0; 8], text: [0; 4], mode: 0, endian: endian::ALL, busy_until: 0 }
    }
}

/// Converts register words to the cipher's bytes. A false flag reverses the bytes of each word or the order of words.
fn to_bytes(words: &[u32], keep_bytes: bool, keep_words: bool) -> Vec<u8> {
    let word = |i: usize| if keep_words { words[i] } else { words[words.len() - 1 - i] };
    let bytes = |w: u32| if keep_bytes { w.to_le_bytes() } else { w.to_be_bytes() };
    (0..words.len()).flat_map(|i| bytes(word(i))).collect()
}

/// Converts a block to register words, the inverse of [`to_bytes`].
fn to_words(block: &[u8], keep_bytes: bool, keep_words: bool) -> [u32; 4] {
    let mut words = [0; 4];
    for (i, b) in block.chunks_exact(4).enumerate() {
        let b = [b[0], b[1], b[2], b[3]];
        let at = if keep_words { i } else { 3 - i };
        words[at] = if keep_bytes { u32::from_le_bytes(b) } else { u32::from_be_bytes(b) };
    }
    words
}

/// Encrypts or decrypts one block in place.
fn transform<C: KeyInit + BlockCipherEncrypt + BlockCipherDecrypt>(
    key: &[u8],
    decrypt: bool,
    block: &mut [u8],
) {
    let Ok(cipher) = C::new_from_slice(key) else { return };
    let Ok(block) = <&mut Block<C>>::try_from(block) else { return };
    if decrypt { cipher.decrypt_block(block) } else { cipher.encrypt_block(block) }
}

impl Aes {
    /// Returns the number of key words of the selected length; `None` for the undefined length 3.
    fn key_words(&self) -> Option<usize> {
        [Some(4), Some(6), Some(8), None][(self.mode & mode::KEY_LEN) as usize]
    }

    fn start(&mut self, cx: &mut Cx) {
        let Some(words) = self.key_words() else {
            return cx.warn_reg(&SPEC, MODE, "undefined key length, the block is left unchanged");
        };
        cx.charge(WORK);
        let keep = |bit: u32| self.endian & bit != 0;
        let key = to_bytes(&self.key[..words], keep(endian::KEY_BYTE), keep(endian::KEY_WORD));
        let mut block = to_bytes(&self.text, keep(endian::IN_BYTE), keep(endian::IN_WORD));
        let decrypt = self.mode & mode::DECRYPT != 0;
        match words {
            4 => transform::<Aes128>(&key, decrypt, &mut block),
            6 => transform::<Aes192>(&key, decrypt, &mut block),
            _ => transform::<Aes256>(&key, decrypt, &mut block),
        }
        self.text = to_words(&block, keep(endian::OUT_BYTE), keep(endian::OUT_WORD));
        // TRM 22.3.5: 11 to 15 clocks for encryption, up to 22 for decryption.
        let clocks = words as u64 + 7 + if decrypt { 7 } else { 0 };
        self.busy_until = cx.now.saturating_add(periods_to_ticks(clocks, cx.sys.clocks.apb_hz().into()));
    }
}

impl Device for Aes {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn peek(&self, offset: u32, v: &DevView) -> u32 {
        match offset {
            IDLE => u32::from(v.now >= self.busy_until),
            MODE => self.mode,
            ENDIAN => self.endian,
            KEY..0x30 => self.key[((offset - KEY) / 4) as usize],
            TEXT..ENDIAN => self.text[((offset - TEXT) / 4) as usize],
            _ => 0,
        }
    }

    fn steady_until(&self, offset: u32, v: &DevView) -> Ticks {
        match offset {
            IDLE => steady_before(self.busy_until, v),
            _ => STEADY,
        }
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        match offset {
            // A start while busy has no effect.
            START if value & 1 != 0 && cx.now >= self.busy_until => self.start(cx),
            START | IDLE => {}
            MODE => self.mode = value & 7,
            ENDIAN => self.endian = value & endian::ALL,
            KEY..0x30 => self.key[((offset - KEY) / 4) as usize] = value,
            TEXT..ENDIAN => self.text[((offset - TEXT) / 4) as usize] = value,
            _ => cx.warn_reg(&SPEC, offset, "write to an unknown register, ignored"),
        }
    }

    fn reset(&mut self, _cx: &mut Cx) {
        *self = Self::default();
    }
}
