//! Commands of the SD bus, driven as ESP-IDF does.

mod random;
mod spi;

use super::crc::{crc7, crc16};
use super::spi::SpiPort;
use super::*;
use proptest::prelude::*;

/// A card with its content, and the time.
#[derive(Clone)]
struct Bench {
    card: SdCard,
    image: std::sync::Arc<CardImage>,
    store: CardStore,
    notes: Vec<CardNote>,
    port: SpiPort,
    now: Ticks,
}

impl Bench {
    fn new(bytes: u64) -> Self {
        let image = std::sync::Arc::new(CardImage::blank(bytes));
        let card = SdCard::new(0, image.capacity(), false);
        let port = SpiPort::default();
        Self { card, image, store: CardStore::default(), notes: Vec::new(), port, now: 1000 }
    }

    fn with<R>(&mut self, f: impl FnOnce(&mut SdCard, Ticks, &mut CardMedia) -> R) -> R {
        self.notes.clear();
        let mut m = CardMedia { image: &self.image, store: &mut self.store, notes: &mut self.notes };
        f(&mut self.card, self.now, &mut m)
    }

    fn advance(&mut self, us: u64) {
        self.now += us * TICKS_PER_US;
    }

    fn command(&mut self, index: u8, arg: u32) -> Option<CardReply> {
        self.advance(10);
        self.with(|card, now, m| card.command(index, arg, now, m))
    }

    /// Sends a command that must be answered by R1 and returns it.
    fn r1(&mut self, index: u8, arg: u32) -> u32 {
        match self.command(index, arg) {
            Some(CardReply::Short(word)) => word,
            other => panic!("CMD{index}: {other:?}"),
        }
    }

    fn app(&mut self, index: u8, arg: u32) -> Option<CardReply> {
        let rca = u32::from(self.card.rca) << 16;
        assert_ne!(self.r1(55, rca) & status::APP_CMD, 0);
        self.command(index, arg)
    }

    fn read(&mut self) -> Option<Vec<u8>> {
        self.now = self.now.max(self.card.data_at());
        self.with(|card, now, m| card.read_block(now, m))
    }

    fn write(&mut self, byte: u8) -> bool {
        self.now = self.now.max(self.card.busy_until());
        self.with(|card, now, m| card.write_block(&[byte; 512], now, m))
    }

    /// Identifies and selects the card as ESP-IDF's `sdmmc_card_init` does.
    fn select(mut self) -> Self {
        assert_eq!(self.command(52, 0x8000_0C08), None, "no SDIO card");
        assert_eq!(self.command(0, 0), None);
        assert_eq!(self.r1(8, 0x1AA), 0x1AA);
        assert_eq!(self.command(5, 0), None);
        let mut ocr = 0;
        for _ in 0..100 {
            match self.app(41, 0x40FF_8000) {
                Some(CardReply::Ocr(value)) => ocr = value,
                other => panic!("{other:?}"),
            }
            if ocr >> 31 != 0 {
                break;
            }
            self.advance(10_000);
        }
        assert_eq!(ocr, 0x80FF_8000 | if self.card.capacity().is_high() { 1 << 30 } else { 0 });
        assert!(matches!(self.command(2, 0), Some(CardReply::Long(_))));
        let rca = self.r1(3, 0) & 0xFFFF_0000;
        assert!(matches!(self.command(9, rca), Some(CardReply::Long(csd)) if csd == self.card.csd()));
        assert_eq!(self.r1(7, rca) >> 9 & 0xF, CardState::Standby as u32);
        assert_eq!(self.r1(13, rca), (CardState::Transfer as u32) << 9 | status::READY_FOR_DATA);
        self
    }

    fn status(&mut self) -> u32 {
        let rca = u32::from(self.card.rca) << 16;
        self.r1(13, rca)
    }
}

#[test]
fn a_card_is_identified_and_its_registers_are_read() {
    for bytes in [16 << 20, 2 << 30, 4 << 30] {
        let mut b = Bench::new(bytes).select();
        assert!(b.app(51, 0).is_some());
        assert_eq!(b.read().unwrap()[1] & 0x0F, 5, "1 and 4 bits");
        assert!(b.app(6, 2).is_some());
        assert!(b.card.four_bits());
        assert!(b.app(13, 0).is_some());
        let ssr = b.read().unwrap();
        assert_eq!((ssr.len(), ssr[0]), (64, 0x80));
        b.r1(6, 0x80FF_FFF1);
        assert_eq!(b.read().unwrap()[16] & 0xF, 1);
        assert_eq!(b.card.csd()[3], 0x5A, "50 MHz");
        assert_eq!(b.card.state(), CardState::Transfer);
    }
}

#[test]
fn a_card_of_high_capacity_needs_a_host_that_knows_it() {
    let mut b = Bench::new(4 << 30);
    b.command(0, 0);
    for _ in 0..5 {
        assert_eq!(b.app(41, 0x40FF_8000), Some(CardReply::Ocr(0x00FF_8000)), "no CMD8 before");
        b.advance(50_000);
    }
    assert_eq!(b.app(41, 0), Some(CardReply::Ocr(0x00FF_8000)), "an inquiry");
    assert_eq!(b.command(8, 0x2AA), None, "a voltage that it does not have");
    assert_eq!(b.app(41, 1), None, "no voltage in common");
    assert_eq!((b.card.state(), b.command(0, 0)), (CardState::Inactive, None));
    assert_eq!(b.command(8, 0x1AA), None, "inactive until power-off");
}

