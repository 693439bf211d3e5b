//! Registers of the TWAI (CAN 2.0) controller.

crate::registers! {
    "TWAI", "TRM chapter 14; soc/twai_struct.h (SJA1000 layout)";
    /// Reset, listen-only, self-test and filter modes.
    MODE = 0x00, reset 0x1, Modelled;
    /// Transmit, abort, release, clear overrun, self-reception.
    COMMAND = 0x04, reset 0, Modelled;
    /// Buffers, transmission, errors, bus.
    STATUS = 0x08, reset 0x0C, Modelled;
    /// Interrupts; reading clears them.
    INTERRUPT = 0x0C, reset 0, Modelled;
    /// Interrupt enables, and the extra halving of the bit clock.
    INTERRUPT_ENABLE = 0x10, reset 0, Modelled;
    /// Prescaler and jump width.
    BUS_TIMING_0 = 0x18, reset 0, Modelled;
    /// Segments of a bit.
    BUS_TIMING_1 = 0x1C, reset 0, Modelled;
    /// Bit in which arbitration was lost; always 0, as this bus has no other node.
    ARBITRATION_LOST_CAPTURE = 0x2C, reset 0, Modelled;
    /// Kind and place of the last bus error.
    ERROR_CODE_CAPTURE = 0x30, reset 0, Modelled;
    /// Count from which errors are worth a warning.
    ERROR_WARNING_LIMIT = 0x34, reset 0x60, Modelled;
    /// Receive error counter.
    RX_ERROR_COUNTER = 0x38, reset 0, Modelled;
    /// Transmit error counter.
    TX_ERROR_COUNTER = 0x3C, reset 0, Modelled;
    /// Frame to send or received; in reset mode four acceptance codes and four masks.
    TX_RX_BUFFER[13; 4] = 0x40, reset 0, Modelled;
    /// Frames in the receive FIFO.
    RX_MESSAGE_COUNTER = 0x74, reset 0, Modelled;
    /// Clock output and register layout.
    CLOCK_DIVIDER = 0x7C, reset 0, Stored;
}

/// Fields of `MODE`.
pub mod mode {
    /// Reset mode.
    pub const RM: u32 = 1 << 0;
    /// Listen only.
    pub const LOM: u32 = 1 << 1;
    /// Self-test: no acknowledge needed.
    pub const STM: u32 = 1 << 2;
    /// One filter instead of two.
    pub const AFM: u32 = 1 << 3;
}

/// Fields of `COMMAND`.
pub mod command {
    /// Transmit.
    pub const TR: u32 = 1 << 0;
    /// Abort; together with a request: one attempt only.
    pub const AT: u32 = 1 << 1;
    /// Release the receive buffer.
    pub const RRB: u32 = 1 << 2;
    /// Clear the overrun state.
    pub const CDO: u32 = 1 << 3;
    /// Transmit and receive the controller's own frame.
    pub const SRR: u32 = 1 << 4;
}

/// Fields of `STATUS`.
pub mod status {
    /// The receive FIFO is not empty.
    pub const RBS: u32 = 1 << 0;
    /// A frame was lost because of an overrun.
    pub const DOS: u32 = 1 << 1;
    /// The transmit buffer is free.
    pub const TBS: u32 = 1 << 2;
    /// The last transmission was completed.
    pub const TCS: u32 = 1 << 3;
    /// Transmitting.
    pub const TS: u32 = 1 << 5;
    /// An error counter is at the warning limit.
    pub const ES: u32 = 1 << 6;
    /// Bus off.
    pub const BS: u32 = 1 << 7;
}

/// Interrupts and their enables.
pub mod int {
    /// Receive: a frame is in the FIFO.
    pub const RI: u32 = 1 << 0;
    /// Transmit: the buffer has become free.
    pub const TI: u32 = 1 << 1;
    /// Error or bus state has changed.
    pub const EI: u32 = 1 << 2;
    /// A frame was lost because of an overrun.
    pub const DOI: u32 = 1 << 3;
    /// Not an interrupt: divides the bit clock by 2 in addition.
    pub const BRP_DIV: u32 = 1 << 4;
    /// Became error passive or active.
    pub const EPI: u32 = 1 << 5;
    /// Bus error.
    pub const BEI: u32 = 1 << 7;
}
