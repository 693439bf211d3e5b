//! UART, I2C, SPI, I2S, TWAI, Ethernet.

use super::Chip;
use esplens_soc::dev::DevId;
use esplens_soc::dev::{eth, i2c, i2s, spi, twai, uart};

/// Configures 115200 baud, 8N1 at APB 80 MHz.
fn uart_115200(c: &mut Chip, id: DevId) {
    c.write(id, uart::spec::CLKDIV, 694 | 7 << 20);
    c.set(id, uart::spec::CONF0, 0xFF, 3 << 2 | 1 << 4 | uart::spec::conf0::TICK_REF_ALWAYS_ON);
    c.set(id, uart::spec::CONF0, 0, uart::spec::conf0::RXFIFO_RST | uart::spec::conf0::TXFIFO_RST);
    c.set(id, uart::spec::CONF0, uart::spec::conf0::RXFIFO_RST | uart::spec::conf0::TXFIFO_RST, 0);
}

/// `uart_wait_tx_done`: TX_DONE, then (`uart_ll_is_tx_idle`) an empty FIFO and an idle transmitter.
#[test]
fn uart_wait_tx_done() {
    let mut c = Chip::powered();
    uart_115200(&mut c, DevId::Uart1);
    for byte in b"0123456789" {
        c.write(DevId::Uart1, uart::spec::FIFO, (*byte).into());
    }
    let us = c.wait_set("TX_DONE", 1000, DevId::Uart1, uart::spec::INT_RAW, uart::spec::int_raw::TX_DONE);
    assert!((860..=880).contains(&us), "100 bits at 115200 baud took {us} us");
    let busy = uart::spec::status::TXFIFO_CNT | uart::spec::status::ST_UTX_OUT;
    c.wait_clear("uart_ll_is_tx_idle", 1, DevId::Uart1, uart::spec::STATUS, busy);
}

/// `uart_set_pin` of UART1's TX and UART2's RX to one pad, then `uart_write_bytes` and `uart_read_bytes`.
#[test]
fn uart_write_bytes_reaches_another_uart_over_a_pad() {
    let mut c = Chip::powered();
    uart_115200(&mut c, DevId::Uart1);
    uart_115200(&mut c, DevId::Uart2);
    c.route(4, Some(17), &[198]);
    for byte in b"matrix" {
        c.write(DevId::Uart1, uart::spec::FIFO, (*byte).into());
    }
    let us = c.wait("six bytes", 1000, |c| c.read(DevId::Uart2, uart::spec::STATUS) & 0xFF == 6);
    assert!((515..=530).contains(&us), "60 bits took {us} us");
    let got: Vec<u8> = (0..6).map(|_| c.read(DevId::Uart2, uart::spec::FIFO) as u8).collect();
    assert_eq!(got, b"matrix");
    assert_eq!(c.read(DevId::Uart0, uart::spec::STATUS) & 0xFF, 0, "UART0 is not joined");
}

/// `i2c_master_cmd_begin` to an address without a device: ACK_ERR, then the bus idle (`i2c_ll_is_bus_busy`).
#[test]
fn i2c_master_cmd_begin_without_a_slave() {
    use i2c::spec::*;
    let mut c = Chip::powered();
    let id = DevId::I2c0;
    c.write(id, SCL_LOW_PERIOD, 400);
    c.write(id, SCL_HIGH_PERIOD, 400);
    c.write(id, CTR, ctr::MS_MODE | 3);
    c.set(id, FIFO_CONF, 0, fifo_conf::TX_FIFO_RST | fifo_conf::RX_FIFO_RST);
    c.set(id, FIFO_CONF, fifo_conf::TX_FIFO_RST | fifo_conf::RX_FIFO_RST, 0);
    c.write(id, DATA, 0x78);
    c.write(id, COMD, comd::RSTART << comd::OP_S);
    c.write(id, COMD + 4, comd::WRITE << comd::OP_S | comd::ACK_CHECK_EN | 1);
    c.write(id, COMD + 8, comd::STOP << comd::OP_S);
    c.write(id, INT_CLR, u32::MAX);
    c.set(id, CTR, 0, ctr::TRANS_START);
    c.wait_set("i2c_master_cmd_begin", 200, id, INT_RAW, int::ACK_ERR | int::TRANS_COMPLETE);
    assert_ne!(c.read(id, INT_RAW) & int::ACK_ERR, 0);
    c.wait_clear("i2c_ll_is_bus_busy", 50, id, SR, sr::BUS_BUSY);
}

/// `spi_device_polling_transmit` of IDF's loop-back test: MOSI and MISO on one pad, full duplex; `spi_ll_usr_is_done`.
#[test]
fn spi_device_polling_transmit_hears_itself_over_a_pad() {
    use spi::spec::*;
    let mut c = Chip::powered();
    let id = DevId::Spi2;
    c.route(13, Some(10), &[9]);
    c.write(id, CLOCK, 7 << 18 | 9 << 12 | 4 << 6 | 9); // 1 MHz
    c.write(id, USER, user::USR_MOSI | user::USR_MISO | user::DOUTDIN);
    c.write(id, MOSI_DLEN, 63);
    c.write(id, MISO_DLEN, 63);
    c.write(id, W, 0x4433_2211);
    c.write(id, W + 4, 0x8877_6655);
    c.set(id, SLAVE, slave::TRANS_DONE, 0);
    c.write(id, CMD, cmd::USR);
    let us = c.wait_set("spi_ll_usr_is_done", 100, id, SLAVE, slave::TRANS_DONE);
    assert!((63..=66).contains(&us), "64 bits took {us} us");
    assert_eq!((c.read(id, W), c.read(id, W + 4)), (0x4433_2211, 0x8877_6655));
    // Without routing over the pad, MISO is not driven.
    c.route(12, None, &[9]);
    c.write(id, CMD, cmd::USR);
    c.wait_clear("spi_ll_usr_is_done", 100, id, CMD, cmd::USR);
    assert_ne!(c.read(id, W), 0x4433_2211);
}

