//! Tests of the controllers, driven as by the mask ROM and ESP-IDF's drivers.

use super::*;
use crate::dev::testing::Bench;
use proptest::prelude::*;

fn bench(id: DevId) -> Bench<Spi> {
    let mut b = Bench::new(id, Spi::default());
    b.sys.flash = Some(b.mem.add(4 << 20, 0xFF));
    b
}

/// Writes CMD bits and polls them until they clear, as every driver does. Returns the time that took in ns.
fn go(b: &mut Bench<Spi>, bits: u32) -> u64 {
    b.write(CMD, bits);
    for n in 0..100_000 {
        if b.read(CMD) == 0 {
            assert_eq!(b.read(EXT2), 0);
            return n * 10_000 / 480;
        }
        b.advance_ticks(10);
    }
    panic!("CMD {bits:#x} hangs");
}

/// Acts like the ROM's `Wait_SPI_Idle`: reads the status until WIP is clear.
fn rom_wait_idle(b: &mut Bench<Spi>) {
    for _ in 0..100_000 {
        b.write(RD_STATUS, 0);
        go(b, cmd::FLASH_RDSR);
        if b.read(RD_STATUS) & 1 == 0 {
            return;
        }
        b.advance(100);
    }
    panic!("flash stays busy");
}

/// Acts like the ROM's `SPI_write_enable`.
fn rom_write_enable(b: &mut Bench<Spi>) {
    rom_wait_idle(b);
    go(b, cmd::FLASH_WREN);
    b.write(RD_STATUS, 0);
    go(b, cmd::FLASH_RDSR);
    assert_eq!(b.read(RD_STATUS) & 3, 2);
}

/// Acts like the ROM's `SPI_user_command_read`: reads one byte after a command.
fn rom_read_register(b: &mut Bench<Spi>, op: u32) -> u32 {
    b.write(USER, user::USR_COMMAND | user::USR_MISO);
    b.write(MISO_DLEN, 7);
    b.write(USER2, 7 << 28 | op);
    go(b, cmd::USR);
    b.read(W) & 0xFF
}

/// Acts like `spi_flash_hal_common_command` of ESP-IDF 4 to 6.
fn idf_command(
    b: &mut Bench<Spi>,
    op: u32,
    addr: Option<u32>,
    dummy: u32,
    mosi: &[u8],
    miso: u32,
) -> Vec<u8> {
    let data = |n: u32| if n > 0 { n * 8 - 1 } else { 0 };
    let mut u = user::USR_COMMAND;
    for (on, bit) in [
        (addr.is_some(), user::USR_ADDR),
        (dummy > 0, user::USR_DUMMY),
        (!mosi.is_empty(), user::USR_MOSI),
        (miso > 0, user::USR_MISO),
    ] {
        u |= if on { bit } else { 0 };
    }
    b.write(USER, u);
    b.write(USER1, 23 << 26 | dummy.saturating_sub(1));
    b.write(USER2, 7 << 28 | op);
    b.write(ADDR, addr.unwrap_or(0) << 8 | 0xFF);
    b.write(MOSI_DLEN, data(mosi.len() as u32));
    b.write(MISO_DLEN, data(miso));
    for (i, word) in mosi.chunks(4).enumerate() {
        let mut raw = [0; 4];
        raw[..word.len()].copy_from_slice(word);
        b.write(W + i as u32 * 4, u32::from_le_bytes(raw));
    }
    go(b, cmd::USR);
    (0..miso).map(|i| (b.read(W + i / 4 * 4) >> (i % 4 * 8)) as u8).collect()
}

#[test]
fn registers_start_at_the_headers_values() {
    let b = bench(DevId::Spi1);
    for r in SPEC.regs {
        assert_eq!(b.peek(r.offset), r.reset, "{}", r.name);
    }
}

