//! `--daemonize`: the program starts itself again and waits until its double has opened everything, as QEMU does: a script can connect
//! when the command line is back.

use anyhow::Context;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

/// Tells the double that it is one.
const MARK: &str = "ESPLENS_DAEMON";
/// What the double writes last on its standard output: it is ready.
const READY: u8 = 0;
/// How long the double waits for the way of what it said before.
const SAID: Duration = Duration::from_secs(2);

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
    let (said, code) = outcome(&mut child)?;
    super::terminal::text(&String::from_utf8_lossy(&said));
    Ok(Some(ExitCode::from(code)))
}

/// Waits until the double is ready or gone: what it said, and the exit code of this process.
fn outcome(child: &mut Child) -> std::io::Result<(Vec<u8>, u8)> {
    let mut said = Vec::new();
    if let Some(out) = child.stdout.take() {
        BufReader::new(out).read_until(READY, &mut said)?;
    }
    if said.pop_if(|last| *last == READY).is_some() {
        return Ok((said, 0));
    }
    // Its end of the pipe closes before it can be waited for.
    let status = child.wait()?;
    // One that ends well without having been ready had nothing to do in the background.
    Ok((said, status.code().and_then(|c| u8::try_from(c).ok()).unwrap_or(1)))
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
/// When the host has no /dev/null, or the command line is gone already.
pub fn ready() -> anyhow::Result<()> {
    if !is_double() {
        return Ok(());
    }
    crate::outlet::finish(SAID);
    nix::unistd::write(std::io::stdout(), &[READY])?;
    let null = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    nix::unistd::dup2_stdout(&null)?;
    nix::unistd::dup2_stderr(&null)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The outcome of a double that is this shell script.
    fn of(script: &str) -> (Vec<u8>, u8) {
        let mut shell = Command::new("sh");
        let mut child =
            shell.args(["-c", script]).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let outcome = outcome(&mut child).unwrap();
        let _ = child.kill();
        child.wait().unwrap();
        outcome
    }

    #[test]
    fn a_double_that_fails_is_waited_for() {
        assert_eq!(of("exec >&-; sleep 0.3; exit 2"), (vec![], 2), "the pipe closes long before the end");
        assert_eq!(of("echo list; exit 0"), (b"list\n".to_vec(), 0));
        assert_eq!(of("kill -KILL $$"), (vec![], 1));
    }

    #[test]
    fn a_double_that_is_ready_is_not_waited_for() {
        let started = std::time::Instant::now();
        assert_eq!(of("printf 'said\\0'; exec sleep 20 >&-"), (b"said".to_vec(), 0));
        assert!(started.elapsed() < Duration::from_secs(10));
    }
}
