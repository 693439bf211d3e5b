//! Registers of the ESP32's own Ethernet MAC: the DMA at 0x3FF6_9000, the clocks at 0x3FF6_9800, the MAC at 0x3FF6_A000.

crate::registers! {
    "EMAC", "TRM chapter 10; soc/emac_{dma,ext,mac}_struct.h, soc/emac_reg_v2.h", FIELDS;
    /// DMA: bus mode, descriptor size and software reset. The reset ends once the MAC has a clock.
    DMABUSMODE = 0x00, reset 0x0002_0101, Modelled;
    /// DMA: look for transmit descriptors. Any write.
    DMATXPOLLDEMAND = 0x04, reset 0, Modelled;
    /// DMA: look for receive descriptors. Any write.
    DMARXPOLLDEMAND = 0x08, reset 0, Modelled;
    /// DMA: first receive descriptor.
    DMARXBASEADDR = 0x0C, reset 0, Modelled;
    /// DMA: first transmit descriptor.
    DMATXBASEADDR = 0x10, reset 0, Modelled;
    /// DMA: interrupts and state; write 1 to clear.
    DMASTATUS = 0x14, reset 0, Modelled;
    /// DMA: start and stop, treatment of bad frames, flush. Thresholds have no effect: frames are stored and forwarded.
    DMAOPERATION_MODE = 0x18, reset 0, Modelled;
    /// DMA: interrupt enables.
    DMAIN_EN = 0x1C, reset 0, Modelled;
    /// DMA: missed frames; cleared by reading.
    DMAMISSEDFR = 0x20, reset 0, Modelled;
    /// DMA: delay of the receive interrupt, in units of 256 APB cycles.
    DMARINTWDTIMER = 0x24, reset 0, Modelled;
    /// DMA: current transmit descriptor.
    DMATXCURRDESC = 0x48, reset 0, Modelled;
    /// DMA: current receive descriptor.
    DMARXCURRDESC = 0x4C, reset 0, Modelled;
    /// DMA: current transmit buffer.
    DMATXCURRADDR_BUF = 0x50, reset 0, Modelled;
    /// DMA: current receive buffer.
    DMARXCURRADDR_BUF = 0x54, reset 0, Modelled;
    /// DMA: hardware features. Espressif does not document the value.
    HWFEAT = 0x58, reset 0, Absent;
    /// Clock to the PHY: dividers.
    EX_CLKOUT_CONF = 0x800, reset 0, Stored;
    /// Clock from the crystal or PLL: dividers, source.
    EX_OSCCLK_CONF = 0x804, reset 0, Stored;
    /// Clock enables. With none, a software reset does not end.
    EX_CLK_CTRL = 0x808, reset 0, Modelled;
    /// MII or RMII; request to send pause frames.
    EX_PHYINF_CONF = 0x80C, reset 0, Modelled;
    /// Power of the memories.
    EX_PD_SEL = 0x810, reset 0, Stored;
    /// Version date.
    EX_DATE = 0x8FC, reset 0x1604_2200, Stored;
    /// MAC: configuration.
    GMACCONFIG = 0x1000, reset 0, Modelled;
    /// MAC: frame filter.
    GMACFF = 0x1004, reset 0, Modelled;
    /// MAC: hash table of the frame filter, high half. The DWC GMAC's register; Espressif's headers do not list it.
    GMACHASHH = 0x1008, reset 0, Modelled;
    /// MAC: hash table of the frame filter, low half.
    GMACHASHL = 0x100C, reset 0, Modelled;
    /// MAC: PHY and register number, command, busy.
    EMACGMIIADDR = 0x1010, reset 0, Modelled;
    /// MAC: PHY data.
    EMACMIIDATA = 0x1014, reset 0, Modelled;
    /// MAC: flow control.
    GMACFC = 0x1018, reset 0, Modelled;
    /// MAC: VLAN tag that marks received frames. The DWC GMAC's register; Espressif's headers do not list it.
    GMACVLAN = 0x101C, reset 0, Modelled;
    /// MAC: state of the FIFOs and of the transmitter.
    EMACDEBUG = 0x1024, reset 0, Modelled;
    /// MAC: remote wake-up frame filter; such frames do not wake.
    PMT_RWUFFR = 0x1028, reset 0, Stored;
    /// MAC: power management. Magic packets wake, other wake-up frames do not.
    PMT_CSR = 0x102C, reset 0, Modelled;
    /// MAC: low-power idle; the line never enters it.
    GMACLPI_CRS = 0x1030, reset 0, Stored;
    /// MAC: low-power idle timers.
    GMACLPITIMERSCONTROL = 0x1034, reset 0x03E8_0000, Stored;
    /// MAC: interrupts.
    EMACINTS = 0x1038, reset 0, Modelled;
    /// MAC: interrupt masks.
    EMACINTMASK = 0x103C, reset 0, Modelled;
    /// MAC: own address, high part.
    EMACADDR0HIGH = 0x1040, reset 0x8000_FFFF, Modelled;
    /// MAC: own address, low part.
    EMACADDR0LOW = 0x1044, reset 0xFFFF_FFFF, Modelled;
    /// MAC: further addresses, high part. ESP-IDF's hardware test finds eight; the headers list 7 or 15.
    EMACADDRHIGH[8; 8] = 0x1048, reset 0x0000_FFFF, Modelled;
    /// MAC: further addresses, low part.
    EMACADDRLOW[8; 8] = 0x104C, reset 0xFFFF_FFFF, Modelled;
    /// MAC: link state that RGMII and SGMII report; RMII reports none.
    EMACCSTATUS = 0x10D8, reset 0, Stored;
    /// MAC: longest received frame.
    EMACWDOGTO = 0x10DC, reset 0, Modelled;
}

