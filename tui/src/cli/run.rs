//! `esplens run`: creates the machine from the arguments, runs it, and writes files at the end.

mod drive;
mod persist;

use super::args::{RunArgs, StatsFormat};
use super::dashboard::{self, Dashboard};
use super::demo::IMAGE;
use super::exit::{BadInput, CliExit};
use super::explain::LiveExplainer;
use super::hostnet::{SegmentAddress, SegmentLink, Sockets};
use super::nic::NicKind;
use super::serial::{PendingBytes, SerialEvent, SerialLines, Where};
use super::stats::Stats;
use super::target::{self, Setup, Target};
use super::trace::{self, Sinks};
use super::{attach, debug, sd, terminal, units, wifi};
use crate::dash::remote::UartBacklog;
use drive::{RunLoop, is_told};
use esplens_soc::boot::persist::{Stamp, load_efuse};
use esplens_soc::boot::{BootError, BootInput, InputKind, LoadOptions, RomSet, input, kernel};
use esplens_soc::net::host::HostNet;
use esplens_soc::trace::TraceSet;
use persist::{Persist, check_persist};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

/// Flash boot, as the strap pins show it.
const STRAP_FLASH_BOOT: u32 = 0x12;
/// Maximum number of input events queued for the machine; senders wait beyond that.
const EVENT_QUEUE: usize = 64;
/// Longest wait at the end for the dashboard to release the terminal.
const DASHBOARD_ENDS: Duration = Duration::from_secs(2);

/// Runs firmware until the run ends, with or without the dashboard.
pub fn run(args: &RunArgs, dash: bool) -> anyhow::Result<CliExit> {
    if args.trace.iter().any(|p| p == "list" || p == "help") {
        terminal::print(&trace::list())?;
        return Ok(CliExit::Quit);
    }
    args.nic.check().map_err(BadInput)?;
    args.script.check().map_err(BadInput)?;
    sd::check(&args.sd).map_err(BadInput)?;
    let _pid = args.pidfile.as_deref().map(super::pidfile::PidFile::write).transpose()?;
    // Taken before the files are read, so that every change is detected.
    let stamps = [&args.image, &args.efuse].map(|path| path.as_deref().and_then(Stamp::of));
    let input = load(args)?;
    check_persist(args, &input)?;
    let cards = sd::open(&args.sd)?;
    let persist = Persist::claim(args, &input, stamps, &cards)?;
    let trace = trace::chosen(&args.trace)?;
    let mut setup = setup(args, &input)?;
    (setup.trace, setup.sd) = (trace, cards);
    let (events, rx) = sync_channel(EVENT_QUEUE);
    setup.host = host(args, &events)?;
    quit_on_signal(events.clone())?;
    let dash = dash.then(Dashboard::begin);
    introduce(&input);
    let serial = if dash.is_some() { dashboard::serial(&args.serial) } else { args.serial.clone() };
    debug::announce_monitor(args);
    let flow = PendingBytes::default();
    let mut lines = SerialLines::open(&serial, &events, &flow)?;
    if args.script.is_plain() {
        lines = lines.without_colours();
    }
    let sinks = Sinks::open(args)?;
    args.script.clear_ready_file()?;
    machine_thread(args, setup, (lines, sinks), (events, (rx, flow)), (&input, &persist), dash)
}

