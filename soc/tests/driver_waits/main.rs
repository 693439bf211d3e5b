//! ESP-IDF's drivers wait for bits. Each test runs one driver's register sequence, names the function, and asserts that
//! its wait ends within a bounded virtual time.
//!
//! Some waits are tested with the devices: PSRAM's identification (`dev/spi/tests.rs`), the cache flush and the start
//! of APP_CPU (`dev/dport/tests.rs`), autobaud and breaks (`dev/uart/tests.rs`), the SDIO slave's links
//! (`dev/slc/mod.rs`), FRC, flash encryption, RTC memory CRC.

mod analogue;
mod chip;
mod gpio;
mod serial;
mod storage;
mod timers;

pub use chip::Chip;