crate::fields! {
    /// Fields of [`DMABUSMODE`], as masks.
    pub mod dmabusmode of DMABUSMODE {
        /// Software reset; self-clearing.
        SW_RST = 1;
        DMA_ARB_SCH = 1 << 1;
        /// Words between two descriptors that are not chained.
        DESC_SKIP_LEN = 0x1F << 2;
        /// Descriptors of 32 bytes instead of 16.
        ALT_DESC_SIZE = 1 << 7;
        PROG_BURST_LEN = 0x3F << 8;
        PRI_RATIO = 3 << 14;
        FIXED_BURST = 1 << 16;
        RX_DMA_PBL = 0x3F << 17;
        USE_SEP_PBL = 1 << 23;
        PBLX8_MODE = 1 << 24;
        DMAADDRALIBEA = 1 << 25;
        DMAMIXEDBURST = 1 << 26;
    } with {
        /// Writable bits that keep their value.
        pub const KEPT: u32 = 0x07FF_FFFE;
    }
    /// Fields of [`DMASTATUS`], as masks.
    pub mod dmastatus of DMASTATUS {
        TRANS_INT = 1;
        TRANS_PROC_STOP = 1 << 1;
        TRANS_BUF_UNAVAIL = 1 << 2;
        TRANS_JABBER_TO = 1 << 3;
        RECV_OVFLOW = 1 << 4;
        TRANS_UNDFLOW = 1 << 5;
        RECV_INT = 1 << 6;
        RECV_BUF_UNAVAIL = 1 << 7;
        RECV_PROC_STOP = 1 << 8;
        RECV_WDT_TO = 1 << 9;
        EARLY_TRANS_INT = 1 << 10;
        FATAL_BUS_ERR_INT = 1 << 13;
        EARLY_RECV_INT = 1 << 14;
        ABN_INT_SUMM = 1 << 15;
        NORM_INT_SUMM = 1 << 16;
        RECV_PROC_STATE = 7 << 17;
        TRANS_PROC_STATE = 7 << 20;
        ERROR_BITS = 7 << 23;
        PMT_INT = 1 << 28;
        TS_TRI_INT = 1 << 29;
    } with {
        /// Causes of a normal interrupt.
        pub const NORMAL: u32 = TRANS_INT | TRANS_BUF_UNAVAIL | RECV_INT | EARLY_RECV_INT;
        /// Causes of an abnormal interrupt.
        pub const ABNORMAL: u32 = TRANS_PROC_STOP | TRANS_JABBER_TO | RECV_OVFLOW | TRANS_UNDFLOW
            | RECV_BUF_UNAVAIL | RECV_PROC_STOP | RECV_WDT_TO | EARLY_TRANS_INT | FATAL_BUS_ERR_INT;
        /// Bits that a written 1 clears.
        pub const CLEARABLE: u32 = NORMAL | ABNORMAL | ABN_INT_SUMM | NORM_INT_SUMM;
    }
    /// Fields of [`DMAOPERATION_MODE`], as masks.
    pub mod dmaoperation_mode of DMAOPERATION_MODE {
        START_STOP_RX = 1 << 1;
        OPT_SECOND_FRAME = 1 << 2;
        RX_THRESH_CTRL = 3 << 3;
        /// Drop received frames that are too long.
        DROP_GFRM = 1 << 5;
        /// Forward received frames that are too short but whole.
        FWD_UNDER_GF = 1 << 6;
        /// Forward received frames with errors.
        FWD_ERR_FRAME = 1 << 7;
        START_STOP_TRANSMISSION_COMMAND = 1 << 13;
        TX_THRESH_CTRL = 7 << 14;
        /// Flush the transmit FIFO; self-clearing.
        FLUSH_TX_FIFO = 1 << 20;
        TX_STR_FWD = 1 << 21;
        /// Keep received frames in the FIFO while there is no descriptor, instead of dropping them.
        DIS_FLUSH_RECV_FRAMES = 1 << 24;
        RX_STORE_FORWARD = 1 << 25;
        /// Forward received frames with no error but a wrong IP, TCP, UDP or ICMP checksum.
        DIS_DROP_TCPIP_ERR_FRAM = 1 << 26;
    } with {
        /// Writable bits that keep their value.
        pub const KEPT: u32 = 0x0721_E0FE;
    }
    /// Fields of [`DMAIN_EN`], as masks.
    pub mod dmain_en of DMAIN_EN {
        DMAIN_TIE = 1;
        DMAIN_TSE = 1 << 1;
        DMAIN_TBUE = 1 << 2;
        DMAIN_TJTE = 1 << 3;
        DMAIN_OIE = 1 << 4;
        DMAIN_UIE = 1 << 5;
        DMAIN_RIE = 1 << 6;
        DMAIN_RBUE = 1 << 7;
        DMAIN_RSE = 1 << 8;
        DMAIN_RWTE = 1 << 9;
        DMAIN_ETIE = 1 << 10;
        DMAIN_FBEE = 1 << 13;
        DMAIN_ERIE = 1 << 14;
        DMAIN_AISE = 1 << 15;
        DMAIN_NISE = 1 << 16;
    } with {
        /// All enables.
        pub const ALL: u32 = 0x1_E7FF;
    }
    /// Fields of [`DMAMISSEDFR`], as masks.
    pub mod dmamissedfr of DMAMISSEDFR {
        MISSED_FC = 0xFFFF;
        OVERFLOW_BMFC = 1 << 16;
        OVERFLOW_FC = 0x7FF << 17;
        OVERFLOW_BFOC = 1 << 28;
    }
    /// Fields of [`EX_OSCCLK_CONF`], as masks.
    pub mod ex_oscclk_conf of EX_OSCCLK_CONF {
        DIV_NUM_10M = 0x3F;
        H_DIV_NUM_10M = 0x3F << 6;
        DIV_NUM_100M = 0x3F << 12;
        H_DIV_NUM_100M = 0x3F << 18;
        CLK_SEL = 1 << 24;
    }
    /// Fields of [`EX_CLK_CTRL`], as masks.
    pub mod ex_clk_ctrl of EX_CLK_CTRL {
        EXT_EN = 1;
        INT_EN = 1 << 1;
        RX_125_CLK_EN = 1 << 2;
        MII_CLK_TX_EN = 1 << 3;
        MII_CLK_RX_EN = 1 << 4;
        CLK_EN = 1 << 5;
    }
    /// Fields of [`EX_PHYINF_CONF`], as masks.
    pub mod ex_phyinf_conf of EX_PHYINF_CONF {
        INT_REVMII_RX_CLK_SEL = 1;
        EXT_REVMII_RX_CLK_SEL = 1 << 1;
        /// Send pause frames while set.
        SBD_FLOWCTRL = 1 << 2;
        CORE_PHY_ADDR = 0x1F << 3;
        REVMII_PHY_ADDR = 0x1F << 8;
        /// 0 MII, 4 RMII.
        PHY_INTF_SEL = 7 << 13;
        SS_MODE = 1 << 16;
        SBD_CLK_GATING_EN = 1 << 17;
        PMT_CTRL_EN = 1 << 18;
        SCR_SMI_DLY_RX_SYNC = 1 << 19;
        TX_ERR_OUT_EN = 1 << 20;
    }
    /// Fields of [`GMACCONFIG`], as masks.
    pub mod gmacconfig of GMACCONFIG {
        PLTF = 3;
        RX = 1 << 2;
        TX = 1 << 3;
        DEFERRALCHECK = 1 << 4;
        BACKOFFLIMIT = 3 << 5;
        /// Remove padding and checksum from frames with a length field.
        PADCRCSTRIP = 1 << 7;
        RETRY = 1 << 9;
        /// Check the checksums of received IP packets.
        RXIPCOFFLOAD = 1 << 10;
        DUPLEX = 1 << 11;
        LOOPBACK = 1 << 12;
        RXOWN = 1 << 13;
        /// 100 Mbit/s instead of 10.
        FESPEED = 1 << 14;
        MII = 1 << 15;
        DISABLECRS = 1 << 16;
        INTERFRAMEGAP = 7 << 17;
        JUMBOFRAME = 1 << 20;
        /// No limit of the length of sent frames.
        JABBER = 1 << 22;
        /// No limit of the length of received frames.
        WATCHDOG = 1 << 23;
        ASS2KP = 1 << 27;
        /// Insert or replace the source address.
        SAIRC = 7 << 28;
    }
    /// Fields of [`GMACFF`], as masks. Espressif's headers leave out those of the hash filter.
    pub mod gmacff of GMACFF {
        /// Promiscuous.
        PMODE = 1;
        /// Hash filter for unicast addresses.
        HUC = 1 << 1;
        /// Hash filter for multicast addresses.
        HMC = 1 << 2;
        /// Inverse filter for destination addresses.
        DAIF = 1 << 3;
        /// Pass all multicast frames.
        PAM = 1 << 4;
        /// Block broadcast frames.
        DBF = 1 << 5;
        /// Treatment of control frames.
        PCF = 3 << 6;
        /// Inverse filter for source addresses.
        SAIF = 1 << 8;
        /// Drop frames whose source address fails its filter.
        SAFE = 1 << 9;
        /// Hash or perfect filter, whichever passes.
        HPF = 1 << 10;
        /// Pass all frames; the descriptor says whether the filter did.
        RECEIVE_ALL = 1 << 31;
    }
    /// Fields of [`EMACGMIIADDR`], as masks.
    pub mod emacgmiiaddr of EMACGMIIADDR {
        MIIBUSY = 1;
        MIIWRITE = 1 << 1;
        MIICSRCLK = 0xF << 2;
        MIIREG = 0x1F << 6;
        MIIDEV = 0x1F << 11;
    }
    /// Fields of [`GMACFC`], as masks.
    pub mod gmacfc of GMACFC {
        /// Send one pause frame; self-clearing.
        FCBBA = 1;
        /// Allow pause frames to be sent.
        TFCE = 1 << 1;
        /// Obey received pause frames.
        RFCE = 1 << 2;
        /// Also those to the own address.
        UPFD = 1 << 3;
        /// When a pause frame is repeated.
        PLT = 3 << 4;
        /// No pause frame with time 0 at the end.
        DZPQ = 1 << 7;
        PAUSE_TIME = 0xFFFF << 16;
    }
    /// Fields of [`EMACDEBUG`], as masks.
    pub mod emacdebug of EMACDEBUG {
        MACRPES = 1;
        MACRFFCS = 3 << 1;
        MTLRFWCAS = 1 << 4;
        MTLRFRCS = 3 << 5;
        MTLRFFLS = 3 << 8;
        MACTPES = 1 << 16;
        MACTFCS = 3 << 17;
        MACTP = 1 << 19;
        MTLTFRCS = 3 << 20;
        MTLTFWCS = 1 << 22;
        MTLTFNES = 1 << 24;
        MTLTSFFS = 1 << 25;
    }
    /// Fields of [`PMT_CSR`], as masks.
    pub mod pmt_csr of PMT_CSR {
        PWRDWN = 1;
        MGKPKTEN = 1 << 1;
        RWKPKTEN = 1 << 2;
        MGKPRCVD = 1 << 5;
        RWKPRCVD = 1 << 6;
        GLBLUCAST = 1 << 9;
        RWKPTR = 0x1F << 24;
        RWKFILTRST = 1 << 31;
    }
    /// Fields of [`EMACINTS`] and [`EMACINTMASK`], as masks.
    pub mod emacints of EMACINTS EMACINTMASK {
        PMTINTS = 1 << 3;
        LPIIS = 1 << 10;
    }
    /// Fields of [`EMACADDR0HIGH`] and [`EMACADDRHIGH`], as masks. The first register has only the address.
    pub mod emacaddrhigh of EMACADDR0HIGH EMACADDRHIGH {
        MAC_ADDRESS_HI = 0xFFFF;
        /// Bytes of the address that are not compared, the first byte's bit lowest.
        MASK_BYTE_CONTROL = 0x3F << 24;
        /// Compared with the source address instead of the destination.
        SOURCE_ADDRESS = 1 << 30;
        ADDRESS_ENABLE = 1 << 31;
    }
    /// Fields of [`EMACWDOGTO`], as masks.
    pub mod emacwdogto of EMACWDOGTO {
        WDOGTO = 0x3FFF;
        PWDOGEN = 1 << 16;
    }
}
