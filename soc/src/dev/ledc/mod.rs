//! LEDC: eight high-speed and eight low-speed PWM channels on four timers each.
//!
//! Counters are computed from virtual time; the divider has 8 fractional bits. The edges of a channel's PWM are
//! generated only while the GPIO matrix connects its output signal to a peripheral's input (one event per edge, up to
//! [`pwm::MAX_HZ`]). Otherwise the signal is static: high if the duty is the whole period, else low; the idle level
//! when the output is off. Fades run step by step as on silicon and end with DUTY_CHNG_END. A fade started on a stopped
//! timer ends immediately, so that no driver waits forever. Writes to low-speed registers take effect immediately
//! instead of at PARA_UP.

pub mod pwm;
pub mod spec;
#[cfg(test)]
mod tests;

use super::regfile::RegFile;
use super::spec::Spec;
use super::{Cx, DevId, DevMsg, DevView, Device};
use crate::clocks::{Clocks, RTC_FAST_HZ};
use crate::irq::IrqSource;
use esplens_core::time::{TICKS_PER_SEC, Ticks};
use serde::{Deserialize, Serialize};
use spec::*;

/// Output signal of channel 0 (IDF `LEDC_HS_SIG_OUT0_IDX`); those of the low-speed channels follow the high-speed ones.
const SIGNAL: u16 = 71;
/// Number of channels and timers of both speeds; channels 0..7 and timers 0..3 are high speed.
const CHANNELS: usize = 16;
const TIMERS: usize = 8;
/// Event tag: next overflow, end of a fade or PWM edge (one event for all channels and timers).
const TAG_NEXT: u8 = 0;
/// Mask of a duty: 25 bits.
const DUTY: u32 = 0x1FF_FFFF;

/// A timer's counter, as its value at a point in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Timer {
    /// Periods of the undivided clock counted before `since`, in 256ths.
    base: u128,
    since: Ticks,
    /// Number of overflows already reported.
    overflows: u64,
}

/// A channel's duty and its running fade.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Channel {
    /// Duty at the start of the fade, in sixteenths.
    duty: u32,
    fade: Option<Fade>,
    output: bool,
}

/// A fade: starting at overflow `from`, `num` steps of `scale`, one every `cycle` overflows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Fade {
    from: u64,
    num: u32,
    cycle: u32,
    scale: u32,
    up: bool,
}

impl Fade {
    /// Returns the duty, in sixteenths, after the given overflows of the timer.
    fn at(&self, duty: u32, overflows: u64) -> u32 {
        let passed = overflows.saturating_sub(self.from);
        let steps = (passed / u64::from(self.cycle)).min(u64::from(self.num)) as u32;
        let change = (steps * self.scale) << 4;
        let now = if self.up { duty.wrapping_add(change) } else { duty.wrapping_sub(change) };
        now & DUTY
    }

    fn end(&self) -> u64 {
        self.from + u64::from(self.num) * u64::from(self.cycle)
    }
}

/// The LED PWM controller.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledc {
    regs: RegFile,
    timers: [Timer; TIMERS],
    channels: [Channel; CHANNELS],
    raw: u32,
    /// Clock frequencies at the time when the timers' bases were set.
    hz: Hz,
}

/// Frequencies, in Hz, of the clocks that timers can count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Hz {
    apb: u32,
    tick: u32,
}

impl Hz {
    fn of(clocks: &Clocks) -> Self {
        Self { apb: clocks.apb_hz(), tick: clocks.ref_tick_hz() }
    }
}

/// Returns the offset of a channel's first register, CONF0.
fn channel_base(c: usize) -> u32 {
    if c < 8 { HSCH_CONF0 + 0x14 * c as u32 } else { LSCH_CONF0 + 0x14 * (c as u32 - 8) }
}

/// Returns the offset of a timer's first register, CONF.
fn timer_base(t: usize) -> u32 {
    if t < 4 { HSTIMER_CONF + 8 * t as u32 } else { LSTIMER_CONF + 8 * (t as u32 - 4) }
}

impl Ledc {
    fn get(&self, offset: u32) -> u32 {
        self.regs.get(&SPEC, offset)
    }

    /// Returns the input frequency of a timer's divider in Hz.
    fn clock(&self, t: usize) -> u32 {
        let tick_sel = self.get(timer_base(t)) & timer::TICK_SEL != 0;
        match (tick_sel, t < 4) {
            (false, _) => self.hz.tick,
            (true, true) => self.hz.apb,
            (true, false) if self.get(CONF) & 1 != 0 => self.hz.apb,
            (true, false) => RTC_FAST_HZ,
        }
    }

