//! Registers of FLASH_ENCRYPTION.

crate::registers! {
    "FLASH_ENCRYPTION", "TRM";
    /// Placeholder until the table is written.
    PLACEHOLDER = 0x00, reset 0, Stored;
}
