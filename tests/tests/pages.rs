//! The documentation's transcripts against real output: `esplens run` in README.md and docs/user/ci.md, and
//! the pytest files there.

use esplens_tests::{binary, pypi};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Returns the repository's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// Returns the code blocks of a page with this language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(page)).unwrap();
    let parts: Vec<_> = text.split("\n```").collect();
    let code = parts.iter().skip(1).step_by(2);
    code.filter_map(|b| b.strip_prefix(language)?.strip_prefix('\n').map(Into::into)).collect()
}

/// Returns the commands of a page's transcripts that run firmware, with the output shown for each.
fn transcripts(page: &str) -> Vec<(String, Vec<String>)> {
    let mut out: Vec<(String, Vec<String>)> = Vec::new();
    for line in blocks(page, "console").iter().flat_map(|b| b.lines()) {
        match (line.strip_prefix("$ "), out.last_mut()) {
            (Some(command), _) => out.push((command.into(), Vec::new())),
            (None, Some((_, shown))) => shown.push(line.into()),
            (None, None) => {}
        }
    }
    out.retain(|(command, shown)| command.starts_with("esplens run") && !shown.is_empty());
    out
}

/// Creates a folder with the repository's fixtures and `esplens` as a command.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(binary::path(), folder.path().join("esplens")).unwrap();
    std::os::unix::fs::symlink(root().join("fixtures"), folder.path().join("fixtures")).unwrap();
    folder
}

/// Returns a command that runs in the folder.
fn command(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    command.current_dir(folder).env("PATH", path).stdin(Stdio::null());
    command
}

#[test]
fn transcripts_are_true() {
    let folder = folder();
    for page in ["README.md", "docs/user/ci.md"] {
        let transcripts = transcripts(page);
        assert!(!transcripts.is_empty(), "{page}");
        for (line, shown) in transcripts {
            let output = command(Path::new("sh"), folder.path()).args(["-c", &line]).output().unwrap();
            let text = [output.stdout, output.stderr]
                .map(|b| String::from_utf8_lossy(&b).replace('\r', ""))
                .concat();
            let mut printed = text.lines();
            for want in shown.iter().filter(|l| !l.is_empty() && *l != "...") {
                assert!(printed.any(|l| l == want), "{page}: {line}: no {want:?} in its place in {text}");
            }
        }
    }
}

#[test]
fn the_pytest_files_pass() {
    let Some(python) = pypi::python("qemu") else { return };
    let folder = folder();
    let [conftest, test] = &blocks("docs/user/ci.md", "python")[..] else { panic!("two files") };
    std::fs::write(folder.path().join("conftest.py"), conftest).unwrap();
    std::fs::write(folder.path().join("test_firmware.py"), test).unwrap();
    let mut pytest = command(&python, folder.path());
    let output =
        pytest.args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "test_firmware.py"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("3 passed"), "{text}");
}
