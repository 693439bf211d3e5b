//! Selection of traced events, and the hooks they need.

use super::Machine;
use crate::net::host;
use crate::trace::{TraceEvent, TraceLine, TraceSet};
use esplens_core::engine::Engine;
use esplens_core::memory::CORES;

/// Events that the engines report.
const TAKEN: [TraceEvent; 4] =
    [TraceEvent::IrqTake, TraceEvent::Exception, TraceEvent::WindowOverflow, TraceEvent::WindowUnderflow];

impl Machine {
    /// Returns the traced events.
    #[must_use]
    pub fn trace(&self) -> &TraceSet {
        &self.trace
    }

    /// Returns the traced events for modification.
    pub fn trace_mut(&mut self) -> &mut TraceSet {
        &mut self.trace
    }

    /// Traces these events in addition; replaces those of the last call.
    pub fn trace_too(&mut self, trace: TraceSet) {
        self.trace_too = trace;
    }

    /// Sets the addresses of FreeRTOS's pointers to each core's running task (`pxCurrentTCB` or `pxCurrentTCBs[2]`; 0:
    /// none). Lines then contain the task, and [`TraceEvent::TaskSwitch`] works. Has no effect visible to the guest.
    pub fn watch_tasks(&mut self, words: [u32; CORES]) {
        self.soc.sys.current_tcb_addrs = words;
    }

    /// Returns the control block of the task running on a core; 0 if unknown.
    #[must_use]
    pub fn current_task(&self, core: usize) -> u32 {
        self.soc.sys.current_task(&self.mem, core)
    }

    /// Installs the hooks that the enabled events need.
    pub(super) fn sync_trace(&mut self) {
        let wanted = self.trace.union(self.trace_too);
        let words =
            if wanted.on(TraceEvent::TaskSwitch) { self.soc.sys.current_tcb_addrs } else { [0; CORES] };
        if (wanted, words) == (self.soc.sys.trace, self.store_probes) {
            return;
        }
        (self.soc.sys.trace, self.store_probes) = (wanted, words);
        self.mem.set_store_probes(words);
        let report_traps = TAKEN.iter().any(|e| wanted.on(*e));
        self.engines.iter_mut().for_each(|e| e.report_traps(report_traps));
    }

    /// Traces an event of the host's sockets.
    pub(super) fn trace_host(&mut self, event: &host::HostEvent) {
        if self.soc.sys.trace.on(TraceEvent::NetHost) {
            let text: String = format!("{event:?}").chars().take(200).collect();
            self.soc.sys.trace_line(&self.mem, TraceLine::new(TraceEvent::NetHost, self.now, (0, 0), text));
        }
    }
}