#[test]
fn the_roms_erase_program_read_sequence_works() {
    let mut b = bench(DevId::Spi1);
    b.mem.write_region(b.sys.flash.unwrap(), 0x3000, &[0; 64]);
    rom_write_enable(&mut b);
    b.write(ADDR, 0x3000);
    go(&mut b, cmd::FLASH_SE);
    rom_wait_idle(&mut b);
    rom_write_enable(&mut b);
    b.write(ADDR, 0x3010 | 8 << 24);
    b.write(W, 0x4433_2211);
    b.write(W + 4, 0x8877_6655);
    go(&mut b, cmd::FLASH_PP);
    rom_wait_idle(&mut b);
    // SPIRead: command, 24-bit address in the upper bits, eight dummy clocks, 64 bytes
    b.write(USER, user::USR_COMMAND | user::USR_ADDR | user::USR_DUMMY | user::USR_MISO);
    b.write(USER1, 23 << 26 | 7);
    b.write(USER2, 7 << 28 | 0x0B);
    b.write(MISO_DLEN, 511);
    b.write(ADDR, 0x300C << 8);
    go(&mut b, cmd::USR);
    let w: Vec<u32> = (0..4).map(|i| b.read(W + i * 4)).collect();
    assert_eq!(w, [!0, 0x4433_2211, 0x8877_6655, !0]);
    assert!(b.sys.flash_chip.dirty.contains(&3));
    assert_eq!(b.warnings(), Vec::<&String>::new());
}

#[test]
fn the_roms_unlock_keeps_quad_enable_and_clears_protection() {
    let mut b = bench(DevId::Spi1);
    b.sys.flash_chip.status = [0x1C, 2, 0];
    let high = rom_read_register(&mut b, 0x35);
    assert_eq!(high, 2);
    let ctrl = b.read(CTRL);
    b.write(CTRL, ctrl | ctrl::WRSR_2B);
    rom_write_enable(&mut b);
    rom_wait_idle(&mut b);
    b.write(RD_STATUS, high << 8);
    go(&mut b, cmd::FLASH_WRSR);
    rom_wait_idle(&mut b);
    assert_eq!(b.sys.flash_chip.status, [0, 2, 0]);
}

#[test]
fn hardware_commands_identify_power_down_and_erase_a_block() {
    let mut b = bench(DevId::Spi1);
    b.write(W, !0);
    go(&mut b, cmd::FLASH_RDID);
    assert_eq!(b.read(W), 0x16_40_C8);
    go(&mut b, cmd::FLASH_DP);
    assert!(b.sys.flash_chip.powered_down);
    go(&mut b, cmd::FLASH_RES);
    assert_eq!(b.read(RD_STATUS) & 0xFF, 0x15);
    b.mem.write_region(b.sys.flash.unwrap(), 0x1_0000, &[0x12, 0x34]);
    b.write(ADDR, 0x1_0000 | 32 << 24);
    go(&mut b, cmd::FLASH_READ);
    assert_eq!(b.read(W), 0xFFFF_3412);
    go(&mut b, cmd::FLASH_WREN);
    go(&mut b, cmd::FLASH_BE);
    go(&mut b, cmd::FLASH_PES);
    go(&mut b, cmd::FLASH_PER);
    rom_wait_idle(&mut b);
    assert_eq!(b.sys.flash_chip.dirty.len(), 16);
}

#[test]
fn esp_idfs_flash_driver_detects_writes_and_reads() {
    let mut b = bench(DevId::Spi1);
    b.write(CTRL, ctrl::FASTRD_MODE);
    assert_eq!(idf_command(&mut b, 0x9F, None, 0, &[], 3), [0xC8, 0x40, 0x16]);
    assert_eq!(idf_command(&mut b, 0x5A, Some(0), 8, &[], 4), b"SFDP");
    assert_eq!(idf_command(&mut b, 0x4B, None, 32, &[], 8), b"esplens-");
    idf_command(&mut b, 0x06, None, 0, &[], 0);
    idf_command(&mut b, 0x02, Some(0x12_3456), 0, b"hello flash", 0);
    assert_eq!(idf_command(&mut b, 0x05, None, 0, &[], 1), [3]);
    b.advance(600);
    assert_eq!(idf_command(&mut b, 0x05, None, 0, &[], 1), [0]);
    assert_eq!(idf_command(&mut b, 0x03, Some(0x12_3456), 0, &[], 11), b"hello flash");
    // DIO: four of the mode bits belong to the address phase
    b.write(CTRL, ctrl::FASTRD_MODE | ctrl::FREAD_DIO);
    b.write(USER, user::USR_COMMAND | user::USR_ADDR | user::USR_DUMMY | user::USR_MISO);
    b.write(USER1, 27 << 26 | 1);
    b.write(USER2, 7 << 28 | 0xBB);
    b.write(ADDR, 0x1234_56FF);
    b.write(MISO_DLEN, 31);
    go(&mut b, cmd::USR);
    assert_eq!(b.read(W), u32::from_le_bytes(*b"hell"));
}

