//! Transfers set up as IDF's legacy and new drivers do.

use super::*;
use crate::dev::testing::Bench;

const MASTER: u32 = ctr::MS_MODE | 3;

fn command(op: u32, bytes: u32, check: bool) -> u32 {
    op << comd::OP_S | bytes | if check { comd::ACK_CHECK_EN } else { 0 }
}

/// Returns a bench at 100 kHz in master mode, with interrupts enabled and the given commands and bytes to send.
fn bench(commands: &[u32], bytes: &[u8]) -> Bench<I2c> {
    let mut b = Bench::new(DevId::I2c0, I2c::default());
    b.sys.clocks.soc_clk = crate::clocks::SocClk::Pll;
    b.write(SCL_LOW_PERIOD, 400);
    b.write(SCL_HIGH_PERIOD, 400);
    b.write(CTR, MASTER);
    b.write(FIFO_CONF, fifo_conf::TX_FIFO_RST | fifo_conf::RX_FIFO_RST);
    b.write(FIFO_CONF, 0);
    for byte in bytes {
        b.write(DATA, (*byte).into());
    }
    for (i, c) in commands.iter().enumerate() {
        b.write(COMD + 4 * i as u32, *c);
    }
    b.write(INT_CLR, u32::MAX);
    b.write(INT_ENA, int::ACK_ERR | int::TRANS_COMPLETE | int::END_DETECT);
    b
}

#[test]
fn an_address_nobody_has_is_not_acknowledged_after_nine_bits() {
    let list =
        [command(comd::RSTART, 0, false), command(comd::WRITE, 2, true), command(comd::STOP, 0, false)];
    let mut b = bench(&list, &[0x78, 0x00]);
    b.write(CTR, MASTER | ctr::TRANS_START);
    assert_ne!(b.read(SR) & sr::BUS_BUSY, 0);
    b.advance(99);
    assert!(!b.irq(IrqSource::I2cExt0));
    b.advance(2);
    assert!(b.irq(IrqSource::I2cExt0));
    assert_eq!(b.read(INT_STATUS), int::ACK_ERR);
    assert_ne!(b.read(SR) & sr::ACK_REC, 0);
    b.write(INT_CLR, int::ACK_ERR);
    assert!(!b.irq(IrqSource::I2cExt0));
    // The new driver waits until the bus is idle; the legacy driver starts a separate STOP command.
    b.advance(11);
    assert_eq!(b.read(SR) & sr::BUS_BUSY, 0);
    b.write(COMD, command(comd::STOP, 0, false));
    b.write(CTR, MASTER | ctr::TRANS_START);
    b.advance(11);
    assert_eq!(b.read(INT_STATUS), int::TRANS_COMPLETE);
}

#[test]
fn an_unchecked_write_and_read_complete_with_ones() {
    let list = [
        command(comd::RSTART, 0, false),
        command(comd::WRITE, 1, false),
        command(comd::READ, 3, false),
        command(comd::STOP, 0, false),
    ];
    let mut b = bench(&list, &[0x79]);
    b.write(CTR, MASTER | ctr::TRANS_START);
    b.advance(500);
    assert_eq!(b.read(INT_STATUS), int::TRANS_COMPLETE);
    assert_eq!(b.read(SR) >> sr::RXFIFO_CNT_S & 63, 3);
    assert_eq!([b.read(DATA), b.read(DATA), b.read(DATA)], [0xFF; 3]);
    assert_eq!(b.read(SR) >> sr::RXFIFO_CNT_S & 63, 0);
    assert_ne!(b.read(COMD + 12) & comd::DONE, 0);
}

#[test]
fn end_pauses_the_list() {
    let mut b = bench(&[command(comd::WRITE, 1, false), command(comd::END, 0, false)], &[1]);
    b.write(CTR, MASTER | ctr::TRANS_START);
    b.advance(200);
    assert_eq!(b.read(INT_STATUS), int::END_DETECT);
    assert_eq!(b.read(SR) & sr::BUS_BUSY, 0);
}

#[test]
fn the_ram_windows_replace_the_fifo() {
    let mut b = bench(&[command(comd::READ, 2, false), command(comd::STOP, 0, false)], &[]);
    b.write(FIFO_CONF, fifo_conf::NONFIFO_EN);
    b.write(TX_RAM + 4, 0x155);
    assert_eq!(b.read(TX_RAM + 4), 0x55);
    b.write(CTR, MASTER | ctr::TRANS_START);
    b.advance(300);
    assert_eq!(b.read(RX_RAM), 0xFF);
    assert_eq!(b.read(RX_RAM + 8), 0);
}

#[test]
fn slave_mode_warns() {
    let mut b = bench(&[], &[]);
    b.write(CTR, ctr::TRANS_START);
    assert_eq!(b.warnings().len(), 1);
    assert_eq!(b.read(SR) & sr::BUS_BUSY, 0);
}

#[test]
fn overlong_lists_and_fifos_are_bounded() {
    let mut b = bench(&[command(comd::READ, 255, false); 16], &[0; 100]);
    assert_eq!(b.read(SR) >> sr::TXFIFO_CNT_S & 63, 32);
    b.write(CTR, MASTER | ctr::TRANS_START);
    b.advance(1_000_000);
    assert_eq!(b.read(SR) >> sr::RXFIFO_CNT_S & 63, 32);
    assert_ne!(b.read(INT_RAW) & int::RXFIFO_OVF, 0);
    assert_eq!(b.read(SR) & sr::BUS_BUSY, 0);
}
