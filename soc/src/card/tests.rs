use super::spi::SpiPort;
use super::*;
use super::crc::{crc7, crc16};
use proptest::prelude::*;

/// A card with its content, and the time.
#[derive(Clone)]
struct Bench {
    card: SdCard,
    image: std::sync::Arc<CardImage>,
    store: CardStore,
    notes: Vec<Note>,
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

    fn with<R>(&mut self, f: impl FnOnce(&mut SdCard, Ticks, &mut Media) -> R) -> R {
        self.notes.clear();
        let mut m = Media { image: &self.image, store: &mut self.store, notes: &mut self.notes };
        f(&mut self.card, self.now, &mut m)
    }

    fn advance(&mut self, us: u64) {
        self.now += us * TICKS_PER_US;
    }

    fn command(&mut self, index: u8, arg: u32) -> Option<Reply> {
        self.advance(10);
        self.with(|card, now, m| card.command(index, arg, now, m))
    }

    /// Sends a command that must be answered by R1 and returns it.
    fn r1(&mut self, index: u8, arg: u32) -> u32 {
        match self.command(index, arg) {
            Some(Reply::Short(word)) => word,
            other => panic!("CMD{index}: {other:?}"),
        }
    }

    fn app(&mut self, index: u8, arg: u32) -> Option<Reply> {
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
                Some(Reply::Ocr(value)) => ocr = value,
                other => panic!("{other:?}"),
            }
            if ocr >> 31 != 0 {
                break;
            }
            self.advance(10_000);
        }
        assert_eq!(ocr, 0x80FF_8000 | if self.card.capacity().is_high() { 1 << 30 } else { 0 });
        assert!(matches!(self.command(2, 0), Some(Reply::Long(_))));
        let rca = self.r1(3, 0) & 0xFFFF_0000;
        assert!(matches!(self.command(9, rca), Some(Reply::Long(csd)) if csd == self.card.csd()));
        assert_eq!(self.r1(7, rca) >> 9 & 0xF, State::Standby as u32);
        assert_eq!(self.r1(13, rca), (State::Transfer as u32) << 9 | status::READY_FOR_DATA);
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
        assert_eq!(b.app(51, 0).is_some(), true);
        assert_eq!(b.read().unwrap()[1] & 0x0F, 5, "1 and 4 bits");
        assert!(b.app(6, 2).is_some());
        assert!(b.card.four_bits());
        assert!(b.app(13, 0).is_some());
        let ssr = b.read().unwrap();
        assert_eq!((ssr.len(), ssr[0]), (64, 0x80));
        b.r1(6, 0x80FF_FFF1);
        assert_eq!(b.read().unwrap()[16] & 0xF, 1);
        assert_eq!(b.card.csd()[3], 0x5A, "50 MHz");
        assert_eq!(b.card.state(), State::Transfer);
    }
}

