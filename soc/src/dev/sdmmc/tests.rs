use super::idmac::idsts;
use super::*;
use crate::card::{CardImage, SdCards, SdConfig, SdEvent, SdPlace};
use crate::dev::DevId;
use crate::dev::testing::Bench;
use crate::trace::TraceEvent;
use proptest::prelude::*;
use std::sync::Arc;

fn bench() -> Bench<Sdmmc> {
    let mut b = Bench::new(DevId::Sdmmc, Sdmmc::default());
    b.write(CTRL, ctrl::RESETS);
    assert_eq!(b.read(CTRL), 0, "the resets clear themselves");
    b.write(CLOCK, 3 << 13 | 3 << 9 | 1 << 5); // 40 MHz
    b.write(CLKDIV, 50); // 400 kHz
    b.write(CMD, cmd::START_COMMAND | cmd::UPDATE_CLK_REG);
    assert_eq!(b.read(CMD) & cmd::START_COMMAND, 0);
    b.write(TMOUT, 0xFFFF_FFFF);
    b.write(INTMASK, int::CMD_DONE | int::RTO);
    b.write(CTRL, ctrl::INT_ENABLE);
    b
}

#[test]
fn a_command_without_a_card_times_out() {
    let mut b = bench();
    b.write(CMD, cmd::START_COMMAND | cmd::RESPONSE_EXPECT | 8);
    assert_eq!(b.read(CMD) & cmd::START_COMMAND, 0);
    b.advance(757);
    assert_eq!((b.read(RINTSTS), b.irq(IrqSource::SdioHost)), (0, false));
    b.advance(1); // (48 + 255) / 400 kHz
    assert_eq!((b.read(MINTSTS), b.irq(IrqSource::SdioHost)), (int::RTO, true));
    b.write(RINTSTS, !0);
    assert!(!b.irq(IrqSource::SdioHost));
    b.advance(19);
    assert_eq!(b.read(RINTSTS), 0);
    b.advance(1); // 8 / 400 kHz
    assert_eq!((b.read(MINTSTS), b.irq(IrqSource::SdioHost)), (int::CMD_DONE, true));
    b.write(RINTSTS, !0);
    assert!(!b.irq(IrqSource::SdioHost));
    assert_eq!(b.read(CDETECT), 0);
    assert_eq!(b.read(STATUS) & 1 << 9, 0, "the card is not busy");
}

#[test]
fn go_idle_expects_nothing_and_succeeds() {
    let mut b = bench();
    b.write(CMD, cmd::START_COMMAND | cmd::SEND_INIT);
    b.advance(320);
    assert_eq!(b.read(RINTSTS), int::CMD_DONE);
}

#[test]
fn a_command_too_early_is_a_hardware_locked_write() {
    let mut b = bench();
    b.write(CMD, cmd::START_COMMAND);
    b.write(CMD, cmd::START_COMMAND);
    assert_eq!(b.read(RINTSTS), int::HLE);
}

/// Responses as ESP-IDF's `sdmmc_transaction.c` expects them.
const NONE: u32 = 0;
const R1: u32 = cmd::RESPONSE_EXPECT | cmd::CHECK_RESPONSE_CRC;
const R2: u32 = R1 | cmd::RESPONSE_LENGTH;
const R3: u32 = cmd::RESPONSE_EXPECT;
const DESC: u32 = 0x3FFE_1000;
const BUFFER: u32 = 0x3FFE_4000;

/// Returns a controller with a card in slot 1.
fn with_card(bytes: u64) -> Bench<Sdmmc> {
    let mut b = bench();
    let image = Some(Arc::new(CardImage::blank(bytes)));
    let config =
        SdConfig { place: SdPlace::Slot(1), image, write_protected: false, detect: None, protect: None };
    b.sys.sd = SdCards::new(&[config]);
    b
}

/// Sends a command as `sdmmc_host_start_command` does.
fn start(b: &mut Bench<Sdmmc>, index: u32, arg: u32, flags: u32) {
    let wait = if index == 12 { cmd::STOP_ABORT_CMD } else { cmd::WAIT_PRVDATA_COMPLETE };
    b.write(RINTSTS, !0);
    b.write(CMDARG, arg);
    b.write(CMD, cmd::START_COMMAND | 1 << 29 | 1 << 16 | wait | flags | index);
}

/// Waits for interrupts and returns RINTSTS.
fn wait(b: &mut Bench<Sdmmc>, bits: u32) -> u32 {
    for _ in 0..200_000 {
        let raw = b.read(RINTSTS);
        if raw & bits == bits {
            return raw;
        }
        b.advance(10);
    }
    panic!("RINTSTS {:#x}, waiting for {bits:#x}", b.read(RINTSTS));
}

