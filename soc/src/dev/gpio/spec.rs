//! Registers of the GPIO matrix and pads (TRM chapter 4; IDF `soc/gpio_reg.h`, `soc/gpio_sd_reg.h`).
//!
//! The header gives no reset values (`default: x`). The values here are 0, except for the output selection, which
//! resets to "simple GPIO" (256), and the sigma-delta registers.

crate::registers! {
    "GPIO", "TRM 4; soc/gpio_reg.h, soc/gpio_sd_reg.h", FIELDS;
    /// Bluetooth pad selection.
    BT_SELECT = 0x000, reset 0, Stored;
    /// Output levels of pads 0..31.
    OUT = 0x004, reset 0, Modelled;
    /// Sets bits of OUT.
    OUT_W1TS = 0x008, reset 0, Modelled;
    /// Clears bits of OUT.
    OUT_W1TC = 0x00C, reset 0, Modelled;
    /// Output levels of pads 32..39.
    OUT1 = 0x010, reset 0, Modelled;
    /// Sets bits of OUT1.
    OUT1_W1TS = 0x014, reset 0, Modelled;
    /// Clears bits of OUT1.
    OUT1_W1TC = 0x018, reset 0, Modelled;
    /// Control of the SDIO pads from outside.
    SDIO_SELECT = 0x01C, reset 0, Stored;
    /// Output enables of pads 0..31.
    ENABLE = 0x020, reset 0, Modelled;
    /// Sets bits of ENABLE.
    ENABLE_W1TS = 0x024, reset 0, Modelled;
    /// Clears bits of ENABLE.
    ENABLE_W1TC = 0x028, reset 0, Modelled;
    /// Output enables of pads 32..39 (34..39 have no driver).
    ENABLE1 = 0x02C, reset 0, Modelled;
    /// Sets bits of ENABLE1.
    ENABLE1_W1TS = 0x030, reset 0, Modelled;
    /// Clears bits of ENABLE1.
    ENABLE1_W1TC = 0x034, reset 0, Modelled;
    /// Strapping pins as latched at reset.
    STRAP = 0x038, reset 0, Modelled;
    /// Input levels of pads 0..31.
    IN = 0x03C, reset 0, Modelled;
    /// Input levels of pads 32..39.
    IN1 = 0x040, reset 0, Modelled;
    /// Interrupt status of pads 0..31.
    STATUS = 0x044, reset 0, Modelled;
    /// Sets bits of STATUS.
    STATUS_W1TS = 0x048, reset 0, Modelled;
    /// Clears bits of STATUS.
    STATUS_W1TC = 0x04C, reset 0, Modelled;
    /// Interrupt status of pads 32..39.
    STATUS1 = 0x050, reset 0, Modelled;
    /// Sets bits of STATUS1.
    STATUS1_W1TS = 0x054, reset 0, Modelled;
    /// Clears bits of STATUS1.
    STATUS1_W1TC = 0x058, reset 0, Modelled;
    /// STATUS of the pads enabled for the APP CPU's interrupt.
    ACPU_INT = 0x060, reset 0, Modelled;
    /// STATUS of the pads enabled for the APP CPU's NMI.
    ACPU_NMI_INT = 0x064, reset 0, Modelled;
    /// STATUS of the pads enabled for the PRO CPU's interrupt.
    PCPU_INT = 0x068, reset 0, Modelled;
    /// STATUS of the pads enabled for the PRO CPU's NMI.
    PCPU_NMI_INT = 0x06C, reset 0, Modelled;
    /// STATUS of the pads enabled for the SDIO slave's external interrupt.
    CPUSDIO_INT = 0x070, reset 0, Modelled;
    /// STATUS1 of the pads enabled for the APP CPU's interrupt.
    ACPU_INT1 = 0x074, reset 0, Modelled;
    /// STATUS1 of the pads enabled for the APP CPU's NMI.
    ACPU_NMI_INT1 = 0x078, reset 0, Modelled;
    /// STATUS1 of the pads enabled for the PRO CPU's interrupt.
    PCPU_INT1 = 0x07C, reset 0, Modelled;
    /// STATUS1 of the pads enabled for the PRO CPU's NMI.
    PCPU_NMI_INT1 = 0x080, reset 0, Modelled;
    /// STATUS1 of the pads enabled for the SDIO slave's external interrupt.
    CPUSDIO_INT1 = 0x084, reset 0, Modelled;
    /// One pad: open drain, interrupt type and enables, wake-up enable.
    PIN[40; 4] = 0x088, reset 0, Modelled;
    /// Starts the measurement of the RTC clock for a number of its periods.
    CALI_CONF = 0x128, reset 0, Modelled;
    /// Result of that measurement, in crystal periods.
    CALI_DATA = 0x12C, reset 0, Modelled;
    /// Which pad (or constant) feeds a peripheral's input signal.
    FUNC_IN_SEL_CFG[256; 4] = 0x130, reset 0, Modelled;
    /// Which peripheral's output signal (or GPIO_OUT) a pad drives.
    FUNC_OUT_SEL_CFG[40; 4] = 0x530, reset 0x100, Modelled;
    /// One sigma-delta generator: prescaler and density (GPIO_SD); no modulated signal comes out.
    SIGMADELTA[8; 4] = 0xF00, reset 0xFF00, Stored;
    /// Clock gate of the sigma-delta generators.
    SIGMADELTA_CG = 0xF20, reset 0, Stored;
    /// SPI signal swap.
    SIGMADELTA_MISC = 0xF24, reset 0, Stored;
    /// Version of the sigma-delta block.
    SIGMADELTA_VERSION = 0xF28, reset 0x0150_6190, Stored;
}

