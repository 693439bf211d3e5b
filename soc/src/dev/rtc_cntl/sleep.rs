//! RTC timer, main timer alarm, light and deep sleep (TRM 31.3.8, 31.3.12).

use super::spec::{self, SPEC, dig_pwc, int_raw as int, slp_timer1, state0, time_update, wakeup_state};
use super::{ALARM_TAG, RtcCntl, TIME_TAG, WAKE_TAG};
use crate::dev::timg::count::CountRate;
use crate::dev::{Cx, DevId, DevMsg, rtcio};
use crate::system::Request;
use serde::{Deserialize, Serialize};

/// The RTC timer has 48 bits.
const TIME_MASK: u64 = 0xFFFF_FFFF_FFFF;
/// Wake-up source of the main timer (IDF `RTC_TIMER_TRIG_EN`).
pub const WAKE_TIMER: u32 = 1 << 3;
/// Wake-up source EXT0, one RTC pad (IDF `RTC_EXT0_TRIG_EN`).
pub const WAKE_EXT0: u32 = 1;
/// Wake-up source EXT1 (IDF `RTC_EXT1_TRIG_EN`).
pub const WAKE_EXT1: u32 = 1 << 1;
/// Wake-up source touch pads.
pub const WAKE_TOUCH: u32 = 1 << 8;
/// Wake-up source ULP coprocessor.
pub const WAKE_ULP: u32 = 1 << 9;
/// All wake-up sources.
const WAKE_ALL: u32 = 0x7FF;
/// Wake-up sources that work in deep sleep; the others need the digital core.
const WAKE_DEEP: u32 = WAKE_EXT0 | WAKE_EXT1 | WAKE_TIMER | WAKE_TOUCH | WAKE_ULP;

/// Power state of the chip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Power {
    /// Running.
    #[default]
    Awake,
    /// Light sleep: the cores are stopped.
    Light,
    /// Deep sleep: the digital core is off.
    Deep,
}

/// The RTC timer's latch and alarm.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Time {
    /// Latched value of TIME0 and TIME1.
    pub latched: u64,
    /// TIME_VALID.
    pub valid: bool,
    /// The alarm has occurred since it was set.
    pub alarmed: bool,
}

impl RtcCntl {
    /// Returns the RTC timer in slow-clock periods.
    pub(super) fn ticks(&self, cx: &Cx) -> u64 {
        self.timer.at(cx.now) & TIME_MASK
    }

    /// Handles TIME_UPDATE: the timer is latched at the next slow-clock edge.
    pub(super) fn time_update(&mut self, value: u32, cx: &mut Cx) {
        if value & time_update::TIME_UPDATE != 0 {
            self.time.valid = false;
            match self.timer.when(1, cx.now) {
                Some(at) => cx.schedule(TIME_TAG, at),
                None => self.time_latch(cx),
            }
        }
    }

    /// Latches the timer at a slow-clock edge.
    pub(super) fn time_latch(&mut self, cx: &mut Cx) {
        self.time.latched = self.ticks(cx);
        self.time.valid = true;
        self.raw |= int::TIME_VALID;
    }

    fn wake_enabled(&self) -> u32 {
        (self.regs.get(&SPEC, spec::WAKEUP_STATE) & wakeup_state::WAKEUP_ENA) >> 11
    }

    /// Returns true if the alarm's interrupt is enabled and has not occurred yet. Only the interrupt needs SLP_TIMER1's
    /// enable bit: ESP-IDF never sets it (`rtc_cntl_ll_set_wakeup_timer`), and its timer wakes the chip on silicon.
    fn alarm_armed(&self) -> bool {
        self.regs.get(&SPEC, spec::SLP_TIMER1) & slp_timer1::MAIN_TIMER_ALARM_EN != 0 && !self.time.alarmed
    }

    /// Returns true if the chip sleeps and the alarm wakes it.
    fn alarm_wakes(&self) -> bool {
        self.power != Power::Awake && self.wake_enabled() & WAKE_TIMER != 0
    }

    /// Updates the alarm event. An alarm value in the past takes effect immediately.
    pub(super) fn sync_alarm(&mut self, cx: &mut Cx) {
        if !self.alarm_armed() && !self.alarm_wakes() {
            cx.cancel(ALARM_TAG);
            return;
        }
        let high = self.regs.get(&SPEC, spec::SLP_TIMER1) & slp_timer1::SLP_VAL_HI;
        let target = u64::from(high) << 32 | u64::from(self.regs.get(&SPEC, spec::SLP_TIMER0));
        let ahead = target.wrapping_sub(self.ticks(cx)) & TIME_MASK;
        if ahead == 0 || ahead > TIME_MASK / 2 {
            cx.cancel(ALARM_TAG);
            self.alarm(cx);
        } else if let Some(at) = self.timer.when(ahead, cx.now) {
            cx.schedule(ALARM_TAG, at);
        }
    }

