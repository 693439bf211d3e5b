//! Break- and watchpoints. Engines hear of breakpoints only when the machine runs: debuggers take all of them out at
//! every stop and put them back at every continue, which would cost the engines their decoded code each time.

use super::super::{Machine, RunExit};
use crate::system::Frame;
use esplens_core::debug::Stop;
use esplens_core::engine::Engine;
use esplens_core::memory::{Watch, WatchKind, WatchOwner};

/// More stale addresses than this are taken out of the engines at the next run.
const MAX_STALE: usize = 64;

impl Machine {
    /// Adds a breakpoint for both cores; the same address may be added more than once.
    pub fn add_breakpoint(&mut self, addr: u32) {
        *self.debug.breaks.entry(addr).or_insert(0) += 1;
        self.debug.changed = true;
    }

    /// Takes one breakpoint at `addr` away. False: there was none.
    pub fn remove_breakpoint(&mut self, addr: u32) -> bool {
        let Some(count) = self.debug.breaks.get_mut(&addr) else { return false };
        *count -= 1;
        if *count == 0 {
            self.debug.breaks.remove(&addr);
            self.debug.changed = true;
        }
        true
    }

    /// Adds watchpoint `id` over `len` bytes at `addr`.
    pub fn add_watchpoint(&mut self, id: usize, addr: u32, len: u32, kind: WatchKind) {
        let watch = Watch { addr, len: len.max(1), kind, owner: WatchOwner::Debugger };
        self.mem.set_watch(id, watch);
    }

    /// Takes watchpoint `id` away.
    pub fn remove_watchpoint(&mut self, id: usize) {
        self.mem.clear_watch(id);
    }

    /// Stops both cores when they take one of these interrupts, a bit each.
    pub fn break_on_interrupts(&mut self, mask: u32) {
        self.engines.iter_mut().for_each(|e| e.set_irq_break(mask));
    }

    /// Stops after every frame, or does not.
    pub fn break_on_frames(&mut self, on: bool) {
        self.soc.sys.tap.on = on;
        self.soc.sys.tap.seen.clear();
    }

    /// The frames behind the last [`Stop::Frame`].
    #[must_use]
    pub fn frames_seen(&self) -> &[Frame] {
        &self.soc.sys.tap.seen
    }

    /// The exit for a frame that passed.
    pub(in super::super) fn frame_stop(&self) -> Option<RunExit> {
        let core = usize::from(self.soc.sys.tap.seen.first()?.core);
        Some(RunExit::Stopped { core, stop: Stop::Frame })
    }

    /// Sets or clears a breakpoint for both cores at once.
    pub fn set_breakpoint(&mut self, addr: u32, on: bool) {
        if on {
            self.add_breakpoint(addr);
        } else {
            self.remove_breakpoint(addr);
        }
        self.sync_points();
    }

    /// True when somebody has a breakpoint at `addr`.
    pub(super) fn wanted(&self, addr: u32) -> bool {
        self.debug.breaks.contains_key(&addr)
    }

    /// Tells the engines about breakpoints they do not know. Called before every piece of a run: free when nothing
    /// changed, however many there are.
    pub(super) fn sync_points(&mut self) {
        let debug = &mut self.debug;
        if !std::mem::take(&mut debug.changed) {
            return;
        }
        let fresh: Vec<u32> = debug.breaks.keys().copied().filter(|a| !debug.in_engine.contains(a)).collect();
        let stale = debug.in_engine.len() + fresh.len() - debug.breaks.len();
        let drop: Vec<u32> = if stale > MAX_STALE || stale > 0 && !fresh.is_empty() {
            debug.in_engine.iter().copied().filter(|a| !debug.breaks.contains_key(a)).collect()
        } else {
            Vec::new()
        };
        for (list, on) in [(drop, false), (fresh, true)] {
            for addr in list {
                self.engines.iter_mut().for_each(|e| e.set_breakpoint(addr, on));
                if on {
                    self.debug.in_engine.insert(addr);
                } else {
                    self.debug.in_engine.remove(&addr);
                }
            }
        }
    }
}