    /// Returns the length of a counter period in 256ths of the undivided clock; `None` while the timer is stopped.
    fn period(&self, t: usize) -> Option<u128> {
        let conf = self.get(timer_base(t));
        let div = conf >> timer::DIV_S & 0x3_FFFF;
        let runs = conf & (timer::PAUSE | timer::RST) == 0 && div >= 256 && self.clock(t) != 0;
        runs.then(|| u128::from(div) << self.width(t))
    }

    fn width(&self, t: usize) -> u32 {
        (self.get(timer_base(t)) & timer::LIM).min(20)
    }

    /// Returns the 256ths of the undivided clock counted until `now`.
    fn counted(&self, t: usize, now: Ticks) -> u128 {
        let timer = self.timers[t];
        if self.period(t).is_none() {
            return timer.base;
        }
        let passed = u128::from(now.saturating_sub(timer.since));
        timer.base + passed * u128::from(self.clock(t)) * 256 / u128::from(TICKS_PER_SEC)
    }

    fn value(&self, t: usize, now: Ticks) -> u32 {
        let div = u128::from((self.get(timer_base(t)) >> timer::DIV_S & 0x3_FFFF).max(1));
        (self.counted(t, now) / div) as u32 & ((1 << self.width(t)) - 1)
    }

    /// Returns the overflows of a timer since its base was set.
    fn overflows(&self, t: usize, now: Ticks) -> u64 {
        self.period(t).map_or(self.timers[t].overflows, |p| (self.counted(t, now) / p) as u64)
    }

    /// Returns the time at which a timer will have overflowed `n` times.
    fn when(&self, t: usize, n: u64) -> Option<Ticks> {
        self.when_counted(t, u128::from(n).saturating_mul(self.period(t)?))
    }

    /// Returns the time at which a timer will have counted `wanted` 256ths of its undivided clock.
    fn when_counted(&self, t: usize, wanted: u128) -> Option<Ticks> {
        self.period(t)?;
        let rest = wanted.saturating_sub(self.timers[t].base).saturating_mul(u128::from(TICKS_PER_SEC));
        let ticks = rest.div_ceil(u128::from(self.clock(t)) * 256);
        Some(self.timers[t].since.saturating_add(Ticks::try_from(ticks).unwrap_or(Ticks::MAX)))
    }

    fn timer_of(&self, c: usize) -> usize {
        (self.get(channel_base(c)) & conf0::TIMER_SEL) as usize + if c < 8 { 0 } else { 4 }
    }

    fn duty(&self, c: usize, now: Ticks) -> u32 {
        let ch = self.channels[c];
        ch.fade.map_or(ch.duty, |f| f.at(ch.duty, self.overflows(self.timer_of(c), now)))
    }

    /// Updates fades and overflow interrupts to the current time and schedules the next event.
    fn run(&mut self, cx: &mut Cx) {
        for t in 0..TIMERS {
            let n = self.overflows(t, cx.now);
            if n > self.timers[t].overflows {
                self.timers[t].overflows = n;
                self.raw |= 1 << t;
            }
        }
        for c in 0..CHANNELS {
            let t = self.timer_of(c);
            let Some(fade) = self.channels[c].fade else { continue };
            if self.period(t).is_some() && self.overflows(t, cx.now) >= fade.end() {
                self.end_fade(c);
            }
        }
        self.outputs(cx);
        self.next_event(cx);
        self.sync_irq(cx);
    }

    /// Ends a fade: keeps its final duty and raises its interrupt.
    fn end_fade(&mut self, c: usize) {
        let ch = &mut self.channels[c];
        if let Some(fade) = ch.fade.take() {
            ch.duty = fade.at(ch.duty, fade.end());
            self.raw |= 1 << (8 + c);
        }
    }

    /// Schedules an event for the next end of a fade, PWM edge, or timer overflow whose interrupt is enabled.
    fn next_event(&self, cx: &mut Cx) {
        let wanted = self.get(INT_ENA) & !self.raw;
        let timers = (0..TIMERS).filter(|t| wanted >> t & 1 != 0);
        let overflows = timers.filter_map(|t| self.when(t, self.timers[t].overflows + 1));
        let fades = (0..CHANNELS).filter_map(|c| {
            let fade = self.channels[c].fade?;
            self.when(self.timer_of(c), fade.end())
        });
        let edges: Vec<Ticks> = if cx.sys.matrix_loopbacks.is_empty() {
            Vec::new()
        } else {
            (0..CHANNELS).filter_map(|c| Some(self.pwm(c, cx)?.1)).collect()
        };
        match overflows.chain(fades).chain(edges).min() {
            Some(at) => cx.schedule(TAG_NEXT, at.max(cx.now + 1)),
            None => cx.cancel(TAG_NEXT),
        }
    }

