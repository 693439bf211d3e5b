//! MCPWM: timers, captures, fault inputs and forced outputs of a motor control unit.
//!
//! Timers count from virtual time; their events set interrupts. The outputs of the generators are functions of virtual
//! time ([`PwmWave`]), which the GPIO device evaluates when a pad's level is read. Their edges are generated, one event
//! each, only while the GPIO matrix connects the signal to a peripheral's input. Not modelled: dead time, the carrier,
//! actions at the triggers T0 and T1, and what a fault does to the outputs. New periods, time stamps and actions take
//! effect immediately, regardless of the update method. Timers are synchronised by software and by inputs, but not by
//! timer events of other timers.

mod capture;
mod fault;
mod generator;
pub mod spec;
#[cfg(test)]
mod tests;
mod timer;
mod wave;

pub use wave::{PwmAction, PwmWave};

use super::regfile::RegFile;
use super::spec::Spec;
use super::{Cx, DevId, DevMsg, DevView, Device};
use crate::irq::IrqSource;
use capture::{CaptureChannel, CaptureTimer};
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};
use spec::*;
use timer::{CLOCK_TICKS, PwmTimer, Shape};

/// Event tag: next enabled timer event, or stop of a timer.
const TAG_NEXT: u8 = 0;
/// Event tag: the next edge of an output that the GPIO matrix connects to an input.
const TAG_EDGE: u8 = 1;
/// Shortest cycle whose edges are generated, in ticks: 2 µs.
const MIN_CYCLE: Ticks = 960;
/// Interrupts raised by timers.
const TIMER_INTS: u32 = 0x1F_81FF;

/// A motor control unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mcpwm {
    /// Unit number: 0 or 1.
    n: u8,
    regs: RegFile,
    timers: [PwmTimer; 3],
    /// Time up to which timer events are recorded in `raw`.
    seen: Ticks,
    raw: u32,
    capture_timer: CaptureTimer,
    captures: [CaptureChannel; 3],
    /// Input levels: bits 0..2 synchronisation, 3..5 fault, 6..8 capture.
    inputs: u16,
    /// Active fault actions of each operator: bit 0 cycle-by-cycle, bit 1 one-shot.
    actions: [u32; 3],
    /// Levels of the six outputs as last sent to the GPIO matrix.
    outputs: u8,
    /// Outputs that a non-continuous force has set since the waves were last computed.
    once: u8,
    /// Timers that counted when the waves were last computed.
    counted: [bool; 3],
}

impl Mcpwm {
    /// Creates unit `n` (0, 1) in its reset state.
    #[must_use]
    pub fn new(n: u8) -> Self {
        let mut new = Self {
            n,
            regs: RegFile::default(),
            timers: Default::default(),
            seen: 0,
            raw: 0,
            capture_timer: CaptureTimer::default(),
            captures: Default::default(),
            inputs: 0,
            actions: [0; 3],
            outputs: 0,
            once: 0,
            counted: [false; 3],
        };
        (0..3).for_each(|t| new.timers[t].configure(new.shape(t), 0));
        new
    }

    fn get(&self, offset: u32) -> u32 {
        self.regs.get(&SPEC, offset)
    }

    fn shape(&self, t: usize) -> Shape {
        let at = 0x10 * t as u32;
        let (cfg0, cfg1) = (self.get(TIMER_CFG0 + at), self.get(TIMER_CFG1 + at));
        let div = |v: u32| u64::from(v & 0xFF) + 1;
        Shape {
            tick: CLOCK_TICKS * div(self.get(CLK_CFG)) * div(cfg0),
            period: u64::from(cfg0 >> 8 & 0xFFFF),
            mode: cfg1 >> 3 & 3,
            command: cfg1 & 7,
        }
    }

    /// Returns the timer of an operator; `None` for the reserved selection.
    fn timer_of(&self, op: usize) -> Option<&PwmTimer> {
        self.timers.get((self.get(OPERATOR_TIMERSEL) >> (2 * op) & 3) as usize)
    }

