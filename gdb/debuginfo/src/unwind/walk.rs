//! Steps from a stack frame to its caller.

use super::context::Context;
use super::exception::{self, PortFunction, Saved};
use super::memory::{ReadMemory, Words};
use super::{Backtrace, BacktraceEnd, FrameKind, MAX_FRAMES, StackFrame, UnwindNames, prologue};
use esplens_core::cpu::ps;
use esplens_soc::map::{CODE_BASE, is_code, is_stack};
use std::collections::BTreeSet;

/// Largest frame that is accepted; a larger one means a corrupt stack.
const MAX_FRAME: u32 = 1 << 20;

/// The kernel port's function that saves an interrupted task's registers and spills its windows.
const SAVE: &str = "_xt_context_save";

/// Input for a backtrace.
pub struct Unwinder<'a> {
    /// Memory as the core sees it.
    pub mem: &'a dyn ReadMemory,
    /// Names, to tell the kernel's assembly functions from other functions.
    pub names: &'a dyn UnwindNames,
    /// Saved stack pointer of the task that the core's interrupt handlers interrupted: the first word of its TCB.
    pub interrupted: Option<u32>,
}

/// Returns the backtrace from these registers on.
#[must_use]
pub fn unwind(u: &Unwinder, context: &Context) -> Backtrace {
    let mut walk = Walk::new(u, context.clone());
    let mut frames = vec![walk.frame];
    let mut seen = BTreeSet::from([(walk.frame.pc, walk.frame.sp(), false)]);
    let end = loop {
        if frames.len() == MAX_FRAMES {
            break BacktraceEnd::TooDeep;
        }
        if let Err(end) = walk.next() {
            break end;
        }
        let f = walk.frame;
        if !seen.insert((f.pc, f.sp(), f.kind == FrameKind::Interrupted)) {
            break BacktraceEnd::Corrupt(format!(
                "the frame at {:#010x}, stack {:#010x}, repeats",
                f.pc,
                f.sp()
            ));
        }
        frames.push(f);
    };
    Backtrace { frames, end }
}

struct Walk<'a> {
    u: &'a Unwinder<'a>,
    /// The register file that live frames are read from.
    ctx: Context,
    /// WINDOWBASE of the current frame, while frames are live.
    live: Option<u32>,
    /// The registers are the current ones: EXCM, EPC and EXCSAVE belong to this frame.
    newest: bool,
    frame: StackFrame,
}

type Step = Result<(), BacktraceEnd>;

fn corrupt<T>(why: String) -> Result<T, BacktraceEnd> {
    Err(BacktraceEnd::Corrupt(why))
}

impl<'a> Walk<'a> {
    fn new(u: &'a Unwinder<'a>, ctx: Context) -> Self {
        let frame = StackFrame {
            pc: ctx.pc,
            a: ctx.window(ctx.windowbase),
            known: 0xFFFF,
            ps: ctx.ps,
            kind: FrameKind::Newest,
        };
        let live = Some(ctx.windowbase);
        Self { u, ctx, live, newest: true, frame }
    }

    fn next(&mut self) -> Step {
        if self.newest
            && let Some(back) = exception::window_vector(self.u.mem, &self.ctx)
        {
            self.newest = false;
            return self.interrupted(back, true);
        }
        let function = self.u.names.function(self.frame.lookup());
        if let Some((name, start)) = &function
            && let Some(port) = exception::port(name)
            && let Some(step) = self.leave_port(port, name, *start)
        {
            return step;
        }
        // An exception whose handler has no symbol: a ROM without symbols, a firmware without an ELF file.
        if self.newest && self.ctx.ps & ps::EXCM != 0 && function.is_none() {
            let taken = exception::just_taken(self.u.mem, &self.ctx, 1, None);
            self.newest = false;
            if let Some(back) = taken.filter(|c| c.pc != self.frame.pc) {
                return self.interrupted(back, true);
            }
        }
        self.newest = false;
        if self.frame.kind != FrameKind::Caller && prologue::at_entry(self.u.mem, self.frame.pc) {
            return self.entry();
        }
        if let Some((ra, sp)) = self.call0(function.map(|(_, start)| start)) {
            return self.call0_return(ra, sp);
        }
        self.windowed_return()
    }

