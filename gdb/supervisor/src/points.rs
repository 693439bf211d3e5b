//! Breakpoints and watchpoints of all clients; keeps the machine's breakpoint state up to date.

use crate::commands::Commands;
use crate::condition::{Condition, PointHit};
use crate::event::{PointId, Why};
use crate::point::{IrqSelector, Point, PointKind};
use esplens_core::debug::Stop;
use esplens_soc::machine::Machine;
use esplens_soc::map::ahb_alias;
use esplens_soc::system::NetFrame;
use std::collections::{BTreeMap, BTreeSet};

/// Maximum number of points, so that no client can exhaust the host's memory.
const MAX_POINTS: usize = 1 << 20;

/// Number of the first internal point.
const HIDDEN: PointId = 1 << 32;

/// Flag in the watchpoint ID of a register point's second address.
const ALIAS: PointId = 1 << 40;

/// All points.
#[derive(Debug)]
pub(super) struct Points {
    all: BTreeMap<PointId, Point>,
    /// Breakpoints by address.
    breaks: BTreeSet<(u32, PointId)>,
    next: PointId,
    /// Next number for an internal point.
    next_hidden: PointId,
    /// The guest's current panic was already reported: further panic handlers that it runs through are not stops.
    pub panicked: bool,
}

impl Default for Points {
    fn default() -> Self {
        Self { all: BTreeMap::new(), breaks: BTreeSet::new(), next: 1, next_hidden: HIDDEN, panicked: false }
    }
}

impl Points {
    /// Adds a point. Returns `None` if there are too many.
    pub fn insert(&mut self, machine: &mut Machine, point: Point) -> Option<PointId> {
        if self.all.len() >= MAX_POINTS {
            return None;
        }
        let next = if point.hidden { &mut self.next_hidden } else { &mut self.next };
        let id = *next;
        *next += 1;
        if point.enabled {
            self.arm(machine, id, &point);
        }
        self.all.insert(id, point);
        self.sync_breakpoints(machine);
        Some(id)
    }

    /// Sets an enabled point in the machine.
    fn arm(&mut self, machine: &mut Machine, id: PointId, point: &Point) {
        match point.kind {
            PointKind::Break => {
                machine.add_breakpoint(point.addr);
                self.breaks.insert((point.addr, id));
            }
            PointKind::Watch(kind) => machine.add_watchpoint(id, point.addr, point.len, kind),
            PointKind::Register(kind) => {
                machine.add_watchpoint(id, point.addr, point.len, kind);
                if let Some(alias) = ahb_alias(point.addr) {
                    machine.add_watchpoint(id | ALIAS, alias, point.len, kind);
                }
            }
            PointKind::Irq(_) | PointKind::NetFrame => {}
        }
    }

    /// Removes an enabled point from the machine.
    fn disarm(&mut self, machine: &mut Machine, id: PointId, point: &Point) {
        match point.kind {
            PointKind::Break => {
                machine.remove_breakpoint(point.addr);
                self.breaks.remove(&(point.addr, id));
            }
            PointKind::Watch(_) => machine.remove_watchpoint(id),
            PointKind::Register(_) => {
                machine.remove_watchpoint(id);
                machine.remove_watchpoint(id | ALIAS);
            }
            PointKind::Irq(_) | PointKind::NetFrame => {}
        }
    }

    /// Removes a point. Returns false if it does not exist.
    pub fn remove(&mut self, machine: &mut Machine, id: PointId) -> bool {
        let Some(point) = self.all.remove(&id) else { return false };
        if point.enabled {
            self.disarm(machine, id, &point);
        }
        self.sync_breakpoints(machine);
        true
    }

    /// Enables or disables a point. Returns false if it does not exist.
    pub fn enable(&mut self, machine: &mut Machine, id: PointId, on: bool) -> bool {
        let Some(mut point) = self.all.remove(&id) else { return false };
        match (point.enabled, on) {
            (false, true) => self.arm(machine, id, &point),
            (true, false) => self.disarm(machine, id, &point),
            _ => {}
        }
        point.enabled = on;
        self.all.insert(id, point);
        self.sync_breakpoints(machine);
        true
    }

    /// Increments the hit counters of the points that caused a stop.
    pub fn count(&mut self, machine: &Machine, core: usize, stop: Stop) {
        let hit = PointHit { machine, core };
        let pc = machine.cpu(core).pc;
        let hits: Vec<PointId> = match stop {
            Stop::Breakpoint => {
                let at = self.breaks.range((pc, 0)..=(pc, PointId::MAX)).map(|(_, id)| *id);
                at.filter(|id| self.all.get(id).is_some_and(|p| p.commands.is_none() && p.holds(&hit)))
                    .collect()
            }
            Stop::Watchpoint { id, .. } => vec![id & !ALIAS],
            Stop::Interrupt { taken } => {
                let irqs = self.all.iter().filter(|(_, p)| p.is_irq(machine, core, taken) && p.holds(&hit));
                irqs.map(|(id, _)| *id).collect()
            }
            Stop::NetFrame => {
                let frames = self.all.iter().filter(|(_, p)| p.wants(machine.frames_seen()).is_some());
                frames.map(|(id, _)| *id).collect()
            }
            Stop::Break | Stop::Simcall | Stop::Step | Stop::Coprocessor { .. } => Vec::new(),
        };
        for id in hits {
            if let Some(point) = self.all.get_mut(&id) {
                point.hits += 1;
            }
        }
    }

