//! Loading of user input: converts a file or folder into the contents of a flash chip.

use super::error::read_file;
use super::image::{self, BOOTLOADER_OFFSET};
use super::kernel::MAX_ELF_FILE;
use super::sketch::Sketch;
use super::{BootError, app_elf, build_dir, merged, partition};
use esplens_core::memory::{PAGE_SIZE, Page};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Largest flash chip that the ESP32 supports.
pub const MAX_FLASH: usize = 16 << 20;
/// Smallest flash chip in use.
const MIN_FLASH: usize = 2 << 20;
/// Flash size assumed when the input does not give one.
const DEFAULT_FLASH: usize = 4 << 20;
/// Limit on the ELF files that are checked when searching for the one that belongs to an image.
const MAX_CANDIDATES: usize = 32;

/// Options for reading an input.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Flash chip size in bytes: 2, 4, 8 or 16 MB. `None` takes the size from the input.
    pub flash_size: Option<usize>,
    /// ELF file with the symbols. `None` searches beside the image.
    pub elf: Option<PathBuf>,
    /// Accept a flash image without a bootloader unchanged (download mode, encrypted flash).
    pub accept_any: bool,
}

/// Kind of input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// A merged flash image.
    FlashImage,
    /// A merged flash image as Intel HEX or UF2.
    Wrapped,
    /// A build folder of ESP-IDF, PlatformIO or Arduino.
    BuildDir,
    /// An application's ELF file.
    AppElf,
    /// An application's `.bin`, without bootloader.
    AppImage,
    /// An image that the ROM starts itself (a bootloader or a program for RAM).
    BootImage,
    /// The example embedded in this program.
    Builtin,
}

/// Contents of a flash chip, with information about their origin.
#[derive(Clone)]
pub struct BootInput {
    /// The user's file or folder.
    pub path: PathBuf,
    /// Kind of input.
    pub source: InputKind,
    /// Pages of the whole chip. All erased pages share one page.
    pub flash: Vec<Arc<Page>>,
    /// Size of the input in bytes, counted from offset 0.
    pub used: usize,
    /// The ELF file with the application's symbols.
    pub elf: Option<PathBuf>,
    /// True if that ELF's SHA-256 is the one recorded in the image; `None` if the image records none.
    pub elf_matches: Option<bool>,
    /// Messages for the user before the start, one line each.
    pub notes: Vec<String>,
}

impl std::fmt::Debug for BootInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { path, source, used, elf, notes, .. } = self;
        write!(f, "BootInput({path:?}, {source}, {used} bytes, ELF {elf:?}, {notes:?})")
    }
}

impl std::fmt::Display for InputKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::FlashImage => "flash image",
            Self::Wrapped => "flash image as Intel HEX or UF2",
            Self::BuildDir => "build folder",
            Self::AppElf => "application ELF",
            Self::AppImage => "application image",
            Self::BootImage => "boot image",
            Self::Builtin => "built-in example",
        })
    }
}

impl BootInput {
    /// Returns the size of the flash chip in bytes.
    #[must_use]
    pub fn flash_size(&self) -> usize {
        self.flash.len() * PAGE_SIZE
    }

    /// Returns the bytes of the input.
    #[must_use]
    pub fn used_bytes(&self) -> Vec<u8> {
        let mut bytes: Vec<u8> = self.flash.iter().flat_map(|p| p.0).take(self.used).collect();
        bytes.truncate(self.used);
        bytes
    }
}

/// Loads the file or folder at `path`.
///
/// # Errors
/// A [`BootError`] that names the file and the problem.
pub fn load(path: &Path, opts: &LoadOptions) -> Result<BootInput, BootError> {
    let meta = std::fs::metadata(path).map_err(|why| BootError::Io { path: path.into(), why })?;
    if meta.is_dir() {
        return match build_dir::locate(path) {
            Some(_) => load_build_dir(path, path, opts),
            None => match Sketch::find(path)? {
                Some(sketch) => from_build(path, &sketch.app, sketch.load()?, opts),
                None => load_build_dir(path, path, opts),
            },
        };
    }
    let data = read_file(path, MAX_ELF_FILE, "an input file")?;
    if data.starts_with(b"\x7fELF") {
        return load_elf(path, &data, opts);
    }
    if let Some(flash) = merged::unwrap(&data) {
        let flash = flash.map_err(|why| BootError::BuildDir { path: path.into(), why })?;
        let mut input = from_bytes(path, &flash, opts)?;
        input.source = InputKind::Wrapped;
        return Ok(input);
    }
    if data[..].first() == Some(&image::MAGIC)
        && let Some(input) = of_its_build(path, opts)
    {
        return Ok(input);
    }
    from_bytes(path, &data, opts)
}

