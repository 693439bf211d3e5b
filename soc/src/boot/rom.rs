//! The mask ROM: Espressif's own ELF files (shipped by the `espflash` crate), laid out as on the chip.
//!
//! ROM 0 lies at 0x4000_0000 (384 KiB), ROM 1 at 0x3FF9_0000 and, as code, at 0x4006_0000 (64 KiB). The two CPUs see
//! different copies of ROM 0: every word that points into the PRO CPU's private data, or just past its end, points to
//! the same offset in the APP CPU's data in the APP CPU's copy. The ELF holds initialised data at its run addresses.
//! The chip holds it as load images in ROM 0, from where the reset code copies it as listed in the ROM's unpack table.

use super::error::read_file;
use super::{BootError, fixed_text, word};
use crate::map::{self, ChipMemory};
use espflash::flasher::{DeviceInfo, FlashSize};
use espflash::target::{Chip, XtalFrequency};
use esplens_core::memory::{PAGE_SIZE, Page};
use object::{Object, ObjectSection, ObjectSymbol, SectionFlags, elf};
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// Start address of ROM 0.
pub const ROM0_BASE: u32 = map::ROM0.start;
/// Size of ROM 0 in bytes.
pub const ROM0_SIZE: usize = (map::ROM0.end - map::ROM0.start) as usize;
/// Start address of ROM 1 on the data bus.
pub const ROM1_BASE: u32 = map::ROM1_DATA.start;
/// Start address of ROM 1 on the instruction bus.
pub const ROM1_CODE_BASE: u32 = map::ROM1_CODE.start;
/// Size of ROM 1 in bytes.
pub const ROM1_SIZE: usize = (map::ROM1_DATA.end - map::ROM1_DATA.start) as usize;

/// End offset of the part of ROM 0 whose words may point to a CPU's private data; the Bluetooth code follows.
const PATCHED_BYTES: usize = 0x1_0000;
/// Offset of the literal in the reset code with the start of the unpack table (the literal with its end follows).
const UNPACK_TABLE_LITERAL: usize = 0x424;
/// Largest ROM file that is read, in bytes.
const MAX_ROM_FILE: u64 = 16 << 20;

/// Load images of the initialised data: section and offset in ROM 0.
const LOAD_IMAGES: [(&str, usize); 6] = [
    (".data_c", 0xD670),
    (".data_phyrom", 0xD6C0),
    (".data_spi_flash", 0xD870),
    (".data_btdm", 0xD890),
    (".data_etsc_pro", 0xF0D0),
    (".data_xtos_pro", 0xF0E0),
];

/// The three ROM memories. Their pages are shared by all machines of the process.
#[derive(Clone)]
pub struct RomSet {
    /// ROM 0 of the PRO CPU.
    pub rom0_pro: Arc<[Arc<Page>]>,
    /// ROM 0 of the APP CPU.
    pub rom0_app: Arc<[Arc<Page>]>,
    /// ROM 1, common to both CPUs.
    pub rom1: Arc<[Arc<Page>]>,
}

impl std::fmt::Debug for RomSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RomSet")
    }
}

/// Entry of the ROM's unpack table: the reset code copies `src` to `start..end` (in words).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unpack {
    /// First address to fill.
    pub start: u32,
    /// Address past the last one to fill.
    pub end: u32,
    /// Address of the load image.
    pub src: u32,
    /// True if each CPU unpacks its own copy; false if only the PRO CPU unpacks it.
    pub both: bool,
}

/// Returns the ELF file of the chip's ROM, with symbols.
///
/// `revision` is the chip's major revision: 3 and later have the ECO3 ROM.
#[must_use]
pub fn builtin_elf(revision: u8) -> &'static [u8] {
    static ELF: [OnceLock<Vec<u8>>; 2] = [OnceLock::new(), OnceLock::new()];
    let eco3 = revision >= 3;
    ELF[usize::from(eco3)].get_or_init(|| {
        let info = DeviceInfo {
            chip: Chip::Esp32,
            revision: Some((if eco3 { 3 } else { 0 }, 0)),
            crystal_frequency: XtalFrequency::_40Mhz,
            flash_size: FlashSize::_4Mb,
            features: Vec::new(),
            mac_address: None,
        };
        info.rom().unwrap_or_default()
    })
}

