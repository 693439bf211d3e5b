//! RTCIO: the RTC side of the pads. The pulls of RTC pads are always set here, even when the pad does not belong to the
//! RTC; output and input are effective only while the pad's MUX_SEL assigns it to the RTC. The GPIO device resolves the
//! level and receives every change as [`DevMsg::RtcPad`]. Touch, DAC and Hall settings are only stored.

pub mod spec;

use super::regfile::RegFile;
use super::spec::Spec;
use super::{Cx, DevId, DevMsg, DevView, Device, STEADY};
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};
use spec::*;

/// A pad's settings on the RTC side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RtcPad {
    /// The pad is assigned to the RTC (MUX_SEL).
    pub selected: bool,
    /// The pad's RTC input is enabled.
    pub input: bool,
    /// The pull-up is enabled.
    pub up: bool,
    /// The pull-down is enabled.
    pub down: bool,
    /// The pad is on hold.
    pub hold: bool,
    /// Level driven by the RTC; `None` if it does not drive the pad. Takes open drain into account.
    pub drive: Option<bool>,
}

/// Location of a pad's bits: GPIO number, register, then the bit numbers of HOLD, MUX_SEL, FUN_IE, RUE, RDE (32 if
/// there is no such bit).
type Row = (u8, u32, u8, u8, u8, u8, u8);

/// The pads by RTC GPIO number (IDF `rtc_io_desc`).
const PADS: [Row; 18] = [
    (36, SENSOR_PADS, 31, 27, 19, 32, 32),
    (37, SENSOR_PADS, 30, 26, 14, 32, 32),
    (38, SENSOR_PADS, 29, 25, 9, 32, 32),
    (39, SENSOR_PADS, 28, 24, 4, 32, 32),
    (34, ADC_PAD, 31, 29, 23, 32, 32),
    (35, ADC_PAD, 30, 28, 18, 32, 32),
    (25, PAD_DAC1, 29, 17, 11, 27, 28),
    (26, PAD_DAC2, 29, 17, 11, 27, 28),
    (33, XTAL_32K_PAD, 29, 18, 11, 27, 28),
    (32, XTAL_32K_PAD, 24, 17, 5, 22, 23),
    (4, TOUCH_PAD0, 31, 19, 13, 27, 28),
    (0, TOUCH_PAD1, 31, 19, 13, 27, 28),
    (2, TOUCH_PAD2, 31, 19, 13, 27, 28),
    (15, TOUCH_PAD3, 31, 19, 13, 27, 28),
    (13, TOUCH_PAD4, 31, 19, 13, 27, 28),
    (12, TOUCH_PAD5, 31, 19, 13, 27, 28),
    (14, TOUCH_PAD6, 31, 19, 13, 27, 28),
    (27, TOUCH_PAD7, 31, 19, 13, 27, 28),
];

/// GPIO number of each bit of DIG_PAD_HOLD (IDF `GPIO_HOLD_MASK`); 40 if the bit has none.
const HELD: [u8; 17] = [3, 1, 6, 7, 8, 9, 10, 11, 5, 16, 17, 18, 19, 40, 21, 22, 23];

/// First data bit of the RTC GPIO registers.
const DATA_S: u32 = 14;
/// Mask of the data bits of the RTC GPIO registers.
const DATA: u32 = 0x3_FFFF << DATA_S;
/// `RTC_GPIO_PINn.PAD_DRIVER`: open drain.
const PAD_DRIVER: u32 = 1 << 2;

/// `RTC_GPIO_PINn.WAKEUP_ENABLE`.
const PAD_WAKEUP: u32 = 1 << 10;

/// The RTC side of the pads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RtcIo {
    regs: RegFile,
}

