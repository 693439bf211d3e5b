//! Which events are traced, and the hooks that follow from it.

use super::Machine;
use crate::net::host;
use crate::trace::{Event, Line, Trace};
use esplens_core::engine::Engine;
use esplens_core::memory::CORES;

/// Events that the engines must report.
const TAKEN: [Event; 4] = [Event::IrqTake, Event::Exception, Event::WindowOverflow, Event::WindowUnderflow];

impl Machine {
    /// Which events are traced.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Which events are traced, to change it.
    pub fn trace_mut(&mut self) -> &mut Trace {
        &mut self.trace
    }

    /// Traces these events too; replaces what was asked for here before.
    pub fn trace_too(&mut self, trace: Trace) {
        self.trace_too = trace;
    }

    /// Where FreeRTOS keeps the control block of each core's running task (`pxCurrentTCB` or `pxCurrentTCBs[2]`; 0:
    /// none): lines then carry the task, and [`Event::TaskSwitch`] works. Changes nothing the guest could see.
    pub fn watch_tasks(&mut self, words: [u32; CORES]) {
        self.soc.sys.task_words = words;
    }

    /// The control block of the task that runs on a core; 0 where it is not known.
    #[must_use]
    pub fn current_task(&self, core: usize) -> u32 {
        self.soc.sys.current_task(&self.mem, core)
    }

    /// Brings the hooks in line with which events are on.
    pub(super) fn sync_trace(&mut self) {
        let wanted = self.trace.union(self.trace_too);
        let words = if wanted.on(Event::TaskSwitch) { self.soc.sys.task_words } else { [0; CORES] };
        if (wanted, words) == (self.soc.sys.trace, self.noted) {
            return;
        }
        (self.soc.sys.trace, self.noted) = (wanted, words);
        self.mem.note_stores(words);
        let report = TAKEN.iter().any(|e| wanted.on(*e));
        self.engines.iter_mut().for_each(|e| e.report(report));
    }

    /// What the host's sockets say.
    pub(super) fn trace_host(&mut self, event: &host::Event) {
        if self.soc.sys.trace.on(Event::NetHost) {
            let text: String = format!("{event:?}").chars().take(200).collect();
            self.soc.sys.trace_line(&self.mem, Line::new(Event::NetHost, self.now, (0, 0), text));
        }
    }
}
