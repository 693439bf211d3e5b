//! The RTC controller: resets, clocks, RTC timer, sleep, watchdog, scratch words (TRM 31).

mod crc;
mod hold;
pub mod regi2c;
mod sleep;
pub mod spec;
#[cfg(test)]
mod tests;
mod wdt;

pub use regi2c::Regi2c;
pub use sleep::{Power, WAKE_ULP};

use super::regfile::RegFile;
use super::spec::Spec;
use super::timg::count::{Count, CountRate};
use super::timg::watchdog::Watchdog;
use super::{Cx, DevMsg, DevView, Device, STEADY, steady_before, ulp};
use crate::clocks::SocClk;
use crate::irq::IrqSource;
use crate::system::{Request, ResetCause, ResetKind};
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};
use sleep::Time;
use spec::{
    SPEC, clk_conf, dig_iso, options0, reset_state, rtc_mem_conf, sdio_conf, state0, sw_cpu_stall,
    time_update, wakeup_state,
};

const TIME_TAG: u8 = 0;
const ALARM_TAG: u8 = 1;
const WDT_TAG: u8 = 2;
const WAKE_TAG: u8 = 3;

/// Code that stalls a CPU: 6 bits in SW_CPU_STALL, 2 bits in OPTIONS0.
const STALL: u32 = 0x86;
/// `LOW_POWER_ST`: the chip sleeps and is ready to be woken (IDF `RTC_CNTL_RDY_FOR_WAKEUP`).
const RDY_FOR_WAKEUP: u32 = 1 << 19;
/// `LOW_POWER_ST`: the chip does not sleep (ESP-IDF's ULP examples, bit 27).
const MAIN_STATE_IN_IDLE: u32 = 1 << 27;
const STORES: [u32; 8] = [
    spec::STORE0,
    spec::STORE1,
    spec::STORE2,
    spec::STORE3,
    spec::STORE4,
    spec::STORE5,
    spec::STORE6,
    spec::STORE7,
];

/// The RTC controller.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RtcCntl {
    regs: RegFile,
    raw: u32,
    timer: Count,
    time: Time,
    wdt: Watchdog,
    power: Power,
    wake_cause: u32,
    /// Earliest end of the current sleep, and the wake-up sources that have become active before it.
    early: (Ticks, u32),
    ext1_status: u32,
    crc: u32,
    /// The digital pads are held since a deep sleep.
    autohold: bool,
}

impl RtcCntl {
    /// Returns the chip's power state.
    #[must_use]
    pub fn power(&self) -> Power {
        self.power
    }

    fn sync_irq(&self, cx: &mut Cx) {
        cx.irq(IrqSource::RtcCore, self.raw & self.regs.get(&SPEC, spec::INT_ENA) != 0);
    }

    /// Updates the cores' stall state from the two halves of their stall codes.
    fn sync_stall(&self, cx: &mut Cx) {
        let low = self.regs.get(&SPEC, spec::OPTIONS0);
        let high = self.regs.get(&SPEC, spec::SW_CPU_STALL);
        let pro = (high & sw_cpu_stall::SW_STALL_PROCPU_C1) >> 24 | (low & options0::SW_STALL_PROCPU_C0) >> 2;
        let app = (high & sw_cpu_stall::SW_STALL_APPCPU_C1) >> 18 | (low & options0::SW_STALL_APPCPU_C0);
        for (core, code) in [pro, app].into_iter().enumerate() {
            let stall = code == STALL;
            cx.sys.irq.changed |= cx.sys.cores[core].rtc_stall != stall; // the machine must re-evaluate the cores
            cx.sys.cores[core].rtc_stall = stall;
        }
    }

    /// Applies the clock selection to the chip's clock tree and notifies all devices of a change.
    fn sync_clocks(&self, cx: &mut Cx) {
        let conf = self.regs.get(&SPEC, spec::CLK_CONF);
        let soc_clk = match (conf & clk_conf::SOC_CLK_SEL) >> 27 {
            0 => SocClk::Xtal,
            1 => SocClk::Pll,
            2 => SocClk::Ck8m,
            _ => SocClk::Apll,
        };
        let slow = (conf & clk_conf::ANA_CLK_RTC_SEL) >> 30;
        let clocks = &mut cx.sys.clocks;
        if (clocks.soc_clk, clocks.rtc_slow_sel) != (soc_clk, slow) {
            (clocks.soc_clk, clocks.rtc_slow_sel) = (soc_clk, slow);
            cx.clock_changed();
        }
    }

