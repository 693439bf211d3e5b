//! Registers of DPORT, the system configuration block.

crate::registers! {
    "DPORT", "TRM 1.3 (caches, MMU), 2 (interrupt matrix), 3 (reset and clock), 5 (DPORT registers); soc/dport_reg.h", FIELDS;
    /// PRO CPU: SRAM in place of the boot ROM.
    PRO_BOOT_REMAP_CTRL = 0x000, reset 0, Stored;
    /// APP CPU: SRAM in place of the boot ROM.
    APP_BOOT_REMAP_CTRL = 0x004, reset 0, Stored;
    /// Accesses refused by the masks.
    ACCESS_CHECK = 0x008, reset 0, Absent;
    /// PRO CPU accesses to peripherals masked, part 0.
    PRO_DPORT_APB_MASK0 = 0x00c, reset 0, Stored;
    /// PRO CPU accesses to peripherals masked, part 1.
    PRO_DPORT_APB_MASK1 = 0x010, reset 0, Stored;
    /// APP CPU accesses to peripherals masked, part 0.
    APP_DPORT_APB_MASK0 = 0x014, reset 0, Stored;
    /// APP CPU accesses to peripherals masked, part 1.
    APP_DPORT_APB_MASK1 = 0x018, reset 0, Stored;
    /// Clocks of the cryptographic accelerators.
    PERI_CLK_EN = 0x01c, reset 0, Stored;
    /// Resets of the cryptographic accelerators.
    PERI_RST_EN = 0x020, reset 0, Modelled;
    /// Baseband configuration.
    WIFI_BB_CFG = 0x024, reset 0, Stored;
    /// Baseband configuration, second word.
    WIFI_BB_CFG_2 = 0x028, reset 0, Stored;
    /// APP CPU: held in reset while 1.
    APPCPU_CTRL_A = 0x02c, reset 1, Modelled;
    /// APP CPU: clocked while 1.
    APPCPU_CTRL_B = 0x030, reset 0, Modelled;
    /// APP CPU: stalled while 1.
    APPCPU_CTRL_C = 0x034, reset 0, Modelled;
    /// APP CPU: address its ROM jumps to.
    APPCPU_CTRL_D = 0x038, reset 0, Modelled;
    /// CPU clock from the PLL: 80, 160 or 240 MHz.
    CPU_PER_CONF = 0x03c, reset 0, Modelled;
    /// PRO CPU cache: enable, flush, PSRAM mode.
    PRO_CACHE_CTRL = 0x040, reset 0x10, Modelled;
    /// PRO CPU cache: closed buses, page sizes.
    PRO_CACHE_CTRL1 = 0x044, reset 0x8ff, Modelled;
    /// PRO CPU cache: locked range 0.
    PRO_CACHE_LOCK_0_ADDR = 0x048, reset 0, Stored;
    /// PRO CPU cache: locked range 1.
    PRO_CACHE_LOCK_1_ADDR = 0x04c, reset 0, Stored;
    /// PRO CPU cache: locked range 2.
    PRO_CACHE_LOCK_2_ADDR = 0x050, reset 0, Stored;
    /// PRO CPU cache: locked range 3.
    PRO_CACHE_LOCK_3_ADDR = 0x054, reset 0, Stored;
    /// APP CPU cache: enable, flush, PSRAM mode.
    APP_CACHE_CTRL = 0x058, reset 0x10, Modelled;
    /// APP CPU cache: closed buses, page sizes.
    APP_CACHE_CTRL1 = 0x05c, reset 0x8ff, Modelled;
    /// APP CPU cache: locked range 0.
    APP_CACHE_LOCK_0_ADDR = 0x060, reset 0, Stored;
    /// APP CPU cache: locked range 1.
    APP_CACHE_LOCK_1_ADDR = 0x064, reset 0, Stored;
    /// APP CPU cache: locked range 2.
    APP_CACHE_LOCK_2_ADDR = 0x068, reset 0, Stored;
    /// APP CPU cache: locked range 3.
    APP_CACHE_LOCK_3_ADDR = 0x06c, reset 0, Stored;
    /// Which SRAM blocks the trace memories are.
    TRACEMEM_MUX_MODE = 0x070, reset 0, Stored;
    /// PRO CPU trace memory on or off.
    PRO_TRACEMEM_ENA = 0x074, reset 0, Stored;
    /// APP CPU trace memory on or off.
    APP_TRACEMEM_ENA = 0x078, reset 0, Stored;
    /// Which SRAM blocks the caches use.
    CACHE_MUX_MODE = 0x07c, reset 0, Stored;
    /// Page size of the internal instruction memory MMU.
    IMMU_PAGE_MODE = 0x080, reset 0, Stored;
    /// Page size of the internal data memory MMU.
    DMMU_PAGE_MODE = 0x084, reset 0, Stored;
    /// Protection of the ROMs on or off.
    ROM_MPU_ENA = 0x088, reset 0, Stored;
    /// Memories that sleep in light sleep.
    MEM_PD_MASK = 0x08c, reset 1, Stored;
    /// ROMs powered down.
    ROM_PD_CTRL = 0x090, reset 0, Stored;
    /// ROM clocks forced on.
    ROM_FO_CTRL = 0x094, reset 3, Stored;
    /// SRAM blocks powered down, part 0.
    SRAM_PD_CTRL_0 = 0x098, reset 0, Stored;
    /// SRAM blocks powered down, part 1.
    SRAM_PD_CTRL_1 = 0x09c, reset 0, Stored;
    /// SRAM blocks forced on, part 0.
    SRAM_FO_CTRL_0 = 0x0a0, reset 0xffffffff, Stored;
    /// SRAM blocks forced on, part 1.
    SRAM_FO_CTRL_1 = 0x0a4, reset 1, Stored;
    /// Bus masks of the internal memories, MAC dump mode.
    IRAM_DRAM_AHB_SEL = 0x0a8, reset 0, Stored;
    /// Cache tag memories: forced on, powered down.
    TAG_FO_CTRL = 0x0ac, reset 0x101, Stored;
    /// Bus masters masked from the AHB-Lite bus.
    AHB_LITE_MASK = 0x0b0, reset 0, Stored;
    /// Processes that may master the AHB, part 0.
    AHB_MPU_TABLE_0 = 0x0b4, reset 0xffffffff, Stored;
    /// Processes that may master the AHB, part 1.
    AHB_MPU_TABLE_1 = 0x0b8, reset 0x1ff, Stored;
    /// Swaps of UART, SPI and host interfaces.
    HOST_INF_SEL = 0x0bc, reset 0, Stored;
    /// Clocks of the peripherals.
    PERIP_CLK_EN = 0x0c0, reset 0xf9c1e06f, Stored;
    /// Resets of the peripherals.
    PERIP_RST_EN = 0x0c4, reset 0, Modelled;
    /// Flash encryption and decryption switches, SPI slave masks.
    SLAVE_SPI_CONFIG = 0x0c8, reset 0, Modelled;
    /// Clocks of radio, SDIO, Ethernet and random source.
    WIFI_CLK_EN = 0x0cc, reset 0xfffce030, Stored;
    /// Resets of radio, SDIO and Ethernet blocks.
    CORE_RST_EN = 0x0d0, reset 0, Modelled;
    /// Bluetooth low-power clock divider, integer part.
    BT_LPCK_DIV_INT = 0x0d4, reset 0xff, Stored;
    /// Bluetooth low-power clock: source, fractional divider.
    BT_LPCK_DIV_FRAC = 0x0d8, reset 0x2001001, Stored;
    /// Software interrupt 0 between the CPUs.
    CPU_INTR_FROM_CPU_0 = 0x0dc, reset 0, Modelled;
    /// Software interrupt 1 between the CPUs.
    CPU_INTR_FROM_CPU_1 = 0x0e0, reset 0, Modelled;
    /// Software interrupt 2 between the CPUs.
    CPU_INTR_FROM_CPU_2 = 0x0e4, reset 0, Modelled;
    /// Software interrupt 3 between the CPUs.
    CPU_INTR_FROM_CPU_3 = 0x0e8, reset 0, Modelled;
    /// Levels of sources 0 to 31, for the PRO CPU.
    PRO_INTR_STATUS_0 = 0x0ec, reset 0, Modelled;
    /// Levels of sources 32 to 63, for the PRO CPU.
    PRO_INTR_STATUS_1 = 0x0f0, reset 0, Modelled;
    /// Levels of sources 64 to 68, for the PRO CPU.
    PRO_INTR_STATUS_2 = 0x0f4, reset 0, Modelled;
    /// Levels of sources 0 to 31, for the APP CPU.
    APP_INTR_STATUS_0 = 0x0f8, reset 0, Modelled;
    /// Levels of sources 32 to 63, for the APP CPU.
    APP_INTR_STATUS_1 = 0x0fc, reset 0, Modelled;
    /// Levels of sources 64 to 68, for the APP CPU.
    APP_INTR_STATUS_2 = 0x100, reset 0, Modelled;
    /// PRO CPU interrupt that source MAC leads to.
    PRO_MAC_INTR_MAP = 0x104, reset 0x10, Modelled;
    /// PRO CPU interrupt that source MAC_NMI leads to.
    PRO_MAC_NMI_MAP = 0x108, reset 0x10, Modelled;
    /// PRO CPU interrupt that source BB leads to.
    PRO_BB_INT_MAP = 0x10c, reset 0x10, Modelled;
    /// PRO CPU interrupt that source BT_MAC leads to.
    PRO_BT_MAC_INT_MAP = 0x110, reset 0x10, Modelled;
    /// PRO CPU interrupt that source BT_BB leads to.
    PRO_BT_BB_INT_MAP = 0x114, reset 0x10, Modelled;
    /// PRO CPU interrupt that source BT_BB_NMI leads to.
    PRO_BT_BB_NMI_MAP = 0x118, reset 0x10, Modelled;
    /// PRO CPU interrupt that source RWBT leads to.
    PRO_RWBT_IRQ_MAP = 0x11c, reset 0x10, Modelled;
    /// PRO CPU interrupt that source RWBLE leads to.
    PRO_RWBLE_IRQ_MAP = 0x120, reset 0x10, Modelled;
    /// PRO CPU interrupt that source RWBT_NMI leads to.
    PRO_RWBT_NMI_MAP = 0x124, reset 0x10, Modelled;
    /// PRO CPU interrupt that source RWBLE_NMI leads to.
    PRO_RWBLE_NMI_MAP = 0x128, reset 0x10, Modelled;
    /// PRO CPU interrupt that source SLC0 leads to.
    PRO_SLC0_INTR_MAP = 0x12c, reset 0x10, Modelled;
    /// PRO CPU interrupt that source SLC1 leads to.
    PRO_SLC1_INTR_MAP = 0x130, reset 0x10, Modelled;
    /// PRO CPU interrupt that source UHCI0 leads to.
    PRO_UHCI0_INTR_MAP = 0x134, reset 0x10, Modelled;
    /// PRO CPU interrupt that source UHCI1 leads to.
    PRO_UHCI1_INTR_MAP = 0x138, reset 0x10, Modelled;
    /// PRO CPU interrupt that source TG_T0_LEVEL leads to.
    PRO_TG_T0_LEVEL_INT_MAP = 0x13c, reset 0x10, Modelled;
    /// PRO CPU interrupt that source TG_T1_LEVEL leads to.
    PRO_TG_T1_LEVEL_INT_MAP = 0x140, reset 0x10, Modelled;
    /// PRO CPU interrupt that source TG_WDT_LEVEL leads to.
    PRO_TG_WDT_LEVEL_INT_MAP = 0x144, reset 0x10, Modelled;
    /// PRO CPU interrupt that source TG_LACT_LEVEL leads to.
    PRO_TG_LACT_LEVEL_INT_MAP = 0x148, reset 0x10, Modelled;
    /// PRO CPU interrupt that source TG1_T0_LEVEL leads to.
    PRO_TG1_T0_LEVEL_INT_MAP = 0x14c, reset 0x10, Modelled;
    /// PRO CPU interrupt that source TG1_T1_LEVEL leads to.
    PRO_TG1_T1_LEVEL_INT_MAP = 0x150, reset 0x10, Modelled;
    /// PRO CPU interrupt that source TG1_WDT_LEVEL leads to.
    PRO_TG1_WDT_LEVEL_INT_MAP = 0x154, reset 0x10, Modelled;
    /// PRO CPU interrupt that source TG1_LACT_LEVEL leads to.
    PRO_TG1_LACT_LEVEL_INT_MAP = 0x158, reset 0x10, Modelled;
    /// PRO CPU interrupt that source GPIO leads to.
    PRO_GPIO_INTERRUPT_MAP = 0x15c, reset 0x10, Modelled;
    /// PRO CPU interrupt that source GPIO_INTERRUPT_NMI leads to.
    PRO_GPIO_INTERRUPT_NMI_MAP = 0x160, reset 0x10, Modelled;
    /// PRO CPU interrupt that source CPU_INTR_FROM_CPU_0 leads to.
    PRO_CPU_INTR_FROM_CPU_0_MAP = 0x164, reset 0x10, Modelled;
    /// PRO CPU interrupt that source CPU_INTR_FROM_CPU_1 leads to.
    PRO_CPU_INTR_FROM_CPU_1_MAP = 0x168, reset 0x10, Modelled;
    /// PRO CPU interrupt that source CPU_INTR_FROM_CPU_2 leads to.
    PRO_CPU_INTR_FROM_CPU_2_MAP = 0x16c, reset 0x10, Modelled;
    /// PRO CPU interrupt that source CPU_INTR_FROM_CPU_3 leads to.
    PRO_CPU_INTR_FROM_CPU_3_MAP = 0x170, reset 0x10, Modelled;
    /// PRO CPU interrupt that source SPI_INTR_0 leads to.
    PRO_SPI_INTR_0_MAP = 0x174, reset 0x10, Modelled;
    /// PRO CPU interrupt that source SPI_INTR_1 leads to.
    PRO_SPI_INTR_1_MAP = 0x178, reset 0x10, Modelled;
    /// PRO CPU interrupt that source SPI_INTR_2 leads to.
    PRO_SPI_INTR_2_MAP = 0x17c, reset 0x10, Modelled;
    /// PRO CPU interrupt that source SPI_INTR_3 leads to.
    PRO_SPI_INTR_3_MAP = 0x180, reset 0x10, Modelled;
    /// PRO CPU interrupt that source I2S0 leads to.
    PRO_I2S0_INT_MAP = 0x184, reset 0x10, Modelled;
    /// PRO CPU interrupt that source I2S1 leads to.
    PRO_I2S1_INT_MAP = 0x188, reset 0x10, Modelled;
    /// PRO CPU interrupt that source UART leads to.
    PRO_UART_INTR_MAP = 0x18c, reset 0x10, Modelled;
    /// PRO CPU interrupt that source UART1 leads to.
    PRO_UART1_INTR_MAP = 0x190, reset 0x10, Modelled;
    /// PRO CPU interrupt that source UART2 leads to.
    PRO_UART2_INTR_MAP = 0x194, reset 0x10, Modelled;
    /// PRO CPU interrupt that source SDIO_HOST leads to.
    PRO_SDIO_HOST_INTERRUPT_MAP = 0x198, reset 0x10, Modelled;
    /// PRO CPU interrupt that source EMAC leads to.
    PRO_EMAC_INT_MAP = 0x19c, reset 0x10, Modelled;
    /// PRO CPU interrupt that source PWM0 leads to.
    PRO_PWM0_INTR_MAP = 0x1a0, reset 0x10, Modelled;
    /// PRO CPU interrupt that source PWM1 leads to.
    PRO_PWM1_INTR_MAP = 0x1a4, reset 0x10, Modelled;
    /// PRO CPU interrupt that source PWM2 leads to.
    PRO_PWM2_INTR_MAP = 0x1a8, reset 0x10, Modelled;
    /// PRO CPU interrupt that source PWM3 leads to.
    PRO_PWM3_INTR_MAP = 0x1ac, reset 0x10, Modelled;
    /// PRO CPU interrupt that source LEDC leads to.
    PRO_LEDC_INT_MAP = 0x1b0, reset 0x10, Modelled;
    /// PRO CPU interrupt that source EFUSE leads to.
    PRO_EFUSE_INT_MAP = 0x1b4, reset 0x10, Modelled;
    /// PRO CPU interrupt that source CAN leads to.
    PRO_CAN_INT_MAP = 0x1b8, reset 0x10, Modelled;
    /// PRO CPU interrupt that source RTC_CORE leads to.
    PRO_RTC_CORE_INTR_MAP = 0x1bc, reset 0x10, Modelled;
    /// PRO CPU interrupt that source RMT leads to.
    PRO_RMT_INTR_MAP = 0x1c0, reset 0x10, Modelled;
    /// PRO CPU interrupt that source PCNT leads to.
    PRO_PCNT_INTR_MAP = 0x1c4, reset 0x10, Modelled;
    /// PRO CPU interrupt that source I2C_EXT0 leads to.
    PRO_I2C_EXT0_INTR_MAP = 0x1c8, reset 0x10, Modelled;
    /// PRO CPU interrupt that source I2C_EXT1 leads to.
    PRO_I2C_EXT1_INTR_MAP = 0x1cc, reset 0x10, Modelled;
    /// PRO CPU interrupt that source RSA leads to.
    PRO_RSA_INTR_MAP = 0x1d0, reset 0x10, Modelled;
    /// PRO CPU interrupt that source SPI1_DMA leads to.
    PRO_SPI1_DMA_INT_MAP = 0x1d4, reset 0x10, Modelled;
    /// PRO CPU interrupt that source SPI2_DMA leads to.
    PRO_SPI2_DMA_INT_MAP = 0x1d8, reset 0x10, Modelled;
    /// PRO CPU interrupt that source SPI3_DMA leads to.
    PRO_SPI3_DMA_INT_MAP = 0x1dc, reset 0x10, Modelled;
    /// PRO CPU interrupt that source WDG leads to.
    PRO_WDG_INT_MAP = 0x1e0, reset 0x10, Modelled;
    /// PRO CPU interrupt that source TIMER_INT1 leads to.
    PRO_TIMER_INT1_MAP = 0x1e4, reset 0x10, Modelled;
    /// PRO CPU interrupt that source TIMER_INT2 leads to.
    PRO_TIMER_INT2_MAP = 0x1e8, reset 0x10, Modelled;
    /// PRO CPU interrupt that source TG_T0_EDGE leads to.
    PRO_TG_T0_EDGE_INT_MAP = 0x1ec, reset 0x10, Modelled;
    /// PRO CPU interrupt that source TG_T1_EDGE leads to.
    PRO_TG_T1_EDGE_INT_MAP = 0x1f0, reset 0x10, Modelled;
    /// PRO CPU interrupt that source TG_WDT_EDGE leads to.
    PRO_TG_WDT_EDGE_INT_MAP = 0x1f4, reset 0x10, Modelled;
    /// PRO CPU interrupt that source TG_LACT_EDGE leads to.
    PRO_TG_LACT_EDGE_INT_MAP = 0x1f8, reset 0x10, Modelled;
    /// PRO CPU interrupt that source TG1_T0_EDGE leads to.
    PRO_TG1_T0_EDGE_INT_MAP = 0x1fc, reset 0x10, Modelled;
    /// PRO CPU interrupt that source TG1_T1_EDGE leads to.
    PRO_TG1_T1_EDGE_INT_MAP = 0x200, reset 0x10, Modelled;
    /// PRO CPU interrupt that source TG1_WDT_EDGE leads to.
    PRO_TG1_WDT_EDGE_INT_MAP = 0x204, reset 0x10, Modelled;
    /// PRO CPU interrupt that source TG1_LACT_EDGE leads to.
    PRO_TG1_LACT_EDGE_INT_MAP = 0x208, reset 0x10, Modelled;
    /// PRO CPU interrupt that source MMU_IA leads to.
    PRO_MMU_IA_INT_MAP = 0x20c, reset 0x10, Modelled;
    /// PRO CPU interrupt that source MPU_IA leads to.
    PRO_MPU_IA_INT_MAP = 0x210, reset 0x10, Modelled;
    /// PRO CPU interrupt that source CACHE_IA leads to.
    PRO_CACHE_IA_INT_MAP = 0x214, reset 0x10, Modelled;
    /// APP CPU interrupt that source MAC leads to.
    APP_MAC_INTR_MAP = 0x218, reset 0x10, Modelled;
    /// APP CPU interrupt that source MAC_NMI leads to.
    APP_MAC_NMI_MAP = 0x21c, reset 0x10, Modelled;
    /// APP CPU interrupt that source BB leads to.
    APP_BB_INT_MAP = 0x220, reset 0x10, Modelled;
    /// APP CPU interrupt that source BT_MAC leads to.
    APP_BT_MAC_INT_MAP = 0x224, reset 0x10, Modelled;
    /// APP CPU interrupt that source BT_BB leads to.
    APP_BT_BB_INT_MAP = 0x228, reset 0x10, Modelled;
    /// APP CPU interrupt that source BT_BB_NMI leads to.
    APP_BT_BB_NMI_MAP = 0x22c, reset 0x10, Modelled;
    /// APP CPU interrupt that source RWBT leads to.
    APP_RWBT_IRQ_MAP = 0x230, reset 0x10, Modelled;
    /// APP CPU interrupt that source RWBLE leads to.
    APP_RWBLE_IRQ_MAP = 0x234, reset 0x10, Modelled;
    /// APP CPU interrupt that source RWBT_NMI leads to.
    APP_RWBT_NMI_MAP = 0x238, reset 0x10, Modelled;
    /// APP CPU interrupt that source RWBLE_NMI leads to.
    APP_RWBLE_NMI_MAP = 0x23c, reset 0x10, Modelled;
    /// APP CPU interrupt that source SLC0 leads to.
    APP_SLC0_INTR_MAP = 0x240, reset 0x10, Modelled;
    /// APP CPU interrupt that source SLC1 leads to.
    APP_SLC1_INTR_MAP = 0x244, reset 0x10, Modelled;
    /// APP CPU interrupt that source UHCI0 leads to.
    APP_UHCI0_INTR_MAP = 0x248, reset 0x10, Modelled;
    /// APP CPU interrupt that source UHCI1 leads to.
    APP_UHCI1_INTR_MAP = 0x24c, reset 0x10, Modelled;
    /// APP CPU interrupt that source TG_T0_LEVEL leads to.
    APP_TG_T0_LEVEL_INT_MAP = 0x250, reset 0x10, Modelled;
    /// APP CPU interrupt that source TG_T1_LEVEL leads to.
    APP_TG_T1_LEVEL_INT_MAP = 0x254, reset 0x10, Modelled;
    /// APP CPU interrupt that source TG_WDT_LEVEL leads to.
    APP_TG_WDT_LEVEL_INT_MAP = 0x258, reset 0x10, Modelled;
    /// APP CPU interrupt that source TG_LACT_LEVEL leads to.
    APP_TG_LACT_LEVEL_INT_MAP = 0x25c, reset 0x10, Modelled;
    /// APP CPU interrupt that source TG1_T0_LEVEL leads to.
    APP_TG1_T0_LEVEL_INT_MAP = 0x260, reset 0x10, Modelled;
    /// APP CPU interrupt that source TG1_T1_LEVEL leads to.
    APP_TG1_T1_LEVEL_INT_MAP = 0x264, reset 0x10, Modelled;
    /// APP CPU interrupt that source TG1_WDT_LEVEL leads to.
    APP_TG1_WDT_LEVEL_INT_MAP = 0x268, reset 0x10, Modelled;
    /// APP CPU interrupt that source TG1_LACT_LEVEL leads to.
    APP_TG1_LACT_LEVEL_INT_MAP = 0x26c, reset 0x10, Modelled;
    /// APP CPU interrupt that source GPIO leads to.
    APP_GPIO_INTERRUPT_MAP = 0x270, reset 0x10, Modelled;
    /// APP CPU interrupt that source GPIO_INTERRUPT_NMI leads to.
    APP_GPIO_INTERRUPT_NMI_MAP = 0x274, reset 0x10, Modelled;
    /// APP CPU interrupt that source CPU_INTR_FROM_CPU_0 leads to.
    APP_CPU_INTR_FROM_CPU_0_MAP = 0x278, reset 0x10, Modelled;
    /// APP CPU interrupt that source CPU_INTR_FROM_CPU_1 leads to.
    APP_CPU_INTR_FROM_CPU_1_MAP = 0x27c, reset 0x10, Modelled;
    /// APP CPU interrupt that source CPU_INTR_FROM_CPU_2 leads to.
    APP_CPU_INTR_FROM_CPU_2_MAP = 0x280, reset 0x10, Modelled;
    /// APP CPU interrupt that source CPU_INTR_FROM_CPU_3 leads to.
    APP_CPU_INTR_FROM_CPU_3_MAP = 0x284, reset 0x10, Modelled;
    /// APP CPU interrupt that source SPI_INTR_0 leads to.
    APP_SPI_INTR_0_MAP = 0x288, reset 0x10, Modelled;
    /// APP CPU interrupt that source SPI_INTR_1 leads to.
    APP_SPI_INTR_1_MAP = 0x28c, reset 0x10, Modelled;
    /// APP CPU interrupt that source SPI_INTR_2 leads to.
    APP_SPI_INTR_2_MAP = 0x290, reset 0x10, Modelled;
    /// APP CPU interrupt that source SPI_INTR_3 leads to.
    APP_SPI_INTR_3_MAP = 0x294, reset 0x10, Modelled;
    /// APP CPU interrupt that source I2S0 leads to.
    APP_I2S0_INT_MAP = 0x298, reset 0x10, Modelled;
    /// APP CPU interrupt that source I2S1 leads to.
    APP_I2S1_INT_MAP = 0x29c, reset 0x10, Modelled;
    /// APP CPU interrupt that source UART leads to.
    APP_UART_INTR_MAP = 0x2a0, reset 0x10, Modelled;
    /// APP CPU interrupt that source UART1 leads to.
    APP_UART1_INTR_MAP = 0x2a4, reset 0x10, Modelled;
    /// APP CPU interrupt that source UART2 leads to.
    APP_UART2_INTR_MAP = 0x2a8, reset 0x10, Modelled;
    /// APP CPU interrupt that source SDIO_HOST leads to.
    APP_SDIO_HOST_INTERRUPT_MAP = 0x2ac, reset 0x10, Modelled;
    /// APP CPU interrupt that source EMAC leads to.
    APP_EMAC_INT_MAP = 0x2b0, reset 0x10, Modelled;
    /// APP CPU interrupt that source PWM0 leads to.
    APP_PWM0_INTR_MAP = 0x2b4, reset 0x10, Modelled;
    /// APP CPU interrupt that source PWM1 leads to.
    APP_PWM1_INTR_MAP = 0x2b8, reset 0x10, Modelled;
    /// APP CPU interrupt that source PWM2 leads to.
    APP_PWM2_INTR_MAP = 0x2bc, reset 0x10, Modelled;
    /// APP CPU interrupt that source PWM3 leads to.
    APP_PWM3_INTR_MAP = 0x2c0, reset 0x10, Modelled;
    /// APP CPU interrupt that source LEDC leads to.
    APP_LEDC_INT_MAP = 0x2c4, reset 0x10, Modelled;
    /// APP CPU interrupt that source EFUSE leads to.
    APP_EFUSE_INT_MAP = 0x2c8, reset 0x10, Modelled;
    /// APP CPU interrupt that source CAN leads to.
    APP_CAN_INT_MAP = 0x2cc, reset 0x10, Modelled;
    /// APP CPU interrupt that source RTC_CORE leads to.
    APP_RTC_CORE_INTR_MAP = 0x2d0, reset 0x10, Modelled;
    /// APP CPU interrupt that source RMT leads to.
    APP_RMT_INTR_MAP = 0x2d4, reset 0x10, Modelled;
    /// APP CPU interrupt that source PCNT leads to.
    APP_PCNT_INTR_MAP = 0x2d8, reset 0x10, Modelled;
    /// APP CPU interrupt that source I2C_EXT0 leads to.
    APP_I2C_EXT0_INTR_MAP = 0x2dc, reset 0x10, Modelled;
    /// APP CPU interrupt that source I2C_EXT1 leads to.
    APP_I2C_EXT1_INTR_MAP = 0x2e0, reset 0x10, Modelled;
    /// APP CPU interrupt that source RSA leads to.
    APP_RSA_INTR_MAP = 0x2e4, reset 0x10, Modelled;
    /// APP CPU interrupt that source SPI1_DMA leads to.
    APP_SPI1_DMA_INT_MAP = 0x2e8, reset 0x10, Modelled;
    /// APP CPU interrupt that source SPI2_DMA leads to.
    APP_SPI2_DMA_INT_MAP = 0x2ec, reset 0x10, Modelled;
    /// APP CPU interrupt that source SPI3_DMA leads to.
    APP_SPI3_DMA_INT_MAP = 0x2f0, reset 0x10, Modelled;
    /// APP CPU interrupt that source WDG leads to.
    APP_WDG_INT_MAP = 0x2f4, reset 0x10, Modelled;
    /// APP CPU interrupt that source TIMER_INT1 leads to.
    APP_TIMER_INT1_MAP = 0x2f8, reset 0x10, Modelled;
    /// APP CPU interrupt that source TIMER_INT2 leads to.
    APP_TIMER_INT2_MAP = 0x2fc, reset 0x10, Modelled;
    /// APP CPU interrupt that source TG_T0_EDGE leads to.
    APP_TG_T0_EDGE_INT_MAP = 0x300, reset 0x10, Modelled;
    /// APP CPU interrupt that source TG_T1_EDGE leads to.
    APP_TG_T1_EDGE_INT_MAP = 0x304, reset 0x10, Modelled;
    /// APP CPU interrupt that source TG_WDT_EDGE leads to.
    APP_TG_WDT_EDGE_INT_MAP = 0x308, reset 0x10, Modelled;
    /// APP CPU interrupt that source TG_LACT_EDGE leads to.
    APP_TG_LACT_EDGE_INT_MAP = 0x30c, reset 0x10, Modelled;
    /// APP CPU interrupt that source TG1_T0_EDGE leads to.
    APP_TG1_T0_EDGE_INT_MAP = 0x310, reset 0x10, Modelled;
    /// APP CPU interrupt that source TG1_T1_EDGE leads to.
    APP_TG1_T1_EDGE_INT_MAP = 0x314, reset 0x10, Modelled;
    /// APP CPU interrupt that source TG1_WDT_EDGE leads to.
    APP_TG1_WDT_EDGE_INT_MAP = 0x318, reset 0x10, Modelled;
    /// APP CPU interrupt that source TG1_LACT_EDGE leads to.
    APP_TG1_LACT_EDGE_INT_MAP = 0x31c, reset 0x10, Modelled;
    /// APP CPU interrupt that source MMU_IA leads to.
    APP_MMU_IA_INT_MAP = 0x320, reset 0x10, Modelled;
    /// APP CPU interrupt that source MPU_IA leads to.
    APP_MPU_IA_INT_MAP = 0x324, reset 0x10, Modelled;
    /// APP CPU interrupt that source CACHE_IA leads to.
    APP_CACHE_IA_INT_MAP = 0x328, reset 0x10, Modelled;
    /// Processes that may access UART.
    AHBLITE_MPU_TABLE_UART = 0x32c, reset 0, Stored;
    /// Processes that may access SPI1.
    AHBLITE_MPU_TABLE_SPI1 = 0x330, reset 0, Stored;
    /// Processes that may access SPI0.
    AHBLITE_MPU_TABLE_SPI0 = 0x334, reset 0, Stored;
    /// Processes that may access GPIO.
    AHBLITE_MPU_TABLE_GPIO = 0x338, reset 0, Stored;
    /// Processes that may access FE2.
    AHBLITE_MPU_TABLE_FE2 = 0x33c, reset 0, Stored;
    /// Processes that may access FE.
    AHBLITE_MPU_TABLE_FE = 0x340, reset 0, Stored;
    /// Processes that may access TIMER.
    AHBLITE_MPU_TABLE_TIMER = 0x344, reset 0, Stored;
    /// Processes that may access RTC.
    AHBLITE_MPU_TABLE_RTC = 0x348, reset 0, Stored;
    /// Processes that may access IO_MUX.
    AHBLITE_MPU_TABLE_IO_MUX = 0x34c, reset 0, Stored;
    /// Processes that may access WDG.
    AHBLITE_MPU_TABLE_WDG = 0x350, reset 0, Stored;
    /// Processes that may access HINF.
    AHBLITE_MPU_TABLE_HINF = 0x354, reset 0, Stored;
    /// Processes that may access UHCI1.
    AHBLITE_MPU_TABLE_UHCI1 = 0x358, reset 0, Stored;
    /// Processes that may access MISC.
    AHBLITE_MPU_TABLE_MISC = 0x35c, reset 0, Stored;
    /// Processes that may access I2C.
    AHBLITE_MPU_TABLE_I2C = 0x360, reset 0, Stored;
    /// Processes that may access I2S0.
    AHBLITE_MPU_TABLE_I2S0 = 0x364, reset 0, Stored;
    /// Processes that may access UART1.
    AHBLITE_MPU_TABLE_UART1 = 0x368, reset 0, Stored;
    /// Processes that may access BT.
    AHBLITE_MPU_TABLE_BT = 0x36c, reset 0, Stored;
    /// Processes that may access BT_BUFFER.
    AHBLITE_MPU_TABLE_BT_BUFFER = 0x370, reset 0, Stored;
    /// Processes that may access I2C_EXT0.
    AHBLITE_MPU_TABLE_I2C_EXT0 = 0x374, reset 0, Stored;
    /// Processes that may access UHCI0.
    AHBLITE_MPU_TABLE_UHCI0 = 0x378, reset 0, Stored;
    /// Processes that may access SLCHOST.
    AHBLITE_MPU_TABLE_SLCHOST = 0x37c, reset 0, Stored;
    /// Processes that may access RMT.
    AHBLITE_MPU_TABLE_RMT = 0x380, reset 0, Stored;
    /// Processes that may access PCNT.
    AHBLITE_MPU_TABLE_PCNT = 0x384, reset 0, Stored;
    /// Processes that may access SLC.
    AHBLITE_MPU_TABLE_SLC = 0x388, reset 0, Stored;
    /// Processes that may access LEDC.
    AHBLITE_MPU_TABLE_LEDC = 0x38c, reset 0, Stored;
    /// Processes that may access EFUSE.
    AHBLITE_MPU_TABLE_EFUSE = 0x390, reset 0, Stored;
    /// Processes that may access SPI_ENCRYPT.
    AHBLITE_MPU_TABLE_SPI_ENCRYPT = 0x394, reset 0, Stored;
    /// Processes that may access BB.
    AHBLITE_MPU_TABLE_BB = 0x398, reset 0, Stored;
    /// Processes that may access PWM0.
    AHBLITE_MPU_TABLE_PWM0 = 0x39c, reset 0, Stored;
    /// Processes that may access TIMERGROUP.
    AHBLITE_MPU_TABLE_TIMERGROUP = 0x3a0, reset 0, Stored;
    /// Processes that may access TIMERGROUP1.
    AHBLITE_MPU_TABLE_TIMERGROUP1 = 0x3a4, reset 0, Stored;
    /// Processes that may access SPI2.
    AHBLITE_MPU_TABLE_SPI2 = 0x3a8, reset 0, Stored;
    /// Processes that may access SPI3.
    AHBLITE_MPU_TABLE_SPI3 = 0x3ac, reset 0, Stored;
    /// Processes that may access APB_CTRL.
    AHBLITE_MPU_TABLE_APB_CTRL = 0x3b0, reset 0, Stored;
    /// Processes that may access I2C_EXT1.
    AHBLITE_MPU_TABLE_I2C_EXT1 = 0x3b4, reset 0, Stored;
    /// Processes that may access SDIO_HOST.
    AHBLITE_MPU_TABLE_SDIO_HOST = 0x3b8, reset 0, Stored;
    /// Processes that may access EMAC.
    AHBLITE_MPU_TABLE_EMAC = 0x3bc, reset 0, Stored;
    /// Processes that may access CAN.
    AHBLITE_MPU_TABLE_CAN = 0x3c0, reset 0, Stored;
    /// Processes that may access PWM1.
    AHBLITE_MPU_TABLE_PWM1 = 0x3c4, reset 0, Stored;
    /// Processes that may access I2S1.
    AHBLITE_MPU_TABLE_I2S1 = 0x3c8, reset 0, Stored;
    /// Processes that may access UART2.
    AHBLITE_MPU_TABLE_UART2 = 0x3cc, reset 0, Stored;
    /// Processes that may access PWM2.
    AHBLITE_MPU_TABLE_PWM2 = 0x3d0, reset 0, Stored;
    /// Processes that may access PWM3.
    AHBLITE_MPU_TABLE_PWM3 = 0x3d4, reset 0, Stored;
    /// Processes that may access RWBT.
    AHBLITE_MPU_TABLE_RWBT = 0x3d8, reset 0, Stored;
    /// Processes that may access BTMAC.
    AHBLITE_MPU_TABLE_BTMAC = 0x3dc, reset 0, Stored;
    /// Processes that may access WIFIMAC.
    AHBLITE_MPU_TABLE_WIFIMAC = 0x3e0, reset 0, Stored;
    /// Processes that may access PWR.
    AHBLITE_MPU_TABLE_PWR = 0x3e4, reset 0, Stored;
    /// Refused accesses to internal memories, part 0.
    MEM_ACCESS_DBUG0 = 0x3e8, reset 0, Absent;
    /// Refused accesses to internal memories, part 1.
    MEM_ACCESS_DBUG1 = 0x3ec, reset 0, Absent;
    /// PRO CPU cache: state and invalid accesses.
    PRO_DCACHE_DBUG0 = 0x3f0, reset 0, Modelled;
    /// PRO CPU cache: tag memory data.
    PRO_DCACHE_DBUG1 = 0x3f4, reset 0, Absent;
    /// PRO CPU cache: address being served.
    PRO_DCACHE_DBUG2 = 0x3f8, reset 0, Absent;
    /// PRO CPU cache: accesses while disabled.
    PRO_DCACHE_DBUG3 = 0x3fc, reset 0, Modelled;
    /// PRO CPU cache: last invalid DRAM1 address.
    PRO_DCACHE_DBUG4 = 0x400, reset 0, Modelled;
    /// PRO CPU cache: last invalid DROM0 address.
    PRO_DCACHE_DBUG5 = 0x404, reset 0, Modelled;
    /// PRO CPU cache: last invalid IRAM0 address.
    PRO_DCACHE_DBUG6 = 0x408, reset 0, Modelled;
    /// PRO CPU cache: last invalid IRAM1 address.
    PRO_DCACHE_DBUG7 = 0x40c, reset 0, Modelled;
    /// PRO CPU cache: last invalid IROM0 address.
    PRO_DCACHE_DBUG8 = 0x410, reset 0, Modelled;
    /// PRO CPU cache: last invalid address through the other cache.
    PRO_DCACHE_DBUG9 = 0x414, reset 0, Modelled;
    /// APP CPU cache: state and invalid accesses.
    APP_DCACHE_DBUG0 = 0x418, reset 0, Modelled;
    /// APP CPU cache: tag memory data.
    APP_DCACHE_DBUG1 = 0x41c, reset 0, Absent;
    /// APP CPU cache: address being served.
    APP_DCACHE_DBUG2 = 0x420, reset 0, Absent;
    /// APP CPU cache: accesses while disabled.
    APP_DCACHE_DBUG3 = 0x424, reset 0, Modelled;
    /// APP CPU cache: last invalid DRAM1 address.
    APP_DCACHE_DBUG4 = 0x428, reset 0, Modelled;
    /// APP CPU cache: last invalid DROM0 address.
    APP_DCACHE_DBUG5 = 0x42c, reset 0, Modelled;
    /// APP CPU cache: last invalid IRAM0 address.
    APP_DCACHE_DBUG6 = 0x430, reset 0, Modelled;
    /// APP CPU cache: last invalid IRAM1 address.
    APP_DCACHE_DBUG7 = 0x434, reset 0, Modelled;
    /// APP CPU cache: last invalid IROM0 address.
    APP_DCACHE_DBUG8 = 0x438, reset 0, Modelled;
    /// APP CPU cache: last invalid address through the other cache.
    APP_DCACHE_DBUG9 = 0x43c, reset 0, Modelled;
    /// PRO CPU execution recorder control.
    PRO_CPU_RECORD_CTRL = 0x440, reset 0x100, Stored;
    /// PRO CPU execution recorder: status.
    PRO_CPU_RECORD_STATUS = 0x444, reset 0, Absent;
    /// PRO CPU execution recorder: pid.
    PRO_CPU_RECORD_PID = 0x448, reset 0, Absent;
    /// PRO CPU execution recorder: pdebuginst.
    PRO_CPU_RECORD_PDEBUGINST = 0x44c, reset 0, Absent;
    /// PRO CPU execution recorder: pdebugstatus.
    PRO_CPU_RECORD_PDEBUGSTATUS = 0x450, reset 0, Absent;
    /// PRO CPU execution recorder: pdebugdata.
    PRO_CPU_RECORD_PDEBUGDATA = 0x454, reset 0, Absent;
    /// PRO CPU execution recorder: pdebugpc.
    PRO_CPU_RECORD_PDEBUGPC = 0x458, reset 0, Absent;
    /// PRO CPU execution recorder: pdebugls0stat.
    PRO_CPU_RECORD_PDEBUGLS0STAT = 0x45c, reset 0, Absent;
    /// PRO CPU execution recorder: pdebugls0addr.
    PRO_CPU_RECORD_PDEBUGLS0ADDR = 0x460, reset 0, Absent;
    /// PRO CPU execution recorder: pdebugls0data.
    PRO_CPU_RECORD_PDEBUGLS0DATA = 0x464, reset 0, Absent;
    /// APP CPU execution recorder control.
    APP_CPU_RECORD_CTRL = 0x468, reset 0x100, Stored;
    /// APP CPU execution recorder: status.
    APP_CPU_RECORD_STATUS = 0x46c, reset 0, Absent;
    /// APP CPU execution recorder: pid.
    APP_CPU_RECORD_PID = 0x470, reset 0, Absent;
    /// APP CPU execution recorder: pdebuginst.
    APP_CPU_RECORD_PDEBUGINST = 0x474, reset 0, Absent;
    /// APP CPU execution recorder: pdebugstatus.
    APP_CPU_RECORD_PDEBUGSTATUS = 0x478, reset 0, Absent;
    /// APP CPU execution recorder: pdebugdata.
    APP_CPU_RECORD_PDEBUGDATA = 0x47c, reset 0, Absent;
    /// APP CPU execution recorder: pdebugpc.
    APP_CPU_RECORD_PDEBUGPC = 0x480, reset 0, Absent;
    /// APP CPU execution recorder: pdebugls0stat.
    APP_CPU_RECORD_PDEBUGLS0STAT = 0x484, reset 0, Absent;
    /// APP CPU execution recorder: pdebugls0addr.
    APP_CPU_RECORD_PDEBUGLS0ADDR = 0x488, reset 0, Absent;
    /// APP CPU execution recorder: pdebugls0data.
    APP_CPU_RECORD_PDEBUGLS0DATA = 0x48c, reset 0, Absent;
    /// RSA memory powered down.
    RSA_PD_CTRL = 0x490, reset 0, Stored;
    /// Protection of private ROM page 0.
    ROM_MPU_TABLE0 = 0x494, reset 1, Stored;
    /// Protection of private ROM page 1.
    ROM_MPU_TABLE1 = 0x498, reset 1, Stored;
    /// Protection of private ROM page 2.
    ROM_MPU_TABLE2 = 0x49c, reset 1, Stored;
    /// Protection of private ROM page 3.
    ROM_MPU_TABLE3 = 0x4a0, reset 1, Stored;
    /// Protection of shared ROM page 0.
    SHROM_MPU_TABLE0 = 0x4a4, reset 1, Stored;
    /// Protection of shared ROM page 1.
    SHROM_MPU_TABLE1 = 0x4a8, reset 1, Stored;
    /// Protection of shared ROM page 2.
    SHROM_MPU_TABLE2 = 0x4ac, reset 1, Stored;
    /// Protection of shared ROM page 3.
    SHROM_MPU_TABLE3 = 0x4b0, reset 1, Stored;
    /// Protection of shared ROM page 4.
    SHROM_MPU_TABLE4 = 0x4b4, reset 1, Stored;
    /// Protection of shared ROM page 5.
    SHROM_MPU_TABLE5 = 0x4b8, reset 1, Stored;
    /// Protection of shared ROM page 6.
    SHROM_MPU_TABLE6 = 0x4bc, reset 1, Stored;
    /// Protection of shared ROM page 7.
    SHROM_MPU_TABLE7 = 0x4c0, reset 1, Stored;
    /// Protection of shared ROM page 8.
    SHROM_MPU_TABLE8 = 0x4c4, reset 1, Stored;
    /// Protection of shared ROM page 9.
    SHROM_MPU_TABLE9 = 0x4c8, reset 1, Stored;
    /// Protection of shared ROM page 10.
    SHROM_MPU_TABLE10 = 0x4cc, reset 1, Stored;
    /// Protection of shared ROM page 11.
    SHROM_MPU_TABLE11 = 0x4d0, reset 1, Stored;
    /// Protection of shared ROM page 12.
    SHROM_MPU_TABLE12 = 0x4d4, reset 1, Stored;
    /// Protection of shared ROM page 13.
    SHROM_MPU_TABLE13 = 0x4d8, reset 1, Stored;
    /// Protection of shared ROM page 14.
    SHROM_MPU_TABLE14 = 0x4dc, reset 1, Stored;
    /// Protection of shared ROM page 15.
    SHROM_MPU_TABLE15 = 0x4e0, reset 1, Stored;
    /// Protection of shared ROM page 16.
    SHROM_MPU_TABLE16 = 0x4e4, reset 1, Stored;
    /// Protection of shared ROM page 17.
    SHROM_MPU_TABLE17 = 0x4e8, reset 1, Stored;
    /// Protection of shared ROM page 18.
    SHROM_MPU_TABLE18 = 0x4ec, reset 1, Stored;
    /// Protection of shared ROM page 19.
    SHROM_MPU_TABLE19 = 0x4f0, reset 1, Stored;
    /// Protection of shared ROM page 20.
    SHROM_MPU_TABLE20 = 0x4f4, reset 1, Stored;
    /// Protection of shared ROM page 21.
    SHROM_MPU_TABLE21 = 0x4f8, reset 1, Stored;
    /// Protection of shared ROM page 22.
    SHROM_MPU_TABLE22 = 0x4fc, reset 1, Stored;
    /// Protection of shared ROM page 23.
    SHROM_MPU_TABLE23 = 0x500, reset 1, Stored;
    /// Internal instruction memory MMU entry 0.
    IMMU_TABLE0 = 0x504, reset 0, Stored;
    /// Internal instruction memory MMU entry 1.
    IMMU_TABLE1 = 0x508, reset 1, Stored;
    /// Internal instruction memory MMU entry 2.
    IMMU_TABLE2 = 0x50c, reset 2, Stored;
    /// Internal instruction memory MMU entry 3.
    IMMU_TABLE3 = 0x510, reset 3, Stored;
    /// Internal instruction memory MMU entry 4.
    IMMU_TABLE4 = 0x514, reset 4, Stored;
    /// Internal instruction memory MMU entry 5.
    IMMU_TABLE5 = 0x518, reset 5, Stored;
    /// Internal instruction memory MMU entry 6.
    IMMU_TABLE6 = 0x51c, reset 6, Stored;
    /// Internal instruction memory MMU entry 7.
    IMMU_TABLE7 = 0x520, reset 7, Stored;
    /// Internal instruction memory MMU entry 8.
    IMMU_TABLE8 = 0x524, reset 8, Stored;
    /// Internal instruction memory MMU entry 9.
    IMMU_TABLE9 = 0x528, reset 9, Stored;
    /// Internal instruction memory MMU entry 10.
    IMMU_TABLE10 = 0x52c, reset 0xa, Stored;
    /// Internal instruction memory MMU entry 11.
    IMMU_TABLE11 = 0x530, reset 0xb, Stored;
    /// Internal instruction memory MMU entry 12.
    IMMU_TABLE12 = 0x534, reset 0xc, Stored;
    /// Internal instruction memory MMU entry 13.
    IMMU_TABLE13 = 0x538, reset 0xd, Stored;
    /// Internal instruction memory MMU entry 14.
    IMMU_TABLE14 = 0x53c, reset 0xe, Stored;
    /// Internal instruction memory MMU entry 15.
    IMMU_TABLE15 = 0x540, reset 0xf, Stored;
    /// Internal data memory MMU entry 0.
    DMMU_TABLE0 = 0x544, reset 0, Stored;
    /// Internal data memory MMU entry 1.
    DMMU_TABLE1 = 0x548, reset 1, Stored;
    /// Internal data memory MMU entry 2.
    DMMU_TABLE2 = 0x54c, reset 2, Stored;
    /// Internal data memory MMU entry 3.
    DMMU_TABLE3 = 0x550, reset 3, Stored;
    /// Internal data memory MMU entry 4.
    DMMU_TABLE4 = 0x554, reset 4, Stored;
    /// Internal data memory MMU entry 5.
    DMMU_TABLE5 = 0x558, reset 5, Stored;
    /// Internal data memory MMU entry 6.
    DMMU_TABLE6 = 0x55c, reset 6, Stored;
    /// Internal data memory MMU entry 7.
    DMMU_TABLE7 = 0x560, reset 7, Stored;
    /// Internal data memory MMU entry 8.
    DMMU_TABLE8 = 0x564, reset 8, Stored;
    /// Internal data memory MMU entry 9.
    DMMU_TABLE9 = 0x568, reset 9, Stored;
    /// Internal data memory MMU entry 10.
    DMMU_TABLE10 = 0x56c, reset 0xa, Stored;
    /// Internal data memory MMU entry 11.
    DMMU_TABLE11 = 0x570, reset 0xb, Stored;
    /// Internal data memory MMU entry 12.
    DMMU_TABLE12 = 0x574, reset 0xc, Stored;
    /// Internal data memory MMU entry 13.
    DMMU_TABLE13 = 0x578, reset 0xd, Stored;
    /// Internal data memory MMU entry 14.
    DMMU_TABLE14 = 0x57c, reset 0xe, Stored;
    /// Internal data memory MMU entry 15.
    DMMU_TABLE15 = 0x580, reset 0xf, Stored;
    /// PRO CPU intrusion record reset.
    PRO_INTRUSION_CTRL = 0x584, reset 1, Stored;
    /// PRO CPU intrusion record.
    PRO_INTRUSION_STATUS = 0x588, reset 0, Absent;
    /// APP CPU intrusion record reset.
    APP_INTRUSION_CTRL = 0x58c, reset 1, Stored;
    /// APP CPU intrusion record.
    APP_INTRUSION_STATUS = 0x590, reset 0, Absent;
    /// Radio front-end memories: forced power.
    FRONT_END_MEM_PD = 0x594, reset 5, Stored;
    /// Interrupt enables of the internal MMU.
    MMU_IA_INT_EN = 0x598, reset 0, Stored;
    /// Interrupt enables of the memory protection.
    MPU_IA_INT_EN = 0x59c, reset 0, Stored;
    /// Which invalid cache accesses raise CACHE_IA.
    CACHE_IA_INT_EN = 0x5a0, reset 0, Modelled;
    /// Bootloader digest selection of secure boot.
    SECURE_BOOT_CTRL = 0x5a4, reset 0, Stored;
    /// DMA channel of each SPI controller.
    SPI_DMA_CHAN_SEL = 0x5a8, reset 0, Stored;
    /// PRO CPU vector base override.
    PRO_VECBASE_CTRL = 0x5ac, reset 0, Stored;
    /// PRO CPU vector base to override with.
    PRO_VECBASE_SET = 0x5b0, reset 0, Stored;
    /// APP CPU vector base override.
    APP_VECBASE_CTRL = 0x5b4, reset 0, Stored;
    /// APP CPU vector base to override with.
    APP_VECBASE_SET = 0x5b8, reset 0, Stored;
    /// Version of the block.
    DATE = 0xffc, reset 0x1605190, Stored;
}

