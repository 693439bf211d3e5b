//! GPIO: pads 0..39, their interrupts, and the matrix that connects pads and peripheral signals.
//!
//! A pad's level comes from the chip's driver (GPIO_OUT, a peripheral's signal, or the RTC), else from an external
//! driver ([`DevMsg::Pad`]), else from an external resistor ([`DevMsg::PadPull`]), else from its own pull resistors. A peripheral drives its output signal with
//! [`DevMsg::SignalOut`]. The owner of an input signal receives [`DevMsg::SignalIn`] when the signal changes. Output
//! enables of peripherals are assumed to be on. The waves of MCPWM ([`crate::system::System::waves`]) are evaluated when
//! a level is read; their edges raise no interrupts of the pad itself. Sigma-delta generators produce no output.

mod info;
pub mod matrix;
mod pads;
mod pulse;
pub mod signals;
pub mod spec;
#[cfg(test)]
mod tests;

pub use info::{PadFunction, PadInfo, PadSource};
pub use pulse::Pulse;

use super::io_mux;
use super::regfile::RegFile;
use super::rtcio::{self, RtcPad};
use super::spec::Spec;
use super::{Cx, DevMsg, DevView, Device, STEADY, steady_before};
use crate::clocks::XTAL_HZ;
use esplens_core::time::{Ticks, periods_to_ticks};
use serde::{Deserialize, Serialize};
use serde_big_array::BigArray;
use spec::*;
use std::collections::BTreeMap;

/// Pads that exist, one bit per GPIO number.
const PINS: u64 = 0xFF_0FFF_FFFF;

/// Sets of pads by interrupt type and enable, derived from the PIN registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Masks {
    rising: u64,
    falling: u64,
    low: u64,
    high: u64,
    app: u64,
    app_nmi: u64,
    pro: u64,
    pro_nmi: u64,
    sdio: u64,
    /// Pads that wake the chip while low, and while high.
    wake: [u64; 2],
}

impl Masks {
    fn of(pins: &[u32; 40]) -> Self {
        let set = |test: &dyn Fn(u32) -> bool| {
            pins.iter().enumerate().filter(|(_, p)| test(**p)).fold(0, |set, (n, _)| set | 1 << n)
        };
        let kind = |p: u32| p >> pin::INT_TYPE_S & 7;
        Self {
            rising: set(&|p| matches!(kind(p), 1 | 3)),
            falling: set(&|p| matches!(kind(p), 2 | 3)),
            low: set(&|p| kind(p) == 4),
            high: set(&|p| kind(p) == 5),
            app: set(&|p| p & pin::ENA_APP != 0),
            app_nmi: set(&|p| p & pin::ENA_APP_NMI != 0),
            pro: set(&|p| p & pin::ENA_PRO != 0),
            pro_nmi: set(&|p| p & pin::ENA_PRO_NMI != 0),
            sdio: set(&|p| p & pin::ENA_SDIO != 0),
            wake: [4, 5].map(|k| set(&|p| p & pin::WAKEUP != 0 && kind(p) == k)),
        }
    }
}

/// The GPIO block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gpio {
    regs: RegFile,
    out: u64,
    enable: u64,
    status: u64,
    #[serde(with = "BigArray")]
    pin: [u32; 40],
    masks: Masks,
    /// Input configurations written so far, by signal.
    in_cfg: BTreeMap<u8, u32>,
    #[serde(with = "BigArray")]
    out_cfg: [u32; 40],
    /// Output signals' levels.
    signals: [u64; 4],
    /// Input signals' levels as last sent to their owners.
    inputs: [u64; 4],
    /// IO_MUX registers by GPIO number.
    #[serde(with = "BigArray")]
    mux: [u32; 40],
    #[serde(with = "BigArray")]
    rtc: [RtcPad; 40],
    /// Digital pads that RTCIO holds.
    hold: u64,
    /// Pads that the chip drives, and their driven levels.
    drive_on: u64,
    drive_level: u64,
    /// Pads that are driven from outside the chip, and their driven levels.
    outside_on: u64,
    outside_level: u64,
    /// Pads with an external resistor, and the levels that the resistors pull to.
    outside_pull: u64,
    outside_pull_level: u64,
    /// Pulses from outside that are not over yet.
    pulses: BTreeMap<u8, pulse::Train>,
    /// Pads that RTC_CNTL holds.
    force_hold: u64,
    /// The digital core is off (deep sleep): only the RTC and holds drive pads. The reset at its end clears this.
    off: bool,
    /// Input levels: pad levels gated by the input enables.
    input: u64,
    /// Pads whose level was output to the host, and the last such levels.
    shown: u64,
    shown_level: u64,
    /// End time and result of the RTC clock measurement.
    cali: (Ticks, u32),
}

