//! Writing back what a machine changed: flash and eFuse files, each replaced as a whole or not at all.

use super::BootError;
use super::error::read_file;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Bytes of an eFuse file: blocks 0 to 3 as the chip's read registers show them.
pub const EFUSE_BYTES: usize = 124;

/// Parses an eFuse file.
///
/// # Errors
/// The size it has instead.
pub fn parse_efuse(data: &[u8]) -> Result<[u8; EFUSE_BYTES], usize> {
    data.try_into().map_err(|_| data.len())
}

/// Reads an eFuse file.
///
/// # Errors
/// [`BootError::Io`], [`BootError::TooBig`], [`BootError::Efuse`].
pub fn load_efuse(path: &Path) -> Result<[u8; EFUSE_BYTES], BootError> {
    let data = read_file(path, 1 << 20, "an eFuse file")?;
    let efuse = |size| BootError::Efuse { path: path.to_path_buf(), size, expected: EFUSE_BYTES };
    parse_efuse(&data).map_err(|size| efuse(size as u64))
}

/// Replaces a file by `data`: written beside it, synced, renamed over it. A reader sees the old or the new bytes.
///
/// # Errors
/// [`BootError::Io`]; the file is then as it was.
pub fn write_atomic(path: &Path, data: &[u8]) -> Result<(), BootError> {
    // Through a symbolic link: the file it names is replaced, not the link.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let temp = temp_path(&target);
    let result = write_and_rename(&temp, &target, data);
    result.map_err(|why| {
        let _ = std::fs::remove_file(&temp);
        BootError::Io { path: path.to_path_buf(), why }
    })
}

fn temp_path(target: &Path) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    target.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
}

fn write_and_rename(temp: &Path, target: &Path, data: &[u8]) -> std::io::Result<()> {
    let _ = std::fs::remove_file(temp);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(temp)?;
    file.write_all(data)?;
    if let Ok(old) = std::fs::metadata(target) {
        file.set_permissions(old.permissions())?;
    }
    file.sync_all()?;
    drop(file);
    std::fs::rename(temp, target)
}

/// What to write back of a flash chip whose file was `file_len` bytes long: never less than that, and whole sectors
/// up to the last one that is not erased.
#[must_use]
pub fn trim_flash(flash: &[u8], file_len: usize) -> &[u8] {
    const SECTOR: usize = 4096;
    let used = flash.iter().rposition(|&b| b != 0xFF).map_or(0, |last| (last + 1).next_multiple_of(SECTOR));
    &flash[..used.max(file_len).min(flash.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_nothing_is_left_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("flash.bin");
        write_atomic(&path, b"one").unwrap();
        write_atomic(&path, b"second").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"second");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    #[cfg(unix)]
    fn a_link_stays_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        write_atomic(&file, b"old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write_atomic(&link, b"new").unwrap();
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(std::fs::read(&file).unwrap(), b"new");
    }

    #[test]
    fn a_failed_write_names_the_file() {
        let error = write_atomic(Path::new("/nonexistent/flash.bin"), b"x").unwrap_err();
        assert!(error.to_string().starts_with("/nonexistent/flash.bin: "), "{error}");
    }

    #[test]
    fn flash_is_cut_after_its_last_used_sector_but_never_below_the_files_length() {
        let mut flash = vec![0xFF; 0x4000];
        assert_eq!(trim_flash(&flash, 10).len(), 10);
        flash[0x1001] = 0;
        assert_eq!(trim_flash(&flash, 10).len(), 0x2000);
        assert_eq!(trim_flash(&flash, 0x3000).len(), 0x3000);
        assert_eq!(trim_flash(&flash, 0x9000).len(), 0x4000);
    }

    #[test]
    fn efuse_files_have_one_size() {
        assert_eq!(parse_efuse(&[0; 123]), Err(123));
        assert!(parse_efuse(&[0; 124]).is_ok());
    }
}
