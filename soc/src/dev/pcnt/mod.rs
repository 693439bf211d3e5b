//! PCNT: eight counters of signal edges, each with two channels whose control inputs can invert or block the counting.
//!
//! The glitch filter is only stored: signals in the model have no glitches. A counter that reaches a limit restarts at
//! 0, whether or not the limit's event is enabled; this counts as reaching zero, too (as IDF's
//! `pcnt_quadrature_decode_event` test shows on silicon). A limit of 0 has no effect. The two channels of a unit count
//! one after the other, so the counter never jumps across zero.

pub mod spec;
#[cfg(test)]
mod tests;

use super::regfile::RegFile;
use super::spec::Spec;
use super::{Cx, DevMsg, DevView, Device, STEADY};
use crate::irq::IrqSource;
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};
use spec::*;

/// One counter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Unit {
    count: i16,
    /// Levels of the inputs: signals of channels 0 and 1, controls of channels 0 and 1.
    inputs: u8,
    status: u32,
}

/// The pulse counter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pcnt {
    regs: RegFile,
    units: [Unit; 8],
    raw: u32,
}

/// Returns the unit and the input number of a matrix signal (IDF `PCNT_SIG_CHm_INn_IDX`).
fn input_of(signal: u16) -> Option<(usize, u8)> {
    let n = match signal {
        39..=58 => signal - 39,
        71..=82 => signal - 71 + 20,
        _ => return None,
    };
    Some((usize::from(n / 4), (n % 4) as u8))
}

/// Splits a configuration register into its signed halves, the lower one first.
fn halves(value: u32) -> (i16, i16) {
    (value as u16 as i16, (value >> 16) as u16 as i16)
}

impl Pcnt {
    fn get(&self, offset: u32) -> u32 {
        self.regs.get(&SPEC, offset)
    }

    /// Returns the count of an edge on channel `c` of unit `u`: -1, 0 or 1.
    fn step(&self, u: usize, c: u8, rising: bool) -> i16 {
        let modes = self.get(U_CONF0 + 12 * u as u32) >> (conf0::MODES_S + 8 * u32::from(c));
        let step = match modes >> (if rising { 2 } else { 0 }) & 3 {
            1 => 1,
            2 => -1,
            _ => return 0,
        };
        let high = self.units[u].inputs >> (2 + c) & 1 != 0;
        match modes >> (if high { 4 } else { 6 }) & 3 {
            0 => step,
            1 => -step,
            _ => 0,
        }
    }

    /// Adds `step` to the counter and latches the resulting events.
    fn count(&mut self, u: usize, step: i16) {
        let at = 12 * u as u32;
        let ctrl = self.get(CTRL) >> (2 * u);
        if step == 0 || ctrl & 3 != 0 {
            return;
        }
        let enabled = self.get(U_CONF0 + at);
        let (thres0, thres1) = halves(self.get(U_CONF1 + at));
        let (high, low) = halves(self.get(U_CONF2 + at));
        let old = self.units[u].count;
        let new = old.wrapping_add(step);
        let mut events = 0;
        let mut event = |hit: bool, enable: u32, bit: u32| {
            if hit && enabled & enable != 0 {
                events |= bit;
            }
        };
        let at_high = step > 0 && high > 0 && new >= high;
        let at_low = step < 0 && low < 0 && new <= low;
        event(at_high, conf0::H_LIM_EN, status::H_LIM);
        event(at_low, conf0::L_LIM_EN, status::L_LIM);
        event(new == thres0, conf0::THRES0_EN, status::THRES0);
        event(new == thres1, conf0::THRES1_EN, status::THRES1);
        event(new == 0 || at_high || at_low, conf0::ZERO_EN, status::ZERO);
        let unit = &mut self.units[u];
        unit.count = if at_high || at_low { 0 } else { new };
        let mode = if unit.count == 0 { u32::from(old < 0) } else { unit.status & status::MODE };
        let kept = if events == 0 { unit.status & !status::MODE } else { events };
        unit.status = kept | mode;
        self.raw |= u32::from(events != 0) << u;
    }

    fn sync_irq(&self, cx: &mut Cx) {
        cx.irq(IrqSource::Pcnt, self.raw & self.get(INT_ENA) != 0);
    }
}

impl Device for Pcnt {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn peek(&self, offset: u32, _v: &DevView) -> u32 {
        match offset {
            U_CNT..INT_RAW => u32::from(self.units[(offset - U_CNT) as usize / 4].count as u16),
            U_STATUS..CTRL => self.units[(offset - U_STATUS) as usize / 4].status,
            INT_RAW => self.raw,
            INT_ST => self.raw & self.get(INT_ENA),
            INT_CLR => 0,
            _ => self.get(offset),
        }
    }

    fn read(&mut self, offset: u32, cx: &mut Cx) -> u32 {
        if SPEC.at(offset).is_none() {
            return self.regs.read(&SPEC, offset, cx);
        }
        self.peek(offset, &cx.view())
    }

    fn steady_until(&self, _offset: u32, _v: &DevView) -> Ticks {
        STEADY
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        match offset {
            U_CNT..INT_RAW | U_STATUS..CTRL | INT_RAW | INT_ST => {}
            INT_CLR => self.raw &= !value,
            INT_ENA => self.regs.set(offset, value & 0xFF),
            CTRL => {
                self.regs.set(offset, value & 0x1_FFFF);
                let units = self.units.iter_mut().enumerate();
                units.filter(|(u, _)| value >> (2 * u) & 1 != 0).for_each(|(_, unit)| unit.count = 0);
            }
            _ => self.regs.write(&SPEC, offset, value, cx),
        }
        self.sync_irq(cx);
    }

    fn message(&mut self, msg: &DevMsg, cx: &mut Cx) {
        let DevMsg::SignalIn(signal, level) = *msg else { return };
        let Some((u, input)) = input_of(signal) else { return };
        let unit = &mut self.units[u];
        let old = unit.inputs;
        unit.inputs = old & !(1 << input) | u8::from(level) << input;
        if input < 2 && unit.inputs != old {
            self.count(u, self.step(u, input, level));
            self.sync_irq(cx);
        }
    }

    /// Resets the registers and keeps the input levels, which the GPIO matrix determines.
    fn reset(&mut self, cx: &mut Cx) {
        let units = self.units.map(|u| Unit { inputs: u.inputs, ..Unit::default() });
        *self = Self { units, ..Self::default() };
        self.sync_irq(cx);
    }
}
