//! Debug information of a firmware, read without running it: [`symbols`] of ELF files, stack unwinding ([`unwind`]),
//! FreeRTOS objects ([`rtos`]), core dumps ([`coredump`]), explanations of panics ([`explain`]) and the [`filter`]
//! language for network frames.
//!
//! Memory and registers come from the caller ([`unwind::ReadMemory`]): a machine, a core file, a test. Nothing here
//! knows a running machine, a thread or a socket.

pub mod coredump;
pub mod explain;
pub mod filter;
pub mod number;
pub mod printable;
pub mod rtos;
pub mod symbols;
pub mod unwind;
