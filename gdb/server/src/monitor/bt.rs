//! `bt`: backtraces.

use super::stack::{Present, show};
use super::{Error, Result, freertos};
use clap::Args;
use esplens_debuginfo::rtos::{self, Rtos};
use esplens_debuginfo::symbols::Symbols;
use esplens_debuginfo::unwind::{Context, UnwindNames};
use esplens_soc::machine::Machine;
use esplens_supervisor::{Handle, MachineMemory};

/// Shows a backtrace: of the core that stopped last, a core (0, 1), a task, or `all`.
#[derive(Debug, Args)]
pub struct Bt {
    /// Core, task name or handle, or `all`.
    #[arg(trailing_var_arg = true)]
    whose: Vec<String>,
}

/// Subject of the backtrace.
enum Whose {
    Core(usize),
    Task(String),
    All,
}

impl Bt {
    pub fn run(&self, handle: &Handle) -> Result {
        let text = self.whose.join(" ");
        let whose = match text.as_str() {
            "" => Whose::Core(handle.call(|s| s.last_core())?),
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
        let names: &dyn UnwindNames = match (&present, rtos) {
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
