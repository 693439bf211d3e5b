//! Unix domain socket listeners: accessible to the user only, never replacing other files, and removed at exit.

use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Sockets created by this process: path, device, inode.
static MADE: Mutex<Vec<(PathBuf, u64, u64)>> = Mutex::new(Vec::new());

fn made() -> MutexGuard<'static, Vec<(PathBuf, u64, u64)>> {
    MADE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Listens on a new socket with mode 0600. Replaces an existing socket without a listener, left over from a process
/// that did not exit cleanly; never replaces anything else.
///
/// # Errors
/// [`ErrorKind::AlreadyExists`] for a file that is not a socket, [`ErrorKind::AddrInUse`] for a socket in use, or the
/// system's error.
pub fn bind(path: &Path) -> io::Result<UnixListener> {
    clear(path)?;
    let socket = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None)?;
    socket.bind(&socket2::SockAddr::unix(path)?)?;
    // No client can connect before `listen`.
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    socket.listen(128)?;
    let meta = path.symlink_metadata()?;
    made().push((std::path::absolute(path)?, meta.dev(), meta.ino()));
    Ok(std::os::fd::OwnedFd::from(socket).into())
}

/// Removes a socket that has no listener.
fn clear(path: &Path) -> io::Result<()> {
    // Checks the symbolic link itself, not its target.
    let Ok(meta) = path.symlink_metadata() else { return Ok(()) };
    if !meta.file_type().is_socket() {
        return Err(io::Error::new(ErrorKind::AlreadyExists, "the file exists and is not a socket"));
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => std::fs::remove_file(path),
        _ => Err(ErrorKind::AddrInUse.into()),
    }
}

/// Removes the sockets created by this process if they still exist. Call at exit.
pub fn remove_sockets() {
    for (path, device, inode) in std::mem::take(&mut *made()) {
        // Inode numbers are reused, so check that it is a socket as well.
        let ours = |m: &std::fs::Metadata| m.file_type().is_socket() && (m.dev(), m.ino()) == (device, inode);
        if path.symlink_metadata().is_ok_and(|m| ours(&m)) {
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_socket_that_nobody_listens_on_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link, socket) =
            (dir.path().join("file"), dir.path().join("link"), dir.path().join("socket"));
        std::fs::write(&file, "data").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        for path in [&file, &link] {
            assert_eq!(bind(path).unwrap_err().kind(), ErrorKind::AlreadyExists);
        }
        assert_eq!(std::fs::read(&file).unwrap(), b"data");
        let first = bind(&socket).unwrap();
        assert_eq!(socket.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(bind(&socket).unwrap_err().kind(), ErrorKind::AddrInUse);
        drop(first);
        let again = bind(&socket).unwrap();
        assert!(UnixStream::connect(&socket).is_ok());
        drop(again);
        // A file created there by another process stays.
        std::fs::remove_file(&socket).unwrap();
        std::fs::write(&socket, "other").unwrap();
        let kept = dir.path().join("kept");
        let _kept = bind(&kept).unwrap();
        remove_sockets();
        assert!(socket.exists() && !kept.exists());
    }
}
