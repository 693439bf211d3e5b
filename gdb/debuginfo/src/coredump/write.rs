//! Writes core files.

use super::read::{CoreFile, Thread};
use super::{AR0, GREGS_BYTES, MACHINE, NOTE_BYTES, NT_PRSTATUS, STATUS_BYTES};
use esplens_soc::machine::reg;

const SIGTRAP: u16 = 5;

fn put(out: &mut [u8], at: usize, word: u32) {
    out[at..at + 4].copy_from_slice(&word.to_le_bytes());
}

/// Returns the NT_PRSTATUS of one thread.
fn status(thread: &Thread) -> Vec<u8> {
    let c = &thread.context;
    let mut out = vec![0; NOTE_BYTES];
    out[12..14].copy_from_slice(&SIGTRAP.to_le_bytes());
    put(&mut out, 24, thread.id);
    let sr = |n: u16| c.others.get(&(reg::SR + n)).copied().unwrap_or(0);
    let regs = [c.pc, c.ps, sr(0), sr(1), sr(2), sr(3), c.windowstart, c.windowbase];
    for (n, value) in regs.into_iter().enumerate() {
        put(&mut out, STATUS_BYTES + 4 * n, value);
    }
    for (n, value) in c.ar.iter().enumerate() {
        put(&mut out, STATUS_BYTES + AR0 + 4 * n, *value);
    }
    debug_assert_eq!(AR0 + 4 * c.ar.len(), GREGS_BYTES, "ar0..ar63 end the registers");
    out
}

fn note(out: &mut Vec<u8>, name: &str, kind: u32, data: &[u8]) {
    for word in [name.len() as u32 + 1, data.len() as u32, kind] {
        out.extend(word.to_le_bytes());
    }
    out.extend(name.bytes().chain([0]));
    out.resize(out.len().next_multiple_of(4), 0);
    out.extend(data);
    out.resize(out.len().next_multiple_of(4), 0);
}

fn segment(out: &mut Vec<u8>, kind: u32, offset: usize, addr: u32, len: usize, flags: u32) {
    for word in [kind, offset as u32, addr, addr, len as u32, len as u32, flags, 4] {
        out.extend(word.to_le_bytes());
    }
}

/// Returns the file's bytes, for `xtensa-esp32-elf-gdb APP.elf FILE`.
#[must_use]
pub fn write(core: &CoreFile) -> Vec<u8> {
    const PT_LOAD: u32 = 1;
    const PT_NOTE: u32 = 4;
    let mut notes = Vec::new();
    for thread in &core.threads {
        note(&mut notes, "CORE", NT_PRSTATUS, &status(thread));
    }
    let names: String =
        core.threads.iter().filter_map(|t| Some(format!("{:08x} {}\n", t.id, t.name.as_ref()?))).collect();
    note(&mut notes, super::read::NAMES, super::read::NAMES_TYPE, names.as_bytes());
    let segments = core.memory.len() + 1;
    let mut out = b"\x7fELF\x01\x01\x01".to_vec();
    out.resize(16, 0);
    // ET_CORE, machine, version, entry, program headers at 52, no sections.
    for half in [4u16, MACHINE] {
        out.extend(half.to_le_bytes());
    }
    for word in [1u32, 0, 52, 0, 0] {
        out.extend(word.to_le_bytes());
    }
    for half in [52u16, 32, segments as u16, 40, 0, 0] {
        out.extend(half.to_le_bytes());
    }
    let mut at = 52 + 32 * segments;
    segment(&mut out, PT_NOTE, at, 0, notes.len(), 0);
    at += notes.len();
    for (addr, bytes) in &core.memory {
        segment(&mut out, PT_LOAD, at, *addr, bytes.len(), 7);
        at += bytes.len();
    }
    out.extend(notes);
    core.memory.iter().for_each(|(_, bytes)| out.extend(bytes));
    out
}
