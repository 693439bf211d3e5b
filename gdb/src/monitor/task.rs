//! Breakpoints for one task, and places by name.

use super::{Error, freertos, number};
use crate::rtos::TaskIs;
use crate::supervisor::{Condition, Handle, Point, PointKind};
use crate::unwind::MachineMemory;
use esplens_core::memory::WatchKind;

/// A point, what is wrong with what the user said, or why nothing can be said.
type Made = Result<Result<Point, String>, Error>;

/// An address: a number, a function's name, FILE:LINE.
pub fn location(handle: &Handle, text: &str) -> Result<u32, String> {
    let text = text.trim_start_matches('*');
    if let Ok(addr) = number(text) {
        return Ok(addr);
    }
    let symbols =
        handle.symbols().ok_or_else(|| format!("{text:?} is no address, and no symbols are loaded"))?;
    if let Some(symbol) = symbols.symbol(text) {
        return Ok(symbol.addr);
    }
    let line = text.rsplit_once(':').and_then(|(file, line)| Some((file, line.parse().ok()?)));
    let found = line.and_then(|(file, line)| symbols.addresses_of(file, line).first().copied());
    found.ok_or_else(|| format!("{text:?} is no address, function, or FILE:LINE"))
}

/// The task that these words name.
fn task(handle: &Handle, words: &[String]) -> Result<Result<(TaskIs, usize), String>, Error> {
    let (rtos, name) = (freertos::kernel(handle)?, words.join(" "));
    if name.is_empty() {
        return Ok(Err("which task?".into()));
    }
    let cores = rtos.layout.cores;
    let none = format!("task {name:?}: no task exists yet, and no type says where names are");
    let found =
        handle.call(move |s| rtos.task_is(&MachineMemory { machine: s.machine(), core: 0 }, &name))?;
    Ok(found.map(|t| (t, cores)).ok_or(none))
}

/// `break PLACE task NAME`.
pub fn at(handle: &Handle, place: &str, name: &[String]) -> Made {
    let addr = match location(handle, place) {
        Ok(addr) => addr,
        Err(why) => return Ok(Err(why)),
    };
    Ok(task(handle, name)?.map(|(task, _)| {
        let mut point =
            Point::new(PointKind::Break, addr, 1, handle.client()).when(Some(Condition::Task(task)));
        point.name = Some(format!("task {}", name.join(" ")));
        point
    }))
}

/// `break task NAME`: the kernel is about to make it a core's current task.
pub fn switch_to(handle: &Handle, name: &[String]) -> Made {
    Ok(task(handle, name)?.map(|(task, cores)| {
        let (addr, len) = task.switched_by(cores);
        let kind = PointKind::Watch(WatchKind::Write);
        let mut point = Point::new(kind, addr, len, handle.client()).when(Some(Condition::SwitchTo(task)));
        point.name = Some(format!("task {}", name.join(" ")));
        point
    }))
}