#[test]
fn bytes_and_bits_come_in_the_order_asked_for() {
    let mut b = bench(DevId::Spi1);
    b.mem.write_region(b.sys.flash.unwrap(), 0, &[0x01, 0x02, 0x03, 0x04]);
    let read = |b: &mut Bench<Spi>, bits: u32| {
        b.write(W, 0);
        b.write(W + 32, 0);
        b.write(USER1, 23 << 26);
        b.write(USER2, 7 << 28 | 3);
        b.write(ADDR, 0);
        b.write(MISO_DLEN, bits - 1);
        go(b, cmd::USR);
        (b.read(W), b.read(W + 32))
    };
    let base = user::USR_COMMAND | user::USR_ADDR | user::USR_MISO;
    b.write(USER, base);
    assert_eq!(read(&mut b, 32).0, 0x0403_0201);
    assert_eq!(read(&mut b, 15).0, 0x0201);
    b.write(USER, base | user::RD_BYTE_ORDER);
    assert_eq!(read(&mut b, 32).0, 0x0102_0304);
    b.write(USER, base | user::USR_MISO_HIGHPART);
    assert_eq!(read(&mut b, 32), (0, 0x0403_0201));
    b.write(USER, base);
    b.write(CTRL, ctrl::RD_BIT_ORDER);
    assert_eq!(read(&mut b, 32).0, 0x20C0_4080);
}

/// Sends the user command of ESP-IDF's PSRAM driver.
fn psram_command(
    b: &mut Bench<Spi>,
    quad: bool,
    delay: u32,
    addr: (u32, u32),
    tx: (u32, u32),
    rx: u32,
) -> u32 {
    b.write(PIN, pin::CS0_DIS | pin::CS2_DIS);
    let mut u = if delay > 0 { user::USR_COMMAND } else { 0 };
    u |= if quad { user::FWRITE_QIO } else { 0 };
    for (len, bit) in [(addr.1, user::USR_ADDR), (tx.1, user::USR_MOSI), (rx, user::USR_MISO)] {
        u |= if len > 0 { bit } else { 0 };
    }
    b.write(CTRL, if quad { ctrl::FREAD_QIO } else { 0 });
    b.write(USER, u | if quad && rx > 0 { user::USR_DUMMY } else { 0 });
    b.write(USER1, addr.1.saturating_sub(1) << 26 | 5);
    b.write(USER2, delay.saturating_sub(1) << 28);
    b.write(ADDR, addr.0);
    b.write(W, tx.0);
    b.write(MOSI_DLEN, tx.1.saturating_sub(1));
    b.write(MISO_DLEN, rx.saturating_sub(1));
    go(b, cmd::USR);
    b.write(PIN, pin::CS1_DIS | pin::CS2_DIS);
    b.read(W)
}

#[test]
fn esp_idfs_psram_driver_finds_the_chip() {
    let mut b = bench(DevId::Spi1);
    b.sys.psram = Some(b.mem.add(4 << 20, 0));
    b.sys.psram_chip.qpi = true; // the state after a warm reset
    psram_command(&mut b, true, 0, (0, 0), (0xF500, 16), 0);
    let id = psram_command(&mut b, false, 2, (0x9F00_0000, 32), (0, 0), 64);
    assert_eq!(id >> 8 & 0xFF, 0x5D, "known good die");
    assert_eq!(id >> 21 & 7, 1, "32 Mbit");
    psram_command(&mut b, false, 2, (0x3500_0000, 8), (0, 0), 0);
    assert!(b.sys.psram_chip.qpi);
    psram_command(&mut b, true, 0, (0x3800_1234, 32), (0xCAFE_F00D, 32), 0);
    assert_eq!(psram_command(&mut b, true, 0, (0xEB00_1234, 32), (0, 0), 32), 0xCAFE_F00D);
    let mut none = bench(DevId::Spi1);
    assert_eq!(psram_command(&mut none, false, 2, (0x9F00_0000, 32), (0, 0), 64), !0);
}

