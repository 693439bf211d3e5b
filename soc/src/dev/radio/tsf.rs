//! The timing synchronisation functions (802.11 TSF) in the WDEV block at 0x3FF7_5000: one for the station, one for
//! the access point, each a counter of microseconds that is read through a latch.

use crate::dev::{Cx, View};
use crate::trace::Event;
use esplens_core::time::{TICKS_PER_US, Ticks};
use serde::{Deserialize, Serialize};

/// Registers, as IDF's `wDev_*` and `hal_mac_tsf_*` functions use them.
pub mod regs {
    /// Latches and applies: bit 0 and 1 latch TSF 0 and 1, bit 2 the pair at 0x90, bit 6 and 7 apply.
    pub const CONTROL: u32 = 0x10;
    /// Latched TSF 0, low and high word.
    pub const TSF0: u32 = 0x14;
    /// Enables TSF 0.
    pub const ENABLE0: u32 = 0x20;
    /// Value that bit 6 applies to TSF 0, low and high word.
    pub const SET0: u32 = 0x24;
    /// Latched TSF 1, low and high word.
    pub const TSF1: u32 = 0x54;
    /// Enables TSF 1; writing it with the reset bit starts it at 0.
    pub const ENABLE1: u32 = 0x5C;
    /// Value that bit 7 applies to TSF 1, low and high word.
    pub const SET1: u32 = 0x60;
    /// Latched pair, low and high word.
    pub const PAIR: u32 = 0x90;
}

/// Bits of `ENABLE1` with which the driver starts the access point's TSF.
const START1: u32 = 0xC200_0000;

/// A counter of microseconds: virtual time and an offset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tsf {
    offset: u64,
}

impl Tsf {
    /// Its value in microseconds.
    #[must_use]
    pub fn at(self, now: Ticks) -> u64 {
        (now / TICKS_PER_US).wrapping_add(self.offset)
    }

    /// Sets it to a value in microseconds.
    pub fn set(&mut self, now: Ticks, value: u64) {
        self.offset = value.wrapping_sub(now / TICKS_PER_US);
    }
}

/// The latches in front of the counters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latches {
    control: u32,
    latched: [u64; 3],
    set: [u64; 2],
}

/// Which word of which 64-bit register an offset is.
fn word(offset: u32, first: u32) -> Option<u32> {
    let n = offset.checked_sub(first)?;
    (n == 0 || n == 4).then_some(n * 8)
}

impl Latches {
    /// A register's value, if it is one of these.
    #[must_use]
    pub fn peek(&self, offset: u32, _v: &View) -> Option<u32> {
        if offset == regs::CONTROL {
            return Some(self.control);
        }
        let latched = [(regs::TSF0, 0), (regs::TSF1, 1), (regs::PAIR, 2)];
        if let Some((shift, n)) = latched.iter().find_map(|(first, n)| Some((word(offset, *first)?, *n))) {
            return Some((self.latched[n] >> shift) as u32);
        }
        let set = [(regs::SET0, 0), (regs::SET1, 1)];
        let (shift, n) = set.iter().find_map(|(first, n)| Some((word(offset, *first)?, *n)))?;
        Some((self.set[n] >> shift) as u32)
    }

    /// A write; false when the register is none of these.
    pub fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) -> bool {
        for (first, n) in [(regs::SET0, 0), (regs::SET1, 1)] {
            if let Some(shift) = word(offset, first) {
                let kept = self.set[n] & !(u64::from(u32::MAX) << shift);
                self.set[n] = kept | u64::from(value) << shift;
                return true;
            }
        }
        match offset {
            regs::CONTROL => self.control(value, cx),
            regs::ENABLE1 if value & START1 == START1 => {
                cx.sys.radio.tsf[1].set(cx.now, 0);
                cx.trace(Event::WifiTsf, || "TSF 1 <- 0".into());
                return false; // the register itself is stored
            }
            _ => return false,
        }
        true
    }

    fn control(&mut self, value: u32, cx: &mut Cx) {
        let rising = value & !self.control;
        self.control = value;
        let now = cx.sys.radio.tsf.map(|t| t.at(cx.now));
        for (bit, of) in [(0, now[0]), (1, now[1]), (2, now[0])] {
            if rising >> bit & 1 != 0 {
                self.latched[bit] = of;
            }
        }
        for n in [0, 1] {
            if rising >> (6 + n) & 1 != 0 {
                let to = self.set[n];
                cx.sys.radio.tsf[n].set(cx.now, to);
                cx.trace(Event::WifiTsf, || format!("TSF {n} <- {to}"));
            }
        }
    }
}
