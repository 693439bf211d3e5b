use super::*;
use crate::dev::DevId;
use crate::dev::testing::Bench;

fn bench() -> Bench<Uart> {
    let mut b = Bench::new(DevId::Uart0, Uart::new(0));
    b.reset();
    // 115200 baud from 40 MHz: 347 + 3/16, as set by the ROM.
    b.write(spec::CLKDIV, 347 | 3 << 20);
    b
}

/// Sets the RXFIFO_FULL and TXFIFO_EMPTY thresholds and a time-out after `tout` units.
fn thresholds(b: &mut Bench<Uart>, full: u32, empty: u32, tout: u32) {
    let enable = if tout > 0 { conf1::RX_TOUT_EN } else { 0 };
    b.write(spec::CONF1, full | empty << 8 | tout << 24 | enable);
}

#[test]
fn a_byte_leaves_after_its_line_time() {
    let mut b = bench();
    b.write(spec::FIFO, u32::from(b'A'));
    b.write(spec::FIFO, u32::from(b'B'));
    assert_eq!(b.read(spec::STATUS) & (status::TXFIFO_CNT | status::ST_UTX_OUT), 1 << 16 | 2 << 24);
    b.advance(86);
    assert_eq!(b.uart_out(), b"");
    b.advance(1);
    assert_eq!(b.uart_out(), b"A");
    assert_eq!(b.read(spec::INT_RAW) & int::TX_DONE, 0);
    b.advance(87);
    assert_eq!(b.uart_out(), b"B");
    assert_eq!(b.read(spec::STATUS) & (status::TXFIFO_CNT | status::ST_UTX_OUT), 0);
    assert_ne!(b.read(spec::INT_RAW) & int::TX_DONE, 0);
    assert_eq!(b.sys.events.next(), u64::MAX, "an idle UART has no events");
}

#[test]
fn the_roms_wait_for_idle_ends() {
    let mut b = bench();
    b.write(spec::FIFO, 1);
    b.advance(100);
    let clear = b.read(spec::INT_CLR) | int::TX_DONE;
    b.write(spec::INT_CLR, clear);
    assert_eq!(b.read(spec::STATUS) & status::TXFIFO_CNT, 0);
    assert_eq!(b.read(spec::INT_RAW) & int::TX_DONE, 0);
}

#[test]
fn frame_length_follows_the_format() {
    let mut b = bench();
    b.write(spec::CLKDIV, 40); // 1 Mbaud
    let conf = b.read(spec::CONF0);
    let two_stop_parity = conf & !conf0::STOP_BIT_NUM | 3 << 4 | conf0::PARITY_EN;
    b.write(spec::CONF0, two_stop_parity);
    b.write(spec::FIFO, 0);
    b.advance_ticks(12 * 480 - 1);
    assert!(b.uart_out().is_empty());
    b.advance_ticks(1);
    assert_eq!(b.uart_out(), [0]);
}

#[test]
fn ref_tick_counts_one_megahertz() {
    let mut b = bench();
    let conf = b.read(spec::CONF0) & !conf0::TICK_REF_ALWAYS_ON;
    b.write(spec::CONF0, conf);
    b.write(spec::CLKDIV, 8 | 11 << 20); // 115200 from 1 MHz
    b.write(spec::FIFO, 7);
    b.advance(86);
    assert!(b.uart_out().is_empty());
    b.advance(1);
    assert_eq!(b.uart_out(), [7]);
}

#[test]
fn a_clock_change_stretches_the_frame_on_the_line() {
    let mut b = bench();
    b.write(spec::CLKDIV, 80);
    b.write(spec::FIFO, 9); // 20 µs at 40 MHz
    b.advance(10);
    b.sys.clocks.soc_clk = crate::clocks::SocClk::Pll;
    b.message(&DevMsg::ClockChanged);
    b.advance_ticks(5 * 480 - 1);
    assert!(b.uart_out().is_empty());
    b.advance_ticks(1);
    assert_eq!(b.uart_out(), [9]);
}