/// Returns the settings of RTC GPIO `n` (0..17) from its registers.
fn pad(regs: &RegFile, n: usize) -> RtcPad {
    let (_, reg, hold, mux, ie, up, down) = PADS[n];
    let value = u64::from(regs.get(&SPEC, reg));
    let bit = |at: u8| value >> at & 1 != 0;
    let data = |offset| regs.get(&SPEC, offset) >> (DATA_S + n as u32) & 1 != 0;
    let level = data(RTC_GPIO_OUT);
    let released = level && regs.get(&SPEC, RTC_GPIO_PIN + 4 * n as u32) & PAD_DRIVER != 0;
    let drives = data(RTC_GPIO_ENABLE) && !released;
    RtcPad {
        selected: bit(mux),
        input: bit(ie),
        up: bit(up),
        down: bit(down),
        hold: bit(hold),
        drive: drives.then_some(level),
    }
}

/// Returns the RTC-side settings of a pad after reset.
#[must_use]
pub fn reset_value(pin: u8) -> RtcPad {
    let n = PADS.iter().position(|p| p.0 == pin);
    n.map_or(RtcPad::default(), |n| pad(&RegFile::default(), n))
}

/// Returns true if a GPIO has an RTC side, so that its pulls are set by RTCIO.
#[must_use]
pub fn is_rtc_pad(pin: u8) -> bool {
    PADS.iter().any(|p| p.0 == pin)
}

/// Extracts the levels of the RTC pads from the levels of all pads; bit n of the result is RTC GPIO n.
#[must_use]
pub fn rtc_levels(level: u64) -> u32 {
    PADS.iter().enumerate().fold(0, |set, (n, pad)| set | ((level >> pad.0 & 1) as u32) << n)
}

impl RtcIo {
    fn pads(&self) -> [RtcPad; 18] {
        std::array::from_fn(|n| pad(&self.regs, n))
    }

    fn hold(&self) -> u64 {
        let bits = self.regs.get(&SPEC, DIG_PAD_HOLD);
        let held = HELD.iter().enumerate().filter(|(bit, pin)| bits >> bit & 1 != 0 && **pin < 40);
        held.fold(0, |set, (_, pin)| set | 1 << pin)
    }

    /// Publishes the levels of RTC pads that wake the chip from light sleep (`RTC_GPIO_PINn.WAKEUP_ENABLE`).
    fn sync_wake(&self, cx: &mut Cx) {
        let mut wake = [0; 2];
        for (n, pad) in PADS.iter().enumerate() {
            let conf = self.regs.get(&SPEC, RTC_GPIO_PIN + 4 * n as u32);
            let kind = conf >> 7 & 7;
            if conf & PAD_WAKEUP != 0 && matches!(kind, 4 | 5) {
                wake[kind as usize - 4] |= 1 << pad.0;
            }
        }
        cx.sys.pads.rtc_wake = wake;
    }

    fn update(&mut self, target: u32, value: u32) {
        let keep = if target == RTC_GPIO_OUT || target == RTC_GPIO_ENABLE || target == RTC_GPIO_STATUS {
            DATA
        } else {
            u32::MAX
        };
        self.regs.set(target, value & keep);
    }
}

impl Device for RtcIo {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn peek(&self, offset: u32, v: &DevView) -> u32 {
        match offset {
            RTC_GPIO_IN => (0..18).fold(0, |bits, n| {
                let level = v.sys.pads.level >> PADS[n].0 & 1 != 0 && pad(&self.regs, n).input;
                bits | u32::from(level) << (DATA_S + n as u32)
            }),
            RTC_GPIO_OUT_W1TS | RTC_GPIO_OUT_W1TC => self.regs.get(&SPEC, RTC_GPIO_OUT),
            RTC_GPIO_ENABLE_W1TS | RTC_GPIO_ENABLE_W1TC => self.regs.get(&SPEC, RTC_GPIO_ENABLE),
            RTC_GPIO_STATUS_W1TS | RTC_GPIO_STATUS_W1TC => self.regs.get(&SPEC, RTC_GPIO_STATUS),
            _ => self.regs.get(&SPEC, offset),
        }
    }