    /// Returns the time of the next occurrence after `after` for each timer interrupt of `set`.
    fn times(&self, set: u32, after: Ticks) -> impl Iterator<Item = (u32, Ticks)> {
        (0..21).filter(move |bit| set & TIMER_INTS & 1 << bit != 0).filter_map(move |bit| {
            let n = bit as usize % 3;
            let stamp = |base: u32| u64::from(self.get(base + 0x38 * n as u32) & 0xFFFF);
            let at = match bit / 3 * 3 {
                int::STOP_S => self.timers[n].stop_time(),
                int::TEZ_S => self.timers[n].next(0, after),
                int::TEP_S => self.timers[n].next(self.timers[n].period(), after),
                int::TEA_S => self.timer_of(n)?.next(stamp(GEN_TSTMP_A), after),
                _ => self.timer_of(n)?.next(stamp(GEN_TSTMP_B), after),
            };
            Some((bit, at?))
        })
    }

    /// Returns the raw interrupts at `now`.
    fn raw_now(&self, now: Ticks) -> u32 {
        let missing = TIMER_INTS & !self.raw;
        self.times(missing, self.seen)
            .filter(|(_, at)| *at <= now)
            .fold(self.raw, |raw, (bit, _)| raw | 1 << bit)
    }

    /// Updates interrupts and timer stops to the current time.
    fn run(&mut self, cx: &mut Cx) {
        self.raw = self.raw_now(cx.now);
        self.seen = cx.now;
        for timer in &mut self.timers {
            if timer.stop_time().is_some_and(|at| at <= cx.now) {
                timer.halt(cx.now);
            }
        }
    }

    /// Schedules the next event and updates the interrupt line. Called after every change.
    fn settle(&mut self, cx: &mut Cx) {
        let wanted = self.get(INT_ENA) & !self.raw | 7;
        match self.times(wanted, self.seen).map(|(_, at)| at).min() {
            Some(at) => cx.schedule(TAG_NEXT, at.max(cx.now + 1)),
            None => cx.cancel(TAG_NEXT),
        }
        self.edges(cx);
        let source = if self.n == 0 { IrqSource::Pwm0 } else { IrqSource::Pwm1 };
        cx.irq(source, self.raw & self.get(INT_ENA) != 0);
    }

    fn write_timer(&mut self, t: usize, offset: u32, value: u32, cx: &mut Cx) {
        let old = self.get(offset);
        self.regs.set(offset, value);
        match (offset - TIMER_CFG0) % 0x10 {
            0 | 4 => self.timers[t].configure(self.shape(t), cx.now),
            8 if (old ^ value) & 2 != 0 => self.sync(t, cx.now),
            _ => {}
        }
    }

    /// Handles a synchronisation of a timer: loads its phase, and synchronises other timers if its output is its input.
    fn sync(&mut self, t: usize, now: Ticks) {
        let mut todo = vec![t];
        let mut done = [false; 3];
        while let Some(t) = todo.pop() {
            let conf = self.get(TIMER_SYNC + 0x10 * t as u32);
            if std::mem::replace(&mut done[t], true) {
                continue;
            }
            if conf & 1 != 0 {
                self.timers[t].load(u64::from(conf >> 4 & 0xFFFF), conf >> 20 & 1 != 0, now);
            }
            if conf >> 2 & 3 == 0 {
                let select = self.get(TIMER_SYNCI_CFG);
                todo.extend((0..3).filter(|other| select >> (3 * other) & 7 == t as u32 + 1));
            }
        }
    }

    /// Handles an edge at a synchronisation input.
    fn sync_input(&mut self, n: u32, level: bool, now: Ticks) {
        let select = self.get(TIMER_SYNCI_CFG);
        if level ^ (select >> (9 + n) & 1 != 0) {
            (0..3).filter(|t| select >> (3 * t) & 7 == 4 + n).for_each(|t| self.sync(t, now));
            let cap = self.get(CAP_TIMER_CFG);
            if cap & 2 != 0 && cap >> 2 & 7 == 4 + n {
                self.capture_sync(now);
            }
        }
    }

