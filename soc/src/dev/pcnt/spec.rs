//! Registers of PCNT.

crate::registers! {
    "PCNT", "TRM";
    /// Placeholder until the table is written.
    PLACEHOLDER = 0x00, reset 0, Stored;
}
