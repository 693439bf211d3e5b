//! Descriptions of registers and of kinds of memory.

use esplens_soc::boot::partition;
use esplens_soc::cache;
use esplens_soc::dev::DevId;
use esplens_soc::machine::Machine;
use esplens_soc::map::{self, ChipMemory, ChipRegion, RegionKind};

/// Describes a register: `UART0.FIFO = 0x00000041`, with the value that a debugger sees; `None` outside of peripherals.
pub fn register(m: &Machine, addr: u32) -> Option<String> {
    let apb = map::without_ahb(addr);
    if !map::PERIPHERALS.contains(&apb) {
        return None;
    }
    let Some((id, offset)) = DevId::at(apb) else { return Some("no peripheral is known there".into()) };
    let device = m.soc().dev.manual_name(id);
    let (word, rest) = (offset & !3, offset & 3);
    let Some(reg) = m.soc().dev.get(id).spec().at(word) else {
        return Some(format!("{device}+{offset:#x}, no register is known there"));
    };
    let index = reg.element(word).filter(|_| reg.count > 1).map_or(String::new(), |n| format!("[{n}]"));
    let byte = if rest == 0 { String::new() } else { format!("+{rest}") };
    let value = m.soc().peek(m.memory(), apb & !3).map_or(String::new(), |v| format!(" = {v:#010x}"));
    Some(format!("{device}.{}{index}{byte}{value}", reg.name))
}

/// Describes the kind of memory at an address, and the part of the flash chip or PSRAM that is mapped there.
pub fn memory(m: &Machine, core: usize, addr: u32) -> String {
    if let Some((region, offset)) = cache::behind(&m.soc().sys, core, addr) {
        if m.soc().sys.psram == Some(region) {
            return format!("PSRAM, offset {offset:#x}");
        }
        return format!("flash, offset {offset:#x}{}", in_partition(m, offset as u32));
    }
    map::region_at(addr).map_or("nothing is there", kind).into()
}

/// Describes a range's kind; `cache::behind` knows nothing behind its address.
fn kind(region: &ChipRegion) -> &'static str {
    match (region.kind(), region.memory, region.exec) {
        (RegionKind::FlashData | RegionKind::FlashCode | RegionKind::Psram, ..) => {
            "a window of the cache with nothing mapped"
        }
        (RegionKind::Rtc, ChipMemory::RtcFast, _) => "RTC fast memory",
        (RegionKind::Rtc, ..) => "RTC slow memory",
        (RegionKind::Rom, ..) => "mask ROM",
        (RegionKind::Ram, ChipMemory::Sram2, _) => "data RAM (SRAM2)",
        (RegionKind::Ram, ChipMemory::Sram0, _) => "instruction RAM (SRAM0)",
        (RegionKind::Ram, _, false) => "data RAM (SRAM1)",
        (RegionKind::Ram, _, true) => "instruction RAM (SRAM1)",
        (RegionKind::Peripheral, ..) => "registers",
    }
}

fn in_partition(m: &Machine, offset: u32) -> String {
    let table = partition::find(&m.flash_bytes()).ok().flatten();
    let all = table.into_iter().flat_map(|t| t.partitions);
    let found = all.into_iter().find(|p| offset.wrapping_sub(p.offset) < p.size);
    found.map_or(String::new(), |p| format!(" (partition {}+{:#x})", p.label, offset - p.offset))
}
