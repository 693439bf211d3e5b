//! Steps by source line and out of functions, forward and in reverse. One step may need several stops of the machine.

mod back;
mod begin;
mod code;

pub use begin::begin;

use crate::{Client, Gone, Handle, PointId, PointKind, ReverseKind, RunState, Session, Stopped, Why};
use back::BackLine;
use code::{insn_at, return_address, run_to, step, temporary};
use esplens_core::isa::Op;
use esplens_soc::machine::Plan;
use std::ops::Range;
use std::time::{Duration, Instant};

/// Time that [`go`] waits for the end of a step.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A kind of step, which may take several stops. The number is the core that steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// To the next source line, into calls; one instruction where there is no line.
    Line(usize),
    /// To the next source line, over calls.
    Next(usize),
    /// Out of the function.
    Finish(usize),
    /// To an address, on any core.
    To(u32),
    /// Back to the beginning of the source line, or of the one before, into calls.
    BackLine(usize),
    /// Back to the beginning of the source line, or of the one before, over calls.
    BackNext(usize),
    /// Back to the call of the function.
    BackFinish(usize),
}

/// State of a step that needs further stops.
pub struct PendingStep {
    core: usize,
    /// Number of the last stop before it.
    since: u64,
    /// Temporary breakpoint to reach.
    target: Option<Target>,
    on_arrival: OnArrival,
    /// The step runs in reverse.
    back: bool,
}

/// A temporary breakpoint.
struct Target {
    id: PointId,
    addr: u32,
    /// The stack pointer there; `None`: any.
    sp: Option<u32>,
}

/// Action when the temporary breakpoint is reached.
enum OnArrival {
    /// End the step and report this stop reason.
    Stop(Why),
    /// End the step and keep the stop's own reason.
    Nothing,
    /// Leave the code of a line.
    LeaveLine(LeaveLine),
    /// Reach the beginning of a line.
    Back(Box<BackLine>),
}

/// A line to leave.
#[derive(Clone)]
struct LeaveLine {
    range: Range<u32>,
    /// The stack pointer of its function.
    sp: u32,
    /// Calls are stepped over.
    over: bool,
    /// The core is in the same function at code without a line: continue to a line.
    nowhere: bool,
}

impl PendingStep {
    /// Returns the number of the last stop before it.
    #[must_use]
    pub fn since(&self) -> u64 {
        self.since
    }

    /// Abandons the goal because another one replaces it.
    ///
    /// # Errors
    /// When the machine is gone.
    pub fn give_up(self, handle: &Handle) -> Result<(), Gone> {
        let Some(target) = self.target else { return Ok(()) };
        handle.call(move |s| _ = s.remove_point(target.id))
    }

    /// Handles a stop of the machine. Returns the goal if it is not reached yet; the machine then runs again.
    ///
    /// # Errors
    /// When the machine is gone.
    pub fn stopped(mut self, handle: &Handle, stop: &Stopped) -> Result<Option<Self>, Gone> {
        // Lines are looked up here, not on the machine's thread.
        match &mut self.on_arrival {
            OnArrival::Back(line) => line.look_up(handle, stop.pc),
            OnArrival::LeaveLine(leave) => {
                let symbols = handle.symbols().current();
                let function = |pc| symbols.function_at(pc).map(|f| f.addr);
                leave.nowhere = symbols.line_at(stop.pc).is_none()
                    && function(stop.pc).is_some_and(|f| Some(f) == function(leave.range.start));
            }
            OnArrival::Stop(_) | OnArrival::Nothing => {}
        }
        let (by, stop) = (handle.client().clone(), stop.clone());
        handle.call(move |s| self.go_on(s, &stop, &by))
    }

    fn go_on(mut self, s: &mut Session, stop: &Stopped, by: &Client) -> Option<Self> {
        if stop.number <= self.since {
            return Some(self);
        }
        if let Some(target) = self.target.take() {
            let cpu = s.machine().cpu(self.core);
            let arrived = stop.why == Why::Breakpoint && stop.pc == target.addr;
            let elsewhere = target.sp.is_some_and(|sp| sp != cpu.a(1) || stop.core != self.core);
            if arrived && elsewhere && !others(s, target.id, target.addr) {
                // The same code in another task, or deeper in a recursion.
                self.since = stop.number;
                self.target = Some(target);
                self.resume(s, by);
                return Some(self);
            }
            s.remove_point(target.id);
            if !arrived {
                return None;
            }
        }
        match self.on_arrival {
            OnArrival::Nothing => None,
            OnArrival::Stop(why) => {
                s.retell(stop.number, why);
                None
            }
            OnArrival::LeaveLine(ref leave) => {
                let leave = leave.clone();
                self.leave(s, stop, leave, by)
            }
            OnArrival::Back(line) => back::go_on(*line, s, self.core, stop, by),
        }
    }