impl RomSet {
    /// Returns the ROM for a chip's major revision: 3 and later differ from earlier ones.
    ///
    /// # Panics
    /// Never: the embedded files are parsed by a test.
    #[must_use]
    pub fn builtin(revision: u8) -> Self {
        static ROMS: [OnceLock<RomSet>; 2] = [OnceLock::new(), OnceLock::new()];
        let rom = ROMS[usize::from(revision >= 3)]
            .get_or_init(|| Self::from_elf(builtin_elf(revision)).expect("the embedded ROM is well-formed"));
        rom.clone()
    }

    /// Loads a ROM file of the user: the ELF file, or the 448 KiB from 0x4000_0000 as raw bytes.
    ///
    /// # Errors
    /// [`BootError::Io`], [`BootError::TooBig`], [`BootError::Rom`].
    pub fn from_file(path: &Path) -> Result<Self, BootError> {
        let data = read_file(path, MAX_ROM_FILE, "a mask ROM")?;
        let set = if data.starts_with(b"\x7fELF") { Self::from_elf(&data) } else { Self::from_raw(&data) };
        set.map_err(|why| BootError::Rom { path: path.to_path_buf(), why })
    }

    /// Builds the ROM memories from a ROM ELF.
    ///
    /// # Errors
    /// A message that describes the problem.
    pub fn from_elf(elf: &[u8]) -> Result<Self, String> {
        let file = object::File::parse(elf).map_err(|e| e.to_string())?;
        let mut rom = vec![0; ROM0_SIZE + ROM1_SIZE];
        for section in file.sections() {
            place_section(&mut rom, &section)?;
        }
        let private = PrivateData::find(&file)?;
        Self::split(rom, &private)
    }

    fn from_raw(data: &[u8]) -> Result<Self, String> {
        if data.len() != ROM0_SIZE + ROM1_SIZE {
            return Err(format!("{} bytes, expected an ELF file or {}", data.len(), ROM0_SIZE + ROM1_SIZE));
        }
        Self::split(data.to_vec(), &PrivateData::ESP32)
    }

    fn split(mut rom: Vec<u8>, private: &PrivateData) -> Result<Self, String> {
        let rom1 = pages(&rom.split_off(ROM0_SIZE), &[]);
        let rom0_pro = pages(&rom, &[]);
        private.patch(&mut rom);
        let rom0_app = pages(&rom, &rom0_pro);
        let set = Self { rom0_pro, rom0_app, rom1 };
        match set.unpack_table(0).len() {
            0 => Err("no unpack table behind the reset vector".into()),
            _ => Ok(set),
        }
    }

    /// Returns a word of the ROM 0 of a core (0 PRO, 1 APP).
    #[must_use]
    pub fn rom0_word(&self, core: usize, offset: usize) -> Option<u32> {
        let pages = if core == 0 { &self.rom0_pro } else { &self.rom0_app };
        word(&pages.get(offset / PAGE_SIZE)?.0, offset % PAGE_SIZE)
    }

    /// Returns the unpack table of a core; empty if the table's bounds are invalid.
    #[must_use]
    pub fn unpack_table(&self, core: usize) -> Vec<Unpack> {
        let at = |offset| self.rom0_word(core, offset).unwrap_or(0);
        let from = at(UNPACK_TABLE_LITERAL).wrapping_sub(ROM0_BASE) as usize;
        let to = at(UNPACK_TABLE_LITERAL + 4).wrapping_sub(ROM0_BASE) as usize;
        if from >= to || to > PATCHED_BYTES || !(to - from).is_multiple_of(16) {
            return Vec::new();
        }
        (from..to)
            .step_by(16)
            .map(|o| Unpack { start: at(o), end: at(o + 4), src: at(o + 8), both: at(o + 12) == 1 })
            .collect()
    }
}

/// Returns the name and address of every function and object in a ROM ELF, sorted by address.
#[must_use]
pub fn symbols(elf: &[u8]) -> Vec<(u32, String)> {
    let Ok(file) = object::File::parse(elf) else { return Vec::new() };
    let mut list: Vec<_> = file
        .symbols()
        .filter(|s| s.is_definition())
        .map(|s| (s.address() as u32, fixed_text(s.name_bytes().unwrap_or_default())))
        .collect();
    list.sort();
    list
}

