//! The `esplens` binary of this build.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// Returns its absolute path: `$ESPLENS_BIN` (relative to the workspace), or the output of `cargo build -p
/// esplens`, which the first call builds.
///
/// # Panics
/// When it cannot be built.
#[must_use]
pub fn path() -> &'static PathBuf {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        if let Some(path) = std::env::var_os("ESPLENS_BIN") {
            let workspace = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
            return std::fs::canonicalize(Path::new(workspace).join(path)).expect("$ESPLENS_BIN");
        }
        let test = std::env::current_exe().expect("own path");
        // target/PROFILE/deps/test -> target/PROFILE/esplens
        let profile = test.ancestors().nth(2).expect("target folder").to_path_buf();
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--package", "esplens", "--manifest-path"]);
        build.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"));
        if profile.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().expect("cargo").success(), "cargo build -p esplens failed");
        profile.join("esplens")
    })
}

/// Returns a command that runs it, with empty standard input.
#[must_use]
pub fn esplens() -> Command {
    let mut command = Command::new(path());
    command.stdin(Stdio::null());
    command
}

/// Runs it to its end. Returns exit code, standard output and standard error.
///
/// # Panics
/// When it cannot be started.
pub fn run<S: AsRef<std::ffi::OsStr>>(args: &[S]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = esplens().args(args).output().expect("esplens starts");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (status.code(), text(stdout), text(stderr))
}

/// Returns the peak resident size of a running process, in KiB (VmHWM).
#[must_use]
pub fn peak_kib(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
