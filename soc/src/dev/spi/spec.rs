//! Registers of SPI0 to SPI3 (TRM chapter 7).

crate::registers! {
    "SPI", "TRM chapter 7; soc/spi_reg.h";
    /// Starts a flash command or a user transaction; bits read back set until it is done.
    CMD = 0x00, reset 0x0, Modelled;
    /// Address phase, first bit in bit 31; for flash commands the address, and in bits 31:24 the byte count.
    ADDR = 0x04, reset 0x0, Modelled;
    /// Lines used by reads, bit orders, status write width.
    CTRL = 0x08, reset 0x20A400, Modelled;
    /// Chip select hold delays.
    CTRL1 = 0x0C, reset 0x5FFF0000, Stored;
    /// Flash status as read by CMD.RDSR or to be written by CMD.WRSR; mode bits of fast reads.
    RD_STATUS = 0x10, reset 0x0, Modelled;
    /// Signal delays, chip select set-up and hold times.
    CTRL2 = 0x14, reset 0x11, Stored;
    /// Divider from the APB clock.
    CLOCK = 0x18, reset 0x80003043, Modelled;
    /// Phases of a user transaction and the lines its writes use.
    USER = 0x1C, reset 0x80000040, Modelled;
    /// Lengths of the address and dummy phases.
    USER1 = 0x20, reset 0x5C000007, Modelled;
    /// Value and length of the command phase.
    USER2 = 0x24, reset 0x70000000, Modelled;
    /// Bits to write, less one.
    MOSI_DLEN = 0x28, reset 0x0, Modelled;
    /// Bits to read, less one.
    MISO_DLEN = 0x2C, reset 0x0, Modelled;
    /// Low part of an address longer than 32 bits; a slave's status.
    SLV_WR_STATUS = 0x30, reset 0x0, Modelled;
    /// Chip selects and clock idle level.
    PIN = 0x34, reset 0x6, Modelled;
    /// Interrupt flags and enables, slave mode, reset of the state machine.
    SLAVE = 0x38, reset 0x20, Modelled;
    /// Slave mode: lengths of status and addresses.
    SLAVE1 = 0x3C, reset 0x2000000, Stored;
    /// Slave mode: dummy cycles.
    SLAVE2 = 0x40, reset 0x0, Stored;
    /// Slave mode: command values.
    SLAVE3 = 0x44, reset 0x0, Stored;
    /// Slave mode: bits a master writes, less one.
    SLV_WRBUF_DLEN = 0x48, reset 0x0, Stored;
    /// Slave mode: bits a master reads, less one.
    SLV_RDBUF_DLEN = 0x4C, reset 0x0, Stored;
    /// How the cache talks to the flash (SPI0).
    CACHE_FCTRL = 0x50, reset 0x0, Stored;
    /// How the cache talks to the PSRAM (SPI0).
    CACHE_SCTRL = 0x54, reset 0x15C04830, Stored;
    /// Line mode of the PSRAM (SPI0).
    SRAM_CMD = 0x58, reset 0x0, Stored;
    /// Command by which the cache reads the PSRAM (SPI0).
    SRAM_DRD_CMD = 0x5C, reset 0x0, Stored;
    /// Command by which the cache writes the PSRAM (SPI0).
    SRAM_DWR_CMD = 0x60, reset 0x0, Stored;
    /// Slave mode: bits transferred.
    SLV_RD_BIT = 0x64, reset 0x0, Stored;
    /// Data buffer of transactions without DMA; byte 0 is the low byte of the first word.
    W[16; 4] = 0x80, reset 0, Modelled;
    /// CRC of encrypted data written to flash.
    TX_CRC = 0xC0, reset 0x0, Stored;
    /// Programming time for the hardware's own wait.
    EXT0 = 0xF0, reset 0x800A0050, Stored;
    /// Erase time for the hardware's own wait.
    EXT1 = 0xF4, reset 0x800F0000, Stored;
    /// State of the transfer machine, 0 when idle.
    EXT2 = 0xF8, reset 0x0, Modelled;
    /// Whether an interrupt holds SPI0 off.
    EXT3 = 0xFC, reset 0x0, Stored;
    /// DMA resets, bursts, end-of-frame mode, stop and continue.
    DMA_CONF = 0x100, reset 0x200, Modelled;
    /// Starts and stops the chain of descriptors to send.
    DMA_OUT_LINK = 0x104, reset 0x0, Modelled;
    /// Starts and stops the chain of descriptors to fill.
    DMA_IN_LINK = 0x108, reset 0x0, Modelled;
    /// Whether either DMA direction is at work.
    DMA_STATUS = 0x10C, reset 0x0, Modelled;
    /// Enables of the DMA interrupts.
    DMA_INT_ENA = 0x110, reset 0x0, Modelled;
    /// DMA interrupts that have occurred.
    DMA_INT_RAW = 0x114, reset 0x0, Modelled;
    /// DMA interrupts that have occurred and are enabled.
    DMA_INT_ST = 0x118, reset 0x0, Modelled;
    /// Writing ones clears DMA interrupts.
    DMA_INT_CLR = 0x11C, reset 0x0, Modelled;
    /// Descriptor at which receiving went wrong.
    IN_ERR_EOF_DES_ADDR = 0x120, reset 0x0, Modelled;
    /// Descriptor at which receiving ended.
    IN_SUC_EOF_DES_ADDR = 0x124, reset 0x0, Modelled;
    /// First word of the current receive descriptor.
    INLINK_DSCR = 0x128, reset 0x0, Stored;
    /// Second word of the current receive descriptor.
    INLINK_DSCR_BF0 = 0x12C, reset 0x0, Stored;
    /// Third word of the current receive descriptor.
    INLINK_DSCR_BF1 = 0x130, reset 0x0, Stored;
    /// Buffer of the descriptor at which sending ended.
    OUT_EOF_BFR_DES_ADDR = 0x134, reset 0x0, Modelled;
    /// Descriptor at which sending ended.
    OUT_EOF_DES_ADDR = 0x138, reset 0x0, Modelled;
    /// First word of the current transmit descriptor.
    OUTLINK_DSCR = 0x13C, reset 0x0, Stored;
    /// Second word of the current transmit descriptor.
    OUTLINK_DSCR_BF0 = 0x140, reset 0x0, Stored;
    /// Third word of the current transmit descriptor.
    OUTLINK_DSCR_BF1 = 0x144, reset 0x0, Stored;
    /// State of the transmit DMA.
    DMA_RSTATUS = 0x148, reset 0x0, Stored;
    /// State of the receive DMA.
    DMA_TSTATUS = 0x14C, reset 0x0, Stored;
    /// Version; bits 31:30 divide the PSRAM's clock.
    DATE = 0x3FC, reset 0x1604270, Stored;
}

