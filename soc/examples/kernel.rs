//! Runs a bare program until it prints `done`, then prints the host time that took. Meant for profiling.
//!
//!     cargo run --release -p esplens-soc --example kernel -- k2.elf [interp]

use esplens_core::time::TICKS_PER_US;
use esplens_soc::machine::{EngineKind, Machine, MachineConfig};
use esplens_soc::system::Output;
use std::error::Error;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let image = args.next().ok_or("usage: kernel PROGRAM [interp]")?;
    let mut config = MachineConfig::new(Vec::new());
    config.kernel = Some(esplens_soc::boot::kernel::load(image.as_ref())?);
    if args.next().as_deref() == Some("interp") {
        config.engine = EngineKind::Interp;
    }
    let mut machine = Machine::new(config);
    let started = Instant::now();
    let mut said = Vec::new();
    while !said.windows(4).any(|w| w == b"done") {
        let until = machine.now() + 1000 * TICKS_PER_US;
        while machine.now() < until {
            machine.run(until);
        }
        for output in machine.take_output() {
            if let Output::Uart { byte, .. } = output {
                said.push(byte);
            }
        }
    }
    let (took, instructions) = (started.elapsed(), machine.instructions());
    println!("{instructions} instructions, {} ms", took.as_millis());
    Ok(())
}
