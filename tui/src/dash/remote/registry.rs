//! Which instances there are on this computer: a file and a local socket each, in the user's runtime folder.

use esplens_gdb::server::Address;
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
        use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let meta = std::fs::symlink_metadata(folder)?;
        let own = std::fs::metadata("/proc/self").map(|m| m.uid()).unwrap_or(meta.uid());
        if !meta.is_dir() || meta.uid() != own || meta.permissions().mode() & 0o022 != 0 {
            return Err(std::io::ErrorKind::PermissionDenied.into());
        }
        Ok(())
    }
    #[cfg(not(unix))]
    std::fs::create_dir_all(folder)
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
#[must_use]
pub fn instances() -> Vec<(Entry, Address)> {
    let mut found = Vec::new();
    let Ok(files) = std::fs::read_dir(folder()) else { return found };
    for path in files.flatten().map(|f| f.path()).take(MAX) {
        if path.extension().is_none_or(|e| e != "json") {
            continue;
        }
        let small = std::fs::metadata(&path).is_ok_and(|m| m.len() <= MAX_BYTES);
        let entry: Option<Entry> = if small {
            std::fs::read(&path).ok().and_then(|b| serde_json::from_slice(&b).ok())
        } else {
            None
        };
        match entry {
            Some(entry) if alive(entry.pid) => {
                let at = socket(entry.pid);
                found.push((entry, at));
            }
            _ => drop(Registered(path)),
        }
    }
    found.sort_by_key(|(e, _)| e.pid);
    found
}

/// Somebody listens: the system answers for a busy process as well.
fn alive(pid: u32) -> bool {
    #[cfg(unix)]
    if let Address::Unix(path) = socket(pid) {
        return std::os::unix::net::UnixStream::connect(path).is_ok();
    }
    cfg!(not(unix)) && pid != 0
}
