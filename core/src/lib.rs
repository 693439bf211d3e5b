//! The Xtensa LX6 of the ESP32: instruction table, CPU state, memory and the engines that run it.
//!
//! It depends on no SoC and no debugger: the surrounding machine (`esplens-soc`) provides the
//! [`memory::Bus`], and every front end uses the types of [`debug`].

pub mod cpu;
pub mod debug;
pub mod engine;
pub mod isa;
pub mod memory;
pub mod time;
pub mod work;
