//! Data that the guest has written to a card, as copy-on-write pages over the image.
//!
//! Cloning costs one pointer. The first write after that copies a page of 4 KiB and the pointers on the way to it.
//! Erased areas take no pages: a card of any size can be erased quickly.

use super::image::CardImage;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_big_array::BigArray;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// Size of a page in bytes.
pub const PAGE: u64 = 4096;
/// Pages of a chunk.
const PAGES: u64 = 1024;
/// Size of a chunk in bytes.
const CHUNK: u64 = PAGE * PAGES;

/// A written page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Page(#[serde(with = "BigArray")] [u8; PAGE as usize]);

/// A part of the card that was written to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Chunk {
    /// The whole chunk was erased: pages that are not listed are zero instead of the image's.
    erased: bool,
    #[serde(with = "shared")]
    pages: BTreeMap<u32, Arc<Page>>,
}

/// The written pages of a card.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CardStore {
    chunks: Arc<BTreeMap<u32, Arc<Chunk>>>,
}

impl CardStore {
    /// Returns true if nothing was written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Returns the number of pages that are kept in memory.
    #[must_use]
    pub fn pages(&self) -> usize {
        self.chunks.values().map(|chunk| chunk.pages.len()).sum()
    }

    /// Returns true if both share all their pages.
    #[must_use]
    pub fn shares(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.chunks, &other.chunks)
    }

    /// Reads bytes that do not cross a page's end. Returns false if the image cannot be read.
    #[must_use]
    pub fn read(&self, image: &CardImage, at: u64, out: &mut [u8]) -> bool {
        let chunk = self.chunks.get(&((at / CHUNK) as u32));
        if let Some(page) = chunk.and_then(|c| c.pages.get(&((at % CHUNK / PAGE) as u32))) {
            let from = (at % PAGE) as usize;
            out.copy_from_slice(&page.0[from..from + out.len()]);
            return true;
        }
        if chunk.is_some_and(|c| c.erased) {
            out.fill(0);
            return true;
        }
        image.read(at, out).is_ok()
    }

    /// Writes bytes that do not cross a page's end. Returns false if the rest of the page cannot be read.
    #[must_use]
    pub fn write(&mut self, image: &CardImage, at: u64, data: &[u8]) -> bool {
        let mut page = [0; PAGE as usize];
        let (first, from) = (at / PAGE * PAGE, (at % PAGE) as usize);
        let whole = data.len() == page.len();
        let chunk = Arc::make_mut(&mut self.chunks).entry((at / CHUNK) as u32).or_default();
        let chunk = Arc::make_mut(chunk);
        let number = (at % CHUNK / PAGE) as u32;
        if !chunk.pages.contains_key(&number) {
            if !whole && !chunk.erased && image.read(first, &mut page).is_err() {
                return false;
            }
            chunk.pages.insert(number, Arc::new(Page(page)));
        }
        if let Some(page) = chunk.pages.get_mut(&number) {
            Arc::make_mut(page).0[from..from + data.len()].copy_from_slice(data);
        }
        true
    }

    /// Sets a range of bytes to zero; its bounds are multiples of the block length. Returns false if the image cannot
    /// be read.
    #[must_use]
    pub fn erase(&mut self, image: &CardImage, range: Range<u64>) -> bool {
        let (zero, mut at) = (Arc::new(Page([0; PAGE as usize])), range.start);
        let mut fine = true;
        while at < range.end {
            let left = range.end - at;
            if at.is_multiple_of(CHUNK) && left >= CHUNK {
                let erased = Chunk { erased: true, pages: BTreeMap::new() };
                Arc::make_mut(&mut self.chunks).insert((at / CHUNK) as u32, Arc::new(erased));
                at += CHUNK;
            } else if at.is_multiple_of(PAGE) && left >= PAGE {
                let chunk = Arc::make_mut(&mut self.chunks).entry((at / CHUNK) as u32).or_default();
                Arc::make_mut(chunk).pages.insert((at % CHUNK / PAGE) as u32, zero.clone());
                at += PAGE;
            } else {
                let n = left.min(PAGE - at % PAGE);
                fine &= self.write(image, at, &[0; PAGE as usize][..n as usize]);
                at += n;
            }
        }
        fine
    }

    /// Calls `write` with the position and content of everything that differs from the image; `None`: zeros.
    ///
    /// # Errors
    /// The first error that `write` returns.
    pub fn changes<E>(
        &self,
        mut write: impl FnMut(Range<u64>, Option<&[u8]>) -> Result<(), E>,
    ) -> Result<(), E> {
        for (n, chunk) in self.chunks.iter() {
            let start = u64::from(*n) * CHUNK;
            if chunk.erased {
                write(start..start + CHUNK, None)?;
            }
            for (page, content) in &chunk.pages {
                let at = start + u64::from(*page) * PAGE;
                write(at..at + PAGE, Some(&content.0))?;
            }
        }
        Ok(())
    }
}

impl Serialize for CardStore {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        shared::serialize(&self.chunks, to)
    }
}

impl<'de> Deserialize<'de> for CardStore {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self { chunks: Arc::new(shared::deserialize(from)?) })
    }
}

/// Maps of shared values.
mod shared {
    use super::*;

    pub fn serialize<T: Serialize, S: Serializer>(
        map: &BTreeMap<u32, Arc<T>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_map(map.iter().map(|(n, value)| (n, &**value)))
    }

    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        from: D,
    ) -> Result<BTreeMap<u32, Arc<T>>, D::Error> {
        let map = BTreeMap::<u32, T>::deserialize(from)?;
        Ok(map.into_iter().map(|(n, value)| (n, Arc::new(value))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(store: &CardStore, image: &CardImage, at: u64) -> [u8; 512] {
        let mut out = [9; 512];
        assert!(store.read(image, at, &mut out));
        out
    }

    #[test]
    fn a_copy_shares_pages_until_one_side_writes() {
        let image = CardImage::blank(32 << 30);
        let mut store = CardStore::default();
        assert!(store.write(&image, 20 << 30, &[1; 512]));
        let before = store.clone();
        assert!(before.shares(&store));
        assert!(store.write(&image, (20 << 30) + 512, &[2; 512]));
        assert_eq!(block(&store, &image, 20 << 30), [1; 512]);
        assert_eq!(block(&store, &image, (20 << 30) + 512), [2; 512]);
        assert_eq!(block(&before, &image, (20 << 30) + 512), [0; 512]);
        assert_eq!((before.pages(), store.pages()), (1, 1));
        let bytes = postcard::to_stdvec(&store).unwrap();
        assert_eq!(postcard::from_bytes::<CardStore>(&bytes).unwrap(), store);
    }

    #[test]
    fn a_large_erase_takes_no_memory_and_ends_at_the_block() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("card.img");
        std::fs::write(&path, vec![5; 9 << 20]).unwrap();
        let image = CardImage::open(&path, None).unwrap();
        let mut store = CardStore::default();
        assert!(store.write(&image, 5 << 20, &[1; 512]));
        assert!(store.erase(&image, 512..(8 << 20) + 4096 + 1024));
        let pages = store.pages();
        assert!((1023..1030).contains(&pages), "{pages}");
        for (at, byte) in [(0, 5), (512, 0), (5 << 20, 0), ((8 << 20) + 4608, 0), ((8 << 20) + 5120, 5)] {
            assert_eq!(block(&store, &image, at), [byte; 512], "{at:#x}");
        }
        assert!(store.erase(&CardImage::blank(128 << 30), 0..128 << 30));
        assert_eq!(store.pages(), 0);
        assert!(postcard::to_stdvec(&store).unwrap().len() < 1 << 20);
    }
}
