//! Registers of an I2C controller.

crate::registers! {
    "I2C", "TRM chapter 11; soc/i2c_reg.h", FIELDS;
    /// APB clocks that SCL stays low.
    SCL_LOW_PERIOD = 0x00, reset 0, Modelled;
    /// Mode, bit order, start of a transfer.
    CTR = 0x04, reset 0x3, Modelled;
    /// Bus and FIFO state.
    SR = 0x08, reset 0, Modelled;
    /// APB clocks until a stalled bus times out.
    TO = 0x0C, reset 0, Stored;
    /// Own address in slave mode.
    SLAVE_ADDR = 0x10, reset 0, Stored;
    /// FIFO read and write positions.
    RXFIFO_ST = 0x14, reset 0, Modelled;
    /// FIFO thresholds, resets and access mode.
    FIFO_CONF = 0x18, reset 0x0155_408B, Modelled;
    /// Write: byte to the transmit FIFO; read: byte from the receive FIFO.
    DATA = 0x1C, reset 0, Modelled;
    /// Interrupts, raw.
    INT_RAW = 0x20, reset 0, Modelled;
    /// Write 1 to clear an interrupt.
    INT_CLR = 0x24, reset 0, Modelled;
    /// Interrupt enables.
    INT_ENA = 0x28, reset 0, Modelled;
    /// Interrupts, masked.
    INT_STATUS = 0x2C, reset 0, Modelled;
    /// APB clocks SDA is held after SCL falls.
    SDA_HOLD = 0x30, reset 0, Stored;
    /// APB clocks from SCL rising to sampling SDA.
    SDA_SAMPLE = 0x34, reset 0, Stored;
    /// APB clocks that SCL stays high.
    SCL_HIGH_PERIOD = 0x38, reset 0, Modelled;
    /// APB clocks from SDA to SCL falling in a START.
    SCL_START_HOLD = 0x40, reset 0x8, Stored;
    /// APB clocks from SCL rising to SDA falling in a repeated START.
    SCL_RSTART_SETUP = 0x44, reset 0x8, Stored;
    /// APB clocks the bus is held after a STOP.
    SCL_STOP_HOLD = 0x48, reset 0, Stored;
    /// APB clocks from SCL to SDA rising in a STOP.
    SCL_STOP_SETUP = 0x4C, reset 0, Stored;
    /// Glitch filter of SCL.
    SCL_FILTER_CFG = 0x50, reset 0x8, Stored;
    /// Glitch filter of SDA.
    SDA_FILTER_CFG = 0x54, reset 0x8, Stored;
    /// Command list: opcode, acknowledge bits, byte count, done.
    COMD[16; 4] = 0x58, reset 0, Modelled;
    /// Version date.
    DATE = 0xF8, reset 0x1604_2000, Stored;
    /// Transmit RAM, a byte a word, for access without the FIFO.
    TX_RAM[32; 4] = 0x100, reset 0, Modelled;
    /// Receive RAM, a byte a word, for access without the FIFO.
    RX_RAM[32; 4] = 0x180, reset 0, Modelled;
}

