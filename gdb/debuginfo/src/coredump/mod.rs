//! ELF core files: written from the machine with one thread per task, read back, and extracted from ESP-IDF's UART
//! output or from flash.

mod find;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use find::{alone, decode_uart, in_flash};
pub use read::{CoreFile, Thread};
pub use write::write;

/// Bytes of NT_PRSTATUS before the registers: GDB's `elf_xtensa_grok_prstatus` expects the registers there.
const STATUS_BYTES: usize = 72;
/// Bytes of the registers: pc, ps, lbeg, lend, lcount, sar, windowstart, windowbase, 56 reserved words, ar0..ar63
/// (`xtensa_elf_gregset_t`).
const GREGS_BYTES: usize = 512;
/// Bytes of a whole NT_PRSTATUS: status, registers and one word of padding.
const NOTE_BYTES: usize = STATUS_BYTES + GREGS_BYTES + 4;
/// Offset of ar0 in the registers.
const AR0: usize = 256;
/// ELF note type of a thread's status and registers.
const NT_PRSTATUS: u32 = 1;
/// ELF machine number of Xtensa (EM_XTENSA).
const MACHINE: u16 = 0x5E;

/// Error of reading a core file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CoreFileError {
    /// Not an ELF core file for Xtensa.
    #[error("invalid core file: {0}")]
    Format(String),
}
