//! Steps by source line and out of functions: what the machine is to reach, stop by stop.

use super::wire::{Action, Reply};
use esplens_core::isa::{self, Flow};
use esplens_gdb::supervisor::{Client, Gone, Handle, Point, PointId, PointKind, Session, Stopped, Why};
use esplens_gdb::symbols::Symbols;
use esplens_gdb::unwind::{Context, MachineMemory};
use esplens_soc::machine::{Plan, Step};
use std::ops::Range;

/// Farthest that one line's code is followed to either side, in bytes.
const MAX_LINE: u32 = 512;

/// Where the machine is on its way to.
pub struct Goal {
    core: usize,
    /// Number of the last stop before it.
    since: u64,
    /// A temporary breakpoint, and the stack pointer there; `None`: any.
    temporary: Option<(PointId, u32, Option<u32>)>,
    /// The code of a line that is to be left, and its function's stack pointer.
    line: Option<(Range<u32>, u32)>,
}

/// The return address that `a0` holds for code at `pc`: a windowed call keeps its kind in the two highest bits.
fn return_address(a0: u32, pc: u32, windowed: bool) -> u32 {
    if windowed && a0 >> 30 != 0 { a0 & 0x3FFF_FFFF | pc & 0xC000_0000 } else { a0 }
}

fn insn_at(s: &Session, core: usize, pc: u32) -> Option<isa::Insn> {
    let mut bytes = [0; 4];
    let n = s.machine().peek(core, pc, &mut bytes);
    isa::decode(u32::from_le_bytes(bytes)).filter(|i| usize::from(i.len) <= n)
}

/// The addresses around `pc` that belong to its source line.
fn line_range(symbols: &Symbols, pc: u32) -> Option<Range<u32>> {
    let line = symbols.line_at(pc)?;
    let same = |at: u32| symbols.line_at(at).as_ref() == Some(&line);
    let start = (1..MAX_LINE).take_while(|n| same(pc.wrapping_sub(*n))).last().map_or(pc, |n| pc - n);
    let end = (1..MAX_LINE).take_while(|n| same(pc.wrapping_add(*n))).last().map_or(pc, |n| pc + n);
    Some(start..end + 1)
}

fn step(s: &mut Session, core: usize, range: Range<u32>, by: &Client) {
    s.stop(by);
    let step = Step { core, range, irq: s.step_irq() };
    s.resume(&Plan { frozen: [false; 2], step: Some(step) }, by);
}

fn run_to(s: &mut Session, addr: u32, by: &Client) -> Option<PointId> {
    let id = s.insert_point(Point::new(PointKind::Break, addr, 1, by));
    s.resume(&Plan::default(), by);
    id
}

/// Begins a step that takes more than one stop. The goal that is left to reach.
///
/// # Errors
/// When the machine is gone.
pub fn begin(handle: &Handle, action: &Action) -> Result<(Option<Goal>, Reply), Gone> {
    let by = handle.client().clone();
    let goal = match *action {
        Action::RunTo(addr) => handle.call(move |s| {
            let since = s.stop_number();
            let temporary = run_to(s, addr, &by).map(|id| (id, addr, None));
            Some(Goal { core: 0, since, temporary, line: None })
        })?,
        Action::Finish(core) => {
            let symbols = handle.symbols().current();
            handle.call(move |s| finish(s, core, Some(&symbols), &by))?
        }
        Action::StepLine(core) | Action::Next(core) => {
            let pc = handle.call(move |s| {
                let by = by.clone();
                s.stop(&by);
                s.machine().cpu(core).pc
            })?;
            // Lines are looked up here, not on the machine's thread.
            let range = line_range(&handle.symbols().current(), pc);
            let over = matches!(action, Action::Next(_));
            let by = handle.client().clone();
            handle.call(move |s| line(s, core, range, over, &by))?
        }
        _ => None,
    };
    Ok((goal, Reply::default()))
}

