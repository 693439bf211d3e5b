//! RSA accelerator: Montgomery and plain multiplication, modular exponentiation, up to 4096 bits.

mod mont;
pub mod spec;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;

use super::spec::Spec;
use super::{Cx, DevView, Device, STEADY, steady_before};
use crate::irq::IrqSource;
use esplens_core::time::{Ticks, periods_to_ticks};
use mont::{MAX_WORDS, Mont};
use serde::{Deserialize, Serialize};
use serde_big_array::BigArray;
use spec::*;

/// Event tag: the time of the last computed piece has passed; the operation continues or ends.
const STEP: u8 = 0;
/// Clock cycles of the multiplications that are computed in one piece.
const PIECE_CLOCKS: u64 = 1 << 16;
/// Host work of a multiplication per pair of words.
const WORK_PER_PAIR: u64 = 5;
/// Clock cycles to zero the memories after a reset ("1.3 µs" in IDF's driver).
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
    /// An operation is in progress.
    busy: bool,
    /// The exponentiation in progress, if it has not been computed completely.
    power: Option<Box<Power>>,
    /// Time at which zeroing the memories is complete.
    clean_at: Ticks,
}

/// An exponentiation in progress. It is computed in pieces as its virtual time passes, because the longest one takes
/// most of a second of host time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Power {
    #[serde(with = "BigArray")]
    base: [u32; MAX_WORDS],
    #[serde(with = "BigArray")]
    acc: [u32; MAX_WORDS],
    /// Length of the operands in words.
    words: u32,
    /// Exponent bits that remain to be processed.
    bit: u32,
}

impl Default for Power {
    fn default() -> Self {
        Self { base: [0; MAX_WORDS], acc: [0; MAX_WORDS], words: 0, bit: 0 }
    }
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
            busy: false,
            power: None,
            clean_at: 0,
        }
    }
}

/// Returns the APB clock cycles of a Montgomery multiplication of `words` words (about 4 per pair of words, from IDF's
/// RSA benchmarks).
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

    fn call_after(&self, clocks: u64, cx: &mut Cx) {
        let ticks = periods_to_ticks(clocks, cx.sys.clocks.apb_hz().into());
        cx.schedule(STEP, cx.now.saturating_add(ticks));
    }

    /// Prepares one Montgomery multiplication by the modulus in M and charges its host work.
    fn mont(&self, words: usize, cx: &Cx) -> Mont<'_> {
        cx.charge(WORK_PER_PAIR * (words * words) as u64);
        Mont { m: &self.m[..words], dash: self.m_dash }
    }

    /// Starts an exponentiation: converts base and accumulator to Montgomery form.
    fn modexp(&mut self, cx: &mut Cx) {
        let n = 16 * (self.modexp_mode as usize + 1);
        let mut power = Power { words: n as u32, bit: mont::bits(&self.y[..n]) as u32, ..Power::default() };
        let mut one = [0; MAX_WORDS];
        one[0] = 1;
        self.mont(n, cx).mul(&self.x[..n], &self.z[..n], &mut power.base);
        self.mont(n, cx).mul(&one[..n], &self.z[..n], &mut power.acc);
        self.power = Some(Box::new(power));
        self.call_after(2 * mul_clocks(n), cx);
    }

    /// Computes the next multiplications of an exponentiation, about [`PIECE_CLOCKS`] clock cycles of them. Computes
    /// the result after the last one.
    fn go_on(&mut self, mut power: Box<Power>, cx: &mut Cx) {
        let n = power.words as usize;
        let (mut clocks, mut out) = (0, [0; MAX_WORDS]);
        while power.bit > 0 && clocks < PIECE_CLOCKS {
            power.bit -= 1;
            self.mont(n, cx).mul(&power.acc[..n], &power.acc[..n], &mut out);
            clocks += mul_clocks(n);
            if self.y[power.bit as usize / 32] >> (power.bit % 32) & 1 != 0 {
                self.mont(n, cx).mul(&out[..n], &power.base[..n], &mut power.acc);
                clocks += mul_clocks(n);
            } else {
                std::mem::swap(&mut power.acc, &mut out);
            }
        }
        if power.bit > 0 {
            self.power = Some(power);
        } else {
            out.fill(0);
            out[0] = 1;
            let mut z = self.z;
            self.mont(n, cx).mul(&power.acc[..n], &out[..n], &mut z);
            self.z = z;
            clocks += mul_clocks(n);
        }
        self.call_after(clocks, cx);
    }

    fn multiply(&mut self, cx: &mut Cx) {
        let y = self.z;
        let n = if self.mult_mode < 8 {
            let n = 16 * (self.mult_mode as usize + 1);
            let mut z = self.z;
            self.mont(n, cx).mul(&self.x[..n], &y[..n], &mut z);
            self.z = z;
            n
        } else {
            // The second operand is in the upper half of the memory that receives the result.
            let n = 8 * (self.mult_mode as usize - 7);
            cx.charge(WORK_PER_PAIR * (n * n) as u64);
            mont::product(&self.x[..n], &y[n..2 * n], &mut self.z[..2 * n]);
            n
        };
        self.call_after(mul_clocks(n), cx);
    }

    /// Handles a START command, which is ignored while an operation is in progress.
    fn start(&mut self, operation: fn(&mut Self, &mut Cx), cx: &mut Cx) {
        if !self.busy {
            self.busy = true;
            operation(self, cx);
        }
    }

    fn sync_irq(&self, cx: &mut Cx) {
        cx.irq(IrqSource::Rsa, self.interrupt);
    }
}

impl Device for Rsa {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn peek(&self, offset: u32, v: &DevView) -> u32 {
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

    fn steady_until(&self, offset: u32, v: &DevView) -> Ticks {
        match offset {
            CLEAN => steady_before(self.clean_at, v),
            _ => STEADY,
        }
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        match offset {
            0..M_DASH => self.memory_mut(offset / 0x200)[(offset % 0x200 / 4) as usize] = value,
            M_DASH => self.m_dash = value,
            MODEXP_MODE => self.modexp_mode = value & 7,
            MULT_MODE => self.mult_mode = value & 15,
            MODEXP_START if value & 1 != 0 => self.start(Self::modexp, cx),
            MULT_START if value & 1 != 0 => self.start(Self::multiply, cx),
            INTERRUPT if value & 1 != 0 => self.interrupt = false,
            MODEXP_START | MULT_START | INTERRUPT | CLEAN => {}
            _ => cx.warn_reg(&SPEC, offset, "write to an unknown register, ignored"),
        }
        self.sync_irq(cx);
    }

    fn event(&mut self, _tag: u8, cx: &mut Cx) {
        match self.power.take() {
            Some(power) => self.go_on(power, cx),
            None => {
                self.busy = false;
                self.interrupt = true;
            }
        }
        self.sync_irq(cx);
    }

    fn reset(&mut self, cx: &mut Cx) {
        let clean_at = cx.now.saturating_add(periods_to_ticks(CLEAN_CLOCKS, cx.sys.clocks.apb_hz().into()));
        *self = Self { clean_at, ..Self::default() };
        cx.cancel(STEP);
        self.sync_irq(cx);
    }
}
