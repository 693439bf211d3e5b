//! Back to the beginning of a source line, instruction by instruction; over calls, or into them.

use super::code::{insn_at, line_range, step};
use super::{Goal, Target, Then, back_to};
use crate::supervisor::{Back, Client, Handle, Session, Stopped, Why};
use esplens_core::isa::Flow;
use std::ops::Range;

/// Most instructions that are looked at one by one: a loop may stay in its line for long.
const MOST: u32 = 20_000;

/// A line whose beginning is to be reached.
pub struct BackLine {
    over: bool,
    /// The line's code, once it is known which one; `None` where no line is known.
    range: Option<Range<u32>>,
    /// The line that holds the place where the machine stopped now, when it is not `range`.
    other: Option<Range<u32>>,
    /// The line where it began was left, or its beginning was where it began.
    chosen: bool,
    /// Where the core was before its last step back, and its stack pointer there.
    from: (u32, u32),
    left: u32,
}

impl BackLine {
    /// From `pc`, in the line `range`.
    pub fn new(over: bool, range: Option<Range<u32>>, pc: u32, sp: u32) -> Self {
        let chosen = range.as_ref().is_some_and(|r| r.start < pc);
        Self { over, range, other: None, chosen, from: (pc, sp), left: MOST }
    }

    /// Looks up the line of `pc`, when it is another one.
    pub fn look_up(&mut self, handle: &Handle, pc: u32) {
        let same = self.range.as_ref().is_some_and(|r| r.contains(&pc));
        self.other = if same { None } else { line_range(&handle.symbols().current(), pc) };
    }
}

/// A step back is done: another one, a call as a whole, or the end.
pub fn go_on(mut line: BackLine, s: &mut Session, core: usize, stop: &Stopped, by: &Client) -> Option<Goal> {
    let since = stop.number;
    let reached_call = stop.why == Why::Breakpoint;
    if !matches!(stop.why, Why::Step) && !reached_call {
        return None;
    }
    let cpu = s.machine().cpu(core);
    let (pc, sp) = (cpu.pc, cpu.a(1));
    let goal = |target: Option<Target>, line| Goal {
        core,
        since,
        target,
        then: Then::Back(Box::new(line)),
        back: true,
    };
    let (from, frame) = line.from;
    // Into the end of the function that was called there.
    let call = from.wrapping_sub(3);
    let ends = insn_at(s, core, pc).is_some_and(|i| i.op.flow() == Flow::Return);
    if !reached_call && ends && insn_at(s, core, call).is_some_and(|i| i.op.flow() == Flow::Call) {
        // What has no lines is gone over as well.
        if line.over || line.other.is_none() {
            let target = back_to(s, call, frame, by);
            return Some(goal(target, line));
        }
        line.range = line.other.take();
    } else if !line.range.as_ref().is_some_and(|r| r.contains(&pc)) {
        if line.chosen {
            // The line's first instruction that ran is the next one.
            step(s, core, 0..0, by);
            return Some(Goal { core, since, target: None, then: Then::Nothing, back: false });
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
    s.go_back(Back::Step(core), by);
    Some(goal(None, line))
}