#[test]
fn a_card_of_high_capacity_needs_a_host_that_knows_it() {
    let mut b = Bench::new(4 << 30);
    b.command(0, 0);
    for _ in 0..5 {
        assert_eq!(b.app(41, 0x40FF_8000), Some(Reply::Ocr(0x00FF_8000)), "no CMD8 before");
        b.advance(50_000);
    }
    assert_eq!(b.app(41, 0), Some(Reply::Ocr(0x00FF_8000)), "an inquiry");
    assert_eq!(b.command(8, 0x2AA), None, "a voltage that it does not have");
    assert_eq!(b.app(41, 1), None, "no voltage in common");
    assert_eq!((b.card.state(), b.command(0, 0)), (State::Inactive, None));
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
        assert_eq!(s >> 9 & 0xF, State::Programming as u32);
        b.advance(1000);
        assert_eq!(b.status() >> 9 & 0xF, State::Transfer as u32);
        // Three blocks from the one before it.
        b.r1(18, 6 * unit);
        let read: Vec<u8> = (0..3).map(|_| b.read().unwrap()[511]).collect();
        assert_eq!(read, [0, 0xA5, 0]);
        b.r1(12, 0);
        assert_eq!(b.card.state(), State::Transfer);
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
        assert_eq!(b.card.state(), State::Programming);
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
    assert_eq!(b.status() >> 9 & 0xF, State::Standby as u32);
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

/// SPI mode, driven as ESP-IDF's `sdspi_transaction.c` does.
impl Bench {
    fn byte(&mut self, byte: u8) -> u8 {
        self.now += 8 * TICKS_PER_US / 10; // 10 MHz
        let mut m = Media { image: &self.image, store: &mut self.store, notes: &mut self.notes };
        self.port.exchange(&mut self.card, byte, self.now, &mut m)
    }

    fn spi(&mut self, index: u8, arg: u32) -> u8 {
        let mut frame = vec![0x40 | index];
        frame.extend(arg.to_be_bytes());
        frame.push(crc7(&frame) << 1 | 1);
        frame.into_iter().for_each(|byte| drop(self.byte(byte)));
        if index == 12 {
            self.byte(0xFF);
        }
        (0..8).map(|_| self.byte(0xFF)).find(|byte| byte & 0x80 == 0).expect("a response")
    }

    fn spi_app(&mut self, index: u8, arg: u32) -> u8 {
        assert!(self.spi(55, 0) <= 1);
        self.spi(index, arg)
    }

    fn spi_bytes(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| self.byte(0xFF)).collect()
    }

    /// Receives a data block with its CRC.
    fn spi_block(&mut self, n: usize) -> Vec<u8> {
        let token = (0..5000).map(|_| self.byte(0xFF)).find(|byte| *byte != 0xFF);
        assert_eq!(token, Some(0xFE));
        let data = self.spi_bytes(n);
        assert_eq!(self.spi_bytes(2), crc16(&data).to_be_bytes());
        data
    }

    /// Sends a data block and returns the data response.
    fn spi_send(&mut self, token: u8, data: &[u8; 512], crc: u16) -> u8 {
        self.byte(0xFF);
        self.byte(token);
        data.iter().for_each(|byte| drop(self.byte(*byte)));
        crc.to_be_bytes().into_iter().for_each(|byte| drop(self.byte(byte)));
        self.byte(0xFF) & 0x1F
    }

    fn spi_wait(&mut self) -> usize {
        (0..100_000).position(|_| self.byte(0xFF) == 0xFF).expect("busy for ever")
    }

    fn spi_init(mut self) -> Self {
        for _ in 0..10 {
            self.byte(0xFF);
        }
        assert_eq!(self.spi(0, 0), 1);
        assert_eq!(self.spi(8, 0x1AA), 1);
        assert_eq!(self.spi_bytes(4), [0, 0, 1, 0xAA]);
        assert_eq!(self.spi(5, 0), 5, "SDIO: illegal");
        assert_eq!(self.spi(59, 1), 1);
        for _ in 0..100 {
            if self.spi_app(41, 0x4000_0000) == 0 {
                assert_eq!(self.spi(58, 0), 0);
                let ccs = if self.card.capacity().is_high() { 0x40 } else { 0 };
                assert_eq!(self.spi_bytes(4), [0x80 | ccs, 0xFF, 0x80, 0]);
                return self;
            }
            self.advance(1000);
        }
        panic!("never ready");
    }
}

#[test]
fn a_card_in_spi_mode_is_identified_written_and_read() {
    for (bytes, unit) in [(16 << 20, 512), (4 << 30, 1)] {
        let mut b = Bench::new(bytes).spi_init();
        assert_eq!(b.spi(9, 0), 0);
        assert_eq!(b.spi_block(16), b.card.csd());
        assert_eq!(b.spi(10, 0), 0);
        assert_eq!(b.spi_block(16), b.card.cid());
        assert_eq!(b.spi_app(51, 0), 0);
        assert_eq!(b.spi_block(8), b.image.capacity().scr());
        assert_eq!(b.spi_app(13, 0), 0);
        assert_eq!(b.byte(0xFF), 0, "R2");
        assert_eq!(b.spi_block(64).len(), 64);
        assert_eq!(b.spi(16, 512), 0);
        assert_eq!(b.spi(24, 5 * unit), 0);
        let data = [0x5A; 512];
        assert_eq!(b.spi_send(0xFE, &data, crc16(&data)), 0x05);
        assert!(b.spi_wait() > 100);
        assert_eq!(b.spi(25, 6 * unit), 0);
        for byte in 1..4 {
            assert_eq!(b.spi_send(0xFC, &[byte; 512], crc16(&[byte; 512])), 0x05);
            b.spi_wait();
        }
        b.byte(0xFD);
        b.byte(0xFF);
        assert!(b.spi_wait() > 100);
        assert_eq!(b.spi(13, 0), 0);
        assert_eq!(b.byte(0xFF), 0);
        assert_eq!(b.spi(18, 5 * unit), 0);
        for byte in [0x5A, 1, 2] {
            // sdcard.py deselects the card between the blocks.
            b.port.deselect();
            assert_eq!(b.spi_block(512), [byte; 512]);
        }
        assert_eq!(b.spi(12, 0), 0);
        b.spi_wait();
        assert_eq!(b.spi(17, 8 * unit), 0);
        assert_eq!(b.spi_block(512), [3; 512]);
        assert_eq!(b.spi(32, 5 * unit), 0);
        assert_eq!(b.spi(33, 8 * unit), 0);
        assert_eq!(b.spi(38, 0), 0);
        b.spi_wait();
        assert_eq!(b.spi(17, 8 * unit), 0);
        assert_eq!(b.spi_block(512), [0; 512]);
    }
}

