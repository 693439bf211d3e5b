//! PWM edges of a channel, for inputs that the GPIO matrix connects to its output.

use super::spec::{SPEC, conf0};
use super::{Ledc, SIGNAL, channel_base, timer_base};
use crate::dev::Cx;
use esplens_core::time::Ticks;

/// Highest PWM frequency whose edges are generated, in Hz.
pub const MAX_HZ: u64 = 500_000;

impl Ledc {
    /// Returns the current level of channel `c`'s PWM and the time of its next edge. `None` if no input is connected to
    /// it, its signal is static, or it is too fast.
    pub(super) fn pwm(&self, c: usize, cx: &mut Cx) -> Option<(bool, Ticks)> {
        let conf = self.get(channel_base(c));
        let t = self.timer_of(c);
        let (period, duty) = (self.period(t)?, u128::from(self.duty(c, cx.now) >> 4));
        let count = 1u128 << self.width(t);
        let signal = (SIGNAL + c as u16) as u8;
        let listened = cx.sys.matrix_loopbacks.values().any(|output| *output == signal);
        if conf & conf0::SIG_OUT_EN == 0 || duty == 0 || duty >= count || !listened {
            return None;
        }
        if u128::from(self.clock(t)) * 256 > period * u128::from(MAX_HZ) {
            cx.warn_reg(
                &SPEC,
                timer_base(t),
                "this PWM frequency is too high: no edges are passed to the connected inputs",
            );
            return None;
        }
        let div = period / count;
        let at = self.counted(t, cx.now);
        let rise = u128::from(self.get(channel_base(c) + 4)) % count * div;
        // Position within the period, counted from the rising edge.
        let phase = (at + period - rise) % period;
        let high = phase < duty * div;
        let next = at - phase.min(at) + if high { duty * div } else { period };
        // If less than one phase has been counted, the rising edge lies before the counter's start.
        let next = if phase > at { next - (phase - at) } else { next };
        Some((high, self.when_counted(t, next)?))
    }
}
