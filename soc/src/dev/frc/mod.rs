//! The "legacy" timers FRC1 (23 bits, down) and FRC2 (32 bits, up, with alarm) that ESP-IDF 3 uses for `esp_timer`.

pub mod spec;
#[cfg(test)]
mod tests;

use super::spec::Spec;
use super::timg::count::{Count, CountRate};
use super::{Cx, DevMsg, DevView, Device, STEADY};
use crate::irq::IrqSource;
use crate::trace::TraceEvent;
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};
use spec::{SPEC, ctrl};

/// One of the two timers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Timer {
    ctrl: u32,
    load: u32,
    alarm: u32,
    pending: bool,
    count: Count,
}

/// Mask of each timer's counter bits.
const MASK: [u64; 2] = [0x7F_FFFF, 0xFFFF_FFFF];
const STRIDE: u32 = spec::FRC2_LOAD - spec::FRC1_LOAD;

impl Timer {
    fn value(&self, i: usize, now: Ticks) -> u64 {
        self.count.at(now) & MASK[i]
    }

    /// Returns the time when the counter next equals zero (FRC1) or the alarm value (FRC2).
    fn due(&self, i: usize, now: Ticks) -> Option<Ticks> {
        let value = self.value(i, now);
        let ahead = if i == 0 { value } else { u64::from(self.alarm).wrapping_sub(value) & MASK[1] };
        self.count.when(if ahead == 0 { MASK[i] + 1 } else { ahead }, now)
    }
}

/// Both timers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frc {
    timers: [Timer; 2],
    /// The APB clock is stopped because the chip sleeps.
    gated: bool,
}

impl Frc {
    fn sync_irq(&self, cx: &mut Cx) {
        cx.irq(IrqSource::Timer1, self.timers[0].pending);
        cx.irq(IrqSource::Timer2, self.timers[1].pending);
    }

    /// Updates clock rate, event and interrupt line of timer `i` after a change.
    fn sync_timer(&mut self, i: usize, cx: &mut Cx) {
        let timer = &mut self.timers[i];
        let divider = 1 << (2 * ((timer.ctrl & ctrl::PRESCALER) >> 1)); // 0, 2, 4: 1, 16, 256
        let run = timer.ctrl & ctrl::ENABLE != 0 && !self.gated;
        timer.count.retime(cx.now, CountRate::apb(&cx.sys.clocks, divider), run, i == 0);
        match timer.due(i, cx.now) {
            Some(at) => cx.schedule(i as u8, at),
            None => cx.cancel(i as u8),
        }
        self.sync_irq(cx);
    }
}

impl Device for Frc {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn peek(&self, offset: u32, v: &DevView) -> u32 {
        let i = usize::from(offset >= STRIDE);
        let timer = &self.timers[i];
        match offset - STRIDE * i as u32 {
            spec::FRC1_LOAD => timer.load,
            spec::FRC1_COUNT => timer.value(i, v.now) as u32,
            spec::FRC1_CTRL => timer.ctrl | if timer.pending { ctrl::INT_STATUS } else { 0 },
            0x10 if i == 1 => timer.alarm,
            _ => 0,
        }
    }

    fn steady_until(&self, offset: u32, v: &DevView) -> Ticks {
        match offset {
            spec::FRC1_COUNT | spec::FRC2_COUNT => v.now,
            _ => STEADY,
        }
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        let i = usize::from(offset >= STRIDE);
        let timer = &mut self.timers[i];
        match offset - STRIDE * i as u32 {
            spec::FRC1_LOAD => {
                timer.load = value & MASK[i] as u32;
                timer.count.set(u64::from(timer.load), cx.now);
            }
            spec::FRC1_COUNT => return,
            spec::FRC1_CTRL => timer.ctrl = value & !ctrl::INT_STATUS,
            spec::FRC1_INT => timer.pending &= value & 1 == 0,
            0x10 if i == 1 => timer.alarm = value,
            _ => cx.warn_reg(&SPEC, offset, "write to an unknown register, ignored"),
        }
        self.sync_timer(i, cx);
    }

    fn event(&mut self, tag: u8, cx: &mut Cx) {
        let i = usize::from(tag & 1);
        let timer = &mut self.timers[i];
        timer.pending = true;
        cx.trace(TraceEvent::TimerAlarm, || format!("FRC{}", i + 1));
        if timer.ctrl & ctrl::AUTOLOAD != 0 {
            timer.count.set(u64::from(timer.load), cx.now);
        }
        self.sync_timer(i, cx);
    }

    fn message(&mut self, msg: &DevMsg, cx: &mut Cx) {
        match msg {
            DevMsg::Sleep(_) => self.gated = true,
            DevMsg::Wake => self.gated = false,
            DevMsg::ClockChanged => {}
            _ => return,
        }
        (0..2).for_each(|i| self.sync_timer(i, cx));
    }

    fn reset(&mut self, cx: &mut Cx) {
        *self = Self::default();
        (0..2).for_each(|i| self.sync_timer(i, cx));
    }
}