/// Loads the build that contains an application's image or ELF: its own bootloader and partition table take precedence
/// over the default ones.
fn of_its_build(path: &Path, opts: &LoadOptions) -> Option<BootInput> {
    let dir = path.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (mut input, from) = if build_dir::is_application(path, dir) {
        (load_build_dir(path, dir, opts).ok()?, dir.join(build_dir::FLASHER_ARGS))
    } else {
        let sketch = Sketch::beside(path)?;
        (from_build(path, path, sketch.load().ok()?, opts).ok()?, dir.to_path_buf())
    };
    input.notes.push(format!("flash contents from {}", from.display()));
    Some(input)
}

/// Loads a flash image, application image or boot image from memory. `path` is its name in errors.
///
/// # Errors
/// As [`load`].
pub fn from_bytes(path: &Path, data: &[u8], opts: &LoadOptions) -> Result<BootInput, BootError> {
    if data.is_empty() {
        return Err(BootError::Empty { path: path.into() });
    }
    if data.len() > MAX_FLASH {
        let (size, max) = (data.len() as u64, MAX_FLASH as u64);
        return Err(BootError::TooBig { path: path.into(), size, max, what: "the flash" });
    }
    match image::parse_header(data, BOOTLOADER_OFFSET) {
        Ok(_) => flash_image(path, data, opts),
        Err(_) if data[0] == image::MAGIC => bare_image(path, data, opts),
        Err(_) if opts.accept_any => {
            let mut input = assemble(path, InputKind::FlashImage, &[(0, data)], None, opts)?;
            input.notes.push("the flash holds no bootloader at 0x1000".into());
            Ok(input)
        }
        Err(_) => {
            let found = data.get(BOOTLOADER_OFFSET).map(|b| format!("{b:#04x}"));
            let found = found.unwrap_or_else(|| format!("nothing (the file has {} bytes)", data.len()));
            Err(BootError::NotBootable { path: path.into(), offset: BOOTLOADER_OFFSET, found })
        }
    }
}

fn flash_image(path: &Path, data: &[u8], opts: &LoadOptions) -> Result<BootInput, BootError> {
    let note = match image::parse(data, BOOTLOADER_OFFSET) {
        Ok(_) => None,
        // When the user asked for the image unchanged, a damaged bootloader is left for the ROM to reject.
        Err(why) if opts.accept_any => Some(why.to_string()),
        Err(why) => return Err(BootError::Image { path: path.into(), why }),
    };
    let mut input = assemble(path, InputKind::FlashImage, &[(0, data)], None, opts)?;
    input.notes.extend(note);
    check_flash(&mut input, data);
    find_elf(&mut input, data, opts)?;
    Ok(input)
}

/// Adds notes about damaged applications. The bootloader handles such damage (another OTA slot may be intact), so it is
/// no error.
fn check_flash(input: &mut BootInput, data: &[u8]) {
    let table = match partition::find(data) {
        Ok(Some(table)) => table,
        Ok(None) => return,
        Err(e) => return input.notes.push(e.to_string()),
    };
    for p in table.partitions.iter().filter(|p| p.is_app()) {
        let at = p.offset as usize;
        if data.get(at) != Some(&image::MAGIC) {
            continue;
        }
        match image::parse(data, at) {
            Err(e) => input.notes.push(format!("partition {}: {e}", p.label)),
            Ok(i) if i.checksum == image::Check::Wrong || i.hash == image::Check::Wrong => {
                input.notes.push(format!("partition {}: its checksum or SHA-256 is wrong", p.label));
            }
            Ok(_) => {}
        }
    }
}

