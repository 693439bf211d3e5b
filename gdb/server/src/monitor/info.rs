//! `info`.

use super::{Result, breakpoints, frame, gpio, outside, registers, sd, ulp, vocabulary, wifi};
use clap::{Args, Subcommand};
use esplens_core::cpu::interrupt::LEVEL_MASK;
use esplens_core::time::{TICKS_PER_US, Ticks};
use esplens_soc::dev::DevId;
use esplens_soc::dev::eth::EthModel;
use esplens_soc::dev::spec::How;
use esplens_soc::irq::IrqSource;
use esplens_soc::machine::Machine;
use esplens_soc::map;
use esplens_supervisor::{Handle, RunState, Session};

/// Shows information about the machine.
#[derive(Debug, Args)]
pub struct InfoCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Copy, Debug, Subcommand)]
enum What {
    /// Run state, with the reason and the client for a stop.
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
    /// Forwards and connections of the user network.
    Usernet,
    /// The air (access points, stations), and the Wi-Fi MAC with its filters and key slots.
    Wifi,
    /// The pads: level, driver, direction, function, signals.
    Gpio,
    /// The ULP coprocessor.
    Ulp,
    /// SD card sockets and the cards in them.
    Sd,
    /// Mask ROMs.
    Roms,
    /// Snapshots.
    Snapshots,
    /// Threads: the cores.
    Cpus,
    /// Breakpoints and watchpoints.
    #[command(visible_aliases = ["break", "b", "watchpoints"])]
    Breakpoints,
    /// Variables of the selected frame.
    Locals,
    /// Parameters of the selected frame.
    Args,
    /// The selected frame.
    #[command(visible_alias = "f")]
    Frame,
    /// State of the recording for reverse execution.
    Record,
    /// The version.
    Version,
    /// Files that back flash, eFuses and SD cards.
    Block,
    /// Serial lines and sockets.
    Chardev,
    /// All trace events and whether they are enabled.
    #[command(name = "trace-events")]
    TraceEvents,
}

impl InfoCommand {
    pub fn run(&self, handle: &Handle) -> Result {
        let what = self.what;
        match what {
            What::Breakpoints => return breakpoints::all(handle),
            What::Locals | What::Args => return frame::locals(handle, matches!(what, What::Args)),
            What::Frame => return frame::whereabouts(handle),
            _ => {}
        }
        Ok(handle.call(move |s| tell(s, what))?)
    }
}

fn tell(s: &Session, what: What) -> String {
    let m = s.machine();
    match what {
        What::Status => status(s),
        What::Registers => (0..2).map(|core| registers::short(m, core)).collect(),
        What::Mtree => mtree(),
        What::Qtree => DevId::ALL.iter().map(|id| device(m, *id)).collect(),
        What::Irq => (0..2).map(|core| irq(m, core)).collect(),
        What::Network => network(m),
        What::Usernet => m.usernet_info(),
        What::Wifi => wifi::info(m),
        What::Gpio => gpio::all(m),
        What::Ulp => ulp::describe(m),
        What::Sd => sd::status(s),
        What::Roms => roms(m),
        What::Snapshots => snapshots(s),
        What::Cpus => (0..2).map(|n| format!("{n}: {} pc {:08x}\n", m.core_status(n), m.cpu(n).pc)).collect(),
        What::Record => s.recording() + "\n",
        // Handled by the caller, as they need symbols.
        What::Breakpoints | What::Locals | What::Args | What::Frame => String::new(),
        What::Version => outside::version() + "\n",
        What::Block => outside::block(s),
        What::Chardev => outside::chardev(s),
        What::TraceEvents => outside::trace_events(s),
    }
}

fn ms(ticks: Ticks) -> f64 {
    ticks as f64 / (1000 * TICKS_PER_US) as f64
}

fn status(s: &Session) -> String {
    let status = s.status();
    let state = match status.state {
        RunState::Running => "running".to_string(),
        RunState::Stopped(stopped) => format!("paused: {stopped}"),
    };
    let cores: String = (0..2)
        .map(|n| format!("{}: pc {:#010x}\n", s.machine().core_status(n), s.machine().cpu(n).pc))
        .collect();
    let hash = esplens_debuginfo::number::hex(&s.machine().digest());
    format!(
        "VM status: {state}\n{:.3} ms virtual, {} instructions, speed {}\nstate hash {hash}\n{cores}{} break- and \
         watchpoints, {} snapshots, step-irq {}\n",
        ms(status.now),
        status.instructions,
        status.speed,
        s.points().count(),
        s.snapshots().count(),
        if s.step_irq() { "on" } else { "off" },
    )
}

