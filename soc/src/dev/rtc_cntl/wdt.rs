//! The RTC watchdog: counts the slow clock and can reset CPUs, core or the whole chip (TRM 31.3.9).

use super::spec::{self, SPEC, int_raw as int, wdtconfig0 as wdt};
use super::{Power, RtcCntl, WDT_TAG};
use crate::dev::Cx;
use crate::dev::timg::count::CountRate;
use crate::dev::timg::watchdog;
use crate::system::{Request, ResetCause, ResetKind};
use crate::trace::TraceEvent;

impl RtcCntl {
    /// Updates the watchdog's clock and event.
    pub(super) fn sync_wdt(&mut self, cx: &mut Cx) {
        let config0 = self.regs.get(&SPEC, spec::WDTCONFIG0);
        let on = config0 & (wdt::WDT_EN | wdt::WDT_FLASHBOOT_MOD_EN) != 0;
        let paused = self.power != Power::Awake && config0 & wdt::WDT_PAUSE_IN_SLP != 0;
        self.wdt.set(cx.now, CountRate::hz(cx.sys.clocks.rtc_slow_hz()), on, paused);
        let holds = [spec::WDTCONFIG1, spec::WDTCONFIG2, spec::WDTCONFIG3, spec::WDTCONFIG4]
            .map(|o| self.regs.get(&SPEC, o));
        let actions = wdt::WDT_STG0 | wdt::WDT_STG1 | wdt::WDT_STG2 | wdt::WDT_STG3;
        let acts = config0 & (actions | wdt::WDT_FLASHBOOT_MOD_EN) != 0;
        match self.wdt.due(holds, cx.now).filter(|_| acts) {
            Some(at) => cx.schedule(WDT_TAG, at),
            None => cx.cancel(WDT_TAG),
        }
    }

    /// Handles the time-out of a stage. In flash boot mode stage 0 resets the whole chip.
    pub(super) fn stage_timeout(&mut self, cx: &mut Cx) {
        let config0 = self.regs.get(&SPEC, spec::WDTCONFIG0);
        let stage = self.wdt.stage();
        let action = if stage == 0 && config0 & wdt::WDT_FLASHBOOT_MOD_EN != 0 {
            4
        } else {
            (config0 >> (28 - 3 * stage)) & 7
        };
        cx.trace(TraceEvent::TimerWdtBite, || {
            let what = ["nothing", "interrupt", "CPU reset", "system reset", "RTC reset"];
            format!("RTC stage {stage}: {}", what.get(action as usize).unwrap_or(&"nothing"))
        });
        match action {
            1 => self.raw |= int::WDT,
            2 => {
                for (core, enable) in
                    [wdt::WDT_PROCPU_RESET_EN, wdt::WDT_APPCPU_RESET_EN].into_iter().enumerate()
                {
                    if config0 & enable != 0 {
                        cx.request(Request::Reset(ResetKind::Cpu(core as u8), ResetCause::RtcWdtCpu));
                    }
                }
            }
            3 => cx.request(Request::Reset(ResetKind::Core, ResetCause::RtcWdtSys)),
            4 => cx.request(Request::Reset(ResetKind::System, ResetCause::RtcWdtRtc)),
            _ => {}
        }
        self.wdt.advance(cx.now);
        self.sync_wdt(cx);
    }

    /// Handles a write to a watchdog register. Without the key it has no effect.
    pub(super) fn write_wdt(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        if self.regs.get(&SPEC, spec::WDTWPROTECT) != watchdog::KEY {
            return;
        }
        if offset != spec::WDTFEED {
            self.regs.set(offset, value);
        } else if value >> 31 != 0 {
            self.wdt.feed(cx.now);
            cx.trace(TraceEvent::TimerWdtFeed, || "RTC".into());
        }
        self.sync_wdt(cx);
    }
}
