//! Flash images for what comes without one: an application's ELF or its bare `.bin` gets `espflash`'s bootloader
//! and default partition table.

use super::image::is_flash_mapped;
use super::kernel::parse_xtensa;
use espflash::flasher::{FlashData, FlashSettings, FlashSize};
use espflash::image_format::Segment;
use espflash::image_format::idf::IdfBootloaderFormat;
use espflash::target::{Chip, XtalFrequency};
use object::{Object, ObjectSection, SectionFlags, SectionKind};

/// Where the default partition table puts the application.
pub const APP_OFFSET: usize = 0x1_0000;

/// Pieces of flash: offset and bytes.
pub type Pieces = Vec<(usize, Vec<u8>)>;

/// Bootloader, partition table and application image from an application's ELF.
///
/// # Errors
/// What is wrong, as text.
pub fn flash_pieces(elf: &[u8], flash_size: usize) -> Result<Pieces, String> {
    check(elf)?;
    convert(elf, flash_size)
}

/// Bootloader and partition table for an application image that is there already.
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

/// Refuses what `espflash` does not expect, so that it never sees a hostile file.
fn check(elf: &[u8]) -> Result<(), String> {
    let file = parse_xtensa(elf)?;
    let mut ranges = Vec::new();
    for s in file.sections() {
        let SectionFlags::Elf { sh_flags, .. } = s.flags() else { continue };
        if u64::from(sh_flags) == 0 || s.size() == 0 || s.address() == 0 || is_zero_fill(s.kind()) {
            continue;
        }
        let name = s.name().unwrap_or("?");
        let data = s.data().map_err(|e| format!("section {name}: {e}"))?;
        let end = s.address() + data.len() as u64;
        if s.address() < 0x1000 || end > 0xF000_0000 {
            return Err(format!("section {name} at {:#010x} is outside the memory map", s.address()));
        }
        if name == ".flash.appdesc" && data.len() < 256 {
            return Err(format!(
                "section {name} has {} bytes, expected an application descriptor",
                data.len()
            ));
        }
        ranges.push((s.address(), end));
    }
    check_segments(&file)?;
    check_ranges(ranges)
}

fn is_zero_fill(kind: SectionKind) -> bool {
    matches!(kind, SectionKind::UninitializedData)
}

/// Load addresses must be addresses.
fn check_segments(file: &object::File) -> Result<(), String> {
    let object::File::Elf32(elf) = file else { return Err("expected a 32-bit ELF file".into()) };
    for p in elf.elf_program_headers() {
        let end = |base: u32| base.checked_add(p.p_memsz.get(object::Endianness::Little));
        if end(p.p_vaddr.get(object::Endianness::Little)).is_none()
            || end(p.p_paddr.get(object::Endianness::Little)).is_none()
        {
            return Err("a segment ends past the address space".into());
        }
    }
    Ok(())
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
    if !ranges.iter().any(|r| is_flash_mapped(r.0 as u32)) {
        return Err("no section lies in flash: not an application (to load it into RAM use --kernel)".into());
    }
    Ok(())
}

/// The smallest ELF that `espflash` turns into an image: no section at all.
fn tiny_elf() -> Vec<u8> {
    let mut elf = vec![0; 52];
    elf[..7].copy_from_slice(b"\x7fELF\x01\x01\x01");
    elf[16] = 2; // ET_EXEC
    elf[18] = 94; // EM_XTENSA
    elf[20] = 1; // EV_CURRENT
    elf[40] = 52; // e_ehsize
    elf
}
