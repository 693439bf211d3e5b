//! Registers of I2S.

crate::registers! {
    "I2S", "TRM";
    /// Placeholder until the table is written.
    PLACEHOLDER = 0x00, reset 0, Stored;
}