    /// Reports changed outputs to the GPIO matrix.
    fn outputs(&mut self, cx: &mut Cx) {
        for c in 0..CHANNELS {
            let conf = self.get(channel_base(c));
            let level = if let Some((level, _)) = self.pwm(c, cx) {
                level
            } else if conf & conf0::SIG_OUT_EN == 0 {
                conf & conf0::IDLE_LV != 0
            } else {
                self.duty(c, cx.now) >> 4 >= 1 << self.width(self.timer_of(c))
            };
            if self.channels[c].output != level {
                self.channels[c].output = level;
                cx.send(DevId::Gpio, DevMsg::SignalOut(SIGNAL + c as u16, level));
            }
        }
    }

    /// Sets a timer's base to `now`, keeping its count, or resetting it to 0 while RST is set.
    fn rebase(&mut self, t: usize, now: Ticks) {
        let (counted, overflows) = (self.counted(t, now), self.overflows(t, now));
        let period = self.period(t).unwrap_or(u128::MAX);
        let held = self.get(timer_base(t)) & timer::RST != 0;
        // Overflows count from 0 again: the duty a fade has reached becomes its new start.
        for c in 0..CHANNELS {
            let Channel { duty, fade: Some(f), output } = self.channels[c] else { continue };
            if self.timer_of(c) != t {
                continue;
            }
            let passed = overflows.saturating_sub(f.from);
            let steps = (passed / u64::from(f.cycle)).min(u64::from(f.num)) as u32;
            let fade = Some(Fade { from: 0, num: f.num - steps, ..f });
            self.channels[c] = Channel { duty: f.at(duty, overflows), fade, output };
        }
        let base = if held { 0 } else { counted % period };
        self.timers[t] = Timer { base, since: now, overflows: 0 };
    }

    fn write_timer(&mut self, t: usize, value: u32, cx: &mut Cx) {
        self.run(cx);
        self.rebase(t, cx.now);
        let at = self.value(t, cx.now);
        self.regs.set(timer_base(t), value & 0x3FF_FFFF);
        // The counter keeps its value; only the fraction in the divider is lost when the divider changes.
        let div = u128::from(value >> timer::DIV_S & 0x3_FFFF);
        let base = if value & timer::RST != 0 { 0 } else { u128::from(at) * div };
        self.timers[t].base = self.period(t).map_or(base, |p| base % p);
        self.run(cx);
    }

    fn write_conf1(&mut self, c: usize, value: u32, cx: &mut Cx) {
        self.run(cx);
        self.regs.set(channel_base(c) + 0xC, value & !conf1::START);
        if value & conf1::START != 0 {
            let field = |at: u32| value >> at & 0x3FF;
            let fade = Fade {
                from: self.overflows(self.timer_of(c), cx.now),
                num: field(conf1::NUM_S).max(1),
                cycle: field(conf1::CYCLE_S).max(1),
                scale: field(conf1::SCALE_S),
                up: value & conf1::INC != 0,
            };
            let duty = self.get(channel_base(c) + 8) & DUTY;
            self.channels[c] = Channel { duty, fade: Some(fade), ..self.channels[c] };
            if self.period(self.timer_of(c)).is_none() {
                self.end_fade(c);
            }
        } else if self.channels[c].fade.is_some() {
            let duty = self.duty(c, cx.now);
            self.channels[c] = Channel { duty, fade: None, ..self.channels[c] };
        }
        self.run(cx);
    }

    fn write_conf0(&mut self, c: usize, value: u32, cx: &mut Cx) {
        self.run(cx);
        // A fade continues with the new timer from the duty that it has reached.
        let duty = self.duty(c, cx.now);
        let moved = (value ^ self.get(channel_base(c))) & conf0::TIMER_SEL != 0;
        self.regs.set(channel_base(c), value & !conf0::PARA_UP & 0x8000_000F);
        if moved && let Some(fade) = self.channels[c].fade {
            let from = self.overflows(self.timer_of(c), cx.now);
            self.channels[c] = Channel { duty, fade: Some(Fade { from, ..fade }), ..self.channels[c] };
        }
        self.run(cx);
    }