/// Runs the machine on a separate thread, so that a panic there is an internal error and the terminal is restored.
fn machine_thread(
    args: &RunArgs,
    setup: Setup,
    (lines, sinks): (SerialLines, Sinks),
    (wake, events): (SyncSender<SerialEvent>, (Receiver<SerialEvent>, PendingBytes)),
    (input, persist): (&BootInput, &Persist),
    dash: Option<(Dashboard, Receiver<()>)>,
) -> anyhow::Result<CliExit> {
    std::thread::scope(|scope| {
        let (ready, handle) = sync_channel(1);
        let has_dashboard = dash.is_some();
        let (dash, free) = dash.unzip();
        let body = move || -> anyhow::Result<CliExit> {
            let mut target = target::open(setup, args.speed());
            // A full queue wakes the machine as well.
            target.on_request(move || drop(wake.try_send(SerialEvent::Wake)));
            let by = target.handle().client().clone();
            let backlog = UartBacklog::default();
            let _registered = attach::open(args, input, &target.handle(), backlog.clone())?;
            let _ = ready.send(target.handle());
            debug::open(args, input, &mut target)?;
            #[cfg(unix)]
            super::daemon::ready()?;
            let mut drive = RunLoop::new(args, lines, events, target.now());
            (drive.sinks, drive.backlog) = (sinks, backlog);
            drive.explain =
                (!args.debug.no_explain).then(|| LiveExplainer::new(target.handle(), on_terminal(args)));
            let exit = drive.run(&mut target);
            let mut stats = drive.report(&exit, &target);
            if args.stats == Some(StatsFormat::Json) {
                stats.state = target.view().machine().digest().into();
            }
            drop(drive); // restores the terminal before anything else is printed
            target.session().quit(&by);
            debug::disconnect_clients(&mut target);
            if let Some(free) = free {
                let _ = free.recv_timeout(DASHBOARD_ENDS);
            }
            if is_told(&exit, args.stats, has_dashboard) {
                terminal::message(&stats.why);
            }
            conclude(args, &target, persist, &exit, &stats)?;
            Ok(exit)
        };
        let thread = std::thread::Builder::new().name("machine".into()).spawn_scoped(scope, body)?;
        if let Some(dash) = dash
            && let Ok(handle) = handle.recv()
        {
            dash.run(&handle, &input.path)?;
        }
        thread.join().unwrap_or_else(|_| Err(anyhow::anyhow!("the machine's thread panicked")))
    })
}

/// Writes changed files and prints the statistics.
fn conclude(
    args: &RunArgs,
    target: &dyn Target,
    persist: &Persist,
    exit: &CliExit,
    stats: &Stats,
) -> anyhow::Result<()> {
    persist.write_back(target)?;
    if let Some(format) = args.stats {
        terminal::line(&stats.line(format, exit));
    }
    Ok(())
}

/// Returns true if UART0 is on the terminal.
fn on_terminal(args: &RunArgs) -> bool {
    args.serial.iter().rev().find(|s| s.uart == 0).is_none_or(|s| s.to == Where::Stdio)
}

/// Loads the user's input or the built-in demo. Of several ELF files, uses the one that the image was built from.
fn load(args: &RunArgs) -> Result<BootInput, BootError> {
    let mut input = load_with(args, args.elf.first())?;
    for elf in args.elf.iter().skip(1) {
        if input.elf_matches != Some(false) {
            break;
        }
        let other = load_with(args, Some(elf))?;
        if other.elf_matches == Some(true) {
            input = other;
        }
    }
    Ok(input)
}

fn load_with(args: &RunArgs, elf: Option<&PathBuf>) -> Result<BootInput, BootError> {
    let opts = LoadOptions {
        flash_size: args.flash_size,
        elf: elf.cloned(),
        accept_any: args.strap != STRAP_FLASH_BOOT || args.efuse.is_some() || args.kernel.is_some(),
    };
    match &args.image {
        Some(path) => input::load(path, &opts),
        None => {
            // A kernel starts with an erased flash; otherwise the demo is the default.
            let flash = if args.kernel.is_some() { &[0xFF][..] } else { IMAGE };
            let mut input = input::from_bytes(Path::new("built-in demo"), flash, &opts)?;
            input.source = InputKind::Builtin;
            input.notes.clear();
            Ok(input)
        }
    }
}

