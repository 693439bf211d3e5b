//! The ESP32 around the cores: memory map, peripherals, boot and the machine that wires them.

pub mod cache;
pub mod boot;
pub mod clocks;
pub mod dev;
pub mod irq;
pub mod system;
