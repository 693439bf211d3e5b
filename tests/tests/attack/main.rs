//! Attacks: guests that make the host work, readers that do not read, files that are not regular files,
//! clients that are not debuggers. None of them may hang the program, damage the user's files or access
//! anything that they must not access.
//!
//! The short form is part of every test run; `ESPLENS_FULL=1` repeats each class with more seeds and in more ways.

mod files;
mod guest;
mod outputs;
mod ports;

/// Returns true for the long form.
fn full() -> bool {
    std::env::var_os("ESPLENS_FULL").is_some_and(|v| v == "1")
}

/// Creates a temporary file with these bytes.
fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    file
}