/// Copies one section's bytes to their location on the chip.
fn place_section<'a>(rom: &mut [u8], section: &impl ObjectSection<'a>) -> Result<(), String> {
    let name = section.name().unwrap_or("");
    let SectionFlags::Elf { sh_flags, .. } = section.flags() else { return Ok(()) };
    if !sh_flags.intersects(elf::SHF_ALLOC | elf::SHF_WRITE) {
        return Ok(());
    }
    let data = section.data().map_err(|e| format!("section {name}: {e}"))?;
    let addr = section.address() as u32;
    let offset = match map::region_at(addr).map(|r| (r.memory, addr - r.range.start)) {
        Some((ChipMemory::Rom0, offset)) => Some(offset as usize),
        Some((ChipMemory::Rom1, offset)) => Some(ROM0_SIZE + offset as usize),
        _ => LOAD_IMAGES.iter().find(|l| l.0 == name).map(|l| l.1),
    };
    let Some(offset) = offset else { return Ok(()) };
    let end = offset.checked_add(data.len()).filter(|&end| end <= rom.len());
    let end = end.ok_or_else(|| format!("section {name} at {addr:#010x} does not fit"))?;
    rom[offset..end].copy_from_slice(data);
    Ok(())
}

/// Location of the PRO CPU's private data, and distance to the APP CPU's private data.
struct PrivateData {
    first: u32,
    end: u32,
    distance: u32,
}

impl PrivateData {
    /// Values of both known ROMs; used for files without section names.
    const ESP32: Self = Self { first: 0x3FFE_0010, end: 0x3FFE_3F20, distance: 0x3F10 };

    /// Reads the values from the ELF's sections: from `.bss_gpio_pro` to the end of `.stack_pro`.
    fn find(file: &object::File) -> Result<Self, String> {
        let section = |name: &str| {
            let s = file.section_by_name(name).ok_or_else(|| format!("no section {name}"))?;
            Ok::<_, String>((s.address() as u32, s.size() as u32))
        };
        let (first, _) = section(".bss_gpio_pro")?;
        let (stack, stack_size) = section(".stack_pro")?;
        let (app, _) = section(".bss_gpio_app")?;
        Ok(Self { first, end: stack.wrapping_add(stack_size), distance: app.wrapping_sub(first) })
    }

    /// Converts the PRO CPU's copy of ROM 0 into the APP CPU's.
    fn patch(&self, rom: &mut [u8]) {
        for bytes in rom[..PATCHED_BYTES].chunks_exact_mut(4) {
            let value = word(bytes, 0).unwrap_or(0);
            if (self.first..=self.end).contains(&value) {
                bytes.copy_from_slice(&value.wrapping_add(self.distance).to_le_bytes());
            }
        }
    }
}

