//! Build folders of PlatformIO and Arduino. They have no description, but fixed file names and locations.

use super::build_dir::BuildDir;
use super::error::read_file;
use super::image::BOOTLOADER_OFFSET;
use super::partition::{self, Partition, PartitionTable};
use super::{BootError, app_elf};
use std::path::{Path, PathBuf};

/// Largest ESP32 flash.
const MAX_FLASH: u64 = 16 << 20;
/// Limit on the subfolders that are searched for a build.
const MAX_FOLDERS: usize = 64;
/// File system images that PlatformIO builds, with the subtype of their partition (spiffs, littlefs, fat).
const FILE_SYSTEMS: [(&str, u8); 3] = [("spiffs.bin", 0x82), ("littlefs.bin", 0x83), ("fatfs.bin", 0x81)];

/// The files of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sketch {
    dir: PathBuf,
    bootloader: PathBuf,
    partitions: PathBuf,
    /// The application.
    pub app: PathBuf,
    /// Its ELF, if it exists.
    pub elf: Option<PathBuf>,
}

impl Sketch {
    /// Returns the build directly inside a folder.
    pub(super) fn inside(dir: &Path) -> Option<Self> {
        Self::of(dir, "bootloader.bin", "partitions.bin", "firmware").or_else(|| {
            let names = std::fs::read_dir(dir).ok()?.filter_map(|e| e.ok()?.file_name().into_string().ok());
            let mut sketches: Vec<_> =
                names.filter_map(|n| n.strip_suffix(".ino.bin").map(|n| format!("{n}.ino"))).collect();
            sketches.sort();
            sketches.iter().find_map(|name| {
                Self::of(dir, &format!("{name}.bootloader.bin"), &format!("{name}.partitions.bin"), name)
            })
        })
    }

    fn of(dir: &Path, bootloader: &str, partitions: &str, name: &str) -> Option<Self> {
        let file = |name: &str| Some(dir.join(name)).filter(|p| p.is_file());
        Some(Self {
            dir: dir.into(),
            bootloader: file(bootloader)?,
            partitions: file(partitions)?,
            app: file(&format!("{name}.bin"))?,
            elf: file(&format!("{name}.elf")),
        })
    }

    /// Returns the build whose application (image or ELF) is `path`. Its other files lie beside it.
    #[must_use]
    pub fn beside(path: &Path) -> Option<Self> {
        let dir = path.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let is = |file: &Path| file.file_name() == path.file_name();
        Self::inside(dir).filter(|s| is(&s.app) || s.elf.as_deref().is_some_and(is))
    }

    /// Returns the build in a folder, or the only one in the subfolders of PlatformIO (`.pio/build/ENV`) or Arduino
    /// (`build/BOARD`).
    ///
    /// # Errors
    /// [`BootError`] that lists the builds if there are several.
    pub fn find(dir: &Path) -> Result<Option<Self>, BootError> {
        if let Some(here) = Self::inside(dir) {
            return Ok(Some(here));
        }
        let below = [dir.join(".pio/build"), dir.join("build")];
        let folders = below.iter().filter_map(|d| std::fs::read_dir(d).ok()).flatten().take(MAX_FOLDERS);
        let mut found: Vec<_> = folders.filter_map(|e| Self::inside(&e.ok()?.path())).collect();
        if found.len() > 1 {
            let mut names: Vec<_> = found.iter().map(|s| s.dir.display().to_string()).collect();
            names.sort();
            let why = format!("holds several builds, name one: {}", names.join(", "));
            return Err(BootError::BuildDir { path: dir.into(), why });
        }
        Ok(found.pop())
    }

    /// Reads the files and assigns each the flash offset at which its tool flashes it.
    ///
    /// # Errors
    /// [`BootError`] that names the file.
    pub fn load(&self) -> Result<BuildDir, BootError> {
        let read = |path: &Path| read_file(path, MAX_FLASH, "the flash");
        let bad = |path: &Path, why: String| BootError::BuildDir { path: path.into(), why };
        let partitions = read(&self.partitions)?;
        let table = partition::parse(&partitions, 0).map_err(|e| bad(&self.partitions, e.to_string()))?;
        let table = table.ok_or_else(|| bad(&self.partitions, "no partition table".into()))?;
        let app = first_app(&table).map_or(app_elf::APP_OFFSET, |p| p.offset as usize);
        let mut files = vec![
            (BOOTLOADER_OFFSET, self.bootloader.clone()),
            (partition::DEFAULT_OFFSET, self.partitions.clone()),
            (app, self.app.clone()),
        ];
        // OTA data that select the first slot. Without them the bootloader selects that slot, too.
        let ota = table.partitions.iter().find(|p| (p.kind, p.subtype) == (1, 0));
        files.extend(ota.map(|p| (p.offset as usize, self.dir.join("boot_app0.bin"))));
        files.extend(FILE_SYSTEMS.into_iter().filter_map(|(file, subtype)| {
            let p = table.partitions.iter().find(|p| (p.kind, p.subtype) == (1, subtype))?;
            Some((p.offset as usize, self.dir.join(file)))
        }));
        files.retain(|(_, path)| path.is_file());
        files.sort();
        let mut pieces: Vec<(usize, Vec<u8>)> = Vec::new();
        for (at, path) in files {
            let bytes = read(&path)?;
            let end = pieces.last().map_or(0, |(at, bytes)| at + bytes.len());
            if at < end || at + bytes.len() > MAX_FLASH as usize {
                return Err(bad(&path, format!("does not fit at flash offset {at:#x}")));
            }
            pieces.push((at, bytes));
        }
        Ok(BuildDir { pieces, flash_size: None, elf: self.elf.clone() })
    }
}

