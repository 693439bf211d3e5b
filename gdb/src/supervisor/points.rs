//! Break- and watchpoints of all clients.

use super::commands::Commands;
use super::condition::{Condition, Hit};
use super::event::Why;
use super::handle::Client;
use crate::filter::Filter;
use esplens_core::cpu::interrupt::TYPE_EDGE;
use esplens_core::debug::Stop;
use esplens_core::memory::WatchKind;
use esplens_soc::irq::SOURCES;
use esplens_soc::machine::Machine;
use esplens_soc::system::Frame;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Number of a break- or watchpoint.
pub type PointId = usize;

/// Most break- and watchpoints, so that no client can fill the host's memory.
const MAX_POINTS: usize = 1 << 20;

/// Marks the machine's number of a register point's second address.
const ALIAS: PointId = 1 << 40;

/// The address on the AHB at which an APB register stands as well (TRM 1.3.5).
fn ahb_alias(addr: u32) -> Option<u32> {
    (0x3FF4_0000..0x3FF8_0000).contains(&addr).then(|| addr - 0x3FF4_0000 + 0x6000_0000)
}

/// What a point waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointKind {
    /// An instruction about to run.
    Break,
    /// An access to data.
    Watch(WatchKind),
    /// A core's access to a peripheral's register, by whichever of its addresses.
    Register(WatchKind),
    /// An interrupt, about to run the first instruction of its vector.
    Irq(Irq),
    /// A frame, of Ethernet or 802.11, that passes the point's filter, either way.
    Frame,
}

/// An interrupt of either core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Irq {
    /// By its number in the core, 0..31.
    Number(u8),
    /// By the peripheral's source in the interrupt matrix, 0..68.
    Source(u8),
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
    /// What its user calls it: a register's or an interrupt source's name.
    pub name: Option<String>,
    /// The frames that a frame point is for; `None`: all.
    pub filter: Option<Arc<Filter>>,
    /// A hit is a stop only where this holds; `None`: always.
    pub condition: Option<Condition>,
    /// What a breakpoint does instead of stopping.
    pub commands: Option<Commands>,
}

impl Point {
    /// A point without condition.
    #[must_use]
    pub fn new(kind: PointKind, addr: u32, len: u32, client: &Client) -> Self {
        Self {
            kind,
            addr,
            len: len.max(1),
            client: client.clone(),
            panic: None,
            name: None,
            filter: None,
            condition: None,
            commands: None,
        }
    }

    /// The same with a condition.
    #[must_use]
    pub fn when(self, condition: Option<Condition>) -> Self {
        Self { condition, ..self }
    }

    /// The same with commands.
    #[must_use]
    pub fn doing(self, commands: Option<Commands>) -> Self {
        Self { commands, ..self }
    }

    /// Whether an interrupt just taken on `core` is this point's; `taken` has a bit for each candidate.
    fn is_irq(&self, machine: &Machine, core: usize, taken: u32) -> bool {
        match self.kind {
            PointKind::Irq(Irq::Number(n)) => taken >> n & 1 != 0,
            PointKind::Irq(Irq::Source(source)) if usize::from(source) < SOURCES => {
                let irq = &machine.soc().sys.irq;
                let to = 1 << (irq.mapping(core, source.into()) & 31);
                // An edge-triggered interrupt stays when its source is quiet again.
                taken & to != 0 && (irq.levels() >> source & 1 != 0 || TYPE_EDGE & to != 0)
            }
            _ => false,
        }
    }

    /// Whether one of these frames is this point's.
    fn wants<'a>(&self, frames: &'a [Frame]) -> Option<&'a Frame> {
        let frame_point = self.kind == PointKind::Frame;
        frames.iter().find(|f| frame_point && self.filter.as_ref().is_none_or(|x| x.matches(f)))
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
    /// The guest's panic is known already: the other handlers that it comes through are no stops.
    pub panicked: bool,
}

