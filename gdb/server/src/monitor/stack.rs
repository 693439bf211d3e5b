//! The stack as shown to users: inlined calls are separate levels, numbered as in GDB.

use esplens_debuginfo::rtos::{self, Rtos};
use esplens_debuginfo::symbols::{SourceFrame, Symbols};
use esplens_debuginfo::unwind::{
    Backtrace, BacktraceEnd, Bytes, Context, FrameKind, ReadMemory, UnwindNames,
};
use esplens_supervisor::{MachineMemory, Session};

/// Function names for the code that is in memory at the moment.
pub struct Present<'a> {
    /// Symbols of all files.
    pub symbols: &'a Symbols,
    /// Memory, to check which file's code is loaded.
    pub mem: &'a dyn ReadMemory,
}

impl Present<'_> {
    /// Queries only the files whose code is loaded at `pc`.
    pub fn ask<T>(&self, pc: u32, of: impl Fn(&Symbols) -> T) -> T {
        self.symbols.present_at(pc, &Bytes(self.mem)).map_or_else(|| of(self.symbols), |present| of(&present))
    }
}

impl UnwindNames for Present<'_> {
    fn function(&self, pc: u32) -> Option<(String, u32)> {
        self.ask(pc, |symbols| symbols.function(pc))
    }
}

/// A stack frame, or a call that was inlined into one.
pub struct Level {
    /// Number of the stack frame.
    pub frame: usize,
    /// Inlining level within the frame, counted from the innermost as in [`Symbols::frames_at`].
    pub inlined: usize,
    /// The PC.
    pub pc: u32,
    /// Stack pointer.
    sp: u32,
    /// Function and line; `None` if no file has them.
    pub source: Option<SourceFrame>,
    /// The frame was entered by an interrupt or exception, not by a call.
    interrupted: bool,
}

impl Level {
    /// Returns the level in GDB's format, without its number.
    #[must_use]
    pub fn text(&self) -> String {
        let Some(source) = &self.source else {
            return format!("{:#010x} sp {:#010x}", self.pc, self.sp);
        };
        let name = source.function.as_deref().unwrap_or("??");
        let inlined = if source.inlined { " (inlined)" } else { "" };
        let place = self.place().map_or(String::new(), |(f, l)| format!(" at {f}:{l}"));
        format!("{:#010x} in {name}{inlined}{place}", self.pc)
    }

    /// Returns the file and line.
    #[must_use]
    pub fn place(&self) -> Option<(&str, u32)> {
        let source = self.source.as_ref()?;
        Some((source.file.as_deref()?, source.line?))
    }
}

/// Returns all levels of a backtrace.
pub fn levels(trace: &Backtrace, present: Option<&Present>) -> Vec<Level> {
    let mut out = Vec::new();
    let last = trace.frames.len() - 1;
    for (n, frame) in trace.frames.iter().enumerate() {
        // The outermost return address may be the first address of a function: the one that a task returns to at its
        // end.
        let starts = n == last
            && present.and_then(|p| p.symbols.function_at(frame.pc)).is_some_and(|f| f.addr == frame.pc);
        let at = if starts { frame.pc } else { frame.lookup() };
        let sources = present.map_or_else(Vec::new, |p| p.ask(at, |symbols| symbols.frames_at(at)));
        let mut sources: Vec<Option<SourceFrame>> = sources.into_iter().map(Some).collect();
        if sources.is_empty() {
            sources.push(None);
        }
        for (inlined, source) in sources.into_iter().enumerate() {
            let interrupted = inlined == 0 && frame.kind == FrameKind::Interrupted;
            out.push(Level { frame: n, inlined, pc: frame.pc, sp: frame.sp(), source, interrupted });
        }
    }
    out
}

/// Returns a backtrace in GDB's format.
pub fn show(trace: &Backtrace, present: Option<&Present>) -> String {
    let mut out = String::new();
    for (n, level) in levels(trace, present).iter().enumerate() {
        if level.interrupted {
            out.push_str("    <interrupted here>\n");
        }
        out.push_str(&format!("#{n:<3}{}\n", level.text()));
    }
    if trace.end != BacktraceEnd::Outermost {
        out.push_str(&format!("{}\n", trace.end));
    }
    out
}

/// Returns the backtrace of the core that stopped last.
pub fn of_core(s: &Session, rtos: Option<&Rtos>, symbols: &Symbols) -> Backtrace {
    let core = s.last_core();
    let mem = MachineMemory { machine: s.machine(), core };
    let present = Present { symbols, mem: &mem };
    let names: &dyn UnwindNames = match rtos {
        Some(rtos) if symbols.is_empty() => &*rtos.source,
        _ => &present,
    };
    rtos::core_backtrace(rtos, &mem, names, &Context::of_core(s.machine().cpu(core), core))
}