/// Loads an image that starts with its header: wraps an application, or places a boot image where the ROM starts it.
fn bare_image(path: &Path, data: &[u8], opts: &LoadOptions) -> Result<BootInput, BootError> {
    let parsed = image::parse(data, 0).map_err(|why| BootError::Image { path: path.into(), why })?;
    let size =
        opts.flash_size.unwrap_or(parsed.header.flash_bytes().unwrap_or(0)).clamp(DEFAULT_FLASH, MAX_FLASH);
    if !parsed.uses_flash_cache() {
        return assemble(path, InputKind::BootImage, &[(BOOTLOADER_OFFSET, data)], None, opts);
    }
    let pieces = app_elf::wrap(data, size).map_err(|why| BootError::BuildDir { path: path.into(), why })?;
    let pieces: Vec<_> = pieces.iter().map(|(at, bytes)| (*at, &bytes[..])).collect();
    let mut input = assemble(path, InputKind::AppImage, &pieces, Some(size), opts)?;
    input
        .notes
        .push("no bootloader in the file: using ESP-IDF's bootloader and a default partition table".into());
    let flash = input.used_bytes();
    find_elf(&mut input, &flash, opts)?;
    Ok(input)
}

fn load_elf(path: &Path, data: &[u8], opts: &LoadOptions) -> Result<BootInput, BootError> {
    if let Some(mut input) = of_its_build(path, opts)
        && input.elf.as_deref().and_then(Path::file_name) == path.file_name()
    {
        input.elf = Some(opts.elf.clone().unwrap_or_else(|| path.into()));
        return Ok(input);
    }
    let size = opts.flash_size.unwrap_or(DEFAULT_FLASH);
    let pieces =
        app_elf::flash_pieces(data, size).map_err(|why| BootError::Elf { path: path.into(), why })?;
    let pieces: Vec<_> = pieces.iter().map(|(at, bytes)| (*at, &bytes[..])).collect();
    let mut input = assemble(path, InputKind::AppElf, &pieces, Some(size), opts)?;
    input.elf = Some(opts.elf.clone().unwrap_or_else(|| path.into()));
    Ok(input)
}

fn load_build_dir(path: &Path, dir: &Path, opts: &LoadOptions) -> Result<BootInput, BootError> {
    let beside = build_dir::locate(dir).unwrap_or_else(|| dir.into());
    from_build(path, &beside, build_dir::load(dir)?, opts)
}

/// Builds the flash contents of a build. `path` is its name. If the build does not name its ELF, the ELF is searched at
/// `beside`.
fn from_build(
    path: &Path,
    beside: &Path,
    build: build_dir::BuildDir,
    opts: &LoadOptions,
) -> Result<BootInput, BootError> {
    let pieces: Vec<_> = build.pieces.iter().map(|(at, bytes)| (*at, &bytes[..])).collect();
    let mut input = assemble(path, InputKind::BuildDir, &pieces, build.flash_size, opts)?;
    let flash = input.used_bytes();
    check_flash(&mut input, &flash);
    let search = LoadOptions { elf: opts.elf.clone().or(build.elf), ..opts.clone() };
    input.path = beside.into();
    find_elf(&mut input, &flash, &search)?;
    input.path = path.into();
    Ok(input)
}

/// Writes pieces into an erased chip. `hint` is a size known from a source other than a header.
fn assemble(
    path: &Path,
    source: InputKind,
    pieces: &[(usize, &[u8])],
    hint: Option<usize>,
    opts: &LoadOptions,
) -> Result<BootInput, BootError> {
    let used = pieces.iter().map(|(at, bytes)| at + bytes.len()).max().unwrap_or(0);
    let claimed = pieces.iter().find_map(|(at, bytes)| {
        image::parse_header(bytes, BOOTLOADER_OFFSET.checked_sub(*at)?).ok()?.flash_bytes()
    });
    let wanted = claimed.unwrap_or(0).max(hint.unwrap_or(0)).max(used).max(MIN_FLASH);
    let size = opts.flash_size.unwrap_or_else(|| wanted.next_power_of_two().min(MAX_FLASH));
    if used > size {
        let (size, max) = (used as u64, size as u64);
        return Err(BootError::TooBig { path: path.into(), size, max, what: "the flash" });
    }
    let mut flash = vec![erased(); size / PAGE_SIZE];
    for (at, bytes) in pieces {
        fill(&mut flash, *at, bytes);
    }
    let path = path.to_path_buf();
    Ok(BootInput { path, source, flash, used, elf: None, elf_matches: None, notes: Vec::new() })
}

/// Returns the process-wide shared erased page.
fn erased() -> Arc<Page> {
    static PAGE: OnceLock<Arc<Page>> = OnceLock::new();
    Arc::clone(PAGE.get_or_init(|| Arc::new(Page::filled(0xFF))))
}