    /// Steps out at an ENTRY: the caller is in the same window, with its return address where CALLn put it.
    fn entry(&mut self) -> Step {
        let inc = ((self.frame.ps & ps::CALLINC) >> ps::CALLINC_SHIFT) as usize;
        let ra = self.frame.a[(4 * inc) & 15];
        if inc == 0 || ra == 0 {
            return Err(BacktraceEnd::Outermost);
        }
        let pc = prologue::return_address(ra, self.frame.pc);
        if !is_code(pc) {
            return corrupt(format!("return address {ra:#010x} in a{} is not code", 4 * inc));
        }
        self.frame.known &= (1 << (4 * inc)) - 1;
        (self.frame.pc, self.frame.kind) = (pc, FrameKind::Caller);
        Ok(())
    }

    /// Returns return address and stack pointer of the caller, if the frame is one of the CALL0 ABI.
    fn call0(&self, start: Option<u32>) -> Option<(u32, u32)> {
        let whole_program = self.frame.ps & ps::WOE == 0;
        if self.frame.kind == FrameKind::Caller && !whole_program {
            return None;
        }
        let frame = prologue::call0(self.u.mem, start?, self.frame.pc)?;
        frame.unwind(self.u.mem, self.frame.a[0], self.frame.sp())
    }

    fn call0_return(&mut self, ra: u32, sp: u32) -> Step {
        if ra == 0 {
            return Err(BacktraceEnd::Outermost);
        }
        let same = ra == self.frame.pc && sp == self.frame.sp();
        if !is_code(ra) || !is_stack(sp) || sp < self.frame.sp() || same {
            return corrupt(format!("no caller: return address {ra:#010x}, stack {sp:#010x}"));
        }
        // The call overwrote the caller's own a0.
        self.frame.known &= 0xF00E;
        self.frame.a[1] = sp;
        (self.frame.pc, self.frame.kind) = (ra, FrameKind::Caller);
        Ok(())
    }

    /// Steps out as RETW does: the caller's window is in the AR file or below the frame's stack pointer.
    fn windowed_return(&mut self) -> Step {
        let (ra, sp) = (self.frame.a[0], self.frame.sp());
        if ra == 0 {
            return Err(BacktraceEnd::Outermost);
        }
        let n = ra >> 30;
        let pc = prologue::return_address(ra, self.frame.pc);
        if self.frame.known & 1 == 0 || n == 0 || !is_code(pc) {
            return corrupt(format!("a0 {ra:#010x} at {:#010x} is not a return address", self.frame.pc));
        }
        if !is_stack(sp) {
            return corrupt(format!("stack pointer {sp:#010x} at {:#010x}", self.frame.pc));
        }
        let base = self.live.map(|b| b.wrapping_sub(n) & 15).filter(|b| self.ctx.is_live(*b));
        let (a, known) = match base {
            Some(base) => (self.ctx.window(base), (1u32 << (4 * n)) as u16 - 1),
            None => self.spilled(n as usize, sp)?,
        };
        self.live = base;
        let up = a[1].wrapping_sub(sp);
        if !is_stack(a[1]) || up == 0 || up > MAX_FRAME {
            let from = if base.is_some() { "window" } else { "save area" };
            return corrupt(format!(
                "caller {pc:#010x} has stack {:#010x} in its {from}, ours is {sp:#010x}",
                a[1]
            ));
        }
        self.frame = StackFrame { pc, a, known, ps: self.frame.ps, kind: FrameKind::Caller };
        Ok(())
    }

    /// Reads the spilled window of a caller by CALL(4n): a0..a3 are below the callee's stack pointer, the rest at the
    /// end of the caller's frame (ISA 4.7.1.4, the ABI's base and extra save areas).
    fn spilled(&self, n: usize, sp: u32) -> Result<([u32; 16], u16), BacktraceEnd> {
        let Some(low) = self.u.mem.words::<4>(sp.wrapping_sub(16)) else {
            return corrupt(format!("no memory below stack pointer {sp:#010x}"));
        };
        let mut a = [0; 16];
        a[..4].copy_from_slice(&low);
        let mut known = 0xF;
        let end = self.u.mem.u32(a[1].wrapping_sub(12)).filter(|end| n > 1 && is_stack(*end));
        if let Some(end) = end {
            let extra = 4 * (n - 1);
            let from = end.wrapping_sub(16 * n as u32);
            let words = (0..extra as u32).map(|w| self.u.mem.u32(from.wrapping_add(4 * w)));
            if let Some(words) = words.collect::<Option<Vec<u32>>>() {
                a[4..4 + extra].copy_from_slice(&words);
                known = ((1u32 << (4 * n)) - 1) as u16;
            }
        }
        Ok((a, known))
    }