/// Bits of [`CMD`].
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod cmd {
    pub const FLASH_READ: u32 = 1 << 31;
    pub const FLASH_WREN: u32 = 1 << 30;
    pub const FLASH_WRDI: u32 = 1 << 29;
    pub const FLASH_RDID: u32 = 1 << 28;
    pub const FLASH_RDSR: u32 = 1 << 27;
    pub const FLASH_WRSR: u32 = 1 << 26;
    pub const FLASH_PP: u32 = 1 << 25;
    pub const FLASH_SE: u32 = 1 << 24;
    pub const FLASH_BE: u32 = 1 << 23;
    pub const FLASH_CE: u32 = 1 << 22;
    pub const FLASH_DP: u32 = 1 << 21;
    pub const FLASH_RES: u32 = 1 << 20;
    pub const FLASH_HPM: u32 = 1 << 19;
    pub const USR: u32 = 1 << 18;
    pub const FLASH_PES: u32 = 1 << 17;
    pub const FLASH_PER: u32 = 1 << 16;
}

/// Bits of [`CTRL`].
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod ctrl {
    pub const WR_BIT_ORDER: u32 = 1 << 26;
    pub const RD_BIT_ORDER: u32 = 1 << 25;
    pub const FREAD_QIO: u32 = 1 << 24;
    pub const FREAD_DIO: u32 = 1 << 23;
    pub const WRSR_2B: u32 = 1 << 22;
    pub const WP_REG: u32 = 1 << 21;
    pub const FREAD_QUAD: u32 = 1 << 20;
    pub const RESANDRES: u32 = 1 << 15;
    pub const FREAD_DUAL: u32 = 1 << 14;
    pub const FASTRD_MODE: u32 = 1 << 13;
    pub const WAIT_FLASH_IDLE_EN: u32 = 1 << 12;
    pub const TX_CRC_EN: u32 = 1 << 11;
    pub const FCS_CRC_EN: u32 = 1 << 10;
}

