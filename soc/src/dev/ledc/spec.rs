//! Registers of LEDC.

crate::registers! {
    "LEDC", "TRM";
    /// Placeholder until the table is written.
    PLACEHOLDER = 0x00, reset 0, Stored;
}
