//! Reverse steps to the beginning of a source line, one instruction at a time, over calls or into them.

use super::code::{insn_at, line_range, step};
use super::{OnArrival, PendingStep, Target, back_to};
use crate::{Client, Handle, ReverseKind, Session, Stopped, Why};
use esplens_core::isa::Flow;
use std::ops::Range;

/// Most instructions that are stepped one by one: a loop may stay in its line for a long time.
const MOST: u32 = 20_000;

/// State of a reverse step to the beginning of a line.
pub struct BackLine {
    over: bool,
    /// Address range of the line's code; `None` without line information.
    range: Option<Range<u32>>,
    /// Address range of the line at the current stop, if it is not `range`.
    other: Option<Range<u32>>,
    /// True if `range` is the line to reach: the step began behind the line's first address, or has moved into the
    /// line.
    chosen: bool,
    /// PC and stack pointer of the core before its last reverse step.
    from: (u32, u32),
    left: u32,
}

impl BackLine {
    /// Starts at `pc`, in the line `range`.
    pub fn new(over: bool, range: Option<Range<u32>>, pc: u32, sp: u32) -> Self {
        let chosen = range.as_ref().is_some_and(|r| r.start < pc);
        Self { over, range, other: None, chosen, from: (pc, sp), left: MOST }
    }

    /// Looks up the line of `pc` if it is not in `range`.
    pub fn look_up(&mut self, handle: &Handle, pc: u32) {
        let same = self.range.as_ref().is_some_and(|r| r.contains(&pc));
        self.other = if same { None } else { line_range(&handle.symbols().current(), pc) };
    }
}

/// Handles the end of a reverse step: steps again, runs back over a whole call, or ends.
pub fn go_on(
    mut line: BackLine,
    s: &mut Session,
    core: usize,
    stop: &Stopped,
    by: &Client,
) -> Option<PendingStep> {
    let since = stop.number;
    let reached_call = stop.why == Why::Breakpoint;
    if !matches!(stop.why, Why::Step) && !reached_call {
        return None;
    }
    let cpu = s.machine().cpu(core);
    let (pc, sp) = (cpu.pc, cpu.a(1));
    let goal = |target: Option<Target>, line| PendingStep {
        core,
        since,
        target,
        on_arrival: OnArrival::Back(Box::new(line)),
        back: true,
    };
    let (from, frame) = line.from;
    // The step has reached the return of a function that was called there.
    let call = from.wrapping_sub(3);
    let ends = insn_at(s, core, pc).is_some_and(|i| i.op.flow() == Flow::Return);
    if !reached_call && ends && insn_at(s, core, call).is_some_and(|i| i.op.flow() == Flow::Call) {
        // Functions without line information are stepped over as well.
        if line.over || line.other.is_none() {
            let target = back_to(s, call, frame, by);
            return Some(goal(target, line));
        }
        line.range = line.other.take();
    } else if !line.range.as_ref().is_some_and(|r| r.contains(&pc)) {
        if line.chosen {
            // The first executed instruction of the line is the next one.
            step(s, core, 0..0, by);
            return Some(PendingStep {
                core,
                since,
                target: None,
                on_arrival: OnArrival::Nothing,
                back: false,
            });
        }
        line.range = line.other.take();
    }
    line.chosen = true;
    line.left -= 1;
    let done = line.range.as_ref().is_none_or(|r| r.start == pc) || line.left == 0;
    if done {
        if reached_call {
            s.retell(stop.number, Why::Step);
        }
        return None;
    }
    line.from = (pc, sp);
    s.start_reverse_op(ReverseKind::Step(core), by);
    Some(goal(None, line))
}