/// Bits of [`USER`].
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod user {
    pub const USR_COMMAND: u32 = 1 << 31;
    pub const USR_ADDR: u32 = 1 << 30;
    pub const USR_DUMMY: u32 = 1 << 29;
    pub const USR_MISO: u32 = 1 << 28;
    pub const USR_MOSI: u32 = 1 << 27;
    pub const USR_MOSI_HIGHPART: u32 = 1 << 25;
    pub const USR_MISO_HIGHPART: u32 = 1 << 24;
    pub const FWRITE_QIO: u32 = 1 << 15;
    pub const FWRITE_DIO: u32 = 1 << 14;
    pub const FWRITE_QUAD: u32 = 1 << 13;
    pub const FWRITE_DUAL: u32 = 1 << 12;
    pub const WR_BYTE_ORDER: u32 = 1 << 11;
    pub const RD_BYTE_ORDER: u32 = 1 << 10;
    pub const DOUTDIN: u32 = 1 << 0;
}

/// Bits of [`PIN`].
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod pin {
    pub const CS2_DIS: u32 = 1 << 2;
    pub const CS1_DIS: u32 = 1 << 1;
    pub const CS0_DIS: u32 = 1 << 0;
}

/// Bits of [`SLAVE`].
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod slave {
    pub const SYNC_RESET: u32 = 1 << 31;
    pub const SLAVE_MODE: u32 = 1 << 30;
    pub const TRANS_DONE: u32 = 1 << 4;
}

/// Bits of [`DMA_CONF`].
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod dma_conf {
    pub const OUT_AUTO_WRBACK: u32 = 1 << 8;
    pub const AHBM_RST: u32 = 1 << 5;
    pub const OUT_RST: u32 = 1 << 3;
    pub const IN_RST: u32 = 1 << 2;
}

/// Bits of [`DMA_OUT_LINK`].
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod out_link {
    pub const OUTLINK_RESTART: u32 = 1 << 30;
    pub const OUTLINK_START: u32 = 1 << 29;
    pub const OUTLINK_STOP: u32 = 1 << 28;
}

/// Bits of [`DMA_IN_LINK`].
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod in_link {
    pub const INLINK_RESTART: u32 = 1 << 30;
    pub const INLINK_START: u32 = 1 << 29;
    pub const INLINK_STOP: u32 = 1 << 28;
    pub const INLINK_AUTO_RET: u32 = 1 << 20;
}

/// Bits of the four DMA interrupt registers.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod dma_int {
    pub const OUT_TOTAL_EOF: u32 = 1 << 8;
    pub const OUT_EOF: u32 = 1 << 7;
    pub const OUT_DONE: u32 = 1 << 6;
    pub const IN_SUC_EOF: u32 = 1 << 5;
    pub const IN_ERR_EOF: u32 = 1 << 4;
    pub const IN_DONE: u32 = 1 << 3;
    pub const INLINK_DSCR_ERROR: u32 = 1 << 2;
    pub const OUTLINK_DSCR_ERROR: u32 = 1 << 1;
    pub const INLINK_DSCR_EMPTY: u32 = 1 << 0;
}

/// Bits of [`CLOCK`].
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod clock {
    pub const CLK_EQU_SYSCLK: u32 = 1 << 31;
}
