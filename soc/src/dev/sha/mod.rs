//! SHA accelerator: three engines (SHA-1, SHA-256, SHA-384/512) that share the block memory, so that hashes of
//! different engines can be interleaved block by block.

pub mod spec;
#[cfg(test)]
mod tests;

use super::spec::Spec;
use super::{Cx, DevView, Device, STEADY, steady_before};
use esplens_core::time::{Ticks, periods_to_ticks};
use serde::{Deserialize, Serialize};
use sha1::block_api::compress;
use sha2::block_api::{compress256, compress512};
use spec::*;

/// Initial hash values (FIPS 180-4, 5.3).
const IV_1: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
const IV_256: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
const IV_384: [u64; 8] = [
    0xcbbb_9d5d_c105_9ed8,
    0x629a_292a_367c_d507,
    0x9159_015a_3070_dd17,
    0x152f_ecd8_f70e_5939,
    0x6733_2667_ffc0_0b31,
    0x8eb4_4a87_6858_1511,
    0xdb0c_2e0d_64f9_8fa7,
    0x47b5_481d_befa_4fa4,
];
const IV_512: [u64; 8] = [
    0x6a09_e667_f3bc_c908,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
    0x1f83_d9ab_fb41_bd6b,
    0x5be0_cd19_137e_2179,
];

/// Host work per block.
const WORK: u64 = 500;

/// The SHA accelerator's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sha {
    text: [u32; 32],
    sha1: [u32; 5],
    sha256: [u32; 8],
    /// State of SHA-384 and SHA-512, which share an engine with different initial values.
    sha512: [u64; 8],
    /// Time at which each algorithm's BUSY is cleared.
    busy_until: [Ticks; 4],
}

impl Sha {
    fn block<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        for (b, w) in bytes.chunks_exact_mut(4).zip(self.text) {
            b.copy_from_slice(&w.to_be_bytes());
        }
        bytes
    }

    /// Processes the block in TEXT with algorithm `alg` (0 SHA-1, 1 SHA-256, 2 SHA-384, 3 SHA-512).
    fn process(&mut self, alg: usize, first: bool) {
        match alg {
            0 => {
                if first {
                    self.sha1 = IV_1;
                }
                let block = self.block::<64>();
                compress(&mut self.sha1, &[block]);
            }
            1 => {
                if first {
                    self.sha256 = IV_256;
                }
                let block = self.block::<64>();
                compress256(&mut self.sha256, &[block]);
            }
            _ => {
                if first {
                    self.sha512 = if alg == 2 { IV_384 } else { IV_512 };
                }
                let block = self.block::<128>();
                compress512(&mut self.sha512, &[block]);
            }
        }
    }

    /// Copies an engine's hash to TEXT, the high half of 64-bit words first. For SHA-384 this is the whole state.
    fn load(&mut self, alg: usize) {
        match alg {
            0 => self.text[..5].copy_from_slice(&self.sha1),
            1 => self.text[..8].copy_from_slice(&self.sha256),
            _ => {
                for (t, w) in self.text.chunks_exact_mut(2).zip(self.sha512) {
                    t.copy_from_slice(&[(w >> 32) as u32, w as u32]);
                }
            }
        }
    }

    /// Sets BUSY for a number of clocks (TRM 23.3.2: 60 to 100 per block, 8 to 20 per load).
    fn set_busy(&mut self, alg: usize, clocks: u64, cx: &Cx) {
        self.busy_until[alg] = cx.now.saturating_add(periods_to_ticks(clocks, cx.sys.clocks.apb_hz().into()));
    }
}

impl Device for Sha {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn peek(&self, offset: u32, v: &DevView) -> u32 {
        match offset {
            0..SHA_1_START => self.text[(offset / 4) as usize],
            SHA_1_BUSY | SHA_256_BUSY | SHA_384_BUSY | SHA_512_BUSY => {
                u32::from(v.now < self.busy_until[((offset - SHA_1_START) / 16) as usize])
            }
            _ => 0,
        }
    }

    fn steady_until(&self, offset: u32, v: &DevView) -> Ticks {
        match offset {
            SHA_1_BUSY | SHA_256_BUSY | SHA_384_BUSY | SHA_512_BUSY => {
                steady_before(self.busy_until[((offset - SHA_1_START) / 16) as usize], v)
            }
            _ => STEADY,
        }
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        if offset < SHA_1_START {
            self.text[(offset / 4) as usize] = value;
            return;
        }
        let alg = ((offset - SHA_1_START) / 16) as usize;
        match (offset & 0xC, value & 1) {
            _ if alg > 3 => cx.warn_reg(&SPEC, offset, "write to an unknown register, ignored"),
            (0xC, _) | (_, 0) => {}
            // A command is ignored while its algorithm is busy.
            _ if cx.now < self.busy_until[alg] => {}
            (8, _) => {
                self.load(alg);
                self.set_busy(alg, 8 + 4 * alg as u64, cx);
            }
            (command, _) => {
                cx.charge(WORK);
                self.process(alg, command == 0);
                self.set_busy(alg, if alg == 1 { 66 } else { 82 }, cx);
            }
        }
    }

    fn reset(&mut self, _cx: &mut Cx) {
        *self = Self::default();
    }
}
