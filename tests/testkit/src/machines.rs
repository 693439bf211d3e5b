//! Machines with the bundled images, and what they print.

use esplens_core::time::TICKS_PER_US;
use esplens_soc::boot::{LoadOptions, input};
use esplens_soc::machine::{EngineKind, Machine, MachineConfig};
use esplens_soc::system::Output;
use object::{Object, ObjectSymbol};
use std::path::PathBuf;

const HELLO: &[u8] = include_bytes!("../../../fixtures/hello/flash.bin");

fn config(flash: &[u8], name: &str) -> MachineConfig {
    MachineConfig::new(input::from_bytes(name.as_ref(), flash, &LoadOptions::default()).unwrap().flash)
}

/// Creates a machine with an image, stopped at power-on.
#[must_use]
pub fn boot(flash: &[u8], name: &str) -> Machine {
    Machine::new(config(flash, name))
}

/// Creates a machine with the built-in example.
#[must_use]
pub fn hello() -> Machine {
    boot(HELLO, "hello")
}

/// Creates a machine with the built-in example that never translates code: its allocations depend on its state only.
#[must_use]
pub fn hello_interpreted() -> Machine {
    Machine::new(MachineConfig { engine: EngineKind::Interp, ..config(HELLO, "hello") })
}

/// Creates a machine with the bundled demo: FreeRTOS on both cores.
#[must_use]
pub fn demo() -> Machine {
    boot(include_bytes!("../../../fixtures/demo/flash.bin"), "demo")
}

/// Returns the path of the demo's ELF file.
#[must_use]
pub fn demo_elf() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/demo/demo.elf")
}

/// Returns the address of a symbol.
#[must_use]
pub fn symbol(elf: &std::path::Path, name: &str) -> u32 {
    let bytes = std::fs::read(elf).unwrap();
    let elf = object::File::parse(&*bytes).unwrap();
    let symbol = elf.symbols().find(|s| s.name() == Ok(name)).unwrap_or_else(|| panic!("no symbol {name}"));
    symbol.address() as u32
}

/// Runs until UART0 prints `end`, calls `line` for each line and returns the output. Presses Enter when the firmware
/// asks for it.
pub fn uart_lines(machine: &mut Machine, end: &str, mut line: impl FnMut(&str, &Machine)) -> String {
    let (mut all, mut part, mut asked) = (String::new(), Vec::new(), false);
    for n in 1..=60_000u64 {
        machine.run(n * 1000 * TICKS_PER_US);
        for output in machine.take_output() {
            let Output::Uart { n: 0, byte } = output else { continue };
            part.push(byte);
            if byte == b'\n' {
                let text = String::from_utf8_lossy(&part).into_owned();
                line(&text, machine);
                all.push_str(&text);
                part.clear();
            }
        }
        if !asked && all.contains("Press Enter to print core dump") {
            asked = true;
            machine.uart_input(0, b"\r\n");
        }
        if all.contains(end) {
            return all;
        }
    }
    panic!("no {end:?}: {all}");
}

/// Runs until UART0 prints `end` and returns the output.
pub fn uart_until(machine: &mut Machine, end: &str) -> String {
    uart_lines(machine, end, |_, _| ())
}
