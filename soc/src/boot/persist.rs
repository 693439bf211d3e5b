//! Writing back flash and eFuse files that a machine changed. Each file is replaced as a whole or not at all.

use super::BootError;
use super::error::read_file;
use crate::hostfile;
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Error, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Size of an eFuse file in bytes: blocks 0 to 3 in the layout of the chip's read registers.
pub const EFUSE_BYTES: usize = 124;

/// Parses an eFuse file.
///
/// # Errors
/// The actual size in bytes.
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

/// Identity and version of a file: differs between two files of the same name, and after every write to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    size: u64,
    modified: Option<std::time::SystemTime>,
    /// Time of the last change of content or attributes (ctime), which programs cannot set.
    changed: (i64, i64),
    /// Device and inode, on systems that have them.
    id: (u64, u64),
}

impl Stamp {
    /// Returns the stamp of the file that `path` leads to now; `None` if there is none.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let meta = path.metadata().ok()?;
        #[cfg(unix)]
        let (id, changed) = {
            use std::os::unix::fs::MetadataExt;
            ((meta.dev(), meta.ino()), (meta.ctime(), meta.ctime_nsec()))
        };
        #[cfg(not(unix))]
        let (id, changed) = ((0, 0), (0, 0));
        Some(Self { size: meta.len(), modified: meta.modified().ok(), changed, id })
    }

    /// Returns true if a file with this size in bytes and time of modification has the content that was stamped.
    #[must_use]
    pub fn is_content(&self, size: u64, modified: std::time::SystemTime) -> bool {
        self.size == size && self.modified == Some(modified)
    }
}

/// Sharing mode of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// Exclusive: no other esplens may claim the file.
    Nobody,
    /// Shared: other instances of esplens may claim the file in this mode, too.
    Others,
}

/// A file to be replaced at the end of a run.
#[derive(Debug)]
pub struct Claim {
    /// Path as the user gave it.
    path: PathBuf,
    /// The file itself, with symbolic links resolved.
    target: PathBuf,
    /// Stamp of the file when it was read; `None` if it did not exist.
    stamp: Option<Stamp>,
    /// SHA-256 of the content when it was claimed; `None` if there was none.
    original: Option<[u8; 32]>,
    /// Kept open because it holds the lock.
    _lock: Option<File>,
}

/// File to which [`Claim::write`] wrote the data.
#[derive(Debug, PartialEq, Eq)]
pub enum Written {
    /// The claimed file. Nothing was written if the data is unchanged since the file was claimed.
    InPlace,
    /// This new file beside it, because the claimed file has been changed or replaced meanwhile.
    Beside(PathBuf),
}

impl Claim {
    /// Claims a file whose [`Stamp`] was `stamp` before it was read. Removes temporary files that a killed process left
    /// beside it.
    ///
    /// # Errors
    /// [`BootError::Io`] if it cannot be written, another esplens has claimed it, or it has changed since.
    pub fn take(path: &Path, stamp: Option<Stamp>, share: Share) -> Result<Self, BootError> {
        let mut claim = Self::take_large(path, stamp, share)?;
        let original = read_file(&claim.target, 1 << 25, "a file to write back").ok();
        claim.original = original.map(|data| Sha256::digest(data).into());
        if claim.changed() { Err(claim.changed_meanwhile()) } else { Ok(claim) }
    }

    fn changed_meanwhile(&self) -> BootError {
        let why = Error::other("has changed while it was read");
        BootError::Io { path: self.path.clone(), why }
    }

    /// Claims a file as [`Claim::take`] does, without reading it. [`Claim::write`] then writes unchanged data, too.
    ///
    /// # Errors
    /// See [`Claim::take`].
    pub fn take_large(path: &Path, stamp: Option<Stamp>, share: Share) -> Result<Self, BootError> {
        let io = |why| BootError::Io { path: path.to_path_buf(), why };
        // Resolve symbolic links, so that the target is replaced, not the link.
        let target = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        let lock = if stamp.is_some() { Some(lock(&target, share).map_err(io)?) } else { None };
        remove_left_over(&target);
        let temp = temp_path(&target);
        let writable = File::create_new(&temp).and_then(|_| std::fs::remove_file(&temp));
        writable.map_err(|e| io(Error::new(e.kind(), format!("cannot be replaced: {e}"))))?;
        let claim = Self { path: path.to_path_buf(), target, stamp, original: None, _lock: lock };
        if claim.changed() { Err(claim.changed_meanwhile()) } else { Ok(claim) }
    }

