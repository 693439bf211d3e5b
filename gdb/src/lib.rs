//! Debugging an emulated ESP32: the supervisor that owns the machine, and the servers that are its clients.
//!
//! Everything goes through a [`supervisor::Handle`]: GDB connections ([`server`]), the monitor ([`monitor`]), the
//! dashboard, scripts. None of them touches the machine; all may work side by side. [`symbols`] reads the firmware's
//! ELF files, [`unwind`] its stacks, [`rtos`] its FreeRTOS.

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
