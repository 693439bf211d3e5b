//! A break- or watchpoint, and how the monitor lists it.

use super::commands::Commands;
use super::condition::{Condition, Hit};
use super::handle::Client;
use crate::filter::Filter;
use esplens_core::cpu::interrupt::TYPE_EDGE;
use esplens_core::memory::WatchKind;
use esplens_soc::irq::SOURCES;
use esplens_soc::machine::Machine;
use esplens_soc::system::Frame;
use std::sync::Arc;

/// Number of a break- or watchpoint.
pub type PointId = usize;

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
    /// False: it is kept, but nothing stops there.
    pub enabled: bool,
    /// No user's own: lists leave it out, and it takes none of their numbers.
    pub hidden: bool,
    /// Stops that were its.
    pub hits: u64,
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
            enabled: true,
            hidden: false,
            hits: 0,
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
    pub(super) fn is_irq(&self, machine: &Machine, core: usize, taken: u32) -> bool {
        match self.kind {
            _ if !self.enabled => false,
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
    pub(super) fn wants<'a>(&self, frames: &'a [Frame]) -> Option<&'a Frame> {
        let frame_point = self.enabled && self.kind == PointKind::Frame;
        frames.iter().find(|f| frame_point && self.filter.as_ref().is_none_or(|x| x.matches(f)))
    }

    pub(super) fn holds(&self, hit: &Hit) -> bool {
        self.condition.as_ref().is_none_or(|c| c.holds(hit))
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
        f.write_str(&self.words())?;
        if self.hits > 0 {
            write!(f, ", {} hit{}", self.hits, if self.hits == 1 { "" } else { "s" })?;
        }
        if !self.enabled {
            f.write_str(", off")?;
        }
        write!(f, ", {}", self.client)
    }
}

impl Point {
    /// What it waits for, in the words that make such a point.
    #[must_use]
    pub fn words(&self) -> String {
        let name = self.name.as_deref().unwrap_or_default();
        // A task's name says all that its condition does.
        let of_task = matches!(self.condition, Some(Condition::Task(_) | Condition::SwitchTo(_)));
        let mut text = match self.kind {
            PointKind::Break if of_task => format!("break {:#010x} {name}", self.addr),
            PointKind::Break if name.is_empty() => format!("break {:#010x}", self.addr),
            PointKind::Break => format!("break {:#010x} in {name}", self.addr),
            PointKind::Watch(_) if of_task => format!("break {name}"),
            PointKind::Watch(k) => {
                let name = if name.is_empty() { String::new() } else { format!("{name} at ") };
                format!("watch {} {name}{:#010x}, {} bytes", access(k), self.addr, self.len)
            }
            PointKind::Register(k) => format!("break reg {name} {} ({:#010x})", access(k), self.addr),
            PointKind::Irq(Irq::Number(n)) => format!("break irq {n}"),
            PointKind::Irq(Irq::Source(n)) => format!("break irq {name} (source {n})"),
            PointKind::Frame => match &self.filter {
                Some(filter) => format!("break frame '{filter}'"),
                None => "break frame".into(),
            },
        };
        if let Some(panic) = &self.panic {
            text.push_str(&format!(", the chip's panic ({panic})"));
        }
        if self.condition.is_some() && !of_task {
            text.push_str(", conditional");
        }
        text
    }
}