#[test]
fn received_bytes_come_at_line_rate_and_raise_full_then_timeout() {
    let mut b = bench();
    thresholds(&mut b, 2, 10, 2);
    b.write(spec::INT_ENA, int::RXFIFO_FULL | int::RXFIFO_TOUT);
    b.message(&DevMsg::UartRx(b"xyz".to_vec()));
    b.advance(90);
    assert_eq!(b.read(spec::STATUS) & status::RXFIFO_CNT, 1);
    assert!(!b.irq(IrqSource::Uart0));
    b.advance(90);
    assert!(b.irq(IrqSource::Uart0));
    assert_eq!(b.read(spec::INT_ST), int::RXFIFO_FULL);
    assert_eq!([b.read(spec::FIFO), b.read(spec::FIFO)], [120, 121]);
    b.write(spec::INT_CLR, int::RXFIFO_FULL);
    assert!(!b.irq(IrqSource::Uart0));
    b.advance(90 + 125);
    assert_eq!(b.read(spec::INT_ST), 0, "16 bit times are 139 µs");
    b.advance(20);
    assert_eq!(b.read(spec::INT_ST), int::RXFIFO_TOUT);
    assert_eq!(b.read(spec::FIFO), 122);
    b.write(spec::INT_CLR, int::RXFIFO_TOUT);
    b.advance(1000);
    assert!(!b.irq(IrqSource::Uart0));
}

#[test]
fn full_condition_returns_after_a_clear_while_it_holds() {
    let mut b = bench();
    thresholds(&mut b, 1, 0, 0);
    b.message(&DevMsg::UartRx(vec![1]));
    b.advance(100);
    b.write(spec::INT_CLR, int::RXFIFO_FULL);
    assert_ne!(b.read(spec::INT_RAW) & int::RXFIFO_FULL, 0);
}

#[test]
fn overflow_loses_bytes_and_the_pointers_tell_the_fill() {
    let mut b = bench();
    b.message(&DevMsg::UartRx(vec![5; 130]));
    b.advance(130 * 87);
    assert_ne!(b.read(spec::INT_RAW) & int::RXFIFO_OVF, 0);
    assert_eq!(b.read(spec::STATUS) & status::RXFIFO_CNT, 128);
    let mut n = 0;
    // IDF's uart_ll_rxfifo_rst reads until count and pointers agree.
    loop {
        let mem = b.read(spec::MEM_RX_STATUS);
        if b.read(spec::STATUS) & status::RXFIFO_CNT == 0 && mem >> 13 & 0x7FF == mem >> 2 & 0x7FF {
            break;
        }
        b.read(spec::FIFO);
        n += 1;
    }
    assert_eq!(n, 128);
}

#[test]
fn input_outlives_a_reset_and_may_wake_the_chip() {
    let mut b = bench();
    b.message(&DevMsg::UartRx(b"ab".to_vec()));
    assert_eq!(b.sent, [(DevId::RtcCntl, DevMsg::WakeCause(1 << 6))]);
    b.sys.events = esplens_core::time::EventQueue::default();
    b.reset();
    b.advance(1000);
    assert_eq!([b.read(spec::FIFO), b.read(spec::FIFO)], [97, 98]);
}

#[test]
fn the_input_queue_is_bounded() {
    let mut b = bench();
    assert_eq!(b.dev.rx_room(), RX_QUEUE);
    b.message(&DevMsg::UartRx(vec![0; RX_QUEUE + 10]));
    assert_eq!(b.dev.rx_room(), 0);
    assert_eq!(b.warnings().len(), 1);
}

#[test]
fn tx_empty_interrupt_as_the_driver_uses_it() {
    let mut b = bench();
    thresholds(&mut b, 120, 10, 0);
    b.write(spec::INT_ENA, int::TXFIFO_EMPTY);
    b.advance(1);
    assert!(b.irq(IrqSource::Uart0));
    for _ in 0..20 {
        b.write(spec::FIFO, 1);
    }
    b.write(spec::INT_CLR, int::TXFIFO_EMPTY);
    assert!(!b.irq(IrqSource::Uart0));
    b.advance(9 * 87);
    assert!(b.irq(IrqSource::Uart0));
}

