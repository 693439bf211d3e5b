//! Registers of the eFuse controller.

crate::registers! {
    "EFUSE", "TRM 20; soc/efuse_reg.h, soc/efuse_defs.h";
    /// Block 0, word 0 as read.
    BLK0_RDATA0 = 0x000, reset 0, Modelled;
    /// Block 0, word 1 as read.
    BLK0_RDATA1 = 0x004, reset 0, Modelled;
    /// Block 0, word 2 as read.
    BLK0_RDATA2 = 0x008, reset 0, Modelled;
    /// Block 0, word 3 as read.
    BLK0_RDATA3 = 0x00c, reset 0, Modelled;
    /// Block 0, word 4 as read.
    BLK0_RDATA4 = 0x010, reset 0, Modelled;
    /// Block 0, word 5 as read.
    BLK0_RDATA5 = 0x014, reset 0, Modelled;
    /// Block 0, word 6 as read.
    BLK0_RDATA6 = 0x018, reset 0, Modelled;
    /// Block 0, word 0 to program.
    BLK0_WDATA0 = 0x01c, reset 0, Modelled;
    /// Block 0, word 1 to program.
    BLK0_WDATA1 = 0x020, reset 0, Modelled;
    /// Block 0, word 2 to program.
    BLK0_WDATA2 = 0x024, reset 0, Modelled;
    /// Block 0, word 3 to program.
    BLK0_WDATA3 = 0x028, reset 0, Modelled;
    /// Block 0, word 4 to program.
    BLK0_WDATA4 = 0x02c, reset 0, Modelled;
    /// Block 0, word 5 to program.
    BLK0_WDATA5 = 0x030, reset 0, Modelled;
    /// Block 0, word 6 to program.
    BLK0_WDATA6 = 0x034, reset 0, Modelled;
    /// Block 1, word 0 as read.
    BLK1_RDATA0 = 0x038, reset 0, Modelled;
    /// Block 1, word 1 as read.
    BLK1_RDATA1 = 0x03c, reset 0, Modelled;
    /// Block 1, word 2 as read.
    BLK1_RDATA2 = 0x040, reset 0, Modelled;
    /// Block 1, word 3 as read.
    BLK1_RDATA3 = 0x044, reset 0, Modelled;
    /// Block 1, word 4 as read.
    BLK1_RDATA4 = 0x048, reset 0, Modelled;
    /// Block 1, word 5 as read.
    BLK1_RDATA5 = 0x04c, reset 0, Modelled;
    /// Block 1, word 6 as read.
    BLK1_RDATA6 = 0x050, reset 0, Modelled;
    /// Block 1, word 7 as read.
    BLK1_RDATA7 = 0x054, reset 0, Modelled;
    /// Block 2, word 0 as read.
    BLK2_RDATA0 = 0x058, reset 0, Modelled;
    /// Block 2, word 1 as read.
    BLK2_RDATA1 = 0x05c, reset 0, Modelled;
    /// Block 2, word 2 as read.
    BLK2_RDATA2 = 0x060, reset 0, Modelled;
    /// Block 2, word 3 as read.
    BLK2_RDATA3 = 0x064, reset 0, Modelled;
    /// Block 2, word 4 as read.
    BLK2_RDATA4 = 0x068, reset 0, Modelled;
    /// Block 2, word 5 as read.
    BLK2_RDATA5 = 0x06c, reset 0, Modelled;
    /// Block 2, word 6 as read.
    BLK2_RDATA6 = 0x070, reset 0, Modelled;
    /// Block 2, word 7 as read.
    BLK2_RDATA7 = 0x074, reset 0, Modelled;
    /// Block 3, word 0 as read.
    BLK3_RDATA0 = 0x078, reset 0, Modelled;
    /// Block 3, word 1 as read.
    BLK3_RDATA1 = 0x07c, reset 0, Modelled;
    /// Block 3, word 2 as read.
    BLK3_RDATA2 = 0x080, reset 0, Modelled;
    /// Block 3, word 3 as read.
    BLK3_RDATA3 = 0x084, reset 0, Modelled;
    /// Block 3, word 4 as read.
    BLK3_RDATA4 = 0x088, reset 0, Modelled;
    /// Block 3, word 5 as read.
    BLK3_RDATA5 = 0x08c, reset 0, Modelled;
    /// Block 3, word 6 as read.
    BLK3_RDATA6 = 0x090, reset 0, Modelled;
    /// Block 3, word 7 as read.
    BLK3_RDATA7 = 0x094, reset 0, Modelled;
    /// Block 1, word 0 to program.
    BLK1_WDATA0 = 0x098, reset 0, Modelled;
    /// Block 1, word 1 to program.
    BLK1_WDATA1 = 0x09c, reset 0, Modelled;
    /// Block 1, word 2 to program.
    BLK1_WDATA2 = 0x0a0, reset 0, Modelled;
    /// Block 1, word 3 to program.
    BLK1_WDATA3 = 0x0a4, reset 0, Modelled;
    /// Block 1, word 4 to program.
    BLK1_WDATA4 = 0x0a8, reset 0, Modelled;
    /// Block 1, word 5 to program.
    BLK1_WDATA5 = 0x0ac, reset 0, Modelled;
    /// Block 1, word 6 to program.
    BLK1_WDATA6 = 0x0b0, reset 0, Modelled;
    /// Block 1, word 7 to program.
    BLK1_WDATA7 = 0x0b4, reset 0, Modelled;
    /// Block 2, word 0 to program.
    BLK2_WDATA0 = 0x0b8, reset 0, Modelled;
    /// Block 2, word 1 to program.
    BLK2_WDATA1 = 0x0bc, reset 0, Modelled;
    /// Block 2, word 2 to program.
    BLK2_WDATA2 = 0x0c0, reset 0, Modelled;
    /// Block 2, word 3 to program.
    BLK2_WDATA3 = 0x0c4, reset 0, Modelled;
    /// Block 2, word 4 to program.
    BLK2_WDATA4 = 0x0c8, reset 0, Modelled;
    /// Block 2, word 5 to program.
    BLK2_WDATA5 = 0x0cc, reset 0, Modelled;
    /// Block 2, word 6 to program.
    BLK2_WDATA6 = 0x0d0, reset 0, Modelled;
    /// Block 2, word 7 to program.
    BLK2_WDATA7 = 0x0d4, reset 0, Modelled;
    /// Block 3, word 0 to program.
    BLK3_WDATA0 = 0x0d8, reset 0, Modelled;
    /// Block 3, word 1 to program.
    BLK3_WDATA1 = 0x0dc, reset 0, Modelled;
    /// Block 3, word 2 to program.
    BLK3_WDATA2 = 0x0e0, reset 0, Modelled;
    /// Block 3, word 3 to program.
    BLK3_WDATA3 = 0x0e4, reset 0, Modelled;
    /// Block 3, word 4 to program.
    BLK3_WDATA4 = 0x0e8, reset 0, Modelled;
    /// Block 3, word 5 to program.
    BLK3_WDATA5 = 0x0ec, reset 0, Modelled;
    /// Block 3, word 6 to program.
    BLK3_WDATA6 = 0x0f0, reset 0, Modelled;
    /// Block 3, word 7 to program.
    BLK3_WDATA7 = 0x0f4, reset 0, Modelled;
    /// Timing of reads and programming.
    CLK = 0x0f8, reset 0x4052, Stored;
    /// Operation code that unlocks a command.
    CONF = 0x0fc, reset 0x10000, Modelled;
    /// Debug state of the controller.
    STATUS = 0x100, reset 0, Absent;
    /// Starts a read or a programming; clears itself.
    CMD = 0x104, reset 0, Modelled;
    /// Finished commands.
    INT_RAW = 0x108, reset 0, Modelled;
    /// Finished commands that interrupt.
    INT_ST = 0x10c, reset 0, Modelled;
    /// Which finished commands interrupt.
    INT_ENA = 0x110, reset 0, Modelled;
    /// Clears finished commands.
    INT_CLR = 0x114, reset 0, Modelled;
    /// Programming voltage clock.
    DAC_CONF = 0x118, reset 0x28, Stored;
    /// Errors of the 3/4 coding scheme; always none.
    DEC_STATUS = 0x11c, reset 0, Modelled;
    /// Version of the block.
    DATE = 0x1fc, reset 0x16042600, Stored;
}

