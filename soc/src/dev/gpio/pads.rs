//! Pad levels: derived from registers and signals, and propagated to inputs, interrupts and peripherals.

use super::matrix;
use super::spec::{in_sel, out_sel, pin};
use super::{Gpio, PINS};
use crate::dev::io_mux::spec::pad;
use crate::dev::{Cx, DevId, DevMsg, rtcio};
use crate::irq::IrqSource;
use crate::system::{Output, System};
use esplens_core::time::Ticks;

/// Pads with an output driver: 34..39 have none, 28..31 do not exist.
const DRIVERS: u64 = 0x3_0FFF_FFFF;
/// RTC_CNTL's wake-up source bit for the digital pads (IDF `RTC_GPIO_TRIG_EN`).
const WAKE_GPIO: u32 = 1 << 2;
/// Limit of passes through the matrix's loop-back signals in one update; it stops oscillating loops.
const ROUNDS: u32 = 8;

/// Iterates over the numbers of the set bits.
fn bits(mut set: u64) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let bit = (set != 0).then(|| set.trailing_zeros() as u8)?;
        set &= set - 1;
        Some(bit)
    })
}

impl Gpio {
    /// Returns the level to which its peripheral drives an output signal.
    fn signal(&self, signal: u8) -> bool {
        self.signals[usize::from(signal >> 6)] >> (signal & 63) & 1 != 0
    }

    pub(super) fn function(&self, pin: u8) -> u8 {
        (self.mux[usize::from(pin)] >> pad::MCU_SEL_S & 7) as u8
    }

    /// Returns the level that the chip should drive pad `n` to according to the current registers, ignoring holds.
    /// Returns `None` if the driver is off.
    fn wanted_drive(&self, n: u8) -> Option<bool> {
        let rtc = self.rtc[usize::from(n)];
        if DRIVERS >> n & 1 == 0 {
            return None;
        }
        if rtc.selected {
            return rtc.drive;
        }
        if self.off {
            return None;
        }
        let function = self.function(n);
        if !matrix::is_gpio(n, function) {
            return matrix::direct_output(n, function).map(|s| self.signal(s));
        }
        let cfg = self.out_cfg[usize::from(n)];
        let bit = |set: u64| set >> n & 1 != 0;
        let (level, enable) = match u8::try_from(cfg & out_sel::SEL) {
            Ok(signal) => (self.signal(signal), cfg & out_sel::OEN_SEL == 0 || bit(self.enable)),
            Err(_) => (bit(self.out), bit(self.enable)),
        };
        let level = level ^ (cfg & out_sel::INV != 0);
        let released = level && self.pin[usize::from(n)] & pin::PAD_DRIVER != 0;
        (enable ^ (cfg & out_sel::OEN_INV != 0) && !released).then_some(level)
    }

    pub(super) fn held(&self, n: u8) -> bool {
        self.rtc[usize::from(n)].hold || (self.hold | self.force_hold) >> n & 1 != 0
    }

    /// Returns the level that the chip currently drives pad `n` to, including a hold; `None` if its driver is off.
    pub(super) fn drive(&self, n: u8) -> Option<bool> {
        (self.drive_on >> n & 1 != 0).then_some(self.drive_level >> n & 1 != 0)
    }

    /// Returns a pad's level. The chip's driver overrides an external one, and both override the pulls. A floating pad
    /// is low.
    pub(super) fn resolve(&self, n: u8) -> bool {
        let outside = (self.outside_on >> n & 1 != 0).then_some(self.outside_level >> n & 1 != 0);
        self.drive(n).or(outside).or(self.outside_pull(n)).unwrap_or(self.pulls(n).0)
    }

    /// Returns the level that an external resistor pulls a pad to; `None` without one. Such a resistor has about 10
    /// kilohms and overrides the pad's own pulls of about 45.
    pub(super) fn outside_pull(&self, n: u8) -> Option<bool> {
        (self.outside_pull >> n & 1 != 0).then_some(self.outside_pull_level >> n & 1 != 0)
    }

    /// Returns whether a pad's own pull-up and pull-down are enabled.
    pub(super) fn pulls(&self, n: u8) -> (bool, bool) {
        if rtcio::is_rtc_pad(n) {
            let rtc = self.rtc[usize::from(n)];
            return (rtc.up, rtc.down);
        }
        let mux = self.mux[usize::from(n)];
        (mux & pad::FUN_WPU != 0, mux & pad::FUN_WPD != 0)
    }

    pub(super) fn input_enabled(&self, n: u8) -> bool {
        self.mux[usize::from(n)] & pad::FUN_IE != 0 && !self.rtc[usize::from(n)].selected
    }

