//! Registers of TIMG.

crate::registers! {
    "TIMG", "TRM";
    /// Placeholder until the table is written.
    PLACEHOLDER = 0x00, reset 0, Stored;
}
