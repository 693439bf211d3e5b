//! Registers and backtraces of tasks.

use super::list::is_object;
use super::{Rtos, Task};
use crate::unwind::exception::{self, Form, Saved};
use crate::unwind::{
    Backtrace, BacktraceEnd, Context, FrameKind, ReadMemory, StackFrame, UnwindNames, Unwinder, Words, unwind,
};
use esplens_core::cpu::ps;
use esplens_core::isa::{self, Op};
use esplens_soc::machine::reg;

/// Returns the registers of a task that is not running, and the form in which they were saved. Returns `None` if the
/// task's saved stack pointer does not point to a valid saved frame.
#[must_use]
pub fn task_context(rtos: &Rtos, mem: &dyn ReadMemory, tcb: u32) -> Option<(Context, Form)> {
    let top = mem.u32(tcb)?;
    let saved = exception::any(mem, top)?;
    let form = saved.form;
    let mut context = match form {
        Form::Solicited => {
            let trace = stopped(mem, &*rtos.source, saved);
            let mut context = Context::of_frame(trace.frames.first()?);
            context.others.insert(reg::UR + 231, mem.u32(top.wrapping_add(12))?);
            context
        }
        Form::Interrupt | Form::Demo => saved.context,
    };
    context.others.extend(coprocessor(rtos, mem, tcb));
    Some((context, form))
}

/// Reads the floating-point registers from the task's save area, if they are stored there.
fn coprocessor(rtos: &Rtos, mem: &dyn ReadMemory, tcb: u32) -> Vec<(u16, u32)> {
    let Some(area) = save_area(rtos, mem, tcb) else { return Vec::new() };
    // XT_CPSTORED, then the pointer to the aligned area.
    let stored = mem.u8(area.wrapping_add(2)).is_some_and(|bits| bits & 1 != 0);
    let words = mem
        .u32(area.wrapping_add(8))
        .filter(|at| stored && is_object(*at))
        .and_then(|at| mem.words::<18>(at));
    let (control, data) = ([reg::UR + 232, reg::UR + 233].into_iter(), reg::F0..reg::F0 + 16);
    let numbers: Vec<u16> = match control_first(rtos, mem) {
        true => control.chain(data).collect(),
        false => data.chain(control).collect(),
    };
    words.map_or(Vec::new(), |w| numbers.into_iter().zip(w).collect())
}

/// Returns true if FCR and FSR precede f0..f15 in the save area, as up to IDF 6.1. Since then they follow, as in
/// `tie-asm.h`. The kernel's code is decoded to find where it stores f0.
fn control_first(rtos: &Rtos, mem: &dyn ReadMemory) -> bool {
    /// Bytes of `_xt_coproc_exc` to search for the store of f0, with a margin.
    const CODE: u32 = 1024;
    let Some((start, _)) = rtos.source.symbol("_xt_coproc_exc") else { return true };
    let at = |a: u32| isa::decode(u32::from_le_bytes(mem.bytes(start.wrapping_add(a))?));
    let f0 = (0..CODE).filter_map(at).find(|i| i.op == Op::Ssi && i.t == 0);
    f0.is_none_or(|store| store.imm == 8)
}

/// Returns the core whose floating-point unit still holds this task's registers.
#[must_use]
pub fn fpu_owner(rtos: &Rtos, mem: &dyn ReadMemory, tcb: u32) -> Option<usize> {
    let (owners, size) = rtos.source.symbol("_xt_coproc_owner_sa")?;
    let area = save_area(rtos, mem, tcb)?;
    let step = (size / rtos.layout.cores as u32).max(4);
    (0..rtos.layout.cores).find(|core| mem.u32(owners + step * *core as u32) == Some(area))
}

/// Returns the address of the task's coprocessor save area.
fn save_area(rtos: &Rtos, mem: &dyn ReadMemory, tcb: u32) -> Option<u32> {
    let layout = rtos.layout.tcb(mem)?;
    if let Some(o) = layout.coproc_area {
        return mem.u32(tcb.wrapping_add(o)).filter(|at| *at != 0);
    }
    let back = mem.u32(rtos.source.symbol("offset_cpsa")?.0)?;
    let end = mem.u32(tcb.wrapping_add(layout.end?))?;
    Some(end.wrapping_sub(back) & !15)
}

/// Unwinds from a saved register file. The backtrace of a task that yielded begins at the caller of the yield function.
fn stopped(mem: &dyn ReadMemory, names: &dyn UnwindNames, saved: Saved) -> Backtrace {
    let u = Unwinder { mem, names, interrupted: None };
    let mut trace = unwind(&u, &saved.context);
    if saved.form == Form::Solicited && trace.frames.len() > 1 {
        trace.frames.remove(0);
        trace.frames[0].kind = FrameKind::Newest;
    }
    trace
}

/// Returns a task's backtrace. `cores` are the cores' registers, used for running tasks.
#[must_use]
pub fn backtrace(rtos: &Rtos, mem: &dyn ReadMemory, task: &Task, cores: &[Context]) -> Backtrace {
    if let Some(context) = task.core().and_then(|core| cores.get(core)) {
        return core_backtrace(Some(rtos), mem, &*rtos.source, context);
    }
    match exception::any(mem, task.top) {
        Some(saved) => stopped(mem, &*rtos.source, saved),
        None => broken(task.top),
    }
}

fn broken(top: u32) -> Backtrace {
    let mut a = [0; 16];
    a[1] = top;
    let frame = StackFrame { pc: 0, a, known: 2, ps: ps::WOE, kind: FrameKind::Newest };
    Backtrace {
        frames: vec![frame],
        end: BacktraceEnd::Corrupt(format!("no saved registers at {top:#010x}")),
    }
}

/// Returns the backtrace of a core, through its interrupt handlers into the task that they interrupted.
#[must_use]
pub fn core_backtrace(
    rtos: Option<&Rtos>,
    mem: &dyn ReadMemory,
    names: &dyn UnwindNames,
    context: &Context,
) -> Backtrace {
    let running = rtos.zip(context.core).and_then(|(r, core)| r.running(mem, core));
    let interrupted = running.and_then(|tcb| mem.u32(tcb));
    unwind(&Unwinder { mem, names, interrupted }, context)
}
