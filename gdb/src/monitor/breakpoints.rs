//! `break`, `watch`, `delete`.

use super::{Error, Result, number};
use crate::supervisor::{Handle, PointKind, Session};
use clap::{Args, ValueEnum};
use esplens_core::memory::WatchKind;

/// Sets a breakpoint, or lists all points.
#[derive(Debug, Args)]
pub struct Break {
    /// Address, function or FILE:LINE; nothing: list.
    location: Option<String>,
}

impl Break {
    pub fn run(&self, handle: &Handle) -> Result {
        let Some(location) = &self.location else { return Ok(handle.call(|s| list(s))?) };
        let found = handle.symbols().current().find(location).map_err(|e| Error::User(e.to_string()))?;
        found.into_iter().map(|addr| set(handle, PointKind::Break, addr, 1)).collect()
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
    let client = handle.client().clone();
    let id = handle.call(move |s| s.add_point(kind, addr, len, &client))?;
    let id = id.ok_or_else(|| Error::User("too many points".into()))?;
    Ok(format!("{id}: {} {addr:#010x}\n", name(kind)))
}

fn name(kind: PointKind) -> &'static str {
    match kind {
        PointKind::Break => "break",
        PointKind::Watch(WatchKind::Read) => "watch r",
        PointKind::Watch(WatchKind::Write) => "watch w",
        PointKind::Watch(WatchKind::Access) => "watch rw",
    }
}

fn list(s: &Session) -> String {
    s.points()
        .map(|(id, p)| {
            let what = p.panic.as_deref().map_or(String::new(), |name| format!(" ({name})"));
            format!("{id}: {} {:#010x}, {} bytes, {}{what}\n", name(p.kind), p.addr, p.len, p.client)
        })
        .collect()
}
