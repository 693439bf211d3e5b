//! Operation sequences of IDF's `twai_hal` (v1) on a bus without other nodes.

use super::*;
use crate::clocks::SocClk;
use crate::dev::DevId;
use crate::dev::testing::Bench;

const ALL: u32 = int::RI | int::TI | int::EI | int::EPI | int::BEI;

/// A running controller at 500 kbit/s that accepts everything, in `modes`.
fn running(modes: u32) -> Bench<Twai> {
    let mut b = Bench::new(DevId::Twai, Twai::default());
    b.sys.clocks.soc_clk = SocClk::Pll;
    b.write(MODE, mode::RM);
    b.write(CLOCK_DIVIDER, 0x80);
    for i in 0..4 {
        b.write(TX_RX_BUFFER + 4 * i, 0);
        b.write(TX_RX_BUFFER + 16 + 4 * i, 0xFF);
    }
    b.write(BUS_TIMING_0, 3);
    b.write(BUS_TIMING_1, 14 | 3 << 4);
    b.write(INTERRUPT_ENABLE, ALL);
    b.write(MODE, mode::RM | mode::AFM | modes);
    b.write(MODE, mode::AFM | modes);
    b
}

/// Loads a frame with identifier 0x123 (standard or extended) and `data`.
fn load(b: &mut Bench<Twai>, data: &[u8]) {
    let head = [data.len() as u8, (0x123u32 >> 3) as u8, (0x123u32 << 5) as u8];
    for (i, byte) in head.iter().chain(data).enumerate() {
        b.write(TX_RX_BUFFER + 4 * i as u32, (*byte).into());
    }
}

#[test]
fn a_self_test_frame_comes_back() {
    let mut b = running(mode::STM);
    load(&mut b, &[1, 2, 3]);
    b.write(COMMAND, command::SRR);
    assert_eq!(b.read(STATUS) & (status::TBS | status::TCS), 0);
    b.advance(130); // 71 bits of 2 µs
    assert!(!b.irq(IrqSource::Twai));
    b.advance(20);
    assert!(b.irq(IrqSource::Twai));
    assert_eq!(b.read(INTERRUPT), int::RI | int::TI);
    assert_eq!(b.read(INTERRUPT), int::RI, "the receive interrupt follows the FIFO");
    assert_eq!(b.read(RX_MESSAGE_COUNTER), 1);
    let got: Vec<u32> = (0..6).map(|i| b.read(TX_RX_BUFFER + 4 * i)).collect();
    assert_eq!(got, [3, 0x24, 0x60, 1, 2, 3]);
    b.write(COMMAND, command::RRB);
    assert!(!b.irq(IrqSource::Twai));
    assert_eq!(b.read(STATUS), status::TBS | status::TCS);
}

#[test]
fn nobody_acknowledges_so_the_controller_becomes_error_passive() {
    let mut b = running(0);
    load(&mut b, &[1]);
    b.write(COMMAND, command::TR);
    b.advance(150);
    assert_eq!(b.read(INTERRUPT), int::BEI);
    assert_eq!(b.read(ERROR_CODE_CAPTURE), ECC_NO_ACK);
    assert_eq!(b.read(TX_ERROR_COUNTER), 8);
    b.advance(10_000);
    assert_eq!(b.read(INTERRUPT) & (int::EI | int::EPI), int::EI | int::EPI);
    assert_eq!(b.read(TX_ERROR_COUNTER), 128);
    assert_eq!(b.read(STATUS), status::TS | status::ES);
    b.write(COMMAND, command::AT);
    b.advance(200);
    assert_eq!(b.read(STATUS), status::TBS | status::ES);
    assert_ne!(b.read(INTERRUPT) & int::TI, 0);
}

#[test]
fn a_single_shot_tries_once() {
    let mut b = running(0);
    load(&mut b, &[]);
    b.write(COMMAND, command::TR | command::AT);
    b.advance(1000);
    assert_eq!(b.read(TX_ERROR_COUNTER), 8);
    assert_eq!(b.read(STATUS), status::TBS);
}

#[test]
fn bus_off_recovers_after_128_times_11_bits() {
    let mut b = running(0);
    b.write(MODE, mode::RM);
    b.write(TX_ERROR_COUNTER, 255);
    assert_eq!(b.read(STATUS) & (status::BS | status::ES), status::BS | status::ES);
    b.read(INTERRUPT);
    b.write(MODE, 0);
    b.advance(800); // 36 of 128
    assert_eq!(b.read(INTERRUPT), int::EI);
    assert_eq!(b.read(STATUS) & (status::BS | status::ES), status::BS);
    assert!(b.read(TX_ERROR_COUNTER) < 96);
    b.advance(2100);
    assert_eq!(b.read(INTERRUPT), int::EI);
    assert_eq!(b.read(STATUS) & (status::BS | status::ES), 0);
    assert_eq!(b.read(TX_ERROR_COUNTER), 0);
}

#[test]
fn the_filter_keeps_other_identifiers_out() {
    let mut b = running(mode::STM);
    b.write(MODE, mode::RM | mode::STM | mode::AFM);
    for (i, (code, mask)) in [(0x24, 0), (0x60, 0x1F), (0, 0xFF), (0, 0xFF)].into_iter().enumerate() {
        b.write(TX_RX_BUFFER + 4 * i as u32, code);
        b.write(TX_RX_BUFFER + 16 + 4 * i as u32, mask);
    }
    b.write(MODE, mode::STM | mode::AFM);
    load(&mut b, &[9]);
    b.write(COMMAND, command::SRR);
    b.advance(500);
    assert_eq!(b.read(RX_MESSAGE_COUNTER), 1);
    b.write(TX_RX_BUFFER + 4, 0x25);
    b.write(COMMAND, command::SRR);
    b.advance(500);
    assert_eq!(b.read(RX_MESSAGE_COUNTER), 1);
}

#[test]
fn the_fifo_overruns_at_64_bytes() {
    let mut b = running(mode::STM);
    for _ in 0..8 {
        load(&mut b, &[0; 8]);
        b.write(COMMAND, command::SRR);
        b.advance(500);
    }
    assert_eq!(b.read(RX_MESSAGE_COUNTER), 5);
    assert_ne!(b.read(STATUS) & status::DOS, 0);
    b.write(COMMAND, command::CDO);
    assert_eq!(b.read(STATUS) & status::DOS, 0);
}

#[test]
fn configuration_is_locked_outside_reset_mode() {
    let mut b = running(0);
    b.write(BUS_TIMING_0, 0);
    b.write(MODE, mode::LOM);
    assert_eq!(b.read(BUS_TIMING_0), 3);
    assert_eq!(b.read(MODE), mode::AFM);
}