#[test]
fn a_transaction_takes_its_clocks_and_raises_its_interrupt() {
    let mut b = bench(DevId::Spi2);
    b.write(CLOCK, 1 << 18 | 39 << 12 | 19 << 6 | 39); // the APB runs at 40 MHz after reset: 500 kHz
    b.write(SLAVE, slave::TRANS_DONE << 5);
    b.write(USER, user::USR_MOSI | user::USR_MISO | user::DOUTDIN);
    b.write(MOSI_DLEN, 15);
    b.write(MISO_DLEN, 15);
    b.write(W, 0x1234);
    b.write(CMD, cmd::USR);
    b.advance(31);
    assert_eq!((b.read(CMD), b.read(EXT2), b.irq(IrqSource::Spi2)), (cmd::USR, 2, false));
    b.advance(1);
    assert_eq!((b.read(CMD), b.read(EXT2), b.irq(IrqSource::Spi2)), (0, 0, true));
    assert_eq!(b.read(W), 0xFFFF, "an empty bus reads ones");
    let slave = b.read(SLAVE);
    assert_eq!(slave >> 23 & 0xF, 1, "one transaction counted");
    b.write(SLAVE, slave & !slave::TRANS_DONE);
    assert!(!b.irq(IrqSource::Spi2));
    b.write(SLAVE, slave | slave::TRANS_DONE); // the driver triggers its own handler in this way
    assert!(b.irq(IrqSource::Spi2));
    b.reset();
    assert!(!b.irq(IrqSource::Spi2));
}

#[test]
fn the_psram_clock_trick_sees_the_transfer_under_way() {
    let mut b = bench(DevId::Spi3);
    b.write(ADDR, 32 << 24);
    b.write(CMD, cmd::FLASH_READ);
    assert!(b.read(EXT2) > 1);
    b.advance(100);
    assert_eq!(b.read(EXT2), 0);
}

const DESC: u32 = 0x3FFE_1000;

fn descriptor(b: &mut Bench<Spi>, at: u32, flags: u32, buffer: u32, next: u32) {
    let raw: Vec<u8> = [flags, buffer, next].iter().flat_map(|w| w.to_le_bytes()).collect();
    b.mem.write_region(b.sys.banks.sram1.unwrap(), (at - 0x3FFE_0000) as usize, &raw);
}

fn memory(b: &Bench<Spi>, at: u32, n: usize) -> Vec<u8> {
    let mut out = vec![0; n];
    b.mem.read_region(b.sys.banks.sram1.unwrap(), (at - 0x3FFE_0000) as usize, &mut out);
    out
}

#[test]
fn dma_feeds_and_fills_chains_of_descriptors() {
    let mut b = bench(DevId::Spi3);
    descriptor(&mut b, DESC, 1 << 31 | 8 << 12 | 8, 0x3FFE_2000, DESC + 12);
    descriptor(&mut b, DESC + 12, 3 << 30 | 4 << 12 | 4, 0x3FFE_3000, 0);
    descriptor(&mut b, DESC + 24, 1 << 31 | 8, 0x3FFE_4000, DESC + 36);
    descriptor(&mut b, DESC + 36, 1 << 31 | 64, 0x3FFE_5000, 0);
    b.write(DMA_INT_ENA, dma_int::IN_SUC_EOF);
    b.write(DMA_IN_LINK, (DESC + 24) & 0xF_FFFF);
    b.write(DMA_IN_LINK, (DESC + 24) & 0xF_FFFF | in_link::INLINK_START);
    b.write(DMA_OUT_LINK, DESC & 0xF_FFFF | out_link::OUTLINK_START);
    b.write(USER, user::USR_MOSI | user::USR_MISO | user::DOUTDIN);
    b.write(MOSI_DLEN, 12 * 8 - 1);
    b.write(MISO_DLEN, 12 * 8 - 1);
    b.write(CMD, cmd::USR);
    assert_eq!(b.read(DMA_INT_RAW), 0, "not before the last bit");
    b.advance(100);
    let done = dma_int::OUT_DONE | dma_int::OUT_EOF | dma_int::OUT_TOTAL_EOF;
    assert_eq!(b.read(DMA_INT_RAW), done | dma_int::IN_DONE | dma_int::IN_SUC_EOF);
    assert_eq!(b.read(DMA_INT_ST), dma_int::IN_SUC_EOF);
    assert!(b.irq(IrqSource::Spi3Dma));
    assert_eq!((b.read(OUT_EOF_DES_ADDR), b.read(OUT_EOF_BFR_DES_ADDR)), (DESC + 12, 0x3FFE_3000));
    assert_eq!(b.read(IN_SUC_EOF_DES_ADDR), DESC + 36);
    assert_eq!(
        (memory(&b, 0x3FFE_4000, 9), memory(&b, 0x3FFE_5000, 5)),
        (vec![0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0], vec![0xFF, 0xFF, 0xFF, 0xFF, 0])
    );
    let flags = u32::from_le_bytes(memory(&b, DESC + 36, 4).try_into().unwrap());
    assert_eq!(flags, 1 << 30 | 4 << 12 | 64, "length and end of frame are written back, the CPU owns it");
    b.write(DMA_INT_CLR, dma_int::IN_SUC_EOF);
    assert!(!b.irq(IrqSource::Spi3Dma));
}

