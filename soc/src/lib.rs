//! The ESP32 around the cores: memory map, peripherals, boot, and the machine that connects them.

pub mod banks;
pub mod boot;
pub mod bus;
pub mod cache;
pub mod card;
pub mod clocks;
pub mod dev;
pub mod fleet;
pub mod hostfile;
pub mod irq;
pub mod machine;
pub mod map;
pub mod net;
pub mod optlist;
pub mod system;
pub mod trace;
