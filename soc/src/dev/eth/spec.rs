//! Registers of the OpenCores Ethernet MAC ("open_eth"), which QEMU and so IDF put at the EMAC's address.

crate::registers! {
    "ETH", "OpenCores ethmac specification; IDF esp_eth/src/openeth/openeth.h";
    /// Modes, enables and reset.
    MODER = 0x00, reset 0xA000, Modelled;
    /// Interrupts; write 1 to clear.
    INT_SOURCE = 0x04, reset 0, Modelled;
    /// Interrupt enables.
    INT_MASK = 0x08, reset 0, Modelled;
    /// Gap between frames, back to back.
    IPGT = 0x0C, reset 0x12, Stored;
    /// Gap between frames, part 1.
    IPGR1 = 0x10, reset 0xC, Stored;
    /// Gap between frames, part 2.
    IPGR2 = 0x14, reset 0x12, Stored;
    /// Shortest and longest frame.
    PACKETLEN = 0x18, reset 0x0040_0600, Modelled;
    /// Collision window and retries; a full-duplex link has none.
    COLLCONF = 0x1C, reset 0x000F_003F, Stored;
    /// Number of transmit descriptors; the receive descriptors follow them.
    TX_BD_NUM = 0x20, reset 0x40, Modelled;
    /// Flow control.
    CTRLMODER = 0x24, reset 0, Stored;
    /// MII clock divider and preamble.
    MIIMODER = 0x28, reset 0x64, Stored;
    /// MII commands: scan, read, write.
    MIICOMMAND = 0x2C, reset 0, Modelled;
    /// PHY and register number.
    MIIADDRESS = 0x30, reset 0, Modelled;
    /// Data to the PHY.
    MIITX_DATA = 0x34, reset 0, Modelled;
    /// Data from the PHY.
    MIIRX_DATA = 0x38, reset 0, Modelled;
    /// MII busy, data valid, link.
    MIISTATUS = 0x3C, reset 0, Modelled;
    /// Bytes 2 to 5 of the own address, byte 5 lowest.
    MAC_ADDR0 = 0x40, reset 0, Modelled;
    /// Bytes 0 and 1 of the own address, byte 1 lowest.
    MAC_ADDR1 = 0x44, reset 0, Modelled;
    /// Multicast hash, low half.
    HASH0_ADR = 0x48, reset 0, Modelled;
    /// Multicast hash, high half.
    HASH1_ADR = 0x4C, reset 0, Modelled;
    /// Pause frames to send.
    TXCTRL = 0x50, reset 0, Stored;
    /// 128 descriptors: length and status, then the buffer's address.
    DESC[256; 4] = 0x400, reset 0, Modelled;
}

/// Fields of `MODER`.
pub mod moder {
    /// Receive.
    pub const RXEN: u32 = 1 << 0;
    /// Transmit.
    pub const TXEN: u32 = 1 << 1;
    /// Reject broadcast frames.
    pub const BRO: u32 = 1 << 3;
    /// Accept multicast frames whose hash bit is set.
    pub const IAM: u32 = 1 << 4;
    /// Accept everything.
    pub const PRO: u32 = 1 << 5;
    /// What is sent is received.
    pub const LOOPBCK: u32 = 1 << 7;
    /// Resets the transmitter and the receiver.
    pub const RST: u32 = 1 << 11;
    /// Append the checksum to every frame.
    pub const CRCEN: u32 = 1 << 13;
    /// Send frames longer than `PACKETLEN` allows.
    pub const HUGEN: u32 = 1 << 14;
    /// Pad short frames.
    pub const PAD: u32 = 1 << 15;
    /// Receive frames shorter than `PACKETLEN` allows.
    pub const RECSMALL: u32 = 1 << 16;
}

/// Fields of `INT_SOURCE` and `INT_MASK`.
pub mod int {
    /// A frame was sent.
    pub const TXB: u32 = 1 << 0;
    /// A frame could not be sent.
    pub const TXE: u32 = 1 << 1;
    /// A frame was received.
    pub const RXB: u32 = 1 << 2;
    /// A frame was received with an error.
    pub const RXE: u32 = 1 << 3;
    /// A frame was lost for want of a descriptor.
    pub const BUSY: u32 = 1 << 4;
    /// All of them, with the control-frame ones.
    pub const ALL: u32 = 0x7F;
}

/// Fields of `MIICOMMAND`.
pub mod miicommand {
    /// Read a register.
    pub const RSTAT: u32 = 1 << 1;
    /// Write a register.
    pub const WCTRLDATA: u32 = 1 << 2;
}

/// A transmit descriptor's first word.
pub mod tx_bd {
    /// Underrun: the buffer could not be read.
    pub const UR: u32 = 1 << 8;
    /// Append the checksum.
    pub const CRC: u32 = 1 << 11;
    /// Pad if short.
    pub const PAD: u32 = 1 << 12;
    /// Last of the table.
    pub const WR: u32 = 1 << 13;
    /// Interrupt when sent.
    pub const IRQ: u32 = 1 << 14;
    /// Ready: the controller's to send.
    pub const RD: u32 = 1 << 15;
    /// What the controller reports.
    pub const STATUS: u32 = 0x1FF;
}

/// A receive descriptor's first word.
pub mod rx_bd {
    /// Shorter than `PACKETLEN` allows.
    pub const SF: u32 = 1 << 2;
    /// Longer than `PACKETLEN` allows.
    pub const TL: u32 = 1 << 3;
    /// Overrun: the buffer could not be written.
    pub const OR: u32 = 1 << 6;
    /// Accepted only because of `PRO`.
    pub const M: u32 = 1 << 7;
    /// Last of the table.
    pub const WR: u32 = 1 << 13;
    /// Interrupt when received.
    pub const IRQ: u32 = 1 << 14;
    /// Empty: the controller's to fill.
    pub const E: u32 = 1 << 15;
}