#[test]
fn dma_sends_what_memory_holds() {
    let mut b = bench(DevId::Spi1); // the flash is on this bus, so that the sent data can be verified
    let text = b"\x02\x00\x01\x00via DMA";
    b.mem.write_region(b.sys.banks.sram1.unwrap(), 0x2000, text);
    descriptor(&mut b, DESC, 3 << 30 | (text.len() as u32) << 12 | 64, 0x3FFE_2000, 0);
    go(&mut b, cmd::FLASH_WREN);
    b.write(DMA_OUT_LINK, DESC & 0xF_FFFF | out_link::OUTLINK_START);
    b.write(USER, user::USR_MOSI);
    b.write(MOSI_DLEN, text.len() as u32 * 8 - 1);
    go(&mut b, cmd::USR);
    let mut out = [0; 7];
    b.mem.read_region(b.sys.flash.unwrap(), 0x100, &mut out);
    assert_eq!(&out, b"via DMA");
}

#[test]
fn a_ring_and_a_bad_address_end_in_an_error_not_a_hang() {
    let mut b = bench(DevId::Spi2);
    descriptor(&mut b, DESC, 1 << 31, 0x3FFE_2000, DESC);
    b.write(DMA_OUT_LINK, DESC & 0xF_FFFF | out_link::OUTLINK_START);
    b.write(DMA_IN_LINK, 0x4_0000 | in_link::INLINK_START);
    b.write(USER, user::USR_MOSI | user::USR_MISO);
    b.write(MOSI_DLEN, 0xFF_FFFF);
    b.write(MISO_DLEN, 7);
    b.write(CMD, cmd::USR);
    b.advance(1_000_000);
    assert_eq!(b.read(CMD), 0);
    assert_ne!(b.read(DMA_INT_RAW) & dma_int::INLINK_DSCR_ERROR, 0);
}

/// Returns SPI2 with a card whose chip select is at GPIO 15.
fn with_card() -> Bench<Spi> {
    use crate::card::{CardImage, SdCards, SdConfig, SdPlace};
    let mut b = bench(DevId::Spi2);
    let image = Some(std::sync::Arc::new(CardImage::blank(4 << 30)));
    let (place, write_protected) = (SdPlace::Spi(15), false);
    b.sys.sd = SdCards::new(&[SdConfig { place, image, write_protected, detect: None, protect: None }]);
    b.sys.pads.level = !0;
    b
}

/// Exchanges bytes in full duplex, as `spi_master.c` and Arduino's `spiTransferBytes` do.
fn duplex(b: &mut Bench<Spi>, out: &[u8]) -> Vec<u8> {
    b.write(USER, user::USR_MOSI | user::USR_MISO | user::DOUTDIN);
    for len in [MOSI_DLEN, MISO_DLEN] {
        b.write(len, out.len() as u32 * 8 - 1);
    }
    for (n, word) in out.chunks(4).enumerate() {
        let mut raw = [0xFF; 4];
        raw[..word.len()].copy_from_slice(word);
        b.write(W + n as u32 * 4, u32::from_le_bytes(raw));
    }
    go(b, cmd::USR);
    (0..out.len() as u32).map(|i| (b.read(W + i / 4 * 4) >> (i % 4 * 8)) as u8).collect()
}

const CMD0: [u8; 9] = [0x40, 0, 0, 0, 0, 0x95, 0xFF, 0xFF, 0xFF];
const CMD8: [u8; 13] = [0x48, 0, 0, 1, 0xAA, 0x87, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];

