//! Registers of ETH.

crate::registers! {
    "ETH", "TRM";
    /// Placeholder until the table is written.
    PLACEHOLDER = 0x00, reset 0, Stored;
}
