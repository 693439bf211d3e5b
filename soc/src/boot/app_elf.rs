//! Flash images for inputs without one: an application's ELF or bare `.bin` gets `espflash`'s bootloader and default
//! partition table.

use super::kernel::parse_xtensa;
use espflash::flasher::{FlashData, FlashSettings, FlashSize};
use espflash::image_format::Segment;
use espflash::image_format::idf::IdfBootloaderFormat;
use espflash::target::{Chip, XtalFrequency};
use object::read::elf::{ProgramHeader, SectionHeader};
use object::{Endianness, Object, ObjectSection, elf};

/// Flash offset of the application in the default partition table.
pub const APP_OFFSET: usize = 0x1_0000;

/// Pieces of flash: offset and bytes.
pub type Pieces = Vec<(usize, Vec<u8>)>;

/// Returns bootloader, partition table and application image, made from an application's ELF.
///
/// # Errors
/// A message that describes the problem.
pub fn flash_pieces(elf: &[u8], flash_size: usize) -> Result<Pieces, String> {
    check(elf)?;
    convert(elf, flash_size)
}

/// Returns bootloader and partition table for an existing application image, together with that image.
///
/// # Errors
/// [`String`] when the application does not fit.
pub fn wrap(app: &[u8], flash_size: usize) -> Result<Pieces, String> {
    if app.len() > flash_size.saturating_sub(APP_OFFSET) {
        return Err(format!("{} bytes do not fit a flash of {flash_size}", app.len()));
    }
    let mut pieces = convert(&tiny_elf(), flash_size)?;
    pieces.retain(|p| p.0 != APP_OFFSET);
    pieces.push((APP_OFFSET, app.to_vec()));
    Ok(pieces)
}

/// Builds an application image from (address, bytes) segments, as a debugger's `load` command provides them.
///
/// # Errors
/// A message that describes the problem.
pub fn image(segments: &[(u32, Vec<u8>)], entry: u32, flash_size: usize) -> Result<Vec<u8>, String> {
    let elf = segment_elf(segments, entry);
    check(&elf)?;
    let pieces = convert(&elf, flash_size)?;
    pieces.into_iter().find(|p| p.0 == APP_OFFSET).map(|p| p.1).ok_or_else(|| "no image was made".into())
}

/// Builds an ELF with one section per segment. A segment with an application descriptor gets the section name
/// `.flash.appdesc`.
fn segment_elf(segments: &[(u32, Vec<u8>)], entry: u32) -> Vec<u8> {
    const NAMES: &[u8] = b"\0.flash.appdesc\0.load\0.shstrtab\0";
    let mut elf = tiny_elf();
    elf[24..28].copy_from_slice(&entry.to_le_bytes());
    let section = |name: u32, kind: u32, flags: u32, addr: u32, offset: usize, size: usize| {
        let fields = [name, kind, flags, addr, offset as u32, size as u32, 0, 0, 1, 0];
        fields.iter().flat_map(|f| f.to_le_bytes()).collect::<Vec<u8>>()
    };
    let mut headers = vec![0; 40];
    for (addr, bytes) in segments {
        let descriptor = super::image::parse_app_desc(bytes, 0).is_some();
        let name = if descriptor { 1 } else { 16 };
        headers.extend(section(
            name,
            elf::SHT_PROGBITS.0,
            elf::SHF_ALLOC.0 as u32,
            *addr,
            elf.len(),
            bytes.len(),
        ));
        elf.extend(bytes);
    }
    headers.extend(section(22, elf::SHT_STRTAB.0, 0, 0, elf.len(), NAMES.len()));
    elf.extend(NAMES);
    elf.resize(elf.len().next_multiple_of(4), 0);
    let at = elf.len() as u32;
    elf[32..36].copy_from_slice(&at.to_le_bytes());
    let count = (headers.len() / 40) as u16;
    elf[46..48].copy_from_slice(&40u16.to_le_bytes());
    elf[48..50].copy_from_slice(&count.to_le_bytes());
    elf[50..52].copy_from_slice(&(count - 1).to_le_bytes());
    elf.extend(headers);
    elf
}

fn convert(elf: &[u8], flash_size: usize) -> Result<Pieces, String> {
    let size = match flash_size >> 20 {
        0..=2 => FlashSize::_2Mb,
        3..=4 => FlashSize::_4Mb,
        5..=8 => FlashSize::_8Mb,
        _ => FlashSize::_16Mb,
    };
    let settings = FlashSettings::new(None, Some(size), None);
    let data = FlashData::new(settings, 0, None, Chip::Esp32, XtalFrequency::_40Mhz);
    let image = IdfBootloaderFormat::new(elf, &data, None, None, None, None).map_err(|e| e.to_string())?;
    Ok(image.flash_segments().map(|Segment { addr, data }| (addr as usize, data.into_owned())).collect())
}

