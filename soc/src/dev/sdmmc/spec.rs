//! Registers of the SD/MMC host controller (a Synopsys DesignWare mobile storage host).
//!
//! The header gives no reset values: those that are not 0 are the controller's usual values.

crate::registers! {
    "SDMMC", "TRM chapter 9; soc/sdmmc_reg.h";
    /// Resets (self-clearing), interrupt enable, DMA choice.
    CTRL = 0x00, reset 0x0, Modelled;
    /// Card power switches.
    PWREN = 0x04, reset 0x0, Stored;
    /// Dividers of the card clocks, in steps of two.
    CLKDIV = 0x08, reset 0x0, Modelled;
    /// Which divider each card uses.
    CLKSRC = 0x0C, reset 0x0, Modelled;
    /// Card clock enables.
    CLKENA = 0x10, reset 0x0, Modelled;
    /// Response and data time-outs, in card clocks.
    TMOUT = 0x14, reset 0xFFFFFF40, Modelled;
    /// Bus width of each card.
    CTYPE = 0x18, reset 0x0, Modelled;
    /// Block size in bytes.
    BLKSIZ = 0x1C, reset 0x200, Modelled;
    /// Bytes to transfer.
    BYTCNT = 0x20, reset 0x200, Modelled;
    /// Enables of the interrupts.
    INTMASK = 0x24, reset 0x0, Modelled;
    /// Argument of the command.
    CMDARG = 0x28, reset 0x0, Modelled;
    /// Command index and options; bit 31 starts it and clears itself when taken.
    CMD = 0x2C, reset 0x0, Modelled;
    /// Response, bits 31:0.
    RESP0 = 0x30, reset 0x0, Modelled;
    /// Response, bits 63:32.
    RESP1 = 0x34, reset 0x0, Modelled;
    /// Response, bits 95:64.
    RESP2 = 0x38, reset 0x0, Modelled;
    /// Response, bits 127:96.
    RESP3 = 0x3C, reset 0x0, Modelled;
    /// Interrupts that have occurred and are enabled.
    MINTSTS = 0x40, reset 0x0, Modelled;
    /// Interrupts that have occurred; writing ones clears them.
    RINTSTS = 0x44, reset 0x0, Modelled;
    /// State of FIFO, command machine and card.
    STATUS = 0x48, reset 0x106, Modelled;
    /// FIFO thresholds.
    FIFOTH = 0x4C, reset 0x0, Modelled;
    /// Card detect lines: the input signals of the GPIO matrix, low where a card is.
    CDETECT = 0x50, reset 0x0, Modelled;
    /// Write protect lines: the input signals of the GPIO matrix, high for a protected card.
    WRTPRT = 0x54, reset 0x0, Modelled;
    /// General-purpose lines of the block.
    GPIO = 0x58, reset 0x0, Stored;
    /// Bytes moved to or from the card.
    TCBCNT = 0x5C, reset 0x0, Modelled;
    /// Bytes moved between memory and FIFO.
    TBBCNT = 0x60, reset 0x0, Modelled;
    /// Debounce time of card detect.
    DEBNCE = 0x64, reset 0xFFFFFF, Stored;
    /// User identification register.
    USRID = 0x68, reset 0x0, Stored;
    /// Version of the synthesised block.
    VERID = 0x6C, reset 0x5342270A, Stored;
    /// Configuration of the synthesised block.
    HCON = 0x70, reset 0x0, Stored;
    /// UHS-I voltage and DDR mode.
    UHS_REG = 0x74, reset 0x0, Stored;
    /// Hardware reset of cards.
    RST_N = 0x78, reset 0x1, Stored;
    /// Mode of the internal DMA; its reset bit clears itself.
    BMOD = 0x80, reset 0x0, Modelled;
    /// Wakes the internal DMA.
    PLDMND = 0x84, reset 0x0, Modelled;
    /// First descriptor of the internal DMA.
    DBADDR = 0x88, reset 0x0, Modelled;
    /// Interrupts of the internal DMA; writing ones clears them.
    IDSTS = 0x8C, reset 0x0, Modelled;
    /// Enables of the internal DMA's interrupts.
    IDINTEN = 0x90, reset 0x0, Modelled;
    /// Current descriptor of the internal DMA.
    DSCADDR = 0x94, reset 0x0, Modelled;
    /// Current buffer of the internal DMA.
    DSCADDRL = 0x98, reset 0x0, Modelled;
    /// Upper half of the current descriptor's address, for 64-bit DMA.
    DSCADDRU = 0x9C, reset 0, Stored;
    /// Lower half of the current buffer's address, for 64-bit DMA.
    BUFADDRL = 0xA0, reset 0, Stored;
    /// Upper half of the current buffer's address, for 64-bit DMA.
    BUFADDRU = 0xA4, reset 0, Stored;
    /// Card read threshold.
    CARDTHRCTL = 0x100, reset 0x0, Stored;
    /// Back-end power.
    BACK_END_POWER = 0x104, reset 0x0, Stored;
    /// Clock phases of UHS modes.
    UHS_REG_EXT = 0x108, reset 0x0, Stored;
    /// Start bit of eMMC DDR.
    EMMC_DDR_REG = 0x10C, reset 0x0, Stored;
    /// Phase shift of the card clock enable.
    ENABLE_SHIFT = 0x110, reset 0x0, Stored;
    /// Source, divider and phases of the clock that feeds the block.
    CLOCK = 0x800, reset 0x0, Modelled;
}