    /// Returns the output signal that a pad carries without inversion and with its driver on.
    fn shows(&self, n: u8) -> Option<u8> {
        let (cfg, function) = (self.out_cfg[usize::from(n)], self.function(n));
        if DRIVERS >> n & 1 == 0 || self.rtc[usize::from(n)].selected {
            return None;
        }
        if !matrix::is_gpio(n, function) {
            return matrix::direct_output(n, function);
        }
        let enable = cfg & out_sel::OEN_SEL == 0 || self.enable >> n & 1 != 0;
        let plain = cfg & out_sel::INV == 0 && enable ^ (cfg & out_sel::OEN_INV != 0);
        u8::try_from(cfg & out_sel::SEL).ok().filter(|_| plain)
    }

    /// Returns the level of a pad that outputs a wave ([`System::waves`]); `None` for others.
    pub(super) fn wave(&self, n: u8, sys: &System, now: Ticks) -> Option<bool> {
        let cfg = self.out_cfg[usize::from(n)];
        let signal = u8::try_from(cfg & out_sel::SEL).ok()?;
        let wave = sys.waves.get(&signal)?;
        if self.drive(n).is_none() || self.held(n) || self.rtc[usize::from(n)].selected {
            return None;
        }
        matrix::is_gpio(n, self.function(n)).then(|| wave.level(now) ^ (cfg & out_sel::INV != 0))
    }

    /// Returns the input levels at `now`, with those of pads that output waves.
    pub(super) fn input_at(&self, sys: &System, now: Ticks) -> u64 {
        let mut input = self.input;
        if !sys.waves.is_empty() {
            for n in bits(self.drive_on) {
                if let Some(level) = self.wave(n, sys, now).filter(|_| self.input_enabled(n)) {
                    put(&mut input, n, level);
                }
            }
        }
        input
    }

    /// Updates [`crate::system::System::matrix_loopbacks`].
    pub(super) fn sync_loopbacks(&self, cx: &mut Cx) {
        let wire = |signal: u8| {
            let cfg = self.in_cfg.get(&signal).copied().unwrap_or(0);
            let plain = cfg & in_sel::SIG == 0 || cfg & in_sel::INV == 0;
            let pad = self.source(signal).filter(|n| plain && self.input_enabled(*n))?;
            Some((signal, self.shows(pad)?))
        };
        let matrix_loopbacks = self.in_cfg.keys().filter_map(|s| wire(*s)).collect();
        if cx.sys.matrix_loopbacks != matrix_loopbacks {
            cx.sys.matrix_loopbacks = matrix_loopbacks;
            for dev in [DevId::Ledc, DevId::Mcpwm0, DevId::Mcpwm1] {
                cx.send(dev, DevMsg::LoopbacksChanged);
            }
        }
        let selects = bits(cx.sys.sd.chip_selects());
        cx.sys.spi_selects = selects.filter_map(|n| Some((n, self.shows(n)?))).collect();
    }

    /// Requests a wake-up if a pad of `set` has its wake-up level. This has an effect in light sleep only.
    pub(super) fn wake(&self, set: u64, cx: &mut Cx) {
        let level = cx.sys.pads.level;
        let [low, high] = [0, 1].map(|k| self.masks.wake[k] | cx.sys.pads.rtc_wake[k]);
        if set & PINS & (low & !level | high & level) != 0 {
            cx.send(DevId::RtcCntl, DevMsg::WakeCause(WAKE_GPIO));
        }
    }

    /// Recomputes the pads in `set` and notifies the dependents: interrupts, peripherals, host.
    pub(super) fn update(&mut self, set: u64, cx: &mut Cx) {
        let mut set = set & PINS;
        for _ in 0..ROUNDS {
            let (fell, rose) = self.update_pads(set, cx);
            self.interrupts(rose, fell);
            set = self.feed_signals(fell | rose, cx);
            if set == 0 {
                break;
            }
        }
        self.sync_irq(cx);
    }

    /// Recomputes levels and inputs of the pads in `set`. Returns the inputs that fell and those that rose.
    fn update_pads(&mut self, set: u64, cx: &mut Cx) -> (u64, u64) {
        let before = self.input;
        for n in bits(set) {
            let old = self.drive(n);
            if !self.held(n) {
                let new = self.wanted_drive(n);
                put(&mut self.drive_on, n, new.is_some());
                put(&mut self.drive_level, n, new == Some(true));
            }
            let level = self.resolve(n);
            put(&mut cx.sys.pads.level, n, level);
            if level {
                cx.sys.sd.deselect(n);
            }
            let input = level && self.input_enabled(n);
            put(&mut self.input, n, input);
            let news = self.shown >> n & 1 == 0 || (self.shown_level >> n & 1 != 0) != level;
            if self.drive(n) != old && news {
                put(&mut self.shown, n, true);
                put(&mut self.shown_level, n, level);
                cx.output(Output::Pad { pin: n, level });
            }
        }
        (before & !self.input, self.input & !before)
    }

    /// Latches the interrupt status according to the pads' interrupt types.
    pub(super) fn interrupts(&mut self, rose: u64, fell: u64) {
        self.status |= self.masks.rising & rose | self.masks.falling & fell;
        self.status |= self.masks.high & self.input | self.masks.low & !self.input & PINS;
    }