impl Default for Points {
    fn default() -> Self {
        Self { all: BTreeMap::new(), breaks: BTreeSet::new(), next: 1, panicked: false }
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
            PointKind::Register(kind) => {
                machine.add_watchpoint(id, point.addr, point.len, kind);
                if let Some(alias) = ahb_alias(point.addr) {
                    machine.add_watchpoint(id | ALIAS, alias, point.len, kind);
                }
            }
            PointKind::Irq(_) | PointKind::Frame => {}
        }
        let tell = matches!(point.kind, PointKind::Irq(_) | PointKind::Frame);
        self.all.insert(id, point);
        if tell {
            self.tell(machine);
        }
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
            PointKind::Register(_) => {
                machine.remove_watchpoint(id);
                machine.remove_watchpoint(id | ALIAS);
            }
            PointKind::Irq(_) | PointKind::Frame => self.tell(machine),
        }
        true
    }

    /// Tells the machine which interrupts to stop at, and whether at frames.
    pub fn tell(&self, machine: &mut Machine) {
        let mask = self.all.values().fold(0, |mask, p| match p.kind {
            PointKind::Irq(Irq::Number(n)) => mask | 1 << (n & 31),
            // The guest may lead the source to any of them.
            PointKind::Irq(Irq::Source(_)) => u32::MAX,
            _ => mask,
        });
        machine.break_on_interrupts(mask);
        let frames = self.all.values().any(|p| p.kind == PointKind::Frame);
        if frames != machine.soc().sys.tap.on {
            machine.break_on_frames(frames);
        }
    }

    /// The point with a number.
    pub fn get(&self, id: PointId) -> Option<&Point> {
        self.all.get(&(id & !ALIAS))
    }

    /// The interrupt point that an interrupt just taken is for.
    pub fn irq(&self, machine: &Machine, core: usize, taken: u32) -> Option<&Point> {
        let hit = Hit { machine, core };
        self.all.values().find(|p| p.is_irq(machine, core, taken) && p.holds(&hit))
    }

    /// The frame point that was hit, with its frame.
    pub fn frame<'a>(&self, machine: &'a Machine, core: usize) -> Option<(&Point, &'a Frame)> {
        let hit = Hit { machine, core };
        let mut points = self.all.values().filter(|p| p.kind == PointKind::Frame && p.holds(&hit));
        points.find_map(|p| p.wants(machine.frames_seen()).map(|f| (p, f)))
    }

    /// All points, by number.
    pub fn iter(&self) -> impl Iterator<Item = (PointId, &Point)> {
        self.all.iter().map(|(id, p)| (*id, p))
    }

    /// Replaces a point's condition and commands. False: there is none of this number.
    pub fn refine(&mut self, id: PointId, condition: Option<Condition>, commands: Option<Commands>) -> bool {
        self.all.get_mut(&id).map(|p| (p.condition, p.commands) = (condition, commands)).is_some()
    }

    /// Whether a breakpoint is a stop; those with commands carry them out instead.
    fn breaks(&self, hit: &Hit) -> bool {
        let mut stop = false;
        for point in self.breaks_at(hit.machine.cpu(hit.core).pc).filter(|p| p.holds(hit)) {
            match &point.commands {
                Some(commands) => commands.run(hit),
                None => stop |= point.panic.is_none() || !self.panicked,
            }
        }
        stop
    }

    /// Whether a hit of a run that is looked through again was a stop for anybody; nothing is carried out.
    pub fn was_stop(&self, machine: &Machine, core: usize, stop: Stop) -> bool {
        let hit = Hit { machine, core };
        match stop {
            Stop::Breakpoint => {
                self.breaks_at(machine.cpu(core).pc).any(|p| p.commands.is_none() && p.holds(&hit))
            }
            Stop::Break | Stop::Simcall | Stop::Step => false,
            other => self.is_stop(machine, core, other),
        }
    }

    /// Why a stop is one.
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
            Stop::Frame => Why::Frame(self.frame(machine, core).map_or(String::new(), |(_, f)| {
                let way = if f.to_guest { "to the guest" } else { "from the guest" };
                format!("{way}: {}", crate::filter::summary(f))
            })),
            Stop::Break => Why::Break,
            Stop::Step | Stop::Simcall => Why::Step,
        }
    }

    /// Breakpoints at an address.
    pub fn breaks_at(&self, addr: u32) -> impl Iterator<Item = &Point> {
        self.breaks.range((addr, 0)..=(addr, PointId::MAX)).filter_map(|(_, id)| self.all.get(id))
    }

    /// Whether a hit is a stop for anybody.
    pub fn is_stop(&self, machine: &Machine, core: usize, stop: Stop) -> bool {
        let hit = Hit { machine, core };
        match stop {
            Stop::Breakpoint => self.breaks(&hit),
            Stop::Watchpoint { id, .. } => self.get(id).is_none_or(|p| p.holds(&hit)),
            Stop::Interrupt { taken } => self.irq(machine, core, taken).is_some(),
            Stop::Frame => self.frame(machine, core).is_some(),
            Stop::Break | Stop::Simcall | Stop::Step => true,
        }
    }
}

/// What a watch waits for, in the monitor's words.
fn access(kind: WatchKind) -> &'static str {
    match kind {
        WatchKind::Read => "r",
        WatchKind::Write => "w",
        WatchKind::Access => "rw",
    }
}

/// As the monitor lists it.
impl std::fmt::Display for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = self.name.as_deref().unwrap_or_default();
        // A task's name says all that its condition does.
        let of_task = matches!(self.condition, Some(Condition::Task(_) | Condition::SwitchTo(_)));
        match self.kind {
            PointKind::Break if of_task => write!(f, "break {:#010x} {name}", self.addr)?,
            PointKind::Break => write!(f, "break {:#010x}", self.addr)?,
            PointKind::Watch(_) if of_task => write!(f, "break {name}")?,
            PointKind::Watch(k) => write!(f, "watch {} {:#010x}, {} bytes", access(k), self.addr, self.len)?,
            PointKind::Register(k) => write!(f, "break reg {name} {} ({:#010x})", access(k), self.addr)?,
            PointKind::Irq(Irq::Number(n)) => write!(f, "break irq {n}")?,
            PointKind::Irq(Irq::Source(n)) => write!(f, "break irq {name} (source {n})")?,
            PointKind::Frame => match &self.filter {
                Some(filter) => write!(f, "break frame '{filter}'")?,
                None => f.write_str("break frame")?,
            },
        }
        if let Some(panic) = &self.panic {
            write!(f, " ({panic})")?;
        }
        if self.condition.is_some() && !of_task {
            f.write_str(", conditional")?;
        }
        write!(f, ", {}", self.client)
    }
}
