//! Registers of an I2S controller.

crate::registers! {
    "I2S", "TRM chapter 12; soc/i2s_reg.h";
    /// Write a sample to the transmit FIFO.
    FIFO_WR = 0x00, reset 0, Stored;
    /// Read a sample from the receive FIFO.
    FIFO_RD = 0x04, reset 0, Stored;
    /// Start, reset, channel order and role of both directions.
    CONF = 0x08, reset 0x0003_0300, Modelled;
    /// Interrupts, raw.
    INT_RAW = 0x0C, reset 0, Modelled;
    /// Interrupts, masked.
    INT_ST = 0x10, reset 0, Modelled;
    /// Interrupt enables.
    INT_ENA = 0x14, reset 0, Modelled;
    /// Write 1 to clear an interrupt.
    INT_CLR = 0x18, reset 0, Modelled;
    /// Delays of the pins.
    TIMING = 0x1C, reset 0, Stored;
    /// FIFO layout and DMA enable.
    FIFO_CONF = 0x20, reset 0x1820, Modelled;
    /// Received words to an end of frame.
    RXEOF_NUM = 0x24, reset 0x40, Modelled;
    /// Constant sent for a muted channel.
    CONF_SIGLE_DATA = 0x28, reset 0, Stored;
    /// Which channels are used.
    CONF_CHAN = 0x2C, reset 0, Stored;
    /// Transmit descriptors: address, start, stop.
    OUT_LINK = 0x30, reset 0, Modelled;
    /// Receive descriptors: address, start, stop.
    IN_LINK = 0x34, reset 0, Modelled;
    /// Last transmit descriptor with an end of frame.
    OUT_EOF_DES_ADDR = 0x38, reset 0, Modelled;
    /// Last receive descriptor with an end of frame.
    IN_EOF_DES_ADDR = 0x3C, reset 0, Modelled;
    /// Buffer of the last transmit descriptor with an end of frame.
    OUT_EOF_BFR_DES_ADDR = 0x40, reset 0, Stored;
    /// Test of the AHB port.
    AHB_TEST = 0x44, reset 0, Stored;
    /// Current receive descriptor.
    INLINK_DSCR = 0x48, reset 0, Modelled;
    /// The descriptor before.
    INLINK_DSCR_BF0 = 0x4C, reset 0, Stored;
    /// The one before that.
    INLINK_DSCR_BF1 = 0x50, reset 0, Stored;
    /// Current transmit descriptor.
    OUTLINK_DSCR = 0x54, reset 0, Modelled;
    /// The descriptor before.
    OUTLINK_DSCR_BF0 = 0x58, reset 0, Stored;
    /// The one before that.
    OUTLINK_DSCR_BF1 = 0x5C, reset 0, Stored;
    /// DMA configuration and resets.
    LC_CONF = 0x60, reset 0x100, Modelled;
    /// Push to the transmit FIFO by hand.
    OUTFIFO_PUSH = 0x64, reset 0, Stored;
    /// Pop from the receive FIFO by hand.
    INFIFO_POP = 0x68, reset 0, Stored;
    /// DMA state.
    LC_STATE0 = 0x6C, reset 0, Stored;
    /// DMA state.
    LC_STATE1 = 0x70, reset 0, Stored;
    /// FIFO timeout.
    LC_HUNG_CONF = 0x74, reset 0x810, Stored;
    /// CVSD codec limits.
    CVSD_CONF0 = 0x80, reset 0x8000_7FFF, Stored;
    /// CVSD codec step sizes.
    CVSD_CONF1 = 0x84, reset 0x000A_0500, Stored;
    /// CVSD codec coefficients.
    CVSD_CONF2 = 0x88, reset 0x0005_02A4, Stored;
    /// Packet-loss concealment.
    PLC_CONF0 = 0x8C, reset 0x08A8_0339, Stored;
    /// Packet-loss concealment.
    PLC_CONF1 = 0x90, reset 0xA017_8A05, Stored;
    /// Packet-loss concealment.
    PLC_CONF2 = 0x94, reset 0x28, Stored;
    /// eSCO data path.
    ESCO_CONF0 = 0x98, reset 0, Stored;
    /// SCO data path.
    SCO_CONF0 = 0x9C, reset 0, Stored;
    /// Companding and stop on empty.
    CONF1 = 0xA0, reset 0x89, Stored;
    /// Power of the memories.
    PD_CONF = 0xA4, reset 0xA, Stored;
    /// LCD, camera and ADC/DAC modes.
    CONF2 = 0xA8, reset 0, Modelled;
    /// Master clock source and divider.
    CLKM_CONF = 0xAC, reset 0x4, Modelled;
    /// Bit-clock dividers and sample widths.
    SAMPLE_RATE_CONF = 0xB0, reset 0x0041_0186, Modelled;
    /// Pulse-density modulation.
    PDM_CONF = 0xB4, reset 0x0155_0020, Stored;
    /// Pulse-density up-sampling ratio.
    PDM_FREQ_CONF = 0xB8, reset 0x000F_01E0, Stored;
    /// Idle and FIFO-reset state.
    STATE = 0xBC, reset 0x7, Modelled;
    /// Version date.
    DATE = 0xFC, reset 0x0160_4201, Stored;
}

