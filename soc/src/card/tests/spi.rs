//! SPI mode.

use super::*;

/// SPI mode, driven as ESP-IDF's `sdspi_transaction.c` does.
impl Bench {
    pub(super) fn byte(&mut self, byte: u8) -> u8 {
        self.now += 8 * TICKS_PER_US / 10; // 10 MHz
        let mut m = CardMedia { image: &self.image, store: &mut self.store, notes: &mut self.notes };
        self.port.exchange(&mut self.card, byte, self.now, &mut m)
    }

    fn send(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.byte(*byte);
        }
    }

    fn spi(&mut self, index: u8, arg: u32) -> u8 {
        let mut frame = vec![0x40 | index];
        frame.extend(arg.to_be_bytes());
        frame.push(crc7(&frame) << 1 | 1);
        self.send(&frame);
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
        self.send(data);
        self.send(&crc.to_be_bytes());
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