    /// Sends the inputs in `set` to the peripherals that they feed. Returns the pads to recompute because they output a
    /// loop-back signal that changed.
    fn feed_signals(&mut self, set: u64, cx: &mut Cx) -> u64 {
        if set == 0 {
            return 0;
        }
        let fed: Vec<u8> = self
            .in_cfg
            .keys()
            .copied()
            .filter(|s| self.source(*s).is_some_and(|n| set >> n & 1 != 0))
            .collect();
        fed.into_iter().fold(0, |again, s| again | self.feed(s, cx))
    }

    /// Returns the pad that feeds an input signal.
    pub(super) fn source(&self, signal: u8) -> Option<u8> {
        let cfg = self.in_cfg.get(&signal).copied().unwrap_or(0);
        if cfg & in_sel::SIG == 0 {
            let (n, function) = matrix::direct_input(signal)?;
            return (self.function(n) == function).then_some(n);
        }
        Some((cfg & in_sel::SEL) as u8).filter(|n| *n < 40)
    }

    /// Returns an input signal's level.
    fn input_signal(&self, signal: u8) -> bool {
        let cfg = self.in_cfg.get(&signal).copied().unwrap_or(0);
        let high = cfg & in_sel::SIG != 0 && cfg & in_sel::SEL == in_sel::HIGH;
        let level = self.source(signal).map_or(high, |n| self.input >> n & 1 != 0);
        level ^ (cfg & in_sel::SIG != 0 && cfg & in_sel::INV != 0)
    }

    /// Notifies the owner of an input signal if its level changed. Returns the pads to recompute.
    pub(super) fn feed(&mut self, signal: u8, cx: &mut Cx) -> u64 {
        let level = self.input_signal(signal);
        let word = &mut self.inputs[usize::from(signal >> 6)];
        if (*word >> (signal & 63) & 1 != 0) == level {
            return 0;
        }
        *word ^= 1 << (signal & 63);
        if let Some(dev) = matrix::listener(signal) {
            cx.send(dev, DevMsg::SignalIn(u16::from(signal), level));
        }
        if matrix::BACK.contains(&signal) { self.set_signal(signal, level) } else { 0 }
    }

    /// Sets an output signal. Returns the pads that it is routed to, or none if its level did not change.
    pub(super) fn set_signal(&mut self, signal: u8, level: bool) -> u64 {
        let word = &mut self.signals[usize::from(signal >> 6)];
        let old = *word;
        put(word, signal & 63, level);
        if *word == old {
            return 0;
        }
        (0..40).filter(|n| self.leads(signal, *n)).fold(0, |set, n| set | 1 << n)
    }

    fn leads(&self, signal: u8, n: u8) -> bool {
        self.out_cfg[usize::from(n)] & out_sel::SEL == u32::from(signal)
            || matrix::direct_output(n, self.function(n)) == Some(signal)
    }

    /// Drives a pad from outside the chip, or releases it (`None`).
    pub(super) fn outside(&mut self, n: u8, level: Option<bool>, cx: &mut Cx) {
        if PINS >> n & 1 == 0 {
            return;
        }
        put(&mut self.outside_on, n, level.is_some());
        put(&mut self.outside_level, n, level == Some(true));
        cx.sys.pads.driven = self.outside_on;
        self.changed_outside(n, level, cx);
    }

    /// Connects a pad to an external resistor (true: to the supply, false: to ground), or removes it.
    pub(super) fn pull(&mut self, n: u8, level: Option<bool>, cx: &mut Cx) {
        if PINS >> n & 1 == 0 {
            return;
        }
        put(&mut self.outside_pull, n, level.is_some());
        put(&mut self.outside_pull_level, n, level == Some(true));
        let driven = (self.outside_on >> n & 1 != 0).then_some(self.outside_level >> n & 1 != 0);
        self.changed_outside(n, driven, cx);
    }

    fn changed_outside(&mut self, n: u8, level: Option<bool>, cx: &mut Cx) {
        self.update(1 << n, cx);
        self.wake(1 << n, cx);
        if rtcio::is_rtc_pad(n) {
            cx.send(DevId::Sens, DevMsg::Pad(n, level));
            cx.send(DevId::RtcCntl, DevMsg::Pad(n, level));
        }
    }

    /// Drives both interrupt lines. The interrupt matrix has one source for both CPUs, so a pad that is enabled for
    /// either CPU raises it. Drivers check the status register of their own CPU.
    pub(super) fn sync_irq(&self, cx: &mut Cx) {
        cx.irq(IrqSource::Gpio, self.status & (self.masks.app | self.masks.pro) != 0);
        cx.irq(IrqSource::GpioNmi, self.status & (self.masks.app_nmi | self.masks.pro_nmi) != 0);
    }
}

/// Sets or clears one bit.
pub(super) fn put(set: &mut u64, bit: u8, on: bool) {
    if on {
        *set |= 1 << bit;
    } else {
        *set &= !(1 << bit);
    }
}
