//! Steps by source line and out of functions, either way in time: what the machine is to reach, stop by stop.

mod back;
mod begin;
mod code;

pub use begin::begin;

use crate::supervisor::{Back, Client, Gone, Handle, PointId, PointKind, RunState, Session, Stopped, Why};
use back::BackLine;
use code::{insn_at, return_address, run_to, step, temporary};
use esplens_core::isa::Op;
use esplens_soc::machine::Plan;
use std::ops::Range;
use std::time::{Duration, Instant};

/// How long [`go`] waits for the end.
const PATIENCE: Duration = Duration::from_secs(10);

/// A step that may take several stops; of a core, where it is one's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To the next source line, into calls; an instruction where there is no line.
    Line(usize),
    /// To the next source line, over calls.
    Next(usize),
    /// Out of the function.
    Finish(usize),
    /// To an address, whichever core comes there.
    To(u32),
    /// Back to the beginning of the source line, or of the one before, into calls.
    BackLine(usize),
    /// The same, over calls.
    BackNext(usize),
    /// Back to the call of the function.
    BackFinish(usize),
}

/// Where the machine is on its way to.
pub struct Goal {
    core: usize,
    /// Number of the last stop before it.
    since: u64,
    /// A temporary breakpoint.
    target: Option<Target>,
    then: Then,
    /// The way leads back in time.
    back: bool,
}

/// A temporary breakpoint.
struct Target {
    id: PointId,
    addr: u32,
    /// The stack pointer there; `None`: any.
    sp: Option<u32>,
}

/// What is left when the temporary breakpoint is reached.
enum Then {
    /// Nothing: the stop is said to be this one.
    Stop(Why),
    /// Nothing; the stop says itself what it is.
    Nothing,
    /// The code of a line is to be left.
    Leave(Leave),
    /// The beginning of a line is to be reached.
    Back(Box<BackLine>),
}

/// A line that is to be left.
#[derive(Clone)]
struct Leave {
    range: Range<u32>,
    /// The stack pointer of its function.
    sp: u32,
    /// Calls are gone over.
    over: bool,
    /// The machine stands in the function where no line is: it goes on to one.
    nowhere: bool,
}

impl Goal {
    /// Number of the last stop before it.
    #[must_use]
    pub fn since(&self) -> u64 {
        self.since
    }

    /// Gives the goal up: another one takes its place.
    ///
    /// # Errors
    /// When the machine is gone.
    pub fn give_up(self, handle: &Handle) -> Result<(), Gone> {
        let Some(target) = self.target else { return Ok(()) };
        handle.call(move |s| _ = s.remove_point(target.id))
    }

    /// The machine stopped. What is left to reach; the machine then runs again.
    ///
    /// # Errors
    /// When the machine is gone.
    pub fn stopped(mut self, handle: &Handle, stop: &Stopped) -> Result<Option<Self>, Gone> {
        // Lines are looked up here, not on the machine's thread.
        match &mut self.then {
            Then::Back(line) => line.look_up(handle, stop.pc),
            Then::Leave(leave) => {
                let symbols = handle.symbols().current();
                let function = |pc| symbols.function_at(pc).map(|f| f.addr);
                leave.nowhere = symbols.line_at(stop.pc).is_none()
                    && function(stop.pc).is_some_and(|f| Some(f) == function(leave.range.start));
            }
            Then::Stop(_) | Then::Nothing => {}
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
        match self.then {
            Then::Nothing => None,
            Then::Stop(why) => {
                s.retell(stop.number, why);
                None
            }
            Then::Leave(ref leave) => {
                let leave = leave.clone();
                self.leave(s, stop, leave, by)
            }
            Then::Back(line) => back::go_on(*line, s, self.core, stop, by),
        }
    }

    fn resume(&self, s: &mut Session, by: &Client) {
        if self.back {
            s.go_back(Back::Continue, by);
        } else {
            s.resume(&Plan::default(), by);
        }
    }

    /// Forward out of a line.
    fn leave(mut self, s: &mut Session, stop: &Stopped, leave: Leave, by: &Client) -> Option<Self> {
        let Leave { range, sp, over, nowhere } = leave;
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
        // In a function that the line calls, before its ENTRY: its return address is known, and the stack pointer is
        // still the caller's (lower than at first when the line began with the caller's own ENTRY).
        let here = cpu.a(1);
        let entered = insn_at(s, self.core, pc).is_some_and(|i| i.op == Op::Entry) && here <= sp;
        if stop.why != Why::Step || !entered || !over {
            return None;
        }
        let cpu = s.machine().cpu(self.core);
        let back = return_address(cpu.a(cpu.callinc() as u8 * 4), pc, true);
        self.since = stop.number;
        self.target = run_to(s, back, by).map(|id| Target { id, addr: back, sp: Some(here) });
        self.then = Then::Leave(Leave { range, sp: here, over, nowhere: false });
        Some(self)
    }
}

/// Whether somebody else has a breakpoint there.
fn others(s: &Session, id: PointId, addr: u32) -> bool {
    s.points().any(|(n, p)| n != id && p.kind == PointKind::Break && p.addr == addr && p.enabled)
}

/// A temporary breakpoint, with the machine on its way back to it.
fn back_to(s: &mut Session, addr: u32, sp: u32, by: &Client) -> Option<Target> {
    let id = s.insert_point(temporary(addr, by))?;
    s.go_back(Back::Continue, by);
    Some(Target { id, addr, sp: Some(sp) })
}

/// Makes a step and waits for its end. `None`: it takes longer than a user waits; it goes on by itself.
///
/// # Errors
/// When the machine is gone.
pub fn go(handle: &Handle, way: Way) -> Result<Option<Stopped>, Gone> {
    let since = handle.call(|s| s.stop_number())?;
    let goal = begin(handle, way)?;
    let since = goal.as_ref().map_or(since, Goal::since);
    match follow(handle, goal, since, Some(Instant::now() + PATIENCE))? {
        Followed::Stopped(stopped) => Ok(Some(stopped)),
        Followed::UnderWay(goal, since) => {
            let handle = handle.clone();
            // Nobody is told: whoever looks sees the stop.
            std::thread::spawn(move || _ = follow(&handle, goal, since, None));
            Ok(None)
        }
    }
}

enum Followed {
    Stopped(Stopped),
    UnderWay(Option<Goal>, u64),
}

/// Follows a goal from stop to stop, to its end or until `end`.
fn follow(
    handle: &Handle,
    mut goal: Option<Goal>,
    mut since: u64,
    end: Option<Instant>,
) -> Result<Followed, Gone> {
    loop {
        let stop = handle.call(move |s| match s.status().state {
            RunState::Stopped(stop) if stop.number > since && !s.is_travelling() => Some(stop),
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
            // It may have been told better.
            let state = handle.call(|s| s.status().state)?;
            let told = if let RunState::Stopped(told) = state { told } else { stop };
            return Ok(Followed::Stopped(told));
        }
    }
}