/// Fields of `CONF`.
pub mod conf {
    /// Operation code that enables the read command.
    pub const READ_OP_CODE: u32 = 0x5AA5;
    /// Operation code that enables the program command.
    pub const WRITE_OP_CODE: u32 = 0x5A5A;
    /// Mask of the operation code.
    pub const OP_CODE: u32 = 0xFFFF;
}

/// Fields of `CMD` and of the four interrupt registers.
pub mod cmd {
    /// Reload the read registers.
    pub const READ: u32 = 1 << 0;
    /// Program the bits set in the write registers.
    pub const PGM: u32 = 1 << 1;
}

/// Fields of block 0, word 3.
pub mod blk0_rdata3 {
    /// First bit of the chip package (3 bits): 0 D0WDQ6, 1 D0WD, 2 D2WD, 4 U4WDH, 5 PICO-D4, 6 PICO-V3.
    pub const CHIP_PACKAGE_S: u32 = 9;
    /// The CPU's maximum frequency is rated (240 MHz unless `CHIP_CPU_FREQ_LOW` is set).
    pub const CHIP_CPU_FREQ_RATED: u32 = 1 << 13;
    /// Chip revision 1 or later.
    pub const CHIP_VER_REV1: u32 = 1 << 15;
}

/// Fields of block 0, word 4.
pub mod blk0_rdata4 {
    /// First bit of the ADC reference voltage: sign and magnitude, in steps of 7 mV from 1100 mV; 0 means not
    /// measured.
    pub const ADC_VREF_S: u32 = 8;
}

/// Fields of block 0, word 5.
pub mod blk0_rdata5 {
    /// Chip revision 2 or later.
    pub const CHIP_VER_REV2: u32 = 1 << 20;
}
