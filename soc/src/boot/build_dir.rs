//! ESP-IDF build folders: `flasher_args.json` lists the pieces of flash, `project_description.json` names the ELF.

use super::error::read_file;
use super::{BootError, offer};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// File that marks a folder as a build folder.
pub const FLASHER_ARGS: &str = "flasher_args.json";
const MAX_JSON: u64 = 1 << 20;
/// Limit on the pieces of flash that a description may list.
const MAX_FILES: usize = 64;
/// Lowest flash offset of an application. Applications are 64 KiB-aligned; the first one follows the bootloader and the
/// partition table.
const MIN_APP: usize = 0x1_0000;
/// Largest ESP32 flash.
const MAX_FLASH: u64 = 16 << 20;

/// Contents of `flasher_args.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlasherArgs {
    /// (offset in flash, path inside the folder), sorted by offset.
    pub files: Vec<(usize, PathBuf)>,
    /// Flash size in bytes, if given.
    pub flash_size: Option<usize>,
}

#[derive(Deserialize)]
struct RawArgs {
    flash_files: BTreeMap<String, String>,
    #[serde(default)]
    flash_settings: RawSettings,
    #[serde(default)]
    extra_esptool_args: RawExtra,
}

#[derive(Default, Deserialize)]
struct RawSettings {
    #[serde(default)]
    flash_size: String,
}

#[derive(Default, Deserialize)]
struct RawExtra {
    #[serde(default)]
    chip: String,
}

#[derive(Deserialize)]
struct RawProject {
    app_elf: String,
}

/// Pieces of flash read from a build folder.
#[derive(Clone, Debug)]
pub struct BuildDir {
    /// (offset in flash, bytes), sorted by offset, not overlapping.
    pub pieces: Vec<(usize, Vec<u8>)>,
    /// Flash size in bytes, if the folder gives one.
    pub flash_size: Option<usize>,
    /// The application's ELF file, if it exists.
    pub elf: Option<PathBuf>,
}

/// Parses `flasher_args.json`. Rejects paths that lead out of the folder.
///
/// # Errors
/// A message that describes the problem.
pub fn parse_flasher_args(json: &[u8]) -> Result<FlasherArgs, String> {
    let raw: RawArgs = serde_json::from_slice(json).map_err(|e| e.to_string())?;
    let chip = raw.extra_esptool_args.chip;
    if !chip.is_empty() && chip != "esp32" {
        return Err(format!("built for {chip:?}, expected \"esp32\""));
    }
    if raw.flash_files.is_empty() || raw.flash_files.len() > MAX_FILES {
        return Err(format!("flash_files has {} entries, expected 1 to {MAX_FILES}", raw.flash_files.len()));
    }
    let mut files = Vec::new();
    for (offset, file) in &raw.flash_files {
        let at = parse_offset(offset)
            .ok_or_else(|| format!("flash offset {offset:?} is no number below 16 MB"))?;
        files.push((at, inside(file)?));
    }
    files.sort();
    Ok(FlasherArgs { files, flash_size: super::input::parse_flash_size(&raw.flash_settings.flash_size) })
}

fn parse_offset(text: &str) -> Option<usize> {
    let value = match text.strip_prefix("0x") {
        Some(hex) => usize::from_str_radix(hex, 16),
        None => text.parse(),
    };
    value.ok().filter(|&v| (v as u64) < MAX_FLASH)
}

/// Returns a relative path; rejects one that leads out of the folder.
fn inside(file: &str) -> Result<PathBuf, String> {
    let path = Path::new(file);
    let plain = path.components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir));
    if file.is_empty() || !plain || file.contains('\\') {
        return Err(format!("path {file:?} leaves the build folder"));
    }
    Ok(path.to_path_buf())
}

/// Returns the folder, or its `build` subfolder, if it was made by `idf.py build`.
#[must_use]
pub fn locate(dir: &Path) -> Option<PathBuf> {
    [dir.to_path_buf(), dir.join("build")].into_iter().find(|d| d.join(FLASHER_ARGS).is_file())
}

/// Reads a build folder.
///
/// # Errors
/// [`BootError`] that names the file.
pub fn load(dir: &Path) -> Result<BuildDir, BootError> {
    let bad = |path: &Path, why: String| BootError::BuildDir { path: path.to_path_buf(), why };
    let Some(dir) = locate(dir) else {
        return Err(bad(
            dir,
            format!(
                "no {FLASHER_ARGS}, and no build of PlatformIO or Arduino: not a build folder{}",
                offer::sentence(dir)
            ),
        ));
    };
    let json = dir.join(FLASHER_ARGS);
    let data = read_file(&json, MAX_JSON, "a build description")?;
    let args = parse_flasher_args(&data).map_err(|why| bad(&json, why))?;
    let mut pieces: Vec<(usize, Vec<u8>)> = Vec::new();
    for (offset, file) in args.files {
        let path = confined(&dir, &file)?;
        let data = read_file(&path, MAX_FLASH - offset as u64, "the flash after this offset")?;
        if let Some(before) = pieces.last().filter(|p| p.0 + p.1.len() > offset) {
            let why = format!("overlaps the piece that starts at {:#x}", before.0);
            return Err(bad(&path, format!("at flash offset {offset:#x}: {why}")));
        }
        pieces.push((offset, data));
    }
    let elf = app_elf(&dir);
    Ok(BuildDir { pieces, flash_size: args.flash_size, elf })
}

/// Returns true if `path` is the application (image or ELF) of the build folder that contains it.
#[must_use]
pub fn is_application(path: &Path, dir: &Path) -> bool {
    let json = read_file(&dir.join(FLASHER_ARGS), MAX_JSON, "a build description").ok();
    let args = json.and_then(|json| parse_flasher_args(&json).ok());
    let app = |file: &Path| file.file_name() == path.file_name();
    args.is_some_and(|args| args.files.iter().any(|(at, file)| *at >= MIN_APP && app(file)))
        || app_elf(dir).is_some_and(|elf| app(&elf))
}

/// Returns the file for a path of the description. A flat copy of the folder (all files beside the JSON) is accepted,
/// too.
fn confined(dir: &Path, file: &Path) -> Result<PathBuf, BootError> {
    let mut path = dir.join(file);
    if !path.exists() {
        let flat = file.file_name().map(|name| dir.join(name)).filter(|p| p.is_file());
        path = flat.unwrap_or(path);
    }
    let io = |why| BootError::Io { path: path.clone(), why };
    let real = path.canonicalize().map_err(io)?;
    let root = dir.canonicalize().map_err(io)?;
    if !real.starts_with(&root) {
        return Err(BootError::BuildDir { path, why: "is a link that leaves the build folder".into() });
    }
    Ok(path)
}

/// Returns the ELF that `project_description.json` names, if that file exists.
fn app_elf(dir: &Path) -> Option<PathBuf> {
    let named = read_file(&dir.join("project_description.json"), MAX_JSON, "a project description")
        .ok()
        .and_then(|json| serde_json::from_slice::<RawProject>(&json).ok())
        .and_then(|p| inside(&p.app_elf).ok());
    named.map(|elf| dir.join(elf)).filter(|p| p.is_file())
}
