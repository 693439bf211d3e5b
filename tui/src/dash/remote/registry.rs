//! Registry of instances on this computer: a file and a local socket for each, in the user's runtime folder.

use esplens_server::listen::Address;
use esplens_soc::hostfile;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Maximum number of entries read.
const MAX: usize = 1000;
/// Maximum size of an entry in bytes.
const MAX_BYTES: u64 = 1 << 16;

/// Description of an instance, written by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceEntry {
    /// Process ID.
    pub pid: u32,
    /// Name of the image.
    pub image: String,
    /// Descriptions of the addresses where GDB, the monitor and dashboards may connect.
    pub listens: Vec<String>,
}

/// A registered entry; dropping it removes the entry.
#[derive(Debug)]
pub struct Registered(PathBuf);

impl Drop for Registered {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
        let _ = std::fs::remove_file(self.0.with_extension("sock"));
    }
}

/// Returns the folder: `$XDG_RUNTIME_DIR/esplens`, else one for this user in the temporary folder.
#[must_use]
pub fn folder() -> PathBuf {
    match std::env::var_os("XDG_RUNTIME_DIR").filter(|v| !v.is_empty()) {
        Some(dir) => PathBuf::from(dir).join("esplens"),
        None => {
            let user = std::env::var("USER").unwrap_or_else(|_| "user".into());
            let user: String = user.chars().filter(char::is_ascii_alphanumeric).collect();
            std::env::temp_dir().join(format!("esplens-{user}"))
        }
    }
}

/// Creates the folder for this user only. Refuses another user's folder.
fn make(folder: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    #[cfg(not(unix))]
    std::fs::create_dir_all(folder)?;
    check(folder)
}

/// Refuses a folder that is a link, belongs to another user, or is writable for others.
fn check(folder: &Path) -> std::io::Result<()> {
    let meta = std::fs::symlink_metadata(folder)?;
    #[cfg(unix)]
    let own = {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        meta.uid() == nix::unistd::geteuid().as_raw() && meta.permissions().mode() & 0o022 == 0
    };
    #[cfg(not(unix))]
    let own = true;
    if meta.is_dir() && own { Ok(()) } else { Err(std::io::ErrorKind::PermissionDenied.into()) }
}

/// Returns the address of a process's local socket.
#[must_use]
pub fn socket(pid: u32) -> Address {
    Address::Unix(folder().join(format!("{pid}.sock")))
}

/// Registers this process after `listen` has created its socket: an entry without a socket counts as stale.
///
/// # Errors
/// When the folder cannot be created.
pub fn register(
    entry: &InstanceEntry,
    listen: impl FnOnce() -> std::io::Result<()>,
) -> std::io::Result<Registered> {
    let folder = folder();
    make(&folder)?;
    listen()?;
    let path = folder.join(format!("{}.json", entry.pid));
    std::fs::write(&path, serde_json::to_vec(entry).map_err(std::io::Error::other)?)?;
    Ok(Registered(path))
}

/// Returns all instances with their addresses. Removes entries whose process no longer answers.
///
/// # Errors
/// When the folder exists, but does not belong to this user alone.
pub fn instances() -> std::io::Result<Vec<(InstanceEntry, Address)>> {
    let (mut found, folder) = (Vec::new(), folder());
    if folder.symlink_metadata().is_err() {
        return Ok(found);
    }
    check(&folder)?;
    for path in std::fs::read_dir(folder)?.flatten().map(|f| f.path()).take(MAX) {
        match own_entry(&path) {
            Some(entry) if alive(entry.pid) => {
                let at = socket(entry.pid);
                found.push((entry, at));
            }
            Some(_) => drop(Registered(path)),
            None => {}
        }
    }
    found.sort_by_key(|(e, _)| e.pid);
    Ok(found)
}

/// Returns the entry in `PID.json`, if it is valid and names the same process. Other files are ignored.
fn own_entry(path: &Path) -> Option<InstanceEntry> {
    let pid: u32 = path.file_name()?.to_str()?.strip_suffix(".json")?.parse().ok()?;
    if !path.symlink_metadata().ok()?.is_file() {
        return None;
    }
    let bytes = hostfile::read(path, MAX_BYTES).ok()?;
    serde_json::from_slice(&bytes).ok().filter(|entry: &InstanceEntry| entry.pid == pid)
}

/// Returns true if the process listens: the system accepts connections even for a busy process.
fn alive(pid: u32) -> bool {
    #[cfg(unix)]
    if let Address::Unix(path) = socket(pid) {
        return std::os::unix::net::UnixStream::connect(path).is_ok();
    }
    cfg!(not(unix)) && pid != 0
}
