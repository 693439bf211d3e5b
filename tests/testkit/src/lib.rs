//! Shared by the tests of several crates: firmware samples, machines with the bundled images, an RSP client, an
//! allocation counter, random numbers. Only tests and benches depend on this crate; a failure here is a panic.

#![allow(clippy::missing_panics_doc, reason = "each function may fail the test that calls it")]

pub mod counting;
pub mod firmware;
pub mod kernel;
mod machines;
mod random;
mod rsp;

pub use firmware::{built_gdb, firmware, gdb};
pub use machines::{boot, demo, demo_elf, hello, hello_interpreted, symbol, uart_lines, uart_until};
pub use random::XorShift;
pub use rsp::{Rsp, Served, serve, unhex};
