//! Registers of the Wi-Fi MAC. There is no public manual: offsets and names are those of esp-rs' peripheral access
//! crate and of Espressif's functions that use them.

crate::registers! {
    "WIFIMAC", "esp-pacs esp32 WIFI, IDF libpp; undocumented";
    /// BSSID filter of each interface (0 station, 1 access point): low word, then bits 15:0 of the high word.
    BSSID_FILTER[8; 4] = 0x000, reset 0, Modelled;
    /// Mask of each BSSID filter: low word, then bits 15:0 of the high word and the enable bit 16.
    BSSID_MASK[8; 4] = 0x020, reset 0, Modelled;
    /// Receiver address filter of each interface.
    RA_FILTER[8; 4] = 0x040, reset 0, Modelled;
    /// Mask of each receiver address filter, and the enable bit 16.
    RA_MASK[8; 4] = 0x060, reset 0, Modelled;
    /// Receiver: bit 31 enables it, bit 0 re-reads the descriptor list.
    RX_CTRL = 0x084, reset 0, Modelled;
    /// First receive descriptor.
    RX_DESCR_BASE = 0x088, reset 0, Modelled;
    /// Descriptor that takes the next frame; 0x3FF0_0000 at the list's end.
    RX_DESCR_NEXT = 0x08C, reset 0x3FF0_0000, Modelled;
    /// Descriptor that was filled last.
    RX_DESCR_LAST = 0x090, reset 0, Modelled;
    /// End state of the receiver, for the driver's statistics.
    RX_END_STATE = 0x0A4, reset 0, Stored;
    /// Frame filter of each interface: unicast, BSSID, multicast, scan mode. Number 3 is the sniffer's.
    FILTER_CONTROL[4; 4] = 0x0D8, reset 0, Modelled;
    /// Control frames that each interface takes.
    RX_CTRL_FILTER[4; 4] = 0x0F8, reset 0, Modelled;
    /// Upper bounds of receive DMA.
    RX_DMA_HIGH[2; 8] = 0x118, reset 0, Stored;
    /// Lower bounds of receive DMA.
    RX_DMA_LOW[2; 8] = 0x11C, reset 0, Stored;
    /// Frames lost because no descriptor was free.
    HW_STAT_FULL2 = 0x2DC, reset 0, Modelled;
    /// Encryption switches of each interface.
    CRYPTO_CONTROL_INTERFACE[4; 4] = 0x800, reset 0, Stored;
    /// Encryption switches of all interfaces.
    CRYPTO_CONTROL_GENERAL = 0x810, reset 0, Stored;
    /// Enables each key slot.
    CRYPTO_KEY_SLOT_ENABLE = 0x814, reset 0, Modelled;
    /// MAC time in microseconds.
    MAC_TIME = 0xC00, reset 0, Modelled;
    /// Bits 7:4 switch the MAC off.
    MAC_CTRL = 0xC04, reset 0, Stored;
    /// Interrupts that reach the CPU.
    INT_ENABLE = 0xC40, reset 0, Modelled;
    /// Pending interrupts.
    INT_STATUS = 0xC48, reset 0, Modelled;
    /// Clears interrupts; reads 0.
    INT_CLEAR = 0xC4C, reset 0, Modelled;
    /// Bits 31:30 hold transmissions.
    TX_HOLD = 0xC58, reset 0, Stored;
    /// Stops the MAC (bits 12:0); bits 14:13 show that it is still busy.
    CTRL = 0xCB8, reset 0, Modelled;
    /// Clears TXQ_ERROR; reads 0.
    TXQ_ERROR_CLEAR = 0xCBC, reset 0, Modelled;
    /// Slots with a collision (bits 10:0) or a lifetime that ended (bits 26:16).
    TXQ_ERROR = 0xCC0, reset 0, Modelled;
    /// Clears TXQ_COMPLETE; reads 0.
    TXQ_COMPLETE_CLEAR = 0xCC4, reset 0, Modelled;
    /// Slots whose transmission has ended.
    TXQ_COMPLETE = 0xCC8, reset 0, Modelled;
    /// Lifetime, backoff and AIFSN of transmit slots 4 to 0.
    TX_CONFIG[5; 8] = 0xCFC, reset 0, Stored;
    /// Descriptor, expected answer and start of transmit slots 4 to 0.
    PLCP0[5; 8] = 0xD00, reset 0, Modelled;
    /// Bit 1 starts the MAC, bit 0 shows that it is ready.
    MAC_READY = 0xD24, reset 1, Modelled;
    /// Length, rate, key slot and interface of transmit slots 4 to 0.
    PLCP1[5; 0x3C] = 0x1168, reset 0, Modelled;
    /// More of the PLCP header.
    PLCP2[5; 0x3C] = 0x116C, reset 0, Stored;
    /// HT signal field.
    HT_SIG[5; 0x3C] = 0x1170, reset 0, Stored;
    /// HT length.
    HT_LENGTH[5; 0x3C] = 0x1174, reset 0, Stored;
    /// Duration field.
    DURATION[5; 0x3C] = 0x1178, reset 0, Stored;
    /// Result of the transmission: bits 15:12 the error, 24 and 23:16 the signal strength of the answer.
    PMD[5; 0x3C] = 0x1180, reset 0, Modelled;
    /// Key slots of ten words: peer address, algorithm and key id, key.
    CRYPTO_KEY_SLOT[250; 4] = 0x1400, reset 0, Modelled;
}