fn send(b: &mut Bench<Sdmmc>, index: u32, arg: u32, flags: u32) -> u32 {
    start(b, index, arg, flags);
    let raw = wait(b, int::CMD_DONE);
    assert_eq!(raw & !int::CMD_DONE, 0, "CMD{index}");
    b.read(RESP0)
}

/// Identifies the card as `sdmmc_card_init` does, and returns its address.
fn identify(b: &mut Bench<Sdmmc>, four: bool) -> u32 {
    send(b, 0, 0, NONE | cmd::SEND_INIT);
    assert_eq!(send(b, 8, 0x1AA, R1), 0x1AA);
    let mut ocr = 0;
    while ocr >> 31 == 0 {
        send(b, 55, 0, R1);
        ocr = send(b, 41, 0x40FF_8000, R3);
        b.advance(10_000);
    }
    send(b, 2, 0, R2);
    assert_eq!(b.read(RESP3) >> 24, 0xE5, "the CID's manufacturer");
    let rca = send(b, 3, 0, R1) & 0xFFFF_0000;
    send(b, 9, rca, R2);
    let csd = [b.read(RESP0), b.read(RESP1), b.read(RESP2), b.read(RESP3)];
    assert_eq!((csd[0] & 1, csd[2] >> 16 & 0xF), (1, 9), "end bit, READ_BL_LEN");
    send(b, 7, rca, R1);
    if four {
        send(b, 55, rca, R1);
        send(b, 6, 2, R1);
        b.write(CTYPE, 1 << 1);
    }
    b.write(CLKDIV, 1); // 20 MHz
    b.write(CTRL, ctrl::INT_ENABLE);
    rca
}

fn put(b: &mut Bench<Sdmmc>, at: u32, bytes: &[u8]) {
    b.mem.write_region(b.sys.banks.sram1.unwrap(), (at - 0x3FFE_0000) as usize, bytes);
}

fn get(b: &Bench<Sdmmc>, at: u32, n: usize) -> Vec<u8> {
    let mut out = vec![0; n];
    b.mem.read_region(b.sys.banks.sram1.unwrap(), (at - 0x3FFE_0000) as usize, &mut out);
    out
}

fn descriptor(b: &mut Bench<Sdmmc>, at: u32, flags: u32, sizes: u32, buffers: [u32; 2]) {
    let words = [1 << 31 | flags, sizes, buffers[0], buffers[1]];
    let raw: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    put(b, at, &raw);
}

const FIRST: u32 = 1 << 3;
const LAST: u32 = 1 << 2;
const CHAINED: u32 = 1 << 4;

/// Prepares a transfer by DMA as `sdmmc_host_dma_prepare` does.
fn dma(b: &mut Bench<Sdmmc>, block: u32, bytes: u32) {
    b.write(BYTCNT, bytes);
    b.write(BLKSIZ, block);
    b.write(DBADDR, DESC);
    b.write(IDSTS, !0);
    b.write(IDINTEN, idsts::NIS | idsts::RI | idsts::TI);
    b.write(CTRL, ctrl::INT_ENABLE | ctrl::DMA_ENABLE | ctrl::USE_INTERNAL_DMA);
    b.write(BMOD, BMOD_ENABLE | 2);
    b.write(PLDMND, 1);
}

const READ: u32 = R1 | cmd::DATA_EXPECTED;
const WRITE: u32 = READ | cmd::WRITE;
const AUTO: u32 = cmd::SEND_AUTO_STOP;

