//! The built-in example as a test machine.

use esplens_soc::boot::{LoadOptions, input};
use esplens_soc::machine::{Machine, MachineConfig};

/// Creates the machine, at power-on.
pub fn machine() -> Machine {
    let flash = include_bytes!("../../../fixtures/hello/flash.bin");
    let input = input::from_bytes("hello".as_ref(), flash, &LoadOptions::default()).expect("a sound image");
    Machine::new(MachineConfig::new(input.flash))
}
