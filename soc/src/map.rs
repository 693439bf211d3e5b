//! The ESP32's memory map (TRM 1.3, tables 1-1 to 1-6) as one table. Everything that must know what an address is
//! derives it from [`REGIONS`]: the page tables, the bus, image loading, and all of the debugger.

use esplens_core::memory::flag;
use std::ops::Range;

/// Flash through the data cache (DROM0).
pub const DROM: Range<u32> = 0x3F40_0000..0x3F80_0000;
/// PSRAM through the data cache (DRAM1).
pub const PSRAM: Range<u32> = 0x3F80_0000..0x3FC0_0000;
/// Peripheral registers as the CPUs use them: DPORT and, from [`APB`] on, APB.
pub const PERIPHERALS: Range<u32> = 0x3FF0_0000..0x3FF8_0000;
/// The part of [`PERIPHERALS`] that is visible at [`AHB`] as well.
pub const APB: Range<u32> = 0x3FF4_0000..0x3FF8_0000;
/// RTC fast memory on the data bus.
pub const RTC_FAST_DATA: Range<u32> = 0x3FF8_0000..0x3FF8_2000;
/// ROM 1 on the data bus.
pub const ROM1_DATA: Range<u32> = 0x3FF9_0000..0x3FFA_0000;
/// Internal SRAM 2.
pub const SRAM2: Range<u32> = 0x3FFA_E000..0x3FFE_0000;
/// Internal SRAM 1 on the data bus.
pub const SRAM1: Range<u32> = 0x3FFE_0000..0x4000_0000;
/// ROM 0.
pub const ROM0: Range<u32> = 0x4000_0000..0x4006_0000;
/// ROM 1 on the instruction bus.
pub const ROM1_CODE: Range<u32> = 0x4006_0000..0x4007_0000;
/// Internal SRAM 0: first the memory of both CPUs' caches (64 KiB), then [`IRAM`].
pub const SRAM0: Range<u32> = 0x4007_0000..0x400A_0000;
/// The part of [`SRAM0`] that the caches do not use.
pub const IRAM: Range<u32> = 0x4008_0000..0x400A_0000;
/// Internal SRAM 1 on the instruction bus, in reverse word order (TRM 1.3.2.2).
pub const SRAM1_CODE: Range<u32> = 0x400A_0000..0x400C_0000;
/// RTC fast memory on the instruction bus.
pub const RTC_FAST_CODE: Range<u32> = 0x400C_0000..0x400C_2000;
/// Flash through the instruction cache (IRAM0, IRAM1, IROM0).
pub const IROM: Range<u32> = 0x400C_2000..0x40C0_0000;
/// RTC slow memory. It is outside the page tables and is accessed over the bus.
pub const RTC_SLOW: Range<u32> = 0x5000_0000..0x5000_2000;
/// The registers of [`APB`] on the AHB, for DMA (TRM 1.3.5).
pub const AHB: Range<u32> = 0x6000_0000..0x6004_0000;

/// Bytes in each RTC memory.
pub const RTC_BYTES: usize = 8 << 10;
/// Base of the GiB that contains all code. A return address of a windowed call lacks these top two bits.
pub const CODE_BASE: u32 = 0x4000_0000;

/// The memory or registers behind an address range. Ranges with the same one show the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the manual's")]
pub enum ChipMemory {
    Flash,
    Psram,
    Registers,
    RtcFast,
    RtcSlow,
    Rom0,
    Rom1,
    Sram0,
    Sram1,
    Sram2,
}

/// Kind of an address range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionKind {
    /// Data in flash.
    FlashData,
    /// Instructions in flash.
    FlashCode,
    /// External RAM.
    Psram,
    /// Internal SRAM.
    Ram,
    /// Mask ROM.
    Rom,
    /// RTC fast or slow memory.
    Rtc,
    /// Peripheral registers.
    Peripheral,
}

impl RegionKind {
    /// Returns GDB's type of such memory in a memory map: `flash`, `rom` or `ram`.
    #[must_use]
    pub fn gdb_type(self) -> &'static str {
        match self {
            Self::FlashData | Self::FlashCode => "flash",
            Self::Rom => "rom",
            Self::Ram | Self::Psram | Self::Rtc | Self::Peripheral => "ram",
        }
    }
}

/// An address range of the chip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChipRegion {
    /// Its addresses.
    pub range: Range<u32>,
    /// The memory that an access reaches.
    pub memory: ChipMemory,
    /// Offset of the range's first byte in `memory`. For flash and PSRAM the cache's MMU selects the offset; it is 0.
    pub offset: u32,
    /// The range is on the instruction bus: instructions can be fetched, and data is accessed in aligned words only.
    pub exec: bool,
    /// The linker scripts' name.
    pub segment: &'static str,
}

