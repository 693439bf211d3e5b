//! `break`, `watch`, `delete`. What may follow `break` is in `vocabulary`.

use super::{Error, Result, number, task, vocabulary};
use crate::supervisor::{Handle, Point, PointKind, Session};
use clap::{Args, ValueEnum};
use esplens_core::memory::WatchKind;

/// Sets a breakpoint, or lists all points: `break ADDR`, `break frame 'tcp port 80'`, `break irq 5|uart0`,
/// `break reg UART0.FIFO [r|w|rw]`, `break task NAME` (it gets a core), `break PLACE task NAME`.
#[derive(Debug, Args)]
pub struct Break {
    /// Address, function or FILE:LINE, with `task NAME` for one task only; or frame EXPR, irq N|SOURCE,
    /// reg NAME [r|w|rw], task NAME; nothing: list.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

impl Break {
    pub fn run(&self, handle: &Handle) -> Result {
        let Some(word) = self.words.first() else { return Ok(handle.call(|s| list(s))?) };
        let rest = self.words[1..].to_vec();
        let by = handle.client().clone();
        // A word more is a line here and a function in `vocabulary`.
        let one = |p: std::result::Result<Point, String>| p.map(|p| vec![p]);
        let points = match word.as_str() {
            "frame" => one(vocabulary::frame(&rest, &by)),
            "irq" => one(vocabulary::irq(&rest, &by)),
            "reg" => one(handle.call(move |s| vocabulary::register(s.machine(), &rest, &by))?),
            "task" => task::switch_to(handle, &rest)?,
            place if rest.first().is_some_and(|w| w == "task") => task::at(handle, place, &rest[1..])?,
            place if rest.is_empty() => task::places(handle, place)
                .map(|all| all.into_iter().map(|addr| Point::new(PointKind::Break, addr, 1, &by)).collect()),
            place => Err(format!("{place:?} is none of frame, irq, reg, task, and a place stands alone")),
        };
        points.map_err(Error::User)?.into_iter().map(|p| add(handle, p)).collect()
    }
}

/// Accesses to watch.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Access {
    /// Loads.
    R,
    /// Stores.
    W,
    /// Both.
    Rw,
}

/// Sets a watchpoint.
#[derive(Debug, Args)]
pub struct Watch {
    /// First byte.
    #[arg(value_parser = number)]
    addr: u32,
    /// Bytes.
    #[arg(value_parser = number, default_value = "4")]
    len: u32,
    /// Accesses.
    #[arg(value_enum, default_value = "w")]
    access: Access,
}

impl Watch {
    pub fn run(&self, handle: &Handle) -> Result {
        let kind = match self.access {
            Access::R => WatchKind::Read,
            Access::W => WatchKind::Write,
            Access::Rw => WatchKind::Access,
        };
        set(handle, PointKind::Watch(kind), self.addr, self.len)
    }
}

/// Deletes a point.
#[derive(Debug, Args)]
pub struct Delete {
    /// Its number.
    id: usize,
}

impl Delete {
    pub fn run(&self, handle: &Handle) -> Result {
        let id = self.id;
        match handle.call(move |s| s.remove_point(id))? {
            true => Ok(String::new()),
            false => Err(Error::User(format!("there is no point {id}"))),
        }
    }
}

fn set(handle: &Handle, kind: PointKind, addr: u32, len: u32) -> Result {
    add(handle, Point::new(kind, addr, len, handle.client()))
}

/// Adds a point and says what it is.
pub fn add(handle: &Handle, point: Point) -> Result {
    let text = point.to_string();
    let id = handle.call(move |s| s.insert_point(point))?;
    let id = id.ok_or_else(|| Error::User("too many points".into()))?;
    Ok(format!("{id}: {text}\n"))
}

/// All points, a line each.
pub fn list(s: &Session) -> String {
    let lines: String = s.points().map(|(id, p)| format!("{id}: {p}\n")).collect();
    if lines.is_empty() { "no break- or watchpoints\n".into() } else { lines }
}
