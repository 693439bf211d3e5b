//! Registers of UART.

crate::registers! {
    "UART", "TRM 13, soc/uart_reg.h";
    /// Reading takes a byte from the RX FIFO, writing puts one into the TX FIFO.
    FIFO = 0x00, reset 0x0, Modelled;
    /// Interrupt conditions seen, enabled or not.
    INT_RAW = 0x04, reset 0x0, Modelled;
    /// Conditions that are seen and enabled.
    INT_ST = 0x08, reset 0x0, Modelled;
    /// Which conditions raise the interrupt line.
    INT_ENA = 0x0c, reset 0x0, Modelled;
    /// Write ones to forget conditions.
    INT_CLR = 0x10, reset 0x0, Modelled;
    /// Clock periods a bit: integer part and sixteenths.
    CLKDIV = 0x14, reset 0x2b6, Modelled;
    /// Baud measurement on the receive line, and its glitch filter.
    AUTOBAUD = 0x18, reset 0x1000, Modelled;
    /// FIFO counts, transmitter state and line levels.
    STATUS = 0x1c, reset 0x0, Modelled;
    /// Frame format, clock selection, FIFO resets, loopback, break.
    CONF0 = 0x20, reset 0x800001c, Modelled;
    /// FIFO thresholds and the receive time-out.
    CONF1 = 0x24, reset 0x6060, Modelled;
    /// Shortest low pulse measured, in clock periods.
    LOWPULSE = 0x28, reset 0xfffff, Modelled;
    /// Shortest high pulse measured, in clock periods.
    HIGHPULSE = 0x2c, reset 0xfffff, Modelled;
    /// Edges seen while measuring.
    RXD_CNT = 0x30, reset 0x0, Modelled;
    /// Software flow control.
    FLOW_CONF = 0x34, reset 0x0, Stored;
    /// Edges that wake the chip from light sleep.
    SLEEP_CONF = 0x38, reset 0xf0, Stored;
    /// XON and XOFF characters and thresholds.
    SWFC_CONF = 0x3c, reset 0x1311e000, Stored;
    /// Length of a break and idle thresholds, in bits.
    IDLE_CONF = 0x40, reset 0xa40100, Modelled;
    /// RS-485 mode.
    RS485_CONF = 0x44, reset 0x0, Stored;
    /// Quiet time before an AT_CMD sequence, in clock periods.
    AT_CMD_PRECNT = 0x48, reset 0x186a00, Modelled;
    /// Quiet time after an AT_CMD sequence, in clock periods.
    AT_CMD_POSTCNT = 0x4c, reset 0x186a00, Modelled;
    /// Longest gap inside an AT_CMD sequence, in clock periods.
    AT_CMD_GAPTOUT = 0x50, reset 0x1e00, Modelled;
    /// The AT_CMD character and how many make a sequence.
    AT_CMD_CHAR = 0x54, reset 0x32b, Modelled;
    /// FIFO sizes in blocks of 128 bytes, high bits of thresholds.
    MEM_CONF = 0x58, reset 0x88, Modelled;
    /// Write and read pointers of the TX FIFO.
    MEM_TX_STATUS = 0x5c, reset 0x0, Modelled;
    /// Write and read pointers of the RX FIFO.
    MEM_RX_STATUS = 0x60, reset 0x0, Modelled;
    /// High bits of the FIFO counts.
    MEM_CNT_STATUS = 0x64, reset 0x0, Modelled;
    /// Shortest distance of rising edges measured.
    POSPULSE = 0x68, reset 0xfffff, Modelled;
    /// Shortest distance of falling edges measured.
    NEGPULSE = 0x6c, reset 0xfffff, Modelled;
    /// Version of the design.
    DATE = 0x78, reset 0x15122500, Stored;
    /// Identification, free to use.
    ID = 0x7c, reset 0x500, Stored;
}

/// Fields of [`INT_RAW`], as masks.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod int_raw {
    pub const RXFIFO_FULL: u32 = 1;
    pub const TXFIFO_EMPTY: u32 = 1 << 1;
    pub const PARITY_ERR: u32 = 1 << 2;
    pub const FRM_ERR: u32 = 1 << 3;
    pub const RXFIFO_OVF: u32 = 1 << 4;
    pub const DSR_CHG: u32 = 1 << 5;
    pub const CTS_CHG: u32 = 1 << 6;
    pub const BRK_DET: u32 = 1 << 7;
    pub const RXFIFO_TOUT: u32 = 1 << 8;
    pub const SW_XON: u32 = 1 << 9;
    pub const SW_XOFF: u32 = 1 << 10;
    pub const GLITCH_DET: u32 = 1 << 11;
    pub const TX_BRK_DONE: u32 = 1 << 12;
    pub const TX_BRK_IDLE_DONE: u32 = 1 << 13;
    pub const TX_DONE: u32 = 1 << 14;
    pub const RS485_PARITY_ERR: u32 = 1 << 15;
    pub const RS485_FRM_ERR: u32 = 1 << 16;
    pub const RS485_CLASH: u32 = 1 << 17;
    pub const AT_CMD_CHAR_DET: u32 = 1 << 18;
}

