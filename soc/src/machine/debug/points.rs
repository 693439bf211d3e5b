//! Breakpoints and watchpoints. The engines are updated only when the machine runs: debuggers remove all breakpoints at
//! every stop and set them again at every continue, and updating the engines each time would discard their decoded
//! code.

use super::super::{Machine, RunExit};
use crate::system::NetFrame;
use esplens_core::debug::Stop;
use esplens_core::engine::Engine;
use esplens_core::memory::{Watch, WatchKind, WatchOwner};

/// Number of stale breakpoints above which they are removed from the engines at the next run.
const MAX_STALE: usize = 64;

impl Machine {
    /// Adds a breakpoint for both cores; the same address may be added more than once.
    pub fn add_breakpoint(&mut self, addr: u32) {
        *self.debug.breaks.entry(addr).or_insert(0) += 1;
        self.debug.changed = true;
    }

    /// Removes one breakpoint at `addr`. Returns false if there is none.
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

    /// Removes watchpoint `id`.
    pub fn remove_watchpoint(&mut self, id: usize) {
        self.mem.clear_watch(id);
    }

    /// Stops both cores when they take one of these interrupts, one bit each.
    pub fn break_on_interrupts(&mut self, mask: u32) {
        self.engines.iter_mut().for_each(|e| e.set_irq_break(mask));
    }

    /// Sets whether to stop after every Ethernet or 802.11 frame.
    pub fn break_on_frames(&mut self, on: bool) {
        self.soc.sys.tap.on = on;
        self.soc.sys.tap.seen.clear();
    }

    /// Returns the frames that caused the last [`Stop::NetFrame`].
    #[must_use]
    pub fn frames_seen(&self) -> &[NetFrame] {
        &self.soc.sys.tap.seen
    }

    /// Returns the exit for a recorded frame or a stop of the ULP, if there is one.
    pub(in super::super) fn frame_stop(&self) -> Option<RunExit> {
        if let Some(pc) = self.soc.sys.ulp.debug.hit {
            return Some(RunExit::Stopped { core: 0, stop: Stop::Coprocessor { addr: u32::from(pc) * 4 } });
        }
        let core = usize::from(self.soc.sys.tap.seen.first()?.core);
        Some(RunExit::Stopped { core, stop: Stop::NetFrame })
    }

    /// Sets or clears a breakpoint of the ULP at a byte address of RTC slow memory. The machine stops before the ULP
    /// executes the instruction there. Changes that are made during the stop precede the instruction; a replay of the
    /// run makes them after it.
    pub fn set_ulp_breakpoint(&mut self, addr: u32, on: bool) {
        let word = (addr / 4) as u16;
        let breaks = &mut self.soc.sys.ulp.debug.breaks;
        _ = if on { breaks.insert(word) } else { breaks.remove(&word) };
    }

    /// Makes the machine stop before the ULP's next instruction after the one at which it is stopped.
    pub fn step_ulp(&mut self) {
        self.soc.sys.ulp.debug.step = true;
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

    /// Returns true if a client has a breakpoint at `addr`.
    pub(super) fn wanted(&self, addr: u32) -> bool {
        self.debug.breaks.contains_key(&addr)
    }

    /// Updates the engines' breakpoints. Called before every part of a run: costs nothing if nothing changed,
    /// regardless of their number.
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