crate::fields! {
    /// `GPIO_PINn_REG`.
    pub mod pin of PIN {
        /// Open drain.
        PAD_DRIVER = 1 << 2;
        INT_TYPE = 0x7 << 7;
        /// The level of the interrupt type wakes the chip from light sleep.
        WAKEUP_ENABLE = 1 << 10;
        CONFIG = 0x3 << 11;
        /// APP CPU interrupt.
        ENA_APP = 1 << 13;
        /// APP CPU NMI.
        ENA_APP_NMI = 1 << 14;
        /// PRO CPU interrupt.
        ENA_PRO = 1 << 15;
        /// PRO CPU NMI.
        ENA_PRO_NMI = 1 << 16;
        /// SDIO slave's external interrupt.
        ENA_SDIO = 1 << 17;
    } with {
        /// First bit of the interrupt type (3 bits): 0 off, 1 rising, 2 falling, 3 both, 4 low, 5 high.
        pub const INT_TYPE_S: u32 = INT_TYPE.trailing_zeros();
        /// Short name of [`WAKEUP_ENABLE`].
        pub const WAKEUP: u32 = WAKEUP_ENABLE;
        /// All implemented bits.
        pub const MASK: u32 = 0x3_FF84;
    }

    /// `GPIO_FUNCn_IN_SEL_CFG_REG`.
    pub mod in_sel of FUNC_IN_SEL_CFG {
        /// Number of the pad, or one of the constants.
        FUNC_IN_SEL = 0x3F;
        /// Inverts the level.
        FUNC_IN_INV_SEL = 1 << 6;
        /// Input through the matrix; clear: directly from the pad's IO_MUX function.
        SIG_IN_SEL = 1 << 7;
    } with {
        /// Short name of [`FUNC_IN_SEL`].
        pub const SEL: u32 = FUNC_IN_SEL;
        /// [`SEL`] of a constant 0.
        pub const LOW: u32 = 0x30;
        /// [`SEL`] of a constant 1.
        pub const HIGH: u32 = 0x38;
        /// Short name of [`FUNC_IN_INV_SEL`].
        pub const INV: u32 = FUNC_IN_INV_SEL;
        /// Short name of [`SIG_IN_SEL`].
        pub const SIG: u32 = SIG_IN_SEL;
        /// All implemented bits.
        pub const MASK: u32 = 0xFF;
    }

    /// `GPIO_FUNCn_OUT_SEL_CFG_REG`.
    pub mod out_sel of FUNC_OUT_SEL_CFG {
        /// Number of the signal; 256 selects GPIO_OUT.
        FUNC_OUT_SEL = 0x1FF;
        /// Inverts the level.
        FUNC_OUT_INV_SEL = 1 << 9;
        /// Output enable from GPIO_ENABLE; clear: from the peripheral.
        FUNC_OEN_SEL = 1 << 10;
        /// Inverts the output enable.
        FUNC_OEN_INV_SEL = 1 << 11;
    } with {
        /// Short name of [`FUNC_OUT_SEL`].
        pub const SEL: u32 = FUNC_OUT_SEL;
        /// Short name of [`FUNC_OUT_INV_SEL`].
        pub const INV: u32 = FUNC_OUT_INV_SEL;
        /// Short name of [`FUNC_OEN_SEL`].
        pub const OEN_SEL: u32 = FUNC_OEN_SEL;
        /// Short name of [`FUNC_OEN_INV_SEL`].
        pub const OEN_INV: u32 = FUNC_OEN_INV_SEL;
        /// All implemented bits.
        pub const MASK: u32 = 0xFFF;
    }
}

/// `GPIO_CALI_CONF_REG` and `GPIO_CALI_DATA_REG`.
pub mod cali {
    /// Starts the measurement.
    pub const START: u32 = 1 << 31;
    /// Number of RTC clock periods.
    pub const RTC_MAX: u32 = 0x3FF;
    /// Both ready bits of the result.
    pub const READY: u32 = 3 << 30;
    /// Result in crystal periods.
    pub const VALUE: u32 = 0xF_FFFF;
}
