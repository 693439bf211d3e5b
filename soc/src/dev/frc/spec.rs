//! Registers of FRC.

crate::registers! {
    "FRC", "TRM";
    /// Placeholder until the table is written.
    PLACEHOLDER = 0x00, reset 0, Stored;
}
