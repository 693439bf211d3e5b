//! Registers of APB_CTRL, which the manual also calls SYSCON.

crate::registers! {
    "APB_CTRL", "TRM 3.2 (clocks), \"On-Chip Sensors\" (SAR ADC digital controllers); soc/apb_ctrl_reg.h, soc/syscon_reg.h";
    /// CPU clock divider from crystal or RC oscillator.
    SYSCLK_CONF = 0x00, reset 0x2000, Modelled;
    /// REF_TICK divider while the crystal drives the APB.
    XTAL_TICK_CONF = 0x04, reset 0x27, Stored;
    /// REF_TICK divider while the PLL drives the APB.
    PLL_TICK_CONF = 0x08, reset 0x4f, Stored;
    /// REF_TICK divider while the 8 MHz oscillator drives the APB.
    CK8M_TICK_CONF = 0x0c, reset 0xb, Stored;
    /// SAR ADC, digital controller: mode and start.
    APB_SARADC_CTRL = 0x10, reset 0x7f8240, Stored;
    /// SAR ADC, digital controller: measurement count, inversion.
    APB_SARADC_CTRL2 = 0x14, reset 0x1fe, Stored;
    /// SAR ADC, digital controller: wait times.
    APB_SARADC_FSM = 0x18, reset 0x208ff08, Stored;
    /// SAR ADC 1 pattern table, word 1.
    APB_SARADC_SAR1_PATT_TAB1 = 0x1c, reset 0xf0f0f0f, Stored;
    /// SAR ADC 1 pattern table, word 2.
    APB_SARADC_SAR1_PATT_TAB2 = 0x20, reset 0xf0f0f0f, Stored;
    /// SAR ADC 1 pattern table, word 3.
    APB_SARADC_SAR1_PATT_TAB3 = 0x24, reset 0xf0f0f0f, Stored;
    /// SAR ADC 1 pattern table, word 4.
    APB_SARADC_SAR1_PATT_TAB4 = 0x28, reset 0xf0f0f0f, Stored;
    /// SAR ADC 2 pattern table, word 1.
    APB_SARADC_SAR2_PATT_TAB1 = 0x2c, reset 0xf0f0f0f, Stored;
    /// SAR ADC 2 pattern table, word 2.
    APB_SARADC_SAR2_PATT_TAB2 = 0x30, reset 0xf0f0f0f, Stored;
    /// SAR ADC 2 pattern table, word 3.
    APB_SARADC_SAR2_PATT_TAB3 = 0x34, reset 0xf0f0f0f, Stored;
    /// SAR ADC 2 pattern table, word 4.
    APB_SARADC_SAR2_PATT_TAB4 = 0x38, reset 0xf0f0f0f, Stored;
    /// REF_TICK divider while the audio PLL drives the APB.
    APLL_TICK_CONF = 0x3c, reset 0x63, Stored;
    /// Version of the block; bit 31 is set from chip revision 3 on.
    DATE = 0x7c, reset 0x96042000, Modelled;
}

/// Fields of `SYSCLK_CONF`.
pub mod sysclk_conf {
    /// CPU clock divider minus 1, for crystal and RC oscillator.
    pub const PRE_DIV_CNT: u32 = 0x3FF;
}

/// Fields of `DATE`.
pub mod date {
    /// Set from chip revision 3 on (IDF `efuse_hal_get_major_chip_version`).
    pub const ECO3: u32 = 1 << 31;
}
