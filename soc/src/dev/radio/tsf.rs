//! The timing synchronisation functions (802.11 TSF) in the WDEV block at 0x3FF7_5000: one for the station, one for the
//! access point. Each is a microsecond counter that is read through a latch.

use crate::dev::{Cx, DevView};
use crate::trace::TraceEvent;
use esplens_core::time::{TICKS_PER_US, Ticks};
use serde::{Deserialize, Serialize};

/// Register offsets, as used by IDF's `wDev_*` and `hal_mac_tsf_*` functions.
pub mod regs {
    /// Control: bits 0 and 1 latch TSF 0 and 1, bit 2 latches the pair at 0x90, bits 6 and 7 apply new values.
    pub const CONTROL: u32 = 0x10;
    /// Latched TSF 0, low and high word.
    pub const TSF0: u32 = 0x14;
    /// Enables TSF 0.
    pub const ENABLE0: u32 = 0x20;
    /// Value applied to TSF 0 by bit 6, low and high word.
    pub const SET0: u32 = 0x24;
    /// Latched TSF 1, low and high word.
    pub const TSF1: u32 = 0x54;
    /// Enables TSF 1; a write with the reset bit restarts it at 0.
    pub const ENABLE1: u32 = 0x5C;
    /// Value applied to TSF 1 by bit 7, low and high word.
    pub const SET1: u32 = 0x60;
    /// The pair: TSF 0 as latched by bit 2, low and high word.
    pub const PAIR: u32 = 0x90;
}

/// Bits of `ENABLE1` with which the driver starts the access point's TSF.
const START1: u32 = 0xC200_0000;

/// A microsecond counter: virtual time plus an offset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tsf {
    offset: u64,
}

impl Tsf {
    /// Returns the value in microseconds.
    #[must_use]
    pub fn at(self, now: Ticks) -> u64 {
        (now / TICKS_PER_US).wrapping_add(self.offset)
    }

    /// Sets the value in microseconds.
    pub fn set(&mut self, now: Ticks, value: u64) {
        self.offset = value.wrapping_sub(now / TICKS_PER_US);
    }
}

/// The latch and set registers of the TSFs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latches {
    control: u32,
    latched: [u64; 3],
    set: [u64; 2],
}

/// Returns the shift of the word at `offset` in the 64-bit register at `first`, if it belongs to that register.
fn word(offset: u32, first: u32) -> Option<u32> {
    let n = offset.checked_sub(first)?;
    (n == 0 || n == 4).then_some(n * 8)
}

impl Latches {
    /// Returns a register's value, if it belongs to the latches.
    #[must_use]
    pub fn peek(&self, offset: u32, _v: &DevView) -> Option<u32> {
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

    /// Handles a register write. Returns false if the register must be stored elsewhere.
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
                cx.trace(TraceEvent::WifiTsf, || "TSF 1 <- 0".into());
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
                cx.trace(TraceEvent::WifiTsf, || format!("TSF {n} <- {to}"));
            }
        }
    }
}
