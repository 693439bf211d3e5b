//! Registers of the random number generator and of the TSFs, which share the radio's WDEV block.

crate::registers! {
    "RNG", "TRM \"Random Number Generator\"; soc/wdev_reg.h (WDEV_RND_REG); IDF libpp hal_mac_tsf_*";
    /// Latches (bits 2:0) and applies (bits 7:6) the TSFs.
    TSF_CONTROL = 0x10, reset 0, Modelled;
    /// Latched TSF of the station, microseconds.
    TSF0[2; 4] = 0x14, reset 0, Modelled;
    /// Enables the station's TSF.
    TSF0_ENABLE = 0x20, reset 0, Stored;
    /// New value for the station's TSF.
    TSF0_SET[2; 4] = 0x24, reset 0, Modelled;
    /// Latched TSF of the access point, microseconds.
    TSF1[2; 4] = 0x54, reset 0, Modelled;
    /// Enables and restarts the access point's TSF.
    TSF1_ENABLE = 0x5C, reset 0, Modelled;
    /// New value for the access point's TSF.
    TSF1_SET[2; 4] = 0x60, reset 0, Modelled;
    /// The station's TSF, latched a second time.
    TSF_PAIR[2; 4] = 0x90, reset 0, Modelled;
    /// A new random word at every read.
    DATA = 0x144, reset 0, Modelled;
}