impl Default for Gpio {
    fn default() -> Self {
        let mux: [u32; 40] = std::array::from_fn(|n| io_mux::reset_value(n as u8));
        let mut signals = [0; 4];
        for s in matrix::IDLE_HIGH {
            signals[usize::from(s >> 6)] |= 1 << (s & 63);
        }
        Self {
            regs: RegFile::default(),
            out: 0,
            enable: 0,
            status: 0,
            pin: [0; 40],
            masks: Masks::default(),
            in_cfg: BTreeMap::new(),
            out_cfg: [0x100; 40],
            signals,
            inputs: [0; 4],
            mux,
            rtc: std::array::from_fn(|n| rtcio::reset_value(n as u8)),
            hold: 0,
            drive_on: 0,
            drive_level: 0,
            outside_on: 0,
            outside_level: 0,
            outside_pull: 0,
            outside_pull_level: 0,
            pulses: BTreeMap::new(),
            force_hold: 0,
            off: false,
            input: 0,
            shown: 0,
            shown_level: 0,
            cali: (0, 0),
        }
    }
}

/// Returns the lower (pads 0..31) or upper half of a set of pads.
fn half(set: u64, upper: bool) -> u32 {
    if upper { (set >> 32) as u32 & 0xFF } else { set as u32 }
}

impl Gpio {
    /// Decodes the offset of OUT, ENABLE, STATUS or of their W1TS and W1TC registers. Returns the operation (0 write,
    /// 1 set, 2 clear) and true for the upper half.
    fn bank(offset: u32) -> Option<(u32, bool)> {
        Some(match offset {
            OUT | ENABLE | STATUS => (0, false),
            OUT_W1TS | ENABLE_W1TS | STATUS_W1TS => (1, false),
            OUT_W1TC | ENABLE_W1TC | STATUS_W1TC => (2, false),
            OUT1 | ENABLE1 | STATUS1 => (0, true),
            OUT1_W1TS | ENABLE1_W1TS | STATUS1_W1TS => (1, true),
            OUT1_W1TC | ENABLE1_W1TC | STATUS1_W1TC => (2, true),
            _ => return None,
        })
    }

    fn bank_set(&mut self, offset: u32) -> &mut u64 {
        match offset {
            OUT..=OUT1_W1TC => &mut self.out,
            ENABLE..=ENABLE1_W1TC => &mut self.enable,
            _ => &mut self.status,
        }
    }

    fn write_bank(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        let Some((op, upper)) = Self::bank(offset) else { return };
        let shift = if upper { 32 } else { 0 };
        let field = (if upper { 0xFF_u64 } else { 0xFFFF_FFFF }) << shift;
        let value = u64::from(value) << shift & field;
        let set = self.bank_set(offset);
        let old = *set;
        *set = match op {
            0 => old & !field | value,
            1 => old | value,
            _ => old & !value,
        };
        let changed = *set ^ old;
        if offset >= STATUS {
            self.interrupts(0, 0);
            self.sync_irq(cx);
        } else {
            if offset >= ENABLE {
                self.sync_loopbacks(cx);
            }
            self.update(changed, cx);
        }
    }

    fn write_pin(&mut self, n: usize, value: u32, cx: &mut Cx) {
        self.pin[n] = value & pin::MASK;
        self.masks = Masks::of(&self.pin);
        self.interrupts(0, 0);
        self.update(1 << n, cx);
    }

    fn write_in_sel(&mut self, signal: u8, value: u32, cx: &mut Cx) {
        self.in_cfg.insert(signal, value & in_sel::MASK);
        self.sync_loopbacks(cx);
        let again = self.feed(signal, cx);
        self.update(again, cx);
    }

    fn start_cali(&mut self, value: u32, cx: &mut Cx) {
        self.regs.set(CALI_CONF, value);
        if value & cali::START != 0 {
            let slow = u64::from(cx.sys.clocks.rtc_slow_hz());
            let periods = u64::from(value & cali::RTC_MAX);
            let result = periods * u64::from(XTAL_HZ) / slow.max(1);
            self.cali = (cx.now + periods_to_ticks(periods, slow), result as u32 & cali::VALUE);
        }
    }

    fn status_of(&self, enabled: u64, upper: bool) -> u32 {
        half(self.status & enabled, upper)
    }
}

