use super::*;
use crate::dev::testing::Bench;

fn bench() -> Bench<Sens> {
    Bench::new(DevId::Sens, Sens::default())
}

/// Does one conversion like IDF's oneshot driver.
fn convert(b: &mut Bench<Sens>, start: u32, channel: u32) -> u32 {
    let base = 1 << 31 | 1 << 18 | 1 << (channel + 19);
    b.write(start, base);
    b.write(start, base | meas_start::START);
    let mut waited = 0;
    while b.read(start) & meas_start::DONE == 0 {
        b.advance(1);
        waited += 1;
        assert!(waited < 1000, "the driver would hang");
    }
    assert!(waited > 0, "a conversion takes time");
    b.read(start) & meas_start::DATA
}

#[test]
fn adc_conversions_end_with_what_the_pad_has() {
    let mut b = bench();
    let inv = b.read(SAR_READ_CTRL) | read_ctrl::SAR1_DATA_INV;
    b.write(SAR_READ_CTRL, inv);
    assert_eq!(convert(&mut b, SAR_MEAS_START1, 6), 2047, "nothing drives GPIO34");
    b.sys.pads.driven = 1 << 34;
    assert_eq!(convert(&mut b, SAR_MEAS_START1, 6), 0);
    b.sys.pads.level = 1 << 34;
    assert_eq!(convert(&mut b, SAR_MEAS_START1, 6), 4095);
    b.write(SAR_READ_CTRL, inv & !(3 << 16));
    assert_eq!(convert(&mut b, SAR_MEAS_START1, 6), 511, "9 bits");
    b.sys.pads.driven |= 1 << 25;
    assert_eq!(convert(&mut b, SAR_MEAS_START2, 8), 4095, "not inverted: GPIO25 low counts full");
    assert_eq!(b.read(SAR_SLAVE_ADDR1) >> 22, 0, "the reader is idle");
}

#[test]
fn a_new_start_clears_done() {
    let mut b = bench();
    convert(&mut b, SAR_MEAS_START1, 0);
    b.write(SAR_MEAS_START1, 0);
    assert_ne!(b.read(SAR_MEAS_START1) & meas_start::DONE, 0);
    b.write(SAR_MEAS_START1, meas_start::START);
    assert_eq!(b.read(SAR_MEAS_START1) & meas_start::DONE, 0);
}

#[test]
fn software_started_touch_measurement_ends() {
    let mut b = bench();
    assert_ne!(
        b.read(SAR_TOUCH_CTRL2) & touch_ctrl2::MEAS_DONE,
        0,
        "with the timer there is always a result"
    );
    let ctrl = b.read(SAR_TOUCH_CTRL2) & !touch_ctrl2::MEAS_DONE | touch_ctrl2::START_FORCE;
    b.write(SAR_TOUCH_CTRL2, ctrl | touch_ctrl2::START_EN);
    b.write(SAR_TOUCH_CTRL2, ctrl);
    assert_eq!(b.read(SAR_TOUCH_CTRL2) & touch_ctrl2::MEAS_DONE, 0);
    b.advance(10_000);
    assert_ne!(b.read(SAR_TOUCH_CTRL2) & touch_ctrl2::MEAS_DONE, 0);
}

#[test]
fn a_touch_is_reported_until_the_finger_leaves() {
    let mut b = bench();
    b.write(SAR_TOUCH_CTRL1, 0x0204_7FFF);
    let idle = b.read(SAR_TOUCH_OUT) >> 16;
    b.write(SAR_TOUCH_THRES, (idle / 2) << 16);
    b.advance(50_000);
    assert_eq!(b.sent, []);
    b.sys.pads.driven = 1 << 4;
    b.message(&DevMsg::Pad(4, Some(false)));
    b.advance(50_000);
    assert_eq!(b.sent.pop(), Some((DevId::RtcCntl, DevMsg::WakeCause(TOUCH_CAUSE))));
    assert_eq!(b.read(SAR_TOUCH_CTRL2) & touch_ctrl2::MEAS_EN, 1);
    assert_eq!(b.read(SAR_TOUCH_OUT) >> 16, idle / TOUCH_FACTOR);
    b.advance(200_000);
    assert!(b.sent.len() > 1, "again and again");
    b.sys.pads.driven = 0;
    b.advance(200_000);
    b.sent.clear();
    b.write(SAR_TOUCH_CTRL2, touch_ctrl2::MEAS_EN_CLR | 0x0040_0800);
    b.advance(200_000);
    assert_eq!((b.sent.len(), b.read(SAR_TOUCH_CTRL2) & touch_ctrl2::MEAS_EN), (0, 0));
}

#[test]
fn both_sets_are_needed_when_asked_for() {
    let mut b = bench();
    b.sys.pads.driven = 1 << 4;
    b.write(SAR_TOUCH_CTRL1, 0x0004_7FFF);
    b.write(SAR_TOUCH_ENABLE, 1 << 20 | 2 << 10 | 3);
    b.write(SAR_TOUCH_THRES, 300 << 16 | 300);
    b.advance(50_000);
    assert_eq!(b.sent, []);
    b.sys.pads.driven |= 1;
    b.advance(50_000);
    assert!(!b.sent.is_empty());
}

#[test]
fn temperature_sensor_is_ready_when_powered() {
    let mut b = bench();
    assert_eq!(b.read(SAR_SLAVE_ADDR3), 0);
    b.write(SAR_TSENS_CTRL, tsens::POWER_UP | tsens::DUMP_OUT);
    assert_eq!(b.read(SAR_SLAVE_ADDR3), tsens::RDY_OUT | 128 << 22);
}

#[test]
fn voltages_from_outside_are_measured_and_kept_over_a_reset() {
    let mut b = bench();
    let inv = b.read(SAR_READ_CTRL) | read_ctrl::SAR1_DATA_INV;
    b.write(SAR_READ_CTRL, inv);
    b.message(&DevMsg::Analog(34, Some(AnalogLevel::Millivolt(1000))));
    // 11 dB by ESP-IDF's line: (1000 - 142) * 65536 / 52798.
    assert_eq!(convert(&mut b, SAR_MEAS_START1, 6), 1065);
    b.write(SAR_ATTEN1, 0);
    assert_eq!(convert(&mut b, SAR_MEAS_START1, 6), 3930, "0 dB");
    b.message(&DevMsg::Analog(34, Some(AnalogLevel::Raw(3000))));
    b.reset();
    b.write(SAR_READ_CTRL, inv & !(3 << 16));
    assert_eq!(convert(&mut b, SAR_MEAS_START1, 6), 3000 >> 3, "9 bits");
    b.message(&DevMsg::Analog(34, None));
    assert_eq!(convert(&mut b, SAR_MEAS_START1, 6), 255);
}

#[test]
fn a_touch_count_from_outside_triggers() {
    let mut b = bench();
    b.write(SAR_TOUCH_THRES + 16, 500 << 16 | 500);
    b.message(&DevMsg::TouchCount(9, Some(400)));
    assert_eq!(b.read(SAR_TOUCH_OUT + 16) >> 16, 400, "touch pad 9 is number 8 in the registers");
    b.message(&DevMsg::TouchCount(8, Some(600)));
    b.advance(50_000);
    assert_eq!(b.read(SAR_TOUCH_CTRL2) & touch_ctrl2::MEAS_EN, 1 << 8);
    b.message(&DevMsg::TouchCount(9, None));
    assert_ne!(b.read(SAR_TOUCH_OUT + 16) >> 16, 400);
}
