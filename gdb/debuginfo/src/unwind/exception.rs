//! Register files that interrupts, exceptions and the kernel save in memory, and the search for them.
//!
//! ESP-IDF's port stores the frames that `xtensa_context.h` calls XT_STK_* (interrupts) and XT_SOL_* (a task that
//! yielded); the offsets are the same from IDF 3.2 to 6.1. The built-in demo has its own frame
//! (fixtures/demo/port/port.S).

use super::context::Context;
use super::memory::{ReadMemory, Words};
use super::{prologue, vector};
use esplens_core::cpu::ps;
use esplens_core::isa::special::sr;
use esplens_soc::machine::reg;
use esplens_soc::map::{CODE_BASE, is_code, is_stack};

/// Words of an XT_STK_* frame up to the temporaries: exit, pc, ps, a0..a15, sar, cause, vaddr, lbeg, lend, lcount.
const IDF_WORDS: usize = 25;
/// Offset of the registers outside the basic set: ACCLO, ACCHI, BR, SCOMPARE1, M0..M3 (`tie.h`).
const IDF_EXTRA: u32 = 112;
/// Possible sizes of an XT_STK_* frame.
const IDF_SIZES: std::ops::RangeInclusive<u32> = 0x80..=0x180;
/// Largest distance of a handler's stack pointer from its XT_STK_* frame, while it is on the same stack.
pub const MOVED: u32 = 256 + *IDF_SIZES.end();
/// Bytes of an XT_SOL_* frame.
const SOLICITED_SIZE: u32 = 32;
/// Bytes of the demo's frame.
const DEMO_SIZE: u32 = 256;

/// Origin of a saved frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// ESP-IDF's interrupt or exception entry.
    Interrupt,
    /// A task that yielded.
    Solicited,
    /// The demo's port.
    Demo,
}

/// A register file found in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Its origin.
    pub form: Form,
    /// Its address.
    pub at: u32,
    /// The registers; windows older than this one are on the stack.
    pub context: Context,
    /// Address registers that are known, bit n for a(n).
    pub known: u16,
    /// EXCCAUSE, if the frame contains it.
    pub cause: Option<u32>,
    /// EXCVADDR, if the frame contains it.
    pub vaddr: Option<u32>,
}

fn plausible(pc: u32, status: u32) -> bool {
    is_code(pc) && status & !ps::MASK == 0
}

/// Reads an XT_STK_* frame at `at`, if the memory there can be one.
pub fn interrupt(mem: &dyn ReadMemory, at: u32) -> Option<Saved> {
    let w: [u32; IDF_WORDS] = is_stack(at).then(|| mem.words(at)).flatten()?;
    let (exit, pc, status) = (w[0], w[1], w[2]);
    let a: [u32; 16] = std::array::from_fn(|n| w[3 + n]);
    if !is_code(exit) || !plausible(pc, status) || !IDF_SIZES.contains(&a[1].wrapping_sub(at)) {
        return None;
    }
    let mut context = Context::of_window(pc, status, &a);
    let sr = |n: u16| reg::SR + n;
    for (number, value) in [(sr(3), w[19]), (sr(0), w[22]), (sr(1), w[23]), (sr(2), w[24])] {
        context.others.insert(number, value);
    }
    if let Some(extra) = mem.words::<8>(at.wrapping_add(IDF_EXTRA)) {
        for (number, value) in [0x10, 0x11, 0x04, 0x0C, 0x20, 0x21, 0x22, 0x23].into_iter().zip(extra) {
            context.others.insert(sr(number), value);
        }
    }
    let (cause, vaddr) = (Some(w[20]), Some(w[21]));
    Some(Saved { form: Form::Interrupt, at, context, known: 0xFFFF, cause, vaddr })
}

/// Reads an XT_SOL_* frame at `at`: the registers of the task after the call that yielded.
pub fn solicited(mem: &dyn ReadMemory, at: u32) -> Option<Saved> {
    let [exit, ra, status, threadptr] = is_stack(at).then(|| mem.words(at)).flatten()?;
    if exit != 0 || ra >> 30 == 0 || !plausible(ra & 0x3FFF_FFFF | CODE_BASE, status) {
        return None;
    }
    let mut a = [0; 16];
    (a[0], a[1]) = (ra, at);
    // The yield function itself; its caller is one windowed return away.
    let mut context = Context::of_window(ra & 0x3FFF_FFFF | CODE_BASE, status, &a);
    context.others.insert(reg::UR + 231, threadptr);
    Some(Saved { form: Form::Solicited, at, context, known: 3, cause: None, vaddr: None })
}

