//! Source text: maps paths that the compiler wrote to files on this host.

use super::lines::is_absolute;
use std::path::{Path, PathBuf};

/// Largest source file that is read.
const MAX_BYTES: u64 = 16 << 20;
/// Most rules and most folders.
const MOST: usize = 256;

/// Rules that map the compiler's paths to this host's files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourcePaths {
    rules: Vec<(String, String)>,
    directories: Vec<PathBuf>,
}

impl SourcePaths {
    /// Adds a rule, like GDB's `set substitute-path FROM TO`: paths that begin with `from` begin with `to` instead. A
    /// rule for the same `from` is replaced.
    pub fn substitute(&mut self, from: &str, to: &str) {
        let from = from.trim_end_matches(['/', '\\']).to_string();
        self.rules.retain(|r| r.0 != from);
        self.rules.insert(0, (from, to.trim_end_matches('/').into()));
        self.rules.truncate(MOST);
    }

    /// Adds a folder, like GDB's `directory DIR`: it is searched for the whole path, then for ever shorter ends of it.
    pub fn add_directory(&mut self, dir: &Path) {
        if !self.directories.iter().any(|d| d == dir) {
            self.directories.push(dir.to_path_buf());
            self.directories.truncate(MOST);
        }
    }

    /// Returns the rules in the order in which they are tried.
    #[must_use]
    pub fn rules(&self) -> &[(String, String)] {
        &self.rules
    }

    /// Returns the file on this host for a path of the compiler's.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<PathBuf> {
        let substituted = self.rules.iter().find_map(|(from, to)| {
            let rest = path.strip_prefix(from.as_str())?;
            rest.starts_with(['/', '\\']).then(|| format!("{to}{}", rest.replace('\\', "/")))
        });
        let path = substituted.as_deref().unwrap_or(path);
        let direct = Path::new(path);
        if is_absolute(path) && direct.is_file() {
            return Some(direct.to_path_buf());
        }
        let plain = path.replace('\\', "/");
        let parts: Vec<&str> =
            plain.split('/').filter(|p| !p.is_empty() && *p != "." && !p.ends_with(':')).collect();
        // A path with `..` in it could leave the folder; the part behind the last `..` cannot.
        let first = parts.iter().rposition(|p| *p == "..").map_or(0, |n| n + 1);
        (first..parts.len()).find_map(|n| {
            let end: PathBuf = parts[n..].iter().collect();
            self.directories.iter().map(|d| d.join(&end)).find(|p| p.is_file())
        })
    }

    /// Returns the whole text; `None` if the file does not exist.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<String> {
        let file = self.find(path)?;
        let bytes = esplens_soc::hostfile::read(&file, MAX_BYTES).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Returns one line, counted from 1.
    #[must_use]
    pub fn source_line(&self, path: &str, line: u32) -> Option<String> {
        let text = self.text(path)?;
        text.lines().nth(line.checked_sub(1)? as usize).map(Into::into)
    }
}
