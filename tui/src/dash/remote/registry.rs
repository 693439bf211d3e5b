//! Which instances there are on this computer: a file and a local socket each, in the user's runtime folder.

use esplens_gdb::server::Address;
use esplens_soc::hostfile;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Most entries looked at.
const MAX: usize = 1000;
/// Largest entry.
const MAX_BYTES: u64 = 1 << 16;

/// An instance, as it says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Process.
    pub pid: u32,
    /// What it runs.
    pub image: String,
    /// Where GDB, the monitor and dashboards may connect, in words.
    pub listens: Vec<String>,
}

/// An instance's entry; it goes with this.
#[derive(Debug)]
pub struct Registered(PathBuf);

impl Drop for Registered {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
        let _ = std::fs::remove_file(self.0.with_extension("sock"));
    }
}

/// The folder: `$XDG_RUNTIME_DIR/esplens`, else one of this user's in the temporary folder.
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

/// Makes the folder the user's own; one that is somebody else's is not taken.
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

/// Refuses a folder that is a link, somebody else's, or open to others for writing.
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

/// The local socket of a process.
#[must_use]
pub fn socket(pid: u32) -> Address {
    Address::Unix(folder().join(format!("{pid}.sock")))
}

/// Enters this process, after `listen` made its socket: an entry without one counts as left over.
///
/// # Errors
/// When there is no folder for it.
pub fn register(entry: &Entry, listen: impl FnOnce() -> std::io::Result<()>) -> std::io::Result<Registered> {
    let folder = folder();
    make(&folder)?;
    listen()?;
    let path = folder.join(format!("{}.json", entry.pid));
    std::fs::write(&path, serde_json::to_vec(entry).map_err(std::io::Error::other)?)?;
    Ok(Registered(path))
}

/// All instances with the address of each; those that nobody answers for any more are taken out.
///
/// # Errors
/// When the folder is there, but not this user's alone.
pub fn instances() -> std::io::Result<Vec<(Entry, Address)>> {
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

/// The entry in `PID.json`, if it is one and says the same process; other files are none of ours.
fn own_entry(path: &Path) -> Option<Entry> {
    let pid: u32 = path.file_name()?.to_str()?.strip_suffix(".json")?.parse().ok()?;
    if !path.symlink_metadata().ok()?.is_file() {
        return None;
    }
    let bytes = hostfile::read(path, MAX_BYTES).ok()?;
    serde_json::from_slice(&bytes).ok().filter(|entry: &Entry| entry.pid == pid)
}

/// Somebody listens: the system answers for a busy process as well.
fn alive(pid: u32) -> bool {
    #[cfg(unix)]
    if let Address::Unix(path) = socket(pid) {
        return std::os::unix::net::UnixStream::connect(path).is_ok();
    }
    cfg!(not(unix)) && pid != 0
}
