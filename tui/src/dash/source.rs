//! Source files as lines: those of the built-in demo, else from the host's disk at the paths in the debug information.

use esplens_debuginfo::symbols::SourcePaths;
use esplens_soc::hostfile;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Maximum number of files kept.
const MAX_FILES: usize = 200;
/// Maximum size of a file in bytes.
const MAX_BYTES: u64 = 4 << 20;
/// Maximum length of a shown line.
const MAX_COLUMNS: usize = 300;

macro_rules! demo {
    ($($name:literal)+) => {
        &[$(($name, include_str!(concat!("../../../fixtures/demo/", $name)))),+]
    };
}

/// The demo's own sources: its debug information has them under `/fixtures/demo`.
static DEMO: &[(&str, &str)] = demo!("main.c" "port/port.c" "port/port.S" "src/console.rs" "src/eth.rs" "src/http.rs" "src/lib.rs" "src/net.rs");

/// Files read so far; `None`: the file cannot be read.
#[derive(Default)]
pub struct Sources {
    files: HashMap<String, Option<Vec<String>>>,
    /// Folders searched for files that are not at their compile-time path.
    roots: Vec<PathBuf>,
    /// The monitor's `directory` and `substitute-path` settings when files were last read.
    paths: SourcePaths,
}

impl Sources {
    /// Creates a cache that also searches these folders, by the ends of the paths, for files that are not at their
    /// compile-time path.
    #[must_use]
    pub fn new(roots: Vec<PathBuf>) -> Self {
        Self { files: HashMap::new(), roots, paths: SourcePaths::default() }
    }

    /// Applies the monitor's `directory` and `substitute-path` settings.
    pub fn follow(&mut self, paths: &SourcePaths) {
        if self.paths != *paths {
            self.paths.clone_from(paths);
            self.files.clear();
        }
    }

    /// Returns a line of a file, counted from 1.
    pub fn line(&mut self, file: &str, line: u32) -> Option<String> {
        if self.files.len() >= MAX_FILES && !self.files.contains_key(file) {
            self.files.clear();
        }
        if !self.files.contains_key(file) {
            let lines = self.read(file);
            self.files.insert(file.into(), lines);
        }
        let lines = self.files.get(file)?.as_ref()?;
        lines.get((line as usize).checked_sub(1)?).cloned()
    }

    fn read(&self, file: &str) -> Option<Vec<String>> {
        let embedded = DEMO.iter().find(|(name, _)| file.strip_prefix("/fixtures/demo/") == Some(*name));
        let text = match embedded {
            Some((_, text)) => (*text).to_string(),
            None => {
                let told = self.paths.find(file).into_iter();
                told.chain(self.candidates(file)).find_map(|p| read(&p))?
            }
        };
        Some(text.lines().map(clean).collect())
    }

    /// Returns the path itself, then its ends under each root, the longest first.
    fn candidates(&self, file: &str) -> Vec<PathBuf> {
        let parts: Vec<&str> = file.split('/').filter(|p| !p.is_empty() && *p != "..").collect();
        let ends = |root: &PathBuf| {
            let root = root.clone();
            (0..parts.len())
                .map(|n| parts[n..].iter().fold(root.clone(), |p, part| p.join(part)))
                .collect::<Vec<_>>()
        };
        std::iter::once(PathBuf::from(file)).chain(self.roots.iter().flat_map(ends)).collect()
    }
}

fn read(path: &Path) -> Option<String> {
    Some(String::from_utf8_lossy(&hostfile::read(path, MAX_BYTES).ok()?).into_owned())
}

fn clean(line: &str) -> String {
    line.replace('\t', "    ").chars().filter(|c| !c.is_control()).take(MAX_COLUMNS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_demo_and_of_files_that_moved() {
        let mut sources = Sources::default();
        assert!(sources.line("/fixtures/demo/main.c", 1).is_some());
        assert_eq!(sources.line("/fixtures/demo/main.c", 0), None);
        assert_eq!(sources.line("/nowhere/x.c", 1), None);
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("main")).unwrap();
        std::fs::write(dir.path().join("main/a.c"), "one\n\ttwo\n").unwrap();
        let mut sources = Sources::new(vec![dir.path().into()]);
        assert_eq!(sources.line("/home/other/project/main/a.c", 2).as_deref(), Some("    two"));
    }
}
