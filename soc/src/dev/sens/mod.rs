//! SENS: SAR ADCs, touch pads, temperature sensor and the ULP's controls.
//!
//! An ADC channel reads the voltage given from outside ([`AnalogLevel`]); without one, full scale or 0 if its pad is
//! driven from outside, else mid-scale. A touch pad has the count given from outside; without one, it counts as touched
//! if it is driven low from outside. Touched pads are reported to RTC_CNTL as wake-up cause "touch" ([`TOUCH_CAUSE`]),
//! and again after each sleep interval while they are touched. The ULP itself is in [`crate::dev::ulp`]. DAC, Hall
//! sensor and I2C slave addresses are only stored.

mod analog;
pub mod spec;
#[cfg(test)]
mod tests;

pub use analog::AnalogLevel;

use super::regfile::RegFile;
use super::spec::Spec;
use super::{Cx, DevId, DevMsg, DevView, Device, STEADY, steady_before, ulp};
use crate::clocks::RTC_FAST_HZ;
use crate::system::System;
use esplens_core::time::{TICKS_PER_US, Ticks, periods_to_ticks};
use serde::{Deserialize, Serialize};
use spec::*;
use std::collections::BTreeMap;

/// Virtual time of one ADC conversion (about 20 µs, measured on silicon with IDF's defaults).
pub const ADC_TICKS: Ticks = 20 * TICKS_PER_US;
/// Count of an untouched pad in the longest measuring time; the count is proportional to the measuring time.
pub const TOUCH_IDLE: u32 = 1000;
/// Factor by which the count of a touched pad is lower.
pub const TOUCH_FACTOR: u32 = 4;
/// Temperature sensor reading, 0..255 (about 53 °C by the usual (raw - 32) / 1.8).
pub const TSENS_RAW: u32 = 128;
/// Wake-up cause bit of the touch pads in RTC_CNTL (IDF `RTC_TOUCH_TRIG_EN`).
pub const TOUCH_CAUSE: u32 = 1 << 8;

/// GPIO numbers of ADC 1's channels.
const ADC1: [u8; 8] = [36, 37, 38, 39, 32, 33, 34, 35];
/// GPIO numbers of ADC 2's channels.
const ADC2: [u8; 10] = [4, 0, 2, 15, 13, 12, 14, 27, 25, 26];
/// GPIO numbers of the touch pads in the numbering of these registers (8 and 9 are swapped relative to the pads'
/// names).
const TOUCH: [u8; 10] = [4, 0, 2, 15, 13, 12, 14, 27, 32, 33];

/// Event tag: a measurement of the touch pads.
const TAG_TOUCH: u8 = 0;

/// One ADC's conversion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Conversion {
    /// Time at which the conversion is done; `None` before the first one.
    done: Option<Ticks>,
    data: u32,
}

/// The analog part of the RTC.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sens {
    regs: RegFile,
    adc: [Conversion; 2],
    /// Pads that were found touched since the last clear.
    touched: u32,
    /// End of the last measurement started by software.
    touch_done: Ticks,
    touch_busy: bool,
    /// Voltages given from outside, by GPIO number.
    analog: BTreeMap<u8, AnalogLevel>,
    /// Counts of touch pads given from outside, by the number in these registers.
    counts: [Option<u16>; 10],
}

impl Sens {
    fn get(&self, offset: u32) -> u32 {
        self.regs.get(&SPEC, offset)
    }

    /// Returns the result of a conversion by ADC `n` (0, 1) of the selected channel.
    fn sample(&self, n: usize, sys: &System) -> u32 {
        let start = self.get([SAR_MEAS_START1, SAR_MEAS_START2][n]);
        self.convert(n, (start >> meas_start::EN_PAD_S & 0xFFF).trailing_zeros() as usize, sys)
    }

    fn write_start(&mut self, n: usize, offset: u32, value: u32, cx: &mut Cx) {
        let rising = value & !self.get(offset) & meas_start::START != 0;
        self.regs.set(offset, value & !(meas_start::DONE | meas_start::DATA));
        if rising {
            self.adc[n] = Conversion { done: Some(cx.now + ADC_TICKS), data: self.sample(n, cx.sys) };
        }
    }

    fn read_start(&self, n: usize, offset: u32, now: Ticks) -> u32 {
        let c = self.adc[n];
        let result = if c.done.is_some_and(|at| now >= at) { meas_start::DONE | c.data } else { 0 };
        self.get(offset) | result
    }

