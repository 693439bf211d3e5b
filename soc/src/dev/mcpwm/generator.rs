//! Generators: their waves, and the edges of waves that a peripheral's input receives.

use super::spec::{GEN_A, GEN_B, GEN_FORCE, GEN_TSTMP_A, GEN_TSTMP_B, OPERATOR_TIMERSEL, SPEC};
use super::{MIN_CYCLE, Mcpwm, PwmAction, PwmWave, TAG_EDGE};
use crate::dev::Cx;

impl Mcpwm {
    /// Returns the output signal of generator `output` (0..5; IDF `PWMn_OUTmx_IDX`).
    pub(super) fn signal(&self, output: u8) -> u8 {
        output + if self.n == 0 { 32 } else { 108 }
    }

    /// Returns the present levels of the six outputs.
    pub(super) fn levels(&self, cx: &Cx) -> u8 {
        (0..6).fold(0, |set, output| {
            let wave = cx.sys.waves.get(&self.signal(output));
            let level = wave.map_or(self.outputs >> output & 1 != 0, |wave| wave.level(cx.now));
            set | u8::from(level) << output
        })
    }

    /// Computes all waves anew, from these levels on.
    pub(super) fn waves(&mut self, levels: u8, cx: &mut Cx) {
        for output in 0..6 {
            let (op, signal) = (usize::from(output / 2), self.signal(output));
            let forced = self.get(GEN_FORCE + 0x38 * op as u32) >> (6 + 2 * (output % 2)) & 3;
            let actions = self.actions(output);
            let selected = (self.get(OPERATOR_TIMERSEL) >> (2 * op) & 3) as usize;
            let timer = self.timers.get(selected).filter(|t| t.counting());
            match timer {
                Some(timer) if !actions.is_empty() && !matches!(forced, 1 | 2) => {
                    // A non-continuous force has set `outputs`; the wave continues from it.
                    let level = (levels ^ self.forced_now(output, levels)) >> output & 1 != 0;
                    let first = !self.counted[selected];
                    let wave = PwmWave::new(*timer, actions, level, cx.now, first);
                    cx.sys.waves.insert(signal, wave);
                }
                _ => {
                    if cx.sys.waves.remove(&signal).is_some() && !matches!(forced, 1 | 2) {
                        self.drive(output, levels >> output & 1 != 0, cx);
                    }
                }
            }
        }
        self.once = 0;
        self.counted = self.timers.map(|t| t.counting());
    }

    /// Returns a mask with the bit of `output` if a non-continuous force has just changed its level.
    fn forced_now(&self, output: u8, levels: u8) -> u8 {
        (levels ^ self.outputs) & self.once & 1 << output
    }

    /// Returns the actions of a generator by position in its timer's cycle, in order.
    fn actions(&self, output: u8) -> Vec<(u64, PwmAction)> {
        let op = usize::from(output / 2);
        let at = 0x38 * op as u32;
        let Some(timer) = self.timer_of(op) else { return Vec::new() };
        let conf = self.get(at + if output.is_multiple_of(2) { GEN_A } else { GEN_B });
        let stamp = |base: u32| u64::from(self.get(base + at) & 0xFFFF);
        let values = [0, timer.period(), stamp(GEN_TSTMP_A), stamp(GEN_TSTMP_B)];
        let mut actions: Vec<(u64, PwmAction)> = Vec::new();
        // TEZ, TEP, TEA, TEB: bits 0 to 7 counting up, 12 to 19 counting down. The last one at a position wins.
        for (n, value) in values.into_iter().enumerate() {
            for (place, shift) in timer.places(value).into_iter().zip([0, 12]) {
                if let (Some(place), Some(action)) = (place, PwmAction::of(conf >> (shift + 2 * n))) {
                    actions.push((place, action));
                }
            }
        }
        actions.sort_by_key(|(place, _)| *place);
        actions
    }

    /// Sends the levels of waves that the matrix connects to inputs, and schedules their next edge.
    pub(super) fn edges(&mut self, cx: &mut Cx) {
        let mut next = None;
        if !cx.sys.waves.is_empty() && !cx.sys.matrix_loopbacks.is_empty() {
            for output in 0..6 {
                let signal = self.signal(output);
                let Some(wave) = cx.sys.waves.get(&signal) else { continue };
                if !cx.sys.matrix_loopbacks.values().any(|out| *out == signal) {
                    continue;
                }
                if wave.length() < MIN_CYCLE {
                    let offset = GEN_A + 0x38 * u32::from(output / 2);
                    cx.warn_reg(
                        &SPEC,
                        offset,
                        "this wave is too fast: no edges are passed to the connected inputs",
                    );
                    continue;
                }
                let (level, at) = (wave.level(cx.now), wave.next(cx.now));
                next = [next, at].into_iter().flatten().min();
                self.drive(output, level, cx);
            }
        }
        match next {
            Some(at) => cx.schedule(TAG_EDGE, at.max(cx.now + 1)),
            None => cx.cancel(TAG_EDGE),
        }
    }
}
