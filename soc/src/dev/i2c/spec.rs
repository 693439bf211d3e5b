//! Registers of I2C.

crate::registers! {
    "I2C", "TRM";
    /// Placeholder until the table is written.
    PLACEHOLDER = 0x00, reset 0, Stored;
}
