//! `esplens attach`, and the registration that makes an instance findable.

use super::args::{AttachArgs, RunArgs};
use super::exit::{BadInput, CliExit};
use super::{dashboard, terminal};
use crate::dash::app;
use crate::dash::link::Inbox;
use crate::dash::remote::{self, InstanceEntry, Registered, UartBacklog};
use crate::dash::state::DashState;
use anyhow::Context;
use esplens_server::listen::Address;
use esplens_soc::boot::BootInput;
use esplens_supervisor::Handle;
use std::io::IsTerminal;
use std::time::Duration;

/// Opens a dashboard on a machine in another process.
pub fn attach(args: &AttachArgs) -> anyhow::Result<CliExit> {
    let address = find(&args.to)?;
    if !std::io::stdout().is_terminal() {
        anyhow::bail!(BadInput("attach: needs a terminal".into()));
    }
    crate::signals::guard_terminal(true, crate::dash::term::restore);
    let inbox = Inbox::default();
    let (link, image) =
        remote::connect(&address, &inbox).with_context(|| BadInput(format!("attach {}", args.to)))?;
    let mut state = DashState::new(80, 24);
    (state.shared.image, state.detach) = (image, true);
    dashboard::prepare(&mut state);
    let to = inbox.clone();
    terminal::hand_over(move |line| to.push_events([crate::dash::wire::DashEvent::Message(line.into())]));
    let end = app::run(state, link, inbox);
    terminal::take_back();
    if end? == app::DashEnd::Gone {
        terminal::message("the machine is gone");
    }
    // The last requests are still being sent.
    std::thread::sleep(Duration::from_millis(100));
    Ok(CliExit::Quit)
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
    backlog: UartBacklog,
) -> anyhow::Result<Option<Registered>> {
    let image = input.path.display().to_string();
    let roots = dashboard::roots(&input.path);
    let mut listens: Vec<String> = args.debug.gdb.iter().map(|a| format!("gdb {a}")).collect();
    let server = remote::DashServer::new(handle, &image, roots, backlog);
    for address in &args.dash {
        let at = server.listen(address).map_err(|e| BadInput(format!("--dash {address}: {e}")))?;
        terminal::message(&format!("dashboard: listening on {}", at.address));
        listens.push(format!("dash {}", at.address));
    }
    let entry = InstanceEntry { pid: std::process::id(), image: image.clone(), listens };
    // If there is no folder for the entry, the instance is only missing from the list.
    let listen = || server.listen(&remote::socket(entry.pid)).map(drop);
    Ok(remote::register(&entry, listen).ok())
}

/// Returns all instances of this user.
pub fn instances() -> Result<Vec<(InstanceEntry, Address)>, BadInput> {
    remote::instances().map_err(|e| BadInput(format!("{}: {e}", remote::folder().display())))
}
