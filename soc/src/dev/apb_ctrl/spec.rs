//! Registers of APB_CTRL.

crate::registers! {
    "APB_CTRL", "TRM";
    /// Placeholder until the table is written.
    PLACEHOLDER = 0x00, reset 0, Stored;
}