/// Writes bytes into pages. Pages that remain erased remain shared.
fn fill(flash: &mut [Arc<Page>], mut at: usize, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let n = bytes.len().min(PAGE_SIZE - at % PAGE_SIZE);
        if bytes[..n].iter().any(|&b| b != 0xFF) {
            let page = Arc::make_mut(&mut flash[at / PAGE_SIZE]);
            page.0[at % PAGE_SIZE..][..n].copy_from_slice(&bytes[..n]);
        }
        at += n;
        bytes = &bytes[n..];
    }
}

/// Returns the SHA-256 of the ELF files that the applications in a flash image were made from.
fn recorded_hashes(data: &[u8]) -> Vec<[u8; 32]> {
    let table = partition::find(data).ok().flatten();
    let apps = table.iter().flat_map(|t| &t.partitions).filter(|p| p.is_app());
    apps.filter_map(|p| image::parse_app_desc(data, p.offset as usize + image::APP_DESC_OFFSET))
        .map(|d| d.elf_sha256)
        .filter(|h| *h != [0; 32])
        .collect()
}

/// Finds the ELF that belongs to an image: the given one; else the one beside it whose hash the image records; else (no
/// hash recorded) the one with the image's name or `app.elf`.
fn find_elf(input: &mut BootInput, data: &[u8], opts: &LoadOptions) -> Result<(), BootError> {
    let hashes = recorded_hashes(data);
    if let Some(elf) = &opts.elf {
        let bytes = read_file(elf, MAX_ELF_FILE, "an ELF file")?;
        if !bytes.starts_with(b"\x7fELF") {
            return Err(BootError::Elf { path: elf.clone(), why: "does not start with \\x7fELF".into() });
        }
        input.elf_matches = (!hashes.is_empty()).then(|| hashes.contains(&Sha256::digest(&bytes).into()));
        input.elf = Some(elf.clone());
        if input.elf_matches == Some(false) {
            input.notes.push(format!("{} is not what the image was built from", elf.display()));
        }
        return Ok(());
    }
    let candidates = candidates(&input.path);
    let named = candidates.iter().find(|c| c.0).map(|c| c.1.clone());
    if hashes.is_empty() {
        input.elf = candidates.into_iter().next().filter(|(named, _)| *named).map(|c| c.1);
        return Ok(());
    }
    let matching = candidates.into_iter().map(|c| c.1).find(|path| {
        read_file(path, MAX_ELF_FILE, "an ELF file")
            .is_ok_and(|bytes| hashes.contains(&Sha256::digest(&bytes).into()))
    });
    if let (None, Some(named)) = (&matching, named) {
        input.notes.push(format!("{} is not what the image was built from: no symbols", named.display()));
    }
    input.elf_matches = matching.is_some().then_some(true);
    input.elf = matching;
    Ok(())
}

/// Returns the ELF files beside an input and in the `build` folder there, sorted by name. Those whose name matches
/// (true) come first.
fn candidates(path: &Path) -> Vec<(bool, PathBuf)> {
    let dir = if path.is_dir() { path } else { path.parent().unwrap_or(Path::new("")) };
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    let build = dir.join("build");
    let entries = [dir, &build].into_iter().filter_map(|d| std::fs::read_dir(d).ok()).flatten();
    let mut list: Vec<_> = entries
        .filter_map(|e| Some(e.ok()?.path()))
        .filter(|p| p.extension().is_some_and(|e| e == "elf") && p.is_file())
        .map(|p| (p.file_stem() == path.file_stem() || p.ends_with("app.elf"), p))
        .collect();
    list.sort_by(|a, b| (!a.0, &a.1).cmp(&(!b.0, &b.1)));
    list.truncate(MAX_CANDIDATES);
    list
}

/// Parses `2MB`, `4M`, `8` ... and returns the size in bytes. Accepts only sizes of ESP32 flash chips.
#[must_use]
pub fn parse_flash_size(text: &str) -> Option<usize> {
    let upper = text.trim().to_ascii_uppercase();
    let digits = upper.strip_suffix("MB").or(upper.strip_suffix('M')).unwrap_or(&upper);
    let mb: usize = digits.trim().parse().ok()?;
    matches!(mb, 2 | 4 | 8 | 16).then_some(mb << 20)
}