    /// Configures which interrupts the machine stops at, and whether it stops at network frames.
    pub fn sync_breakpoints(&self, machine: &mut Machine) {
        let on = || self.all.values().filter(|p| p.enabled);
        let mask = on().fold(0, |mask, p| match p.kind {
            PointKind::Irq(IrqSelector::Number(n)) => mask | 1 << (n & 31),
            // The guest may route the source to any interrupt.
            PointKind::Irq(IrqSelector::Source(_)) => u32::MAX,
            _ => mask,
        });
        machine.break_on_interrupts(mask);
        let frames = on().any(|p| p.kind == PointKind::NetFrame);
        if frames != machine.soc().sys.tap.on {
            machine.break_on_frames(frames);
        }
    }

    /// Returns the point with this number.
    pub fn get(&self, id: PointId) -> Option<&Point> {
        self.all.get(&(id & !ALIAS))
    }

    /// Returns the interrupt point that an interrupt just taken matches.
    pub fn irq(&self, machine: &Machine, core: usize, taken: u32) -> Option<&Point> {
        let hit = PointHit { machine, core };
        self.all.values().find(|p| p.is_irq(machine, core, taken) && p.holds(&hit))
    }

    /// Returns the frame point that was hit, with the network frame.
    pub fn frame<'a>(&self, machine: &'a Machine, core: usize) -> Option<(&Point, &'a NetFrame)> {
        let hit = PointHit { machine, core };
        let mut points = self.all.values().filter(|p| p.holds(&hit));
        points.find_map(|p| p.wants(machine.frames_seen()).map(|f| (p, f)))
    }

    /// Returns all points, by number.
    pub fn iter(&self) -> impl Iterator<Item = (PointId, &Point)> {
        self.all.iter().map(|(id, p)| (*id, p))
    }

    /// Replaces a point's condition and commands. Returns false if the point does not exist.
    pub fn refine(&mut self, id: PointId, condition: Option<Condition>, commands: Option<Commands>) -> bool {
        self.all.get_mut(&id).map(|p| (p.condition, p.commands) = (condition, commands)).is_some()
    }

    /// Returns true if a breakpoint hit is a stop; runs the commands of breakpoints that have them.
    fn breaks(&self, hit: &PointHit) -> bool {
        let mut stop = false;
        for point in self.breaks_at(hit.machine.cpu(hit.core).pc).filter(|p| p.holds(hit)) {
            match &point.commands {
                Some(commands) => commands.run(hit),
                None => stop |= point.panic.is_none() || !self.panicked,
            }
        }
        stop
    }

    /// Returns true if a hit during replay was a stop for any client; runs no commands.
    pub fn was_stop(&self, machine: &Machine, core: usize, stop: Stop) -> bool {
        let hit = PointHit { machine, core };
        match stop {
            Stop::Breakpoint => {
                self.breaks_at(machine.cpu(core).pc).any(|p| p.commands.is_none() && p.holds(&hit))
            }
            Stop::Break | Stop::Simcall | Stop::Step | Stop::Coprocessor { .. } => false,
            other => self.is_stop(machine, core, other),
        }
    }

    /// Returns the reason for a stop.
    pub fn why(&self, machine: &Machine, core: usize, stop: Stop) -> Why {
        match stop {
            Stop::Breakpoint => {
                let panic = self.breaks_at(machine.cpu(core).pc).find_map(|p| p.panic.clone());
                panic.filter(|_| !self.panicked).map_or(Why::Breakpoint, Why::Panic)
            }
            Stop::Watchpoint { id, addr, store } => match self.get(id) {
                Some(Point { kind: PointKind::Register(_), name: Some(name), .. }) => {
                    Why::Register { name: name.clone(), store }
                }
                Some(Point { condition: Some(Condition::SwitchTo(_)), name: Some(task), .. }) => {
                    Why::Switch(task.clone())
                }
                _ => Why::Watchpoint { id, addr, store },
            },
            Stop::Interrupt { taken } => {
                let name = self.irq(machine, core, taken).and_then(|p| p.name.clone());
                Why::Interrupt { number: taken.trailing_zeros() as u8, name }
            }
            Stop::NetFrame => Why::NetFrame(self.frame(machine, core).map_or(String::new(), |(_, f)| {
                let way = if f.to_guest { "to the guest" } else { "from the guest" };
                format!("{way}: {}", esplens_debuginfo::filter::summary(f))
            })),
            Stop::Break => Why::Break,
            Stop::Coprocessor { addr } => Why::Ulp(addr),
            Stop::Step | Stop::Simcall => Why::Step,
        }
    }

    /// Returns the breakpoints at an address.
    pub fn breaks_at(&self, addr: u32) -> impl Iterator<Item = &Point> {
        self.breaks.range((addr, 0)..=(addr, PointId::MAX)).filter_map(|(_, id)| self.all.get(id))
    }

    /// Returns true if a hit is a stop for any client.
    pub fn is_stop(&self, machine: &Machine, core: usize, stop: Stop) -> bool {
        let hit = PointHit { machine, core };
        match stop {
            Stop::Breakpoint => self.breaks(&hit),
            Stop::Watchpoint { id, .. } => self.get(id).is_none_or(|p| p.holds(&hit)),
            Stop::Interrupt { taken } => self.irq(machine, core, taken).is_some(),
            Stop::NetFrame => self.frame(machine, core).is_some(),
            Stop::Break | Stop::Simcall | Stop::Step | Stop::Coprocessor { .. } => true,
        }
    }
}