/// `i2s_channel_write`: the resets that old drivers wait for, then an OUT_EOF for each buffer.
#[test]
fn i2s_channel_write() {
    use i2s::spec::*;
    let mut c = Chip::powered();
    let id = DevId::I2s0;
    let words = [1 << 31 | 1 << 30 | 1764 << 12 | 1764, 0x3FFB_1000, 0x3FFB_0000u32];
    c.poke(0x3FFB_0000, &words.map(u32::to_le_bytes).concat());
    c.set(id, CONF, 0, 0xF);
    c.set(id, CONF, 0xF, 0);
    c.wait_clear("i2s_ll_*_reset_fifo", 10, id, STATE, state::RESET_BACK);
    c.write(id, CLKM_CONF, 14 | 11 << clkm::DIV_B_S | 59 << clkm::DIV_A_S | 1 << 20);
    c.write(id, SAMPLE_RATE_CONF, 8 | 8 << 6 | 16 << 12 | 16 << 18);
    c.write(id, FIFO_CONF, 0x1820);
    c.write(id, OUT_LINK, (0x3FFB_0000 & link::ADDR) | link::START);
    c.set(id, CONF, 0, conf::TX_START);
    let us = c.wait_set("i2s_channel_write", 20_000, id, INT_RAW, int::OUT_EOF);
    assert!((9_800..=10_200).contains(&us), "10 ms of sound took {us} us");
}

/// `twai_transmit` in self-test mode: the transmit buffer is released and the frame received.
#[test]
fn twai_transmit_self_test() {
    use twai::spec::*;
    let mut c = Chip::powered();
    let id = DevId::Twai;
    c.write(id, MODE, mode::RM);
    c.wait_set("twai_ll_is_in_reset_mode", 1, id, MODE, mode::RM);
    c.write(id, CLOCK_DIVIDER, 0x80);
    for i in 0..4 {
        c.write(id, TX_RX_BUFFER + 16 + 4 * i, 0xFF);
    }
    c.write(id, BUS_TIMING_0, 3);
    c.write(id, BUS_TIMING_1, 14 | 3 << 4);
    c.write(id, MODE, mode::RM | mode::AFM | mode::STM);
    c.write(id, MODE, mode::AFM | mode::STM);
    c.wait_clear("twai_ll_exit_reset_mode", 1, id, MODE, mode::RM);
    for (i, byte) in [1, 0x24, 0x60, 0xAA].into_iter().enumerate() {
        c.write(id, TX_RX_BUFFER + 4 * i as u32, byte);
    }
    c.write(id, COMMAND, command::SRR);
    c.wait_set("twai_transmit", 200, id, STATUS, status::TBS);
    c.wait_set("twai_receive", 200, id, STATUS, status::RBS);
    assert_eq!(c.read(id, TX_RX_BUFFER + 12), 0xAA);
}

/// `esp_eth_mac_new_esp32`: the controller is open_eth as long as only its registers are read. The first access to the
/// EMAC's clock registers (`emac_hal_iomux_rmii_clk_input`) switches to the EMAC, with one warning. Then the waits of
/// `emac_hal_reset` and the MII.
#[test]
fn emac_init_order_switches_from_open_eth_once() {
    use esplens_soc::dev::emac::spec as emac;
    let mut c = Chip::powered();
    let id = DevId::Eth;
    assert_eq!(c.read(id, eth::spec::MODER), 0xA000, "open_eth's driver looks for this");
    assert!(c.warnings().is_empty());
    c.set(id, emac::EX_CLK_CTRL, 0, 1);
    c.set(id, emac::EX_PHYINF_CONF, 7 << 13, 4 << 13);
    c.set(id, emac::DMABUSMODE, 0, 1);
    c.wait_clear("emac_hal_is_reset_done", 1000, id, emac::DMABUSMODE, 1);
    c.write(id, emac::EMACGMIIADDR, 1 << 11 | 2 << 6 | 1);
    c.wait_clear("emac_esp32_read_phy_reg", 1000, id, emac::EMACGMIIADDR, 1);
    c.set(id, emac::DMAOPERATION_MODE, 0, 1 << 20);
    c.wait_clear("emac_hal_flush_trans_fifo", 1, id, emac::DMAOPERATION_MODE, 1 << 20);
    c.wait_clear("emac_hal_stop", 1, id, emac::EMACDEBUG, 3 << 17);
    let warnings = c.warnings();
    assert_eq!(warnings.iter().filter(|w| w.contains("EMAC")).count(), 1, "{warnings:?}");
}
