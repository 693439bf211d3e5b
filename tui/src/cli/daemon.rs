//! `--daemonize`: the program starts itself again and waits until its double has opened everything, as QEMU does: a script can connect
//! when the command line is back.

use anyhow::Context;
use std::fs::OpenOptions;
use std::io::Read;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

/// Tells the double that it is one.
const MARK: &str = "ESPLENS_DAEMON";

/// True in the double.
fn is_double() -> bool {
    std::env::var_os(MARK).is_some()
}

/// Starts the double; the exit code of this process once it is ready or has failed. `None`: this is the double.
///
/// # Errors
/// When it cannot be started.
pub fn start() -> anyhow::Result<Option<ExitCode>> {
    if is_double() {
        nix::unistd::setsid().context("--daemonize")?;
        return Ok(None);
    }
    let program = std::env::current_exe()?;
    let mut child = Command::new(program)
        .args(arguments())
        .env(MARK, "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("--daemonize")?;
    // Its end of the pipe closes when it is ready, or is gone.
    let mut said = Vec::new();
    if let Some(mut out) = child.stdout.take() {
        out.read_to_end(&mut said)?;
    }
    super::terminal::text(&String::from_utf8_lossy(&said));
    Ok(Some(match child.try_wait()? {
        Some(status) => ExitCode::from(status.code().and_then(|c| u8::try_from(c).ok()).unwrap_or(1)),
        None => ExitCode::SUCCESS,
    }))
}

/// The arguments of this process, also under QEMU's name, which a program started by its path has not.
fn arguments() -> Vec<std::ffi::OsString> {
    let mut args: Vec<_> = std::env::args_os().collect();
    let name = args.first().map(|a| Path::new(a).file_name().unwrap_or_default().to_owned());
    args.remove(0);
    if name.is_some_and(|n| n.to_string_lossy().starts_with("qemu-system-xtensa")) {
        args.insert(0, "qemu".into());
    }
    args
}

/// Everything is open: lets the command line go.
///
/// # Errors
/// When the host has no /dev/null.
pub fn ready() -> anyhow::Result<()> {
    if !is_double() {
        return Ok(());
    }
    let null = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    nix::unistd::dup2_stdout(&null)?;
    nix::unistd::dup2_stderr(&null)?;
    Ok(())
}
