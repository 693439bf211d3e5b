//! Descriptions of registers and of kinds of memory.

use crate::monitor::device_name;
use crate::server::regions;
use esplens_soc::boot::partition;
use esplens_soc::cache;
use esplens_soc::dev::DevId;
use esplens_soc::machine::Machine;

/// The APB registers on the AHB: a second mapping, for DMA (TRM 1.3.3).
const AHB: u32 = 0x6000_0000;
const APB: u32 = 0x3FF4_0000;

/// Describes a register: `UART0.FIFO = 0x00000041`, with the value that a debugger sees; `None` outside of peripherals.
pub fn register(m: &Machine, addr: u32) -> Option<String> {
    let apb = addr.checked_sub(AHB).filter(|o| *o < 0x4_0000).map_or(addr, |o| APB + o);
    if !(0x3FF0_0000..0x3FF8_0000).contains(&apb) {
        return None;
    }
    let Some((id, offset)) = DevId::at(apb) else { return Some("no peripheral is known there".into()) };
    let device = device_name(m, id);
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
    let window = cache::is_window(addr);
    let name = match addr {
        _ if window => "a window of the cache with nothing mapped",
        0x3FF8_0000..0x3FF8_2000 | 0x400C_0000..0x400C_2000 => "RTC fast memory",
        0x5000_0000..0x5000_2000 => "RTC slow memory",
        0x3FF9_0000..0x3FFA_0000 | 0x4000_0000..0x4007_0000 => "mask ROM",
        0x3FFA_E000..0x3FFE_0000 => "data RAM (SRAM2)",
        0x3FFE_0000..0x4000_0000 => "data RAM (SRAM1)",
        0x4007_0000..0x400A_0000 => "instruction RAM (SRAM0)",
        0x400A_0000..0x400C_0000 => "instruction RAM (SRAM1)",
        _ if regions().iter().any(|r| addr.wrapping_sub(r.0) < r.1) => "memory",
        _ => "nothing is there",
    };
    name.into()
}

fn in_partition(m: &Machine, offset: u32) -> String {
    let table = partition::find(&m.flash_bytes()).ok().flatten();
    let all = table.into_iter().flat_map(|t| t.partitions);
    let found = all.into_iter().find(|p| offset.wrapping_sub(p.offset) < p.size);
    found.map_or(String::new(), |p| format!(" (partition {}+{:#x})", p.label, offset - p.offset))
}