#[test]
fn esp_idf_reads_and_writes_by_dma() {
    for (size, unit, four) in [(16 << 20, 512, false), (4 << 30, 1, true)] {
        let mut b = with_card(size);
        b.traced(TraceEvent::SdWrite);
        let rca = identify(&mut b, four);
        let text: Vec<u8> = (0..2048u32).map(|n| (n * 7 % 251) as u8).collect();
        put(&mut b, BUFFER, &text);
        // Two chained descriptors; the second block begins inside the first one.
        descriptor(&mut b, DESC, FIRST | CHAINED, 700, [BUFFER, DESC + 16]);
        descriptor(&mut b, DESC + 16, LAST | CHAINED, 2048 - 700, [BUFFER + 700, 0]);
        dma(&mut b, 512, 2048);
        let before = b.now;
        start(&mut b, 25, 100 * unit, WRITE | AUTO);
        wait(&mut b, int::CMD_DONE | int::DTO | int::ACD);
        let us = (b.now - before) / esplens_core::time::TICKS_PER_US;
        assert!((if four { 200 } else { 800 }..2000).contains(&us), "{us} us");
        assert_eq!(b.read(IDSTS) & 0x1FF, idsts::TI | idsts::NIS);
        assert_eq!(get(&b, DESC + 19, 1)[0] >> 7, 0, "the CPU owns the descriptor again");
        assert_ne!(b.read(STATUS) & 1 << 9, 0, "the card programs");
        assert_eq!((b.read(TCBCNT), b.read(TBBCNT)), (2048, 2048));
        assert_eq!(send(&mut b, 13, rca, R1) >> 9 & 0xF, 4, "waits for the end of programming");
        let lines = b.traced(TraceEvent::SdWrite);
        assert_eq!((lines.len(), &*lines[0]), (4, "0x0000c800, 512 bytes"));
        // Two buffers in each descriptor, and a descriptor that the CPU still owns.
        let back = BUFFER + 0x1000;
        descriptor(&mut b, DESC, FIRST, 512 | 512 << 13, [back, back + 512]);
        descriptor(&mut b, DESC + 16, LAST, 512 | 512 << 13, [back + 1024, back + 1536]);
        put(&mut b, DESC + 19, &[0]);
        dma(&mut b, 512, 2048);
        start(&mut b, 18, 100 * unit, READ | AUTO);
        b.advance(20_000);
        assert_eq!(b.read(RINTSTS) & int::DTO, 0, "waits for the descriptor");
        assert_eq!(b.read(IDSTS) & idsts::DU, idsts::DU);
        put(&mut b, DESC + 19, &[0x80]);
        b.write(PLDMND, 1);
        wait(&mut b, int::CMD_DONE | int::DTO);
        assert_eq!(get(&b, back, 2048), text);
        assert!(b.warnings().is_empty());
    }
}

#[test]
fn registers_are_read_as_data() {
    let mut b = with_card(16 << 20);
    let rca = identify(&mut b, false);
    send(&mut b, 55, rca, R1);
    descriptor(&mut b, DESC, FIRST | LAST | CHAINED, 8, [BUFFER, 0]);
    dma(&mut b, 8, 8);
    start(&mut b, 51, 0, READ);
    wait(&mut b, int::CMD_DONE | int::DTO);
    assert_eq!(get(&b, BUFFER, 4), [0x02, 0x25, 0x80, 0x02]);
    assert!(b.irq(IrqSource::SdioHost));
    b.write(IDSTS, !0);
    b.write(RINTSTS, !0);
    assert!(!b.irq(IrqSource::SdioHost));
}

#[test]
fn the_cpu_moves_data_through_the_fifo() {
    let mut b = with_card(16 << 20);
    identify(&mut b, true);
    b.write(FIFOTH, 15 << 16 | 16);
    b.write(BYTCNT, 1024);
    b.write(BLKSIZ, 512);
    start(&mut b, 25, 0, WRITE | AUTO);
    let mut n = 0;
    while n < 256 {
        wait(&mut b, int::TXDR);
        while b.read(STATUS) & 1 << 3 == 0 && n < 256 {
            b.write(0x200, n);
            n += 1;
        }
        b.write(RINTSTS, int::TXDR);
        b.advance(100);
    }
    wait(&mut b, int::DTO);
    b.advance(2_000);
    start(&mut b, 18, 0, READ | AUTO);
    for n in 0..256 {
        for _ in 0..1000 {
            if b.read(STATUS) >> 17 & 0x1FFF > 0 {
                break;
            }
            b.advance(10);
        }
        assert_eq!(b.peek(0x200), n);
        assert_eq!(b.read(0x200), n);
    }
    let raw = wait(&mut b, int::DTO | int::RXDR);
    assert_eq!(raw & int::FRUN, 0);
    b.read(0x200);
    assert_ne!(b.read(RINTSTS) & int::FRUN, 0, "empty");
}

#[test]
fn errors_end_a_transfer_with_their_interrupt() {
    let mut b = with_card(16 << 20);
    identify(&mut b, false);
    b.write(CTYPE, 1 << 1); // the card still uses one line
    b.write(BYTCNT, 512);
    b.write(BLKSIZ, 512);
    start(&mut b, 17, 0, READ);
    wait(&mut b, int::DCRC | int::DTO);
    b.write(CTYPE, 0);
    b.write(CTRL, ctrl::INT_ENABLE | ctrl::FIFO_RESET);
    b.write(TMOUT, 0xF_FF40);
    start(&mut b, 17, 1 << 24, READ); // beyond the end: no data
    wait(&mut b, int::DRTO | int::DTO);
    assert_eq!(b.read(RESP0) >> 31, 1, "OUT_OF_RANGE");
    start(&mut b, 24, 0, WRITE); // no data from the CPU
    wait(&mut b, int::HTO);
    start(&mut b, 12, 0, R1);
    wait(&mut b, int::CMD_DONE | int::DTO);
    b.write(CTRL, ctrl::INT_ENABLE | ctrl::FIFO_RESET);
    // A missing CRC in R3, and a response of the wrong length.
    send(&mut b, 0, 0, NONE);
    send(&mut b, 55, 0, R1);
    start(&mut b, 41, 0, R1);
    assert_ne!(wait(&mut b, int::CMD_DONE) & int::RCRC, 0);
    start(&mut b, 8, 0x1AA, R2);
    assert_ne!(wait(&mut b, int::CMD_DONE) & int::RE, 0);
}

