//! What debuggers do to a machine, in its input log: each deed with the exact place in the run where it was done, also
//! inside a slice, so that a replay does it there again.
//!
//! A place is both cores' cycle counts: the run is monotone in them, so the first moment at which both are reached is
//! the place. An interrupt takes no cycle; the PCs tell whether it was taken already.

use super::super::{Input, Machine};
use esplens_core::memory::CORES;
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};

/// A moment of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Virtual time at the beginning of the slice.
    pub(super) at: Ticks,
    pub(super) cycles: [u64; CORES],
    pub(super) pc: [u32; CORES],
    /// Inside a slice, not between two.
    pub(super) inside: bool,
    /// Inputs that have taken effect.
    pub(super) applied: u64,
}

impl Place {
    /// The same place before a core took an interrupt there: an interrupt takes no cycle.
    #[must_use]
    pub fn before_interrupt(mut self, core: usize, pc: u32) -> Self {
        self.pc[core & 1] = pc;
        self
    }
}

/// What a debugger did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deed {
    /// [`Machine::set_core_register`]: core, number, value.
    Register(u8, u16, u32),
    /// [`Machine::write_memory`]: core, address, bytes.
    Memory(u8, u32, Vec<u8>),
    /// [`Machine::read_real`]: core, address, bytes; reading a register may change things.
    Read(u8, u32, u8),
    /// [`Machine::write_flash`]: offset, bytes.
    Flash(u32, Vec<u8>),
    /// [`Machine::reset`].
    Reset,
    /// [`Machine::set_straps`].
    Straps(u32),
    /// Interrupts of a core are held off while it steps, or no longer.
    Hold(u8, bool),
    /// Cores that stand still (scheduler locking).
    Freeze([bool; CORES]),
}

impl Deed {
    /// Bytes of its content.
    pub(in crate::machine) fn bytes(&self) -> usize {
        match self {
            Self::Memory(.., bytes) | Self::Flash(_, bytes) => bytes.len(),
            _ => 0,
        }
    }
}

/// A step that holds interrupts off, under way.
pub(super) struct Hold {
    core: usize,
    from: Place,
    /// Where in the log its beginning belongs.
    at: usize,
    due: bool,
}

impl Machine {
    /// Where the run stands.
    #[must_use]
    pub fn place(&self) -> Place {
        let [a, b] = &self.cpus;
        Place {
            at: self.now,
            cycles: [a.cycles, b.cycles],
            pc: [a.pc, b.pc],
            inside: self.slice.is_some(),
            applied: self.applied,
        }
    }

    /// Puts a deed into the log; call before doing it.
    pub(in super::super) fn note(&mut self, deed: Deed) {
        self.fork();
        let place = self.place();
        self.logged(Input::Debug(place, deed));
    }

    /// Writes flash as a programmer at its pins would; bytes past its end are dropped.
    pub fn write_flash(&mut self, offset: u32, bytes: &[u8]) {
        self.note(Deed::Flash(offset, bytes.to_vec()));
        self.do_write_flash(offset, bytes);
    }

    fn do_write_flash(&mut self, offset: u32, bytes: &[u8]) {
        if let Some(flash) = self.soc.sys.flash {
            self.mem.write_region(flash, offset as usize, bytes);
        }
    }

    fn do_deed(&mut self, deed: &Deed) {
        match deed {
            Deed::Register(core, number, value) => {
                _ = self.do_set_core_register(usize::from(core & 1), *number, *value);
            }
            Deed::Memory(core, addr, bytes) => _ = self.do_write_memory(usize::from(core & 1), *addr, bytes),
            // What came back was for the debugger.
            Deed::Read(core, addr, size) => _ = self.do_read_real(usize::from(core & 1), *addr, *size),
            Deed::Flash(offset, bytes) => self.do_write_flash(*offset, bytes),
            Deed::Reset => self.do_reset(),
            Deed::Straps(pins) => self.soc.sys.strap_pins = *pins,
            Deed::Hold(core, on) => self.cpus[usize::from(core & 1)].irq_held = *on,
            Deed::Freeze(frozen) => self.debug.frozen = *frozen,
        }
    }

    /// The place of the deed that is to be replayed next.
    pub(super) fn next_place(&self) -> Option<Place> {
        match self.replay.front() {
            Some((_, Input::Debug(place, _))) => Some(*place),
            _ => None,
        }
    }

    /// Does again what is due here. True when something was.
    pub(in super::super) fn replay_deeds(&mut self) -> bool {
        let mut any = false;
        while let Some(place) = self.next_place() {
            if !self.reached(&place) || self.due_place().is_some() {
                return any;
            }
            self.take_interrupts_of(&place);
            if let Some((_, Input::Debug(place, deed))) = self.replay.pop_front() {
                self.logged(Input::Debug(place, deed.clone()));
                self.do_deed(&deed);
            }
            any = true;
        }
        any
    }

    /// Holds interrupts of a core off, or lets them in. What is repeated has them when it had them.
    pub(super) fn begin_hold(&mut self, core: usize, held: bool) -> Option<Hold> {
        if self.repeats() {
            return None;
        }
        self.cpus[core].irq_held = false;
        let due = self.cpus[core].deliverable() > 0;
        self.cpus[core].irq_held = held;
        held.then(|| Hold { core, from: self.place(), at: self.log.len(), due })
    }

    /// The end of a hold: what kept an interrupt waiting goes into the log.
    pub(super) fn end_hold(&mut self, core: usize, hold: Option<Hold>) {
        let Some(hold) = hold else { return };
        self.cpus[core].irq_held = false;
        if hold.due || self.cpus[core].deliverable() > 0 {
            let begin = Input::Debug(hold.from, Deed::Hold(hold.core as u8, true));
            let now = self.log.get(hold.at).map_or(self.now, |(at, _)| *at).min(self.now);
            self.log.insert(hold.at.min(self.log.len()), (now, begin));
            self.applied += 1;
            self.note(Deed::Hold(core as u8, false));
        }
    }

    /// Sets which cores stand still. What is repeated has them stand still as they did.
    pub(super) fn freeze(&mut self, frozen: [bool; CORES]) {
        if self.debug.frozen != frozen && !self.repeats() {
            self.note(Deed::Freeze(frozen));
            self.debug.frozen = frozen;
        }
    }
}