    /// Continues with the registers of the code that an interrupt or exception interrupted.
    fn interrupted(&mut self, ctx: Context, live: bool) -> Step {
        if !is_stack(ctx.a(1)) {
            return corrupt(format!("interrupted {:#010x} has stack pointer {:#010x}", ctx.pc, ctx.a(1)));
        }
        let a = ctx.window(ctx.windowbase);
        self.live = live.then_some(ctx.windowbase);
        self.frame = StackFrame { pc: ctx.pc, a, known: 0xFFFF, ps: ctx.ps, kind: FrameKind::Interrupted };
        self.ctx = ctx;
        Ok(())
    }

    fn restored(&mut self, saved: Saved) -> Step {
        self.newest = false;
        self.interrupted(saved.context, false)
    }

    /// Steps out of a kernel port's assembly function. Returns `None` if it is unwound like any other function.
    fn leave_port(&mut self, port: PortFunction, name: &str, start: u32) -> Option<Step> {
        match port {
            PortFunction::Idf => self.leave_idf(name, start),
            PortFunction::IdfYield => self.leave_yield(),
            PortFunction::IdfSpill => self.leave_spill(),
            PortFunction::Demo => self.leave_demo(),
        }
    }

    fn leave_idf(&mut self, name: &str, start: u32) -> Option<Step> {
        let mem = self.u.mem;
        let level = name.bytes().find(u8::is_ascii_digit).map_or(1, |d| usize::from(d - b'0')).clamp(1, 7);
        let here = exception::interrupt(mem, self.frame.sp());
        let excm = self.ctx.ps & ps::EXCM != 0;
        // While windows are spilled with EXCM clear, overflows overwrite EPC1, which is restored a little later than
        // EXCM.
        if self.newest && name == SAVE && (!excm || self.in_save(self.ctx.epc[1])) {
            return self.leave_spill();
        }
        if self.newest && excm {
            // During entry or exit, the windows of the interrupted functions are unchanged, and the handler's frame is
            // not yet complete or no longer this interrupt's, unless the handlers' stack is already in use.
            let start = exception::enters(name).then_some(start);
            let back = exception::just_taken(mem, &self.ctx, level, start)?;
            let sp = self.frame.sp();
            let left = |s: &Saved| s.context.pc == back.pc && sp.abs_diff(s.at) > exception::MOVED;
            if let Some(saved) = self.task_frame().filter(left) {
                return Some(self.restored(saved));
            }
            self.newest = false;
            return Some(self.interrupted(back, true));
        }
        here.or_else(|| self.task_frame()).map(|saved| self.restored(saved))
    }

    /// Returns the frame of the task that runs on this core, if an interrupt stored it.
    fn task_frame(&self) -> Option<Saved> {
        self.u.interrupted.and_then(|at| exception::interrupt(self.u.mem, at))
    }

    /// Steps out of vPortYield and the dispatcher that it calls by CALL0, which overwrites a0.
    fn leave_yield(&mut self) -> Option<Step> {
        let (mem, sp) = (self.u.mem, self.frame.sp());
        if let Some(saved) = exception::interrupt(mem, sp) {
            return Some(self.restored(saved));
        }
        let at_entry = self.frame.kind != FrameKind::Caller && prologue::at_entry(mem, self.frame.pc);
        if self.frame.a[0] >> 30 >= 2 || at_entry {
            return None;
        }
        let saved = exception::solicited(mem, sp)?;
        self.newest = false;
        self.frame.a[0] = saved.context.a(0);
        self.frame.known |= 3;
        Some(self.windowed_return())
    }