/// Fields of `CONF`.
pub mod conf {
    /// The transmitter runs.
    pub const TX_START: u32 = 1 << 4;
    /// The receiver runs.
    pub const RX_START: u32 = 1 << 5;
}

/// Fields of `FIFO_CONF`.
pub mod fifo_conf {
    /// The FIFOs are served by DMA.
    pub const DSCR_EN: u32 = 1 << 12;
    /// First bit of the transmit sample layout (3 bits).
    pub const TX_FIFO_MOD_S: u32 = 13;
    /// First bit of the receive sample layout (3 bits).
    pub const RX_FIFO_MOD_S: u32 = 16;
}

/// Fields of `OUT_LINK` and `IN_LINK`.
pub mod link {
    /// Low 20 bits of the first descriptor's address.
    pub const ADDR: u32 = 0xF_FFFF;
    /// Stops the list.
    pub const STOP: u32 = 1 << 28;
    /// Starts the list at the address.
    pub const START: u32 = 1 << 29;
    /// Continues where the list ended.
    pub const RESTART: u32 = 1 << 30;
    /// Reads 1 while idle.
    pub const PARK: u32 = 1 << 31;
}

/// Fields of `LC_CONF`.
pub mod lc_conf {
    /// Resets the receive DMA.
    pub const IN_RST: u32 = 1 << 0;
    /// Resets the transmit DMA.
    pub const OUT_RST: u32 = 1 << 1;
    /// Returns sent transmit descriptors to the CPU (clears their owner bit).
    pub const OUT_AUTO_WRBACK: u32 = 1 << 6;
    /// Rejects descriptors that the CPU owns.
    pub const CHECK_OWNER: u32 = 1 << 12;
}

/// Fields of `CONF2`.
pub mod conf2 {
    /// LCD mode: one parallel sample per bit clock.
    pub const LCD_TX_WRX2_EN: u32 = 1 << 1;
}

/// Fields of `CLKM_CONF`.
pub mod clkm {
    /// Integral divider, 8 bits.
    pub const DIV_NUM: u32 = 0xFF;
    /// First bit of the numerator (6 bits).
    pub const DIV_B_S: u32 = 8;
    /// First bit of the denominator (6 bits).
    pub const DIV_A_S: u32 = 14;
    /// The audio PLL is the clock source.
    pub const CLKA_ENA: u32 = 1 << 21;
}

/// Fields of `STATE`.
pub mod state {
    /// Transmitter idle.
    pub const TX_IDLE: u32 = 1 << 0;
    /// FIFO resets in progress; set after power-on.
    pub const RESET_BACK: u32 = 3 << 1;
}

/// Bits of the interrupt registers.
pub mod int {
    /// A receive descriptor is full.
    pub const IN_DONE: u32 = 1 << 8;
    /// The number of words in `RXEOF_NUM` was received.
    pub const IN_SUC_EOF: u32 = 1 << 9;
    /// A transmit descriptor has been sent.
    pub const OUT_DONE: u32 = 1 << 11;
    /// A transmit descriptor with the end-of-frame bit has been sent.
    pub const OUT_EOF: u32 = 1 << 12;
    /// A receive descriptor is invalid.
    pub const IN_DSCR_ERR: u32 = 1 << 13;
    /// A transmit descriptor is invalid.
    pub const OUT_DSCR_ERR: u32 = 1 << 14;
    /// No receive descriptors are left.
    pub const IN_DSCR_EMPTY: u32 = 1 << 15;
    /// The transmit list has ended.
    pub const OUT_TOTAL_EOF: u32 = 1 << 16;
    /// All interrupts.
    pub const ALL: u32 = 0x1_FFFF;
}
