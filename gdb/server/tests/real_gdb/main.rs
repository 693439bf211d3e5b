//! Tests with a real `xtensa-esp32-elf-gdb` (`cargo xtask gdb`, or the one that ESPLENS_GDB_BIN names) and the commands
//! that its users type. Without a GDB the tests print that they are skipped; ESPLENS_GDB_BIN without such a file is a
//! failure.
//!
//! No test names a thread by its number: the list of threads depends on the firmware's symbols.

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
