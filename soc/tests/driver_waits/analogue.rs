//! ADC, touch pads, temperature, LEDC fades.

use super::Chip;
use esplens_soc::dev::{DevId, ledc, sens};
use sens::spec::*;

/// `adc_oneshot_read` of either unit: idle (`adc_ll_..meas_status`), start, DONE.
#[test]
fn adc_oneshot_read() {
    let mut c = Chip::powered();
    for (start, channel) in [(SAR_MEAS_START1, 6), (SAR_MEAS_START2, 8)] {
        c.write(DevId::Sens, start, 1 << 31 | 1 << (meas_start::EN_PAD_S + channel) | 1 << 18);
        c.wait_clear("meas_status", 100, DevId::Sens, SAR_SLAVE_ADDR1, 0xFF << 22);
        c.set(DevId::Sens, start, meas_start::START, 0);
        c.set(DevId::Sens, start, 0, meas_start::START);
        c.wait_set("adc_oneshot_read", 1000, DevId::Sens, start, meas_start::DONE);
    }
}

/// `touch_pad_read` in software mode: `touch_pad_sw_start`, then MEAS_DONE.
#[test]
fn touch_pad_read() {
    let mut c = Chip::powered();
    c.write(DevId::Sens, SAR_TOUCH_ENABLE, 1);
    c.set(DevId::Sens, SAR_TOUCH_CTRL2, touch_ctrl2::START_EN, touch_ctrl2::START_FORCE);
    c.set(DevId::Sens, SAR_TOUCH_CTRL2, 0, touch_ctrl2::START_EN);
    let us = c.wait_set("touch_pad_read", 20_000, DevId::Sens, SAR_TOUCH_CTRL2, touch_ctrl2::MEAS_DONE);
    assert!(us > 0, "a measurement takes time");
    assert_ne!(c.read(DevId::Sens, SAR_TOUCH_OUT) >> 16, 0, "pad 0 has a count");
}

/// `temprature_sens_read` (ROM): power, dump, ready.
#[test]
fn temperature_sensor_read() {
    let mut c = Chip::powered();
    c.set(DevId::Sens, SAR_TSENS_CTRL, 0, tsens::POWER_UP);
    c.set(DevId::Sens, SAR_TSENS_CTRL, 0, tsens::DUMP_OUT);
    c.wait("temprature_sens_read", 1000, |c| c.read(DevId::Sens, SAR_SLAVE_ADDR3) & tsens::RDY_OUT != 0);
}

/// `ledc_fade_with_time` and its wait for DUTY_CHNG_END.
#[test]
fn ledc_fade_wait_done() {
    use ledc::spec::*;
    let mut c = Chip::powered();
    c.write(DevId::Ledc, HSTIMER_CONF, 256 << timer::DIV_S | 10 | timer::TICK_SEL); // 78 kHz
    c.write(DevId::Ledc, HSCH_CONF0, conf0::SIG_OUT_EN);
    c.write(DevId::Ledc, INT_CLR, 1 << 8);
    c.write(DevId::Ledc, HSCH_DUTY, 0);
    let steps = 100 << conf1::NUM_S | 2 << conf1::CYCLE_S | 5 << conf1::SCALE_S;
    c.write(DevId::Ledc, HSCH_CONF1, conf1::START | conf1::INC | steps);
    let us = c.wait_set("ledc_fade_wait", 10_000, DevId::Ledc, INT_RAW, 1 << 8);
    assert!((2500..=2600).contains(&us), "200 periods of 12.8 us took {us} us");
    assert_eq!(c.read(DevId::Ledc, HSCH_DUTY_R) >> 4, 500);
}
