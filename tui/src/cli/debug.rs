//! `-s`, `--gdb`, `-S`, `--gdb-on-panic`, `--gdb-on-exit`, `--monitor`: servers for debuggers.

use super::args::{RunArgs, on_stdio};
use super::exit::BadInput;
use super::serial::{UARTS, Where, prompt, stdio};
use super::{outside, screenshot, symbols, terminal, trace};
use esplens_server::listen::{Address, DEFAULT_PORT, ListenResult};
use esplens_server::{gdb, monitor, qmp};
use esplens_soc::boot::BootInput;
use esplens_supervisor::{Handle, Supervisor, panics};
use std::time::{Duration, Instant};

/// Longest wait at the end for debuggers to be notified.
const FAREWELL: Duration = Duration::from_millis(120);

/// Opens the servers that the arguments request, and starts the machine unless `-S` is given.
pub fn open(args: &RunArgs, input: &BootInput, supervisor: &mut Supervisor) -> anyhow::Result<()> {
    symbols::load(args, input, supervisor);
    let chosen = *supervisor.session().trace_mut();
    trace::prepare(args, chosen, supervisor);
    let handle = supervisor.handle();
    for folder in &args.debug.allow_write {
        if !folder.is_dir() {
            anyhow::bail!(BadInput(format!("--allow-write {}: not a folder", folder.display())));
        }
        handle.allow_write(folder.clone());
    }
    let mut at = args.debug.gdb.clone();
    let implied = args.debug.gdb_on_panic || args.debug.gdb_on_exit;
    if args.debug.default_gdb || implied && at.is_empty() {
        at.push(Address::default_gdb());
    }
    for address in &at {
        let listening = gdb::listen(address, &handle, monitor::run)
            .map_err(|e| BadInput(format!("--gdb {address}: {e}")))?;
        announce("gdb", &listening);
    }
    for to in &args.debug.monitor {
        open_monitor(to, &handle, uart_on_stdio(args))?;
    }
    supervisor.session().set_exec_file(input.elf.as_ref().and_then(|p| p.canonicalize().ok()));
    if args.debug.gdb_on_panic {
        stop_on_panic(args, input, supervisor)?;
    }
    supervisor.session().stop_on_exit(args.debug.gdb_on_exit || args.debug.pause_on_exit);
    open_qmp(args, &handle)?;
    supervisor.session().set_outside(outside::of(args, input));
    let by = handle.register("run").client().clone();
    if args.debug.stopped {
        terminal::message("stopped before the first instruction; gdb or the monitor starts it");
    } else {
        supervisor.session().resume(&Default::default(), &by);
    }
    Ok(())
}

fn open_qmp(args: &RunArgs, handle: &Handle) -> anyhow::Result<()> {
    let server = qmp::QmpServer::new(handle, Some(screenshot::draw(handle)));
    let wanted = [(&args.debug.qmp, false), (&args.debug.qmp_pretty, true)];
    for (address, pretty) in wanted.into_iter().flat_map(|(at, pretty)| at.iter().map(move |at| (at, pretty)))
    {
        let listening =
            server.listen(address, pretty).map_err(|e| BadInput(format!("--qmp {address}: {e}")))?;
        announce("qmp", &listening);
    }
    Ok(())
}

fn announce(what: &str, listening: &ListenResult) {
    if listening.moved {
        terminal::warning(&format!(
            "{what}: port {DEFAULT_PORT} is taken, perhaps by another esplens (`esplens top` shows them): what connects \
             there reaches that one"
        ));
    }
    terminal::message(&format!("{what}: listening on {}", listening.address));
}

/// Announces a monitor that shares standard input. Must be called before the serial lines are opened, so that input
/// already waiting there is not lost when the monitor needs its part.
pub fn announce_monitor(args: &RunArgs) {
    if args.debug.monitor_on_stdio() && uart_on_stdio(args) {
        stdio::expect_monitor();
    }
}

/// Returns true if a UART reads standard input.
fn uart_on_stdio(args: &RunArgs) -> bool {
    let to = |n: u8| args.serial.iter().rev().find(|s| s.uart == n).map(|s| &s.to);
    (0..UARTS as u8).any(|n| to(n).map_or(n == 0, |to| *to == Where::Stdio))
}

fn open_monitor(to: &str, handle: &Handle, shared: bool) -> anyhow::Result<()> {
    if on_stdio(to) {
        let handle = handle.register("monitor");
        if shared {
            stdio::share(handle);
            terminal::message("monitor: Ctrl-A c switches between it and the UART");
            return Ok(());
        }
        std::thread::Builder::new().name("monitor".into()).spawn(move || prompt::alone(handle))?;
        return Ok(());
    }
    let address: Address = to.parse().map_err(BadInput)?;
    let listening =
        monitor::listen(&address, handle).map_err(|e| BadInput(format!("--monitor {address}: {e}")))?;
    announce("monitor", &listening);
    Ok(())
}

/// Notifies debuggers that esplens ends and lets them disconnect. The wait is short if one does not respond.
pub fn disconnect_clients(target: &mut Supervisor) {
    let (handle, end) = (target.handle(), Instant::now() + FAREWELL);
    let waits = |name: &str| matches!(name, "gdb" | "qmp");
    while handle.attached().iter().any(|c| waits(&c.name)) && Instant::now() < end {
        target.serve(Duration::from_millis(5));
    }
}

/// Sets breakpoints at the panic handlers that the symbols name. Without any, stops after the reset.
fn stop_on_panic(args: &RunArgs, input: &BootInput, supervisor: &mut Supervisor) -> anyhow::Result<()> {
    supervisor.session().stop_on_reset(true);
    let Some(elf) = symbols::app(args, input).map_err(|e| BadInput(e.to_string()))? else {
        terminal::warning("--gdb-on-panic: no symbols; stops at the reset that follows a panic");
        return Ok(());
    };
    let found = symbols::addresses(elf, &panics::HANDLERS);
    if found.is_empty() {
        terminal::warning(
            "--gdb-on-panic: no panic handler found by name; stops at the reset that follows a panic",
        );
    }
    let client = supervisor.handle().register("panic").client().clone();
    for (addr, name) in found {
        supervisor.session().add_panic_point(addr, name, &client);
    }
    Ok(())
}
