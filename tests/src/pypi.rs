//! Real clients from PyPI, in a Python environment for each list in `tests/clients/`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// Returns the Python of an environment with everything that `tests/clients/NAME-requirements.txt` pins. It
/// is kept in `~/.cache/esplens/clients/NAME` and created by the first call. If there is no Python or no
/// network, prints a line about it and returns `None`.
#[must_use]
pub fn python(name: &str) -> Option<PathBuf> {
    // One test installs, the other tests of the process wait.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("clients/{name}-requirements.txt"));
    let home = std::env::var_os("HOME")?;
    let folder = Path::new(&home).join(".cache/esplens/clients").join(name);
    let python = folder.join("bin/python");
    match make(&list, &folder, &python) {
        Ok(()) => Some(python),
        Err(why) => {
            eprintln!("skipped: the clients of {} cannot be installed: {why}", list.display());
            None
        }
    }
}

fn make(list: &Path, folder: &Path, python: &Path) -> Result<(), String> {
    let text = |e: std::io::Error| e.to_string();
    let (wanted, stamp) = (std::fs::read(list).map_err(text)?, folder.join("installed.txt"));
    if python.exists() && std::fs::read(&stamp).is_ok_and(|had| had == wanted) {
        return Ok(());
    }
    run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1", "-r"];
    run(Command::new(python).args(pip).arg(list))?;
    std::fs::write(stamp, wanted).map_err(text)
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output().map_err(|e| format!("{command:?}: {e}"))?;
    let error = String::from_utf8_lossy(&output.stderr);
    let last = error.lines().last().unwrap_or_default();
    if output.status.success() { Ok(()) } else { Err(last.to_string()) }
}