    /// Adapts timer, alarm and watchdog to a possible change of the slow clock.
    fn retime(&mut self, cx: &mut Cx) {
        self.timer.retime(cx.now, CountRate::hz(cx.sys.clocks.rtc_slow_hz()), true, false);
        if cx.sys.events.when(cx.dev.slot(TIME_TAG)).is_some() {
            self.time_update(time_update::TIME_UPDATE, cx);
        }
        self.sync_alarm(cx);
        self.sync_wdt(cx);
    }

    fn write_options0(&mut self, value: u32, cx: &mut Cx) {
        let once = options0::SW_SYS_RST | options0::SW_PROCPU_RST | options0::SW_APPCPU_RST;
        self.regs.set(spec::OPTIONS0, value & !once);
        self.sync_stall(cx);
        if value & options0::SW_APPCPU_RST != 0 {
            cx.request(Request::Reset(ResetKind::Cpu(1), ResetCause::SoftwareCpu));
        }
        if value & options0::SW_PROCPU_RST != 0 {
            cx.request(Request::Reset(ResetKind::Cpu(0), ResetCause::SoftwareCpu));
        }
        if value & options0::SW_SYS_RST != 0 {
            cx.request(Request::Reset(ResetKind::Core, ResetCause::Software));
        }
    }

    fn write_state0(&mut self, value: u32, cx: &mut Cx) {
        let changed = value ^ self.regs.get(&SPEC, spec::STATE0);
        self.regs.set(spec::STATE0, value);
        if changed & value & state0::ULP_CP_SLP_TIMER_EN != 0 {
            ulp::timer_on(spec::timer2::start_wait(self.regs.get(&SPEC, spec::TIMER2)), cx);
        } else if changed & state0::ULP_CP_SLP_TIMER_EN != 0 {
            ulp::timer_off(cx);
        }
        if value & state0::SLEEP_EN != 0 && self.power == Power::Awake {
            self.sleep(cx);
        }
    }

    fn write_mem_conf(&mut self, value: u32, cx: &mut Cx) {
        let old = self.regs.get(&SPEC, spec::RTC_MEM_CONF);
        self.regs.set(spec::RTC_MEM_CONF, value & !rtc_mem_conf::FINISH);
        if value & !old & rtc_mem_conf::START != 0 {
            self.memory_crc(value, cx);
        }
    }

    /// Applies a reset of the given kind. A CPU reset leaves the RTC unchanged. A core reset (also the one at the end
    /// of deep sleep) selects the crystal as system clock and releases both CPUs from stall; all else is kept and the
    /// watchdog continues. A system reset resets everything; scratch words survive all but the power-on reset.
    pub fn reset_kind(&mut self, kind: ResetKind, cx: &mut Cx) {
        match kind {
            ResetKind::Cpu(_) => {}
            ResetKind::Core => {
                self.power = Power::Awake;
                for (reg, bits) in [
                    (spec::CLK_CONF, clk_conf::SOC_CLK_SEL),
                    (spec::STATE0, state0::SLEEP_EN),
                    (spec::SW_CPU_STALL, u32::MAX),
                    (spec::OPTIONS0, options0::SW_STALL_PROCPU_C0 | options0::SW_STALL_APPCPU_C0),
                ] {
                    self.regs.set(reg, self.regs.get(&SPEC, reg) & !bits);
                }
                self.sync_stall(cx);
                self.sync_clocks(cx);
                self.sync_wdt(cx);
                self.sync_irq(cx);
            }
            ResetKind::System => {
                let cause = cx.sys.cores[0].cause;
                let kept = STORES.map(|store| self.regs.get(&SPEC, store));
                self.reset(cx);
                if ![0, ResetCause::PowerOn as u8, ResetCause::BrownOut as u8].contains(&cause) {
                    STORES.into_iter().zip(kept).for_each(|(store, value)| self.regs.set(store, value));
                }
            }
        }
    }

    fn ext_wakeup1(&mut self, value: u32) {
        if value & spec::ext_wakeup1::EXT_WAKEUP1_STATUS_CLR != 0 {
            self.ext1_status = 0;
        }
        self.regs.set(spec::EXT_WAKEUP1, value & spec::ext_wakeup1::EXT_WAKEUP1_SEL);
    }
}

