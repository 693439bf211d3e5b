//! Symbol files shared by all clients: mask ROM, bootloader, application.

use super::args::RunArgs;
use super::run::efuse_revision;
use esplens_debuginfo::symbols::{Elf, FileRole, SymbolError, open_cached};
use esplens_soc::boot::image::{self, BOOTLOADER_OFFSET};
use esplens_soc::boot::rom::builtin_elf;
use esplens_soc::boot::{BootInput, InputKind};
use esplens_supervisor::Supervisor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// ELF file of the built-in demo.
const DEMO_ELF: &[u8] = include_bytes!("../../../fixtures/demo/demo.elf");

/// Starts loading the machine's symbols; the run does not wait for them.
pub fn load(args: &RunArgs, input: &BootInput, supervisor: &Supervisor) {
    let handle = supervisor.handle();
    let store = handle.symbols();
    match args.rom.clone() {
        Some(path) => store.load_with(FileRole::Rom, "rom.elf", move || rom(&path)),
        None => {
            let revision = efuse_revision(&supervisor.view().machine().efuse_bytes());
            store.load_with(FileRole::Rom, "rom.elf", move || builtin("rom.elf", builtin_elf(revision)));
        }
    }
    if let Some((path, entry)) = bootloader(input) {
        store.load_with(FileRole::Bootloader, "bootloader.elf", move || of_entry(&path, entry));
    }
    if is_demo(args, input) {
        store.load_with(FileRole::App, "demo.elf", || builtin("demo.elf", DEMO_ELF));
    }
    // The application is added last, so that it takes precedence over the other files.
    let more = args.elf.iter().filter(|p| Some(*p) != input.elf.as_ref());
    for path in more.chain(&args.kernel).chain(&input.elf) {
        store.load(FileRole::App, path);
    }
}

fn builtin(name: &str, bytes: &'static [u8]) -> Result<Option<Arc<Elf>>, SymbolError> {
    Elf::parse(name, bytes).map(|elf| Some(Arc::new(elf)))
}

/// Loads the user's mask ROM; raw bytes have no symbols.
fn rom(path: &Path) -> Result<Option<Arc<Elf>>, SymbolError> {
    match open_cached(path) {
        Err(SymbolError::Elf(_)) => Ok(None),
        other => other.map(Some),
    }
}

/// Returns the bootloader's ELF file near the image, if there is one, and the entry address of the bootloader in flash.
fn bootloader(input: &BootInput) -> Option<(PathBuf, u32)> {
    let dir = if input.path.is_dir() { &input.path } else { input.path.parent()? };
    let names = ["bootloader.elf", "bootloader/bootloader.elf", "build/bootloader/bootloader.elf"];
    let path = names.into_iter().map(|n| dir.join(n)).find(|p| p.is_file())?;
    let head = input.flash.get(BOOTLOADER_OFFSET / esplens_core::memory::PAGE_SIZE)?;
    Some((path, image::parse_header(&head.0, 0).ok()?.entry))
}

/// Loads a file if its entry address is `entry`.
fn of_entry(path: &Path, entry: u32) -> Result<Option<Arc<Elf>>, SymbolError> {
    let elf = open_cached(path)?;
    if elf.entry() == entry {
        return Ok(Some(elf));
    }
    tracing::info!(elf = %path.display(), "not the image's bootloader: its symbols are not loaded");
    Ok(None)
}

/// Returns the application's ELF file: the image's, or the built-in demo's.
pub fn app(args: &RunArgs, input: &BootInput) -> Result<Option<Arc<Elf>>, SymbolError> {
    match &input.elf {
        Some(path) => open_cached(path).map(Some),
        None if is_demo(args, input) => builtin("demo.elf", DEMO_ELF),
        None => Ok(None),
    }
}

/// Returns true for the built-in demo with its own symbols.
fn is_demo(args: &RunArgs, input: &BootInput) -> bool {
    input.source == InputKind::Builtin && args.kernel.is_none() && args.elf.is_empty()
}

/// Returns breakpoint addresses of named functions, after their prologues.
pub fn addresses<'n>(elf: Arc<Elf>, names: &[&'n str]) -> Vec<(u32, &'n str)> {
    let symbols = esplens_debuginfo::symbols::Symbols::new(vec![elf]);
    names.iter().flat_map(|n| symbols.find(n).unwrap_or_default().into_iter().map(move |a| (a, *n))).collect()
}
