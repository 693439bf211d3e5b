//! Registers of RTC_CNTL.

crate::registers! {
    "RTC_CNTL", "TRM";
    /// Placeholder until the table is written.
    PLACEHOLDER = 0x00, reset 0, Stored;
}
