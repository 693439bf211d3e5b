//! `reg`.

use super::core::CoreCommand;
use super::{Error, Result, number};
use clap::Args;
use esplens_soc::machine::Machine;
use esplens_supervisor::Handle;
use esplens_supervisor::xtensa::{self, table};

/// Shows or sets registers by GDB's names.
#[derive(Debug, Args)]
pub struct RegCommand {
    /// Name; without argument: the register window and the most important others.
    name: Option<String>,
    /// New value.
    #[arg(value_parser = number)]
    value: Option<u32>,
    #[command(flatten)]
    core: CoreCommand,
}

/// The registers shown by `reg` and `info registers` after the window.
const SHORT: [&str; 14] = [
    "pc",
    "ps",
    "sar",
    "windowbase",
    "windowstart",
    "lbeg",
    "lend",
    "lcount",
    "exccause",
    "excvaddr",
    "epc1",
    "intenable",
    "interrupt",
    "ccount",
];

/// Returns GDB's number of a register.
fn find(name: &str) -> Option<usize> {
    let raw = table::RAW.iter().position(|r| r.name == name);
    let window = || table::WINDOW.iter().position(|n| *n == name).map(|n| n + table::A0);
    let view = || table::VIEWS.iter().position(|v| v.name == name).map(|n| n + table::VIEW0);
    raw.or_else(window).or_else(view)
}

/// Returns all register names.
pub fn names() -> Vec<String> {
    let raw = table::RAW.iter().map(|r| r.name);
    raw.chain(table::WINDOW).chain(table::VIEWS.iter().map(|v| v.name)).map(Into::into).collect()
}

/// Shows the short list of a core's registers.
pub fn short(m: &Machine, core: usize) -> String {
    let mut out = format!("{}\n", m.core_status(core));
    let names = table::WINDOW.iter().chain(&SHORT).enumerate();
    for (n, name) in names {
        let value = find(name).and_then(|r| xtensa::read(m, core, r)).unwrap_or(0);
        out.push_str(&format!("{name:>11} {value:08x}{}", if n % 4 == 3 { "\n" } else { "" }));
    }
    out.push('\n');
    out
}

impl RegCommand {
    pub fn run(&self, handle: &Handle) -> Result {
        let core = self.core.of(handle)?;
        let Some(name) = &self.name else { return Ok(handle.call(move |s| short(s.machine(), core))?) };
        let number = find(name).ok_or_else(|| Error::User(format!("there is no register {name:?}")))?;
        let new = self.value;
        let value = handle.call(move |s| {
            if let Some(value) = new {
                let _ = xtensa::write(s.machine_mut(), core, number, value.into());
            }
            xtensa::read(s.machine(), core, number)
        })?;
        Ok(format!("{name} {:#010x}\n", value.unwrap_or(0)))
    }
}