/// All ranges, by address.
pub const REGIONS: [ChipRegion; 16] = [
    data(DROM, ChipMemory::Flash, 0, "DROM"),
    data(PSRAM, ChipMemory::Psram, 0, "PSRAM"),
    data(PERIPHERALS, ChipMemory::Registers, 0, "peripherals"),
    data(RTC_FAST_DATA, ChipMemory::RtcFast, 0, "RTC fast (data)"),
    data(ROM1_DATA, ChipMemory::Rom1, 0, "ROM 1"),
    data(SRAM2, ChipMemory::Sram2, 0, "DRAM"),
    data(SRAM1, ChipMemory::Sram1, 0, "DRAM"),
    code(ROM0, ChipMemory::Rom0, 0, "ROM 0"),
    code(ROM1_CODE, ChipMemory::Rom1, 0, "ROM 1"),
    code(SRAM0.start..IRAM.start, ChipMemory::Sram0, 0, "IRAM (cache)"),
    code(IRAM, ChipMemory::Sram0, IRAM.start - SRAM0.start, "IRAM"),
    code(SRAM1_CODE, ChipMemory::Sram1, 0, "IRAM"),
    code(RTC_FAST_CODE, ChipMemory::RtcFast, 0, "RTC fast"),
    code(IROM, ChipMemory::Flash, 0, "IROM"),
    data(RTC_SLOW, ChipMemory::RtcSlow, 0, "RTC slow"),
    data(AHB, ChipMemory::Registers, APB.start - PERIPHERALS.start, "peripherals (AHB)"),
];

const fn data(range: Range<u32>, memory: ChipMemory, offset: u32, segment: &'static str) -> ChipRegion {
    ChipRegion { range, memory, offset, exec: false, segment }
}

const fn code(range: Range<u32>, memory: ChipMemory, offset: u32, segment: &'static str) -> ChipRegion {
    ChipRegion { range, memory, offset, exec: true, segment }
}

static TABLE: [ChipRegion; REGIONS.len()] = REGIONS;

impl ChipRegion {
    /// Returns its kind.
    #[must_use]
    pub fn kind(&self) -> RegionKind {
        match self.memory {
            ChipMemory::Flash if self.exec => RegionKind::FlashCode,
            ChipMemory::Flash => RegionKind::FlashData,
            ChipMemory::Psram => RegionKind::Psram,
            ChipMemory::Registers => RegionKind::Peripheral,
            ChipMemory::RtcFast | ChipMemory::RtcSlow => RegionKind::Rtc,
            ChipMemory::Rom0 | ChipMemory::Rom1 => RegionKind::Rom,
            ChipMemory::Sram0 | ChipMemory::Sram1 | ChipMemory::Sram2 => RegionKind::Ram,
        }
    }

    /// Returns true for memory that a CPU can write to.
    #[must_use]
    pub fn is_writable_memory(&self) -> bool {
        matches!(self.kind(), RegionKind::Psram | RegionKind::Ram | RegionKind::Rtc)
    }

    /// Returns true for writable memory on the data bus, where variables and stacks can be.
    #[must_use]
    pub fn is_data_memory(&self) -> bool {
        self.is_writable_memory() && !self.exec
    }

    /// Returns true for memory that DMA reaches: SRAM 1 and 2 on the data bus (TRM 1.3.2.4).
    #[must_use]
    pub fn has_dma(&self) -> bool {
        !self.exec && matches!(self.memory, ChipMemory::Sram1 | ChipMemory::Sram2)
    }

    /// Returns the only CPU that reaches the range: PRO_CPU for RTC fast memory (TRM 1.3.2.6), `None` for both CPUs.
    #[must_use]
    pub fn only_core(&self) -> Option<usize> {
        (self.memory == ChipMemory::RtcFast).then_some(0)
    }

    /// Returns true if the range shows its memory in reverse word order.
    #[must_use]
    pub fn is_reversed(&self) -> bool {
        self.exec && self.memory == ChipMemory::Sram1
    }

    /// Returns the page flags of a CPU's accesses.
    #[must_use]
    pub fn page_flags(&self) -> u32 {
        let bus = if self.exec { flag::EXEC | flag::READ | flag::WORD_ONLY } else { flag::READ };
        bus | if self.is_writable_memory() { flag::WRITE } else { 0 }
    }
}

/// Returns the range that contains an address.
#[must_use]
pub fn region_at(addr: u32) -> Option<&'static ChipRegion> {
    TABLE.iter().find(|r| r.range.contains(&addr))
}

/// Returns the kind of the range that contains an address.
#[must_use]
pub fn kind_at(addr: u32) -> Option<RegionKind> {
    region_at(addr).map(ChipRegion::kind)
}

/// Returns true for an address that instructions can be fetched from: ROM, instruction RAM, RTC fast memory, flash.
#[must_use]
pub fn is_code(addr: u32) -> bool {
    region_at(addr).is_some_and(|r| r.exec)
}

