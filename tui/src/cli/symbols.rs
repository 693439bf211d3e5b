//! The files whose symbols all clients share: mask ROM, bootloader, application.

use super::args::RunArgs;
use super::run::efuse_revision;
use esplens_gdb::supervisor::Supervisor;
use esplens_gdb::symbols::{Elf, Role, open_cached};
use esplens_soc::boot::image::{self, BOOTLOADER_OFFSET};
use esplens_soc::boot::rom::builtin_elf;
use esplens_soc::boot::{BootInput, Source};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The built-in demo's.
const DEMO_ELF: &[u8] = include_bytes!("../../../fixtures/demo/demo.elf");

/// Starts loading what belongs to the machine; the run does not wait for it.
pub fn load(args: &RunArgs, input: &BootInput, supervisor: &Supervisor) {
    let handle = supervisor.handle();
    let store = handle.symbols();
    let rom = match &args.rom {
        Some(path) => Elf::open(path).ok(), // raw bytes have no symbols
        None => {
            let revision = efuse_revision(&supervisor.view().machine().efuse_bytes());
            Elf::parse("rom.elf", builtin_elf(revision)).ok()
        }
    };
    if let Some(rom) = rom {
        store.add(Role::Rom, Arc::new(rom));
    }
    if let Some(path) = bootloader(input) {
        store.load(Role::Bootloader, &path);
    }
    if input.source == Source::Builtin && args.kernel.is_none() && args.elf.is_empty() {
        match Elf::parse("demo.elf", DEMO_ELF) {
            Ok(elf) => store.add(Role::App, Arc::new(elf)),
            Err(e) => tracing::warn!("the demo's symbols: {e}"),
        }
    }
    // The application's last, so that it counts before what else was given.
    let more = args.elf.iter().filter(|p| Some(*p) != input.elf.as_ref());
    for path in more.chain(&args.kernel).chain(&input.elf) {
        store.load(Role::App, path);
    }
}

/// The bootloader's ELF file beside the image, if it starts where the one in flash does.
fn bootloader(input: &BootInput) -> Option<PathBuf> {
    let dir = if input.path.is_dir() { &input.path } else { input.path.parent()? };
    let names = ["bootloader.elf", "bootloader/bootloader.elf", "build/bootloader/bootloader.elf"];
    let path = names.into_iter().map(|n| dir.join(n)).find(|p| p.is_file())?;
    let head = input.flash.get(BOOTLOADER_OFFSET / esplens_core::memory::PAGE_SIZE)?;
    let entry = image::parse_header(&head.0, 0).ok()?.entry;
    let elf = open_cached(&path).ok()?;
    if elf.entry() == entry {
        return Some(path);
    }
    tracing::info!(elf = %path.display(), "not the image's bootloader: no symbols of it");
    None
}

/// Addresses of the symbols in a file.
pub fn addresses<'n>(path: &Path, names: &[&'n str]) -> anyhow::Result<Vec<(u32, &'n str)>> {
    let symbols = esplens_gdb::symbols::Symbols::new(vec![open_cached(path)?]);
    Ok(names.iter().filter_map(|n| Some((symbols.symbol(n)?.addr, *n))).collect())
}