/// Rejects everything that `espflash` does not expect, so that it never sees a hostile file.
fn check(elf: &[u8]) -> Result<(), String> {
    let file = parse_xtensa(elf)?;
    let object::File::Elf32(raw) = &file else { return Err("expected a 32-bit ELF file".into()) };
    let loads = loads(raw)?;
    let mut ranges = Vec::new();
    for s in raw.sections().filter(is_loaded) {
        let name = s.name().unwrap_or("?");
        let data = s.data().map_err(|e| format!("section {name}: {e}"))?;
        let addr = u64::from(load_address(&loads, s.address() as u32));
        let end = addr + data.len() as u64;
        if addr < 0x1000 || s.address() + (data.len() as u64) > 0xF000_0000 || end > 0xF000_0000 {
            return Err(format!("section {name} at {:#010x} is outside the memory map", s.address()));
        }
        ranges.push((addr, end));
    }
    check_app_desc(raw, &loads)?;
    check_ranges(ranges)
}

type Elf<'a> = object::read::elf::ElfFile32<'a>;

/// Returns true for sections that become part of an image.
fn is_loaded(s: &object::read::elf::ElfSection32<'_, '_>) -> bool {
    let header = s.elf_section_header();
    let kind = header.sh_type(Endianness::Little);
    header.sh_flags(Endianness::Little) != elf::SectionFlags(0)
        && header.sh_offset.get(Endianness::Little) > 0
        && matches!(kind, elf::SHT_PROGBITS | elf::SHT_INIT_ARRAY)
        && s.size() > 0
        && s.address() > 0
}

/// Rejects an ELF whose application descriptor section, if present, does not hold a descriptor.
fn check_app_desc(raw: &Elf, loads: &[(u32, u32, u32)]) -> Result<(), String> {
    /// Offset of the byte with log2 of the MMU page size; always 64 KiB on the ESP32.
    const MMU_PAGE_SIZE: usize = 180;
    let Some(s) = raw.section_by_name(".flash.appdesc") else { return Ok(()) };
    let data = s.data().unwrap_or_default();
    let addr = s.address() as u32;
    let in_flash = Chip::Esp32.addr_is_flash(addr) && load_address(loads, addr) == addr;
    let page = data.get(MMU_PAGE_SIZE).copied().unwrap_or(0);
    if !is_loaded(&s) || data.len() < 256 || !in_flash || !matches!(page, 0 | 16) {
        return Err("section .flash.appdesc does not hold an application descriptor in flash".into());
    }
    Ok(())
}

/// Returns (first address, bytes, load address) of each loaded segment.
fn loads(raw: &Elf) -> Result<Vec<(u32, u32, u32)>, String> {
    let get = |v: object::U32<Endianness>| v.get(Endianness::Little);
    let loads = raw.elf_program_headers().iter().filter(|p| p.p_type(Endianness::Little) == elf::PT_LOAD);
    let list: Vec<_> = loads.map(|p| (get(p.p_vaddr), get(p.p_memsz), get(p.p_paddr))).collect();
    let ends_inside = |base: u32, size| base.checked_add(size).is_some();
    if list.iter().all(|&(v, size, p)| ends_inside(v, size) && ends_inside(p, size)) {
        Ok(list)
    } else {
        Err("a segment ends beyond the address space".into())
    }
}

/// Returns the address at which `espflash` places the data for run address `addr`: its load address, unless that lies
/// in flash.
fn load_address(loads: &[(u32, u32, u32)], addr: u32) -> u32 {
    let load = loads.iter().find(|(v, size, _)| (*v..v + size).contains(&addr));
    load.map(|(v, _, p)| p + (addr - v)).filter(|&p| !Chip::Esp32.addr_is_flash(p)).unwrap_or(addr)
}

fn check_ranges(mut ranges: Vec<(u64, u64)>) -> Result<(), String> {
    const MAX_SECTIONS: usize = 64;
    ranges.sort_unstable();
    if let Some(w) = ranges.windows(2).find(|w| w[0].1 > w[1].0) {
        return Err(format!("sections at {:#010x} and {:#010x} overlap", w[0].0, w[1].0));
    }
    let total: u64 = ranges.iter().map(|r| r.1 - r.0).sum();
    if total > 16 << 20 || ranges.len() > MAX_SECTIONS {
        return Err(format!("{} sections of {total} bytes do not fit the flash", ranges.len()));
    }
    if !ranges.iter().any(|r| Chip::Esp32.addr_is_flash(r.0 as u32)) {
        return Err("no section lies in flash: not an application (to load it into RAM use --kernel)".into());
    }
    Ok(())
}

/// Returns the smallest ELF that `espflash` converts into an image; it has no sections.
fn tiny_elf() -> Vec<u8> {
    let mut elf = vec![0; 52];
    elf[..7].copy_from_slice(b"\x7fELF\x01\x01\x01");
    elf[16] = 2; // ET_EXEC
    elf[18] = 94; // EM_XTENSA
    elf[20] = 1; // EV_CURRENT
    elf[40] = 52; // e_ehsize
    elf
}
