//! Text report on a core file.

use super::code::CodeBytes;
use super::places;
use crate::coredump::{CoreFile, Thread};
use crate::rtos::Rtos;
use crate::symbols::Symbols;
use crate::unwind::{Backtrace, BacktraceEnd, ReadMemory, Unwinder, Words, exception, unwind};
use std::sync::Arc;

/// Memory of the core file, then of the program's ELF files.
struct Both<'a>(&'a CoreFile, &'a CodeBytes);

impl ReadMemory for Both<'_> {
    fn peek(&self, addr: u32, out: &mut [u8]) -> usize {
        match self.0.peek(addr, out) {
            0 => self.1.peek(addr, out),
            n => n,
        }
    }
}

/// Describes all threads with their backtraces.
#[must_use]
pub fn explain_core(core: &CoreFile, symbols: &Arc<Symbols>) -> String {
    let code = CodeBytes::of(symbols);
    let mem = Both(core, &code);
    let rtos = Rtos::find(symbols.clone());
    let mut out =
        format!("core dump: {} threads, {} pieces of memory\n", core.threads.len(), core.memory.len());
    for (n, thread) in core.threads.iter().enumerate() {
        let name = thread.name.clone().or_else(|| {
            let tcb = rtos.as_ref()?.layout.tcb?;
            mem.text(thread.id.wrapping_add(tcb.name), tcb.name_len as usize)
        });
        let crashed = if n == 0 { " (stopped here)" } else { "" };
        let name = name.filter(|n| !n.is_empty()).unwrap_or_else(|| "?".into());
        out.push_str(&format!("thread {:#010x} {name}{crashed}\n", thread.id));
        let trace = trace(&mem, symbols, thread, n == 0);
        for frame in &trace.frames {
            let lines = places(symbols, frame.lookup());
            if lines.is_empty() {
                out.push_str(&format!("    {:#010x}\n", frame.pc));
            }
            lines.iter().for_each(|l| out.push_str(&format!("    {}\n", l.trim_start_matches("--- "))));
        }
        if trace.end != BacktraceEnd::Outermost {
            out.push_str(&format!("    {}\n", trace.end));
        }
    }
    out
}

fn trace(mem: &dyn ReadMemory, symbols: &Symbols, thread: &Thread, crashed: bool) -> Backtrace {
    let u = Unwinder { mem, names: symbols, interrupted: None };
    // For a task that yielded, ESP-IDF writes the registers of one stack frame too far out. The frame that the kernel
    // saved is in the file as well.
    let saved = mem.u32(thread.id).filter(|_| !crashed).and_then(|top| exception::any(mem, top));
    match saved {
        Some(saved) => {
            let mut trace = unwind(&u, &saved.context);
            if saved.form == exception::Form::Solicited && trace.frames.len() > 1 {
                trace.frames.remove(0);
            }
            trace
        }
        None => unwind(&u, &thread.context),
    }
}
