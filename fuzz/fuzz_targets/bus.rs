//! Accesses to every peripheral register, with time passing between them. Twelve bytes of input are one
//! access: kind, core and width; time step; address; value.
#![no_main]

use esplens_core::memory::{Access, Bus, Page};
use esplens_soc::bus::TimeBase;
use esplens_soc::dev::DevId;
use esplens_soc::machine::{Machine, MachineConfig};
use libfuzzer_sys::fuzz_target;
use std::sync::Arc;

fuzz_target!(|data: &[u8]| {
    let mut config = MachineConfig::new(vec![Arc::new(Page([0xFF; 4096])); 512]);
    config.psram_bytes = 2 << 20;
    let (mut soc, mut mem) = Machine::new(config).into_parts();
    let mut now = 0;
    for step in data.chunks_exact(12) {
        let word = |at: usize| u32::from_le_bytes([step[at], step[at + 1], step[at + 2], step[at + 3]]);
        let (how, wait, place, value) = (step[0], u64::from(step[1]) << (step[2] & 31), word(4), word(8));
        let until = now + wait;
        for _ in 0..16 {
            now = soc.sys.events.next().clamp(now, until);
            soc.run_events(&mut mem, now);
        }
        soc.base = TimeBase { start: now, cycles: [0; 2], cpu_ticks: soc.sys.clocks.cpu_ticks(), end: now };
        // Mostly a register of a peripheral, sometimes any address.
        let addr = if how & 0x80 == 0 {
            let (base, size) = DevId::ALL[step[3] as usize % DevId::ALL.len()].range();
            base + place % size
        } else {
            place
        };
        let mut a = Access { core: usize::from(how & 1), cycle: 0, pc: 0, mem: &mut mem, request_exit: false };
        let width = 1 << (how >> 1 & 3).min(2);
        let _ = if how & 8 == 0 {
            soc.write(&mut a, addr, width, value).err()
        } else {
            soc.read(&mut a, addr, width).err()
        };
        let _ = soc.peek(&mem, addr);
        soc.sys.requests.clear();
        soc.sys.out.clear();
    }
});
