//! `symbol-file`, `add-symbol-file`, `substitute-path`, `directory`.

use super::{Error, Result};
use clap::Args;
use esplens_debuginfo::symbols::FileRole;
use esplens_supervisor::Handle;
use std::path::PathBuf;

/// Replaces the application's symbols, or lists the files.
#[derive(Debug, Args)]
pub struct SymbolFile {
    /// ELF file; without argument: list the loaded files.
    path: Option<PathBuf>,
}

impl SymbolFile {
    pub fn run(&self, handle: &Handle) -> Result {
        let Some(path) = &self.path else { return Ok(list(handle)) };
        let elf = esplens_debuginfo::symbols::open_cached(path).map_err(|e| Error::User(e.to_string()))?;
        handle.symbols().clear();
        handle.symbols().add(FileRole::App, elf);
        handle.touched();
        Ok(list(handle))
    }
}

/// Adds a file's symbols.
#[derive(Debug, Args)]
pub struct AddSymbolFile {
    /// ELF file.
    path: PathBuf,
}

impl AddSymbolFile {
    pub fn run(&self, handle: &Handle) -> Result {
        let loaded = handle.symbols().load_now(FileRole::App, &self.path);
        loaded.map(|_| list(handle)).map_err(|e| Error::User(e.to_string()))
    }
}

fn list(handle: &Handle) -> String {
    let progress = handle.symbols().progress();
    let mut out = String::new();
    for elf in handle.symbols().current().elfs() {
        let path = elf.path().map_or_else(|| elf.name().into(), |p| p.display().to_string());
        let what = if elf.has_dwarf() { "" } else { " (no debug information)" };
        out.push_str(&format!("{path}{what}\n"));
        out.extend(elf.notes().iter().map(|n| format!("  {n}\n")));
    }
    out.extend(progress.loading.iter().map(|(name, step)| format!("{name}: {step}\n")));
    out.extend(progress.errors.iter().map(|e| format!("{e}\n")));
    if out.is_empty() { "no symbols are loaded\n".into() } else { out }
}

/// Maps the compiler's source paths to this host's.
#[derive(Debug, Args)]
pub struct SubstitutePath {
    /// Prefix of the compiler's paths.
    from: String,
    /// Replacement on this host.
    to: String,
}

impl SubstitutePath {
    pub fn run(&self, handle: &Handle) -> Result {
        handle.symbols().sources().substitute(&self.from, &self.to);
        Ok(String::new())
    }
}

/// Adds a folder to search for source files.
#[derive(Debug, Args)]
pub struct Directory {
    /// The folder.
    dir: PathBuf,
}

impl Directory {
    pub fn run(&self, handle: &Handle) -> Result {
        if !self.dir.is_dir() {
            return Err(Error::User(format!("{}: not a folder", self.dir.display())));
        }
        handle.symbols().sources().add_directory(&self.dir);
        Ok(String::new())
    }
}