fn setup(args: &RunArgs, input: &BootInput) -> anyhow::Result<Setup> {
    if let Some(dir) = args.semihosting.as_ref().filter(|d| !d.is_dir()) {
        anyhow::bail!(BadInput(format!("{}: not a folder", dir.display())));
    }
    let efuse = match &args.efuse {
        // The first run with --persist creates the file.
        Some(path) if args.persist && !path.exists() => None,
        Some(path) => Some(load_efuse(path)?),
        None => None,
    };
    let revision = efuse.as_ref().map_or(3, efuse_revision);
    Ok(Setup {
        revision,
        flash: input.flash.clone(),
        rom: match &args.rom {
            Some(path) => RomSet::from_file(path)?,
            None => RomSet::builtin(revision),
        },
        kernel: args.kernel.as_deref().map(kernel::load).transpose()?,
        efuse,
        mac: args.mac.or(args.id.map(units::mac_of_id)),
        psram_bytes: args.psram.unwrap_or(0),
        sd: Vec::new(),
        strap: args.strap,
        engine: args.engine.kind(),
        seed: args.seed,
        nic: args.nic.clone(),
        air: wifi::config(&args.wifi, args.nic.kind).map_err(BadInput)?,
        host: None,
        trace: TraceSet::default(),
        semihosting: args.semihosting.clone(),
        semihosting_args: args.semihosting_arg.join(" "),
    })
}

/// Opens the host side of the network. Prints its listening addresses.
fn host(args: &RunArgs, events: &SyncSender<SerialEvent>) -> anyhow::Result<Option<Box<dyn HostNet>>> {
    let nic = &args.nic;
    let events = events.clone();
    // A full queue wakes the machine as well.
    let wake = Arc::new(move || drop(events.try_send(SerialEvent::Wake)));
    if let Some(at) = &nic.at {
        let at = match at {
            SegmentAddress::Listen(port) if port.starts_with(':') => {
                SegmentAddress::Listen(format!("{}{port}", nic.listen))
            }
            other => other.clone(),
        };
        let segment = SegmentLink::open(at, wake)?;
        terminal::message(&segment.notice);
        return Ok(Some(Box::new(segment)));
    }
    if nic.kind == NicKind::None {
        return Ok(None);
    }
    let sockets = Sockets::open(&nic.user, nic.listen, nic.resolver, wake)?;
    sockets.listening().iter().for_each(|line| terminal::message(line));
    Ok(Some(Box::new(sockets)))
}

/// Returns the chip revision recorded in the eFuses: CHIP_VER_REV1 and CHIP_VER_REV2 (ECO3 also needs an APB_CTRL bit,
/// which the machine derives from the same eFuses).
pub(super) fn efuse_revision(efuse: &[u8; 124]) -> u8 {
    let bit = |word: usize, bit: usize| efuse[word * 4 + bit / 8] >> (bit % 8) & 1 != 0;
    match (bit(3, 15), bit(5, 20)) {
        (true, true) => 3,
        (true, false) => 1,
        _ => 0,
    }
}

/// Prints information about the input and its notes on stderr.
fn introduce(input: &BootInput) {
    tracing::info!(file = %input.path.display(), source = %input.source, flash = input.flash_size(), "loaded");
    if let Some(elf) = &input.elf {
        tracing::info!(elf = %elf.display(), "symbols");
    }
    for note in &input.notes {
        terminal::message(&format!("{}: {note}", input.path.display()));
    }
}

/// Makes SIGINT, SIGTERM and SIGHUP end a run as Ctrl-A x does: terminal restored, files written.
fn quit_on_signal(events: SyncSender<SerialEvent>) -> anyhow::Result<()> {
    ctrlc::set_handler(move || {
        let _ = events.send(SerialEvent::Quit);
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_revision_is_read_from_the_efuses() {
        let mut efuse = [0; 124];
        assert_eq!(efuse_revision(&efuse), 0);
        efuse[13] = 0x80;
        assert_eq!(efuse_revision(&efuse), 1);
        efuse[22] = 0x10;
        assert_eq!(efuse_revision(&efuse), 3);
    }
}