    fn alarm(&mut self, cx: &mut Cx) {
        if self.alarm_armed() {
            self.time.alarmed = true;
            self.raw |= int::MAIN_TIMER;
        }
        self.wake(WAKE_TIMER, cx);
    }

    /// Enters sleep: STATE0.SLEEP_EN was set.
    pub(super) fn sleep(&mut self, cx: &mut Cx) {
        let deep = self.regs.get(&SPEC, spec::DIG_PWC) & dig_pwc::DG_WRAP_PD_EN != 0;
        self.power = if deep { Power::Deep } else { Power::Light };
        self.wake_cause = 0;
        if deep {
            self.hold_for_sleep(cx);
        }
        cx.request(if deep { Request::DeepSleep } else { Request::LightSleep });
        for dev in DevId::ALL {
            cx.send(*dev, DevMsg::Sleep(deep));
        }
        let periods = (self.regs.get(&SPEC, spec::TIMER5) & spec::timer5::MIN_SLP_VAL) >> 8;
        let shortest = CountRate::hz(cx.sys.clocks.rtc_slow_hz()).ticks(u64::from(periods.max(1)));
        self.early = (cx.now.saturating_add(shortest), 0);
        self.sync_wdt(cx);
        // A wake-up condition that already holds ends the sleep after its minimum time.
        self.sync_alarm(cx);
        self.pads(cx);
    }

    /// Checks EXT0 and EXT1: RTC pads whose level wakes the chip. Their inputs are assumed to be enabled.
    pub(super) fn pads(&mut self, cx: &mut Cx) {
        if self.power == Power::Awake {
            return;
        }
        let conf = self.regs.get(&SPEC, spec::EXT_WAKEUP_CONF);
        let enabled = self.wake_enabled();
        let levels = rtcio::rtc_levels(cx.sys.pads.level);
        let want = |bit: u32| conf & bit != 0;
        if enabled & WAKE_EXT0 != 0
            && (levels >> cx.sys.pads.ext0 & 1 != 0) == want(spec::ext_wakeup_conf::EXT_WAKEUP0_LV)
        {
            self.wake(WAKE_EXT0, cx);
        }
        let select = self.regs.get(&SPEC, spec::EXT_WAKEUP1) & spec::ext_wakeup1::EXT_WAKEUP1_SEL;
        // High: any selected pad is high. Low: all selected pads are low.
        let high = levels & select;
        let (hit, cause) = if want(spec::ext_wakeup_conf::EXT_WAKEUP1_LV) {
            (high != 0, high)
        } else {
            (select != 0 && high == 0, select)
        };
        if hit && enabled & WAKE_EXT1 != 0 {
            self.ext1_status |= cause;
            self.wake(WAKE_EXT1, cx);
        }
    }

    /// Handles active wake-up sources: wakes the chip if it sleeps and WAKEUP_ENA has one of them.
    pub(super) fn wake(&mut self, sources: u32, cx: &mut Cx) {
        let live = if self.power == Power::Deep { WAKE_DEEP } else { WAKE_ALL };
        let mut cause = sources & live & self.wake_enabled();
        if self.power == Power::Awake || cause == 0 {
            return;
        }
        if cx.now < self.early.0 {
            self.early.1 |= cause;
            return cx.schedule(WAKE_TAG, self.early.0);
        }
        cause |= std::mem::take(&mut self.early.1);
        self.power = Power::Awake;
        self.wake_cause = cause;
        self.raw |= int::SLP_WAKEUP;
        let state = self.regs.get(&SPEC, spec::STATE0);
        self.regs.set(spec::STATE0, state & !state0::SLEEP_EN | state0::SLP_WAKEUP);
        cx.cancel(WAKE_TAG);
        cx.request(Request::Wake);
        for dev in DevId::ALL {
            cx.send(*dev, DevMsg::Wake);
        }
        self.sync_alarm(cx);
        self.sync_wdt(cx);
    }

    /// Handles [`DevMsg::WakeCause`]: bits 10:0 are wake-up sources, bits 28:11 the RTC pads of an EXT1 wake-up.
    pub(super) fn wake_message(&mut self, bits: u32, cx: &mut Cx) {
        if bits & WAKE_TOUCH != 0 {
            self.raw |= int::TOUCH;
        }
        if bits & WAKE_ULP != 0 {
            self.raw |= int::ULP_CP;
        }
        if bits & WAKE_EXT1 != 0 && self.power != Power::Awake {
            self.ext1_status |= bits >> 11 & 0x3_FFFF;
        }
        // The instruction WAKE has no effect before RDY_FOR_WAKEUP (ESP-IDF "ULP Coprocessor Instruction Set").
        let early = self.power != Power::Awake && cx.now < self.early.0;
        self.wake(if early { bits & !WAKE_ULP } else { bits }, cx);
    }
}