/// Fields of [`CLKDIV`], as masks.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod clkdiv {
    pub const CLKDIV: u32 = 0xfffff;
    pub const CLKDIV_FRAG: u32 = 0xf << 20;
}

/// Fields of [`AUTOBAUD`], as masks.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod autobaud {
    pub const AUTOBAUD_EN: u32 = 1;
    pub const GLITCH_FILT: u32 = 0xff << 8;
}

/// Fields of [`STATUS`], as masks.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod status {
    pub const RXFIFO_CNT: u32 = 0xff;
    pub const ST_URX_OUT: u32 = 0xf << 8;
    pub const DSRN: u32 = 1 << 13;
    pub const CTSN: u32 = 1 << 14;
    pub const RXD: u32 = 1 << 15;
    pub const TXFIFO_CNT: u32 = 0xff << 16;
    pub const ST_UTX_OUT: u32 = 0xf << 24;
    pub const DTRN: u32 = 1 << 29;
    pub const RTSN: u32 = 1 << 30;
    pub const TXD: u32 = 1 << 31;
}

/// Fields of [`CONF0`], as masks.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod conf0 {
    pub const PARITY: u32 = 1;
    pub const PARITY_EN: u32 = 1 << 1;
    pub const BIT_NUM: u32 = 0x3 << 2;
    pub const STOP_BIT_NUM: u32 = 0x3 << 4;
    pub const SW_RTS: u32 = 1 << 6;
    pub const SW_DTR: u32 = 1 << 7;
    pub const TXD_BRK: u32 = 1 << 8;
    pub const IRDA_DPLX: u32 = 1 << 9;
    pub const IRDA_TX_EN: u32 = 1 << 10;
    pub const IRDA_WCTL: u32 = 1 << 11;
    pub const IRDA_TX_INV: u32 = 1 << 12;
    pub const IRDA_RX_INV: u32 = 1 << 13;
    pub const LOOPBACK: u32 = 1 << 14;
    pub const TX_FLOW_EN: u32 = 1 << 15;
    pub const IRDA_EN: u32 = 1 << 16;
    pub const RXFIFO_RST: u32 = 1 << 17;
    pub const TXFIFO_RST: u32 = 1 << 18;
    pub const RXD_INV: u32 = 1 << 19;
    pub const CTS_INV: u32 = 1 << 20;
    pub const DSR_INV: u32 = 1 << 21;
    pub const TXD_INV: u32 = 1 << 22;
    pub const RTS_INV: u32 = 1 << 23;
    pub const DTR_INV: u32 = 1 << 24;
    pub const CLK_EN: u32 = 1 << 25;
    pub const ERR_WR_MASK: u32 = 1 << 26;
    pub const TICK_REF_ALWAYS_ON: u32 = 1 << 27;
}

/// Fields of [`CONF1`], as masks.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod conf1 {
    pub const RXFIFO_FULL_THRHD: u32 = 0x7f;
    pub const TXFIFO_EMPTY_THRHD: u32 = 0x7f << 8;
    pub const RX_FLOW_THRHD: u32 = 0x7f << 16;
    pub const RX_FLOW_EN: u32 = 1 << 23;
    pub const RX_TOUT_THRHD: u32 = 0x7f << 24;
    pub const RX_TOUT_EN: u32 = 1 << 31;
}

/// Fields of [`FLOW_CONF`], as masks.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod flow_conf {
    pub const SW_FLOW_CON_EN: u32 = 1;
}

/// Fields of [`IDLE_CONF`], as masks.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod idle_conf {
    pub const RX_IDLE_THRHD: u32 = 0x3ff;
    pub const TX_IDLE_NUM: u32 = 0x3ff << 10;
    pub const TX_BRK_NUM: u32 = 0xff << 20;
}

/// Fields of [`RS485_CONF`], as masks.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod rs485_conf {
    pub const RS485_EN: u32 = 1;
}

/// Fields of [`AT_CMD_CHAR`], as masks.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod at_cmd_char {
    pub const AT_CMD_CHAR: u32 = 0xff;
    pub const CHAR_NUM: u32 = 0xff << 8;
}

/// Fields of [`MEM_CONF`], as masks.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod mem_conf {
    pub const RX_SIZE: u32 = 0xf << 3;
    pub const TX_SIZE: u32 = 0xf << 7;
    pub const RX_TOUT_THRHD_H3: u32 = 0x7 << 18;
    pub const RX_MEM_FULL_THRHD: u32 = 0x7 << 25;
    pub const TX_MEM_EMPTY_THRHD: u32 = 0x7 << 28;
}
