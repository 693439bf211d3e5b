//! Registers of FRC_TIMER.

crate::registers! {
    "FRC_TIMER", "soc/frc_timer_reg.h";
    /// Start value of FRC1, 23 bits; a write loads the counter.
    FRC1_LOAD = 0x00, reset 0x0, Modelled;
    /// FRC1 now; counts down.
    FRC1_COUNT = 0x04, reset 0x0, Modelled;
    /// FRC1: enable, automatic reload, prescaler, interrupt type.
    FRC1_CTRL = 0x08, reset 0x0, Modelled;
    /// Bit 0 clears FRC1's interrupt.
    FRC1_INT = 0x0c, reset 0x0, Modelled;
    /// Start value of FRC2, 32 bits; a write loads the counter.
    FRC2_LOAD = 0x20, reset 0x0, Modelled;
    /// FRC2 now; counts up.
    FRC2_COUNT = 0x24, reset 0x0, Modelled;
    /// FRC2: enable, automatic reload, prescaler, interrupt type.
    FRC2_CTRL = 0x28, reset 0x0, Modelled;
    /// Bit 0 clears FRC2's interrupt.
    FRC2_INT = 0x2c, reset 0x0, Modelled;
    /// Count at which FRC2 interrupts.
    FRC2_ALARM = 0x30, reset 0x0, Modelled;
}

/// Fields of the CTRL registers, as masks.
pub mod ctrl {
    /// Interrupt pending (read only).
    pub const INT_STATUS: u32 = 1 << 8;
    /// Enables counting.
    pub const ENABLE: u32 = 1 << 7;
    /// Reloads the counter from LOAD when the interrupt occurs.
    pub const AUTOLOAD: u32 = 1 << 6;
    /// APB clock divider: 0, 2, 4 divide by 1, 16, 256.
    pub const PRESCALER: u32 = 7 << 1;
    /// Level interrupt; clear: edge interrupt.
    pub const LEVEL_INT: u32 = 1;
}
