//! OpenOCD's names for commands that have another name here, and script commands without effect.

use super::{Error, Result, breakpoints, number};
use clap::Args;
use esplens_core::memory::WatchKind;
use esplens_supervisor::{Handle, Point, PointKind};

/// Accepts OpenOCD's start-up and wiring commands.
#[derive(Debug, Args)]
pub struct Nothing {
    /// Ignored arguments.
    #[arg(value_name = "WORDS", trailing_var_arg = true, allow_hyphen_values = true)]
    _words: Vec<String>,
}

impl Nothing {
    pub fn run(&self, name: &str) -> Result {
        Ok(format!("{name}: nothing to do here\n"))
    }
}

/// Rejects OpenOCD's commands for host files, which the monitor does not open.
#[derive(Debug, Args)]
pub struct OpenocdFilesCommand {
    /// Ignored arguments.
    #[arg(value_name = "WORDS", trailing_var_arg = true, allow_hyphen_values = true)]
    _words: Vec<String>,
}

impl OpenocdFilesCommand {
    pub fn run(&self, name: &str) -> Result {
        let instead = match name {
            "dump_image" => "GDB: dump binary memory FILE START END; a core file: dump-core FILE",
            "load_image" => "GDB: restore FILE binary ADDRESS, or load for the program",
            "verify_image" | "test_image" => "GDB: compare-sections",
            _ => "GDB: load; whole images: esplens run IMAGE, or esptool over a serial line",
        };
        Err(Error::User(format!("{name}: the monitor opens no files. {instead}")))
    }
}

/// Lists the cores.
#[derive(Debug, Args)]
pub struct Targets {
    /// Ignored core name; here each command selects its core.
    #[arg(value_name = "NAME")]
    _name: Option<String>,
}

impl Targets {
    pub fn run(&self, handle: &Handle) -> Result {
        Ok(handle.call(|s| {
            let state = if s.is_running() { "running" } else { "halted" };
            let line = |core| format!("esp32.cpu{core}  {state}  {}\n", s.machine().core_status(core));
            (0..2).map(line).collect()
        })?)
    }
}

/// Adds a breakpoint or watchpoint, or lists all.
#[derive(Debug, Args)]
pub struct Add {
    /// Address, length; for a watchpoint r, w or a; `hw` has no effect. Without arguments: list.
    words: Vec<String>,
}

impl Add {
    pub fn run(&self, handle: &Handle, watch: bool) -> Result {
        let Some((addr, rest)) = self.words.split_first() else {
            return breakpoints::all(handle);
        };
        let addr = number(addr).map_err(Error::User)?;
        let len = rest.first().map_or(Ok(1), |len| number(len)).map_err(Error::User)?;
        let kind = match rest.get(1).map(String::as_str) {
            _ if !watch => PointKind::Break,
            Some("r") => PointKind::Watch(WatchKind::Read),
            Some("w") => PointKind::Watch(WatchKind::Write),
            Some("a") | None => PointKind::Watch(WatchKind::Access),
            Some(other) => return Err(Error::User(format!("{other:?} is none of r, w, a"))),
        };
        breakpoints::add(handle, Point::new(kind, addr, if watch { len } else { 1 }, handle.client()))
    }
}

/// Removes the points at an address.
#[derive(Debug, Args)]
pub struct Remove {
    /// Address, or all.
    what: String,
}

impl Remove {
    pub fn run(&self, handle: &Handle, watch: bool) -> Result {
        let at = if self.what == "all" { None } else { Some(number(&self.what).map_err(Error::User)?) };
        let by = handle.client().clone();
        let removed = handle.call(move |s| {
            let wanted = |p: &Point| match p.kind {
                PointKind::Break => !watch,
                PointKind::Watch(_) => watch,
                _ => false,
            };
            let mine =
                s.points().filter(|(_, p)| p.client == by && wanted(p) && at.is_none_or(|a| p.addr == a));
            let ids: Vec<_> = mine.map(|(id, _)| id).collect();
            ids.into_iter().filter(|id| s.remove_point(*id)).count()
        })?;
        match removed {
            0 if at.is_some() => Err(Error::User(format!("there is none at {}", self.what))),
            _ => Ok(String::new()),
        }
    }
}
