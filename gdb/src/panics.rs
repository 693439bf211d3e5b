//! Where firmware ends up when it cannot go on, and what a panic that the machine stopped at is about.

use crate::explain;
use crate::rtos::{self, Rtos};
use crate::supervisor::{Client, Gone, Handle, Point, PointKind};
use crate::symbols::Symbols;
use crate::unwind::{Context, Kind, MachineMemory, Names};
use esplens_soc::machine::Machine;

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

/// What stands between an abort's handler and the code that called for it.
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

/// The panic handlers that the symbols name.
#[must_use]
pub fn handlers(symbols: &Symbols) -> Vec<(u32, &'static str)> {
    HANDLERS.iter().filter_map(|name| Some((symbols.symbol(name)?.addr, *name))).collect()
}

/// Points at the panic handlers.
///
/// # Errors
/// When the symbols name none.
pub fn points(symbols: &Symbols, by: &Client) -> Result<Vec<Point>, String> {
    let found = handlers(symbols);
    if found.is_empty() {
        let none =
            if symbols.is_empty() { "no symbols (symbol-file FILE)" } else { "no panic handler by its name" };
        return Err(format!("{none}: panic-stop on stops at the reset that follows a panic"));
    }
    let point = |(addr, name): (u32, &str)| Point {
        panic: Some(name.into()),
        ..Point::new(PointKind::Break, addr, 1, by)
    };
    Ok(found.into_iter().map(point).collect())
}

/// Lets the machine stop when the guest panics, or not: at its panic handlers where symbols name some, else at resets
/// that nobody asked for. Points that are there already are this client's afterwards.
///
/// # Errors
/// When the machine is gone.
pub fn stop(handle: &Handle, on: bool) -> Result<(), Gone> {
    let points = if on { points(&handle.symbols().current(), handle.client()).ok() } else { None };
    handle.call(move |s| {
        s.remove_panic_points();
        s.stop_on_reset(on && points.is_none());
        let hidden = points.into_iter().flatten().map(|p| Point { hidden: true, ..p });
        hidden.for_each(|p| _ = s.insert_point(p));
    })
}

/// A panic that the machine stands at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Panic {
    /// `LoadProhibited`, `abort`.
    pub cause: String,
    /// EXCVADDR, where it belongs to the cause.
    pub address: Option<u32>,
    /// Where it happened.
    pub pc: u32,
    /// Function there; empty when no file knows.
    pub function: String,
    /// Its file and line.
    pub place: Option<(String, u32)>,
    /// The task that ran; empty when no kernel is known.
    pub task: String,
}

impl std::fmt::Display for Panic {
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

/// What the panic is about at which this core stands: the exception below the handler, else who called for the end.
#[must_use]
pub fn describe(m: &Machine, core: usize, symbols: &Symbols, rtos: Option<&Rtos>) -> Panic {
    let mem = MachineMemory { machine: m, core };
    let trace = rtos::core_backtrace(rtos, &mem, symbols, &Context::of_core(m.cpu(core), core));
    let exception = trace.frames.iter().position(|f| f.kind == Kind::Interrupted);
    let caller = || {
        let of_panic = |name: &str| HANDLERS.contains(&name) || BETWEEN.contains(&name);
        trace
            .frames
            .iter()
            .position(|f| Names::function(symbols, f.lookup()).is_some_and(|(n, _)| !of_panic(&n)))
    };
    let at = &trace.frames[exception.or_else(caller).unwrap_or(0)];
    let number = m.cpu(core).exccause;
    let named = explain::cause_name(number).into_owned();
    let source = symbols.frames_at(at.lookup()).into_iter().next();
    let task = rtos.and_then(|r| Some((r, r.running(&mem, core)?)));
    Panic {
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
