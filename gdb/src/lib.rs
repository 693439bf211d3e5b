//! Debugger of an emulated ESP32: the supervisor that owns the machine, and the servers that are its clients.
//!
//! All clients use a [`supervisor::Handle`]: GDB connections ([`server`]), the monitor ([`monitor`]), the dashboard,
//! scripts. None of them accesses the machine directly, and all can work at the same time. [`symbols`] reads the
//! firmware's ELF files, [`unwind`] its stacks, [`rtos`] its FreeRTOS.

pub mod coredump;
pub mod explain;
pub mod filter;
pub mod monitor;
pub mod number;
pub mod panics;
pub mod printable;
pub mod qmp;
pub mod rtos;
pub mod server;
pub mod steps;
pub mod supervisor;
pub mod symbols;
pub mod unwind;
pub mod whatis;
