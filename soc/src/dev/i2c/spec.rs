//! Registers of an I2C controller.

crate::registers! {
    "I2C", "TRM chapter 11; soc/i2c_reg.h";
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

/// Fields of `CTR`.
pub mod ctr {
    /// Starts the command list.
    pub const TRANS_START: u32 = 1 << 5;
    /// Master mode.
    pub const MS_MODE: u32 = 1 << 4;
}

/// Fields of `SR`.
pub mod sr {
    /// Level of the last acknowledge bit (1: not acknowledged).
    pub const ACK_REC: u32 = 1 << 0;
    /// A transfer is in progress.
    pub const BUS_BUSY: u32 = 1 << 4;
    /// First bit of the number of bytes in the receive FIFO.
    pub const RXFIFO_CNT_S: u32 = 8;
    /// First bit of the number of bytes in the transmit FIFO.
    pub const TXFIFO_CNT_S: u32 = 18;
}

/// Fields of `FIFO_CONF`.
pub mod fifo_conf {
    /// Number of bytes from which the receive FIFO counts as full.
    pub const RXFIFO_FULL_THRHD: u32 = 0x1F;
    /// First bit of the number of bytes (5 bits) up to which the transmit FIFO counts as empty.
    pub const TXFIFO_EMPTY_THRHD_S: u32 = 5;
    /// Data is transferred through the RAM windows instead of the FIFOs.
    pub const NONFIFO_EN: u32 = 1 << 10;
    /// Empties the receive FIFO.
    pub const RX_FIFO_RST: u32 = 1 << 12;
    /// Empties the transmit FIFO.
    pub const TX_FIFO_RST: u32 = 1 << 13;
}

/// Bits of the interrupt registers.
pub mod int {
    /// Receive FIFO at or above its threshold.
    pub const RXFIFO_FULL: u32 = 1 << 0;
    /// Transmit FIFO at or below its threshold.
    pub const TXFIFO_EMPTY: u32 = 1 << 1;
    /// A byte was received into a full FIFO.
    pub const RXFIFO_OVF: u32 = 1 << 2;
    /// An END command was reached.
    pub const END_DETECT: u32 = 1 << 3;
    /// A WRITE or READ of the master is complete.
    pub const MASTER_TRAN_COMP: u32 = 1 << 6;
    /// A STOP was sent.
    pub const TRANS_COMPLETE: u32 = 1 << 7;
    /// A transfer was started.
    pub const TRANS_START: u32 = 1 << 9;
    /// The acknowledge bit did not have the expected level.
    pub const ACK_ERR: u32 = 1 << 10;
    /// The transmit FIFO had too few bytes for a WRITE.
    pub const TX_SEND_EMPTY: u32 = 1 << 12;
    /// All interrupts.
    pub const ALL: u32 = 0x1FFF;
}

/// Fields of `COMD`.
pub mod comd {
    /// Number of bytes of a WRITE or READ.
    pub const BYTE_NUM: u32 = 0xFF;
    /// Compare the acknowledge bit with `ACK_EXP`.
    pub const ACK_CHECK_EN: u32 = 1 << 8;
    /// Expected acknowledge level.
    pub const ACK_EXP: u32 = 1 << 9;
    /// First bit of the operation (3 bits).
    pub const OP_S: u32 = 11;
    /// The command is done.
    pub const DONE: u32 = 1 << 31;
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
