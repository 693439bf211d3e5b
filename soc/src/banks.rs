//! The on-chip memories: their storage, and the pages of both CPUs that show them.

use crate::boot::RomSet;
use crate::map::{self, ChipMemory, ChipRegion};
use crate::system::{Banks, System};
use esplens_core::memory::{CORES, Memory, PAGE_SIZE, Region, flag};

/// Adds all on-chip memories and the ROM to `mem`.
pub fn add_banks(mem: &mut Memory, rom: &RomSet) -> Banks {
    let mut add = |range: std::ops::Range<u32>| Some(mem.add(range.len(), 0));
    Banks {
        sram0: add(map::SRAM0),
        sram1: add(map::SRAM1),
        sram2: add(map::SRAM2),
        rtc_fast: add(map::RTC_FAST_DATA),
        rtc_slow: add(map::RTC_SLOW),
        rom0_pro: Some(mem.add_shared(&rom.rom0_pro)),
        rom0_app: Some(mem.add_shared(&rom.rom0_app)),
        rom1: Some(mem.add_shared(&rom.rom1)),
    }
}

/// Maps the on-chip memories for both CPUs. [`crate::cache`] maps the flash cache's windows; `bus.rs` handles RTC slow
/// memory, and RTC fast memory for APP_CPU.
pub fn map_banks(mem: &mut Memory, sys: &System) {
    for core in 0..CORES {
        for region in map::REGIONS.iter().filter(|r| r.only_core().is_none_or(|only| only == core)) {
            if let Some(bank) = bank(&sys.banks, core, region.memory) {
                map_region(mem, core, region, bank);
            }
        }
    }
}

/// Returns the storage of a memory that is in the page tables of `core`.
fn bank(banks: &Banks, core: usize, memory: ChipMemory) -> Option<Region> {
    match memory {
        ChipMemory::Sram0 => banks.sram0,
        ChipMemory::Sram1 => banks.sram1,
        ChipMemory::Sram2 => banks.sram2,
        ChipMemory::Rom0 if core == 0 => banks.rom0_pro,
        ChipMemory::Rom0 => banks.rom0_app,
        ChipMemory::Rom1 => banks.rom1,
        ChipMemory::RtcFast => banks.rtc_fast,
        ChipMemory::RtcSlow | ChipMemory::Flash | ChipMemory::Psram | ChipMemory::Registers => None,
    }
}

fn map_region(mem: &mut Memory, core: usize, region: &ChipRegion, bank: Region) {
    let first = region.offset / PAGE_SIZE as u32;
    for n in 0..region.range.len() as u32 / PAGE_SIZE as u32 {
        let addr = region.range.start + n * PAGE_SIZE as u32;
        let (page, order) =
            if region.is_reversed() { (bank.pages - 1 - first - n, flag::REVERSED) } else { (first + n, 0) };
        mem.map_page(core, addr, bank.first + page, region.page_flags() | order);
    }
}
