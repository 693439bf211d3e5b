//! Writing a card's changes back to its image.

use super::{CardImage, CardStore};
use crate::boot::BootError;
use crate::boot::persist::{Claim, Written};
use std::fs::File;
use std::io::{Result, Seek, SeekFrom, Write};

/// Bytes copied at once.
const PIECE: u64 = 1 << 20;

/// Replaces a claimed image by a copy with the changes. Returns `None` if the guest wrote nothing. Areas of zeros take
/// no disk space in the copy.
///
/// # Errors
/// [`BootError::Io`]; the image is then unchanged.
pub fn write_back(
    claim: &Claim,
    image: &CardImage,
    store: &CardStore,
) -> std::result::Result<Option<Written>, BootError> {
    if store.is_empty() {
        return Ok(None);
    }
    claim.write_with(|file| fill(file, image, store)).map(Some)
}

/// Writes the card's content: the image with the changes over it.
fn fill(file: &mut File, image: &CardImage, store: &CardStore) -> Result<()> {
    let capacity = image.capacity().bytes();
    let mut end = image.file_len();
    file.set_len(end)?;
    let mut at = 0;
    let mut piece = vec![0; PIECE as usize];
    while let Some(from) = next_data(image, at).filter(|from| *from < image.file_len()) {
        let n = PIECE.min(image.file_len() - from) as usize;
        image.read(from, &mut piece[..n])?;
        if piece[..n].iter().any(|byte| *byte != 0) {
            put(file, from, &piece[..n])?;
        }
        at = from + n as u64;
    }
    store.changes(|range, content| {
        let range = range.start..range.end.min(capacity);
        end = end.max(range.end);
        match content {
            Some(bytes) => put(file, range.start, &bytes[..(range.end - range.start) as usize]),
            None => {
                piece.fill(0);
                let pieces = (range.start..range.end).step_by(PIECE as usize);
                pieces.map(|at| (at, PIECE.min(range.end - at))).try_for_each(|(at, n)| {
                    // What lies beyond the copied data is zero already.
                    if at < image.file_len() { put(file, at, &piece[..n as usize]) } else { Ok(()) }
                })
            }
        }
    })?;
    file.set_len(end)
}

fn put(file: &mut File, at: u64, data: &[u8]) -> Result<()> {
    file.seek(SeekFrom::Start(at))?;
    file.write_all(data)
}

/// Returns the position of the next data at or after `at` in the image's file, past a hole; `None` if there is none.
#[cfg(target_os = "linux")]
fn next_data(image: &CardImage, at: u64) -> Option<u64> {
    use nix::errno::Errno;
    use nix::unistd::{Whence, lseek};
    match lseek(image.file()?, i64::try_from(at).ok()?, Whence::SeekData) {
        Ok(next) => u64::try_from(next).ok(),
        Err(Errno::ENXIO) => None,
        Err(_) => Some(at), // a file system without holes
    }
}

#[cfg(not(target_os = "linux"))]
fn next_data(image: &CardImage, at: u64) -> Option<u64> {
    image.file().map(|_| at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boot::persist::{Share, Stamp};

    #[test]
    fn a_large_sparse_image_stays_sparse_and_gets_the_changes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("card.img");
        let image = CardImage::open(&path, Some(32 << 30)).unwrap();
        let mut base = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        put(&mut base, 20 << 30, b"base").unwrap();
        put(&mut base, 8 << 20, b"erased").unwrap();
        drop(base);
        let image = CardImage::open(&path, Some(image.capacity().bytes())).unwrap();
        let claim = Claim::take_large(&path, Stamp::of(&path), Share::Nobody).unwrap();
        let mut store = CardStore::default();
        assert_eq!(write_back(&claim, &image, &store).unwrap(), None);
        assert!(store.write(&image, (20 << 30) + 512, &[3; 512]));
        assert!(store.erase(&image, 8 << 20..16 << 20));
        assert_eq!(write_back(&claim, &image, &store).unwrap(), Some(Written::InPlace));
        let saved = CardImage::open(&path, None).unwrap();
        assert_eq!(saved.file_len(), 32 << 30);
        let mut out = [9; 1024];
        saved.read(20 << 30, &mut out).unwrap();
        assert_eq!((&out[..5], out[511], out[512], out[1023]), (&b"base\0"[..], 0, 3, 3));
        saved.read(8 << 20, &mut out).unwrap();
        assert_eq!(out, [0; 1024]);
        #[cfg(target_os = "linux")]
        {
            use std::os::unix::fs::MetadataExt;
            assert!(path.metadata().unwrap().blocks() * 512 < 64 << 20);
        }
    }
}
