//! `esplens IMAGE`, `esplens demo`: the dashboard of a machine in this process.

use super::args::RunArgs;
use super::serial::{SerialArg, Where};
use super::terminal;
use crate::dash::link::{self, Inbox};
use crate::dash::state::DashState;
use crate::dash::theme::Theme;
use crate::dash::wire::DashEvent;
use crate::dash::{app, config, term};
use clap::CommandFactory;
use esplens_supervisor::Handle;
use std::ffi::{OsStr, OsString};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Returns the command line with `dash` inserted before an image that is given in place of a command.
pub fn spelled_out(mut args: Vec<OsString>) -> Vec<OsString> {
    let first = args.iter().skip(1).position(|a| !a.to_string_lossy().starts_with('-'));
    if let Some(at) = first.map(|n| n + 1).filter(|at| is_image(&args[*at])) {
        args.insert(at, "dash".into());
    }
    args
}

/// Returns true if the argument is not a command's name and is a file or looks like one.
fn is_image(arg: &OsStr) -> bool {
    let text = arg.to_string_lossy();
    let command = super::args::Cli::command();
    let known = command.find_subcommand(&*text).is_some() || matches!(&*text, "help" | "qemu");
    !known && (Path::new(arg).exists() || text.contains(['.', '/']))
}

/// Returns true if there is a terminal for the dashboard and the user wants it.
pub fn possible(args: &RunArgs) -> bool {
    !args.headless
        && !args.debug.monitor_on_stdio()
        && std::io::stdin().is_terminal()
        && std::io::stdout().is_terminal()
}

/// Returns the serial lines for use with the dashboard: it replaces the terminal.
pub fn serial(args: &[SerialArg]) -> Vec<SerialArg> {
    let console = SerialArg { uart: 0, to: Where::Null };
    let others = args.iter().map(|a| SerialArg {
        uart: a.uart,
        to: if a.to == Where::Stdio { Where::Null } else { a.to.clone() },
    });
    std::iter::once(console).chain(others).collect()
}

/// A dashboard before its start. It collects esplens's messages until then.
pub struct Dashboard {
    inbox: Inbox,
    ended: SyncSender<()>,
}

impl Dashboard {
    /// Sends messages for the user to the dashboard from now on. The receiver is notified when the terminal is free
    /// again.
    pub fn begin() -> (Self, Receiver<()>) {
        let (ended, free) = sync_channel(1);
        let inbox = Inbox::default();
        let to = inbox.clone();
        terminal::hand_over(move |line| to.push_events([DashEvent::Message(line.into())]));
        (Self { inbox, ended }, free)
    }

    /// Shows the dashboard until the user or the machine ends it.
    pub fn run(self, handle: &Handle, image: &Path) -> anyhow::Result<()> {
        let link = link::local(handle, &self.inbox, roots(image))?;
        let mut state = DashState::new(80, 24);
        state.shared.image = image.file_name().unwrap_or(image.as_os_str()).to_string_lossy().into_owned();
        prepare(&mut state);
        let _ending = Ending { handle: handle.clone(), ended: self.ended };
        app::run(state, link, self.inbox)?;
        Ok(())
    }
}

/// Returns folders around the image, searched for sources that are not at their compile-time path.
pub fn roots(image: &Path) -> Vec<PathBuf> {
    let folder = if image.is_dir() { Some(image) } else { image.parent() };
    folder.into_iter().flat_map(|f| [Some(f), f.parent()]).flatten().map(Path::to_path_buf).collect()
}

/// Ends the machine together with the dashboard, also if the dashboard panics.
struct Ending {
    handle: Handle,
    ended: SyncSender<()>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        term::restore();
        terminal::take_back();
        let _ = self.ended.try_send(());
        let handle = self.handle.register("dashboard");
        // The machine's thread may be waiting for this one.
        std::thread::spawn(move || {
            let by = handle.client().clone();
            let _ = handle.call(move |s| s.quit(&by));
        });
    }
}

/// Applies the user's theme and layouts.
pub fn prepare(state: &mut DashState) {
    if let Some(path) = config::path() {
        let (config, note) = config::load(&path);
        if let Some(note) = note.or(config::apply(state, &config)) {
            state.shared.notify(note);
        }
    }
    if std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()) {
        state.shared.theme = Theme::mono();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_in_a_commands_place_means_the_dashboard() {
        let spelled = |line: &str| {
            let args = line.split(' ').map(OsString::from).collect();
            spelled_out(args).iter().map(|a| a.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
        };
        for (typed, meant) in [
            ("esplens x.bin --speed 2", "esplens dash x.bin --speed 2"),
            ("esplens -v build/", "esplens -v dash build/"),
            ("esplens run x.bin", "esplens run x.bin"),
            ("esplens demo", "esplens demo"),
            ("esplens help", "esplens help"),
            ("esplens rnu", "esplens rnu"),
            ("esplens --version", "esplens --version"),
        ] {
            assert_eq!(spelled(typed), meant);
        }
    }

    #[test]
    fn the_console_is_the_dashboards() {
        let args = ["0=stdio".parse().unwrap(), "1=null".parse().unwrap(), "2=stdio".parse().unwrap()];
        assert!(serial(&args).iter().all(|a| a.to == Where::Null));
    }
}