/// Number of transmit slots.
pub const SLOTS: u32 = 5;

/// `RX_DESCR_NEXT` at the end of the list.
pub const LIST_END: u32 = 0x3FF0_0000;

/// Returns the offset of a slot's register. The registers of slot 0 have the highest addresses.
#[must_use]
pub const fn of_slot(first: u32, slot: u32, stride: u32) -> u32 {
    first + (SLOTS - 1 - slot) * stride
}

/// Bits of `RX_CTRL`.
pub mod rx_ctrl {
    /// Enables the receiver.
    pub const ENABLE: u32 = 1 << 31;
    /// Re-reads the list; clears itself.
    pub const RELOAD: u32 = 1;
}

/// Index of the sniffer in `FILTER_CONTROL` and `RX_CTRL_FILTER` (IDF `wdev_set_promis`).
pub const SNIFFER: u32 = 3;
/// Bit of `FILTER_CONTROL` that rejects group frames of other networks (IDF sets it once the station is associated).
pub const CHECK_BSSID: u32 = 1 << 1;
/// Bit of `FILTER_CONTROL` that passes all frames to the sniffer.
pub const SNIFFER_ON: u32 = 1 << 15;

/// Bits of the interrupt registers.
pub mod int {
    /// A frame was received (bits 24, 5 and 2 together).
    pub const RX: u32 = 0x0100_0024;
    /// A transmission is complete.
    pub const TX_DONE: u32 = 1 << 7;
}

/// Bits of `CTRL` that stop the MAC.
pub const CTRL_STOP: u32 = 0x17FF;
/// Bits of `CTRL` that show that the MAC is busy.
pub const CTRL_BUSY: u32 = 0x6000;

/// Fields of `PLCP0`.
pub mod plcp0 {
    /// Address of the first descriptor, above 0x3FF0_0000.
    pub const DESCRIPTOR: u32 = 0xF_FFFF;
    /// The expected response: 0 none, 1 ACK, 3 BlockAck.
    pub const ANSWER: u32 = 7 << 24;
    /// Valid and enabled: writing both starts the slot.
    pub const START: u32 = 3 << 30;
}

/// Error codes of `PMD`.
pub mod pmd {
    /// The response was received, or none was expected.
    pub const SUCCESS: u32 = 0;
    /// The key slot does not match the frame.
    pub const KEY_ERROR: u32 = 4;
    /// No response was received.
    pub const ACK_TIMEOUT: u32 = 5;
}