    fn sync_irq(&self, cx: &mut Cx) {
        cx.irq(IrqSource::Ledc, self.raw & self.get(INT_ENA) != 0);
    }

    /// Returns the channel, and the offset within its five registers, at a register offset.
    fn channel_at(offset: u32) -> Option<(usize, u32)> {
        (offset < HSTIMER_CONF).then_some(((offset / 0x14) as usize, offset % 0x14))
    }

    /// Returns the timer at a register offset, and whether the offset is that of CONF.
    fn timer_at(offset: u32) -> Option<(usize, bool)> {
        let n = offset.checked_sub(HSTIMER_CONF)? / 4;
        (n < 16).then_some((n as usize / 2, n.is_multiple_of(2)))
    }

    /// Returns the raw interrupts at `now`, including overflows for which no event was scheduled.
    fn raw_now(&self, now: Ticks) -> u32 {
        (0..TIMERS)
            .fold(self.raw, |raw, t| raw | u32::from(self.overflows(t, now) > self.timers[t].overflows) << t)
    }
}

impl Device for Ledc {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn peek(&self, offset: u32, v: &DevView) -> u32 {
        match (Self::channel_at(offset), Self::timer_at(offset)) {
            (Some((c, 0xC)), _) => {
                let fade = self.channels[c].fade;
                let going = fade.is_some_and(|f| self.overflows(self.timer_of(c), v.now) < f.end());
                self.get(offset) | if going { conf1::START } else { 0 }
            }
            (Some((c, 0x10)), _) => self.duty(c, v.now),
            (_, Some((t, false))) => self.value(t, v.now),
            _ => match offset {
                INT_RAW => self.raw_now(v.now),
                INT_ST => self.raw_now(v.now) & self.get(INT_ENA),
                INT_CLR => 0,
                _ => self.get(offset),
            },
        }
    }

    fn read(&mut self, offset: u32, cx: &mut Cx) -> u32 {
        if SPEC.at(offset).is_none() {
            return self.regs.read(&SPEC, offset, cx);
        }
        self.peek(offset, &cx.view())
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        if self.hz == Hz::default() {
            self.hz = Hz::of(&cx.sys.clocks);
        }
        match (Self::channel_at(offset), Self::timer_at(offset)) {
            (Some((c, 0)), _) => self.write_conf0(c, value, cx),
            (Some((c, 0xC)), _) => self.write_conf1(c, value, cx),
            (Some((_, 0x10)), _) | (_, Some((_, false))) => {}
            (Some((_, 4)), _) => {
                self.regs.set(offset, value & 0xF_FFFF);
                self.run(cx);
            }
            (_, Some((t, true))) => self.write_timer(t, value, cx),
            _ => match offset {
                INT_RAW | INT_ST => {}
                INT_CLR => {
                    self.run(cx);
                    self.raw &= !value;
                    self.run(cx);
                }
                INT_ENA => {
                    self.regs.set(offset, value & 0xFF_FFFF);
                    self.run(cx);
                }
                CONF => {
                    (4..TIMERS).for_each(|t| self.rebase(t, cx.now));
                    self.regs.set(offset, value & 1);
                    self.run(cx);
                }
                _ => self.regs.write(&SPEC, offset, value, cx),
            },
        }
    }

    fn event(&mut self, _tag: u8, cx: &mut Cx) {
        self.run(cx);
    }

    fn message(&mut self, msg: &DevMsg, cx: &mut Cx) {
        if *msg == DevMsg::LoopbacksChanged {
            self.run(cx);
        }
        let hz = Hz::of(&cx.sys.clocks);
        if *msg == DevMsg::ClockChanged && self.hz != hz {
            self.run(cx);
            (0..TIMERS).for_each(|t| self.rebase(t, cx.now));
            self.hz = hz;
            self.run(cx);
        }
    }

    fn reset(&mut self, cx: &mut Cx) {
        let old = self.channels;
        *self = Self { hz: Hz::of(&cx.sys.clocks), ..Self::default() };
        for c in (0..CHANNELS).filter(|c| old[*c].output) {
            cx.send(DevId::Gpio, DevMsg::SignalOut(SIGNAL + c as u16, false));
        }
        cx.cancel(TAG_NEXT);
        self.sync_irq(cx);
    }
}
