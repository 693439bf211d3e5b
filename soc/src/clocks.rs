//! The clock tree as visible to software (TRM 3.2, "System Clock").

use esplens_core::time::TICKS_PER_SEC;
use serde::{Deserialize, Serialize};

/// Crystal frequency in Hz. The ESP32 is built with 40 MHz (26 MHz boards are not modelled).
pub const XTAL_HZ: u32 = 40_000_000;
/// RTC slow clock from its RC oscillator, in Hz (nominal).
pub const RTC_SLOW_HZ: u32 = 150_000;
/// RTC fast clock from its 8 MHz RC oscillator, in Hz (nominal 8.5 MHz; TRM 3.2.2 rounds to 8).
pub const RTC_FAST_HZ: u32 = 8_500_000;

/// `RTC_CNTL_SOC_CLK_SEL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SocClk {
    /// Crystal, divided by `SYSCON_PRE_DIV_CNT` + 1.
    Xtal,
    /// PLL: 80, 160 or 240 MHz by `DPORT_CPUPERIOD_SEL`.
    Pll,
    /// 8 MHz RC oscillator, divided by `SYSCON_PRE_DIV_CNT` + 1.
    Ck8m,
    /// Audio PLL; modelled with the crystal's frequency.
    Apll,
}

/// Clock selection. RTC_CNTL, DPORT and SYSCON write their fields; the methods compute the resulting frequencies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clocks {
    /// `RTC_CNTL_CLK_CONF.SOC_CLK_SEL`.
    pub soc_clk: SocClk,
    /// `SYSCON_SYSCLK_CONF.PRE_DIV_CNT`, 0..1023.
    pub pre_div: u32,
    /// `DPORT_CPU_PER_CONF.CPUPERIOD_SEL`, 0..2.
    pub cpu_period_sel: u32,
    /// `RTC_CNTL_CLK_CONF.ANA_CLK_RTC_SEL`: 0 RC 150 kHz, 1 crystal 32 kHz, 2 8M/256.
    pub rtc_slow_sel: u32,
}

impl Default for Clocks {
    fn default() -> Self {
        Self { soc_clk: SocClk::Xtal, pre_div: 0, cpu_period_sel: 0, rtc_slow_sel: 0 }
    }
}

impl Clocks {
    /// Returns the CPU clock in Hz. It always divides 480 MHz, so that a cycle is a whole number of ticks.
    #[must_use]
    pub fn cpu_hz(&self) -> u32 {
        (TICKS_PER_SEC / self.cpu_ticks()) as u32
    }

    /// Returns the ticks of virtual time in one CPU cycle.
    #[must_use]
    pub fn cpu_ticks(&self) -> u64 {
        match self.soc_clk {
            SocClk::Pll => [6, 3, 2, 2][self.cpu_period_sel as usize & 3],
            SocClk::Xtal | SocClk::Apll => 12 * (u64::from(self.pre_div) + 1),
            SocClk::Ck8m => 60 * (u64::from(self.pre_div) + 1),
        }
    }

    /// Returns the APB clock in Hz: 80 MHz from the PLL, else the CPU clock (TRM 3.2.4.1).
    #[must_use]
    pub fn apb_hz(&self) -> u32 {
        if self.soc_clk == SocClk::Pll { 80_000_000 } else { self.cpu_hz() }
    }

    /// Returns the RTC slow clock in Hz.
    #[must_use]
    pub fn rtc_slow_hz(&self) -> u32 {
        match self.rtc_slow_sel {
            1 => 32_768,
            2 => RTC_FAST_HZ / 256,
            _ => RTC_SLOW_HZ,
        }
    }

    /// Returns REF_TICK in Hz (SYSCON's dividers keep it at 1 MHz).
    #[must_use]
    pub fn ref_tick_hz(&self) -> u32 {
        1_000_000
    }
}