#[test]
fn a_card_answers_while_its_chip_select_gpio_is_low() {
    let mut b = with_card();
    assert_eq!(duplex(&mut b, &CMD0)[6..], [0xFF; 3], "not selected");
    b.sys.pads.level = !(1 << 15);
    assert_eq!(duplex(&mut b, &CMD0)[7], 1);
    assert_eq!(duplex(&mut b, &CMD8)[7..12], [1, 0, 0, 1, 0xAA]);
    // Half duplex: the command from the data buffer, then a read phase.
    b.write(USER, user::USR_MOSI | user::USR_MISO);
    b.write(MOSI_DLEN, 47);
    b.write(MISO_DLEN, 47);
    b.write(W, u32::from_le_bytes([0x48, 0, 0, 1]));
    b.write(W + 4, u32::from_le_bytes([0xAA, 0x87, 0xFF, 0xFF]));
    go(&mut b, cmd::USR);
    assert_eq!(b.read(W).to_le_bytes(), [0xFF, 1, 0, 0]);
    assert_eq!(b.read(W + 4).to_le_bytes()[..2], [1, 0xAA]);
    // A command in two transactions, and one that a high chip select ends.
    duplex(&mut b, &CMD8[..3]);
    assert_eq!(duplex(&mut b, &CMD8[3..])[4], 1);
    duplex(&mut b, &CMD8[..3]);
    b.sys.sd.deselect(15);
    assert_eq!(duplex(&mut b, &CMD8)[7], 1);
    // The other controller's bus is another one.
    b.id = DevId::Spi3;
    assert_eq!(duplex(&mut b, &CMD8)[6..], [0xFF; 7]);
}

#[test]
fn the_controllers_own_chip_select_selects_a_card() {
    let mut b = with_card();
    b.sys.spi_selects.insert(15, 61); // HSPICS1
    b.write(PIN, pin::CS0_DIS | pin::CS1_DIS | pin::CS2_DIS);
    assert_eq!(duplex(&mut b, &CMD0)[7], 0xFF);
    b.write(PIN, pin::CS0_DIS | pin::CS2_DIS);
    assert_eq!(duplex(&mut b, &CMD0)[7], 1);
    duplex(&mut b, &CMD8[..3]);
    assert_eq!(duplex(&mut b, &CMD8)[7], 1, "each transaction deselects the card at its end");
    b.write(PIN, pin::CS0_DIS | pin::CS2_DIS | pin::CS_KEEP_ACTIVE);
    duplex(&mut b, &CMD8[..3]);
    assert_eq!(duplex(&mut b, &CMD8[3..])[4], 1);
}

#[test]
fn slave_mode_waits_until_it_is_called_off() {
    let mut b = bench(DevId::Spi2);
    b.write(SLAVE, slave::SLAVE_MODE | slave::TRANS_DONE << 5);
    b.write(CMD, cmd::USR);
    b.advance(1_000_000);
    assert_eq!(b.read(CMD), cmd::USR);
    assert_eq!(b.warnings().len(), 1);
    b.write(CMD, 0);
    assert_eq!(b.read(CMD), 0);
    assert!(!b.irq(IrqSource::Spi2));
}

proptest! {
    #[test]
    fn no_register_write_can_hurt(
        writes in proptest::collection::vec((0u32..0x100, any::<u32>(), 0u64..5000), 1..150),
        which in 0usize..4,
    ) {
        let id = [DevId::Spi0, DevId::Spi1, DevId::Spi2, DevId::Spi3][which];
        let mut b = Bench::new(id, Spi::default());
        b.sys.flash = Some(b.mem.add(64 << 10, 0xFF));
        b.sys.psram = Some(b.mem.add(64 << 10, 0));
        for (n, value, us) in writes {
            let offset = if n == 0xFF { DATE } else { (n % 0x58) * 4 };
            b.write(offset, value);
            b.read(offset);
            b.advance(us);
            prop_assert!(b.sys.messages.is_empty());
        }
    }

    #[test]
    fn no_flash_command_can_hurt(commands in proptest::collection::vec(
        (proptest::collection::vec(any::<u8>(), 1..300), 0usize..64, any::<u8>(), 0u64..10_000_000), 1..40)
    ) {
        let mut b = bench(DevId::Spi1);
        let region = b.mem.add(100 << 10, 0xFF); // a size that is no power of two
        let mut now = 0;
        for (mut out, miso, op, ticks) in commands {
            out[0] = if op & 1 == 0 { 0x06 } else { out[0] };
            let mut s = flash::Storage { mem: &mut b.mem, region };
            let mut t = Transfer::plain(&out, miso, now + 10);
            t.dummy = u32::from(op);
            let reply = b.sys.flash_chip.exchange(Some(&mut s), &t, now);
            prop_assert_eq!(reply.data.len(), miso);
            now += ticks;
        }
    }
}
