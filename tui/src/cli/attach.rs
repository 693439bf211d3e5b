//! `esplens attach` and `esplens top`, and the registration that makes an instance findable.

use super::args::{AttachArgs, RunArgs};
use super::exit::{BadInput, Exit};
use super::{dashboard, terminal};
use crate::dash::link::Inbox;
use crate::dash::remote::{self, Entry, Past, Registered};
use crate::dash::state::State;
use crate::dash::wire::Sample;
use crate::dash::{app, text};
use anyhow::Context;
use crossterm::event::{self, Event, KeyCode};
use esplens_gdb::printable::{printable, printable_in_line};
use esplens_gdb::server::Address;
use esplens_gdb::supervisor::Handle;
use esplens_soc::boot::BootInput;
use std::io::{IsTerminal, Write};
use std::time::Duration;

/// Time between the two samples for a list that is printed once.
const BETWEEN: Duration = Duration::from_millis(500);

/// Opens a dashboard on a machine in another process.
pub fn attach(args: &AttachArgs) -> anyhow::Result<Exit> {
    let address = find(&args.to)?;
    if !std::io::stdout().is_terminal() {
        anyhow::bail!(BadInput("attach: needs a terminal".into()));
    }
    crate::signals::guard_terminal(true);
    let inbox = Inbox::default();
    let (link, image) =
        remote::connect(&address, &inbox).with_context(|| BadInput(format!("attach {}", args.to)))?;
    let mut state = State::new(80, 24);
    (state.shared.image, state.detach) = (image, true);
    dashboard::prepare(&mut state);
    let to = inbox.clone();
    terminal::hand_over(move |line| to.feed([crate::dash::wire::Feed::Message(line.into())]));
    let end = app::run(state, link, inbox);
    terminal::take_back();
    if end? == app::End::Gone {
        terminal::message("the machine is gone");
    }
    // The last requests are still being sent.
    std::thread::sleep(Duration::from_millis(100));
    Ok(Exit::Quit)
}

/// Parses `HOST:PORT`, a process ID from `esplens top`, or a socket's path.
fn find(to: &str) -> Result<Address, BadInput> {
    if let Ok(pid) = to.parse::<u32>() {
        let known = instances()?.into_iter().find(|(e, _)| e.pid == pid);
        return known.map(|(_, at)| at).ok_or_else(|| BadInput(format!("no esplens has process ID {pid}")));
    }
    let text = match to.contains('/') {
        _ if to.starts_with("tcp:") || to.starts_with("unix:") => to.to_string(),
        true => format!("unix:{to}"),
        false => format!("tcp:{to}"),
    };
    text.parse().map_err(BadInput)
}

/// Accepts dashboards at the addresses of `--dash` and on the user's local socket. Dropping the result unregisters it.
pub fn open(
    args: &RunArgs,
    input: &BootInput,
    handle: &Handle,
    past: Past,
) -> anyhow::Result<Option<Registered>> {
    let image = input.path.display().to_string();
    let roots = dashboard::roots(&input.path);
    let mut listens: Vec<String> = args.debug.gdb.iter().map(|a| format!("gdb {a}")).collect();
    let server = remote::Server::new(handle, &image, roots, past);
    for address in &args.dash {
        let at = server.listen(address).map_err(|e| BadInput(format!("--dash {address}: {e}")))?;
        terminal::message(&format!("dashboard: listening on {}", at.address));
        listens.push(format!("dash {}", at.address));
    }
    let entry = Entry { pid: std::process::id(), image: image.clone(), listens };
    // If there is no folder for the entry, the instance is only missing from the list.
    let listen = || server.listen(&remote::socket(entry.pid)).map(drop);
    Ok(remote::register(&entry, listen).ok())
}

/// Shows all instances of this user: once, or repeatedly on a terminal.
pub fn top() -> anyhow::Result<Exit> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        // The speed needs two samples.
        let mut before = Vec::new();
        table(&mut before)?;
        std::thread::sleep(BETWEEN);
        terminal::print(&table(&mut before)?)?;
        return Ok(Exit::Quit);
    }
    crate::signals::guard_terminal(true);
    let screen = crate::dash::term::Screen::take(|| ())?;
    let mut before = Vec::new();
    loop {
        let text = table(&mut before)?.replace('\n', "\r\n");
        write!(screen.out(), "\x1b[H\x1b[2J{text}\r\nq quits; esplens attach PID opens a dashboard")?;
        screen.out().flush()?;
        if crate::dash::term::panicked() {
            anyhow::bail!("a thread panicked");
        }
        if event::poll(Duration::from_secs(1))?
            && let Event::Key(key) = event::read()?
            && matches!(key.code, KeyCode::Char('q' | 'c') | KeyCode::Esc)
        {
            return Ok(Exit::Quit);
        }
    }
}

/// Returns all instances of this user.
fn instances() -> Result<Vec<(Entry, Address)>, BadInput> {
    remote::instances().map_err(|e| BadInput(format!("{}: {e}", remote::folder().display())))
}

/// Formats one row per instance. `before` holds the previous call's samples, for the speed.
fn table(before: &mut Vec<(u32, std::time::Instant, Sample)>) -> Result<String, BadInput> {
    let mut out = format!(
        "{:>8} {:<8} {:>16} {:>8} {:>7} {:>7}  image\n",
        "pid", "state", "virtual", "MIPS", "real", "clients"
    );
    let mut now = Vec::new();
    for (entry, address) in instances()? {
        let Ok((image, sample)) = remote::glance(&address) else {
            out += &format!("{:>8} no answer {:>41}{}\n", entry.pid, "", printable_in_line(&entry.image));
            continue;
        };
        let at = std::time::Instant::now();
        let rate = before.iter().find(|(pid, ..)| *pid == entry.pid).map(|(_, then, was)| {
            let seconds = at.duration_since(*then).as_secs_f64().max(1e-3);
            let mips = sample.instructions.saturating_sub(was.instructions) as f64 / 1e6 / seconds;
            (mips, sample.now.saturating_sub(was.now) as f64 / 4.8e8 / seconds * 100.0)
        });
        let state = if sample.running { "running" } else { "stopped" };
        let (mips, real) =
            rate.map_or(("-".into(), "-".into()), |(m, r)| (format!("{m:.1}"), format!("{r:.0}%")));
        let clients = sample.clients.len().saturating_sub(1);
        let ports = if entry.listens.is_empty() {
            String::new()
        } else {
            format!("  ({})", entry.listens.join(", "))
        };
        out += &format!(
            "{:>8} {state:<8} {:>16} {mips:>8} {real:>7} {clients:>7}  {}{ports}\n",
            entry.pid,
            text::seconds(sample.now),
            printable_in_line(&image)
        );
        now.push((entry.pid, at, sample));
    }
    *before = now;
    Ok(printable(&out).into_owned())
}
