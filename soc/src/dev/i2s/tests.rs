//! Streams set up as IDF's driver does: a descriptor ring, 44.1 kHz, 16-bit stereo.

use super::*;
use crate::dev::testing::Bench;

const RING: u32 = 0x3FFB_0000;
const BUF: u32 = 0x3FFB_1000;

fn put(b: &mut Bench<I2s>, at: u32, words: &[u32]) {
    let region = b.sys.banks.sram2.unwrap();
    for (i, w) in words.iter().enumerate() {
        b.mem.write_region(region, (at - 0x3FFA_E000) as usize + 4 * i, &w.to_le_bytes());
    }
}

fn get(b: &Bench<I2s>, at: u32) -> u32 {
    let mut out = [0; 4];
    b.mem.read_region(b.sys.banks.sram2.unwrap(), (at - 0x3FFA_E000) as usize, &mut out);
    u32::from_le_bytes(out)
}

/// Returns a bench with a ring of two descriptors of 1764 bytes (10 ms), clocked for 44.1 kHz.
fn bench() -> Bench<I2s> {
    let mut b = Bench::new(DevId::I2s0, I2s::default());
    let control = 1 << 31 | 1 << 30 | 1764 << 12 | 1764;
    put(&mut b, RING, &[control, BUF, RING + 12]);
    put(&mut b, RING + 12, &[control, BUF + 2000, RING]);
    // mclk = 160 MHz / (14 + 11/59) = 11.28 MHz, bck = mclk / 8.
    b.write(CLKM_CONF, 14 | 11 << clkm::DIV_B_S | 59 << clkm::DIV_A_S | 1 << 20);
    b.write(SAMPLE_RATE_CONF, 8 | 8 << 6 | 16 << 12 | 16 << 18);
    b.write(FIFO_CONF, 0x1820);
    b
}

#[test]
fn a_playing_ring_gives_an_end_of_frame_every_ten_milliseconds() {
    let mut b = bench();
    b.write(INT_ENA, int::OUT_EOF);
    b.write(OUT_LINK, (RING & link::ADDR) | link::START);
    b.advance(20_000);
    assert_eq!(b.read(INT_RAW), 0, "nothing moves before TX_START");
    b.write(CONF, conf::TX_START);
    assert_eq!(b.read(STATE) & state::TX_IDLE, 0);
    b.advance(9_900);
    assert!(!b.irq(IrqSource::I2s0));
    b.advance(200);
    assert!(b.irq(IrqSource::I2s0));
    assert_eq!(b.read(OUT_EOF_DES_ADDR), RING);
    b.write(INT_CLR, int::OUT_EOF);
    assert!(!b.irq(IrqSource::I2s0));
    b.advance(10_000);
    assert!(b.irq(IrqSource::I2s0));
    assert_eq!(b.read(OUT_EOF_DES_ADDR), RING + 12);
    b.write(CONF, 0);
    b.write(INT_CLR, u32::MAX);
    b.advance(50_000);
    assert!(!b.irq(IrqSource::I2s0));
    assert_ne!(b.read(STATE) & state::TX_IDLE, 0);
}

#[test]
fn recording_fills_descriptors_with_silence() {
    let mut b = bench();
    put(&mut b, BUF, &[0xDEAD_BEEF]);
    b.write(RXEOF_NUM, 1764 / 4);
    b.write(INT_ENA, int::IN_SUC_EOF);
    b.write(IN_LINK, (RING & link::ADDR) | link::START);
    b.write(CONF, conf::RX_START);
    b.advance(10_100);
    assert!(b.irq(IrqSource::I2s0));
    assert_eq!(b.read(IN_EOF_DES_ADDR), RING);
    assert_eq!(get(&b, BUF), 0);
    assert_eq!(get(&b, RING), 1 << 30 | 1764 << 12 | 1764, "handed back to the CPU");
}

#[test]
fn the_end_of_a_list_and_a_wild_one_stop() {
    let mut b = bench();
    put(&mut b, RING + 8, &[0]);
    b.write(OUT_LINK, (RING & link::ADDR) | link::START);
    b.write(CONF, conf::TX_START);
    b.advance(20_000);
    assert_eq!(b.read(INT_RAW), int::OUT_DONE | int::OUT_EOF | int::OUT_TOTAL_EOF);
    assert_ne!(b.read(OUT_LINK) & link::PARK, 0);
    b.write(INT_CLR, u32::MAX);
    b.write(OUT_LINK, link::START);
    assert_eq!(b.read(INT_RAW), int::OUT_DSCR_ERR);
}

#[test]
fn the_fifo_reset_loops_of_old_drivers_end() {
    let mut b = bench();
    assert_eq!(b.peek(STATE), 7);
    b.write(CONF, 1 << 3);
    assert_eq!(b.read(STATE) & state::RESET_BACK, 0);
}