impl Device for RtcCntl {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn peek(&self, offset: u32, v: &DevView) -> u32 {
        let stored = self.regs.get(&SPEC, offset);
        match offset {
            spec::TIME_UPDATE if self.time.valid => time_update::TIME_VALID,
            spec::TIME_UPDATE | spec::INT_CLR | spec::WDTFEED => 0,
            spec::TIME0 => self.time.latched as u32,
            spec::TIME1 => (self.time.latched >> 32) as u32,
            spec::RESET_STATE => {
                let causes = [0, 1].map(|i| u32::from(v.sys.cores[i].cause) & 0x3F);
                let select = reset_state::PROCPU_STAT_VECTOR_SEL | reset_state::APPCPU_STAT_VECTOR_SEL;
                stored & select | causes[1] << 6 | causes[0]
            }
            spec::WAKEUP_STATE => stored & !wakeup_state::WAKEUP_CAUSE | self.wake_cause,
            spec::INT_RAW => self.raw,
            spec::INT_ST => self.raw & self.regs.get(&SPEC, spec::INT_ENA),
            spec::SDIO_CONF if stored & sdio_conf::XPD_SDIO_REG != 0 => stored | sdio_conf::REG1P8_READY,
            spec::LOW_POWER_ST if self.power == Power::Awake => MAIN_STATE_IN_IDLE,
            spec::LOW_POWER_ST if v.now >= self.early.0 => RDY_FOR_WAKEUP,
            spec::EXT_WAKEUP1_STATUS => self.ext1_status,
            spec::DIG_ISO if self.autohold => stored | dig_iso::DG_PAD_AUTOHOLD,
            spec::RTC_MEM_CONF if stored & rtc_mem_conf::START != 0 => stored | rtc_mem_conf::FINISH,
            spec::RTC_MEM_CRC_RES => self.crc,
            _ => stored,
        }
    }

    fn steady_until(&self, offset: u32, v: &DevView) -> Ticks {
        match offset {
            spec::LOW_POWER_ST if self.power != Power::Awake => steady_before(self.early.0, v),
            _ => STEADY,
        }
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        match offset {
            spec::OPTIONS0 => self.write_options0(value, cx),
            spec::SLP_TIMER0 | spec::SLP_TIMER1 => {
                self.regs.set(offset, value);
                self.time.alarmed = false;
                self.sync_alarm(cx);
            }
            spec::TIME_UPDATE => self.time_update(value, cx),
            spec::STATE0 => self.write_state0(value, cx),
            spec::INT_CLR => self.raw &= !value,
            spec::WAKEUP_STATE => {
                self.regs.write(&SPEC, offset, value, cx);
                self.sync_alarm(cx);
            }
            spec::CLK_CONF => {
                self.regs.set(offset, value);
                self.sync_clocks(cx);
            }
            spec::WDTCONFIG0..=spec::WDTFEED => self.write_wdt(offset, value, cx),
            spec::SW_CPU_STALL => {
                self.regs.set(offset, value);
                self.sync_stall(cx);
            }
            spec::EXT_WAKEUP1 => self.ext_wakeup1(value),
            spec::DIG_ISO => self.write_dig_iso(value, cx),
            spec::HOLD_FORCE => {
                self.regs.set(offset, value);
                self.sync_hold(cx);
            }
            spec::RTC_MEM_CONF => self.write_mem_conf(value, cx),
            spec::TIME0 | spec::TIME1 | spec::INT_RAW | spec::INT_ST | spec::LOW_POWER_ST => {}
            spec::DIAG1 | spec::EXT_WAKEUP1_STATUS | spec::RTC_MEM_CRC_RES => {}
            _ => self.regs.write(&SPEC, offset, value, cx),
        }
        self.sync_irq(cx);
    }

    fn event(&mut self, tag: u8, cx: &mut Cx) {
        match tag {
            TIME_TAG => self.time_latch(cx),
            ALARM_TAG => self.sync_alarm(cx),
            WDT_TAG => self.stage_timeout(cx),
            _ => self.wake(self.early.1, cx),
        }
        self.sync_irq(cx);
    }

    fn message(&mut self, msg: &DevMsg, cx: &mut Cx) {
        match msg {
            DevMsg::ClockChanged => self.retime(cx),
            DevMsg::WakeCause(bits) => self.wake_message(*bits, cx),
            DevMsg::Pad(..) => self.pads(cx),
            _ => {}
        }
        self.sync_irq(cx);
    }

    /// Applies the power-on reset; see [`RtcCntl::reset_kind`] for the others.
    fn reset(&mut self, cx: &mut Cx) {
        *self = Self::default();
        (TIME_TAG..=WAKE_TAG).for_each(|tag| cx.cancel(tag));
        self.timer.set(0, cx.now);
        self.sync_stall(cx);
        self.sync_hold(cx);
        self.sync_clocks(cx);
        self.retime(cx);
        self.sync_irq(cx);
    }
}
