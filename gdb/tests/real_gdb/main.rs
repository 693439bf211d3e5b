//! A real `xtensa-esp32-elf-gdb` (`cargo xtask gdb`, or the one that ESPLENS_GDB_BIN names) types what its users type.
//! Where there is none the tests say that they are skipped; ESPLENS_GDB_BIN without such a file is a failure.
//!
//! Nothing here names a thread by its number: which threads there are depends on the firmware's symbols.

#[path = "../common/mod.rs"]
mod common;

mod attach;
mod blink;
mod crash;
mod ending;
mod load;
mod points;
mod reverse;
mod script;
mod stacks;
mod tracing;
mod walk;
mod words;