fn mtree() -> String {
    map::ranges(|r| Some(r.kind()))
        .into_iter()
        .map(|(range, kind)| format!("{:08x}-{:08x} {}\n", range.start, range.end - 1, kind.gdb_type()))
        .collect()
}

/// Describes a peripheral: its address range and how many registers are modelled.
fn device(m: &Machine, id: DevId) -> String {
    let (start, length) = id.range();
    let regs = m.soc().dev.get(id).spec().regs;
    let modelled = regs.iter().filter(|r| r.how == How::Modelled).count();
    let name = m.soc().dev.manual_name(id);
    format!(
        "{start:08x}-{:08x} {name}, {modelled} of {} registers modelled\n",
        start + (length - 1),
        regs.len()
    )
}

/// Describes a core's interrupts: pending, enabled, and the sources routed to each.
fn irq(m: &Machine, core: usize) -> String {
    let (cpu, matrix) = (m.cpu(core), &m.soc().sys.irq);
    let mut out = format!(
        "{}: level {}, pending {:08x}, enabled {:08x}, deliverable level {}\n",
        m.core_status(core),
        cpu.ps & 15,
        cpu.interrupt(),
        cpu.intenable,
        cpu.deliverable()
    );
    for n in 0..32 {
        let (pending, enabled) = (cpu.interrupt() >> n & 1 != 0, cpu.intenable >> n & 1 != 0);
        let level = LEVEL_MASK.iter().position(|mask| mask >> n & 1 != 0).unwrap_or(0);
        let to = IrqSource::ALL.into_iter().filter(|s| matrix.mapping(core, *s as usize) == n);
        // Sources that the firmware has not routed are routed to 16, which is a timer's interrupt.
        let sources: Vec<String> = to
            .filter(|s| n != 16 || matrix.level(*s))
            .map(|s| format!("{}{}", vocabulary::source_name(s), if matrix.level(s) { "*" } else { "" }))
            .collect();
        if pending || enabled || !sources.is_empty() {
            let flag = |on, text| if on { text } else { "" };
            out.push_str(&format!(
                "  {n:2} level {level}{}{} {}\n",
                flag(enabled, " enabled"),
                flag(pending, " pending"),
                sources.join(" ")
            ));
        }
    }
    out
}

fn network(m: &Machine) -> String {
    let eth = &m.soc().dev.eth;
    let id = DevId::Eth;
    let line = format!("{id:?}: {}, receiver {:?}\n", eth_model(eth.model()), m.eth_ready());
    let frames = match (eth.emac(), eth.openeth()) {
        (Some(e), _) => format!("{id:?}: {}\n{id:?}: {}\n", e.phy.describe(m.now()), e.counters),
        (_, Some(e)) => format!("{id:?}: {}\n", e.counters),
        _ => String::new(),
    };
    m.network_info() + &line + &frames
}

fn eth_model(model: EthModel) -> &'static str {
    match model {
        EthModel::Auto => "open_eth, or the EMAC after the first access to its registers",
        EthModel::OpenEth => "open_eth",
        EthModel::Emac => "the EMAC",
    }
}

fn roms(m: &Machine) -> String {
    let revision = m.soc().dev.efuse.revision();
    let banks = [(map::ROM0, "ROM 0"), (map::ROM1_CODE, "ROM 1"), (map::ROM1_DATA, "ROM 1, data bus")];
    let lines = banks.into_iter().map(|(range, name)| {
        let mut head = [0; 8];
        let n = m.peek(0, range.start, &mut head);
        let bytes: String = head[..n].iter().map(|b| format!("{b:02x}")).collect();
        let (addr, size) = (range.start, range.len());
        format!("addr={addr:08x} size=0x{size:06x} mem=rom name=\"{name}\" begins {bytes}\n")
    });
    lines.collect::<String>() + &format!("chip revision {revision}\n")
}

/// Lists snapshots like QEMU, with virtual time.
fn snapshots(s: &Session) -> String {
    let list: Vec<(&str, Ticks)> = s.snapshot_times().collect();
    if list.is_empty() {
        return "There is no snapshot available.\n".into();
    }
    let lines = list.iter().map(|(name, at)| format!("{name:24} {:14.3} ms\n", ms(*at)));
    format!("{:24} {:>17}\n", "TAG", "VM CLOCK") + &lines.collect::<String>()
}
