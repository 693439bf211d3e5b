//! Programs of the ULP coprocessor: the input is RTC slow memory. They run for 20 ms of virtual time, and the run is
//! repeated from a copy made in the middle.
#![no_main]

use esplens_soc::bus::Soc;
use esplens_soc::dev::{DevId, ulp};
use esplens_soc::machine::{Machine, MachineConfig};
use libfuzzer_sys::fuzz_target;

/// Virtual time per step, in ticks.
const STEP: u64 = 480_000;

fuzz_target!(|data: &[u8]| {
    let (mut soc, mut mem) = Machine::new(MachineConfig::new(Vec::new())).into_parts();
    let Some(region) = soc.sys.banks.rtc_slow else { return };
    mem.write_region(region, 0, &data[..data.len().min(usize::from(ulp::WORDS) * 4)]);
    // STATE0 with ULP_CP_SLP_TIMER_EN, as ulp_run writes it.
    soc.call(&mut mem, (0, 0), 0, DevId::RtcCntl, |d, cx| d.write(0x18, 0x0130_0000, cx));
    for step in 1..=10 {
        soc.run_events(&mut mem, step * STEP);
    }
    let (copy, saved) = (soc.clone(), mem.save());
    let run = |soc: &mut Soc, mem: &mut esplens_core::memory::Memory| {
        for step in 11..=20 {
            soc.run_events(mem, step * STEP);
            soc.sys.out.clear();
            soc.sys.requests.clear();
        }
        let mut words = vec![0; usize::from(ulp::WORDS) * 4];
        mem.read_region(region, 0, &mut words);
        (soc.sys.ulp.clone(), words)
    };
    let first = run(&mut soc, &mut mem);
    mem.restore(&saved);
    soc = copy;
    assert!(run(&mut soc, &mut mem) == first);
});
