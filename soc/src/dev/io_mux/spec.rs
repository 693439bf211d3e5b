//! Registers of IO_MUX.

crate::registers! {
    "IO_MUX", "TRM";
    /// Placeholder until the table is written.
    PLACEHOLDER = 0x00, reset 0, Stored;
}
