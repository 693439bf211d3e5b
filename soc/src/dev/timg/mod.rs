//! Timer groups: two timers, the LACT timer, a watchdog and the slow-clock calibration (TRM 18).

mod cali;
pub mod count;
pub mod spec;
#[cfg(test)]
mod tests;
mod timer;
pub mod watchdog;

use super::regfile::RegFile;
use super::spec::Spec;
use super::{Cx, DevMsg, DevView, Device, STEADY, steady_before};
use crate::irq::IrqSource;
use crate::system::{Request, ResetCause, ResetKind};
use crate::trace::TraceEvent;
use cali::Cali;
use count::CountRate;
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};
use spec::{SPEC, t0config, wdtconfig0 as wdt};
use timer::{Alarm, GroupTimer};
use watchdog::Watchdog;

/// Bits of the interrupt registers.
mod int {
    pub const TIMER: [u32; 3] = [1, 2, 8];
    pub const WDT: u32 = 4;
}

/// Event tag of the watchdog; tags 0..2 are those of the timers.
const WDT_TAG: u8 = 3;

/// A timer group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Timg {
    n: u8,
    regs: RegFile,
    timers: [GroupTimer; 3],
    raw: u32,
    ena: u32,
    wdt: Watchdog,
    cali: Cali,
    /// The chip sleeps, so there is no APB clock.
    gated: bool,
}

/// Returns the timer that a register offset belongs to, and the offset of the same register in T0's layout.
fn timer_reg(offset: u32) -> Option<(usize, u32)> {
    match offset {
        0x00..=0x20 => Some((0, offset)),
        0x24..=0x44 => Some((1, offset - 0x24)),
        0x70 => Some((2, 0)),
        0x78..=0x94 => Some((2, offset - 0x74)),
        _ => None,
    }
}

impl Timg {
    /// Creates group `n` (0, 1) in its reset state.
    #[must_use]
    pub fn new(n: u8) -> Self {
        let reset = |offset| SPEC.at(offset).map_or(0, |r| r.reset);
        Self {
            n,
            regs: RegFile::default(),
            timers: [spec::T0CONFIG, spec::T1CONFIG, spec::LACTCONFIG].map(|o| GroupTimer::new(reset(o))),
            raw: 0,
            ena: 0,
            wdt: Watchdog::default(),
            cali: Cali::new(reset(spec::RTCCALICFG), 0),
            gated: false,
        }
    }

    /// Updates the interrupt lines. They follow INT_RAW and the timers' own LEVEL/EDGE_INT_EN: INT_ENA does not gate
    /// them on this chip.
    fn sync_irq(&self, cx: &mut Cx) {
        use IrqSource::{
            Tg0Lact, Tg0LactEdge, Tg0T0, Tg0T0Edge, Tg0T1, Tg0T1Edge, Tg0Wdt, Tg0WdtEdge, Tg1Lact,
            Tg1LactEdge, Tg1T0, Tg1T0Edge, Tg1T1, Tg1T1Edge, Tg1Wdt, Tg1WdtEdge,
        };
        let (timers, watchdog) = if self.n == 0 {
            ([(Tg0T0, Tg0T0Edge), (Tg0T1, Tg0T1Edge), (Tg0Lact, Tg0LactEdge)], (Tg0Wdt, Tg0WdtEdge))
        } else {
            ([(Tg1T0, Tg1T0Edge), (Tg1T1, Tg1T1Edge), (Tg1Lact, Tg1LactEdge)], (Tg1Wdt, Tg1WdtEdge))
        };
        for (i, (level, edge)) in timers.into_iter().enumerate() {
            let (raw, config) = (self.raw & int::TIMER[i] != 0, self.timers[i].config);
            cx.irq(level, raw && config & t0config::LEVEL_INT_EN != 0);
            cx.irq(edge, raw && config & t0config::EDGE_INT_EN != 0);
        }
        let (raw, config) = (self.raw & int::WDT != 0, self.regs.get(&SPEC, spec::WDTCONFIG0));
        cx.irq(watchdog.0, raw && config & wdt::WDT_LEVEL_INT_EN != 0);
        cx.irq(watchdog.1, raw && config & wdt::WDT_EDGE_INT_EN != 0);
    }

    /// Updates the clock and alarm event of timer `i`.
    fn sync_timer(&mut self, i: usize, cx: &mut Cx) {
        let timer = &mut self.timers[i];
        timer.retime(cx.now, &cx.sys.clocks, self.gated);
        match timer.alarm(cx.now) {
            Alarm::Never => cx.cancel(i as u8),
            Alarm::At(time) => cx.schedule(i as u8, time),
            Alarm::Now => {
                cx.trace(TraceEvent::TimerAlarm, || format!("TG{} {}", self.n, ["T0", "T1", "LACT"][i]));
                timer.alarmed(cx.now);
                self.raw |= int::TIMER[i];
                cx.cancel(i as u8);
            }
        }
        self.sync_irq(cx);
    }

    fn flashboot(&self, config0: u32) -> bool {
        self.n == 0 && config0 & wdt::WDT_FLASHBOOT_MOD_EN != 0
    }

