//! The target's registers by GDB's numbers, in the layout of `xtensa-esp32-elf-gdb`.

mod regs;
pub mod table;

pub use regs::{compose, read, write};
