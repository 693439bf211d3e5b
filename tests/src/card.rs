//! SD card images with a FAT file system.

use fatfs::{FileSystem, FormatVolumeOptions, FsOptions};
use std::io::{Cursor, Read};
use std::path::Path;

/// Creates the image of a card of `bytes` bytes with an empty FAT file system, as cards are sold.
///
/// # Panics
/// When it cannot be written.
pub fn format(path: &Path, bytes: u64) {
    let file = std::fs::File::options().read(true).write(true).create_new(true).open(path).expect("new file");
    file.set_len(bytes).expect("size");
    fatfs::format_volume(file, FormatVolumeOptions::new()).expect("FAT");
}

/// Returns the content of a text file in the root folder of a card's FAT file system, which may be in its first
/// partition.
///
/// # Panics
/// When there is no such file.
#[must_use]
pub fn text(card: &Path, name: &str) -> String {
    let bytes = std::fs::read(card).expect("the image");
    let entry = &bytes[0x1BE..][..16];
    let first = u32::from_le_bytes([entry[8], entry[9], entry[10], entry[11]]) as usize * 512;
    let partitioned = bytes[0] != 0xEB && entry[4] != 0 && first < bytes.len();
    let volume = if partitioned { &bytes[first..] } else { &bytes };
    let system = FileSystem::new(Cursor::new(volume.to_vec()), FsOptions::new()).expect("FAT");
    let names: Vec<String> = system.root_dir().iter().map(|e| e.expect("entry").file_name()).collect();
    let mut file = system.root_dir().open_file(name).unwrap_or_else(|e| panic!("{name}: {e}, {names:?}"));
    let mut text = String::new();
    file.read_to_string(&mut text).expect("text");
    text
}