    fn steady_until(&self, _offset: u32, _v: &DevView) -> Ticks {
        STEADY
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        let (before, hold) = (self.pads(), self.hold());
        let old = |target| self.regs.get(&SPEC, target);
        match offset {
            RTC_GPIO_IN => {}
            RTC_GPIO_OUT | RTC_GPIO_ENABLE | RTC_GPIO_STATUS => self.update(offset, value),
            RTC_GPIO_OUT_W1TS | RTC_GPIO_ENABLE_W1TS | RTC_GPIO_STATUS_W1TS => {
                self.update(offset - 4, old(offset - 4) | value);
            }
            RTC_GPIO_OUT_W1TC | RTC_GPIO_ENABLE_W1TC | RTC_GPIO_STATUS_W1TC => {
                self.update(offset - 8, old(offset - 8) & !value);
            }
            EXT_WAKEUP0 => {
                self.regs.set(offset, value & 0x1F << 27);
                cx.sys.pads.ext0 = (value >> 27) as u8;
            }
            _ => self.regs.write(&SPEC, offset, value, cx),
        }
        self.sync_wake(cx);
        for (n, pad) in self.pads().into_iter().enumerate().filter(|(n, pad)| before[*n] != *pad) {
            cx.send(DevId::Gpio, DevMsg::RtcPad(PADS[n].0, pad));
        }
        if self.hold() != hold {
            cx.send(DevId::Gpio, DevMsg::PadHold(self.hold()));
        }
    }

    fn reset(&mut self, cx: &mut Cx) {
        self.regs = RegFile::default();
        cx.sys.pads.ext0 = 0;
        self.sync_wake(cx);
        cx.send(DevId::Gpio, DevMsg::PadHold(0));
        for (n, pad) in self.pads().into_iter().enumerate() {
            cx.send(DevId::Gpio, DevMsg::RtcPad(PADS[n].0, pad));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dev::testing::Bench;

    fn bench() -> Bench<RtcIo> {
        Bench::new(DevId::RtcIo, RtcIo::default())
    }

    #[test]
    fn an_rtc_output_is_driven_when_enabled() {
        let mut b = bench();
        let reset = b.read(TOUCH_PAD0);
        b.write(TOUCH_PAD0, reset | 1 << 19);
        b.write(RTC_GPIO_OUT_W1TS, 1 << 24); // RTC GPIO 10 is GPIO4
        b.write(RTC_GPIO_ENABLE_W1TS, 1 << 24);
        let last = b.sent.last().cloned();
        assert!(
            matches!(last, Some((DevId::Gpio, DevMsg::RtcPad(4, p))) if p.selected && p.drive == Some(true)),
            "{last:?}"
        );
        b.write(RTC_GPIO_PIN + 40, PAD_DRIVER);
        let last = b.sent.last().cloned();
        assert!(matches!(last, Some((DevId::Gpio, DevMsg::RtcPad(4, p))) if p.drive.is_none()), "{last:?}");
        b.write(RTC_GPIO_OUT_W1TC, 1 << 24);
        assert_eq!((b.read(RTC_GPIO_OUT), b.read(RTC_GPIO_ENABLE)), (0, 1 << 24));
    }

    #[test]
    fn inputs_read_the_pads_when_enabled() {
        let mut b = bench();
        b.sys.pads.level = 1 << 36 | 1 << 32;
        b.write(SENSOR_PADS, 1 << 27 | 1 << 19);
        assert_eq!(b.read(RTC_GPIO_IN), 1 << 14, "GPIO36 enabled, GPIO32 not");
        b.write(XTAL_32K_PAD, 1 << 5);
        assert_eq!(b.read(RTC_GPIO_IN), 1 << 14 | 1 << 23);
    }

    #[test]
    fn pulls_and_holds_are_told() {
        let mut b = bench();
        assert!(reset_value(0).up && reset_value(4).down && !reset_value(27).up);
        b.write(XTAL_32K_PAD, 1 << 22);
        assert!(b.sent.iter().any(|m| matches!(m, (_, DevMsg::RtcPad(32, p)) if p.up && !p.down)));
        b.write(DIG_PAD_HOLD, 1 << 8);
        assert_eq!(b.sent.last(), Some(&(DevId::Gpio, DevMsg::PadHold(1 << 5))));
    }
}
