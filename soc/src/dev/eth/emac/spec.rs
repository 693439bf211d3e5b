//! Registers of the ESP32's own Ethernet MAC.

crate::registers! {
    "EMAC", "TRM chapter 10; soc/emac_{dma,ext,mac}_struct.h";
    /// DMA: bus mode and software reset.
    DMABUSMODE = 0x00, reset 0x0002_0100, Modelled;
    /// DMA: look for transmit descriptors.
    DMATXPOLLDEMAND = 0x04, reset 0, Stored;
    /// DMA: look for receive descriptors.
    DMARXPOLLDEMAND = 0x08, reset 0, Stored;
    /// DMA: first receive descriptor.
    DMARXBASEADDR = 0x0C, reset 0, Stored;
    /// DMA: first transmit descriptor.
    DMATXBASEADDR = 0x10, reset 0, Stored;
    /// DMA: interrupts and state; write 1 to clear.
    DMASTATUS = 0x14, reset 0, Modelled;
    /// DMA: start and stop, thresholds, flush.
    DMAOPERATION_MODE = 0x18, reset 0, Modelled;
    /// DMA: interrupt enables.
    DMAIN_EN = 0x1C, reset 0, Stored;
    /// DMA: missed frames.
    DMAMISSEDFR = 0x20, reset 0, Stored;
    /// DMA: receive interrupt delay.
    DMARINTWDTIMER = 0x24, reset 0, Stored;
    /// DMA: current transmit descriptor.
    DMATXCURRDESC = 0x48, reset 0, Stored;
    /// DMA: current receive descriptor.
    DMARXCURRDESC = 0x4C, reset 0, Stored;
    /// DMA: current transmit buffer.
    DMATXCURRADDR_BUF = 0x50, reset 0, Stored;
    /// DMA: current receive buffer.
    DMARXCURRADDR_BUF = 0x54, reset 0, Stored;
    /// DMA: features.
    HWFEAT = 0x58, reset 0, Stored;
    /// Clock to the PHY: dividers.
    EX_CLKOUT_CONF = 0x800, reset 0, Stored;
    /// Clock from the crystal or PLL: dividers.
    EX_OSCCLK_CONF = 0x804, reset 0, Stored;
    /// Clock source and enables.
    EX_CLK_CTRL = 0x808, reset 0, Stored;
    /// MII or RMII.
    EX_PHYINF_CONF = 0x80C, reset 0, Stored;
    /// Power of the memories.
    EX_PD_SEL = 0x810, reset 0, Stored;
    /// Version date.
    EX_DATE = 0x8FC, reset 0x1604_2200, Stored;
    /// MAC: configuration.
    GMACCONFIG = 0x1000, reset 0, Stored;
    /// MAC: frame filter.
    GMACFF = 0x1004, reset 0, Stored;
    /// MAC: PHY and register number, command, busy.
    EMACGMIIADDR = 0x1010, reset 0, Modelled;
    /// MAC: PHY data.
    EMACMIIDATA = 0x1014, reset 0, Modelled;
    /// MAC: flow control.
    GMACFC = 0x1018, reset 0, Stored;
    /// MAC: state of the FIFOs.
    EMACDEBUG = 0x1024, reset 0, Stored;
    /// MAC: wake-up frame filter.
    PMT_RWUFFR = 0x1028, reset 0, Stored;
    /// MAC: power management.
    PMT_CSR = 0x102C, reset 0, Stored;
    /// MAC: low-power idle.
    GMACLPI_CRS = 0x1030, reset 0, Stored;
    /// MAC: low-power idle timers.
    GMACLPITIMERSCONTROL = 0x1034, reset 0x03E8_0000, Stored;
    /// MAC: interrupts.
    EMACINTS = 0x1038, reset 0, Stored;
    /// MAC: interrupt masks.
    EMACINTMASK = 0x103C, reset 0, Stored;
    /// MAC: own address, high part.
    EMACADDR0HIGH = 0x1040, reset 0x8000_FFFF, Stored;
    /// MAC: own address, low part.
    EMACADDR0LOW = 0x1044, reset 0xFFFF_FFFF, Stored;
    /// MAC: further addresses, high part.
    EMACADDRHIGH[15; 8] = 0x1048, reset 0x0000_FFFF, Stored;
    /// MAC: further addresses, low part.
    EMACADDRLOW[15; 8] = 0x104C, reset 0xFFFF_FFFF, Stored;
    /// MAC: link state in RGMII and SGMII.
    EMACCSTATUS = 0x10D8, reset 0, Stored;
    /// MAC: watchdog timeout.
    EMACWDOGTO = 0x10DC, reset 0, Stored;
}

/// `DMABUSMODE`: software reset.
pub const SW_RST: u32 = 1 << 0;
/// `DMAOPERATION_MODE`: flush the transmit FIFO.
pub const FLUSH_TX_FIFO: u32 = 1 << 20;
/// `DMAOPERATION_MODE`: start receiving, and start transmitting.
pub const START: u32 = 1 << 1 | 1 << 13;
/// `EMACGMIIADDR`: busy.
pub const MIIBUSY: u32 = 1 << 0;
/// `EMACGMIIADDR`: write access; clear: read access.
pub const MIIWRITE: u32 = 1 << 1;
