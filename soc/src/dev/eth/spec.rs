//! Registers of the OpenCores Ethernet MAC ("open_eth"), which QEMU and so IDF put at the EMAC's address.

crate::registers! {
    "ETH", "OpenCores ethmac specification; IDF esp_eth/src/openeth/openeth.h";
    /// Modes, enables and reset.
    MODER = 0x00, reset 0xA000, Modelled;
    /// Interrupts; write 1 to clear.
    INT_SOURCE = 0x04, reset 0, Modelled;
    /// Interrupt enables.
    INT_MASK = 0x08, reset 0, Modelled;
    /// Gap between frames, back to back; the line to the network keeps its own.
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
    /// Control frames: pass them on, obey and send pauses.
    CTRLMODER = 0x24, reset 0, Modelled;
    /// MII clock divider and preamble; commands finish at once whatever they are.
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
    /// The pause to ask the other side for.
    TXCTRL = 0x50, reset 0, Modelled;
    /// 128 descriptors: length and status, then the buffer's address.
    DESC[256; 4] = 0x400, reset 0, Modelled;
}

/// Fields of `MODER`.
pub mod moder {
    /// Receive.
    pub const RXEN: u32 = 1 << 0;
    /// Transmit.
    pub const TXEN: u32 = 1 << 1;
    /// No preamble: nothing here sees one.
    pub const NOPRE: u32 = 1 << 2;
    /// Reject broadcast frames.
    pub const BRO: u32 = 1 << 3;
    /// Accept multicast frames whose hash bit is set.
    pub const IAM: u32 = 1 << 4;
    /// Accept everything.
    pub const PRO: u32 = 1 << 5;
    /// Frames may follow each other without a gap; the line keeps it.
    pub const IFG: u32 = 1 << 6;
    /// What is sent is received.
    pub const LOOPBCK: u32 = 1 << 7;
    /// Repeat at once after a collision; there are none.
    pub const NOBCKOF: u32 = 1 << 8;
    /// Wait for a busy line without end; it is never busy for long.
    pub const EXDFREN: u32 = 1 << 9;
    /// Full duplex: no collisions, and carrier is not looked at. The line is full-duplex either way.
    pub const FULLD: u32 = 1 << 10;
    /// Resets the transmitter and the receiver.
    pub const RST: u32 = 1 << 11;
    /// The checksum leaves a frame's first four bytes out.
    pub const DLYCRCEN: u32 = 1 << 12;
    /// Append the checksum to every frame.
    pub const CRCEN: u32 = 1 << 13;
    /// Send frames longer than `PACKETLEN` allows.
    pub const HUGEN: u32 = 1 << 14;
    /// Pad short frames.
    pub const PAD: u32 = 1 << 15;
    /// Receive frames shorter than `PACKETLEN` allows.
    pub const RECSMALL: u32 = 1 << 16;
    /// All bits there are.
    pub const ALL: u32 = 0x1_FFFF;
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
    /// A pause was asked for.
    pub const TXC: u32 = 1 << 5;
    /// A pause was received.
    pub const RXC: u32 = 1 << 6;
    /// All of them.
    pub const ALL: u32 = 0x7F;
}

/// Fields of `CTRLMODER`.
pub mod ctrlmoder {
    /// Control frames go to memory as well.
    pub const PASSALL: u32 = 1 << 0;
    /// Obey pauses.
    pub const RXFLOW: u32 = 1 << 1;
    /// Pauses may be sent.
    pub const TXFLOW: u32 = 1 << 2;
}

/// Fields of `TXCTRL`; the low half is the pause in units of 512 bit times.
pub mod txctrl {
    /// Send a pause; clears itself.
    pub const TXPAUSERQ: u32 = 1 << 16;
}

/// Fields of `MIISTATUS`.
pub mod miistatus {
    /// The PHY's status register, when last read, showed no link.
    pub const LINKFAIL: u32 = 1 << 0;
    /// A command runs; scanning is one that does not end.
    pub const BUSY: u32 = 1 << 1;
    /// What a scan reads is not there yet.
    pub const NVALID: u32 = 1 << 2;
}

/// Fields of `MIICOMMAND`.
pub mod miicommand {
    /// Read a register again and again.
    pub const SCANSTAT: u32 = 1 << 0;
    /// Read a register.
    pub const RSTAT: u32 = 1 << 1;
    /// Write a register.
    pub const WCTRLDATA: u32 = 1 << 2;
}

/// A transmit descriptor's first word.
pub mod tx_bd {
    /// Carrier lost: no link, on a half-duplex line.
    pub const CS: u32 = 1 << 0;
    /// Sent after waiting for the line.
    pub const DF: u32 = 1 << 1;
    /// Late collision.
    pub const LC: u32 = 1 << 2;
    /// Too many collisions.
    pub const RL: u32 = 1 << 3;
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
    /// Late collision.
    pub const LC: u32 = 1 << 0;
    /// The checksum is wrong.
    pub const CRC: u32 = 1 << 1;
    /// Shorter than `PACKETLEN` allows.
    pub const SF: u32 = 1 << 2;
    /// Longer than `PACKETLEN` allows.
    pub const TL: u32 = 1 << 3;
    /// Dribble nibble: not a whole number of bytes.
    pub const DN: u32 = 1 << 4;
    /// Invalid symbol on the line.
    pub const IS: u32 = 1 << 5;
    /// Overrun: the buffer could not be written.
    pub const OR: u32 = 1 << 6;
    /// Accepted only because of `PRO`.
    pub const M: u32 = 1 << 7;
    /// A control frame (`PASSALL`).
    pub const CF: u32 = 1 << 8;
    /// Last of the table.
    pub const WR: u32 = 1 << 13;
    /// Interrupt when received.
    pub const IRQ: u32 = 1 << 14;
    /// Empty: the controller's to fill.
    pub const E: u32 = 1 << 15;
}