/// Reads the demo's frame at `at`, if the memory there can be one.
pub fn demo(mem: &dyn ReadMemory, at: u32) -> Option<Saved> {
    let w: [u32; 48] = is_stack(at).then(|| mem.words(at)).flatten()?;
    let (a1, status, pc) = (w[1], w[16], w[17]);
    if a1 != at.wrapping_add(DEMO_SIZE) || !plausible(pc, status) || status & ps::WOE == 0 {
        return None;
    }
    let a: [u32; 16] = std::array::from_fn(|n| w[n]);
    let mut context = Context::of_window(pc, status, &a);
    // SAR, LBEG, LEND, LCOUNT, SCOMPARE1, BR, FCR, FSR, ACCLO, ACCHI, THREADPTR, then f0..f15.
    let numbers = [0x203, 0x200, 0x201, 0x202, 0x20C, 0x204, 0x3E8, 0x3E9, 0x210, 0x211, 0x3E7];
    for (number, value) in numbers.into_iter().zip(&w[18..]) {
        context.others.insert(number, *value);
    }
    for n in 0..16 {
        context.others.insert(reg::F0 + n, w[32 + usize::from(n)]);
    }
    let (cause, vaddr) = (Some(w[29]), Some(w[30]));
    Some(Saved { form: Form::Demo, at, context, known: 0xFFFF, cause, vaddr })
}

/// Reads a frame of any form at `at`, the saved stack pointer of a stopped task.
pub fn any(mem: &dyn ReadMemory, at: u32) -> Option<Saved> {
    demo(mem, at).or_else(|| interrupt(mem, at)).or_else(|| solicited(mem, at))
}

/// Returns the bytes of a frame.
#[must_use]
pub fn size(saved: &Saved) -> u32 {
    match saved.form {
        Form::Solicited => SOLICITED_SIZE,
        Form::Interrupt | Form::Demo => saved.context.a(1).wrapping_sub(saved.at),
    }
}

/// Kind of an assembly function of a kernel's port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortFunction {
    /// ESP-IDF's interrupt and exception entry and exit.
    Idf,
    /// ESP-IDF's yield and dispatch.
    IdfYield,
    /// The routine that spills all windows and moves WINDOWBASE meanwhile.
    IdfSpill,
    /// The demo's port functions.
    Demo,
}

/// Returns the kind of the port function that this symbol names.
#[must_use]
pub fn port(name: &str) -> Option<PortFunction> {
    const IDF: [&str; 23] = [
        "_xt_lowint",
        "_xt_medint",
        "_xt_highint",
        "xt_highint",
        "_xt_user_ex",
        "_xt_handle_exc",
        "_xt_to_",
        "_xt_kernel_exc",
        "_xt_panic",
        "_xt_nmi",
        "_xt_coproc_",
        "_xt_syscall_exc",
        "_xt_context_",
        "xthal_save_extra_nw",
        "xthal_restore_extra_nw",
        "_frxt_int_",
        "_frxt_task_coproc_",
        "_frxt_coproc_",
        "_UserExceptionVector",
        "_KernelExceptionVector",
        "_DoubleExceptionVector",
        "_NMIExceptionVector",
        "_Level",
    ];
    match name {
        "vPortYield" | "_frxt_dispatch" => Some(PortFunction::IdfYield),
        "xthal_window_spill_nw" | "xthal_spill_registers_into_stack_nw" => Some(PortFunction::IdfSpill),
        "port_exception" | "port_resume" | "port_vectors" => Some(PortFunction::Demo),
        _ if IDF.iter().any(|prefix| name.starts_with(prefix)) => Some(PortFunction::Idf),
        _ => None,
    }
}

/// Returns true if WINDOWSTART contains the mask of the HAL's `xthal_window_spill_nw` when `pc` in it executes next:
/// from the first WSR.WINDOWSTART after `start` to the second.
#[must_use]
pub fn in_spilling_loop(mem: &dyn ReadMemory, start: u32, pc: u32) -> bool {
    let len = pc.wrapping_sub(start) as usize;
    if len > 0x200 {
        return false;
    }
    let mut code = vec![0; len];
    mem.peek(start, &mut code) == len && code.windows(3).filter(|b| wsr_windowstart(b)).count() == 1
}

/// Returns true for WSR.WINDOWSTART: RSR, WSR and XSR are 3 bytes with the special register's number in the second.
fn wsr_windowstart(b: &[u8]) -> bool {
    b[0] & 0xF == 0 && b[1] == sr::WINDOWSTART && b[2] == 0x13
}

