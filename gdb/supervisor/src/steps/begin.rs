//! Start of a step.

use super::back::BackLine;
use super::code::{insn_at, line_range, return_address, run_to, step};
use super::{LeaveLine, OnArrival, PendingStep, StepKind, Target, back_to};
use crate::{Client, Gone, Handle, MachineMemory, ReverseKind, Session, Why};
use esplens_core::cpu::ps;
use esplens_core::isa::Flow;
use esplens_debuginfo::symbols::Symbols;
use esplens_debuginfo::unwind::{Backtrace, Context};
use std::ops::Range;

/// Starts a step; a running machine is stopped first. Returns the goal if the step needs further stops.
///
/// # Errors
/// When the machine is gone.
pub fn begin(handle: &Handle, kind: StepKind) -> Result<Option<PendingStep>, Gone> {
    let by = handle.client().clone();
    match kind {
        StepKind::To(addr) => handle.call(move |s| Some(advance(s, addr, &by))),
        StepKind::Finish(core) | StepKind::BackFinish(core) => {
            let symbols = handle.symbols().current();
            let back = matches!(kind, StepKind::BackFinish(_));
            handle.call(move |s| finish(s, core & 1, &symbols, back, &by))
        }
        StepKind::Line(core) | StepKind::Next(core) => {
            let (core, over) = (core & 1, matches!(kind, StepKind::Next(_)));
            // Lines are looked up here, not on the machine's thread.
            let range = line_range(&handle.symbols().current(), stop(handle, core)?);
            handle.call(move |s| line(s, core, range, over, &by))
        }
        StepKind::BackLine(core) | StepKind::BackNext(core) => {
            let (core, over) = (core & 1, matches!(kind, StepKind::BackNext(_)));
            let pc = stop(handle, core)?;
            let range = line_range(&handle.symbols().current(), pc);
            handle.call(move |s| {
                let since = s.stop_number();
                let sp = s.machine().cpu(core).a(1);
                let line = BackLine::new(over, range, pc, sp);
                s.start_reverse_op(ReverseKind::Step(core), &by);
                Some(PendingStep {
                    core,
                    since,
                    target: None,
                    on_arrival: OnArrival::Back(Box::new(line)),
                    back: true,
                })
            })
        }
    }
}

/// Stops the machine and returns the core's PC.
fn stop(handle: &Handle, core: usize) -> Result<u32, Gone> {
    let by = handle.client().clone();
    handle.call(move |s| {
        s.stop(&by);
        s.machine().cpu(core).pc
    })
}

fn advance(s: &mut Session, addr: u32, by: &Client) -> PendingStep {
    let since = s.stop_number();
    let target = run_to(s, addr, by).map(|id| Target { id, addr, sp: None });
    PendingStep { core: 0, since, target, on_arrival: OnArrival::Stop(Why::Reached), back: false }
}

/// Steps out of the line. Without line information: steps one instruction, or over a whole call if `over` is set.
fn line(
    s: &mut Session,
    core: usize,
    range: Option<Range<u32>>,
    over: bool,
    by: &Client,
) -> Option<PendingStep> {
    let (pc, sp) = (s.machine().cpu(core).pc, s.machine().cpu(core).a(1));
    let since = s.stop_number();
    let call = insn_at(s, core, pc).filter(|i| over && i.op.flow() == Flow::Call);
    match (range, call) {
        (Some(range), _) => {
            step(s, core, range.clone(), by);
            let leave = LeaveLine { range, sp, over, nowhere: false };
            Some(PendingStep {
                core,
                since,
                target: None,
                on_arrival: OnArrival::LeaveLine(leave),
                back: false,
            })
        }
        (None, Some(insn)) => {
            let addr = pc.wrapping_add(insn.len.into());
            let target = run_to(s, addr, by).map(|id| Target { id, addr, sp: Some(sp) });
            Some(PendingStep { core, since, target, on_arrival: OnArrival::Stop(Why::Step), back: false })
        }
        (None, None) => {
            step(s, core, 0..0, by);
            None
        }
    }
}

fn backtrace(s: &Session, core: usize, symbols: &Symbols) -> Backtrace {
    let m = s.machine();
    let mem = MachineMemory { machine: m, core };
    esplens_debuginfo::rtos::core_backtrace(None, &mem, symbols, &Context::of_core(m.cpu(core), core))
}

/// Runs to the caller as the unwinder finds it, or to the address in a0 if it finds none. With `back`: runs in reverse
/// to the call.
fn finish(s: &mut Session, core: usize, symbols: &Symbols, back: bool, by: &Client) -> Option<PendingStep> {
    s.stop(by);
    let since = s.stop_number();
    let trace = backtrace(s, core, symbols);
    let cpu = s.machine().cpu(core);
    let windowed = cpu.ps & ps::WOE != 0;
    let (addr, sp) = match trace.frames.get(1) {
        Some(caller) => (caller.pc, Some(caller.sp())),
        None => (return_address(cpu.a(0), cpu.pc, windowed), None),
    };
    if back {
        // Call instructions are three bytes long.
        let call = addr.wrapping_sub(3);
        let target = back_to(s, call, sp?, by);
        return Some(PendingStep { core, since, target, on_arrival: OnArrival::Stop(Why::Step), back: true });
    }
    let pc = s.machine().cpu(core).pc;
    let name = symbols.frames_at(pc).into_iter().last().and_then(|f| f.function);
    let name = name.unwrap_or_else(|| format!("{pc:#010x}"));
    let target = run_to(s, addr, by).map(|id| Target { id, addr, sp });
    Some(PendingStep { core, since, target, on_arrival: OnArrival::Stop(Why::Finished(name)), back: false })
}
