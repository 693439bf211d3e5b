//! Registers of SPI0 to SPI3 (TRM chapter 7).

crate::registers! {
    "SPI", "TRM chapter 7; soc/spi_reg.h", FIELDS;
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

crate::fields! {
    /// Bits of [`CMD`].
    pub mod cmd of CMD {
        FLASH_PER = 1 << 16;
        FLASH_PES = 1 << 17;
        USR = 1 << 18;
        FLASH_HPM = 1 << 19;
        FLASH_RES = 1 << 20;
        FLASH_DP = 1 << 21;
        FLASH_CE = 1 << 22;
        FLASH_BE = 1 << 23;
        FLASH_SE = 1 << 24;
        FLASH_PP = 1 << 25;
        FLASH_WRSR = 1 << 26;
        FLASH_RDSR = 1 << 27;
        FLASH_RDID = 1 << 28;
        FLASH_WRDI = 1 << 29;
        FLASH_WREN = 1 << 30;
        FLASH_READ = 1 << 31;
    }

    /// Bits of [`CTRL`].
    pub mod ctrl of CTRL {
        FCS_CRC_EN = 1 << 10;
        TX_CRC_EN = 1 << 11;
        WAIT_FLASH_IDLE_EN = 1 << 12;
        FASTRD_MODE = 1 << 13;
        FREAD_DUAL = 1 << 14;
        RESANDRES = 1 << 15;
        FREAD_QUAD = 1 << 20;
        WP_REG = 1 << 21;
        WRSR_2B = 1 << 22;
        FREAD_DIO = 1 << 23;
        FREAD_QIO = 1 << 24;
        RD_BIT_ORDER = 1 << 25;
        WR_BIT_ORDER = 1 << 26;
    }

    /// Fields of [`CTRL2`], as masks.
    pub mod ctrl2 of CTRL2 {
        SETUP_TIME = 0xf;
        HOLD_TIME = 0xf << 4;
        CK_OUT_LOW_MODE = 0xf << 8;
        CK_OUT_HIGH_MODE = 0xf << 12;
        MISO_DELAY_MODE = 0x3 << 16;
        MISO_DELAY_NUM = 0x7 << 18;
        MOSI_DELAY_MODE = 0x3 << 21;
        MOSI_DELAY_NUM = 0x7 << 23;
        CS_DELAY_MODE = 0x3 << 26;
        CS_DELAY_NUM = 0xf << 28;
    }

    /// Bits of [`USER`].
    pub mod user of USER {
        DOUTDIN = 1 << 0;
        CS_HOLD = 1 << 4;
        CS_SETUP = 1 << 5;
        CK_I_EDGE = 1 << 6;
        CK_OUT_EDGE = 1 << 7;
        RD_BYTE_ORDER = 1 << 10;
        WR_BYTE_ORDER = 1 << 11;
        FWRITE_DUAL = 1 << 12;
        FWRITE_QUAD = 1 << 13;
        FWRITE_DIO = 1 << 14;
        FWRITE_QIO = 1 << 15;
        SIO = 1 << 16;
        USR_HOLD_POL = 1 << 17;
        USR_DOUT_HOLD = 1 << 18;
        USR_DIN_HOLD = 1 << 19;
        USR_DUMMY_HOLD = 1 << 20;
        USR_ADDR_HOLD = 1 << 21;
        USR_CMD_HOLD = 1 << 22;
        USR_PREP_HOLD = 1 << 23;
        USR_MISO_HIGHPART = 1 << 24;
        USR_MOSI_HIGHPART = 1 << 25;
        USR_DUMMY_IDLE = 1 << 26;
        USR_MOSI = 1 << 27;
        USR_MISO = 1 << 28;
        USR_DUMMY = 1 << 29;
        USR_ADDR = 1 << 30;
        USR_COMMAND = 1 << 31;
    }

    /// Fields of [`USER1`], as masks.
    pub mod user1 of USER1 {
        USR_DUMMY_CYCLELEN = 0xff;
        USR_ADDR_BITLEN = 0x3f << 26;
    }

    /// Fields of [`USER2`], as masks.
    pub mod user2 of USER2 {
        USR_COMMAND_VALUE = 0xffff;
        USR_COMMAND_BITLEN = 0xf << 28;
    }

    /// Fields of [`MOSI_DLEN`], as masks.
    pub mod mosi_dlen of MOSI_DLEN {
        USR_MOSI_DBITLEN = 0xffffff;
    }

    /// Fields of [`MISO_DLEN`], as masks.
    pub mod miso_dlen of MISO_DLEN {
        USR_MISO_DBITLEN = 0xffffff;
    }

    /// Bits of [`PIN`].
    pub mod pin of PIN {
        CS0_DIS = 1 << 0;
        CS1_DIS = 1 << 1;
        CS2_DIS = 1 << 2;
        CK_DIS = 1 << 5;
        MASTER_CS_POL = 0x7 << 6;
        MASTER_CK_SEL = 0x7 << 11;
        CK_IDLE_EDGE = 1 << 29;
        CS_KEEP_ACTIVE = 1 << 30;
    }

    /// Bits of [`SLAVE`].
    pub mod slave of SLAVE {
        TRANS_DONE = 1 << 4;
        SLAVE_MODE = 1 << 30;
        SYNC_RESET = 1 << 31;
    }

    /// Bits of [`DMA_CONF`].
    pub mod dma_conf of DMA_CONF {
        IN_RST = 1 << 2;
        OUT_RST = 1 << 3;
        AHBM_RST = 1 << 5;
        OUT_AUTO_WRBACK = 1 << 8;
    }

    /// Bits of [`DMA_OUT_LINK`].
    pub mod out_link of DMA_OUT_LINK {
        OUTLINK_ADDR = 0xfffff;
        OUTLINK_STOP = 1 << 28;
        OUTLINK_START = 1 << 29;
        OUTLINK_RESTART = 1 << 30;
    }

    /// Bits of [`DMA_IN_LINK`].
    pub mod in_link of DMA_IN_LINK {
        INLINK_ADDR = 0xfffff;
        INLINK_AUTO_RET = 1 << 20;
        INLINK_STOP = 1 << 28;
        INLINK_START = 1 << 29;
        INLINK_RESTART = 1 << 30;
    }

    /// Bits of the four DMA interrupt registers.
    pub mod dma_int of DMA_INT_ENA DMA_INT_RAW DMA_INT_ST DMA_INT_CLR {
        INLINK_DSCR_EMPTY = 1 << 0;
        OUTLINK_DSCR_ERROR = 1 << 1;
        INLINK_DSCR_ERROR = 1 << 2;
        IN_DONE = 1 << 3;
        IN_ERR_EOF = 1 << 4;
        IN_SUC_EOF = 1 << 5;
        OUT_DONE = 1 << 6;
        OUT_EOF = 1 << 7;
        OUT_TOTAL_EOF = 1 << 8;
    }

    /// Bits of [`CLOCK`].
    pub mod clock of CLOCK {
        CLKCNT_L = 0x3f;
        CLKCNT_H = 0x3f << 6;
        CLKCNT_N = 0x3f << 12;
        CLKDIV_PRE = 0x1fff << 18;
        CLK_EQU_SYSCLK = 1 << 31;
    }
}
