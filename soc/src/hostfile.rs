//! Access to host files: the only module that opens files named by the user, a client or the guest.
//!
//! Only regular files are opened. Opening a pipe waits for its other end, reading a device may never end, and writing
//! to either may block forever; both are refused by their file type. Reads are bounded. Symbolic links are followed:
//! the type of the target counts.

use std::fs::{File, FileType, OpenOptions};
use std::io::{Error, ErrorKind, Read, Result};
use std::path::{Path, PathBuf};

/// Opens a regular file for reading.
///
/// # Errors
/// The operating system's error; [`ErrorKind::InvalidInput`] for anything but a regular file.
pub fn open(path: &Path) -> Result<File> {
    open_with(OpenOptions::new().read(true), path)
}

/// Opens a regular file with `options`, without blocking.
///
/// # Errors
/// See [`open`].
pub fn open_with(options: &mut OpenOptions, path: &Path) -> Result<File> {
    open_checked(options, path, true)
}

/// Like [`open_with`], but refuses a symbolic link.
///
/// # Errors
/// See [`open`].
pub fn open_no_link(options: &mut OpenOptions, path: &Path) -> Result<File> {
    open_checked(options, path, false)
}

fn open_checked(options: &mut OpenOptions, path: &Path, follow: bool) -> Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let no_link = if follow { 0 } else { libc::O_NOFOLLOW };
        options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY | no_link);
    }
    // Opening a pipe without a reader, a socket or a link fails by itself: report the file type instead of that error.
    let meta = || if follow { path.metadata() } else { path.symlink_metadata() };
    let file = options.open(path).map_err(|error| match meta().map(|m| refusal(m.file_type())) {
        Ok(Some(refused)) => refused,
        _ => error,
    })?;
    match refusal(file.metadata()?.file_type()) {
        None => Ok(file),
        Some(refused) => Err(refused),
    }
}

/// Creates a file for output, or truncates an existing one. The null device is accepted as well.
///
/// # Errors
/// See [`open`].
pub fn create(path: &Path) -> Result<File> {
    if path.canonicalize().is_ok_and(|p| p == Path::new("/dev/null")) {
        return OpenOptions::new().write(true).open(path);
    }
    // The file type is checked before the file is truncated.
    let file = open_with(OpenOptions::new().write(true).create(true).truncate(false), path)?;
    file.set_len(0)?;
    Ok(file)
}

/// Creates a file that does not exist yet.
///
/// # Errors
/// [`ErrorKind::AlreadyExists`] also for a dangling link; otherwise the operating system's error.
pub fn create_new(path: &Path) -> Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

/// Returns the canonical path of `path` if it is in one of `folders`, following `..` and symbolic links. The file need
/// not exist yet.
///
/// # Errors
/// [`ErrorKind::PermissionDenied`] outside of the folders; otherwise the operating system's error, for example if the
/// parent folder does not exist.
pub fn confine(path: &Path, folders: &[PathBuf]) -> Result<PathBuf> {
    let path = std::path::absolute(path)?;
    // A link counts as existing even if its target does not: otherwise the target could be created outside of the
    // folders.
    let real = if path.symlink_metadata().is_ok() {
        path.canonicalize()?
    } else {
        let (folder, name) = path.parent().zip(path.file_name()).ok_or(ErrorKind::InvalidInput)?;
        folder.canonicalize()?.join(name)
    };
    let inside = folders.iter().any(|folder| folder.canonicalize().is_ok_and(|f| real.starts_with(f)));
    if inside { Ok(real) } else { Err(ErrorKind::PermissionDenied.into()) }
}

/// Reads a whole regular file of at most `max` bytes.
///
/// # Errors
/// See [`open`]; [`ErrorKind::FileTooLarge`].
pub fn read(path: &Path, max: u64) -> Result<Vec<u8>> {
    let file = open(path)?;
    let size = file.metadata()?.len();
    if size > max {
        return Err(too_large(max));
    }
    let mut data = Vec::with_capacity(size as usize);
    read_into(file, max, &mut data)?;
    Ok(data)
}

