//! The machine's card sockets, the cards in them, and the cards' contents.

use super::spi::SpiPort;
use super::{CardImage, CardMedia, CardNote, CardStore, SdCard};
use crate::dev::DevId;
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// The slot or chip select at which a card is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SdPlace {
    /// Slot 0 or 1 of the SDMMC host.
    Slot(u8),
    /// An SPI bus, with the chip select at this GPIO.
    Spi(u8),
}

impl fmt::Display for SdPlace {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Slot(n) => write!(f, "slot={n}"),
            Self::Spi(cs) => write!(f, "cs={cs}"),
        }
    }
}

/// A socket at power-on.
#[derive(Clone, Debug)]
pub struct SdConfig {
    /// Its slot or chip select.
    pub place: SdPlace,
    /// The card in it.
    pub image: Option<Arc<CardImage>>,
    /// The card's write-protect switch is on, and it refuses writes.
    pub write_protected: bool,
    /// GPIO of the card-detect switch, which is low while a card is in the socket.
    pub detect: Option<u8>,
    /// GPIO of the write-protect switch, which is low for a protected card: ESP-IDF's default polarity.
    pub protect: Option<u8>,
}

/// Insertion or removal of a card while the machine runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SdEvent {
    /// The card with this image ([`SdCards::image`]) is inserted.
    Insert(SdPlace, u32),
    /// The card is removed.
    Eject(SdPlace),
}

/// A card socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SdSocket {
    /// Its slot or chip select.
    pub place: SdPlace,
    detect: Option<u8>,
    protect: Option<u8>,
    card: Option<SdCard>,
    /// The SPI controller whose bus it is on: the one that sent CMD0 while the chip select was low.
    bus: Option<DevId>,
    port: SpiPort,
}

impl SdSocket {
    /// Returns the card in the socket.
    #[must_use]
    pub fn card(&self) -> Option<&SdCard> {
        self.card.as_ref()
    }

    /// Returns the pads that the socket drives with their levels: its switches, and the chip select, which the card
    /// pulls up (as DAT3, by 50 kOhm) while the chip does not drive it.
    #[must_use]
    pub fn pads(&self) -> Vec<(u8, bool)> {
        let writable = !self.card.as_ref().is_some_and(|card| card.write_protected);
        let select = match self.place {
            SdPlace::Spi(cs) => Some((cs, true)),
            SdPlace::Slot(_) => None,
        };
        let detect = self.detect.map(|pad| (pad, self.card.is_none()));
        select.into_iter().chain(detect).chain(self.protect.map(|pad| (pad, writable))).collect()
    }
}

/// The machine's images. They are not part of its state: a restored state finds them here by number.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CardImages(Vec<(Arc<CardImage>, bool)>);

/// All sockets and cards.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SdCards {
    sockets: Vec<SdSocket>,
    /// Written pages by image number, kept while a card is out of its socket.
    stores: BTreeMap<u32, CardStore>,
    /// CardImages by number, and their write protection.
    #[serde(skip)]
    pub images: CardImages,
    /// Events of the cards that were not traced yet.
    #[serde(skip)]
    notes: Vec<CardNote>,
}

impl SdCards {
    /// Creates the sockets and inserts their cards.
    #[must_use]
    pub fn new(config: &[SdConfig]) -> Self {
        let mut cards = Self::default();
        for c in config {
            cards.socket(c.place, c.detect, c.protect);
            if let Some(image) = &c.image {
                let number = cards.add_image(image.clone(), c.write_protected);
                cards.apply(&SdEvent::Insert(c.place, number));
            }
        }
        cards
    }

    fn socket(&mut self, place: SdPlace, detect: Option<u8>, protect: Option<u8>) -> &mut SdSocket {
        let known = self.sockets.iter().position(|s| s.place == place);
        let n = known.unwrap_or_else(|| {
            let (card, bus, port) = (None, None, SpiPort::default());
            self.sockets.push(SdSocket { place, detect, protect, card, bus, port });
            self.sockets.len() - 1
        });
        &mut self.sockets[n]
    }

    /// Returns all sockets.
    #[must_use]
    pub fn sockets(&self) -> &[SdSocket] {
        &self.sockets
    }

    /// Adds an image and returns its number, for [`SdEvent::Insert`].
    pub fn add_image(&mut self, image: Arc<CardImage>, write_protected: bool) -> u32 {
        self.images.0.push((image, write_protected));
        self.images.0.len() as u32 - 1
    }

    /// Returns an image by its number.
    #[must_use]
    pub fn image(&self, number: u32) -> Option<&Arc<CardImage>> {
        self.images.0.get(number as usize).map(|(image, _)| image)
    }

