//! Firmware samples: third-party images in folders next to the repository.

use std::path::{Path, PathBuf};

/// Images of the sample `firmware` that have an ELF file: ESP-IDF 3.2 to 6.1.
pub const WITH_ELF: [&str; 10] = [
    "idf-3.2-hello",
    "idf-4.0-httpd-wifi",
    "idf-4.2-hello",
    "idf-4.3-gpio",
    "idf-5.0-hello",
    "idf-5.2-deadline",
    "idf-5.2-uart",
    "idf-5.3-blink",
    "idf-6.1-coredump",
    "idf-6.1-dht",
];

/// Returns the folder of a sample, such as `firmware` or `firmware-wifi`, in `$ESPLENS_SHARED`, or in `../shared` next to
/// the repository. If there is none, prints a line about it and returns `None`.
#[must_use]
pub fn sample(name: &str) -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let shared = std::env::var_os("ESPLENS_SHARED").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    let folder = shared.join(name);
    if folder.join("cases.toml").is_file() {
        return Some(folder);
    }
    eprintln!("skipped: no firmware sample at {} (set ESPLENS_SHARED)", folder.display());
    None
}

/// Returns the folder of one image of the sample `firmware`; `None` as with [`sample`].
#[must_use]
pub fn firmware(name: &str) -> Option<PathBuf> {
    let dir = sample("firmware")?.join(name);
    if dir.is_dir() {
        return Some(dir);
    }
    eprintln!("skipped: no firmware {name}");
    None
}

/// Returns the GDB to test with. Prints a message and returns `None` if there is none.
#[must_use]
pub fn gdb() -> Option<PathBuf> {
    if let Some(given) = std::env::var_os("ESPLENS_GDB_BIN").map(PathBuf::from) {
        assert!(given.exists(), "ESPLENS_GDB_BIN: no {}", given.display());
        return Some(given);
    }
    built_gdb("xtensa-esp32-elf-gdb")
}

/// Returns one of the GDBs that `cargo xtask gdb` builds. `xtensa-esp32-elf-gdb-105` takes no privileged registers from
/// its target, as Espressif's by default; `-stock` takes a0 to a15 as well. Prints a message and returns `None` if it
/// is not built.
#[must_use]
pub fn built_gdb(name: &str) -> Option<PathBuf> {
    let home = std::env::var_os("HOME")?;
    let path = Path::new(&home).join(".cache/esplens/gdb/install/bin").join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: no {name}; cargo xtask gdb builds one");
    None
}
