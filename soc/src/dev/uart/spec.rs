//! Registers of UART.

crate::registers! {
    "UART", "TRM 13, soc/uart_reg.h", FIELDS;
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

crate::fields! {
    /// Fields of [`INT_RAW`], as masks.
    pub mod int_raw of INT_RAW INT_ST INT_ENA INT_CLR {
        RXFIFO_FULL = 1;
        TXFIFO_EMPTY = 1 << 1;
        PARITY_ERR = 1 << 2;
        FRM_ERR = 1 << 3;
        RXFIFO_OVF = 1 << 4;
        DSR_CHG = 1 << 5;
        CTS_CHG = 1 << 6;
        BRK_DET = 1 << 7;
        RXFIFO_TOUT = 1 << 8;
        SW_XON = 1 << 9;
        SW_XOFF = 1 << 10;
        GLITCH_DET = 1 << 11;
        TX_BRK_DONE = 1 << 12;
        TX_BRK_IDLE_DONE = 1 << 13;
        TX_DONE = 1 << 14;
        RS485_PARITY_ERR = 1 << 15;
        RS485_FRM_ERR = 1 << 16;
        RS485_CLASH = 1 << 17;
        AT_CMD_CHAR_DET = 1 << 18;
    }

    /// Fields of [`CLKDIV`], as masks.
    pub mod clkdiv of CLKDIV {
        CLKDIV = 0xfffff;
        CLKDIV_FRAG = 0xf << 20;
    }

    /// Fields of [`AUTOBAUD`], as masks.
    pub mod autobaud of AUTOBAUD {
        AUTOBAUD_EN = 1;
        GLITCH_FILT = 0xff << 8;
    }

    /// Fields of [`STATUS`], as masks.
    pub mod status of STATUS {
        RXFIFO_CNT = 0xff;
        ST_URX_OUT = 0xf << 8;
        DSRN = 1 << 13;
        CTSN = 1 << 14;
        RXD = 1 << 15;
        TXFIFO_CNT = 0xff << 16;
        ST_UTX_OUT = 0xf << 24;
        DTRN = 1 << 29;
        RTSN = 1 << 30;
        TXD = 1 << 31;
    }

    /// Fields of [`CONF0`], as masks.
    pub mod conf0 of CONF0 {
        PARITY = 1;
        PARITY_EN = 1 << 1;
        BIT_NUM = 0x3 << 2;
        STOP_BIT_NUM = 0x3 << 4;
        SW_RTS = 1 << 6;
        SW_DTR = 1 << 7;
        TXD_BRK = 1 << 8;
        IRDA_DPLX = 1 << 9;
        IRDA_TX_EN = 1 << 10;
        IRDA_WCTL = 1 << 11;
        IRDA_TX_INV = 1 << 12;
        IRDA_RX_INV = 1 << 13;
        LOOPBACK = 1 << 14;
        TX_FLOW_EN = 1 << 15;
        IRDA_EN = 1 << 16;
        RXFIFO_RST = 1 << 17;
        TXFIFO_RST = 1 << 18;
        RXD_INV = 1 << 19;
        CTS_INV = 1 << 20;
        DSR_INV = 1 << 21;
        TXD_INV = 1 << 22;
        RTS_INV = 1 << 23;
        DTR_INV = 1 << 24;
        CLK_EN = 1 << 25;
        ERR_WR_MASK = 1 << 26;
        TICK_REF_ALWAYS_ON = 1 << 27;
    }

    /// Fields of [`CONF1`], as masks.
    pub mod conf1 of CONF1 {
        RXFIFO_FULL_THRHD = 0x7f;
        TXFIFO_EMPTY_THRHD = 0x7f << 8;
        RX_FLOW_THRHD = 0x7f << 16;
        RX_FLOW_EN = 1 << 23;
        RX_TOUT_THRHD = 0x7f << 24;
        RX_TOUT_EN = 1 << 31;
    }

    /// Fields of [`FLOW_CONF`], as masks.
    pub mod flow_conf of FLOW_CONF {
        SW_FLOW_CON_EN = 1;
        XONOFF_DEL = 1 << 1;
        FORCE_XON = 1 << 2;
        FORCE_XOFF = 1 << 3;
        SEND_XON = 1 << 4;
        SEND_XOFF = 1 << 5;
    }

    /// Fields of [`IDLE_CONF`], as masks.
    pub mod idle_conf of IDLE_CONF {
        RX_IDLE_THRHD = 0x3ff;
        TX_IDLE_NUM = 0x3ff << 10;
        TX_BRK_NUM = 0xff << 20;
    }

    /// Fields of [`RS485_CONF`], as masks.
    pub mod rs485_conf of RS485_CONF {
        RS485_EN = 1;
        DL0_EN = 1 << 1;
        DL1_EN = 1 << 2;
        RS485TX_RX_EN = 1 << 3;
        RS485RXBY_TX_EN = 1 << 4;
        RS485_RX_DLY_NUM = 1 << 5;
        RS485_TX_DLY_NUM = 0xf << 6;
    }

    /// Fields of [`AT_CMD_CHAR`], as masks.
    pub mod at_cmd_char of AT_CMD_CHAR {
        AT_CMD_CHAR = 0xff;
        CHAR_NUM = 0xff << 8;
    }

    /// Fields of [`MEM_CONF`], as masks.
    pub mod mem_conf of MEM_CONF {
        RX_SIZE = 0xf << 3;
        TX_SIZE = 0xf << 7;
        RX_TOUT_THRHD_H3 = 0x7 << 18;
        RX_MEM_FULL_THRHD = 0x7 << 25;
        TX_MEM_EMPTY_THRHD = 0x7 << 28;
    }
}
