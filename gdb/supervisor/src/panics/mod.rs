//! The firmware's panic handlers, and descriptions of panics that the machine stopped at.

mod live;

use crate::{Client, Gone, Handle, MachineMemory, Point, PointKind};
use esplens_debuginfo::explain;
use esplens_debuginfo::rtos::{self, Rtos};
use esplens_debuginfo::symbols::Symbols;
use esplens_debuginfo::unwind::{Context, FrameKind, UnwindNames};
use esplens_soc::machine::Machine;
pub use live::live;

/// Panic handlers: ESP-IDF's, old and new; NuttX's, Zephyr's, Rust's, the demo's.
pub const HANDLERS: [&str; 14] = [
    "panicHandler",
    "xt_unhandled_exception",
    "panic_handler",
    "esp_panic_handler",
    "commonErrorHandler",
    "panic_abort",
    "invoke_abort",
    "_up_assert",
    "xtensa_panic",
    "z_fatal_error",
    "rust_begin_unwind",
    "__rustc::rust_begin_unwind",
    "demo_assert",
    "port_panic",
];

/// Functions between an abort's panic handler and the code that caused the abort.
const BETWEEN: [&str; 14] = [
    "abort",
    "esp_system_abort",
    "__assert_func",
    "__assert",
    "__esp_assert_func",
    "_esp_error_check_failed",
    "__stack_chk_fail",
    "vApplicationStackOverflowHook",
    "vApplicationAssert",
    "panic",
    "panic_fmt",
    "panic_impl",
    "__rustc::rust_begin_unwind",
    "core::panicking::panic_fmt",
];

/// Returns the panic handlers found in the symbols.
#[must_use]
pub fn handlers(symbols: &Symbols) -> Vec<(u32, &'static str)> {
    HANDLERS.iter().filter_map(|name| Some((symbols.symbol(name)?.addr, *name))).collect()
}

/// Returns points at the panic handlers.
///
/// # Errors
/// If the symbols contain none.
pub fn points(symbols: &Symbols, by: &Client) -> Result<Vec<Point>, String> {
    let found = handlers(symbols);
    if found.is_empty() {
        let none = if symbols.is_empty() {
            "no symbols are loaded (symbol-file FILE)"
        } else {
            "no panic handler was found by name"
        };
        return Err(format!("{none}: use panic-stop on to stop at the reset after a panic"));
    }
    let point = |(addr, name): (u32, &str)| Point {
        panic: Some(name.into()),
        ..Point::new(PointKind::Break, addr, 1, by)
    };
    Ok(found.into_iter().map(point).collect())
}

/// Sets whether the machine stops when the guest panics: at its panic handlers if symbols contain some, else at resets
/// that no client requested. Replaces existing points at panic handlers, whichever client set them.
///
/// # Errors
/// If the machine is gone.
pub fn stop(handle: &Handle, on: bool) -> Result<(), Gone> {
    let points = if on { points(&handle.symbols().current(), handle.client()).ok() } else { None };
    handle.call(move |s| {
        s.remove_panic_points();
        s.stop_on_reset(on && points.is_none());
        let hidden = points.into_iter().flatten().map(|p| Point { hidden: true, ..p });
        hidden.for_each(|p| _ = s.insert_point(p));
    })
}

/// Description of a panic at which the machine is stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoppedPanic {
    /// Name of the exception or `abort`: `LoadProhibited`, `abort`.
    pub cause: String,
    /// EXCVADDR, if it is valid for the cause.
    pub address: Option<u32>,
    /// PC at which the panic occurred.
    pub pc: u32,
    /// Function at the PC; empty if no file has it.
    pub function: String,
    /// File and line at the PC.
    pub place: Option<(String, u32)>,
    /// The running task; empty if no kernel is known.
    pub task: String,
}

impl std::fmt::Display for StoppedPanic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.cause)?;
        match self.function.as_str() {
            "" => write!(f, " at {:#010x}", self.pc)?,
            function => write!(f, " at {function}")?,
        }
        if let Some((file, line)) = &self.place {
            write!(f, " {}:{line}", file.rsplit(['/', '\\']).next().unwrap_or(file))?;
        }
        if let Some(address) = self.address {
            write!(f, ", address {address:#x}")?;
        }
        if !self.task.is_empty() {
            write!(f, " (task {})", self.task)?;
        }
        Ok(())
    }
}

/// Describes the panic at which this core is stopped: the exception below the handler in the backtrace, else the caller
/// of the abort.
#[must_use]
pub fn describe(m: &Machine, core: usize, symbols: &Symbols, rtos: Option<&Rtos>) -> StoppedPanic {
    let mem = MachineMemory { machine: m, core };
    let trace = rtos::core_backtrace(rtos, &mem, symbols, &Context::of_core(m.cpu(core), core));
    let exception = trace.frames.iter().position(|f| f.kind == FrameKind::Interrupted);
    let caller = || {
        let of_panic = |name: &str| HANDLERS.contains(&name) || BETWEEN.contains(&name);
        trace
            .frames
            .iter()
            .position(|f| UnwindNames::function(symbols, f.lookup()).is_some_and(|(n, _)| !of_panic(&n)))
    };
    let at = &trace.frames[exception.or_else(caller).unwrap_or(0)];
    let number = m.cpu(core).exccause;
    let named = explain::cause_name(number).into_owned();
    let source = symbols.frames_at(at.lookup()).into_iter().next();
    let task = rtos.and_then(|r| Some((r, r.running(&mem, core)?)));
    StoppedPanic {
        cause: if exception.is_some() { named } else { "abort".into() },
        address: (exception.is_some() && explain::has_address(number)).then(|| m.cpu(core).excvaddr),
        pc: at.pc,
        function: source.as_ref().and_then(|s| s.function.clone()).unwrap_or_default(),
        place: source.and_then(|s| Some((s.file?, s.line?))),
        task: task.map_or_else(String::new, |(r, tcb)| {
            let tasks = r.snapshot(&mem, [None; 2]).tasks;
            tasks.into_iter().find(|t| t.tcb == tcb).map_or_else(String::new, |t| t.name)
        }),
    }
}
