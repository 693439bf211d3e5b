//! The capture timer and its three channels.

use crate::system::System;
use esplens_core::time::{TICKS_PER_SEC, Ticks};
use serde::{Deserialize, Serialize};

/// The 32-bit timer, which counts the APB clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureTimer {
    base: u32,
    since: Ticks,
    hz: u32,
    on: bool,
}

impl CaptureTimer {
    /// Returns the count.
    #[must_use]
    pub fn value(&self, now: Ticks) -> u32 {
        if !self.on {
            return self.base;
        }
        let passed = u128::from(now.saturating_sub(self.since));
        self.base.wrapping_add((passed * u128::from(self.hz) / u128::from(TICKS_PER_SEC)) as u32)
    }

    /// Continues from the present count with the present clock.
    pub fn rebase(&mut self, on: bool, now: Ticks, sys: &System) {
        *self = Self { base: self.value(now), since: now, hz: sys.clocks.apb_hz(), on };
    }

    /// Continues from `value` (synchronisation).
    pub fn load(&mut self, value: u32, now: Ticks) {
        self.base = value;
        self.since = now;
    }
}

/// One capture channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureChannel {
    /// Count of the last capture.
    pub value: u32,
    /// True if the last capture was at a falling edge.
    pub falling: bool,
    /// Rising edges since the last one that passed the prescaler.
    edges: u32,
}

/// `CAP_CHx_CFG`: enables the channel.
pub const EN: u32 = 1 << 0;
/// `CAP_CHx_CFG`: captures at falling edges.
const NEG: u32 = 1 << 1;
/// `CAP_CHx_CFG`: captures at rising edges.
const POS: u32 = 1 << 2;
/// `CAP_CHx_CFG`: inverts the input.
const INVERT: u32 = 1 << 11;
/// `CAP_CHx_CFG`: software capture.
pub const SW: u32 = 1 << 12;

impl CaptureChannel {
    /// Returns true if a change of the input to `level` causes a capture under configuration `cfg`.
    pub fn edge(&mut self, cfg: u32, level: bool) -> bool {
        let rising = level ^ (cfg & INVERT != 0);
        if cfg & EN == 0 {
            return false;
        }
        let prescale = cfg >> 3 & 0xFF;
        if rising && prescale != 0 {
            self.edges += 1;
            if self.edges <= prescale {
                return false;
            }
            self.edges = 0;
        }
        self.falling = !rising;
        cfg & if rising { POS } else { NEG } != 0
    }
}
