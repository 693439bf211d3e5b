//! Debuggers' actions in the machine's input log. Each action is logged with its exact position in the run, which may
//! be inside a slice, so that a replay repeats it there.
//!
//! A position is both cores' cycle counts. They never decrease, so the position is the first point of the run at which
//! both are reached. Taking an interrupt takes no cycle; the PCs show whether it was already taken.

use super::super::{Input, Machine};
use esplens_core::memory::CORES;
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};

/// A position in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecPosition {
    /// Virtual time at the start of the slice.
    pub(super) at: Ticks,
    pub(super) cycles: [u64; CORES],
    pub(super) pc: [u32; CORES],
    /// The position is inside a slice, not between two.
    pub(super) inside: bool,
    /// Number of inputs that have taken effect.
    pub(super) applied: u64,
}

impl ExecPosition {
    /// Returns the same position before a core took an interrupt there: taking an interrupt takes no cycle.
    #[must_use]
    pub fn before_interrupt(mut self, core: usize, pc: u32) -> Self {
        self.pc[core & 1] = pc;
        self
    }
}

/// A debugger's action that affects the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DebugAction {
    /// [`Machine::set_core_register`]: core, number, value.
    Register(u8, u16, u32),
    /// [`Machine::write_memory`]: core, address, bytes.
    Memory(u8, u32, Vec<u8>),
    /// [`Machine::read_real`]: core, address, size in bytes. Reading a register may have side effects.
    Read(u8, u32, u8),
    /// [`Machine::write_flash`]: offset, bytes.
    Flash(u32, Vec<u8>),
    /// [`Machine::reset`].
    Reset,
    /// [`Machine::set_straps`].
    Straps(u32),
    /// Interrupts of a core are held off while it steps (true), or allowed again.
    Hold(u8, bool),
    /// Cores that are held (scheduler locking).
    Freeze([bool; CORES]),
}

impl DebugAction {
    /// Returns the size of its contents in bytes.
    pub(in crate::machine) fn bytes(&self) -> usize {
        match self {
            Self::Memory(.., bytes) | Self::Flash(_, bytes) => bytes.len(),
            _ => 0,
        }
    }
}

/// A step in progress that holds interrupts off.
pub(super) struct Hold {
    core: usize,
    from: ExecPosition,
    /// Index in the log at which its start belongs.
    at: usize,
    due: bool,
}

impl Machine {
    /// Returns the current position of the run.
    #[must_use]
    pub fn position(&self) -> ExecPosition {
        let [a, b] = &self.cpus;
        ExecPosition {
            at: self.now,
            cycles: [a.cycles, b.cycles],
            pc: [a.pc, b.pc],
            inside: self.slice.is_some(),
            applied: self.applied,
        }
    }

    /// Logs an action; must be called before the action is carried out.
    pub(in super::super) fn note(&mut self, action: DebugAction) {
        self.diverge();
        let position = self.position();
        self.logged(Input::Debug(position, action));
    }

    /// Writes flash as a programmer at its pins would. Bytes past its end are dropped.
    pub fn write_flash(&mut self, offset: u32, bytes: &[u8]) {
        self.note(DebugAction::Flash(offset, bytes.to_vec()));
        self.do_write_flash(offset, bytes);
    }

    fn do_write_flash(&mut self, offset: u32, bytes: &[u8]) {
        if let Some(flash) = self.soc.sys.flash {
            self.mem.write_region(flash, offset as usize, bytes);
        }
    }

    fn do_action(&mut self, action: &DebugAction) {
        match action {
            DebugAction::Register(core, number, value) => {
                _ = self.do_set_core_register(usize::from(core & 1), *number, *value);
            }
            DebugAction::Memory(core, addr, bytes) => {
                _ = self.do_write_memory(usize::from(core & 1), *addr, bytes)
            }
            // The result was for the debugger.
            DebugAction::Read(core, addr, size) => _ = self.do_read_real(usize::from(core & 1), *addr, *size),
            DebugAction::Flash(offset, bytes) => self.do_write_flash(*offset, bytes),
            DebugAction::Reset => self.do_reset(),
            DebugAction::Straps(pins) => self.soc.sys.strap_pins = *pins,
            DebugAction::Hold(core, on) => self.cpus[usize::from(core & 1)].irq_held = *on,
            DebugAction::Freeze(frozen) => self.debug.frozen = *frozen,
        }
    }

    /// Returns the position of the action that is to be replayed next.
    pub(super) fn next_action_position(&self) -> Option<ExecPosition> {
        match self.replay.front() {
            Some((_, Input::Debug(position, _))) => Some(*position),
            _ => None,
        }
    }

    /// Repeats the actions that are due at the current position. Returns true if there were any.
    pub(in super::super) fn replay_actions(&mut self) -> bool {
        let mut any = false;
        while let Some(position) = self.next_action_position() {
            if !self.reached(&position) || self.due_position().is_some() {
                return any;
            }
            self.take_interrupts_of(&position);
            if let Some((_, Input::Debug(position, action))) = self.replay.pop_front() {
                self.logged(Input::Debug(position, action.clone()));
                self.do_action(&action);
            }
            any = true;
        }
        any
    }

    /// Starts holding off a core's interrupts for a step, or allowing them. Does nothing in a replay, which repeats the
    /// logged actions.
    pub(super) fn begin_hold(&mut self, core: usize, held: bool) -> Option<Hold> {
        if self.is_replaying() {
            return None;
        }
        self.cpus[core].irq_held = false;
        let due = self.cpus[core].deliverable() > 0;
        self.cpus[core].irq_held = held;
        held.then(|| Hold { core, from: self.position(), at: self.log.len(), due })
    }

    /// Ends holding off interrupts. If an interrupt was held off, start and end are logged.
    pub(super) fn end_hold(&mut self, core: usize, hold: Option<Hold>) {
        let Some(hold) = hold else { return };
        self.cpus[core].irq_held = false;
        if hold.due || self.cpus[core].deliverable() > 0 {
            let begin = Input::Debug(hold.from, DebugAction::Hold(hold.core as u8, true));
            let now = self.log.get(hold.at).map_or(self.now, |(at, _)| *at).min(self.now);
            self.log.insert(hold.at.min(self.log.len()), (now, begin));
            self.applied += 1;
            self.note(DebugAction::Hold(core as u8, false));
        }
    }

    /// Sets which cores are held. Does nothing in a replay, which repeats the logged actions.
    pub(super) fn freeze(&mut self, frozen: [bool; CORES]) {
        if self.debug.frozen != frozen && !self.is_replaying() {
            self.note(DebugAction::Freeze(frozen));
            self.debug.frozen = frozen;
        }
    }
}
