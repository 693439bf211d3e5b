//! Pad holds of RTC_CNTL: single RTC pads (HOLD_FORCE), and all digital pads, on request or from deep sleep on (DIG_ISO;
//! ESP-IDF `gpio_deep_sleep_hold_en`).

use super::RtcCntl;
use super::spec::{self, SPEC, dig_iso};
use crate::dev::{Cx, DevId, DevMsg};

/// GPIO number of each bit of HOLD_FORCE (ESP-IDF `rtc_io_desc`).
const RTC_PADS: [u8; 18] = [34, 35, 25, 26, 36, 37, 38, 39, 4, 0, 2, 15, 13, 12, 14, 27, 32, 33];
/// The pads without an RTC side: GPIO 1, 3, 5 to 11, 16 to 23.
const DIGITAL_PADS: u64 = 0xFF_0FEA;

impl RtcCntl {
    /// Handles a write to DIG_ISO.
    pub(super) fn write_dig_iso(&mut self, value: u32, cx: &mut Cx) {
        if value & dig_iso::CLR_DG_PAD_AUTOHOLD != 0 {
            self.autohold = false;
        }
        self.regs.set(spec::DIG_ISO, value & !(dig_iso::CLR_DG_PAD_AUTOHOLD | dig_iso::DG_PAD_AUTOHOLD));
        self.sync_hold(cx);
    }

    /// Holds the digital pads at the beginning of a deep sleep, if DG_PAD_AUTOHOLD_EN is set. The hold lasts until it
    /// is cleared.
    pub(super) fn hold_for_sleep(&mut self, cx: &mut Cx) {
        self.autohold |= self.regs.get(&SPEC, spec::DIG_ISO) & dig_iso::DG_PAD_AUTOHOLD_EN != 0;
        self.sync_hold(cx);
    }

    /// Sends the held pads to the GPIO device.
    pub(super) fn sync_hold(&self, cx: &mut Cx) {
        let force = self.regs.get(&SPEC, spec::HOLD_FORCE);
        let rtc = RTC_PADS.iter().enumerate().filter(|(bit, _)| force >> bit & 1 != 0);
        let iso = self.regs.get(&SPEC, spec::DIG_ISO);
        let on = self.autohold || iso & dig_iso::DG_PAD_FORCE_HOLD != 0;
        let digital = if on && iso & dig_iso::DG_PAD_FORCE_UNHOLD == 0 { DIGITAL_PADS } else { 0 };
        cx.send(DevId::Gpio, DevMsg::ForceHold(rtc.fold(digital, |set, (_, pad)| set | 1 << pad)));
    }
}