#[test]
fn a_card_pulled_out_during_a_write_gives_no_crc_status() {
    let mut b = with_card(16 << 20);
    identify(&mut b, false);
    descriptor(&mut b, DESC, FIRST | LAST | CHAINED, 4096, [BUFFER, 0]);
    dma(&mut b, 512, 4096);
    start(&mut b, 25, 0, WRITE | AUTO);
    b.advance(300);
    b.sys.sd.apply(&SdEvent::Eject(SdPlace::Slot(1)));
    wait(&mut b, int::EBE | int::DTO);
    start(&mut b, 13, 0x1_0000, R1);
    wait(&mut b, int::RTO | int::CMD_DONE);
}

#[test]
fn the_switches_of_the_socket_show_in_their_registers() {
    let mut b = bench();
    b.write(INTMASK, int::CD);
    b.message(&DevMsg::SignalIn(98, true));
    assert_eq!((b.read(CDETECT), b.irq(IrqSource::SdioHost)), (2, true));
    b.message(&DevMsg::SignalIn(100, true));
    assert_eq!(b.read(WRTPRT), 2);
    b.reset();
    assert_eq!((b.read(CDETECT), b.read(WRTPRT)), (2, 2));
}

#[test]
fn a_descriptor_outside_of_memory_is_a_bus_error() {
    let mut b = with_card(16 << 20);
    identify(&mut b, false);
    dma(&mut b, 512, 512);
    b.write(DBADDR, 0x1000);
    start(&mut b, 17, 0, READ);
    b.advance(10_000);
    assert_ne!(b.read(IDSTS) & idsts::FBE, 0);
    assert_eq!(b.warnings().len(), 1);
}

#[test]
fn a_transfer_goes_on_alike_in_a_restored_machine() {
    for us in (0..1500).step_by(37) {
        let mut b = with_card(16 << 20);
        identify(&mut b, true);
        descriptor(&mut b, DESC, FIRST | LAST | CHAINED, 4096, [BUFFER, 0]);
        put(&mut b, BUFFER, &[0xC3; 4096]);
        dma(&mut b, 512, 4096);
        start(&mut b, 25, 4096, WRITE | AUTO);
        b.advance(us);
        let saved = postcard::to_stdvec(&(&b.dev, &b.sys)).unwrap();
        let images = b.sys.sd.images.clone();
        (b.dev, b.sys) = postcard::from_bytes(&saved).unwrap();
        b.sys.sd.images = images;
        wait(&mut b, int::DTO | int::CMD_DONE);
        let (image, store) = b.sys.sd.written().next().unwrap();
        let mut out = [0; 512];
        for block in 8..16 {
            assert!(store.read(image, block * 512, &mut out));
            assert_eq!(out, [0xC3; 512], "block {block} after {us} us");
        }
    }
}

proptest! {
    #[test]
    fn no_register_write_can_hurt(
        writes in proptest::collection::vec((0u32..0x204, any::<u32>(), 0u64..2000), 1..100),
        card in any::<bool>(),
    ) {
        let mut b = if card { with_card(16 << 20) } else { bench() };
        if card {
            identify(&mut b, true);
            descriptor(&mut b, DESC, FIRST, 512 | 512 << 13, [BUFFER, BUFFER + 512]);
            descriptor(&mut b, DESC + 16, 1 << 5, 100, [BUFFER, DESC]);
        }
        for (n, value, us) in writes {
            // Valid descriptors and commands are rare by chance.
            let value = match n * 4 {
                DBADDR => DESC,
                CMD if card => value & 0xFFE0_FFFF | 1 << 16,
                BLKSIZ => 512,
                _ => value,
            };
            b.write(n * 4, value);
            b.advance(us);
            b.read(n * 4);
            prop_assert!(b.dev.fifo.len() <= FIFO_BYTES);
        }
        b.write(CTRL, 0);
        b.advance(1_000_000_000);
        prop_assert!(b.dev.running.is_none());
    }
}
