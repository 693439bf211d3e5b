//! Suggestions for a user who named a folder that is not a build folder, instead of a file in it.

use super::image::{BOOTLOADER_OFFSET, MAGIC};
use super::sketch::Sketch;
use super::{build_dir, merged};
use crate::hostfile;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Limit on the folder entries that are checked.
const MOST: usize = 256;
/// Limit on the names that are listed.
const TOLD: usize = 6;
/// The machine number of Xtensa in an ELF file's header.
const EM_XTENSA: u8 = 94;

/// Lists the runnable inputs in `dir` as the end of a sentence. Returns an empty string if there are none.
pub fn sentence(dir: &Path) -> String {
    let mut found = inside(dir);
    if found.is_empty() {
        return String::new();
    }
    let rest = found.len().saturating_sub(TOLD);
    found.truncate(TOLD);
    let names: Vec<_> = found.iter().map(|(path, what)| format!("{} ({what})", path.display())).collect();
    let more = if rest > 0 { format!(" or {rest} others") } else { String::new() };
    format!(". Did you mean {}{more}?", names.join(", "))
}

/// Returns the files and folders that can be run, flash images first.
fn inside(dir: &Path) -> Vec<(PathBuf, &'static str)> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten().take(MOST);
    let mut found: Vec<_> = entries.filter_map(|e| Some((what(&e.path())?, e.path()))).collect();
    found.sort();
    found.into_iter().map(|((_, what), path)| (path, what)).collect()
}

/// Returns the sort rank and kind of a path; `None` if it cannot be run.
fn what(path: &Path) -> Option<(u8, &'static str)> {
    if path.is_dir() {
        let builds = build_dir::locate(path).is_some() || Sketch::inside(path).is_some();
        return builds.then_some((1, "build folder"));
    }
    let mut head = Vec::new();
    hostfile::open(path).ok()?.take(BOOTLOADER_OFFSET as u64 + 1).read_to_end(&mut head).ok()?;
    if head.starts_with(b"\x7fELF") {
        return (head.get(18) == Some(&EM_XTENSA)).then_some((2, "ELF"));
    }
    if head.first() == Some(&MAGIC) {
        return Some((3, "application image"));
    }
    let flash = head.get(BOOTLOADER_OFFSET) == Some(&MAGIC) || merged::unwrap(&head).is_some();
    flash.then_some((0, "flash image"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_offers_what_can_be_run() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(sentence(dir.path()), "");
        let write = |name: &str, bytes: &[u8]| std::fs::write(dir.path().join(name), bytes).unwrap();
        write("notes.txt", b"nothing");
        write("host.elf", &[b"\x7fELF", &[0; 14][..], &[62, 0]].concat());
        write("app.elf", &[b"\x7fELF", &[0; 14][..], &[EM_XTENSA, 0]].concat());
        write("flash.bin", &[vec![0xFF; BOOTLOADER_OFFSET], vec![MAGIC]].concat());
        let at = dir.path().display();
        let want = format!(". Did you mean {at}/flash.bin (flash image), {at}/app.elf (ELF)?");
        assert_eq!(sentence(dir.path()), want);
    }
}