    fn changed(&self) -> bool {
        Stamp::of(&self.target) != self.stamp
    }

    /// Replaces the file by `data`. If another program has changed, replaced or removed the file since it was claimed,
    /// writes `NAME.esplens-PID` beside it instead.
    ///
    /// # Errors
    /// [`BootError::Io`]; the file is then unchanged.
    pub fn write(&self, data: &[u8]) -> Result<Written, BootError> {
        // Do not write unchanged data over what another program has written since.
        if self.original == Some(Sha256::digest(data).into()) {
            return Ok(Written::InPlace);
        }
        self.write_with(|file| file.write_all(data))
    }

    /// Replaces the file by what `fill` writes to a new one, with the same rules as [`Claim::write`].
    ///
    /// # Errors
    /// [`BootError::Io`]; the file is then unchanged.
    pub fn write_with(
        &self,
        fill: impl FnOnce(&mut File) -> std::io::Result<()>,
    ) -> Result<Written, BootError> {
        if !self.changed() {
            replace(&self.path, fill)?;
            return Ok(Written::InPlace);
        }
        let name = self.target.file_name().unwrap_or_default().to_string_lossy();
        let beside = self.target.with_file_name(format!("{name}.esplens-{}", std::process::id()));
        replace(&beside, fill)?;
        Ok(Written::Beside(beside))
    }
}

/// Opens a file for locking, after checking that it may be written.
fn lock(target: &Path, share: Share) -> std::io::Result<File> {
    // Root can write to a write-protected file; respect the protection anyway.
    if target.metadata()?.permissions().readonly() {
        return Err(Error::new(ErrorKind::PermissionDenied, "is write-protected"));
    }
    let file = hostfile::open_with(OpenOptions::new().read(true).write(true), target)?;
    let locked = match share {
        Share::Nobody => file.try_lock(),
        Share::Others => file.try_lock_shared(),
    };
    match locked {
        Err(TryLockError::WouldBlock) => {
            Err(Error::new(ErrorKind::ResourceBusy, "another esplens will write to it (--persist)"))
        }
        // Not every file system supports locks.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(file),
    }
}

/// Removes temporary files of processes that have ended. A running process holds a lock on its temporary file.
fn remove_left_over(target: &Path) {
    let Some((folder, name)) = target.parent().zip(target.file_name()) else { return };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let prefix = format!(".{}.", name.to_string_lossy());
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|n| n.strip_prefix(&prefix)?.strip_suffix(".tmp"));
        if pid.is_some_and(|p| p.parse::<u32>().is_ok())
            && hostfile::open(&entry.path()).is_ok_and(|f| f.try_lock().is_ok())
        {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Replaces a file by `data`, as [`Claim::write`] does.
#[cfg(test)]
pub(super) fn write_atomic(path: &Path, data: &[u8]) -> Result<(), BootError> {
    replace(path, |file| file.write_all(data))
}

/// Replaces a file by what `fill` writes: writes a temporary file beside it, syncs it and renames it. A reader sees
/// either the old or the new content.
///
/// # Errors
/// [`BootError::Io`]; the file is then unchanged.
fn replace(path: &Path, fill: impl FnOnce(&mut File) -> std::io::Result<()>) -> Result<(), BootError> {
    let target = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let temp = temp_path(&target);
    let result = write_and_rename(&temp, &target, fill);
    result.map_err(|why| {
        let _ = std::fs::remove_file(&temp);
        BootError::Io { path: path.to_path_buf(), why }
    })
}

fn temp_path(target: &Path) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    target.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
}

fn write_and_rename(
    temp: &Path,
    target: &Path,
    fill: impl FnOnce(&mut File) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let _ = std::fs::remove_file(temp);
    let mut file = File::create_new(temp)?;
    let _ = file.try_lock();
    fill(&mut file)?;
    if let Ok(old) = std::fs::metadata(target) {
        file.set_permissions(old.permissions())?;
    }
    file.sync_all()?;
    std::fs::rename(temp, target)
}