/// Returns the application partition that is flashed: factory, else the first OTA slot.
fn first_app(table: &PartitionTable) -> Option<&Partition> {
    table.partitions.iter().filter(|p| p.is_app()).min_by_key(|p| p.subtype)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{make_image, make_table};
    use super::super::{InputKind, LoadOptions, load};
    use super::*;

    const APP: [(u32, &[u8]); 2] = [(0x3F40_0020, &[1; 64]), (0x4008_0000, &[7; 32])];

    /// Creates a build folder with an application at 0x20000.
    fn build(dir: &Path, arduino: bool) {
        std::fs::create_dir_all(dir).unwrap();
        let names = if arduino {
            ["my.ino.bootloader.bin", "my.ino.partitions.bin", "my.ino.bin", "my.ino.elf"]
        } else {
            ["bootloader.bin", "partitions.bin", "firmware.bin", "firmware.elf"]
        };
        let boot = make_image(&[(0x4007_8000, &[5; 64])], 2);
        let table = make_table(&[
            (1, 0, 0xE000, 0x2000, "otadata"),
            (0, 0x10, 0x2_0000, 0x10_0000, "app0"),
            (1, 0x82, 0x29_0000, 0x1000, "spiffs"),
        ]);
        let contents: [&[u8]; 4] = [&boot, &table, &make_image(&APP, 2), b"\x7fELF"];
        names.iter().zip(contents).for_each(|(name, bytes)| std::fs::write(dir.join(name), bytes).unwrap());
    }

    fn at(input: &super::super::BootInput, offset: usize) -> u8 {
        input.used_bytes()[offset]
    }

    #[test]
    fn both_tools_folders_their_projects_and_their_applications_are_taken() {
        let dir = tempfile::tempdir().unwrap();
        build(&dir.path().join("pio/.pio/build/esp32dev"), false);
        build(&dir.path().join("arduino/build/esp32.esp32.esp32"), true);
        for path in [
            "pio",
            "pio/.pio/build/esp32dev",
            "pio/.pio/build/esp32dev/firmware.bin",
            "arduino",
            "arduino/build/esp32.esp32.esp32",
            "arduino/build/esp32.esp32.esp32/my.ino.bin",
        ] {
            let input = load(&dir.path().join(path), &LoadOptions::default()).unwrap();
            assert_eq!(input.source, InputKind::BuildDir, "{path}");
            assert_eq!((at(&input, 0x1000), at(&input, 0x8000), at(&input, 0x2_0000)), (0xE9, 0xAA, 0xE9));
            let elf = input.elf.unwrap_or_else(|| panic!("{path}: no ELF"));
            assert!(elf.ends_with("firmware.elf") || elf.ends_with("my.ino.elf"));
            assert_eq!(input.flash.len() * 4096, 4 << 20, "as the bootloader's header says");
        }
    }

    #[test]
    fn ota_data_and_file_systems_go_to_their_partitions() {
        let dir = tempfile::tempdir().unwrap();
        build(dir.path(), false);
        std::fs::write(dir.path().join("boot_app0.bin"), [0x11; 64]).unwrap();
        std::fs::write(dir.path().join("spiffs.bin"), [0x22; 64]).unwrap();
        let input = load(dir.path(), &LoadOptions::default()).unwrap();
        assert_eq!((at(&input, 0xE000), at(&input, 0x29_0000)), (0x11, 0x22));
    }

    #[test]
    fn several_builds_are_named_and_a_foreign_application_is_wrapped_as_before() {
        let dir = tempfile::tempdir().unwrap();
        build(&dir.path().join(".pio/build/a"), false);
        build(&dir.path().join(".pio/build/b"), false);
        let error = load(dir.path(), &LoadOptions::default()).unwrap_err().to_string();
        assert!(error.contains("several builds") && error.contains("build/a"), "{error}");
        let other = dir.path().join(".pio/build/a/other.bin");
        std::fs::write(&other, make_image(&APP, 2)).unwrap();
        assert_eq!(load(&other, &LoadOptions::default()).unwrap().source, InputKind::AppImage);
    }
}