#[test]
fn an_enabled_interrupt_takes_some_cycles() {
    let mut b = bench();
    thresholds(&mut b, 1, 0, 0);
    b.message(&DevMsg::UartByte(b'a'));
    // The mask ROM's `uart_buff_switch` stores the UART's number after this write, and its interrupt handler uses that
    // number.
    b.write(spec::INT_ENA, int::RXFIFO_FULL);
    assert!(!b.irq(IrqSource::Uart0));
    assert_ne!(b.read(spec::INT_ST) & int::RXFIFO_FULL, 0);
    b.advance(1);
    assert!(b.irq(IrqSource::Uart0));
    b.write(spec::INT_ENA, 0);
    assert!(!b.irq(IrqSource::Uart0));
}

#[test]
fn a_full_transmit_fifo_drops_and_warns() {
    let mut b = bench();
    for n in 0..140 {
        b.write(spec::FIFO, n);
    }
    assert_eq!(b.read(spec::STATUS) >> 16 & 0xFF, 128);
    assert_eq!(b.warnings().len(), 1);
    b.advance(200 * 87);
    assert_eq!(b.uart_out().len(), 129);
}

#[test]
fn break_after_data_ends_with_break_done() {
    let mut b = bench();
    b.write(spec::IDLE_CONF, 20 << 20);
    let conf = b.read(spec::CONF0);
    b.write(spec::FIFO, 1);
    b.write(spec::CONF0, conf | conf0::TXD_BRK);
    b.advance(87 + 170);
    assert_eq!(b.read(spec::INT_RAW) & int::TX_BRK_DONE, 0);
    b.advance(5);
    assert_ne!(b.read(spec::INT_RAW) & int::TX_BRK_DONE, 0);
    assert_ne!(b.read(spec::INT_RAW) & int::TX_BRK_IDLE_DONE, 0);
    assert_eq!(b.sys.events.next(), u64::MAX);
}

#[test]
fn at_cmd_needs_its_count_and_its_gaps() {
    let mut b = bench();
    b.write(spec::AT_CMD_CHAR, u32::from(b'+') | 3 << 8);
    b.write(spec::AT_CMD_PRECNT, 0);
    b.write(spec::AT_CMD_POSTCNT, 0);
    b.message(&DevMsg::UartRx(b"++a".to_vec()));
    b.advance(400);
    assert_eq!(b.read(spec::INT_RAW) & int::AT_CMD_CHAR_DET, 0);
    b.message(&DevMsg::UartRx(b"+".to_vec()));
    b.advance(2000); // longer than GAPTOUT (7680 periods, 192 µs)
    b.message(&DevMsg::UartRx(b"++".to_vec()));
    b.advance(400);
    assert_eq!(b.read(spec::INT_RAW) & int::AT_CMD_CHAR_DET, 0);
    b.message(&DevMsg::UartRx(b"x+++".to_vec()));
    b.advance(400);
    assert_ne!(b.read(spec::INT_RAW) & int::AT_CMD_CHAR_DET, 0);
}

#[test]
fn autobaud_gives_the_rom_its_divider() {
    let mut b = bench();
    b.write(spec::AUTOBAUD, 0);
    b.write(spec::AUTOBAUD, 0x401);
    assert_eq!(b.read(spec::RXD_CNT), 0);
    assert_eq!(b.read(spec::LOWPULSE), 0xF_FFFF);
    b.message(&DevMsg::UartRx(vec![0x55; 36]));
    b.advance(36 * 87);
    assert!(b.read(spec::RXD_CNT) > 127);
    let sum = b.read(spec::LOWPULSE) + b.read(spec::HIGHPULSE);
    assert_eq!((sum * 8 + 144) >> 4, 347); // uart_baudrate_detect
    assert_eq!([b.read(spec::POSPULSE), b.read(spec::NEGPULSE)], [693, 693]);
    b.write(spec::AUTOBAUD, 0);
    assert_eq!(b.read(spec::RXD_CNT), 0);
}