/// Reads a stream to its end, at most `max` bytes.
///
/// # Errors
/// The operating system's error; [`ErrorKind::FileTooLarge`].
pub fn read_stream(stream: impl Read, max: u64) -> Result<Vec<u8>> {
    let mut data = Vec::new();
    read_into(stream, max, &mut data)?;
    Ok(data)
}

/// Reads to the end, at most `max` bytes. Also bounds files that report no size (`/proc`) and files that grow while
/// they are read.
fn read_into(stream: impl Read, max: u64, data: &mut Vec<u8>) -> Result<()> {
    stream.take(max + 1).read_to_end(data)?;
    if data.len() as u64 > max { Err(too_large(max)) } else { Ok(()) }
}

fn too_large(max: u64) -> Error {
    Error::new(ErrorKind::FileTooLarge, format!("more than {max} bytes, too large to be read"))
}

/// Returns the error for a file type that is not opened; `None` for a regular file.
fn refusal(kind: FileType) -> Option<Error> {
    if kind.is_file() {
        return None;
    }
    #[cfg(unix)]
    let name = {
        use std::os::unix::fs::FileTypeExt;
        match kind {
            _ if kind.is_dir() => "a folder",
            _ if kind.is_symlink() => "a link",
            _ if kind.is_fifo() => "a pipe",
            _ if kind.is_socket() => "a socket",
            _ => "a device",
        }
    };
    #[cfg(not(unix))]
    let name = "no file";
    Some(Error::new(ErrorKind::InvalidInput, format!("{name}, expected a regular file")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_are_bounded() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, [7; 100]).unwrap();
        assert_eq!(read(&path, 100).unwrap(), [7; 100]);
        assert_eq!(read(&path, 99).unwrap_err().kind(), ErrorKind::FileTooLarge);
        assert_eq!(read_stream(std::io::repeat(1), 1000).unwrap_err().kind(), ErrorKind::FileTooLarge);
        assert_eq!(read_stream(&[1, 2][..], 2).unwrap(), [1, 2]);
    }

    #[test]
    #[cfg(unix)]
    fn only_regular_files_are_opened_and_nothing_waits() {
        let dir = tempfile::tempdir().unwrap();
        let (pipe, socket, link) =
            (dir.path().join("pipe"), dir.path().join("socket"), dir.path().join("link"));
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        for (path, kind) in [
            (&*pipe, "a pipe"),
            (&*socket, "a socket"),
            (&*link, "a device"),
            (dir.path(), "a folder"),
            (Path::new("/dev/full"), "a device"),
        ] {
            for result in [open(path).err(), read(path, 10).err(), create(path).err()] {
                let error = result.expect("refused").to_string();
                assert_eq!(error, format!("{kind}, expected a regular file"), "{}", path.display());
            }
        }
        assert!(create(Path::new("/dev/null")).is_ok());
        assert!(read(Path::new("/proc/self/maps"), 10).is_err(), "tells no size");
    }

    #[test]
    #[cfg(unix)]
    fn nothing_leads_out_of_the_folders() {
        let dir = tempfile::tempdir().unwrap();
        let (inside, outside) = (dir.path().join("in"), dir.path().join("out"));
        std::fs::create_dir_all(inside.join("sub")).unwrap();
        std::fs::create_dir(&outside).unwrap();
        std::fs::write(outside.join("file"), "").unwrap();
        let link = |to: &Path, name: &str| std::os::unix::fs::symlink(to, inside.join(name)).unwrap();
        link(&outside, "folder");
        link(&outside.join("file"), "link");
        link(&outside.join("new"), "dangling");
        let folders = [inside.clone()];
        let real = inside.canonicalize().unwrap();
        assert_eq!(confine(&inside.join("sub/new"), &folders).unwrap(), real.join("sub/new"));
        for name in ["../out/new", "folder/new", "link", "dangling", "sub/../../out/file", ".."] {
            assert!(confine(&inside.join(name), &folders).is_err(), "{name}");
        }
        assert!(confine(&inside.join("missing/new"), &folders).is_err());
        assert!(confine(Path::new("/"), &folders).is_err());
    }

    #[test]
    fn creating_empties_and_creating_anew_refuses() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, "old").unwrap();
        assert_eq!(create_new(&path).unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        create(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"");
    }
}