impl Device for Gpio {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn peek(&self, offset: u32, v: &DevView) -> u32 {
        let m = &self.masks;
        match offset {
            OUT..=OUT_W1TC => half(self.out, false),
            OUT1..=OUT1_W1TC => half(self.out, true),
            ENABLE..=ENABLE_W1TC => half(self.enable, false),
            ENABLE1..=ENABLE1_W1TC => half(self.enable, true),
            STRAP => v.sys.strap & 0xFFFF,
            IN => half(self.input_at(v.sys, v.now), false),
            IN1 => half(self.input_at(v.sys, v.now), true),
            STATUS..=STATUS_W1TC => half(self.status, false),
            STATUS1..=STATUS1_W1TC => half(self.status, true),
            ACPU_INT => self.status_of(m.app, false),
            ACPU_NMI_INT => self.status_of(m.app_nmi, false),
            PCPU_INT => self.status_of(m.pro, false),
            PCPU_NMI_INT => self.status_of(m.pro_nmi, false),
            CPUSDIO_INT => self.status_of(m.sdio, false),
            ACPU_INT1 => self.status_of(m.app, true),
            ACPU_NMI_INT1 => self.status_of(m.app_nmi, true),
            PCPU_INT1 => self.status_of(m.pro, true),
            PCPU_NMI_INT1 => self.status_of(m.pro_nmi, true),
            CPUSDIO_INT1 => self.status_of(m.sdio, true),
            PIN..CALI_CONF => self.pin[(offset - PIN) as usize / 4],
            CALI_DATA if self.cali.1 != 0 && v.now >= self.cali.0 => cali::READY | self.cali.1,
            CALI_DATA => 0,
            FUNC_IN_SEL_CFG..FUNC_OUT_SEL_CFG => {
                self.in_cfg.get(&((offset - FUNC_IN_SEL_CFG) / 4).to_le_bytes()[0]).copied().unwrap_or(0)
            }
            FUNC_OUT_SEL_CFG..0x5D0 => self.out_cfg[(offset - FUNC_OUT_SEL_CFG) as usize / 4],
            _ => self.regs.get(&SPEC, offset),
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
            CALI_DATA => steady_before(self.cali.0, v),
            IN | IN1 if !v.sys.waves.is_empty() => v.now,
            _ => STEADY,
        }
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        match offset {
            OUT..=OUT1_W1TC | ENABLE..=ENABLE1_W1TC | STATUS..=STATUS1_W1TC => {
                self.write_bank(offset, value, cx)
            }
            STRAP | IN | IN1 | ACPU_INT..=CPUSDIO_INT1 | CALI_DATA => {}
            PIN..CALI_CONF => self.write_pin((offset - PIN) as usize / 4, value, cx),
            CALI_CONF => self.start_cali(value, cx),
            FUNC_IN_SEL_CFG..FUNC_OUT_SEL_CFG => {
                self.write_in_sel(((offset - FUNC_IN_SEL_CFG) / 4).to_le_bytes()[0], value, cx);
            }
            FUNC_OUT_SEL_CFG..0x5D0 => {
                let n = (offset - FUNC_OUT_SEL_CFG) as usize / 4;
                self.out_cfg[n] = value & out_sel::MASK;
                self.sync_loopbacks(cx);
                self.update(1 << n, cx);
            }
            _ => self.regs.write(&SPEC, offset, value, cx),
        }
    }

    fn message(&mut self, msg: &DevMsg, cx: &mut Cx) {
        match *msg {
            DevMsg::SignalOut(signal, level) => {
                if let Ok(signal) = u8::try_from(signal) {
                    let set = self.set_signal(signal, level);
                    if set != 0 {
                        self.update(set, cx);
                    }
                }
            }
            DevMsg::Pad(n, level) if n < 40 => {
                self.end_pulses(n, cx);
                self.outside(n, level, cx);
                // The pad may be the chip select of a device that has just been connected.
                self.sync_loopbacks(cx);
            }
            DevMsg::PadPull(n, level) if n < 40 => self.pull(n, level, cx),
            DevMsg::PadPulse(n, pulse) if n < 40 => self.start_pulses(n, pulse, cx),
            DevMsg::IoMux(n, value) if n < 40 => {
                self.mux[usize::from(n)] = value;
                self.sync_loopbacks(cx);
                self.update(1 << n, cx);
            }
            DevMsg::RtcPad(n, pad) if n < 40 => {
                // A held pad keeps its settings. The message that ends the hold has the present ones.
                if pad.hold && self.rtc[usize::from(n)].hold {
                    return;
                }
                self.rtc[usize::from(n)] = pad;
                self.sync_loopbacks(cx);
                self.update(1 << n, cx);
            }
            DevMsg::PadHold(hold) => {
                let released = self.hold & !hold;
                self.hold = hold;
                self.update(released, cx);
            }
            DevMsg::ForceHold(hold) => {
                let released = self.force_hold & !hold;
                self.force_hold = hold;
                self.update(released, cx);
            }
            DevMsg::Sleep(deep) => {
                self.off = deep;
                if deep {
                    self.update(PINS, cx);
                }
                self.wake(PINS, cx);
            }
            _ => {}
        }
    }

    fn event(&mut self, _tag: u8, cx: &mut Cx) {
        self.run_pulses(cx);
    }

    /// Resets the registers. State that other owners control is kept: external drivers, IO_MUX, RTC pads and holds.
    fn reset(&mut self, cx: &mut Cx) {
        *self = Self {
            mux: self.mux,
            rtc: self.rtc,
            hold: self.hold,
            drive_on: self.drive_on,
            drive_level: self.drive_level,
            outside_on: self.outside_on,
            outside_level: self.outside_level,
            outside_pull: self.outside_pull,
            outside_pull_level: self.outside_pull_level,
            pulses: std::mem::take(&mut self.pulses),
            force_hold: self.force_hold,
            shown: self.shown,
            shown_level: self.shown_level,
            ..Self::default()
        };
        self.sync_loopbacks(cx);
        self.update(PINS, cx);
    }
}