crate::fields! {
    /// Fields of `CPU_PER_CONF`.
    pub mod cpu_per_conf of CPU_PER_CONF {
        /// CPU clock from the PLL: 0 is 80 MHz, 1 is 160 MHz, 2 is 240 MHz.
        CPUPERIOD_SEL = 3;
    }

    /// Clocks and resets of peripherals, as masks.
    pub mod perip of PERIP_CLK_EN PERIP_RST_EN {
        TIMERS = 1;
        SPI01 = 1 << 1;
        UART = 1 << 2;
        WDG = 1 << 3;
        I2S0 = 1 << 4;
        UART1 = 1 << 5;
        SPI2 = 1 << 6;
        I2C_EXT0 = 1 << 7;
        UHCI0 = 1 << 8;
        RMT = 1 << 9;
        PCNT = 1 << 10;
        LEDC = 1 << 11;
        UHCI1 = 1 << 12;
        TIMERGROUP = 1 << 13;
        EFUSE = 1 << 14;
        TIMERGROUP1 = 1 << 15;
        SPI3 = 1 << 16;
        PWM0 = 1 << 17;
        I2C_EXT1 = 1 << 18;
        TWAI = 1 << 19;
        PWM1 = 1 << 20;
        I2S1 = 1 << 21;
        SPI_DMA = 1 << 22;
        UART2 = 1 << 23;
        UART_MEM = 1 << 24;
        PWM2 = 1 << 25;
        PWM3 = 1 << 26;
    }
}

/// Fields of `APPCPU_CTRL_A` to `_C`; each register has one bit.
pub mod appcpu_ctrl {
    /// `APPCPU_RESETTING`, `APPCPU_CLKGATE_EN`, `APPCPU_RUNSTALL`.
    pub const ON: u32 = 1 << 0;
}

/// Fields of `SLAVE_SPI_CONFIG`.
pub mod slave_spi_config {
    /// Flash reads through the cache are decrypted.
    pub const SPI_DECRYPT_ENABLE: u32 = 1 << 12;
}

/// Fields of `IMMU_PAGE_MODE` and `DMMU_PAGE_MODE`.
pub mod page_mode {
    /// The internal memory MMU translates.
    pub const INTERNAL_SRAM_MMU_ENA: u32 = 1 << 0;
}