    fn capture_sync(&mut self, now: Ticks) {
        self.capture_timer.load(self.get(CAP_TIMER_PHASE), now);
    }

    fn capture(&mut self, c: usize, now: Ticks) {
        self.captures[c].value = self.capture_timer.value(now);
        self.raw |= 1 << (int::CAP_S + c as u32);
    }

    /// Applies forced levels: a continuous force, or a new non-continuous one.
    fn write_gen_force(&mut self, op: usize, old: u32, value: u32, cx: &mut Cx) {
        for (g, cont, nci, mode) in [(0, 6, 10, 11), (1, 8, 13, 14)] {
            let once = (old ^ value) >> nci & 1 != 0;
            let level = match (value >> cont & 3, once, value >> mode & 3) {
                (1, ..) | (0, true, 1) => false,
                (2, ..) | (0, true, 2) => true,
                _ => continue,
            };
            self.once |= 1 << (2 * op as u8 + g);
            self.drive(2 * op as u8 + g, level, cx);
        }
    }

    fn drive(&mut self, output: u8, level: bool, cx: &mut Cx) {
        let old = self.outputs;
        self.outputs = old & !(1 << output) | u8::from(level) << output;
        if self.outputs != old {
            cx.send(DevId::Gpio, DevMsg::SignalOut(self.signal(output).into(), level));
        }
    }

    fn write_operator(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        let (op, reg) =
            (((offset - GEN_STMP_CFG) / 0x38) as usize, (offset - GEN_STMP_CFG) % 0x38 + GEN_STMP_CFG);
        let old = self.get(offset);
        match reg {
            FH_STATUS => return,
            GEN_FORCE => self.write_gen_force(op, old, value, cx),
            FH_CFG1 => self.write_fault_force(op, old, value),
            GEN_A | GEN_B if value & 0xF0_0F00 != 0 => {
                cx.warn_reg(&SPEC, offset, "actions at the triggers T0 and T1 are not modelled");
            }
            DT_CFG if value & 0x1_8000 != 0x1_8000 => {
                cx.warn_reg(&SPEC, offset, "the dead time is not modelled, the outputs bypass it");
            }
            CARRIER_CFG if value & 1 != 0 => cx.warn_reg(&SPEC, offset, "the carrier is not modelled"),
            _ => {}
        }
        self.regs.set(offset, value);
    }

    fn write_capture(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        match offset {
            CAP_TIMER_CFG => {
                self.regs.set(offset, value & 0x1F);
                self.capture_timer.rebase(value & 1 != 0, cx.now, cx.sys);
                if value & 0x22 == 0x22 {
                    self.capture_sync(cx.now);
                }
            }
            CAP_TIMER_PHASE => self.regs.set(offset, value),
            CAP_CH_CFG..CAP_CH => {
                let c = (offset - CAP_CH_CFG) as usize / 4;
                self.regs.set(offset, value & !capture::SW & 0xFFF);
                if value & (capture::SW | capture::EN) == capture::SW | capture::EN {
                    self.captures[c].falling = false;
                    self.capture(c, cx.now);
                }
            }
            _ => {}
        }
    }
}

