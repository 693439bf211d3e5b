//! The host file behind a card. It is only read; what the guest writes is kept in a [`super::CardStore`].

use super::registers::{CardCapacity, MAX};
use crate::boot::persist::Stamp;
use crate::hostfile;
use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

/// A raw card image.
#[derive(Debug)]
pub struct CardImage {
    path: PathBuf,
    /// The open file; `None`: a blank card without one.
    file: Option<File>,
    /// Length of the file when it was opened.
    len: u64,
    stamp: Option<Stamp>,
    capacity: CardCapacity,
}

impl PartialEq for CardImage {
    fn eq(&self, other: &Self) -> bool {
        (&self.path, self.len) == (&other.path, other.len)
    }
}

impl CardImage {
    /// Opens an image. If the file does not exist, creates a blank, sparse one of `size` bytes. Its capacity is the
    /// next one that a card can have; the rest reads as zeros.
    ///
    /// # Errors
    /// The operating system's error; [`ErrorKind::InvalidInput`] if the size does not fit a card, or is given and not
    /// that of an existing file.
    pub fn open(path: &Path, size: Option<u64>) -> Result<Self> {
        if !path.exists() {
            let size = size.unwrap_or(DEFAULT_SIZE);
            check(size)?;
            hostfile::create_new(path)?.set_len(size)?;
        }
        let stamp = Stamp::of(path);
        let file = hostfile::open_with(OpenOptions::new().read(true), path)?;
        let len = file.metadata()?.len();
        check(len)?;
        if let Some(size) = size.filter(|size| *size != len) {
            let why = format!("has {len} bytes, not {size}; size= is for a new file");
            return Err(Error::new(ErrorKind::InvalidInput, why));
        }
        let path = path.to_path_buf();
        Ok(Self { path, file: Some(file), len, stamp, capacity: CardCapacity::fitting(len) })
    }

    /// Creates a blank card of at least `bytes` bytes that no file backs.
    #[must_use]
    pub fn blank(bytes: u64) -> Self {
        let capacity = CardCapacity::fitting(bytes);
        Self { path: PathBuf::new(), file: None, len: 0, stamp: None, capacity }
    }

    /// Returns the path as the user gave it; empty for a card without a file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the card's capacity.
    #[must_use]
    pub fn capacity(&self) -> CardCapacity {
        self.capacity
    }

    /// Returns the file's length in bytes when it was opened.
    #[must_use]
    pub fn file_len(&self) -> u64 {
        self.len
    }

    /// Returns the file's stamp when it was opened.
    #[must_use]
    pub fn stamp(&self) -> Option<Stamp> {
        self.stamp.clone()
    }

    /// Returns the open file; `None` for a card without one.
    #[must_use]
    pub fn file(&self) -> Option<&File> {
        self.file.as_ref()
    }

    /// Reads from byte `at`; what lies beyond the file's end reads as zeros.
    ///
    /// # Errors
    /// The operating system's error.
    pub fn read(&self, at: u64, out: &mut [u8]) -> Result<()> {
        let inside = (self.len.saturating_sub(at).min(out.len() as u64)) as usize;
        let (front, rest) = out.split_at_mut(inside);
        rest.fill(0);
        match &self.file {
            Some(file) if inside > 0 => read_at(file, at, front),
            _ => Ok(()),
        }
    }

    /// Returns true if another program has written to the file since it was opened: the guest may see a mixture.
    #[must_use]
    pub fn has_changed(&self) -> bool {
        let modified =
            |file: &File| Some((file.metadata().ok()?.len(), file.metadata().ok()?.modified().ok()?));
        match (&self.file, &self.stamp) {
            (Some(file), Some(stamp)) => modified(file).is_some_and(|(len, at)| !stamp.is_content(len, at)),
            _ => false,
        }
    }
}

/// Size in bytes of a new image.
pub const DEFAULT_SIZE: u64 = 16 << 20;

/// Checks that a card can have this size.
fn check(size: u64) -> Result<()> {
    let why = match size {
        0 => "is empty; a card has at least 512 bytes".into(),
        s if s > MAX => format!("{s} bytes are more than a card of {} GiB has", MAX >> 30),
        _ => return Ok(()),
    };
    Err(Error::new(ErrorKind::InvalidInput, why))
}

#[cfg(unix)]
fn read_at(file: &File, at: u64, out: &mut [u8]) -> Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, out, at)
}

#[cfg(windows)]
fn read_at(file: &File, mut at: u64, mut out: &mut [u8]) -> Result<()> {
    while !out.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, out, at)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            n => {
                at += n as u64;
                out = &mut out[n..];
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_made_blank_and_an_existing_one_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("card.img");
        let image = CardImage::open(&path, Some(32 << 20)).unwrap();
        assert_eq!((image.capacity().bytes(), path.metadata().unwrap().len()), (32 << 20, 32 << 20));
        std::fs::write(&path, [7; 1000]).unwrap();
        assert!(image.has_changed());
        let image = CardImage::open(&path, None).unwrap();
        assert!(!image.has_changed());
        let mut out = [1; 1024];
        image.read(0, &mut out).unwrap();
        assert_eq!((out[999], out[1000], out[1023]), (7, 0, 0));
        image.read(1 << 30, &mut out).unwrap();
        assert_eq!(out, [0; 1024]);
        let error = CardImage::open(&path, Some(16 << 20)).unwrap_err().to_string();
        assert!(error.contains("1000 bytes"), "{error}");
        std::fs::write(&path, []).unwrap();
        assert!(CardImage::open(&path, None).is_err());
        assert!(CardImage::open(dir.path(), None).is_err());
    }
}