    fn resume(&self, s: &mut Session, by: &Client) {
        if self.back {
            s.start_reverse_op(ReverseKind::Continue, by);
        } else {
            s.resume(&Plan::default(), by);
        }
    }

    /// Steps forward out of a line.
    fn leave(mut self, s: &mut Session, stop: &Stopped, leave: LeaveLine, by: &Client) -> Option<Self> {
        let LeaveLine { range, sp, over, nowhere } = leave;
        let cpu = s.machine().cpu(self.core);
        let pc = cpu.pc;
        if range.contains(&pc) && matches!(stop.why, Why::Step | Why::Breakpoint) {
            self.since = stop.number;
            step(s, self.core, range, by);
            return Some(self);
        }
        if nowhere && stop.why == Why::Step {
            self.since = stop.number;
            step(s, self.core, 0..0, by);
            return Some(self);
        }
        // At the ENTRY of a function that the line calls: the return address is known, and the stack pointer is still
        // the caller's. It is lower than at the start if the line began with the caller's own ENTRY.
        let here = cpu.a(1);
        let entered = insn_at(s, self.core, pc).is_some_and(|i| i.op == Op::Entry) && here <= sp;
        if stop.why != Why::Step || !entered || !over {
            return None;
        }
        let cpu = s.machine().cpu(self.core);
        let back = return_address(cpu.a(cpu.callinc() as u8 * 4), pc, true);
        self.since = stop.number;
        self.target = run_to(s, back, by).map(|id| Target { id, addr: back, sp: Some(here) });
        self.on_arrival = OnArrival::LeaveLine(LeaveLine { range, sp: here, over, nowhere: false });
        Some(self)
    }
}

/// Returns true if another enabled breakpoint is at the address.
fn others(s: &Session, id: PointId, addr: u32) -> bool {
    s.points().any(|(n, p)| n != id && p.kind == PointKind::Break && p.addr == addr && p.enabled)
}

/// Sets a temporary breakpoint and runs in reverse to it.
fn back_to(s: &mut Session, addr: u32, sp: u32, by: &Client) -> Option<Target> {
    let id = s.insert_point(temporary(addr, by))?;
    s.start_reverse_op(ReverseKind::Continue, by);
    Some(Target { id, addr, sp: Some(sp) })
}

/// Makes a step and waits for its end. Returns `None` if it takes longer than a user waits; the step then continues in
/// the background.
///
/// # Errors
/// When the machine is gone.
pub fn go(handle: &Handle, kind: StepKind) -> Result<Option<Stopped>, Gone> {
    let since = handle.call(|s| s.stop_number())?;
    let goal = begin(handle, kind)?;
    let since = goal.as_ref().map_or(since, PendingStep::since);
    match follow(handle, goal, since, Some(Instant::now() + TIMEOUT))? {
        Followed::Stopped(stopped) => Ok(Some(stopped)),
        Followed::UnderWay(goal, since) => {
            let handle = handle.clone();
            // Nothing is notified; the session's status shows the stop.
            std::thread::spawn(move || _ = follow(&handle, goal, since, None));
            Ok(None)
        }
    }
}

enum Followed {
    Stopped(Stopped),
    UnderWay(Option<PendingStep>, u64),
}

/// Follows a goal from stop to stop, to its end or until `end`.
fn follow(
    handle: &Handle,
    mut goal: Option<PendingStep>,
    mut since: u64,
    end: Option<Instant>,
) -> Result<Followed, Gone> {
    loop {
        let stop = handle.call(move |s| match s.status().state {
            RunState::Stopped(stop) if stop.number > since && !s.is_reversing() => Some(stop),
            _ => None,
        })?;
        let Some(stop) = stop else {
            if end.is_some_and(|end| Instant::now() >= end) {
                return Ok(Followed::UnderWay(goal, since));
            }
            std::thread::sleep(Duration::from_millis(1));
            continue;
        };
        since = stop.number;
        let Some(reached) = goal.take() else { return Ok(Followed::Stopped(stop)) };
        goal = reached.stopped(handle, &stop)?;
        if goal.is_none() {
            // The stop's reason may have been replaced.
            let state = handle.call(|s| s.status().state)?;
            let told = if let RunState::Stopped(told) = state { told } else { stop };
            return Ok(Followed::Stopped(told));
        }
    }
}