    /// Returns the number of the image of a file.
    #[must_use]
    pub fn image_of(&self, path: &Path) -> Option<u32> {
        let real = path.canonicalize().ok();
        let same = |image: &CardImage| {
            image.path() == path || real.is_some() && image.path().canonicalize().ok() == real
        };
        self.images.0.iter().position(|(image, _)| same(image)).map(|n| n as u32)
    }

    /// Returns the number of 4 KiB pages written to a card.
    #[must_use]
    pub fn pages_of(&self, card: &SdCard) -> usize {
        self.stores.get(&card.image).map_or(0, CardStore::pages)
    }

    /// Returns the image of the card in a socket.
    #[must_use]
    pub fn image_in(&self, socket: &SdSocket) -> Option<&Arc<CardImage>> {
        self.image(socket.card.as_ref()?.image)
    }

    /// Returns what was written to each image, in the order of their numbers.
    pub fn written(&self) -> impl Iterator<Item = (&Arc<CardImage>, &CardStore)> {
        self.stores.iter().filter_map(|(n, store)| Some((self.image(*n)?, store)))
    }

    /// Inserts or removes a card. A card that is in another socket is taken from there. Returns the pads
    /// that the sockets drive, with their levels.
    pub fn apply(&mut self, event: &SdEvent) -> Vec<(u8, bool)> {
        match *event {
            SdEvent::Insert(place, number) => {
                let Some((image, write_protected)) = self.images.0.get(number as usize).cloned() else {
                    return Vec::new();
                };
                let elsewhere = |s: &&mut SdSocket| s.card.as_ref().is_some_and(|c| c.image == number);
                self.sockets.iter_mut().filter(elsewhere).for_each(|s| s.card = None);
                self.stores.entry(number).or_default();
                let socket = self.socket(place, None, None);
                socket.card = Some(SdCard::new(number, image.capacity(), write_protected));
                (socket.bus, socket.port) = (None, SpiPort::default());
            }
            SdEvent::Eject(place) => {
                if let Some(socket) = self.sockets.iter_mut().find(|s| s.place == place) {
                    (socket.card, socket.bus, socket.port) = (None, None, SpiPort::default());
                }
            }
        }
        self.pads()
    }

    /// Returns the pads that the sockets drive with their levels ([`SdSocket::pads`]).
    #[must_use]
    pub fn pads(&self) -> Vec<(u8, bool)> {
        self.sockets.iter().flat_map(SdSocket::pads).collect()
    }

    /// Returns the card in a slot of the SDMMC host.
    #[must_use]
    pub fn in_slot(&self, slot: u8) -> Option<&SdCard> {
        self.sockets.iter().find(|s| s.place == SdPlace::Slot(slot))?.card.as_ref()
    }

    /// Calls `f` on the card in a slot of the SDMMC host.
    pub fn on_slot<R>(&mut self, slot: u8, f: impl FnOnce(&mut SdCard, &mut CardMedia) -> R) -> Option<R> {
        let socket = self.sockets.iter_mut().find(|s| s.place == SdPlace::Slot(slot))?;
        let card = socket.card.as_mut()?;
        let (image, _) = self.images.0.get(card.image as usize)?;
        let store = self.stores.get_mut(&card.image)?;
        Some(f(card, &mut CardMedia { image, store, notes: &mut self.notes }))
    }

    /// Returns the GPIOs of the chip selects of sockets on an SPI bus, one bit each.
    #[must_use]
    pub fn chip_selects(&self) -> u64 {
        self.sockets.iter().fold(0, |set, s| match s.place {
            SdPlace::Spi(cs) => set | 1 << (cs & 63),
            SdPlace::Slot(_) => set,
        })
    }

    /// Exchanges bytes between SPI controller `bus` and the card whose chip select at GPIO `cs` is low. `time` returns
    /// the time at the end of byte `n`. Returns `None` if no card is there, or it is on another bus.
    pub fn exchange(
        &mut self,
        (bus, cs): (DevId, u8),
        sent: &[u8],
        time: impl Fn(usize) -> Ticks,
    ) -> Option<Vec<u8>> {
        let socket = self.sockets.iter_mut().find(|s| s.place == SdPlace::Spi(cs))?;
        let card = socket.card.as_mut()?;
        if socket.bus.is_some_and(|b| b != bus) {
            return None;
        }
        let (image, _) = self.images.0.get(card.image as usize)?;
        let store = self.stores.get_mut(&card.image)?;
        let mut m = CardMedia { image, store, notes: &mut self.notes };
        let port = &mut socket.port;
        let answer =
            sent.iter().enumerate().map(|(n, byte)| port.exchange(card, *byte, time(n), &mut m)).collect();
        if card.is_spi() {
            socket.bus = Some(bus);
        }
        Some(answer)
    }

