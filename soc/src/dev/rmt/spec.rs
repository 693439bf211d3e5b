//! Registers of the remote control peripheral (TRM chapter 15; IDF `soc/rmt_reg.h`).

crate::registers! {
    "RMT", "TRM 15; soc/rmt_reg.h";
    /// FIFO access to a channel's memory.
    CHDATA[8; 4] = 0x000, reset 0, Modelled;
    /// Divider, idle threshold, memory size; the carrier is kept only.
    CHCONF0[8; 8] = 0x020, reset 0x3110_0002, Modelled;
    /// Start, enable, loop, pointers, owner, idle level, filter.
    CHCONF1[8; 8] = 0x024, reset 0x0F20, Modelled;
    /// State, pointers and errors.
    CHSTATUS[8; 4] = 0x060, reset 0, Modelled;
    /// Address that FIFO access has reached.
    CHADDR[8; 4] = 0x080, reset 0, Modelled;
    /// Interrupts before the mask.
    INT_RAW = 0x0A0, reset 0, Modelled;
    /// Interrupts behind the mask.
    INT_ST = 0x0A4, reset 0, Modelled;
    /// Interrupt mask.
    INT_ENA = 0x0A8, reset 0, Modelled;
    /// Clears interrupts.
    INT_CLR = 0x0AC, reset 0, Modelled;
    /// Carrier's high and low time; the carrier is not modelled.
    CHCARRIER_DUTY[8; 4] = 0x0B0, reset 0x0040_0040, Stored;
    /// Items sent between two threshold events.
    CH_TX_LIM[8; 4] = 0x0D0, reset 0x80, Modelled;
    /// FIFO or direct memory access, wrap-around.
    APB_CONF = 0x0F0, reset 0, Modelled;
    /// Version.
    DATE = 0x0FC, reset 0x1602_2600, Stored;
    /// Memory: 64 words for each channel.
    MEM[512; 4] = 0x800, reset 0, Modelled;
}

/// `RMT_CHnCONF0_REG`.
pub mod conf0 {
    /// Clock divider; 0 is 256.
    pub const DIV_CNT: u32 = 0xFF;
    /// First bit of the idle threshold (16 bits).
    pub const IDLE_THRES_S: u32 = 8;
    /// First bit of the number of memory blocks (4 bits).
    pub const MEM_SIZE_S: u32 = 24;
}

/// `RMT_CHnCONF1_REG`.
pub mod conf1 {
    /// Starts a transmission.
    pub const TX_START: u32 = 1 << 0;
    /// Enables the receiver.
    pub const RX_EN: u32 = 1 << 1;
    /// Resets the receiver's position.
    pub const MEM_WR_RST: u32 = 1 << 2;
    /// Resets the transmitter's position.
    pub const MEM_RD_RST: u32 = 1 << 3;
    /// Resets the FIFO access pointer.
    pub const APB_MEM_RST: u32 = 1 << 4;
    /// The receiver owns the memory.
    pub const MEM_OWNER: u32 = 1 << 5;
    /// Repeats the transmission endlessly.
    pub const TX_CONTI: u32 = 1 << 6;
    /// Enables the input filter.
    pub const RX_FILTER_EN: u32 = 1 << 7;
    /// First bit of the filter's threshold in APB periods (8 bits).
    pub const RX_FILTER_THRES_S: u32 = 8;
    /// Resets the divider.
    pub const REF_CNT_RST: u32 = 1 << 16;
    /// Clock source: APB; if clear, REF_TICK.
    pub const REF_ALWAYS_ON: u32 = 1 << 17;
    /// Idle level.
    pub const IDLE_OUT_LV: u32 = 1 << 18;
    /// Drives the idle level.
    pub const IDLE_OUT_EN: u32 = 1 << 19;
}

/// `RMT_APB_CONF_REG`.
pub mod apb_conf {
    /// Memory is accessed directly, not through CHDATA.
    pub const FIFO_MASK: u32 = 1 << 0;
    /// A transmitter wraps around at the end of its memory.
    pub const MEM_TX_WRAP_EN: u32 = 1 << 1;
}

/// `RMT_CHnSTATUS_REG`.
pub mod status {
    /// First bit of the transmitter's address (10 bits).
    pub const RADDR_S: u32 = 12;
    /// First bit of the state (3 bits): 0 idle, 1 sending, 3 receiving.
    pub const STATE_S: u32 = 24;
    /// The receiver does not own its memory.
    pub const OWNER_ERR: u32 = 1 << 27;
    /// The receiver's memory is full.
    pub const FULL: u32 = 1 << 28;
    /// The transmitter's memory has no end mark.
    pub const EMPTY: u32 = 1 << 29;
}