    /// Returns a touch pad's count.
    fn touch_value(&self, pad: usize, sys: &System) -> u32 {
        if let Some(count) = self.counts[pad] {
            return count.into();
        }
        let delay = self.get(SAR_TOUCH_CTRL1) & touch_ctrl1::MEAS_DELAY;
        let idle = (delay * TOUCH_IDLE / touch_ctrl1::MEAS_DELAY).max(1);
        let bit = 1 << TOUCH[pad];
        let low = sys.pads.driven & bit != 0 && sys.pads.level & bit == 0;
        if low { idle / TOUCH_FACTOR } else { idle }
    }

    fn threshold(&self, pad: usize) -> u32 {
        let word = self.get(SAR_TOUCH_THRES + 4 * (pad as u32 / 2));
        if pad.is_multiple_of(2) { word >> 16 } else { word & 0xFFFF }
    }

    /// Returns the pads that are on the triggering side of their thresholds.
    fn touching(&self, sys: &System) -> u32 {
        let above = self.get(SAR_TOUCH_CTRL1) & touch_ctrl1::OUT_SEL != 0;
        let measured = self.get(SAR_TOUCH_ENABLE) & touch_enable::WORKEN;
        let pads =
            (0..10).filter(|pad| measured >> pad & 1 != 0 && self.threshold(*pad) != 0).filter(|pad| {
                let (value, threshold) = (self.touch_value(*pad, sys), self.threshold(*pad));
                if above { value > threshold } else { value < threshold }
            });
        pads.fold(0, |set, pad| set | 1 << pad)
    }

    /// Measures the pads: latches the touched ones, notifies RTC_CNTL, and schedules the next measurement while any is
    /// touched.
    fn measure(&mut self, cx: &mut Cx) {
        let touching = self.touching(cx.sys);
        self.touched |= touching;
        let enable = self.get(SAR_TOUCH_ENABLE);
        let in_set = |shift: u32| touching & (enable >> shift) & 0x3FF != 0;
        let one_set = self.get(SAR_TOUCH_CTRL1) & touch_ctrl1::OUT_1EN != 0;
        if in_set(touch_enable::OUTEN1_S) && (one_set || in_set(touch_enable::OUTEN2_S)) {
            cx.send(DevId::RtcCntl, DevMsg::WakeCause(TOUCH_CAUSE));
        }
        let timer = self.get(SAR_TOUCH_CTRL2) & touch_ctrl2::START_FORCE == 0;
        if touching != 0 && timer {
            let sleep = u64::from(self.get(SAR_TOUCH_CTRL2) >> 14 & 0xFFFF);
            let pause = periods_to_ticks(sleep, u64::from(cx.sys.clocks.rtc_slow_hz()));
            cx.schedule(TAG_TOUCH, cx.now + pause + self.touch_ticks());
        } else {
            cx.cancel(TAG_TOUCH);
        }
    }

    /// Returns the duration of a measurement of the enabled pads.
    fn touch_ticks(&self) -> Ticks {
        let pads = (self.get(SAR_TOUCH_ENABLE) & touch_enable::WORKEN).count_ones().max(1);
        let delay = self.get(SAR_TOUCH_CTRL1) & touch_ctrl1::MEAS_DELAY;
        periods_to_ticks(u64::from(pads) * u64::from(delay), u64::from(RTC_FAST_HZ)).max(TICKS_PER_US)
    }

    fn write_touch2(&mut self, value: u32, cx: &mut Cx) {
        let rising = value & !self.get(SAR_TOUCH_CTRL2) & touch_ctrl2::START_EN != 0;
        let own = touch_ctrl2::MEAS_EN_CLR | touch_ctrl2::MEAS_DONE | touch_ctrl2::MEAS_EN;
        self.regs.set(SAR_TOUCH_CTRL2, value & !own);
        if value & touch_ctrl2::MEAS_EN_CLR != 0 {
            self.touched = 0;
        }
        if value & touch_ctrl2::START_FORCE == 0 {
            self.touch_busy = false;
        } else if rising {
            self.touch_busy = true;
            self.touch_done = cx.now + self.touch_ticks();
            cx.schedule(TAG_TOUCH, self.touch_done);
        }
    }