impl Device for Mcpwm {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn peek(&self, offset: u32, v: &DevView) -> u32 {
        match offset {
            TIMER_STATUS..TIMER_SYNCI_CFG if (offset - TIMER_STATUS).is_multiple_of(0x10) => {
                let (value, down) = self.timers[(offset - TIMER_CFG0) as usize / 0x10].value(v.now);
                value | u32::from(down) << 16
            }
            FH_STATUS.. if offset < FAULT_DETECT && (offset - FH_STATUS).is_multiple_of(0x38) => {
                self.actions[(offset - FH_STATUS) as usize / 0x38]
            }
            FAULT_DETECT => self.get(offset) | self.faults() << 6,
            CAP_CH..CAP_STATUS => self.captures[(offset - CAP_CH) as usize / 4].value,
            CAP_STATUS => (0..3).fold(0, |bits, c| bits | u32::from(self.captures[c as usize].falling) << c),
            INT_RAW => self.raw_now(v.now),
            INT_ST => self.raw_now(v.now) & self.get(INT_ENA),
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

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        self.run(cx);
        let levels = self.levels(cx);
        match offset {
            CLK_CFG => {
                self.regs.set(offset, value & 0xFF);
                (0..3).for_each(|t| self.timers[t].configure(self.shape(t), cx.now));
            }
            TIMER_CFG0..TIMER_SYNCI_CFG => {
                self.write_timer((offset - TIMER_CFG0) as usize / 0x10, offset, value, cx);
            }
            GEN_STMP_CFG..FAULT_DETECT => self.write_operator(offset, value, cx),
            FAULT_DETECT => {
                let old = self.faults();
                self.regs.set(offset, value & 0x3F);
                self.update_faults(old);
            }
            CAP_TIMER_CFG..=CAP_STATUS => self.write_capture(offset, value, cx),
            INT_RAW | INT_ST => {}
            INT_CLR => self.raw &= !value,
            _ => self.regs.write(&SPEC, offset, value, cx),
        }
        if !matches!(offset, INT_ENA..=INT_CLR) {
            self.waves(levels, cx);
        }
        self.settle(cx);
    }

    fn event(&mut self, tag: u8, cx: &mut Cx) {
        if tag == TAG_EDGE {
            return self.edges(cx);
        }
        let levels = self.levels(cx);
        let counting = self.timers.map(|t| t.counting());
        self.run(cx);
        if self.timers.map(|t| t.counting()) != counting {
            self.waves(levels, cx);
        }
        self.settle(cx);
    }

    fn message(&mut self, msg: &DevMsg, cx: &mut Cx) {
        match *msg {
            DevMsg::SignalIn(signal, level) => self.input(signal, level, cx),
            DevMsg::ClockChanged => {
                self.capture_timer.rebase(self.get(CAP_TIMER_CFG) & 1 != 0, cx.now, cx.sys)
            }
            DevMsg::LoopbacksChanged => self.edges(cx),
            _ => {}
        }
    }

    /// Resets the registers and keeps the input levels, which the GPIO matrix determines.
    fn reset(&mut self, cx: &mut Cx) {
        (0..6).for_each(|output| {
            cx.sys.waves.remove(&self.signal(output));
            self.drive(output, false, cx);
        });
        cx.cancel(TAG_EDGE);
        *self = Self { inputs: self.inputs, seen: cx.now, ..Self::new(self.n) };
        self.settle(cx);
    }
}

impl Mcpwm {
    /// Handles a change of an input signal (IDF `PWMn_SYNCm_IN_IDX`, `_Fm_`, `_CAPm_`).
    fn input(&mut self, signal: u16, level: bool, cx: &mut Cx) {
        let n = match (self.n, signal) {
            (0, 31..=36) => signal - 31,
            (0, 109..=111) => signal - 109 + 6,
            (1, 103..=108) => signal - 103,
            (1, 112..=114) => signal - 112 + 6,
            _ => return,
        };
        let old = self.faults();
        if (self.inputs >> n & 1 != 0) == level {
            return;
        }
        let levels = self.levels(cx);
        self.run(cx);
        self.inputs ^= 1 << n;
        match n {
            0..=2 => self.sync_input(u32::from(n), level, cx.now),
            3..=5 => self.update_faults(old),
            _ => {
                let c = usize::from(n - 6);
                if self.captures[c].edge(self.get(CAP_CH_CFG + 4 * c as u32), level) {
                    self.capture(c, cx.now);
                }
            }
        }
        if n < 3 {
            self.waves(levels, cx);
        }
        self.settle(cx);
    }
}