/// Returns true if a port function of ESP-IDF is entered from a vector and has no frame yet; it calls the other
/// functions.
#[must_use]
pub fn enters(name: &str) -> bool {
    !["_frxt_", "_xt_context_", "xthal_"].iter().any(|called| name.starts_with(called))
        && !name.ends_with("_exit")
}

/// Returns the registers at the instruction that needed the window, for a core inside a window overflow or underflow
/// handler.
pub fn window_vector(mem: &dyn ReadMemory, ctx: &Context) -> Option<Context> {
    let at = ctx.pc.wrapping_sub(ctx.vecbase);
    if at >= 0x180 || ctx.ps & ps::EXCM == 0 || !is_code(ctx.epc[1]) {
        return None;
    }
    let mut back = ctx.clone();
    // The overflow handlers for CALL8 and CALL12 use a0 after their first instruction has stored it.
    let stored = match at {
        0x86..0xC0 => Some(9),
        0x106..0x140 => Some(13),
        _ => None,
    };
    if let Some(a0) = stored.and_then(|sp| mem.u32(ctx.a(sp).wrapping_sub(16))) {
        back.set_a(0, a0);
    }
    back.windowbase = (ctx.ps & ps::OWB) >> ps::OWB_SHIFT;
    (back.pc, back.ps) = (ctx.epc[1], ctx.ps & !ps::EXCM);
    Some(back)
}

/// Finds the XT_STK_* frame of the code that was interrupted at `pc`, near a stack pointer that the handler moves in
/// two steps for the spilling of windows. Frames of earlier interrupts stay in memory: if its a0 is `a0`, a frame that
/// the stack pointer has already left is the likelier one.
pub fn around(mem: &dyn ReadMemory, sp: u32, pc: u32, a0: u32) -> Option<Saved> {
    let at = |at: u32| interrupt(mem, at).filter(|s| s.context.pc == pc);
    let sizes = || IDF_SIZES.step_by(16);
    let left = || sizes().filter_map(|size| at(sp.wrapping_sub(size))).find(|s| s.context.a(1) == sp);
    // ADDMI has moved it by 256, ADDI has not yet moved it by the rest.
    let half = || {
        at(sp.wrapping_sub(256)).or_else(|| sizes().find_map(|n| at(sp.wrapping_add(256).wrapping_sub(n))))
    };
    left().filter(|s| s.context.a(0) == a0).or_else(|| at(sp)).or_else(left).or_else(half)
}

/// Returns the interrupted registers of a core between an exception and the end of saving its registers, or in the last
/// steps of its return. The PC is in EPC, a0 is where the vector or the handler put it. `start` is the first address of
/// the handler.
pub fn just_taken(mem: &dyn ReadMemory, ctx: &Context, level: usize, start: Option<u32>) -> Option<Context> {
    let (pc, status) =
        if level > 1 { (ctx.epc[level], ctx.eps[level]) } else { (ctx.epc[1], ctx.ps & !ps::EXCM) };
    if !is_code(pc) {
        return None;
    }
    let mut back = ctx.clone();
    (back.pc, back.ps) = (pc, status);
    if vector::untouched(mem, ctx, level) {
        return Some(back);
    }
    let sp = ctx.a(1);
    // The handler first puts the stack pointer into a0, then it allocates its frame. From then on the frame's A1 is the
    // interrupted stack pointer.
    let moved = ctx.a(0).wrapping_sub(sp);
    let begun = || mem.u32(sp.wrapping_add(16)).filter(|a1| IDF_SIZES.contains(&a1.wrapping_sub(sp)));
    let frame = if start.is_some_and(|start| ctx.pc.wrapping_sub(start) <= 3) {
        None
    } else if (1..=MOVED).contains(&moved) {
        Some((None, ctx.a(0)))
    } else {
        let found = around(mem, sp, pc, ctx.a(0)).map(|s| (Some(s.at), s.context.a(1)));
        found.or_else(|| begun().map(|a1| (Some(sp), a1)))
    };
    // EXCSAVE is reused while windows are spilled. Then a0 is in the frame, and at last in its register again.
    let returns = |a0: &u32| *a0 == 0 || a0 >> 30 != 0 && is_code(prologue::return_address(*a0, pc));
    let stored = frame.and_then(|(at, _)| mem.u32(at?.wrapping_add(12)));
    let places = [Some(ctx.excsave[level]), stored, frame.is_none().then_some(ctx.a(0))];
    let a0 = places.into_iter().flatten().find(returns).or(stored).unwrap_or(ctx.excsave[level]);
    back.set_a(0, a0);
    if let Some((_, a1)) = frame {
        back.set_a(1, a1);
    }
    Some(back)
}
