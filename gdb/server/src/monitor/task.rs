//! Breakpoints for one task, and code locations by name.

use super::{Error, freertos, number};
use esplens_core::memory::WatchKind;
use esplens_debuginfo::rtos::TaskIs;
use esplens_supervisor::{Condition, Handle, MachineMemory, Point, PointKind};

/// The points, a message for invalid input, or an error.
type Made = Result<Result<Vec<Point>, String>, Error>;

/// Returns the addresses of a code location: a number, a function, FILE:LINE.
pub fn places(handle: &Handle, text: &str) -> Result<Vec<u32>, String> {
    if let Ok(addr) = number(text.trim_start_matches('*')) {
        return Ok(vec![addr]);
    }
    handle.symbols().current().find(text).map_err(|e| e.to_string())
}

/// Returns the task that these words name, and the number of cores.
fn task(handle: &Handle, words: &[String]) -> Result<Result<(TaskIs, usize), String>, Error> {
    let (rtos, name) = (freertos::kernel(handle)?, words.join(" "));
    if name.is_empty() {
        return Ok(Err("the name of the task is missing".into()));
    }
    let cores = rtos.layout.cores;
    let none = format!("task {name:?}: no task exists yet, and types do not describe task names");
    let found =
        handle.call(move |s| rtos.task_is(&MachineMemory { machine: s.machine(), core: 0 }, &name))?;
    Ok(found.map(|t| (t, cores)).ok_or(none))
}

/// Handles `break PLACE task NAME`.
pub fn at(handle: &Handle, place: &str, name: &[String]) -> Made {
    let places = match places(handle, place) {
        Ok(places) => places,
        Err(why) => return Ok(Err(why)),
    };
    Ok(task(handle, name)?.map(|(task, _)| {
        let points = places.into_iter().map(|addr| {
            let mut point = Point::new(PointKind::Break, addr, 1, handle.client());
            point.name = Some(format!("task {}", name.join(" ")));
            point.when(Some(Condition::Task(task.clone())))
        });
        points.collect()
    }))
}

/// Handles `break task NAME`: stops when the kernel is about to make it a core's current task.
pub fn switch_to(handle: &Handle, name: &[String]) -> Made {
    Ok(task(handle, name)?.map(|(task, cores)| {
        let (addr, len) = task.switched_by(cores);
        let kind = PointKind::Watch(WatchKind::Write);
        let mut point = Point::new(kind, addr, len, handle.client()).when(Some(Condition::SwitchTo(task)));
        point.name = Some(format!("task {}", name.join(" ")));
        vec![point]
    }))
}