    /// Handles a chip select that went high.
    pub fn deselect(&mut self, cs: u8) {
        self.sockets.iter_mut().filter(|s| s.place == SdPlace::Spi(cs)).for_each(|s| s.port.deselect());
    }

    /// Forgets which buses the sockets are on: the chip was reset, and its firmware may route them anew.
    pub fn forget_buses(&mut self) {
        self.sockets.iter_mut().for_each(|s| s.bus = None);
    }

    /// Takes the events since the last call.
    pub fn take_notes(&mut self) -> Vec<CardNote> {
        std::mem::take(&mut self.notes)
    }

    /// Returns true if another program has changed the image of the card in a slot.
    #[must_use]
    pub fn changed_image(&self) -> Option<&Path> {
        self.images.0.iter().find(|(image, _)| image.has_changed()).map(|(image, _)| image.path())
    }

    /// Adds the sockets' cards with what was written to them to a hash: for each socket with a card the kind (0 slot,
    /// 1 SPI) and number of its place, 8 bits each, and the capacity in bytes; then each written page of 4 KiB after its
    /// byte address, in order. An area of 4 MiB that was erased as a whole is its first byte's address and that after
    /// its last. Addresses and capacity have 64 bits.
    pub fn digest(&self, hash: &mut Sha256) {
        for socket in &self.sockets {
            let Some(card) = &socket.card else { continue };
            let (kind, number) = match socket.place {
                SdPlace::Slot(n) => (0, n),
                SdPlace::Spi(cs) => (1, cs),
            };
            hash.update([kind, number]);
            hash.update(card.capacity().bytes().to_le_bytes());
            let Some(store) = self.stores.get(&card.image) else { continue };
            let _ = store.changes(|range, content| {
                hash.update(range.start.to_le_bytes());
                match content {
                    Some(bytes) => hash.update(bytes),
                    None => hash.update(range.end.to_le_bytes()),
                }
                Ok::<(), std::convert::Infallible>(())
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_shows_its_card_on_its_switches_and_keeps_the_content() {
        let place = SdPlace::Spi(5);
        let image = Some(Arc::new(CardImage::blank(16 << 20)));
        let config = SdConfig { place, image, write_protected: true, detect: Some(34), protect: Some(35) };
        let mut cards = SdCards::new(&[config]);
        assert_eq!(cards.pads(), [(5, true), (34, false), (35, false)]);
        assert_eq!(cards.apply(&SdEvent::Eject(place)), [(5, true), (34, true), (35, true)]);
        assert!(cards.exchange((DevId::Spi2, 5), &[0xFF], |_| 0).is_none());
        let number = cards.add_image(Arc::new(CardImage::blank(4 << 30)), false);
        assert_eq!(cards.apply(&SdEvent::Insert(place, number)), [(5, true), (34, false), (35, true)]);
        cards.apply(&SdEvent::Insert(SdPlace::Slot(0), number));
        assert!(cards.sockets()[0].card().is_none(), "one card is in one socket");
        cards.on_slot(0, |card, m| {
            assert!(card.capacity().is_high());
            assert!(m.store.write(m.image, 0, &[1; 512]));
        });
        cards.apply(&SdEvent::Eject(SdPlace::Slot(0)));
        cards.apply(&SdEvent::Insert(SdPlace::Slot(0), number));
        assert_eq!(cards.pages_of(cards.in_slot(0).unwrap()), 1);
        assert_eq!(cards.apply(&SdEvent::Insert(place, 77)), [], "an unknown image changes nothing");
    }

    #[test]
    fn the_hash_depends_on_the_card_and_on_what_was_written() {
        let hash = |bytes: u64, byte: Option<u8>| {
            let image = Some(Arc::new(CardImage::blank(bytes)));
            let (place, write_protected) = (SdPlace::Slot(1), false);
            let mut cards =
                SdCards::new(&[SdConfig { place, image, write_protected, detect: None, protect: None }]);
            if let Some(byte) = byte {
                cards.on_slot(1, |_, m| m.store.write(m.image, 512, &[byte; 512]));
            }
            let mut hash = Sha256::new();
            cards.digest(&mut hash);
            hash.finalize()
        };
        assert_eq!(hash(16 << 20, Some(1)), hash(16 << 20, Some(1)));
        let different = [(16 << 20, None), (32 << 20, None), (16 << 20, Some(1)), (16 << 20, Some(2))];
        for (n, a) in different.iter().enumerate() {
            assert!(different[..n].iter().all(|b| hash(a.0, a.1) != hash(b.0, b.1)));
        }
    }
}
