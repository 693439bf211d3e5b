//! Registers of the OpenCores Ethernet MAC ("open_eth"). Espressif's QEMU and IDF's driver for it use the EMAC's
//! address.

crate::registers! {
    "ETH", "OpenCores ethmac specification; IDF esp_eth/src/openeth/openeth.h";
    /// Modes, enables and reset.
    MODER = 0x00, reset 0xA000, Modelled;
    /// Interrupts; write 1 to clear.
    INT_SOURCE = 0x04, reset 0, Modelled;
    /// Interrupt enables.
    INT_MASK = 0x08, reset 0, Modelled;
    /// Inter-packet gap, back to back; has no effect.
    IPGT = 0x0C, reset 0x12, Stored;
    /// Inter-packet gap, part 1.
    IPGR1 = 0x10, reset 0xC, Stored;
    /// Inter-packet gap, part 2.
    IPGR2 = 0x14, reset 0x12, Stored;
    /// Shortest and longest frame.
    PACKETLEN = 0x18, reset 0x0040_0600, Modelled;
    /// Collision window and retries; a full-duplex link has none.
    COLLCONF = 0x1C, reset 0x000F_003F, Stored;
    /// Number of transmit descriptors; the receive descriptors follow them.
    TX_BD_NUM = 0x20, reset 0x40, Modelled;
    /// Control frames: pass them on, obey and send pauses.
    CTRLMODER = 0x24, reset 0, Modelled;
    /// MII clock divider and preamble; commands complete at once regardless.
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
    /// Pause request to the peer.
    TXCTRL = 0x50, reset 0, Modelled;
    /// 128 descriptors: length and status, then the buffer's address.
    DESC[256; 4] = 0x400, reset 0, Modelled;
}

/// Fields of `MODER`.
pub mod moder {
    /// Enables the receiver.
    pub const RXEN: u32 = 1 << 0;
    /// Enables the transmitter.
    pub const TXEN: u32 = 1 << 1;
    /// No preamble; has no effect, preambles are not modelled.
    pub const NOPRE: u32 = 1 << 2;
    /// Reject broadcast frames.
    pub const BRO: u32 = 1 << 3;
    /// Accept multicast frames whose hash bit is set.
    pub const IAM: u32 = 1 << 4;
    /// Promiscuous: accept all Ethernet frames.
    pub const PRO: u32 = 1 << 5;
    /// No minimum inter-frame gap is required; has no effect.
    pub const IFG: u32 = 1 << 6;
    /// Loopback: sent Ethernet frames are received.
    pub const LOOPBCK: u32 = 1 << 7;
    /// Retransmit without backoff after a collision; has no effect, there are no collisions.
    pub const NOBCKOF: u32 = 1 << 8;
    /// Excess deferral: wait without limit for a busy line; has no effect, the line is never busy for long.
    pub const EXDFREN: u32 = 1 << 9;
    /// Full duplex: no collisions, and carrier sense is ignored. The simulated line is always full-duplex.
    pub const FULLD: u32 = 1 << 10;
    /// Resets the transmitter and the receiver.
    pub const RST: u32 = 1 << 11;
    /// The checksum does not cover the first four bytes; not modelled.
    pub const DLYCRCEN: u32 = 1 << 12;
    /// Append the checksum to every Ethernet frame.
    pub const CRCEN: u32 = 1 << 13;
    /// Send and receive Ethernet frames longer than `PACKETLEN` allows.
    pub const HUGEN: u32 = 1 << 14;
    /// Pad short Ethernet frames.
    pub const PAD: u32 = 1 << 15;
    /// Receive Ethernet frames shorter than `PACKETLEN` allows.
    pub const RECSMALL: u32 = 1 << 16;
    /// All implemented bits.
    pub const ALL: u32 = 0x1_FFFF;
}

/// Fields of `INT_SOURCE` and `INT_MASK`.
pub mod int {
    /// An Ethernet frame was sent.
    pub const TXB: u32 = 1 << 0;
    /// An Ethernet frame could not be sent.
    pub const TXE: u32 = 1 << 1;
    /// An Ethernet frame was received.
    pub const RXB: u32 = 1 << 2;
    /// An Ethernet frame was received with an error.
    pub const RXE: u32 = 1 << 3;
    /// An Ethernet frame was lost because no descriptor was empty.
    pub const BUSY: u32 = 1 << 4;
    /// A pause frame was sent.
    pub const TXC: u32 = 1 << 5;
    /// A pause frame was received.
    pub const RXC: u32 = 1 << 6;
    /// All interrupts.
    pub const ALL: u32 = 0x7F;
}

/// Fields of `CTRLMODER`.
pub mod ctrlmoder {
    /// Control frames are also written to memory.
    pub const PASSALL: u32 = 1 << 0;
    /// Obey pause frames.
    pub const RXFLOW: u32 = 1 << 1;
    /// Allow pause frames to be sent.
    pub const TXFLOW: u32 = 1 << 2;
}

/// Fields of `TXCTRL`; the low half is the pause in units of 512 bit times.
pub mod txctrl {
    /// Send a pause frame; self-clearing.
    pub const TXPAUSERQ: u32 = 1 << 16;
}

/// Fields of `MIISTATUS`.
pub mod miistatus {
    /// The PHY's status register, when last read, reported no link.
    pub const LINKFAIL: u32 = 1 << 0;
    /// A command is in progress; a scan is in progress until the next command.
    pub const BUSY: u32 = 1 << 1;
    /// The data of a scan is not valid yet.
    pub const NVALID: u32 = 1 << 2;
}

/// Fields of `MIICOMMAND`.
pub mod miicommand {
    /// Scan: read a register continuously.
    pub const SCANSTAT: u32 = 1 << 0;
    /// Read a register.
    pub const RSTAT: u32 = 1 << 1;
    /// Write a register.
    pub const WCTRLDATA: u32 = 1 << 2;
}

/// A transmit descriptor's first word.
pub mod tx_bd {
    /// Carrier sense lost: no link, in half-duplex mode.
    pub const CS: u32 = 1 << 0;
    /// Deferred: sent after waiting for a busy line.
    pub const DF: u32 = 1 << 1;
    /// Late collision.
    pub const LC: u32 = 1 << 2;
    /// Retransmission limit: too many collisions.
    pub const RL: u32 = 1 << 3;
    /// Underrun: the buffer could not be read.
    pub const UR: u32 = 1 << 8;
    /// Append the checksum.
    pub const CRC: u32 = 1 << 11;
    /// Pad if short.
    pub const PAD: u32 = 1 << 12;
    /// Wrap: last descriptor of the table.
    pub const WR: u32 = 1 << 13;
    /// Interrupt when sent.
    pub const IRQ: u32 = 1 << 14;
    /// Ready: owned by the controller, which sends it.
    pub const RD: u32 = 1 << 15;
    /// Status bits that the controller writes.
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
    /// Wrap: last descriptor of the table.
    pub const WR: u32 = 1 << 13;
    /// Interrupt when received.
    pub const IRQ: u32 = 1 << 14;
    /// Empty: owned by the controller, which fills it.
    pub const E: u32 = 1 << 15;
}
