//! Registers of IO_MUX (TRM 4.12; IDF `soc/io_mux_reg.h`) in the header's order, which is not by GPIO number.
//!
//! The header has no reset values. The values here are from the "reset" column of the pad list (TRM table 4-3: input
//! enable and pulls), with drive strength 2 and function 0.

crate::registers! {
    "IO_MUX", "TRM 4.12; soc/io_mux_reg.h", FIELDS;
    /// Clock outputs CLK_OUT1..3.
    PIN_CTRL = 0x00, reset 0, Stored;
    /// Pad GPIO36; at reset input off.
    GPIO36 = 0x04, reset 0x800, Modelled;
    /// Pad GPIO37; at reset input off.
    GPIO37 = 0x08, reset 0x800, Modelled;
    /// Pad GPIO38; at reset input off.
    GPIO38 = 0x0c, reset 0x800, Modelled;
    /// Pad GPIO39; at reset input off.
    GPIO39 = 0x10, reset 0x800, Modelled;
    /// Pad GPIO34; at reset input off.
    GPIO34 = 0x14, reset 0x800, Modelled;
    /// Pad GPIO35; at reset input off.
    GPIO35 = 0x18, reset 0x800, Modelled;
    /// Pad GPIO32; at reset input off.
    GPIO32 = 0x1c, reset 0x800, Modelled;
    /// Pad GPIO33; at reset input off.
    GPIO33 = 0x20, reset 0x800, Modelled;
    /// Pad GPIO25; at reset input off.
    GPIO25 = 0x24, reset 0x800, Modelled;
    /// Pad GPIO26; at reset input off.
    GPIO26 = 0x28, reset 0x800, Modelled;
    /// Pad GPIO27; at reset input on.
    GPIO27 = 0x2c, reset 0xA00, Modelled;
    /// Pad MTMS (GPIO14); at reset input on.
    MTMS = 0x30, reset 0xA00, Modelled;
    /// Pad MTDI (GPIO12); at reset input on, pulled down.
    MTDI = 0x34, reset 0xA80, Modelled;
    /// Pad MTCK (GPIO13); at reset input on.
    MTCK = 0x38, reset 0xA00, Modelled;
    /// Pad MTDO (GPIO15); at reset input on, pulled up.
    MTDO = 0x3c, reset 0xB00, Modelled;
    /// Pad GPIO2; at reset input on, pulled down.
    GPIO2 = 0x40, reset 0xA80, Modelled;
    /// Pad GPIO0; at reset input on, pulled up.
    GPIO0 = 0x44, reset 0xB00, Modelled;
    /// Pad GPIO4; at reset input on, pulled down.
    GPIO4 = 0x48, reset 0xA80, Modelled;
    /// Pad GPIO16; at reset input on.
    GPIO16 = 0x4c, reset 0xA00, Modelled;
    /// Pad GPIO17; at reset input on.
    GPIO17 = 0x50, reset 0xA00, Modelled;
    /// Pad SD_DATA2 (GPIO9); at reset input on, pulled up.
    SD_DATA2 = 0x54, reset 0xB00, Modelled;
    /// Pad SD_DATA3 (GPIO10); at reset input on, pulled up.
    SD_DATA3 = 0x58, reset 0xB00, Modelled;
    /// Pad SD_CMD (GPIO11); at reset input on, pulled up.
    SD_CMD = 0x5c, reset 0xB00, Modelled;
    /// Pad SD_CLK (GPIO6); at reset input on, pulled up.
    SD_CLK = 0x60, reset 0xB00, Modelled;
    /// Pad SD_DATA0 (GPIO7); at reset input on, pulled up.
    SD_DATA0 = 0x64, reset 0xB00, Modelled;
    /// Pad SD_DATA1 (GPIO8); at reset input on, pulled up.
    SD_DATA1 = 0x68, reset 0xB00, Modelled;
    /// Pad GPIO5; at reset input on, pulled up.
    GPIO5 = 0x6c, reset 0xB00, Modelled;
    /// Pad GPIO18; at reset input on.
    GPIO18 = 0x70, reset 0xA00, Modelled;
    /// Pad GPIO19; at reset input on.
    GPIO19 = 0x74, reset 0xA00, Modelled;
    /// Pad GPIO20; at reset input on.
    GPIO20 = 0x78, reset 0xA00, Modelled;
    /// Pad GPIO21; at reset input on.
    GPIO21 = 0x7c, reset 0xA00, Modelled;
    /// Pad GPIO22; at reset input on.
    GPIO22 = 0x80, reset 0xA00, Modelled;
    /// Pad U0RXD (GPIO3); at reset input on, pulled up.
    U0RXD = 0x84, reset 0xB00, Modelled;
    /// Pad U0TXD (GPIO1); at reset input on, pulled up.
    U0TXD = 0x88, reset 0xB00, Modelled;
    /// Pad GPIO23; at reset input on.
    GPIO23 = 0x8c, reset 0xA00, Modelled;
    /// Pad GPIO24 (not bonded out); at reset input on.
    GPIO24 = 0x90, reset 0xA00, Modelled;
}

crate::fields! {
    /// `IO_MUX_x_REG`.
    pub mod pad of GPIO36 GPIO37 GPIO38 GPIO39 GPIO34 GPIO35 GPIO32 GPIO33 GPIO25 GPIO26 GPIO27 MTMS MTDI
        MTCK MTDO GPIO2 GPIO0 GPIO4 GPIO16 GPIO17 SD_DATA2 SD_DATA3 SD_CMD SD_CLK SD_DATA0 SD_DATA1 GPIO5
        GPIO18 GPIO19 GPIO20 GPIO21 GPIO22 U0RXD U0TXD GPIO23 GPIO24 {
        MCU_OE = 1;
        SLP_SEL = 1 << 1;
        MCU_WPD = 1 << 2;
        MCU_WPU = 1 << 3;
        MCU_IE = 1 << 4;
        MCU_DRV = 0x3 << 5;
        /// Pull-down.
        FUN_WPD = 1 << 7;
        /// Pull-up.
        FUN_WPU = 1 << 8;
        /// Input enable.
        FUN_IE = 1 << 9;
        FUN_DRV = 0x3 << 10;
        MCU_SEL = 0x7 << 12;
    } with {
        /// First bit of the function (3 bits); 2 is the GPIO matrix.
        pub const MCU_SEL_S: u32 = MCU_SEL.trailing_zeros();
        /// All implemented bits.
        pub const MASK: u32 = 0x7FFF;
    }
}

/// Register offset of each GPIO number; 0 if there is no pad.
pub const OFFSET: [u32; 40] = [
    0x44, 0x88, 0x40, 0x84, 0x48, 0x6C, 0x60, 0x64, 0x68, 0x54, 0x58, 0x5C, 0x34, 0x38, 0x30, 0x3C, 0x4C,
    0x50, 0x70, 0x74, 0x78, 0x7C, 0x80, 0x8C, 0x90, 0x24, 0x28, 0x2C, 0x00, 0x00, 0x00, 0x00, 0x1C, 0x20,
    0x14, 0x18, 0x04, 0x08, 0x0C, 0x10,
];