/// Returns the part of the flash contents to write back to a file that was `file_len` bytes long: at least that many
/// bytes, and whole sectors up to the last one that is not erased.
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

    fn claim(path: &Path) -> Result<Claim, BootError> {
        Claim::take(path, Stamp::of(path), Share::Nobody)
    }

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_claimed_file_is_replaced_only_while_it_is_the_one_that_was_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("flash.bin");
        let beside =
            dir.path().canonicalize().unwrap().join(format!("flash.bin.esplens-{}", std::process::id()));
        type Change = fn(&Path);
        let meanwhile: [(&str, Change); 3] = [
            ("rebuilt", |path| {
                std::fs::write(path.with_extension("new"), "built").unwrap();
                std::fs::rename(path.with_extension("new"), path).unwrap();
            }),
            ("written to", |path| std::fs::write(path, "other bytes").unwrap()),
            ("removed", |path| std::fs::remove_file(path).unwrap()),
        ];
        for (what, change) in meanwhile {
            std::fs::write(&path, "old").unwrap();
            let claim = claim(&path).unwrap();
            change(&path);
            let kept = std::fs::read(&path).ok();
            assert_eq!(claim.write(b"machine").unwrap(), Written::Beside(beside.clone()), "{what}");
            assert_eq!(std::fs::read(&path).ok(), kept, "{what}");
            assert_eq!(std::fs::read(&beside).unwrap(), b"machine", "{what}");
        }
        std::fs::write(&path, "old").unwrap();
        assert_eq!(claim(&path).unwrap().write(b"machine").unwrap(), Written::InPlace);
        assert_eq!(std::fs::read(&path).unwrap(), b"machine");
    }

    #[test]
    fn a_file_that_does_not_exist_yet_is_made_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("efuse.bin");
        let (first, second) = (claim(&path).unwrap(), claim(&path).unwrap());
        assert_eq!(first.write(b"first").unwrap(), Written::InPlace);
        assert!(matches!(second.write(b"second").unwrap(), Written::Beside(_)));
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
    }

    #[test]
    fn a_shared_file_keeps_what_the_other_one_wrote() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("efuse.bin");
        std::fs::write(&path, "blank").unwrap();
        let share = || Claim::take(&path, Stamp::of(&path), Share::Others).unwrap();
        let (idle, burner, late) = (share(), share(), share());
        assert!(
            claim(&path).unwrap_err().to_string().contains("another esplens"),
            "not shared with this one"
        );
        assert_eq!(burner.write(b"burnt").unwrap(), Written::InPlace);
        assert_eq!(idle.write(b"blank").unwrap(), Written::InPlace);
        assert!(matches!(late.write(b"other").unwrap(), Written::Beside(_)));
        assert_eq!(std::fs::read(&path).unwrap(), b"burnt");
    }

    #[test]
    fn what_cannot_be_written_is_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("flash.bin");
        std::fs::write(&path, "old").unwrap();
        let first = claim(&path).unwrap();
        let error = claim(&path).unwrap_err().to_string();
        assert!(error.contains("another esplens"), "{error}");
        drop(first);
        let stamp = Stamp::of(&path);
        std::fs::write(&path, "new bytes").unwrap();
        assert!(Claim::take(&path, stamp, Share::Nobody).unwrap_err().to_string().contains("has changed"));
        let mut protected = path.metadata().unwrap().permissions();
        protected.set_readonly(true);
        std::fs::set_permissions(&path, protected).unwrap();
        assert!(claim(&path).unwrap_err().to_string().contains("write-protected"));
    }

    #[test]
    fn temporary_files_of_killed_processes_go() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("flash.bin");
        for name in
            ["flash.bin", ".flash.bin.1.tmp", ".flash.bin.x.tmp", ".other.bin.1.tmp", ".flash.bin.2.tmp"]
        {
            std::fs::write(dir.path().join(name), name).unwrap();
        }
        // The process of the second one is still running.
        let living = File::open(dir.path().join(".flash.bin.2.tmp")).unwrap();
        living.lock().unwrap();
        let _claim = claim(&path).unwrap();
        assert_eq!(
            names(dir.path()),
            [".flash.bin.2.tmp", ".flash.bin.x.tmp", ".other.bin.1.tmp", "flash.bin"]
        );
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