/// Returns true for an address in writable memory on the data bus: internal SRAM, RTC memory or PSRAM.
#[must_use]
pub fn is_data(addr: u32) -> bool {
    region_at(addr).is_some_and(ChipRegion::is_data_memory)
}

/// Returns true for an address that a stack pointer may hold: 16-byte aligned in memory of [`is_data`], or the end of
/// such memory, where an empty stack's pointer is.
#[must_use]
pub fn is_stack(addr: u32) -> bool {
    addr.is_multiple_of(16) && (is_data(addr) || is_data(addr.wrapping_sub(1)))
}

/// Returns the address of an APB register for its address on the AHB; other addresses are returned unchanged.
#[inline]
#[must_use]
pub fn without_ahb(addr: u32) -> u32 {
    if AHB.contains(&addr) { addr - AHB.start + APB.start } else { addr }
}

/// Returns the address on the AHB of an APB register.
#[must_use]
pub fn ahb_alias(addr: u32) -> Option<u32> {
    APB.contains(&addr).then(|| addr - APB.start + AHB.start)
}

/// Returns what `of` says about each range, by address, with adjoining ranges of the same value joined. Leaves out the
/// ranges for which it returns `None`.
#[must_use]
pub fn ranges<T: PartialEq>(of: impl Fn(&ChipRegion) -> Option<T>) -> Vec<(Range<u32>, T)> {
    let mut out: Vec<(Range<u32>, T)> = Vec::new();
    for region in &TABLE {
        let Some(value) = of(region) else { continue };
        match out.last_mut() {
            Some((last, known)) if last.end == region.range.start && *known == value => {
                last.end = region.range.end;
            }
            _ => out.push((region.range.clone(), value)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_ascend_and_do_not_overlap() {
        assert!(REGIONS.iter().all(|r| r.range.start < r.range.end));
        assert!(REGIONS.windows(2).all(|w| w[0].range.end <= w[1].range.start));
    }

    /// The limits at which earlier copies of this table differed from each other.
    #[test]
    fn code_is_where_instructions_can_be_fetched() {
        for addr in
            [0x4000_0400, 0x4006_4EFF, 0x4007_FFFF, 0x400B_FFFF, 0x400C_1FFF, 0x400C_2000, 0x40BF_FFFF]
        {
            assert!(is_code(addr), "{addr:#x}");
        }
        for addr in
            [0x3FFF_FFFF, 0x40C0_0000, 0x4100_0000, 0x413F_FFFF, 0x5000_0000, 0x3FF8_0000, 0x3FF9_0000]
        {
            assert!(!is_code(addr), "{addr:#x}");
        }
    }

    #[test]
    fn stacks_are_aligned_in_data_memory_or_at_its_end() {
        for addr in
            [0x3F80_0000, 0x3FC0_0000, 0x3FF8_2000, 0x3FFA_E000, 0x3FFE_0000, 0x4000_0000, 0x5000_2000]
        {
            assert!(is_stack(addr), "{addr:#x}");
            assert!(!is_stack(addr + 8), "{addr:#x}");
        }
        for addr in
            [0x3F40_0000, 0x3FF0_0000, 0x3FF9_0000, 0x3FFA_D000, 0x4000_0010, 0x4008_0000, 0x6000_0000]
        {
            assert!(!is_stack(addr), "{addr:#x}");
        }
    }

    #[test]
    fn an_alias_shows_the_same_memory() {
        assert_eq!((without_ahb(0x6000_0000), ahb_alias(0x3FF4_0000)), (0x3FF4_0000, Some(0x6000_0000)));
        assert_eq!((without_ahb(0x3FF0_0000), ahb_alias(0x3FF0_0000)), (0x3FF0_0000, None));
        let sram1: Vec<_> = REGIONS.iter().filter(|r| r.memory == ChipMemory::Sram1).collect();
        assert_eq!(sram1.iter().map(|r| r.range.len()).collect::<Vec<_>>(), [128 << 10; 2]);
        assert_eq!(sram1.iter().map(|r| r.is_reversed()).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn adjoining_ranges_are_joined() {
        let rom = ranges(|r| (r.kind() == RegionKind::Rom).then_some(()));
        assert_eq!(rom, [(0x3FF9_0000..0x3FFA_0000, ()), (0x4000_0000..0x4007_0000, ())]);
        let dma = ranges(|r| r.has_dma().then_some(()));
        assert_eq!(dma, [(0x3FFA_E000..0x4000_0000, ())]);
        let core0 = ranges(ChipRegion::only_core);
        assert_eq!(core0, [(0x3FF8_0000..0x3FF8_2000, 0), (0x400C_0000..0x400C_2000, 0)]);
    }
}
