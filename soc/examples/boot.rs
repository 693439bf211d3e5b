//! Minimal front end: boots a flash image, runs it for a given number of virtual milliseconds and prints the host time
//! that took. Useful under a profiler; `cargo xtask bench trace` compares two builds of it.
//!
//!     cargo run --release -p esplens-soc --example boot -- flash.bin 1000 [interp] [no-skip]

use esplens_core::time::TICKS_PER_US;
use esplens_soc::boot::{LoadOptions, load};
use esplens_soc::machine::{EngineKind, Machine, MachineConfig};
use std::error::Error;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let image = args.next().ok_or("usage: boot IMAGE [MILLISECONDS]")?;
    let ms: u64 = args.next().map_or(Ok(1000), |n| n.parse())?;
    let mut config = MachineConfig::new(load(image.as_ref(), &LoadOptions::default())?.flash);
    for option in args {
        match option.as_str() {
            "interp" => config.engine = EngineKind::Interp,
            "no-skip" => config.skip_busy_waits = false,
            _ => return Err(format!("unknown option {option}").into()),
        }
    }
    let mut machine = Machine::new(config);
    let started = Instant::now();
    for n in 1..=ms {
        let until = n * 1000 * TICKS_PER_US;
        while machine.now() < until {
            machine.run(until);
        }
        machine.take_output();
    }
    let (took, instructions) = (started.elapsed(), machine.instructions());
    let hash: String = machine.state_hash().iter().map(|byte| format!("{byte:02x}")).collect();
    println!("{instructions} instructions, {} ns, state {hash}", took.as_nanos());
    Ok(())
}
