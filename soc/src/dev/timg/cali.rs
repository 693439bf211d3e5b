//! Calibration of the slow clocks against the crystal (TRM 31.3.10; RTCCALICFG).

use super::count::CountRate;
use super::spec::rtccalicfg as cfg;
use crate::clocks::{Clocks, RTC_FAST_HZ, XTAL_HZ};
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};

/// The running or last calibration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cali {
    config: u32,
    ready_at: Ticks,
    counted: u32,
}

impl Cali {
    /// Creates the state after reset, in which the 8 MHz clock / 256 is measured continuously (the ROM reads the
    /// result).
    #[must_use]
    pub fn new(config: u32, now: Ticks) -> Self {
        let mut new = Self { config, ready_at: 0, counted: 0 };
        new.start(now, &Clocks::default());
        new.ready_at = now;
        new
    }

    /// Returns the frequency of the clock to measure in Hz; `None` if it does not oscillate (there is no 32 kHz
    /// crystal).
    fn slow_hz(&self, clocks: &Clocks) -> Option<u32> {
        match (self.config & cfg::RTC_CALI_CLK_SEL) >> 13 {
            0 => Some(clocks.rtc_slow_hz()),
            1 => Some(RTC_FAST_HZ / 256),
            _ => None,
        }
    }

    fn start(&mut self, now: Ticks, clocks: &Clocks) {
        let Some(hz) = self.slow_hz(clocks) else {
            self.ready_at = Ticks::MAX;
            return;
        };
        let rate = CountRate::hz(hz);
        let periods = u64::from((self.config & cfg::RTC_CALI_MAX) >> 16);
        self.ready_at = rate.ticks(rate.counts(now) + 1 + periods);
        self.counted = (periods * u64::from(XTAL_HZ) / u64::from(hz)) as u32;
    }

    /// Returns RTCCALICFG.
    #[must_use]
    pub fn config(&self, now: Ticks) -> u32 {
        self.config | if now >= self.ready_at { cfg::RTC_CALI_RDY } else { 0 }
    }

    /// Virtual time at which the measurement is, or was, done.
    #[must_use]
    pub fn ready_at(&self) -> Ticks {
        self.ready_at
    }

    /// Returns RTCCALICFG1.
    #[must_use]
    pub fn value(&self, now: Ticks) -> u32 {
        if now >= self.ready_at { self.counted << 7 } else { 0 }
    }

    /// Writes RTCCALICFG. A rising START, or free-running mode, starts a measurement.
    pub fn write(&mut self, value: u32, now: Ticks, clocks: &Clocks) {
        let old = std::mem::replace(&mut self.config, value & !cfg::RTC_CALI_RDY);
        let rising = self.config & !old;
        let cycling = self.config & cfg::RTC_CALI_START_CYCLING != 0;
        if rising & (cfg::RTC_CALI_START | cfg::RTC_CALI_START_CYCLING) != 0 || cycling && old != self.config
        {
            self.start(now, clocks);
        }
    }
}