    /// Continues with a complete frame whose windows are not all spilled yet.
    fn interrupted_in(&mut self, base: u32, saved: Saved) -> Step {
        let windowstart = self.windowstart(base);
        let (pc, ps) = (saved.context.pc, saved.context.ps);
        let mut back = Context { windowbase: base, windowstart, pc, ps, ..self.ctx.clone() };
        (0..16).for_each(|n| back.set_a(n, saved.context.a(n)));
        self.newest = false;
        self.interrupted(back, true)
    }

    /// Steps out of the spilling of windows: one of the windows belongs to the code that requested it.
    fn leave_spill(&mut self) -> Option<Step> {
        if let Some((base, saved)) = self.spilling_handler() {
            return Some(self.interrupted_in(base, saved));
        }
        let mem = self.u.mem;
        for base in self.bases() {
            let sp = self.ctx.window(base)[1];
            let ra = mem.u32(sp.wrapping_add(4)).unwrap_or(0);
            let status = mem.u32(sp.wrapping_add(8)).unwrap_or(u32::MAX);
            if is_stack(sp)
                && ra >> 30 == 2
                && is_code(ra & 0x3FFF_FFFF | CODE_BASE)
                && status & !ps::MASK == 0
            {
                (self.newest, self.live) = (false, Some(base));
                self.ctx.windowstart = self.windowstart(base);
                self.frame.a = self.ctx.window(base);
                self.frame.a[0] = ra;
                return Some(self.windowed_return());
            }
        }
        None
    }

    /// Returns WINDOWSTART with the frames that were live when the window at `base` requested the spilling.
    fn windowstart(&self, base: u32) -> u32 {
        let pc = self.frame.pc;
        let start = self
            .u
            .names
            .function(pc)
            .filter(|(name, _)| exception::port(name) == Some(PortFunction::IdfSpill));
        match start {
            Some((_, start)) if exception::in_spilling_loop(self.u.mem, start, pc) => {
                self.ctx.before_spilling(base)
            }
            _ => self.ctx.windowstart,
        }
    }

    /// Returns true if an address is in the function that saves an interrupted task.
    fn in_save(&self, pc: u32) -> bool {
        self.u.names.function(pc).is_some_and(|(name, _)| name == SAVE)
    }

    /// Returns all windows, from the current one down.
    fn bases(&self) -> impl Iterator<Item = u32> + use<> {
        let current = self.ctx.windowbase;
        (0..16).map(move |n| current.wrapping_sub(n) & 15)
    }

    /// Finds the interrupt handler whose window requested the spilling, by the contents of its a0 meanwhile: the return
    /// address of the HAL's routine, or EPC1, which overflows overwrite. At the beginning and at the end it is neither.
    fn spilling_handler(&self) -> Option<(u32, Saved)> {
        let a0 = |base: u32| self.ctx.window(base)[0];
        let frame = |base: u32, pc: u32| {
            let sp = self.ctx.window(base)[1];
            is_stack(sp)
                .then(|| exception::around(self.u.mem, sp, pc, a0(base)))
                .flatten()
                .map(|saved| (base, saved))
        };
        let in_port = |base: &u32| self.in_save(a0(*base));
        let epc = self.ctx.epc[1];
        let returns = || self.bases().filter(in_port).find_map(|base| frame(base, epc));
        let kept = || self.bases().find_map(|base| frame(base, a0(base)));
        let plain = || self.bases().filter(|base| self.ctx.is_live(*base)).find_map(|base| frame(base, epc));
        returns().or_else(kept).or_else(plain)
    }

    fn leave_demo(&mut self) -> Option<Step> {
        let mem = self.u.mem;
        let excm = self.newest && self.ctx.ps & ps::EXCM != 0;
        let wanted = |s: &Saved| !self.newest || s.context.pc == self.ctx.epc[1];
        let mut found = [0, 2].into_iter().find_map(|n| exception::demo(mem, self.frame.a[n]).filter(wanted));
        if found.is_none() && self.newest && !excm {
            let windows = (0..16).map(|base| self.ctx.window(base)[2]);
            found = windows.filter_map(|at| exception::demo(mem, at)).find(wanted);
        }
        if let Some(saved) = found {
            return Some(self.restored(saved));
        }
        if excm {
            let back = exception::just_taken(mem, &self.ctx, 1, None)?;
            self.newest = false;
            return Some(self.interrupted(back, true));
        }
        None
    }
}
