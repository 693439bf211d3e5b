//! Descriptions of control blocks and stacks of tasks.

use crate::MachineMemory;
use esplens_debuginfo::rtos::{self, Rtos, Snapshot, Task};
use esplens_debuginfo::symbols::{Symbols, ValuePlace};
use esplens_debuginfo::unwind::{Backtrace, Context, ReadMemory, SourceView, StackFrame, UnwindNames};
use esplens_soc::machine::Machine;

/// Bytes of a control block if no type is known: the least that any kernel has.
const TCB_BYTES: u32 = 88;

/// Describes the member of a task's control block at `addr`.
pub fn object(symbols: &Symbols, tasks: &Snapshot, addr: u32) -> Option<String> {
    let ty = ["tskTaskControlBlock", "tskTCB"].into_iter().find_map(|t| symbols.type_named(t));
    let size = ty.and_then(|ty| symbols.size_of(ty).ok()).filter(|n| *n > 0);
    let inside = |t: &&Task| addr.wrapping_sub(t.tcb) < size.unwrap_or(TCB_BYTES);
    let task = tasks.tasks.iter().find(inside)?;
    let offset = addr - task.tcb;
    let member = ty.and_then(|ty| symbols.path_to(ty, offset).ok()).map(|m| m.0);
    let member = member.unwrap_or_else(|| if offset == 0 { String::new() } else { format!("+{offset}") });
    Some(format!("control block of task {}{}{member}", task.name, if member.is_empty() { "" } else { ": " }))
}

/// Describes the position of `addr` in a task's stack, down to the frame and its variable.
pub fn stack(m: &Machine, rtos: &Rtos, symbols: &Symbols, tasks: &Snapshot, addr: u32) -> Vec<String> {
    let inside = |t: &&Task| t.stack.end.is_some_and(|end| (t.stack.start..end).contains(&addr));
    let Some(task) = tasks.tasks.iter().find(inside) else { return Vec::new() };
    let (top, stack) = (task.stack.end.unwrap_or(0), task.stack);
    let head = format!("stack of task {}, {} bytes below its top", task.name, top - addr);
    if addr < stack.sp.saturating_sub(16) {
        let never = stack.never_used.is_some_and(|n| addr - stack.start < n);
        return vec![head + if never { ", never used" } else { ", unused now" }];
    }
    let mem = MachineMemory { machine: m, core: task.core().unwrap_or(0) };
    let cores: Vec<Context> = (0..2).map(|c| Context::of_core(m.cpu(c), c)).collect();
    let trace = rtos::backtrace(rtos, &mem, task, &cores);
    let Some(n) = frame_at(&trace, addr) else { return vec![head + ", saved registers"] };
    let function = symbols.function(trace.frames[n].lookup()).map_or("??".into(), |f| f.0);
    let mut out = Vec::new();
    out.extend(local(&mem, symbols, &trace.frames, n, addr));
    out.push(format!("{head}, frame #{n} {function}"));
    out
}

/// Returns the number of the frame whose stack contains `addr`. The 16 bytes below a stack pointer are its caller's
/// saved registers.
fn frame_at(trace: &Backtrace, addr: u32) -> Option<usize> {
    let ends = trace.frames.iter().skip(1).map(|f| f.sp().wrapping_sub(16));
    let starts = trace.frames.iter().map(|f| f.sp().wrapping_sub(16));
    starts.zip(ends.chain([u32::MAX])).position(|(start, end)| (start..end).contains(&addr))
}

/// Describes the variable of frame `n` at `addr`.
fn local(
    mem: &dyn ReadMemory,
    symbols: &Symbols,
    frames: &[StackFrame],
    n: usize,
    addr: u32,
) -> Option<String> {
    let view = SourceView::of(frames, n, mem);
    let pc = frames[n].lookup();
    let levels = symbols.frames_at(pc);
    levels.iter().enumerate().find_map(|(level, source)| {
        symbols.locals_at(pc, level).iter().take(256).find_map(|l| {
            let Ok(ValuePlace::Memory(at)) = symbols.locate(l, &view) else { return None };
            let offset = addr.checked_sub(at)?;
            let size = symbols.size_of(l.ty).ok()?;
            let (path, ty) = (offset < size).then(|| symbols.path_to(l.ty, offset).ok())??;
            let function = source.function.as_deref().unwrap_or("??");
            Some(format!("{}{path} of {function}, {}", l.name, symbols.type_name(ty)))
        })
    })
}
