//! `--daemonize`: the program starts itself again and waits until the background process has opened everything, as QEMU
//! does. A script can connect as soon as the command returns.

use anyhow::Context;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

/// Environment variable that marks the background process.
const MARK: &str = "ESPLENS_DAEMON";
/// Last byte that the background process writes on its standard output: it is ready.
const READY: u8 = 0;
/// Longest wait of the background process for its earlier output to be written.
const SAID: Duration = Duration::from_secs(2);

/// Returns true in the background process.
fn is_background() -> bool {
    std::env::var_os(MARK).is_some()
}

/// Starts the background process. Returns this process's exit code once that one is ready or has failed, and `None` in
/// the background process itself.
///
/// # Errors
/// When it cannot be started.
pub fn start() -> anyhow::Result<Option<ExitCode>> {
    if is_background() {
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

/// Waits until the background process is ready or has ended. Returns its output and this process's exit code.
fn outcome(child: &mut Child) -> std::io::Result<(Vec<u8>, u8)> {
    let mut said = Vec::new();
    if let Some(out) = child.stdout.take() {
        BufReader::new(out).read_until(READY, &mut said)?;
    }
    if said.pop_if(|last| *last == READY).is_some() {
        return Ok((said, 0));
    }
    // The child closes its end of the pipe before its exit status is available.
    let status = child.wait()?;
    // A child that succeeds without having been ready had nothing to do in the background.
    Ok((said, status.code().and_then(|c| u8::try_from(c).ok()).unwrap_or(1)))
}

/// Returns the arguments of this process. Adds `qemu` if it has QEMU's name: a program started by its path loses that.
fn arguments() -> Vec<std::ffi::OsString> {
    let mut args: Vec<_> = std::env::args_os().collect();
    let name = args.first().map(|a| Path::new(a).file_name().unwrap_or_default().to_owned());
    args.remove(0);
    if name.is_some_and(|n| n.to_string_lossy().starts_with("qemu-system-xtensa")) {
        args.insert(0, "qemu".into());
    }
    args
}

/// Reports that everything is open, so that the foreground process ends.
///
/// # Errors
/// When the host has no /dev/null, or the foreground process has ended already.
pub fn ready() -> anyhow::Result<()> {
    if !is_background() {
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

    /// Returns the outcome of a background process that is this shell script.
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
