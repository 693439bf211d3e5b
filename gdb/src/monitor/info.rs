//! `info`.

use super::{Result, registers};
use crate::supervisor::{Handle, RunState, Session};
use clap::{Args, Subcommand};
use esplens_core::time::TICKS_PER_US;
use esplens_soc::dev::DevId;

/// Tells about the machine.
#[derive(Debug, Args)]
pub struct Info {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Copy, Debug, Subcommand)]
enum What {
    /// Running or stopped, by whom and why.
    Status,
    /// The registers of both cores.
    Registers,
    /// Memory map.
    Mtree,
    /// Devices.
    Qtree,
    /// Interrupts of both cores.
    Irq,
    /// Network.
    Network,
    /// Mask ROMs.
    Roms,
    /// Snapshots.
    Snapshots,
    /// Threads: the cores.
    Cpus,
    /// Break- and watchpoints.
    Breakpoints,
}

impl Info {
    pub fn run(&self, handle: &Handle) -> Result {
        let what = self.what;
        Ok(handle.call(move |s| tell(s, what))?)
    }
}

fn tell(s: &Session, what: What) -> String {
    let m = s.machine();
    match what {
        What::Status => status(s),
        What::Registers => (0..2).map(|core| registers::short(m, core)).collect(),
        What::Mtree => mtree(),
        What::Qtree => DevId::ALL.iter().map(|id| format!("{id:?}\n")).collect(),
        What::Irq => (0..2).map(|core| irq(s, core)).collect(),
        What::Network => "open_eth and EMAC share one port; see --nic\n".into(),
        What::Roms => "40000000 384 KiB ROM 0\n40060000 64 KiB ROM 1 (also 3ff90000)\n".into(),
        What::Snapshots => s.snapshots().map(|name| format!("{name}\n")).collect(),
        What::Cpus => (0..2).map(|n| format!("{n}: {} pc {:08x}\n", m.core_status(n), m.cpu(n).pc)).collect(),
        What::Breakpoints => {
            s.points().map(|(id, p)| format!("{id}: {:?} {:#010x} {}\n", p.kind, p.addr, p.client)).collect()
        }
    }
}

fn status(s: &Session) -> String {
    let status = s.status();
    let state = match status.state {
        RunState::Running => "running".to_string(),
        RunState::Stopped(stopped) => format!("paused: {stopped}"),
    };
    let ms = status.now as f64 / (1000 * TICKS_PER_US) as f64;
    format!(
        "VM status: {state}\n{ms:.3} ms virtual, {} instructions, speed {}\n",
        status.instructions, status.speed
    )
}

fn mtree() -> String {
    crate::server::regions()
        .iter()
        .map(|(start, length, kind)| format!("{start:08x}-{:08x} {kind}\n", start + (length - 1)))
        .collect()
}

fn irq(s: &Session, core: usize) -> String {
    let cpu = s.machine().cpu(core);
    format!(
        "{}: level {}, pending {:08x}, enabled {:08x}, deliverable level {}\n",
        s.machine().core_status(core),
        cpu.ps & 15,
        cpu.interrupt(),
        cpu.intenable,
        cpu.deliverable()
    )
}
