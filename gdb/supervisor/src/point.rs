//! A breakpoint or watchpoint and its description in the monitor's lists.

use crate::commands::Commands;
use crate::condition::{Condition, PointHit};
use crate::event::Client;
use esplens_core::cpu::interrupt::TYPE_EDGE;
use esplens_core::memory::WatchKind;
use esplens_debuginfo::filter::Filter;
use esplens_soc::irq::SOURCES;
use esplens_soc::machine::Machine;
use esplens_soc::system::NetFrame;
use std::sync::Arc;

/// Event that triggers a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointKind {
    /// An instruction about to run.
    Break,
    /// A data access.
    Watch(WatchKind),
    /// An access to a peripheral register by a core, at any of its addresses.
    Register(WatchKind),
    /// An interrupt, before the first instruction of its vector runs.
    Irq(IrqSelector),
    /// An Ethernet or 802.11 frame in either direction that matches the point's filter.
    NetFrame,
}

/// An interrupt of one of the cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IrqSelector {
    /// By interrupt number of the core, 0..31.
    Number(u8),
    /// By peripheral source of the interrupt matrix, 0..68.
    Source(u8),
}

/// A breakpoint or watchpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// Event that triggers it.
    pub kind: PointKind,
    /// First byte.
    pub addr: u32,
    /// Length in bytes; 1 for a breakpoint.
    pub len: u32,
    /// The owner; the point is removed with the client.
    pub client: Client,
    /// Name of the guest's panic handler, for a breakpoint at one.
    pub panic: Option<String>,
    /// Name given by the user: a register, an interrupt source or a task.
    pub name: Option<String>,
    /// Network frames that a frame point matches; `None` for all.
    pub filter: Option<Arc<Filter>>,
    /// Condition under which a hit is a stop; `None` for always.
    pub condition: Option<Condition>,
    /// Commands that a breakpoint runs instead of stopping.
    pub commands: Option<Commands>,
    /// False if the point is disabled.
    pub enabled: bool,
    /// Internal point: it is not listed and does not use up a user-visible number.
    pub hidden: bool,
    /// Number of stops caused by this point.
    pub hits: u64,
}

impl Point {
    /// Creates a point without condition.
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

    /// Sets the condition.
    #[must_use]
    pub fn when(self, condition: Option<Condition>) -> Self {
        Self { condition, ..self }
    }

    /// Sets the commands.
    #[must_use]
    pub fn doing(self, commands: Option<Commands>) -> Self {
        Self { commands, ..self }
    }

    /// Returns true if an interrupt just taken on `core` matches this point; `taken` has a bit for each candidate.
    pub(super) fn is_irq(&self, machine: &Machine, core: usize, taken: u32) -> bool {
        match self.kind {
            _ if !self.enabled => false,
            PointKind::Irq(IrqSelector::Number(n)) => taken >> n & 1 != 0,
            PointKind::Irq(IrqSelector::Source(source)) if usize::from(source) < SOURCES => {
                let irq = &machine.soc().sys.irq;
                let to = 1 << (irq.mapping(core, source.into()) & 31);
                // An edge-triggered interrupt stays pending after its source is inactive.
                taken & to != 0 && (irq.levels() >> source & 1 != 0 || TYPE_EDGE & to != 0)
            }
            _ => false,
        }
    }

    /// Returns the first of these frames that matches this point.
    pub(super) fn wants<'a>(&self, frames: &'a [NetFrame]) -> Option<&'a NetFrame> {
        let frame_point = self.enabled && self.kind == PointKind::NetFrame;
        frames.iter().find(|f| frame_point && self.filter.as_ref().is_none_or(|x| x.matches(f)))
    }

    pub(super) fn holds(&self, hit: &PointHit) -> bool {
        self.condition.as_ref().is_none_or(|c| c.holds(hit))
    }
}

/// Returns the access kind in the monitor's syntax.
fn access(kind: WatchKind) -> &'static str {
    match kind {
        WatchKind::Read => "r",
        WatchKind::Write => "w",
        WatchKind::Access => "rw",
    }
}

/// The description in the monitor's lists.
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
    /// Describes the point in the monitor's syntax.
    #[must_use]
    pub fn words(&self) -> String {
        let name = self.name.as_deref().unwrap_or_default();
        // The task's name already describes the condition.
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
            PointKind::Irq(IrqSelector::Number(n)) => format!("break irq {n}"),
            PointKind::Irq(IrqSelector::Source(n)) => format!("break irq {name} (source {n})"),
            PointKind::NetFrame => match &self.filter {
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
