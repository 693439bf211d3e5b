//! Registers of SDMMC.

crate::registers! {
    "SDMMC", "TRM";
    /// Placeholder until the table is written.
    PLACEHOLDER = 0x00, reset 0, Stored;
}