crate::fields! {
    /// Fields of `CTR`.
    pub mod ctr of CTR {
        SDA_FORCE_OUT = 1;
        SCL_FORCE_OUT = 1 << 1;
        SAMPLE_SCL_LEVEL = 1 << 2;
        /// Master mode.
        MS_MODE = 1 << 4;
        /// Starts the command list.
        TRANS_START = 1 << 5;
        TX_LSB_FIRST = 1 << 6;
        RX_LSB_FIRST = 1 << 7;
        CLK_EN = 1 << 8;
    }

    /// Fields of `SR`.
    pub mod sr of SR {
        /// Level of the last acknowledge bit (1: not acknowledged).
        ACK_REC = 1 << 0;
        SLAVE_RW = 1 << 1;
        TIME_OUT = 1 << 2;
        ARB_LOST = 1 << 3;
        /// A transfer is in progress.
        BUS_BUSY = 1 << 4;
        SLAVE_ADDRESSED = 1 << 5;
        BYTE_TRANS = 1 << 6;
        RXFIFO_CNT = 0x3f << 8;
        TXFIFO_CNT = 0x3f << 18;
        SCL_MAIN_STATE_LAST = 0x7 << 24;
        SCL_STATE_LAST = 0x7 << 28;
    } with {
        /// First bit of the number of bytes in the receive FIFO.
        pub const RXFIFO_CNT_S: u32 = RXFIFO_CNT.trailing_zeros();
        /// First bit of the number of bytes in the transmit FIFO.
        pub const TXFIFO_CNT_S: u32 = TXFIFO_CNT.trailing_zeros();
    }

    /// Fields of `FIFO_CONF`.
    pub mod fifo_conf of FIFO_CONF {
        /// Number of bytes from which the receive FIFO counts as full.
        RXFIFO_FULL_THRHD = 0x1F;
        TXFIFO_EMPTY_THRHD = 0x1f << 5;
        /// Data is transferred through the RAM windows instead of the FIFOs.
        NONFIFO_EN = 1 << 10;
        FIFO_ADDR_CFG_EN = 1 << 11;
        /// Empties the receive FIFO.
        RX_FIFO_RST = 1 << 12;
        /// Empties the transmit FIFO.
        TX_FIFO_RST = 1 << 13;
        NONFIFO_RX_THRES = 0x3f << 14;
        NONFIFO_TX_THRES = 0x3f << 20;
    } with {
        /// First bit of the number of bytes (5 bits) up to which the transmit FIFO counts as empty.
        pub const TXFIFO_EMPTY_THRHD_S: u32 = TXFIFO_EMPTY_THRHD.trailing_zeros();
    }

    /// Bits of the interrupt registers.
    pub mod int of INT_RAW INT_CLR INT_ENA INT_STATUS {
        /// Receive FIFO at or above its threshold.
        RXFIFO_FULL = 1 << 0;
        /// Transmit FIFO at or below its threshold.
        TXFIFO_EMPTY = 1 << 1;
        /// A byte was received into a full FIFO.
        RXFIFO_OVF = 1 << 2;
        /// An END command was reached.
        END_DETECT = 1 << 3;
        SLAVE_TRAN_COMP = 1 << 4;
        ARBITRATION_LOST = 1 << 5;
        /// A WRITE or READ of the master is complete.
        MASTER_TRAN_COMP = 1 << 6;
        /// A STOP was sent.
        TRANS_COMPLETE = 1 << 7;
        TIME_OUT = 1 << 8;
        /// A transfer was started.
        TRANS_START = 1 << 9;
        /// The acknowledge bit did not have the expected level.
        ACK_ERR = 1 << 10;
        RX_REC_FULL = 1 << 11;
        /// The transmit FIFO had too few bytes for a WRITE.
        TX_SEND_EMPTY = 1 << 12;
    } with {
        /// All interrupts.
        pub const ALL: u32 = 0x1FFF;
    }

    /// Fields of `COMD`.
    pub mod comd of COMD {
        /// Number of bytes of a WRITE or READ.
        BYTE_NUM = 0xFF;
        /// Compare the acknowledge bit with `ACK_EXP`.
        ACK_CHECK_EN = 1 << 8;
        /// Expected acknowledge level.
        ACK_EXP = 1 << 9;
        ACK_VALUE = 1 << 10;
        OP_CODE = 0x7 << 11;
        /// The command is done.
        DONE = 1 << 31;
    } with {
        /// First bit of the operation (3 bits).
        pub const OP_S: u32 = OP_CODE.trailing_zeros();
        /// Operation: START or repeated START.
        pub const RSTART: u32 = 0;
        /// Operation: send bytes.
        pub const WRITE: u32 = 1;
        /// Operation: receive bytes.
        pub const READ: u32 = 2;
        /// Operation: STOP, end of the list.
        pub const STOP: u32 = 3;
        /// Operation: pause, end of the list.
        pub const END: u32 = 4;
    }
}