#[test]
fn errors_in_spi_mode_have_their_bits_and_tokens() {
    let mut b = Bench::new(16 << 20);
    b.byte(0xFF);
    for byte in [0x40, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF] {
        assert_eq!(b.byte(byte), 0xFF, "CMD0 with a wrong CRC is no entry to SPI mode");
    }
    assert_eq!(b.spi(0, 0), 1);
    assert_eq!(b.spi(17, 0), 5, "illegal while idle");
    let mut b = Bench::new(16 << 20).spi_init();
    assert_eq!(b.spi(3, 0), 4, "no address in SPI mode");
    assert_eq!(b.spi(17, 1 << 24), 0x40);
    assert_eq!(b.spi(17, 100), 0x20);
    assert_eq!(b.spi(38, 0), 0x10);
    for byte in [0x4D, 0, 0, 0, 0, 0x01, 0xFF] {
        b.byte(byte);
    }
    assert_eq!(b.byte(0xFF), 8, "CRC error while checks are on");
    assert_eq!(b.spi(24, 0), 0);
    assert_eq!(b.spi_send(0xFE, &[1; 512], 0), 0x0B);
    assert_eq!(b.spi(17, 0), 0);
    assert_eq!(b.spi_block(512), [0; 512], "not written");
    assert_eq!(b.spi(59, 0), 0);
    assert_eq!(b.spi(24, 0), 0);
    assert_eq!(b.spi_send(0xFE, &[1; 512], 0), 0x05, "not checked");
    b.spi_wait();
    assert_eq!(b.spi(18, (16 << 20) - 512), 0);
    b.spi_block(512);
    assert_eq!((0..1000).map(|_| b.byte(0xFF)).find(|byte| *byte != 0xFF), Some(0x08), "out of range");
    assert_eq!(b.spi(12, 0) & !0x40, 0);
}

/// What a random host does.
#[derive(Clone, Debug)]
enum Act {
    Command(u8, u32),
    Read,
    Write(Vec<u8>),
    Byte(u8),
    Frame(u8, u32),
    Deselect,
    Wait(u32),
}

fn act() -> impl Strategy<Value = Act> {
    let arg = prop_oneof![Just(0), Just(0x1_0000), Just(0x40FF_8000), Just(0x1AA), 0u32..0x2_0000, any::<u32>()];
    prop_oneof![
        4 => (0u8..64, arg.clone()).prop_map(|(i, a)| Act::Command(i, a)),
        2 => Just(Act::Read),
        2 => (0usize..600).prop_map(|n| Act::Write(vec![0xA5; n])),
        1 => any::<u8>().prop_map(Act::Byte),
        4 => (0u8..64, arg).prop_map(|(i, a)| Act::Frame(i, a)),
        1 => Just(Act::Deselect),
        2 => (0u32..1 << 26).prop_map(Act::Wait),
    ]
}

impl Bench {
    fn act(&mut self, act: &Act) -> (Option<Reply>, Vec<u8>) {
        let mut out = Vec::new();
        let mut reply = None;
        match act {
            Act::Command(index, arg) => reply = self.command(*index, *arg),
            Act::Read => out = self.with(|card, now, m| card.read_block(now, m)).unwrap_or_default(),
            Act::Write(data) => out.push(self.with(|card, now, m| card.write_block(data, now, m)).into()),
            Act::Byte(byte) => out.push(self.byte(*byte)),
            Act::Frame(index, arg) => {
                let mut frame = vec![0x40 | index];
                frame.extend(arg.to_be_bytes());
                frame.push(crc7(&frame) << 1 | 1);
                frame.resize(20, 0xFF);
                out = frame.into_iter().map(|byte| self.byte(byte)).collect();
            }
            Act::Deselect => self.port.deselect(),
            Act::Wait(ticks) => self.now += Ticks::from(*ticks),
        }
        (reply, out)
    }
}

proptest! {
    #[test]
    fn no_sequence_of_commands_can_hurt_and_a_restored_card_goes_on_alike(
        acts in proptest::collection::vec(act(), 1..200),
        high in any::<bool>(),
        cut in 0usize..200,
    ) {
        let mut b = Bench::new(if high { 4 << 30 } else { 16 << 20 });
        let cut = cut.min(acts.len());
        for act in &acts[..cut] {
            b.act(act);
            prop_assert!(b.notes.len() < 1000 && b.store.pages() < 3000);
        }
        let mut copy = b.clone();
        let saved = postcard::to_stdvec(&(&b.card, &b.port, &b.store)).unwrap();
        (copy.card, copy.port, copy.store) = postcard::from_bytes(&saved).unwrap();
        for act in &acts[cut..] {
            prop_assert_eq!(b.act(act), copy.act(act));
            b.notes.clear();
        }
        prop_assert_eq!((&b.card, &b.store), (&copy.card, &copy.store));
    }
}
