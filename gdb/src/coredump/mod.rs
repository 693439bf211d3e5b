//! ELF core files: written from the machine with a thread a task, read back, and found in what ESP-IDF prints to the
//! UART or leaves in flash.

mod find;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use find::{alone, decode_uart, in_flash};
pub use read::{Core, Thread};
pub use write::{capture, write};

/// Bytes of NT_PRSTATUS before the registers: GDB's `elf_xtensa_grok_prstatus` looks for them there.
const STATUS_BYTES: usize = 72;
/// Bytes of the registers: pc, ps, lbeg, lend, lcount, sar, windowstart, windowbase, 56 reserved words, ar0..ar63
/// (`xtensa_elf_gregset_t`).
const GREGS_BYTES: usize = 512;
/// The word of padding behind them.
const NOTE_BYTES: usize = STATUS_BYTES + GREGS_BYTES + 4;
/// Offset of ar0 in the registers.
const AR0: usize = 256;
/// NT_PRSTATUS.
const NT_PRSTATUS: u32 = 1;
/// EM_XTENSA.
const MACHINE: u16 = 0x5E;

/// Why a core file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is no ELF core file for Xtensa.
    #[error("no core file: {0}")]
    Format(String),
}
