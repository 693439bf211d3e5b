//! The firmware's symbols, for everybody who shows names.

use super::terminal;
use esplens_gdb::supervisor::Handle;
use esplens_gdb::symbols::{Elf, Symbols};
use esplens_soc::boot::{BootInput, Source};
use std::sync::Arc;

/// The built-in demo's ELF.
static DEMO: &[u8] = include_bytes!("../../../fixtures/demo/demo.elf");

/// Reads the ELF that belongs to the input and shares its symbols with all clients, in the background.
pub fn load(input: &BootInput, handle: &Handle) {
    let (path, demo) = (input.elf.clone(), input.source == Source::Builtin);
    let handle = handle.clone();
    let read = move || {
        let elf = match path {
            Some(path) => Elf::open(&path),
            None if demo => Elf::parse("demo.elf", DEMO),
            None => return,
        };
        match elf {
            Ok(elf) => {
                let symbols = Arc::new(Symbols::new(vec![Arc::new(elf)]));
                symbols.index();
                handle.set_symbols(symbols);
            }
            Err(error) => terminal::message(&format!("no symbols: {error}")),
        }
    };
    if let Err(error) = std::thread::Builder::new().name("symbols".into()).spawn(read) {
        terminal::message(&format!("no symbols: {error}"));
    }
}