    /// Updates the watchdog's clock and event.
    fn sync_wdt(&mut self, cx: &mut Cx) {
        let config0 = self.regs.get(&SPEC, spec::WDTCONFIG0);
        let prescale = self.regs.get(&SPEC, spec::WDTCONFIG1) >> 16;
        let on = config0 & wdt::WDT_EN != 0 || self.flashboot(config0);
        self.wdt.set(cx.now, CountRate::apb(&cx.sys.clocks, prescale), on, self.gated);
        let holds = [spec::WDTCONFIG2, spec::WDTCONFIG3, spec::WDTCONFIG4, spec::WDTCONFIG5]
            .map(|o| self.regs.get(&SPEC, o));
        let actions = wdt::WDT_STG0 | wdt::WDT_STG1 | wdt::WDT_STG2 | wdt::WDT_STG3;
        let acts = config0 & actions != 0 || self.flashboot(config0);
        match self.wdt.due(holds, cx.now).filter(|_| acts) {
            Some(at) => cx.schedule(WDT_TAG, at),
            None => cx.cancel(WDT_TAG),
        }
        self.sync_irq(cx);
    }

    /// Handles the time-out of a watchdog stage.
    fn stage_timeout(&mut self, cx: &mut Cx) {
        let config0 = self.regs.get(&SPEC, spec::WDTCONFIG0);
        let stage = self.wdt.stage();
        let action =
            if stage == 0 && self.flashboot(config0) { 3 } else { (config0 >> (29 - 2 * stage)) & 3 };
        cx.trace(TraceEvent::TimerWdtBite, || {
            let what = ["nothing", "interrupt", "CPU reset", "system reset"][action as usize];
            format!("TG{} stage {stage}: {what}", self.n)
        });
        match action {
            1 => self.raw |= int::WDT,
            2 => cx.request(Request::Reset(ResetKind::Cpu(self.n), ResetCause::TgWdtCpu)),
            3 => {
                let cause = if self.n == 0 { ResetCause::Tg0WdtSys } else { ResetCause::Tg1WdtSys };
                cx.request(Request::Reset(ResetKind::Core, cause));
            }
            _ => {}
        }
        self.wdt.advance(cx.now);
        self.sync_wdt(cx);
    }

    fn write_wdt(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        if self.regs.get(&SPEC, spec::WDTWPROTECT) != watchdog::KEY {
            return;
        }
        if offset == spec::WDTFEED {
            self.wdt.feed(cx.now);
            cx.trace(TraceEvent::TimerWdtFeed, || format!("TG{}", self.n));
        } else {
            self.regs.set(offset, value);
        }
        self.sync_wdt(cx);
    }
}

impl Device for Timg {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn peek(&self, offset: u32, v: &DevView) -> u32 {
        if let Some((i, reg)) = timer_reg(offset) {
            return self.timers[i].read(reg);
        }
        match offset {
            spec::RTCCALICFG => self.cali.config(v.now),
            spec::RTCCALICFG1 => self.cali.value(v.now),
            spec::INT_ENA_TIMERS => self.ena,
            spec::INT_RAW_TIMERS => self.raw,
            spec::INT_ST_TIMERS => self.raw & self.ena,
            _ => self.regs.get(&SPEC, offset),
        }
    }

    fn steady_until(&self, offset: u32, v: &DevView) -> Ticks {
        match offset {
            spec::RTCCALICFG | spec::RTCCALICFG1 => steady_before(self.cali.ready_at(), v),
            _ => STEADY,
        }
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        if let Some((i, reg)) = timer_reg(offset) {
            self.timers[i].write(reg, value, cx.now);
            if reg != 0x0C {
                self.sync_timer(i, cx);
            }
            return;
        }
        match offset {
            spec::WDTCONFIG0..=spec::WDTFEED => self.write_wdt(offset, value, cx),
            spec::RTCCALICFG => self.cali.write(value, cx.now, &cx.sys.clocks),
            spec::INT_ENA_TIMERS => self.ena = value & 15,
            spec::INT_CLR_TIMERS => {
                self.raw &= !value;
                self.sync_irq(cx);
            }
            spec::RTCCALICFG1 | spec::INT_RAW_TIMERS | spec::INT_ST_TIMERS => {}
            _ => self.regs.write(&SPEC, offset, value, cx),
        }
    }

    fn event(&mut self, tag: u8, cx: &mut Cx) {
        match tag {
            0..=2 => self.sync_timer(usize::from(tag), cx),
            _ => self.stage_timeout(cx),
        }
    }

    fn message(&mut self, msg: &DevMsg, cx: &mut Cx) {
        match msg {
            DevMsg::Sleep(_) => self.gated = true,
            DevMsg::Wake => self.gated = false,
            DevMsg::ClockChanged => {}
            _ => return,
        }
        (0..3).for_each(|i| self.sync_timer(i, cx));
        self.sync_wdt(cx);
    }

    fn reset(&mut self, cx: &mut Cx) {
        *self = Self::new(self.n);
        (0..3).for_each(|i| self.sync_timer(i, cx));
        self.sync_wdt(cx);
    }
}