/// Splits bytes into pages. Reuses the page of `like` with the same index if it is equal.
fn pages(data: &[u8], like: &[Arc<Page>]) -> Arc<[Arc<Page>]> {
    data.chunks(PAGE_SIZE)
        .enumerate()
        .map(|(n, chunk)| match like.get(n) {
            Some(page) if page.0[..] == *chunk => Arc::clone(page),
            _ => {
                let mut page = Page::filled(0);
                page.0[..chunk.len()].copy_from_slice(chunk);
                Arc::new(page)
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use esplens_core::cpu::RESET_VECTOR;

    fn peek(rom: &RomSet, core: usize, addr: u32, len: usize) -> Vec<u8> {
        let words = (0..len.div_ceil(4)).map(|n| (addr - ROM0_BASE) as usize + 4 * n);
        let bytes = words.flat_map(|o| rom.rom0_word(core, o).unwrap().to_le_bytes());
        bytes.take(len).collect()
    }

    #[test]
    fn both_revisions_have_their_symbols_and_reset_vector() {
        for (revision, first) in [(3, [0x06, 0x67, 0x3E]), (0, [0x06, 0x13, 0x00])] {
            let list = symbols(builtin_elf(revision));
            let at = |name: &str| list.iter().find(|s| s.1 == name).map(|s| s.0);
            assert_eq!(at("_ResetVector"), Some(RESET_VECTOR));
            assert_eq!(at("_start"), Some(0x4000_0704));
            assert_eq!(at("ets_printf"), Some(0x4000_7D54));
            assert_eq!(at("uart_tx_one_char"), Some(0x4000_9200));
            let rom = RomSet::builtin(revision);
            assert_eq!(peek(&rom, 0, RESET_VECTOR, 3), first, "revision {revision}: j");
            assert_eq!((rom.rom0_pro.len(), rom.rom0_app.len(), rom.rom1.len()), (96, 96, 16));
        }
    }

    #[test]
    fn the_unpack_table_finds_each_sections_bytes() {
        let file = object::File::parse(builtin_elf(3)).unwrap();
        let rom = RomSet::builtin(3);
        let mut checked = 0;
        for u in rom.unpack_table(0).iter().filter(|u| u.end > u.start) {
            let section = file
                .sections()
                .find(|s| s.address() == u64::from(u.start) && s.size() > 0 && !s.data().unwrap().is_empty())
                .unwrap();
            let len = (u.end - u.start) as usize;
            assert_eq!(
                peek(&rom, 0, u.src, len),
                section.data().unwrap()[..len],
                "{}",
                section.name().unwrap()
            );
            checked += 1;
        }
        assert_eq!(checked, 5, "data_c, phyrom, spi_flash, etsc, xtos");
        // The Bluetooth controller's data has no entry: the controller's own start code copies it.
        let btdm = file.section_by_name(".data_btdm").unwrap();
        assert_eq!(peek(&rom, 0, 0x4000_D890, btdm.size() as usize), btdm.data().unwrap());
    }

    #[test]
    fn the_app_cpu_unpacks_the_same_images_to_its_own_data() {
        let rom = RomSet::builtin(3);
        let (pro, app) = (rom.unpack_table(0), rom.unpack_table(1));
        assert_eq!(pro.len(), 13);
        for (p, a) in pro.iter().zip(&app) {
            let distance = if p.both { 0x3F10 } else { 0 };
            assert_eq!((a.start, a.end), (p.start + distance, p.end + distance));
            assert_eq!((a.src, a.both), (p.src, p.both));
        }
    }

    #[test]
    fn the_copies_differ_in_the_27_known_runs_only() {
        const RUNS: [(usize, usize); 27] = [
            (0x16C, 0x16C),
            (0x438, 0x441),
            (0x560, 0x560),
            (0x580, 0x585),
            (0x598, 0x5A1),
            (0x5B8, 0x5CD),
            (0x666C, 0x6671),
            (0x6684, 0x6684),
            (0x66B8, 0x66B8),
            (0x67AC, 0x67AC),
            (0x6878, 0x6889),
            (0x82F8, 0x82F8),
            (0x844C, 0x8451),
            (0x84DC, 0x84DC),
            (0x8530, 0x8530),
            (0x8720, 0x8729),
            (0x8CE4, 0x8CE4),
            (0x8FBC, 0x8FCD),
            (0x9BB0, 0x9BB9),
            (0x9D38, 0x9D3D),
            (0xD528, 0xD52D),
            (0xD578, 0xD58D),
            (0xD5B8, 0xD5BD),
            (0xD5F4, 0xD5F9),
            (0xD630, 0xD641),
            (0xD660, 0xD665),
            (0xFC84, 0xFC84),
        ];
        let rom = RomSet::builtin(3);
        let mut seen = [false; 27];
        for offset in (0..ROM0_SIZE).step_by(4) {
            let (pro, app) = (rom.rom0_word(0, offset).unwrap(), rom.rom0_word(1, offset).unwrap());
            let run = RUNS.iter().position(|r| (r.0 & !3..=r.1).contains(&offset));
            if pro != app {
                assert_eq!(app.wrapping_sub(pro), 0x3F10, "at {offset:#x}");
                seen[run.unwrap_or_else(|| panic!("{offset:#x} is in no run"))] = true;
            }
        }
        assert_eq!(seen, [true; 27]);
        assert_eq!(rom.rom0_word(1, 0x560), Some(0x3FFE_7E30), "the APP CPU's stack");
    }

    #[test]
    fn machines_share_pages() {
        let (a, b) = (RomSet::builtin(3), RomSet::builtin(4));
        assert!(Arc::ptr_eq(&a.rom0_pro[0], &b.rom0_pro[0]));
        assert!(Arc::ptr_eq(&a.rom0_pro[50], &a.rom0_app[50]), "unpatched pages are one");
    }

    #[test]
    fn bad_roms_are_refused() {
        assert!(RomSet::from_elf(b"\x7fELF").is_err());
        assert!(RomSet::from_raw(&[0; 100]).unwrap_err().contains("458752"));
        assert!(RomSet::from_raw(&[0; ROM0_SIZE + ROM1_SIZE]).unwrap_err().contains("unpack"));
    }
}
