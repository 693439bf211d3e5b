//! Timer groups, RTC, FRC.

use super::Chip;
use esplens_soc::dev::{DevId, rtc_cntl, timg};
use timg::spec::*;

/// `gptimer`'s alarm and `gptimer_get_raw_count`'s latch (`timer_ll_trigger_soft_capture`).
#[test]
fn gptimer_alarm_and_count() {
    let mut c = Chip::powered();
    let id = DevId::Timg0;
    c.write(id, T0LOADLO, 0);
    c.write(id, T0LOADHI, 0);
    c.write(id, T0LOAD, 1);
    c.write(id, T0ALARMLO, 1000);
    c.write(id, T0ALARMHI, 0);
    c.set(id, INT_ENA_TIMERS, 0, 1);
    let divider = 80 << 13;
    c.write(
        id,
        T0CONFIG,
        divider | t0config::INCREASE | t0config::ALARM_EN | t0config::LEVEL_INT_EN | t0config::EN,
    );
    let us = c.wait_set("gptimer alarm", 1100, id, INT_RAW_TIMERS, 1);
    assert!((999..=1001).contains(&us), "{us} us");
    c.write(id, T0UPDATE, 1);
    let count = c.read(id, T0LO);
    assert!((1000..=1002).contains(&count), "{count}");
}

/// `rtc_clk_cal_internal`: START, RDY; 1000 slow-clock periods in crystal periods.
#[test]
fn rtc_clk_cal() {
    let mut c = Chip::powered();
    let id = DevId::Timg0;
    c.wait("old calibration", 10_000, |c| {
        let cfg = c.read(id, RTCCALICFG);
        cfg & rtccalicfg::RTC_CALI_START_CYCLING == 0 || cfg & rtccalicfg::RTC_CALI_RDY != 0
    });
    let old = rtccalicfg::RTC_CALI_CLK_SEL | rtccalicfg::RTC_CALI_START_CYCLING | rtccalicfg::RTC_CALI_MAX;
    c.set(id, RTCCALICFG, old, 1000 << 16);
    c.set(id, RTCCALICFG, rtccalicfg::RTC_CALI_START, 0);
    c.set(id, RTCCALICFG, 0, rtccalicfg::RTC_CALI_START);
    let us = c.wait_set("rtc_clk_cal", 20_000, id, RTCCALICFG, rtccalicfg::RTC_CALI_RDY);
    assert!((6_000..7_500).contains(&us), "1000 periods of 150 kHz took {us} us");
    let periods = c.read(id, RTCCALICFG1) >> 7;
    assert!((250_000..290_000).contains(&periods), "{periods}");
}

/// `rtc_time_get` and `rtc_clk_wait_for_slow_cycle`.
#[test]
fn rtc_time_get() {
    use rtc_cntl::spec::*;
    let mut c = Chip::powered();
    c.write(DevId::RtcCntl, TIME_UPDATE, time_update::TIME_UPDATE);
    c.wait_set("rtc_time_get", 20, DevId::RtcCntl, TIME_UPDATE, time_update::TIME_VALID);
}

/// `rtc_sleep_start` with `esp_sleep_enable_timer_wakeup`: SLP_WAKEUP or SLP_REJECT is set.
#[test]
fn rtc_sleep_start_with_a_timer() {
    use rtc_cntl::spec::*;
    let mut c = Chip::powered();
    let id = DevId::RtcCntl;
    c.write(id, TIME_UPDATE, time_update::TIME_UPDATE);
    c.wait_set("rtc_time_get", 20, id, TIME_UPDATE, time_update::TIME_VALID);
    let wake = c.read(id, TIME0) + 1500; // 10 ms
    c.write(id, SLP_TIMER0, wake);
    c.write(id, SLP_TIMER1, slp_timer1::MAIN_TIMER_ALARM_EN);
    c.write(id, WAKEUP_STATE, 1 << (3 + 11));
    c.write(id, INT_CLR, int_raw::SLP_WAKEUP | int_raw::SLP_REJECT);
    c.set(id, STATE0, 0, state0::SLEEP_EN);
    let done = int_raw::SLP_WAKEUP | int_raw::SLP_REJECT;
    let us = c.wait_set("rtc_sleep_start", 20_000, id, INT_RAW, done);
    assert!((9_900..=10_100).contains(&us), "{us} us");
    assert_eq!(c.read(id, WAKEUP_STATE) & 0x7FF, 1 << 3);
}

/// `esp_reset_reason`'s and the clock code's `rtc_clk_apll_coeff_set` wait for the audio PLL's calibration
/// (`CLK_LL_APLL_CAL_DELAY`, I2C_APLL_OR_CAL_END).
#[test]
fn rtc_clk_apll_waits_for_its_calibration() {
    let mut c = Chip::powered();
    c.write(DevId::Regi2c, 3 * 4, 0x6D | 3 << 8);
    c.wait("I2C_APLL_OR_CAL_END", 10, |c| c.read(DevId::Regi2c, 12) >> 23 & 1 == 1);
}

/// `rom_txdc_cal_v70` of the mask ROM.
#[test]
fn txdc_calibration_of_the_rom() {
    let mut c = Chip::powered();
    c.wait_set("rom_txdc_cal_v70", 10, DevId::Regi2c, 0x4C, 1 << 24);
}
