//! Registers of RTC_I2C.

crate::registers! {
    "RTC_I2C", "TRM";
    /// Placeholder until the table is written.
    PLACEHOLDER = 0x00, reset 0, Stored;
}
