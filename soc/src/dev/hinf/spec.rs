//! Registers of the SDIO host interface.

crate::registers! {
    "HINF", "TRM chapter 8 (SDIO slave); soc/sdio_hinf_reg.h";
    /// User and device number of function 1.
    CFG_DATA0 = 0x00, reset 0x2222_6666, Stored;
    /// SDIO enables and version.
    CFG_DATA1 = 0x04, reset 0x0111_0011, Stored;
    /// Pin and chip state, I/O ready.
    CFG_DATA7 = 0x1C, reset 0x0002_0000, Stored;
    /// Card information structure.
    CIS_CONF[8; 4] = 0x20, reset 0xFFFF_FFFF, Stored;
    /// User and device number of function 2.
    CFG_DATA16 = 0x40, reset 0x3333_6666, Stored;
    /// Version date.
    DATE = 0xFC, reset 0x1503_0200, Stored;
}
