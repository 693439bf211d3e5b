//! `bt`: backtraces without GDB.

use super::{Error, Result, freertos};
use crate::rtos::{self, Rtos};
use crate::supervisor::{Handle, RunState};
use crate::symbols::Symbols;
use crate::unwind::{Backtrace, Bytes, Context, End, Kind, MachineMemory, Memory, Names};
use clap::Args;
use esplens_soc::machine::Machine;

/// Shows a backtrace: of the core that stopped last, a core (0, 1), a task, or `all`.
#[derive(Debug, Args)]
pub struct Bt {
    /// Core, task name or handle, or `all`.
    #[arg(trailing_var_arg = true)]
    whose: Vec<String>,
}

/// Whose backtrace.
enum Whose {
    Core(usize),
    Task(String),
    All,
}

impl Bt {
    pub fn run(&self, handle: &Handle) -> Result {
        let text = self.whose.join(" ");
        let whose = match text.as_str() {
            "" => Whose::Core(handle.call(|s| match s.status().state {
                RunState::Stopped(stopped) => stopped.core,
                RunState::Running => 0,
            })?),
            "0" | "core 0" | "PRO_CPU" => Whose::Core(0),
            "1" | "core 1" | "APP_CPU" => Whose::Core(1),
            "all" => Whose::All,
            name => Whose::Task(name.strip_prefix("task ").unwrap_or(name).into()),
        };
        let symbols = Some(handle.symbols().current()).filter(|s| !s.is_empty());
        let rtos = handle.rtos();
        if matches!(whose, Whose::Task(_)) {
            freertos::kernel(handle)?;
        }
        let told = handle.call(move |s| tell(s.machine(), rtos.as_deref(), symbols.as_deref(), &whose))?;
        told.map_err(Error::User)
    }
}

fn tell(
    m: &Machine,
    rtos: Option<&Rtos>,
    symbols: Option<&Symbols>,
    whose: &Whose,
) -> std::result::Result<String, String> {
    let cores: Vec<Context> = (0..2).map(|c| Context::of_core(m.cpu(c), c)).collect();
    let core = |n: usize| {
        let mem = MachineMemory { machine: m, core: n };
        let present = symbols.map(|symbols| Present { symbols, mem: &mem });
        let names: &dyn Names = match (&present, rtos) {
            (Some(present), _) => present,
            (None, Some(rtos)) => &*rtos.source,
            (None, None) => &(),
        };
        let trace = rtos::core_backtrace(rtos, &mem, names, &cores[n]);
        format!("{}\n{}", m.core_status(n), show(&trace, present.as_ref()))
    };
    let snapshot = rtos.map(|r| (r, freertos::tasks(r, m)));
    let task = |r: &Rtos, t: &rtos::Task| {
        let mem = MachineMemory { machine: m, core: t.core().unwrap_or(0) };
        let trace = rtos::backtrace(r, &mem, t, &cores);
        let present = symbols.map(|symbols| Present { symbols, mem: &mem });
        format!("{} ({})\n{}", t.name, t.state, show(&trace, present.as_ref()))
    };
    match (whose, &snapshot) {
        (Whose::Core(n), _) => Ok(core(*n)),
        (Whose::All, Some((r, tasks))) if tasks.started => {
            Ok(tasks.tasks.iter().map(|t| task(r, t)).collect())
        }
        (Whose::All, _) => Ok((0..2).map(core).collect()),
        (Whose::Task(name), Some((r, tasks))) => match &*tasks.find_all(name) {
            [] => Err(format!("no task {name:?}: {}", tasks.remark().unwrap_or_else(|| tasks.names()))),
            named => Ok(named.iter().map(|t| task(r, t)).collect()),
        },
        (Whose::Task(name), None) => Err(format!("no task {name:?}: no FreeRTOS is known")),
    }
}

/// Names of the code that is in memory now.
struct Present<'a> {
    symbols: &'a Symbols,
    mem: &'a dyn Memory,
}

impl Present<'_> {
    /// What the files whose code is at `pc` say.
    fn ask<T>(&self, pc: u32, of: impl Fn(&Symbols) -> T) -> T {
        self.symbols.present_at(pc, &Bytes(self.mem)).map_or_else(|| of(self.symbols), |present| of(&present))
    }
}

impl Names for Present<'_> {
    fn function(&self, pc: u32) -> Option<(String, u32)> {
        self.ask(pc, |symbols| symbols.function(pc))
    }
}

/// A backtrace as GDB prints it.
fn show(trace: &Backtrace, present: Option<&Present>) -> String {
    let mut out = String::new();
    let last = trace.frames.len() - 1;
    for (n, frame) in trace.frames.iter().enumerate() {
        // The outermost return address may be a function's first one: where a task that ends comes to.
        let starts = n == last
            && present.and_then(|p| p.symbols.function_at(frame.pc)).is_some_and(|f| f.addr == frame.pc);
        let at = if starts { frame.pc } else { frame.lookup() };
        if frame.kind == Kind::Interrupted {
            out.push_str("    <interrupted here>\n");
        }
        let sources = present.map_or_else(Vec::new, |p| p.ask(at, |symbols| symbols.frames_at(at)));
        if sources.is_empty() {
            out.push_str(&format!("#{n:<3}{:#010x} sp {:#010x}\n", frame.pc, frame.sp()));
        }
        for source in sources {
            let name = source.function.as_deref().unwrap_or("??");
            let place = source.file.zip(source.line).map_or(String::new(), |(f, l)| format!(" at {f}:{l}"));
            let inlined = if source.inlined { " (inlined)" } else { "" };
            out.push_str(&format!("#{n:<3}{:#010x} in {name}{inlined}{place}\n", frame.pc));
        }
    }
    if trace.end != End::Outermost {
        out.push_str(&format!("{}\n", trace.end));
    }
    out
}