#[test]
fn loopback_receives_what_was_sent() {
    let mut b = bench();
    let conf = b.read(spec::CONF0);
    b.write(spec::CONF0, conf | conf0::LOOPBACK);
    b.write(spec::FIFO, 0x42);
    b.advance(90);
    assert_eq!(b.read(spec::FIFO), 0x42);
}

#[test]
fn fifo_resets_empty_the_fifos() {
    let mut b = bench();
    let conf = b.read(spec::CONF0);
    b.message(&DevMsg::UartRx(vec![1, 2]));
    b.advance(200);
    for n in 0..5 {
        b.write(spec::FIFO, n);
    }
    b.write(spec::CONF0, conf | conf0::RXFIFO_RST | conf0::TXFIFO_RST);
    b.write(spec::CONF0, conf);
    assert_eq!(b.read(spec::STATUS) & (status::RXFIFO_CNT | status::TXFIFO_CNT), 0);
    b.advance(1000);
    assert_eq!(b.uart_out(), [0], "the byte on the line is finished");
}

#[test]
fn extreme_dividers_and_sizes_do_no_harm() {
    let mut b = bench();
    for (div, mem) in [(0, 0), (u32::MAX, u32::MAX), (1, 0x7F8)] {
        b.write(spec::CLKDIV, div);
        b.write(spec::MEM_CONF, mem);
        b.write(spec::CONF1, u32::MAX);
        b.write(spec::AT_CMD_POSTCNT, u32::MAX);
        b.write(spec::FIFO, 1);
        b.message(&DevMsg::UartRx(b"+++".to_vec()));
        b.advance(100);
        b.read(spec::MEM_RX_STATUS);
    }
    b.advance(3_600_000_000);
    assert_eq!(b.uart_out().len(), 3);
}

#[test]
fn in_download_mode_input_comes_quickly_and_waits_for_room_and_output_takes_no_time() {
    let mut b = bench();
    b.sys.strap = 0x0F;
    let sent: Vec<u8> = (0..1000u32).map(|n| n as u8).collect();
    b.message(&DevMsg::UartRx(sent.clone()));
    b.advance(667);
    assert_eq!(b.read(spec::STATUS) & status::RXFIFO_CNT, 100, "1,500,000 baud");
    b.advance(10_000);
    let mut got = Vec::new();
    while got.len() < sent.len() {
        let n = b.read(spec::STATUS) & status::RXFIFO_CNT;
        assert!(n > 0, "stalls after {} bytes", got.len());
        got.extend((0..n).map(|_| b.read(spec::FIFO) as u8));
        b.advance(20);
    }
    assert_eq!(got, sent);
    assert_eq!(b.read(spec::INT_RAW) & int::RXFIFO_OVF, 0);
    for byte in *b"out" {
        b.write(spec::FIFO, byte.into());
    }
    b.advance_ticks(3);
    assert_eq!(b.uart_out(), b"out");
}

#[test]
fn in_download_mode_input_goes_on_after_the_fifo_was_cleared() {
    let mut b = bench();
    b.sys.strap = 0x0F;
    b.message(&DevMsg::UartRx(vec![7; 200]));
    b.advance(10_000);
    let conf = b.read(spec::CONF0);
    b.write(spec::CONF0, conf | conf0::RXFIFO_RST);
    b.write(spec::CONF0, conf);
    b.advance(10_000);
    assert_eq!(b.read(spec::STATUS) & status::RXFIFO_CNT, 200 - 128);
}

#[test]
fn a_break_is_a_zero_byte_without_a_stop_bit() {
    let mut b = bench();
    b.write(spec::INT_ENA, int::BRK_DET);
    b.message(&DevMsg::UartBreak);
    assert!(b.irq(IrqSource::Uart0));
    assert_eq!(b.read(spec::INT_RAW) & (int::BRK_DET | int::FRM_ERR), int::BRK_DET | int::FRM_ERR);
    assert_eq!((b.read(spec::STATUS) & status::RXFIFO_CNT, b.read(spec::FIFO)), (1, 0));
}
