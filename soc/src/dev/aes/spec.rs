//! Registers of AES.

crate::registers! {
    "AES", "TRM";
    /// Placeholder until the table is written.
    PLACEHOLDER = 0x00, reset 0, Stored;
}
