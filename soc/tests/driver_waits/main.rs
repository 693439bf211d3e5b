//! ESP-IDF's drivers wait for bits; each test goes through one driver's register sequence, names the function, and
//! asserts that its wait ends within a bounded virtual time. Devices that only one driver uses, and whose waits are
//! in their own unit tests, are listed in docs/peripherals.md's sources.

mod analogue;
mod chip;
mod gpio;
mod serial;
mod storage;
mod timers;

pub use chip::Chip;
