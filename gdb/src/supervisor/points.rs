//! Break- and watchpoints of all clients.

use super::condition::{Condition, Hit};
use super::handle::Client;
use esplens_core::debug::Stop;
use esplens_core::memory::WatchKind;
use esplens_soc::machine::Machine;
use std::collections::{BTreeMap, BTreeSet};

/// Number of a break- or watchpoint.
pub type PointId = usize;

/// Most break- and watchpoints, so that no client can fill the host's memory.
const MAX_POINTS: usize = 1 << 20;

/// What a point waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointKind {
    /// An instruction about to run.
    Break,
    /// An access to data.
    Watch(WatchKind),
}

/// A break- or watchpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// What it waits for.
    pub kind: PointKind,
    /// First byte.
    pub addr: u32,
    /// Bytes; 1 for a breakpoint.
    pub len: u32,
    /// Whose it is; it goes when the client goes.
    pub client: Client,
    /// Name for a breakpoint that marks the guest's panic handler.
    pub panic: Option<String>,
    /// A hit is a stop only where this holds; `None`: always.
    pub condition: Option<Condition>,
}

impl Point {
    /// A point without condition.
    #[must_use]
    pub fn new(kind: PointKind, addr: u32, len: u32, client: &Client) -> Self {
        Self { kind, addr, len: len.max(1), client: client.clone(), panic: None, condition: None }
    }

    /// The same with a condition.
    #[must_use]
    pub fn when(self, condition: Option<Condition>) -> Self {
        Self { condition, ..self }
    }

    fn holds(&self, hit: &Hit) -> bool {
        self.condition.as_ref().is_none_or(|c| c.holds(hit))
    }
}

/// All points, and the machine told of them.
#[derive(Debug)]
pub(super) struct Points {
    all: BTreeMap<PointId, Point>,
    /// Breakpoints by address.
    breaks: BTreeSet<(u32, PointId)>,
    next: PointId,
}

impl Default for Points {
    fn default() -> Self {
        Self { all: BTreeMap::new(), breaks: BTreeSet::new(), next: 1 }
    }
}

impl Points {
    /// Adds a point. `None`: too many.
    pub fn insert(&mut self, machine: &mut Machine, point: Point) -> Option<PointId> {
        if self.all.len() >= MAX_POINTS {
            return None;
        }
        let id = self.next;
        self.next += 1;
        match point.kind {
            PointKind::Break => {
                machine.add_breakpoint(point.addr);
                self.breaks.insert((point.addr, id));
            }
            PointKind::Watch(kind) => machine.add_watchpoint(id, point.addr, point.len, kind),
        }
        self.all.insert(id, point);
        Some(id)
    }

    /// Takes a point away. False: there is none of this number.
    pub fn remove(&mut self, machine: &mut Machine, id: PointId) -> bool {
        let Some(point) = self.all.remove(&id) else { return false };
        match point.kind {
            PointKind::Break => {
                machine.remove_breakpoint(point.addr);
                self.breaks.remove(&(point.addr, id));
            }
            PointKind::Watch(_) => machine.remove_watchpoint(id),
        }
        true
    }

    /// All points, by number.
    pub fn iter(&self) -> impl Iterator<Item = (PointId, &Point)> {
        self.all.iter().map(|(id, p)| (*id, p))
    }

    /// Replaces a point's condition. False: there is none of this number.
    pub fn set_condition(&mut self, id: PointId, condition: Option<Condition>) -> bool {
        self.all.get_mut(&id).map(|p| p.condition = condition).is_some()
    }

    /// Breakpoints at an address.
    pub fn breaks_at(&self, addr: u32) -> impl Iterator<Item = &Point> {
        self.breaks.range((addr, 0)..=(addr, PointId::MAX)).filter_map(|(_, id)| self.all.get(id))
    }

    /// Whether a hit is a stop for anybody.
    pub fn is_stop(&self, machine: &Machine, core: usize, stop: Stop) -> bool {
        let hit = Hit { machine, core };
        match stop {
            Stop::Breakpoint => self.breaks_at(machine.cpu(core).pc).any(|p| p.holds(&hit)),
            Stop::Watchpoint { id, .. } => self.all.get(&id).is_none_or(|p| p.holds(&hit)),
            _ => true,
        }
    }
}