/// Leaves the line; without one, an instruction, or a call as a whole.
fn line(s: &mut Session, core: usize, range: Option<Range<u32>>, over: bool, by: &Client) -> Option<Goal> {
    let (pc, sp) = (s.machine().cpu(core).pc, s.machine().cpu(core).a(1));
    let since = s.stop_number();
    let call = insn_at(s, core, pc).filter(|i| over && i.op.flow() == Flow::Call);
    match (range, call) {
        (Some(range), _) => {
            let goal = Goal { core, since, temporary: None, line: over.then_some((range.clone(), sp)) };
            step(s, core, range, by);
            Some(goal)
        }
        (None, Some(insn)) => {
            let addr = pc.wrapping_add(insn.len.into());
            let temporary = run_to(s, addr, by).map(|id| (id, addr, Some(sp)));
            Some(Goal { core, since, temporary, line: None })
        }
        (None, None) => {
            step(s, core, 0..0, by);
            None
        }
    }
}

/// To the caller, as the unwinder knows it; without one, to what a0 says.
fn finish(s: &mut Session, core: usize, symbols: Option<&Symbols>, by: &Client) -> Option<Goal> {
    s.stop(by);
    let since = s.stop_number();
    let m = s.machine();
    let cpu = m.cpu(core);
    let mem = MachineMemory { machine: m, core };
    let context = Context::of_core(cpu, core);
    let trace = match symbols {
        Some(symbols) => esplens_gdb::rtos::core_backtrace(None, &mem, symbols, &context),
        None => esplens_gdb::rtos::core_backtrace(None, &mem, &(), &context),
    };
    let windowed = cpu.ps & esplens_core::cpu::ps::WOE != 0;
    let (addr, sp) = match trace.frames.get(1) {
        Some(caller) => (caller.pc, Some(caller.sp())),
        None => (return_address(cpu.a(0), cpu.pc, windowed), None),
    };
    let temporary = run_to(s, addr, by).map(|id| (id, addr, sp));
    Some(Goal { core, since, temporary, line: None })
}

impl Goal {
    /// The machine stopped. What is left to reach; the machine then runs again.
    ///
    /// # Errors
    /// When the machine is gone.
    pub fn stopped(self, handle: &Handle, stop: &Stopped) -> Result<Option<Self>, Gone> {
        let (by, stop) = (handle.client().clone(), stop.clone());
        handle.call(move |s| self.go_on(s, &stop, &by))
    }

    fn go_on(mut self, s: &mut Session, stop: &Stopped, by: &Client) -> Option<Self> {
        if stop.number <= self.since {
            return Some(self);
        }
        let cpu = s.machine().cpu(self.core);
        let (pc, sp) = (cpu.pc, cpu.a(1));
        if let Some((id, addr, wanted)) = self.temporary {
            let arrived = stop.why == Why::Breakpoint && stop.pc == addr;
            let elsewhere =
                wanted.is_some_and(|w| w != sp) || arrived && stop.core != self.core && wanted.is_some();
            if arrived && elsewhere && !others(s, id, addr) {
                // The same code in another task, or deeper in a recursion.
                s.resume(&Plan::default(), by);
                return Some(self);
            }
            s.remove_point(id);
            self.temporary = None;
            if !arrived {
                return None;
            }
        }
        let (range, frame) = self.line.clone()?;
        if range.contains(&pc) && matches!(stop.why, Why::Step | Why::Breakpoint) {
            step(s, self.core, range, by);
            return Some(self);
        }
        // In a function that the line calls, before its ENTRY: its return address is known, and the stack pointer is
        // still the caller's (lower than at first when the line began with the caller's own ENTRY).
        let entered = insn_at(s, self.core, pc).is_some_and(|i| i.op == isa::Op::Entry) && sp <= frame;
        if stop.why != Why::Step || !entered {
            return None;
        }
        let cpu = s.machine().cpu(self.core);
        let back = return_address(cpu.a(cpu.callinc() as u8 * 4), pc, true);
        self.temporary = run_to(s, back, by).map(|id| (id, back, Some(sp)));
        self.line = Some((range, sp));
        Some(self)
    }
}

/// Whether somebody else has a breakpoint there.
fn others(s: &Session, id: PointId, addr: u32) -> bool {
    s.points().any(|(n, p)| n != id && p.kind == PointKind::Break && p.addr == addr)
}