    /// Schedules a measurement after a change that can affect the trigger, if the timer is running and a pad is
    /// touched.
    fn look_again(&mut self, cx: &mut Cx) {
        let timer = self.get(SAR_TOUCH_CTRL2) & touch_ctrl2::START_FORCE == 0;
        if timer && self.touching(cx.sys) != 0 {
            cx.schedule(TAG_TOUCH, cx.now + self.touch_ticks());
        }
    }
}

impl Device for Sens {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn peek(&self, offset: u32, v: &DevView) -> u32 {
        let value = self.get(offset);
        match offset {
            SAR_MEAS_START1 => self.read_start(0, offset, v.now),
            SAR_MEAS_START2 => self.read_start(1, offset, v.now),
            SAR_SLAVE_ADDR3 => {
                let on = self.get(SAR_TSENS_CTRL) & tsens::POWER_UP != 0;
                if on { value | tsens::RDY_OUT | TSENS_RAW << tsens::OUT_S } else { value }
            }
            SAR_TOUCH_CTRL2 => {
                let done = !self.touch_busy || v.now >= self.touch_done;
                value | self.touched | if done { touch_ctrl2::MEAS_DONE } else { 0 }
            }
            SAR_TOUCH_OUT..SAR_TOUCH_CTRL2 => {
                let pad = (offset - SAR_TOUCH_OUT) as usize / 4 * 2;
                self.touch_value(pad, v.sys) << 16 | self.touch_value(pad + 1, v.sys)
            }
            _ => value,
        }
    }

    fn read(&mut self, offset: u32, cx: &mut Cx) -> u32 {
        if SPEC.at(offset).is_none() {
            return self.regs.read(&SPEC, offset, cx);
        }
        self.peek(offset, &cx.view())
    }

    fn steady_until(&self, offset: u32, v: &DevView) -> Ticks {
        match offset {
            SAR_MEAS_START1 => self.adc[0].done.map_or(STEADY, |at| steady_before(at, v)),
            SAR_MEAS_START2 => self.adc[1].done.map_or(STEADY, |at| steady_before(at, v)),
            SAR_TOUCH_CTRL2 if self.touch_busy => steady_before(self.touch_done, v),
            _ => STEADY,
        }
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        match offset {
            SAR_MEAS_START1 => self.write_start(0, offset, value, cx),
            SAR_MEAS_START2 => self.write_start(1, offset, value, cx),
            SAR_TOUCH_OUT..SAR_TOUCH_CTRL2 => {}
            SAR_TOUCH_CTRL2 => {
                self.write_touch2(value, cx);
                self.look_again(cx);
            }
            SAR_TOUCH_CTRL1 | SAR_TOUCH_ENABLE | SAR_TOUCH_THRES..SAR_TOUCH_OUT => {
                self.regs.set(offset, value);
                self.look_again(cx);
            }
            SAR_SLAVE_ADDR1 | SAR_SLAVE_ADDR3 | SAR_SLAVE_ADDR4 => self.regs.set(offset, value & 0x3F_FFFF),
            SAR_START_FORCE => {
                let top = start_force::ULP_CP_START_TOP | start_force::ULP_CP_FORCE_START_TOP;
                let rising = value & !self.get(offset) & start_force::ULP_CP_START_TOP != 0;
                self.regs.set(offset, value);
                if rising && value & top == top {
                    ulp::start_top(start_force::pc_init(value), cx);
                }
            }
            _ => self.regs.write(&SPEC, offset, value, cx),
        }
    }

    fn event(&mut self, _tag: u8, cx: &mut Cx) {
        self.measure(cx);
    }

    fn message(&mut self, msg: &DevMsg, cx: &mut Cx) {
        match *msg {
            DevMsg::Pad(..) => {}
            DevMsg::Analog(pin, Some(level)) if pin < 40 => _ = self.analog.insert(pin, level),
            DevMsg::Analog(pin, None) => _ = self.analog.remove(&pin),
            DevMsg::TouchCount(pad @ 0..10, count) => {
                let pad = [0, 1, 2, 3, 4, 5, 6, 7, 9, 8][usize::from(pad)];
                self.counts[pad] = count;
            }
            _ => return,
        }
        self.look_again(cx);
    }

    fn reset(&mut self, cx: &mut Cx) {
        let analog = std::mem::take(&mut self.analog);
        *self = Self { analog, counts: self.counts, ..Self::default() };
        cx.cancel(TAG_TOUCH);
        ulp::reset(cx);
    }
}