#[test]
fn blocks_are_written_and_read_by_their_address() {
    for (bytes, unit) in [(16 << 20, 512), (4 << 30, 1)] {
        let mut b = Bench::new(bytes).select();
        b.r1(16, 512);
        assert_eq!(b.r1(24, 7 * unit) & 0xFFFF_0000, 0);
        assert!(b.write(0xA5));
        assert!(b.card.is_busy(b.now));
        assert_eq!(b.command(17, 0), None, "illegal while it programs");
        let s = b.status();
        assert_eq!(s & (status::ILLEGAL_COMMAND | status::READY_FOR_DATA), status::ILLEGAL_COMMAND);
        assert_eq!(s >> 9 & 0xF, CardState::Programming as u32);
        b.advance(1000);
        assert_eq!(b.status() >> 9 & 0xF, CardState::Transfer as u32);
        // Three blocks from the one before it.
        b.r1(18, 6 * unit);
        let read: Vec<u8> = (0..3).map(|_| b.read().unwrap()[511]).collect();
        assert_eq!(read, [0, 0xA5, 0]);
        b.r1(12, 0);
        assert_eq!(b.card.state(), CardState::Transfer);
        // A counted write ends by itself.
        b.r1(23, 2);
        b.r1(25, 9 * unit);
        assert!(b.write(1) && b.write(2) && !b.write(3));
        b.advance(1000);
        b.app(22, 0);
        assert_eq!(b.read().unwrap(), [0, 0, 0, 2]);
        b.r1(25, 11 * unit);
        assert!(b.write(3));
        b.r1(12, 0);
        assert_eq!(b.card.state(), CardState::Programming);
        b.advance(1000);
        b.r1(17, 11 * unit);
        assert_eq!(b.read().unwrap(), [3; 512]);
        assert_eq!(b.read(), None);
    }
}

#[test]
fn wrong_addresses_and_lengths_set_their_bits() {
    let mut b = Bench::new(16 << 20).select();
    assert_ne!(b.r1(17, 16 << 20) & status::OUT_OF_RANGE, 0);
    assert_eq!(b.status() & status::OUT_OF_RANGE, 0, "cleared by reading");
    assert_ne!(b.r1(17, 100) & status::ADDRESS_ERROR, 0);
    assert_ne!(b.r1(24, 100) & status::ADDRESS_ERROR, 0);
    assert_ne!(b.r1(16, 513) & status::BLOCK_LEN_ERROR, 0);
    assert_eq!(b.r1(16, 16) & status::BLOCK_LEN_ERROR, 0);
    b.r1(17, 496);
    assert_eq!(b.read().unwrap().len(), 16, "a part of a block");
    assert_ne!(b.r1(24, 0) & status::BLOCK_LEN_ERROR, 0, "only whole blocks are written");
    b.r1(16, 512);
    b.r1(18, (16 << 20) - 512);
    assert!(b.read().is_some());
    assert_eq!(b.read(), None);
    assert_ne!(b.r1(12, 0) & status::OUT_OF_RANGE, 0);
    assert_eq!(b.command(3, 0), None);
    assert_ne!(b.status() & status::ILLEGAL_COMMAND, 0);
    assert_eq!(b.command(13, 0x7777_0000), None, "another card's address");
    b.command(7, 0);
    assert_eq!(b.status() >> 9 & 0xF, CardState::Standby as u32);
}

#[test]
fn blocks_are_erased_in_sequence_only() {
    let mut b = Bench::new(16 << 20).select();
    b.r1(24, 0);
    assert!(b.write(1));
    b.advance(1000);
    assert_ne!(b.r1(33, 512) & status::ERASE_SEQ_ERROR, 0);
    assert_ne!(b.r1(38, 0) & status::ERASE_SEQ_ERROR, 0);
    b.r1(32, 1024);
    b.r1(33, 0);
    assert_ne!(b.r1(38, 0) & status::ERASE_PARAM, 0);
    b.r1(32, 0);
    assert_ne!(b.r1(16, 512) & status::ERASE_RESET, 0, "another command in between");
    b.r1(32, 0);
    b.status();
    b.r1(33, 0);
    assert_eq!(b.r1(38, 0) & 0xFFF0_0000, 0);
    b.advance(10_000);
    b.r1(17, 0);
    assert_eq!(b.read().unwrap(), [0; 512]);
}

#[test]
fn a_protected_card_refuses_writes() {
    let mut b = Bench::new(16 << 20);
    b.card = SdCard::new(0, b.image.capacity(), true);
    let mut b = b.select();
    assert_ne!(b.r1(24, 0) & status::WP_VIOLATION, 0);
    assert!(!b.write(1));
    b.r1(32, 0);
    b.r1(33, 0);
    assert_ne!(b.r1(38, 0) & status::WP_VIOLATION, 0);
    assert!(b.store.is_empty());
}
