//! The memory map of both CPUs (TRM 1.3, table 1-1).

use crate::boot::RomSet;
use crate::system::{Banks, System};
use esplens_core::memory::{CORES, Memory, PAGE_SIZE, flag};

/// Instruction bus RAM: fetches, and data accesses in aligned words.
const CODE_RAM: u32 = flag::EXEC | flag::READ | flag::WRITE | flag::WORD_ONLY;
/// ROM on the instruction bus.
const CODE_ROM: u32 = flag::EXEC | flag::READ | flag::WORD_ONLY;
/// RAM on the data bus.
const DATA_RAM: u32 = flag::READ | flag::WRITE;

/// First address of RTC slow memory. It is outside the page tables and is accessed over the bus.
pub const RTC_SLOW: u32 = 0x5000_0000;
/// First addresses of RTC fast memory on the data and the instruction bus.
pub const RTC_FAST: [u32; 2] = [0x3FF8_0000, 0x400C_0000];
/// Bytes in each RTC memory.
pub const RTC_BYTES: usize = 8 << 10;

/// Adds all on-chip memories and the ROM to `mem`.
pub fn add_banks(mem: &mut Memory, rom: &RomSet) -> Banks {
    Banks {
        sram0: Some(mem.add(192 << 10, 0)),
        sram1: Some(mem.add(128 << 10, 0)),
        sram2: Some(mem.add(200 << 10, 0)),
        rtc_fast: Some(mem.add(RTC_BYTES, 0)),
        rtc_slow: Some(mem.add(RTC_BYTES, 0)),
        rom0_pro: Some(mem.add_shared(&rom.rom0_pro)),
        rom0_app: Some(mem.add_shared(&rom.rom0_app)),
        rom1: Some(mem.add_shared(&rom.rom1)),
    }
}

/// Maps the on-chip memories for both CPUs. [`crate::cache`] maps the flash cache's windows.
pub fn map_banks(mem: &mut Memory, sys: &System) {
    let b = &sys.banks;
    for core in 0..CORES {
        let regions = [
            (0x4000_0000, if core == 0 { b.rom0_pro } else { b.rom0_app }, CODE_ROM),
            (0x4006_0000, b.rom1, CODE_ROM),
            (0x3FF9_0000, b.rom1, flag::READ),
            (0x4007_0000, b.sram0, CODE_RAM),
            (0x3FFE_0000, b.sram1, DATA_RAM),
            (0x3FFA_E000, b.sram2, DATA_RAM),
        ];
        for (addr, region, perms) in regions {
            if let Some(region) = region {
                mem.map_region(core, addr, region, perms);
            }
        }
        map_reversed(mem, core, b);
    }
    // RTC fast memory is for PRO_CPU only (TRM 1.3.2.6); `bus.rs` handles an access by APP_CPU.
    if let Some(rtc) = b.rtc_fast {
        mem.map_region(0, RTC_FAST[0], rtc, DATA_RAM);
        mem.map_region(0, RTC_FAST[1], rtc, CODE_RAM);
    }
}

/// Maps SRAM1 on the instruction bus in reverse word order: 0x400A_0000 is its last word (TRM 1.3.2.2).
fn map_reversed(mem: &mut Memory, core: usize, b: &Banks) {
    let Some(sram1) = b.sram1 else { return };
    for n in 0..sram1.pages {
        let addr = 0x400A_0000 + n * PAGE_SIZE as u32;
        mem.map_page(core, addr, sram1.first + sram1.pages - 1 - n, CODE_RAM | flag::REVERSED);
    }
}
