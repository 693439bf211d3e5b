//! Trace events of the cores: interrupts, exceptions, window spills, task switches.

use super::Soc;
use crate::trace::{TraceEvent, TraceLine};
use esplens_core::cpu::exception::{Cause, cause_name, vector};
use esplens_core::cpu::interrupt::LEVEL_MASK;
use esplens_core::memory::{Access, TrapInfo};

/// Returns the trace event for a taken vector, and its text.
fn describe(what: TrapInfo) -> (TraceEvent, impl FnOnce(u32) -> String) {
    let TrapInfo { vector, cause, vaddr, pending } = what;
    let level = match vector {
        vector::LEVEL2..vector::KERNEL => (vector - vector::LEVEL2) / 0x40 + 2,
        vector::KERNEL | vector::USER if cause == Cause::Level1Interrupt as u32 => 1,
        _ => 0,
    };
    let event = match (vector, level) {
        (0..vector::LEVEL2, _) if vector & 0x40 == 0 => TraceEvent::WindowOverflow,
        (0..vector::LEVEL2, _) => TraceEvent::WindowUnderflow,
        // Level 6 is reserved for debug exceptions.
        (_, 1..=5 | 7) => TraceEvent::IrqTake,
        _ => TraceEvent::Exception,
    };
    let text = move |pc: u32| match event {
        TraceEvent::WindowOverflow | TraceEvent::WindowUnderflow => {
            format!("{} registers, EPC {pc:#010x}", 4 * (vector / 0x80 + 1))
        }
        TraceEvent::IrqTake => {
            let pending = pending & LEVEL_MASK[level as usize];
            format!("level {level}, pending {pending:#010x}, EPC {pc:#010x}")
        }
        _ if level == 6 => format!("debug, EPC {pc:#010x}"),
        _ => {
            let double = if vector == vector::DOUBLE { "double, " } else { "" };
            format!("{double}{} ({cause}), EPC {pc:#010x}, EXCVADDR {vaddr:#010x}", cause_name(cause))
        }
    };
    (event, text)
}

impl Soc {
    /// Traces an exception or interrupt that a core took.
    pub(crate) fn trace_trap(&mut self, a: &Access, what: TrapInfo) {
        let (event, text) = describe(what);
        if self.sys.trace.on(event) {
            let at = self.base.at(a.core, a.cycle);
            self.sys.trace_line(a.mem, TraceLine::new(event, at, (a.core as u8, a.pc), text(a.pc)));
        }
    }

    /// Traces a store to a word that holds the running task of a core.
    pub(crate) fn trace_stored(&mut self, a: &Access, addr: u32, old: u32, tcb: u32) {
        if old == tcb || !self.sys.trace.on(TraceEvent::TaskSwitch) {
            return;
        }
        let at = self.base.at(a.core, a.cycle);
        // A core's scheduler may select the task of the other core: the line names the core that the word belongs to.
        let core = self.sys.current_tcb_addrs.iter().position(|w| *w == addr).unwrap_or(a.core);
        let text = format!("{old:#010x} -> {tcb:#010x}");
        let line = TraceLine { tcb, ..TraceLine::new(TraceEvent::TaskSwitch, at, (core as u8, a.pc), text) };
        self.sys.trace_line(a.mem, line);
    }
}
