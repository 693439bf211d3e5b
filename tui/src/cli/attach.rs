//! `esplens attach`, and the registration that makes an instance findable.

use super::args::{AttachArgs, RunArgs};
use super::exit::{BadInput, Exit};
use super::{dashboard, terminal};
use crate::dash::app;
use crate::dash::link::Inbox;
use crate::dash::remote::{self, Entry, Past, Registered};
use crate::dash::state::State;
use anyhow::Context;
use esplens_gdb::server::Address;
use esplens_gdb::supervisor::Handle;
use esplens_soc::boot::BootInput;
use std::io::IsTerminal;
use std::time::Duration;

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

/// Returns all instances of this user.
pub fn instances() -> Result<Vec<(Entry, Address)>, BadInput> {
    remote::instances().map_err(|e| BadInput(format!("{}: {e}", remote::folder().display())))
}
