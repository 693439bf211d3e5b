//! RSA accelerator: Montgomery and plain multiplication, modular exponentiation, up to 4096 bits.

mod mont;
pub mod spec;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;

use super::spec::Spec;
use super::{Cx, Device, View};
use crate::irq::Source;
use esplens_core::time::{Ticks, periods_to_ticks};
use mont::{MAX_WORDS, Mont};
use serde::{Deserialize, Serialize};
use serde_big_array::BigArray;
use spec::*;

/// Event: the operation under way ends.
const DONE: u8 = 0;
/// Clocks to zero the memories after a reset ("1.3 µs" in IDF's driver).
const CLEAN_CLOCKS: u64 = 128;

/// The RSA accelerator's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rsa {
    #[serde(with = "BigArray")]
    m: [u32; MAX_WORDS],
    #[serde(with = "BigArray")]
    z: [u32; MAX_WORDS],
    #[serde(with = "BigArray")]
    y: [u32; MAX_WORDS],
    #[serde(with = "BigArray")]
    x: [u32; MAX_WORDS],
    m_dash: u32,
    modexp_mode: u32,
    mult_mode: u32,
    interrupt: bool,
    /// When the memories are zeroed.
    clean_at: Ticks,
}

impl Default for Rsa {
    fn default() -> Self {
        let zero = [0; MAX_WORDS];
        Self {
            m: zero,
            z: zero,
            y: zero,
            x: zero,
            m_dash: 0,
            modexp_mode: 0,
            mult_mode: 0,
            interrupt: false,
            clean_at: 0,
        }
    }
}

/// APB clocks of one Montgomery multiplication of `words` words (from IDF's RSA benchmarks, about 4 a word pair).
fn mul_clocks(words: usize) -> u64 {
    4 * (words * words + words) as u64
}

impl Rsa {
    fn memory(&self, block: u32) -> &[u32; MAX_WORDS] {
        match block {
            0 => &self.m,
            1 => &self.z,
            2 => &self.y,
            _ => &self.x,
        }
    }

    fn memory_mut(&mut self, block: u32) -> &mut [u32; MAX_WORDS] {
        match block {
            0 => &mut self.m,
            1 => &mut self.z,
            2 => &mut self.y,
            _ => &mut self.x,
        }
    }

    fn finish_after(&mut self, clocks: u64, cx: &mut Cx) {
        let ticks = periods_to_ticks(clocks, cx.sys.clocks.apb_hz().into());
        cx.schedule(DONE, cx.now.saturating_add(ticks));
    }

    fn modexp(&mut self, cx: &mut Cx) {
        let n = 16 * (self.modexp_mode as usize + 1);
        let mont = Mont { m: &self.m[..n], dash: self.m_dash };
        let z = mont.pow(&self.x[..n], &self.y[..n], &self.z[..n]);
        self.z[..n].copy_from_slice(&z);
        let y = &self.y[..n];
        let steps = mont::bits(y) as u64 + u64::from(y.iter().map(|w| w.count_ones()).sum::<u32>()) + 3;
        self.finish_after(steps * mul_clocks(n), cx);
    }

    fn multiply(&mut self, cx: &mut Cx) {
        let clocks = if self.mult_mode < 8 {
            let n = 16 * (self.mult_mode as usize + 1);
            let mont = Mont { m: &self.m[..n], dash: self.m_dash };
            let y = self.z;
            mont.mul(&self.x[..n], &y[..n], &mut self.z);
            mul_clocks(n)
        } else {
            // The second operand stands in the upper half of what becomes the result.
            let n = 8 * (self.mult_mode as usize - 7);
            let y = self.z;
            mont::product(&self.x[..n], &y[n..2 * n], &mut self.z[..2 * n]);
            mul_clocks(n)
        };
        self.finish_after(clocks, cx);
    }

    fn sync_irq(&self, cx: &mut Cx) {
        cx.irq(Source::Rsa, self.interrupt);
    }
}

impl Device for Rsa {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn peek(&self, offset: u32, v: &View) -> u32 {
        match offset {
            0..M_DASH => self.memory(offset / 0x200)[(offset % 0x200 / 4) as usize],
            M_DASH => self.m_dash,
            MODEXP_MODE => self.modexp_mode,
            MULT_MODE => self.mult_mode,
            INTERRUPT => self.interrupt.into(),
            CLEAN => u32::from(v.now >= self.clean_at),
            _ => 0,
        }
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        match offset {
            0..M_DASH => self.memory_mut(offset / 0x200)[(offset % 0x200 / 4) as usize] = value,
            M_DASH => self.m_dash = value,
            MODEXP_MODE => self.modexp_mode = value & 7,
            MULT_MODE => self.mult_mode = value & 15,
            MODEXP_START if value & 1 != 0 => self.modexp(cx),
            MULT_START if value & 1 != 0 => self.multiply(cx),
            INTERRUPT if value & 1 != 0 => self.interrupt = false,
            MODEXP_START | MULT_START | INTERRUPT | CLEAN => {}
            _ => cx.warn_reg(&SPEC, offset, "write to an unknown register, ignored"),
        }
        self.sync_irq(cx);
    }

    fn event(&mut self, _tag: u8, cx: &mut Cx) {
        self.interrupt = true;
        self.sync_irq(cx);
    }

    fn reset(&mut self, cx: &mut Cx) {
        let clean_at = cx.now.saturating_add(periods_to_ticks(CLEAN_CLOCKS, cx.sys.clocks.apb_hz().into()));
        *self = Self { clean_at, ..Self::default() };
        cx.cancel(DONE);
        self.sync_irq(cx);
    }
}
