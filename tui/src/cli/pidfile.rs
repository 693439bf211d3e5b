//! `--pidfile`: writes the process ID to a file. Refuses a file that another instance uses or that holds other data.

use super::exit::BadInput;
use esplens_soc::hostfile;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Error, ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// Maximum length of a process ID with its line end.
const NUMBER: u64 = 32;
/// Maximum number of attempts to recreate a file that is removed concurrently.
const TRIES: u32 = 100;

/// The file with the process ID. It is locked until this is dropped, which removes it.
#[derive(Debug)]
pub struct PidFile {
    path: PathBuf,
    file: File,
}

impl PidFile {
    /// Writes the file.
    ///
    /// # Errors
    /// When it cannot be written, when another process uses it, and when its content is not a process ID.
    pub fn write(path: &Path) -> anyhow::Result<Self> {
        let failed =
            |e: Error| BadInput(format!("--pidfile {}: cannot create PID file: {e}", path.display()));
        // The working folder may have changed by the end.
        let absolute = std::path::absolute(path).map_err(failed)?;
        let file = claim(&absolute).and_then(number).map_err(failed)?;
        Ok(Self { path: absolute, file })
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        if is_at(&self.file, &self.path) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Opens and locks the file with this path. Retries if its owner removes it meanwhile.
fn claim(path: &Path) -> io::Result<File> {
    for _ in 0..TRIES {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = hostfile::open_no_link(&mut options, path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::other("it is locked by another process")),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        if is_at(&file, path) {
            return Ok(file);
        }
    }
    Err(Error::other("the file is created and removed repeatedly"))
}

/// Writes the process ID into a file that is empty or holds a process ID already.
fn number(mut file: File) -> io::Result<File> {
    let mut there = String::new();
    let read = (&mut file).take(NUMBER + 1).read_to_string(&mut there);
    let free = there.trim().is_empty() || there.trim().parse::<u32>().is_ok();
    if read.is_err() || there.len() as u64 > NUMBER || !free {
        return Err(Error::new(
            ErrorKind::AlreadyExists,
            "there is a file, and it holds no process's number",
        ));
    }
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())?;
    Ok(file)
}

/// Returns true if the file is the one at this path.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let id = |meta: std::fs::Metadata| (meta.dev(), meta.ino());
    file.metadata().ok().map(id).is_some_and(|own| path.symlink_metadata().ok().map(id) == Some(own))
}

/// Returns true if the file is the one at this path: an open file cannot be replaced on this system.
#[cfg(not(unix))]
fn is_at(_file: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(path: &Path) -> String {
        PidFile::write(path).expect_err("refused").to_string()
    }

    #[test]
    fn the_number_goes_with_its_process_and_an_old_one_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pid");
        for before in [None, Some(""), Some("4000000000\n")] {
            before.into_iter().for_each(|text| std::fs::write(&path, text).unwrap());
            let file = PidFile::write(&path).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{}\n", std::process::id()));
            drop(file);
            assert!(!path.exists());
        }
    }

    #[test]
    fn a_file_with_anything_else_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("flash.bin");
        for data in [&b"\xE9\x03\x02"[..], b"text", b"12 monkeys", &[b'1'; 64], &[b' '; 64]] {
            std::fs::write(&path, data).unwrap();
            assert!(why(&path).contains("no process's number"));
            assert_eq!(std::fs::read(&path).unwrap(), data);
        }
    }

    #[test]
    fn a_second_instance_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pid");
        let first = PidFile::write(&path).unwrap();
        assert!(why(&path).contains("cannot create PID file: it is locked"));
        assert!(path.exists());
        // A file that another process has put there is kept.
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "7").unwrap();
        drop(first);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "7");
    }

    #[test]
    #[cfg(unix)]
    fn links_and_pipes_are_refused_and_nothing_waits() {
        let dir = tempfile::tempdir().unwrap();
        let (data, link, pipe) = (dir.path().join("data"), dir.path().join("link"), dir.path().join("pipe"));
        std::os::unix::fs::symlink(&data, &link).unwrap();
        assert!(why(&link).contains("a link") && !data.exists(), "one that leads nowhere");
        std::fs::write(&data, "1").unwrap();
        assert!(why(&link).contains("a link"));
        assert_eq!(std::fs::read_to_string(&data).unwrap(), "1");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for special in [&*pipe, dir.path(), Path::new("/dev/null")] {
            assert!(why(special).contains("expected a regular file"), "{}", special.display());
        }
        assert!(link.is_symlink() && pipe.exists());
    }
}
